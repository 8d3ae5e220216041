"""Judges what the server answers by the OpenAPI document: an answer that it does not tell of fails the test."""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, ClassVar

import jsonschema
import msgspec
from referencing import Registry
from referencing.jsonschema import DRAFT202012
from werkzeug.test import Client, TestResponse

_JUDGED = {"application/json", "application/problem+json"}
_ROOT = "urn:document"
_PLACE = re.compile(r"\\\{(\w+)\\\}")


def closed(value: Any) -> Any:
    """The same document, in which an object has no fields but those it tells of: a new one has to be told, too."""
    if isinstance(value, list):
        return [closed(each) for each in value]
    if not isinstance(value, dict):
        return value
    found = {name: closed(each) for name, each in value.items()}
    if isinstance(found.get("properties"), dict) and "type" in found:
        found.setdefault("additionalProperties", False)
    return found


class Shapes:
    """The shapes of a document, by the place where they stand in it."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._registry = Registry().with_resource(_ROOT, DRAFT202012.create_resource(document))
        self._validators: dict[str, Any] = {}

    def faults(self, value: Any, *place: str) -> list[str]:
        """What is wrong with a value by the shape that stands there."""
        pointer = "/".join(part.replace("~", "~0").replace("/", "~1") for part in place)
        if pointer not in self._validators:
            self._validators[pointer] = jsonschema.Draft202012Validator(
                {"$ref": f"{_ROOT}#/{pointer}"},
                registry=self._registry,
                format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER,
            )
        return [f"{error.json_path}: {error.message[:300]}" for error in self._validators[pointer].iter_errors(value)]


class Judge:
    """Knows every operation of an OpenAPI document."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self.shapes = Shapes(closed(document))

    @cached_property
    def _paths(self) -> list[tuple[re.Pattern[str], str]]:
        """Those with fewer places first, and of them the longer ones: as the router chooses."""
        paths = sorted(self.document["paths"], key=lambda path: (path.count("{"), -len(path)))
        return [(re.compile(_PLACE.sub(_any, re.escape(path))), path) for path in paths]

    def operation(self, method: str, path: str) -> tuple[str, str] | None:
        """The path of the document and the method in it; None for what it does not tell of."""
        method = "get" if method == "HEAD" else method.lower()
        for pattern, found in self._paths:
            if pattern.fullmatch(path) and method in self.document["paths"][found]:
                return found, method
        return None

    def judge(self, answer: TestResponse) -> None:
        """Fail for an answer that the document does not tell of."""
        place = self.operation(answer.request.method, answer.request.path)
        if place is None:
            return
        faults = list(self._faults(answer, *place))
        assert not faults, f"{answer.request.method} {answer.request.path} {answer.status_code}: {faults[:5]}"

    def _faults(self, answer: TestResponse, path: str, method: str) -> Iterator[str]:
        answers = self.document["paths"][path][method]["responses"]
        told = answers.get(str(answer.status_code))
        if told is None:
            yield f"the status is not among {sorted(answers)}"
            return
        yield from (f"no header {name}" for name in told.get("headers", {}) if name not in answer.headers)
        content = told.get("content", {})
        if not content or answer.request.method == "HEAD":
            if answer.data:
                yield "it has a body"
            return
        if answer.mimetype not in content:
            yield f"{answer.mimetype} is not among {sorted(content)}"
        elif answer.mimetype in _JUDGED:
            place = ("paths", path, method, "responses", str(answer.status_code), "content", answer.mimetype, "schema")
            yield from self.shapes.faults(msgspec.json.decode(answer.data), *place)


def _any(place: re.Match[str]) -> str:
    return ".+" if place[1] == "jobId" else "[^/]+"


class JudgedClient(Client):
    """A client whose every answer is judged; the document is that of the first server that is asked."""

    judges: ClassVar[list[Judge]] = []

    def __init__(self, app: Any, token: str) -> None:
        super().__init__(app)
        if not self.judges:
            headers = {"Authorization": f"Bearer {token}"}
            found = Client(app).get("/api/v1/openapi.json", base_url="http://127.0.0.1:5000", headers=headers)
            assert found.status_code == 200, found.text
            self.judges.append(Judge(msgspec.json.decode(found.data)))

    def open(self, *args: Any, **options: Any) -> TestResponse:
        answer = super().open(*args, **options)
        self.judges[0].judge(answer)
        return answer
