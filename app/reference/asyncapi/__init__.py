"""The AsyncAPI document: the two namespaces of the socket, what may be sent over them and what comes back.

To add a message: a row in `SENT` or `HEARD` of the module of its namespace. `tests/reference/test_asyncapi.py`
compares them with the handlers that are registered, and judges a real exchange by them.
"""
