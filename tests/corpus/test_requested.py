"""Whatever the server is asked, over both databases: it is answered as its row says, and nothing is kept of it."""

import pytest

from tests.corpus.asker import Asker
from tests.corpus.house import House
from tests.corpus.requests import names, rows


@pytest.mark.parametrize("name", names())
@pytest.mark.statement(37, 39, 41)
def test_a_request_is_answered_as_its_row_says(house: House, name: str):
    """No failure of the server's, the field at fault named, nothing written that was refused, and nobody notices."""
    house.begin()
    asker = Asker(house.server, house.variables)
    before = asker.kept()
    wrong = [complaint for row in rows(name) for complaint in asker.complaints(row)]

    assert wrong == [], "\n".join(wrong)
    assert asker.kept() == before
    house.check(rows=0)
