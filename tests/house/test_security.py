"""What is promised of security is shown, and the sources hold nothing that breaks it."""

from docs.statements import STATEMENTS, shown_by


def test_what_a_test_shows_is_stated():
    """Statements are numbered through, and no test names another number."""
    stated = {number for group in STATEMENTS.values() for number in group}

    assert stated == set(range(1, 64))
    assert set(shown_by()) <= stated
