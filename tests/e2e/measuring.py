"""What an open page is judged by: how it moved while it came, what came for it, whether it fits, who can use it."""

import gzip
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

from playwright.sync_api import Page, Response

NOTE_SHIFTS: Final = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const shift of list.getEntries()) {
    const moved = shift.sources.map(({ node }) => node?.outerHTML?.slice(0, 120));
    if (!shift.hadRecentInput) window.shifts.push([shift.value, ...moved]);
  }
}).observe({ type: "layout-shift", buffered: true });
"""
STANDARDS: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa")
ASK_AXE: Final = """async ([tags, only]) => {
  const wanted = only.length ? { type: "rule", values: only } : { type: "tag", values: tags };
  const rules = only.length ? {} : { "target-size": { enabled: true } };
  const { violations } = await axe.run(document, { runOnly: wanted, rules, resultTypes: ["violations"] });
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, any, html }) => `${id} at ${target}: ${any[0]?.message ?? html}`));
}"""
SIDEWAYS: Final = """() => {
  const out = (one) => one.getBoundingClientRect().right > innerWidth + 1;
  const clips = (one) => one && (getComputedStyle(one).overflowX !== "visible" || clips(one.parentElement));
  return document.documentElement.scrollWidth <= innerWidth ? [] :
    [...document.body.querySelectorAll("*")].filter((one) => out(one) && !clips(one.parentElement))
      .map((one) => one.outerHTML.slice(0, 160));
}"""


def violations(page: Page, axe: str, *rules: str) -> list[str]:
    """What axe-core finds wrong by WCAG 2.0 to 2.2, A and AA; by these of its rules alone, if any are given."""
    page.evaluate(axe)
    found: list[str] = page.evaluate(ASK_AXE, [list(STANDARDS), list(rules)])
    return found


def shifts(page: Page) -> list[list[Any]]:
    """How far the page moved by itself since it was opened; each with what moved."""
    found: list[list[Any]] = page.evaluate("shifts")
    return found


def too_wide(page: Page) -> list[str]:
    """What stands out of the page on the right, if it scrolls sideways."""
    found: list[str] = page.evaluate(SIDEWAYS)
    return found


@contextmanager
def weighing(page: Page) -> Iterator[Callable[[], dict[str, int]]]:
    """Gives the bytes of each address that the page asks for within the block, compressed as a proxy would."""
    answers: list[Response] = []

    def note(answer: Response) -> None:
        answers.append(answer)

    page.on("response", note)
    yield lambda: {answer.url: _weight(answer) for answer in answers if answer.status == 200}
    page.remove_listener("response", note)


_known: dict[str, int] = {}


def _weight(answer: Response) -> int:
    """Static files carry their hash in their address, so each is weighed once."""
    if answer.url not in _known or "?v=" not in answer.url:
        _known[answer.url] = _compressed(answer.body())
    return _known[answer.url]


@cache
def _compressed(body: bytes) -> int:
    return len(gzip.compress(body, 6))
