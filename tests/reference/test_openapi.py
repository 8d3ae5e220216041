"""The OpenAPI document and the application say the same."""

import re
from typing import Any

from openapi_spec_validator import OpenAPIV31SpecValidator

from app.accounts import access
from app.reference.openapi import PARTS
from app.reference.openapi.addresses import addresses
from tests.reference.conftest import ADDRESS, House
from tests.reference.judge import Shapes


def test_every_address_is_told_of_and_nothing_else(house: House, openapi: Any):
    """What programs may ask for is what the document tells of, each with the permission of its view's mark."""
    with house.app.app_context():
        found = {address.key: address.mark for address in addresses(house.app)}
    told = {key for part in PARTS for key in part.operations}
    assert told == found.keys(), "see app/reference/openapi"
    for key, mark in found.items():
        method, _, path = key.partition(" ")
        operation = openapi["paths"][path][method.lower()]
        assert operation["x-permission"] == mark
        assert bool(operation["security"]) == (mark != access.PUBLIC)


def test_the_document_is_one(openapi: Any):
    """It is an OpenAPI 3.1 document by the specification's own schema, and its references lead somewhere."""
    assert not [error.message for error in OpenAPIV31SpecValidator(openapi).iter_errors()]


def test_examples_are_what_they_show(openapi: Any):
    """Every example has the shape that it is an example of."""
    shapes = Shapes(openapi)
    judged = 0
    for path, operations in openapi["paths"].items():
        for method, operation in operations.items():
            place = ("paths", path, method)
            for at, parameter in enumerate(operation.get("parameters", ())):
                if "example" in parameter:
                    judged += 1
                    assert not shapes.faults(parameter["example"], *place, "parameters", str(at), "schema")
            for media, told in operation.get("requestBody", {"content": {}})["content"].items():
                if "example" in told:
                    judged += 1
                    assert not shapes.faults(told["example"], *place, "requestBody", "content", media, "schema")
    assert judged > 50


def test_methods_are_told_and_others_refused(house: House, openapi: Any):
    """`Allow` names what the document does, when asked for it and when a method is refused: 405."""
    _, token = house.process.services.accounts.tokens.create("asks for methods", "admin")
    wrong = []
    for path, operations in openapi["paths"].items():
        told = {method.upper() for method in operations}
        other = next(method for method in ("PUT", "DELETE", "PATCH", "POST") if method not in told)
        for method, status in (("OPTIONS", 200), (other, 405)):
            address = re.sub(r"{.*?}", "1", path)
            answer = house.client.open(
                address, method=method, base_url=ADDRESS, headers={"Authorization": f"Bearer {token}"}
            )
            if (answer.status_code, set(answer.allow) - {"HEAD", "OPTIONS"}) != (status, told):
                wrong.append((method, path, answer.status_code, str(answer.allow), sorted(told)))

    assert not wrong, "\n".join(map(str, wrong))


def test_only_who_may_read_gets_the_documents(house: House):
    """Without credentials they are not there."""
    for name in ("openapi", "asyncapi"):
        assert house.client.get(f"/api/v1/{name}.json", base_url=ADDRESS).status_code == 401
