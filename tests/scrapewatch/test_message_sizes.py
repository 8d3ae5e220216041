"""How much is sent at once, after messages were lost on their way."""

from scrapewatch import sender as module
from scrapewatch.events import MAX_BATCH_EVENTS
from tests.scrapewatch.stand_in import answer, send


def test_messages_grow_again_after_a_line_that_could_not_carry_them(stand_in, emitter, monkeypatch):
    """Whatever halving leaves of a batch counts as what the line carries, so the last ones are whole again."""
    monkeypatch.setattr(module, "SLOW_S", 0.0)

    def hang_up(_):
        stand_in.hang_up()
        return answer()

    stand_in.answers = [hang_up] * 3
    send(emitter, 10_000)

    assert emitter.flush(30)
    sizes = [len(batch) for batch in stand_in.messages]
    assert min(sizes) < 100
    assert max(sizes[-5:]) == MAX_BATCH_EVENTS


def test_lost_answers_to_small_messages_leave_the_next_as_large_as_before(stand_in, emitter, monkeypatch):
    """The line could carry what was sent, so what has piled up meanwhile goes at once."""
    monkeypatch.setattr(module, "SLOW_S", 0.0)

    def let_more_come_and_hang_up(batch):
        send(emitter, 200, "2")
        stand_in.hang_up()
        return answer()

    stand_in.answers = [let_more_come_and_hang_up]
    send(emitter, 10)

    assert emitter.flush(10)
    assert emitter.flush(10)  # of what was emitted meanwhile, too
    assert [len(batch) for batch in stand_in.messages] == [10, 10, 200]


def test_messages_lost_one_after_another_get_smaller_however_fast_they_were_lost(stand_in, emitter):
    """A line that is cut again and again carries a part in time, where a whole batch would never come through."""

    def cut(_):
        stand_in.hang_up()
        return answer()

    stand_in.answers = [cut] * 4
    send(emitter, 1_000)

    assert emitter.flush(30)
    sizes = [len(batch) for batch in stand_in.messages]
    assert sizes[:5] == [500, 500, 250, 125, 62]
    assert sum(sizes[4:]) == 1_000
