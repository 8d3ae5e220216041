"""What can go wrong at the sample shop, how often, and on which page: the same for the same seed."""

import random
import threading
from collections import Counter
from collections.abc import Mapping
from typing import Final

FAULTS: Final = {
    "404": 0.010,  # the product is gone
    "500": 0.020,  # the shop fails; another try may pass
    "429": 0.010,  # too many requests; another try, later, may pass
    "slow": 0.020,  # the answer takes `SLOW_S`
    "blocked": 0.005,  # a good answer that asks for a person
    "layout": 0.0,  # the page has been redesigned
    "vanished": 0.010,  # the price is missing
}
"""Each fault with the share of product pages (0 to 1) that it strikes by default."""

PASSING: Final = frozenset({"500", "429", "slow"})
"""Drawn anew on every visit; the others are properties of the page."""

SLOW_S: Final = 2.0
RETRY_AFTER_S: Final = 1


class Faults:
    """Decides, page by page, what goes wrong.

    Args:
        seed: another one strikes other pages.
        rates: shares that differ from the default.

    Raises:
        ValueError: an unknown fault, or a share that is none.
    """

    def __init__(self, seed: int, rates: Mapping[str, float] | None = None) -> None:
        self._seed = seed
        self._visits: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._rates = dict(FAULTS)
        self.set(rates or {})

    @property
    def rates(self) -> dict[str, float]:
        """The shares that hold now."""
        return dict(self._rates)

    def set(self, rates: Mapping[str, float]) -> None:
        """Change some shares; all or, when one is wrong, none.

        Raises:
            ValueError: see there.
        """
        for name, rate in rates.items():
            if name not in FAULTS:
                raise ValueError(f"there is no fault {name!r}; there are {', '.join(FAULTS)}")
            if not 0 <= rate <= 1:
                raise ValueError(f"the share of {name} must be from 0 to 1")
        self._rates = {**self._rates, **rates}

    def strike(self, page: str) -> list[str]:
        """The faults of this visit to `page`."""
        with self._lock:
            self._visits[page] += 1
            visit = self._visits[page]
        return [name for name, rate in self._rates.items() if self._draw(name, page, visit) < rate]

    def _draw(self, name: str, page: str, visit: int) -> float:
        moment = visit if name in PASSING else 0
        return random.Random(f"{self._seed} {name} {page} {moment}").random()


def parse(pairs: Mapping[str, str]) -> dict[str, float]:
    """Shares from text, as in ``{"500": "0.1"}``.

    Raises:
        ValueError: a share is no number.
    """
    try:
        return {name: float(value) for name, value in pairs.items()}
    except ValueError:
        raise ValueError("a share must be a number from 0 to 1") from None
