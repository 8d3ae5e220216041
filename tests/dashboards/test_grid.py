"""Panels fall upward on their grid."""

from app.dashboards.grid import Place, beside, settle


def at(x: int, y: int, w: int, h: int) -> Place:
    """A place."""
    return Place(x=x, y=y, w=w, h=h)


def test_a_panel_falls_up_until_it_meets_another():
    """Empty rows vanish, columns stay."""
    assert settle([at(0, 5, 6, 4), at(6, 9, 6, 2), at(0, 20, 4, 1)]) == [at(0, 0, 6, 4), at(6, 0, 6, 2), at(0, 4, 4, 1)]


def test_none_lies_upon_another():
    """The later one goes beneath, past every one that it meets."""
    assert settle([at(0, 0, 6, 4), at(3, 0, 6, 2), at(5, 1, 3, 3)]) == [at(0, 0, 6, 4), at(3, 4, 6, 2), at(5, 6, 3, 3)]


def test_a_gap_is_filled():
    """A panel without a place takes the first one with room."""
    taken = [at(0, 0, 6, 4), at(9, 0, 3, 4)]

    assert beside((3, 4), taken) == at(6, 0, 3, 4)
    assert beside((4, 4), taken) == at(0, 4, 4, 4)
    assert beside((12, 2), []) == at(0, 0, 12, 2)
