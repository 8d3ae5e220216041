"""What went wrong before a receiver said anything is known again where it is shown."""

from app.notify import failures


def test_every_failure_is_in_the_table():
    """So that pages find the form that a stored sentence was made by."""
    named = {value for name, value in vars(failures).items() if name.isupper() and isinstance(value, str)}

    assert set(failures.FAILURES) == named
