"""What can be taken away as CSV or JSON lines: the same rows for ``/export/…`` and for ``flask export``.

To add one: a function in `tables.py` and its row in `TABLES`.
"""
