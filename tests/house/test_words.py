"""The tree holds nothing that belongs to one machine, one person or one secret."""

import re

import pytest

from tests.house import tree

# Each pattern is written so that it does not find itself here.
FORBIDDEN = {
    "a path of one machine": r"/wor[k]/|/roo[t]/|/hom[e]/[a-z]|/User[s]/",
    "the address of a package registry": r"pyp[i]\.org|pythonhoste[d]\.org|registry\.npm[j]s",
    "a private key": r"BEGI[N] [A-Z ]*PRIVATE KEY",
    "a credential": r"AKI[A][0-9A-Z]{16}|gh[pousr]_\w{36}|xox[abprs]-\w{10}|hooks\.slack\.com/services/T\w{8}",
    "a task without the number of its issue": r"\b(?:TOD[O]|FIXM[E]|XX[X])\b(?!.*#\d)",
    "a merge left open": r"^(?:<{7}|>{7}) ",
}


@pytest.mark.parametrize("kind", FORBIDDEN)
@pytest.mark.statement(4)
def test_nothing_of_one_machine_or_person(kind: str):
    """No file holds a path, an address, a secret or a forgotten task that only its author can use."""
    found = [path for path in tree.files() if re.search(FORBIDDEN[kind], tree.text(path), re.MULTILINE)]

    assert found == []
