"""The OpenAPI document: every operation of the API, in the order in which people read.

What an address and its view say by themselves is taken from them: methods, parameters of the path, the permission of
the `@require` mark, and the refusals that follow. The rest is told beside: one file a resource, with a `PART`.

To document a resource: a file here whose `PART` has an `Operation` for each of its methods, under its address as the
document writes it (``"GET /api/v1/jobs/{jobId}"``), and a row in `parts`. `tests/reference/test_openapi.py` says what
is missing, what is told of nothing, and the tests of the API judge every answer they get by its shape.
"""

from app.reference.openapi.parts import PARTS as PARTS
