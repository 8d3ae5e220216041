"""What each step makes of lines, with numbers to be checked in the head, and which word a wrong pipe fails at."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import InvalidInput
from app.metrics.series import Answer, Line
from app.metrics.steps import MAX_STEPS, Step
from app.metrics.transforms import TRANSFORMS, Pipe, apply, labels_of, parse

STEP_MS = 10_000
NOW_MS = 1_000 * STEP_MS


def answer(*values: list[float | None], by: str = "source", unit: str = "count") -> Answer:
    """A line each, of the sources a, b, c and so on."""
    return answer_of(dict(zip("abcdef", values, strict=False)), by, unit)


def answer_of(lines: dict[str, list[float | None]], by: str = "source", unit: str = "count") -> Answer:
    """A line each, by the values of a label."""
    made = [Line({by: name}, [(n * STEP_MS, v) for n, v in enumerate(values)]) for name, values in lines.items()]
    return Answer("items", unit, STEP_MS, made)


def nothing(when: str) -> Answer:
    """There is no other time."""
    return Answer("items", "count", STEP_MS, [])


def through(pipe: str, given: Answer, *, counted: bool = True, other=nothing) -> dict[str, list[float | None]]:
    """The values of the lines that a pipe makes, by those of their labels."""
    made = apply(parse(pipe), given, Pipe(counted, other, NOW_MS))
    return {"/".join(line.labels.values()): [value for _, value in line.points] for line in made.series}


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("", ()),
        ("  ", ()),
        ("rate", (Step("rate"),)),
        (" rate|top( 3 ) ", (Step("rate"), Step("top", (3,)))),
        ("scale(-1.5e3) | sum", (Step("scale", (-1500.0,)), Step("sum"))),
        ('groupBy(source, "my label", source)', (Step("groupBy", ("source", "my label")),)),
        ("compare(lastRun)", (Step("compare", ("lastRun",)),)),
    ],
)
def test_a_pipe_is_read_from_left_to_right(text, steps):
    """Blanks mean nothing, a label is named once, and no text is no step."""
    assert parse(text) == steps


NAMES = ", ".join(TRANSFORMS)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rte", f"must have one of {NAMES} at character 1, not rte"),
        ("rate | ", f"must have one of {NAMES} at character 7, but the text ends"),
        ("rate |  tp(3)", f"must have one of {NAMES} at character 9, not tp"),
        ("| rate", f"must have one of {NAMES} at character 1, not |"),
        ("rate(5)", "must have | or nothing more at character 5, not ("),
        ("rate top(3)", "must have | or nothing more at character 6, not top"),
        ("top", "must have ( at character 4, but the text ends"),
        ("top()", "must have a whole number from 1 to 100 at character 5, not )"),
        ("top(0)", "must have a whole number from 1 to 100 at character 5, not 0"),
        ("top(3.5)", "must have a whole number from 1 to 100 at character 5, not 3.5"),
        ("top(٣)", "must have a whole number from 1 to 100 at character 5, not ٣"),
        ("top(3", "must have ) at character 6, but the text ends"),
        ("top(3, 4)", "must have ) at character 6, not ,"),
        ("movingAverage(501)", "must have a whole number from 1 to 500 at character 15, not 501"),
        ("scale(nan)", "must have a number at character 7, not nan"),
        ("scale(1e400)", "must have a number at character 7, not 1e400"),
        ("groupBy()", "must have the name of a label at character 9, not )"),
        ('groupBy("a)', 'must have the name of a label at character 9, not "'),
        ("groupBy(a,b,c,d,e,f)", "must have at most 5 labels at character 19, not f"),
        ("compare(tomorrow)", "must have one of yesterday, lastRun at character 9, not tomorrow"),
        ("|".join(["rate"] * (MAX_STEPS + 1)), "must have at most 20 transforms at character 101, not rate"),
    ],
)
def test_an_error_points_at_the_word(text, message):
    """It says what should stand there, where, and what does."""
    with pytest.raises(InvalidInput) as caught:
        parse(text, "data.transform")

    assert (caught.value.detail, caught.value.field) == (message, "data.transform")


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text):
    """Never by another error."""
    with contextlib.suppress(InvalidInput):
        parse(text)


@pytest.mark.parametrize("name", TRANSFORMS)
def test_the_example_of_a_row_can_be_read_and_applied(name):
    """Alone, on lines with gaps and on none; the help is a phrase."""
    row = TRANSFORMS[name]
    (step,) = parse(row.example)

    assert step.name == name
    assert row.help
    assert not row.help.endswith(".")
    for given_lines in (answer([1, None, 3], [None, None, None]), Answer("items", "count", STEP_MS, [])):
        assert apply([step], given_lines, Pipe(counted=True, other=nothing, now_ms=NOW_MS)).step_ms == STEP_MS


def test_a_rate_is_what_was_counted_by_its_seconds():
    """50 within ten seconds are 5 a second; a gap is none, and 0 is 0."""
    made = apply(parse("rate"), answer([50, None, 0]), Pipe(counted=True, other=nothing, now_ms=NOW_MS))

    assert [value for _, value in made.series[0].points] == [5, None, 0]
    assert made.unit == "per second"


@pytest.mark.parametrize(("passed_ms", "rate"), [(2_000, None), (5_000, 10), (8_000, 6.25), (10_000, 5)])
def test_a_step_under_way_counts_by_the_time_that_has_passed(passed_ms: int, rate: float | None):
    """50 are 10 a second while five seconds have passed; before that nobody knows."""
    pipe = Pipe(counted=True, other=nothing, now_ms=STEP_MS + passed_ms)
    made = apply(parse("rate"), answer([50, 50]), pipe)

    assert [value for _, value in made.series[0].points] == [5, rate]


def test_the_rate_of_a_total_is_its_growth():
    """From 100 to 160 in ten seconds: 6 a second; from there to 20 it began again: 2; beside a gap nobody knows."""
    made = apply(
        parse("rate"),
        answer([100, 160, 20, None, 30, 40], unit="bytes"),
        Pipe(counted=False, other=nothing, now_ms=NOW_MS),
    )

    assert [value for _, value in made.series[0].points] == [None, 6, 2, None, None, 1]
    assert made.unit == "bytes per second"


def test_a_moving_average_is_of_the_points_up_to_each():
    """Of three: 3; (3+6)/2; (3+6+9)/3; a gap; (9+12)/2; (12+15)/2."""
    assert through("movingAverage(3)", answer([3, 6, 9, None, 12, 15])) == {"a": [3, 4.5, 6, None, 10.5, 13.5]}
    assert through("movingAverage(1)", answer([3, None, 9])) == {"a": [3, None, 9]}


@given(st.lists(st.none() | st.integers(-1_000, 1_000), max_size=40), st.integers(1, 12))
def test_a_moving_average_equals_a_mean_of_a_slice(values, most):
    """However long the line and the window are."""
    (line,) = through(f"movingAverage({most})", answer(values)).values()

    for place, value in enumerate(values):
        known = [one for one in values[max(0, place + 1 - most) : place + 1] if one is not None]
        assert line[place] == (None if value is None else sum(known) / len(known))


def test_lines_are_chosen_by_their_means():
    """Of means 2, 5, none and 3 the top two are 5 and 3, the bottom two 2 and 3; gaps pull no mean down."""
    given_lines = answer([2, 2], [5, None], [None, None], [2, 4])

    assert list(through("top(2)", given_lines)) == ["b", "d"]
    assert list(through("bottom(2)", given_lines)) == ["a", "d"]
    assert list(through("top(9)", given_lines)) == ["b", "d", "a"]
    assert list(through("top(1)", answer([1], [1]))) == ["a"]


def test_lines_are_added_up():
    """1 + 10, 2 + a gap, and two gaps, which stay one; no lines make none."""
    given_lines = answer([1, 2, None], [10, None, None])

    assert through("sum", given_lines) == {"": [11, 2, None]}
    assert through("sum", Answer("items", "count", STEP_MS, [])) == {}


def test_lines_are_added_up_by_label():
    """Two jobs of one source are a line, the one of another source another; a label nobody carries is empty."""
    lines = [
        Line({"job": "1", "source": "a"}, [(0, 1.0), (STEP_MS, 2.0)]),
        Line({"job": "2", "source": "b"}, [(0, 5.0), (STEP_MS, None)]),
        Line({"job": "3", "source": "a"}, [(0, 10.0), (STEP_MS, None)]),
    ]
    given_lines = Answer("items", "count", STEP_MS, lines)

    assert through("groupBy(source)", given_lines) == {"a": [11, 2], "b": [5, None]}
    assert through("groupBy(proxy)", given_lines) == {"": [16, 2]}
    assert labels_of(parse("groupBy(source, job) | rate | groupBy(job)")) == ("source", "job")


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("groupBy(source) | groupBy(status)", "status"),
        ("groupBy(source, job) | groupBy(source) | groupBy(job)", "job"),
        ("sum | rate | groupBy(status)", "status"),
        ("groupBy(compared)", "compared"),
        ("compare(yesterday) | sum | groupBy(compared)", "compared"),
    ],
)
def test_lines_are_not_grouped_by_what_they_no_longer_have(text: str, label: str):
    """All of them would be one line that bears no name."""
    with pytest.raises(InvalidInput) as caught:
        parse(text)

    assert caught.value.field == "transform"
    assert caught.value.detail.startswith(f"can't group by {label}: ")


def test_both_times_are_added_up_apart():
    """All sources of today as one line, all of yesterday as another."""
    given_lines = answer_of({"a": [1], "b": [2]})

    found = through(
        "compare(yesterday) | groupBy(compared)", given_lines, other=lambda _: answer_of({"a": [10], "b": [20]})
    )

    assert found == {"": [3], "yesterday": [30]}


def test_values_are_scaled():
    """Bytes to kilobytes."""
    assert through("scale(0.001)", answer([5_000, None])) == {"a": [5, None]}


def test_a_line_stands_beside_itself_at_another_time():
    """Matched by labels, at the times of today; a source that was not there yesterday has no second line."""
    asked = []

    def yesterday(when: str) -> Answer:
        asked.append(when)
        return answer_of({"a": [7, 8], "gone": [1, 1]})

    assert through("compare(yesterday)", answer_of({"a": [1, 2, 3], "new": [4, 5, 6]}), other=yesterday) == {
        "a": [1, 2, 3],
        "a/yesterday": [7, 8, None],
        "new": [4, 5, 6],
    }
    assert asked == ["yesterday"]


def test_what_is_compared_went_through_the_same_steps():
    """Rates beside rates; the lines are those chosen today, though others were on top yesterday."""
    given_lines = answer_of({"a": [100], "b": [10]})

    def yesterday(when: str) -> Answer:
        return answer_of({"a": [20], "b": [900]})

    assert through("rate | top(1) | compare(yesterday)", given_lines, other=yesterday) == {
        "a": [10],
        "a/yesterday": [2],
    }
    assert through("compare(yesterday) | rate", given_lines, other=yesterday)["b/yesterday"] == [90]


def test_a_line_can_stand_beside_two_other_times():
    """And none of them beside itself."""

    def other(when: str) -> Answer:
        return answer_of({"a": [len(when)]})

    assert through("compare(yesterday) | compare(lastRun)", answer_of({"a": [1]}), other=other) == {
        "a": [1],
        "a/lastRun": [7],
        "a/yesterday": [9],
    }
