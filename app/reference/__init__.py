"""What others may build upon, told exactly: the API as OpenAPI, the socket as AsyncAPI, and a page that shows both.

The documents are made of the tables that the code itself runs on; see `app.reference.openapi` for how to add to them.
"""

from app.reference.pages import register

__all__ = ["register"]
