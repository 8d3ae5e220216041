"""How long a session is believed."""

from app.accounts import sessions


def test_a_wall_screen_s_session_lasts_as_long_as_it_is_used():
    """Nobody stands before it to sign in again; it runs out like any other once it is off."""
    late = 3 * sessions.ABSOLUTE_MS
    began = {sessions.STARTED: 0, sessions.SEEN: late}

    assert sessions.holder({**began, sessions.USER: "-7.0"}, late + 1) == sessions.Holder(-7, 0)
    assert sessions.holder({**began, sessions.USER: "7.0"}, late + 1) is None
    assert sessions.holder({**began, sessions.USER: "-7.0"}, late + sessions.IDLE_MS) is None
