"""Errors as data."""

from scrapewatch.faults import describe, fingerprint


def test_like_errors_have_like_fingerprints():
    """Numbers, addresses and quoted values don't tell errors apart; kind and place do."""

    def fail(text):
        try:
            int(text)
        except ValueError as error:
            return describe(error)
        raise AssertionError

    assert fail("a")["fingerprint"] == fail("b")["fingerprint"]
    assert fingerprint("timeout", "page 3 took 12 s") == fingerprint("timeout", "page 4 took 99 s")
    assert fingerprint("timeout", "page 3") != fingerprint("refused", "page 3")


def test_an_exception_that_has_no_text_is_told_by_its_kind():
    """Some raise when they are printed; some have nothing to say."""

    class Mute(Exception):
        def __str__(self):
            raise RuntimeError

    assert describe(Mute())["message"] == "Mute"
    assert describe(TimeoutError())["message"] == "TimeoutError"
