"""The queue before the writer is fair: a flood fills its own share, and nobody else's."""

import pytest

from app.core.errors import Unavailable
from app.storage.turns import Submission, Turns


def message(sender_id: int, size: int = 10) -> Submission:
    return Submission(sender_id, size, lambda: ([], ()), lambda result: None)


def fill(turns: Turns, sender_id: int, size: int) -> None:
    while True:
        turns.add(message(sender_id, size), 0)


def flood(turns: Turns, sender_id: int, size: int = 10) -> int:
    """Send until refused; what was taken."""
    before = turns.held[sender_id]
    with pytest.raises(Unavailable, match="busy"):
        fill(turns, sender_id, size)
    return turns.held[sender_id] - before


def test_a_sender_alone_may_fill_four_fifths():
    """The rest stays free for whoever comes."""
    assert flood(Turns(1_000, 500), 1) == 800


@pytest.mark.parametrize("floods", [1, 2, 5])
def test_there_is_always_room_for_another(floods: int):
    """However many flood, a sender who has nothing waiting is taken in, and says that all is well with it."""
    turns = Turns(100_000, 500)
    for sender_id in range(1, floods + 1):
        flood(turns, sender_id)

    turns.add(message(99), 0)

    assert turns.fill(99) < 0.5
    assert turns.fill(1) > 0.5


def test_an_empty_queue_takes_anything():
    """A message larger than the whole capacity would else never pass."""
    turns = Turns(100, 50)
    turns.add(message(1, 5_000), 0)

    assert turns.waiting == 5_000


def test_senders_take_turns_within_a_group():
    """Each gives up to its share of a turn before the first is asked again; each one's own order stays."""
    turns = Turns(1_000, 20)
    sent = [message(1) for _ in range(4)] + [message(2) for _ in range(3)]
    for each in sent:
        turns.add(each, 0)

    taken = [submission for _, submission in turns.take()]

    assert [submission.sender_id for submission in taken] == [1, 1, 2, 2, 1, 1, 2]
    assert [each for each in taken if each.sender_id == 1] == sent[:4]
    assert turns.waiting == 0
    assert not turns.held
    assert not turns
