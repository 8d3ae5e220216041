"""What the sample shop sells: the same for the same seed, on every machine."""

import random
from dataclasses import dataclass
from typing import Final

CATEGORIES: Final = {
    "cards": ("Trading cards", ("Booster pack", "Holo card", "Starter deck", "Card binder")),
    "coins": ("Coins", ("Silver coin", "Bronze medal", "Coin set", "Coin album")),
    "stamps": ("Stamps", ("Stamp sheet", "First-day cover", "Stamp block", "Stock book")),
    "comics": ("Comics", ("First issue", "Annual", "Graphic novel", "Signed print")),
    "vinyl": ("Vinyl", ("LP", "Single", "Box set", "Picture disc")),
    "toys": ("Tin toys", ("Wind-up robot", "Tin car", "Carousel", "Model train")),
    "watches": ("Watches", ("Pocket watch", "Diver", "Chronograph", "Watch strap")),
    "cameras": ("Cameras", ("Rangefinder", "Folding camera", "Lens", "Light meter")),
    "books": ("Books", ("First edition", "Atlas", "Almanac", "Bound volume")),
    "posters": ("Posters", ("Film poster", "Travel poster", "Lithograph", "Playbill")),
    "pens": ("Pens", ("Fountain pen", "Ink bottle", "Desk set", "Mechanical pencil")),
    "maps": ("Maps", ("Sea chart", "City plan", "Globe", "Relief map")),
}
"""Name in addresses: title, and the kinds of things in it."""

WORDS: Final = (
    "Amber", "Atlas", "Aurora", "Baltic", "Cobalt", "Comet", "Copper", "Delta", "Ember", "Falcon", "Granite", "Harbour",
    "Indigo", "Ivory", "Jade", "Juniper", "Lagoon", "Lantern", "Meteor", "Nordic", "Obsidian", "Onyx", "Orchid",
    "Pearl", "Quartz", "Raven", "Saffron", "Sierra", "Topaz", "Velvet", "Willow", "Zephyr",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Product:
    """A thing for sale; the price is in cents."""

    slug: str
    title: str
    category: str
    price: int
    stock: int
    hue: int

    @property
    def price_text(self) -> str:
        """The price as the shop writes it: ``29.99``."""
        return f"{self.price // 100}.{self.price % 100:02d}"


def catalogue(seed: int, per_category: int) -> dict[str, list[Product]]:
    """The products of each category, by its name in addresses."""
    return {name: _shelf(name, random.Random(f"{seed} {name}"), per_category) for name in CATEGORIES}


def _shelf(category: str, draw: random.Random, count: int) -> list[Product]:
    products = []
    for number in range(1, count + 1):
        title = f"{draw.choice(WORDS)} {draw.choice(CATEGORIES[category][1])} {draw.randint(1900, 1999)}"
        price = round(draw.lognormvariate(8.2, 0.8)) // 100 * 100 + draw.choice((0, 49, 50, 90, 95, 99))
        stock = draw.choice((0, 1, 1, 2, 3, 5, 8, 13, 40))
        products.append(Product(f"{category}-{number:03d}", title, category, price, stock, draw.randrange(360)))
    return products
