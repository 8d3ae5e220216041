"""How long the client waits for an answer."""

from scrapewatch.patience import LEAST_S, MOST_S, Patience


def test_the_first_answer_is_waited_for_longest():
    """Nothing is known of the line yet."""
    assert Patience().seconds == MOST_S


def test_quick_answers_make_the_wait_short():
    """But never shorter than a server may pause."""
    patience = Patience()

    patience.answered(0.05)

    assert patience.seconds == LEAST_S


def test_slow_answers_make_the_wait_long():
    """The mean of 2 s, and four times its deviation of 1 s."""
    patience = Patience()

    patience.answered(2.0)

    assert patience.seconds == 6.0


def test_even_answers_are_waited_for_hardly_longer_than_they_take():
    """The deviation wears off, and the mean stays."""
    patience = Patience()

    for _ in range(50):
        patience.answered(4.0)

    assert 4.0 < patience.seconds < 4.1


def test_each_answer_that_does_not_come_doubles_the_wait_up_to_the_longest():
    """So a server that has become slow is not asked again and again; the next answer ends it."""
    patience = Patience()
    patience.answered(0.05)

    waits = []
    for _ in range(3):
        patience.missed()
        waits.append(patience.seconds)
    patience.answered(0.05)

    assert waits == [6.0, MOST_S, MOST_S]
    assert patience.seconds == LEAST_S
