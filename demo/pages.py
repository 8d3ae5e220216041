"""The sample shop's pages, and what they look like after a fault."""

from html import escape

from demo.goods import CATEGORIES, Product

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1d2433; max-width: 60rem; margin: 0 auto; padding: 1.5rem }
a { color: #1a5fb4 } nav a { margin-right: 1rem } ul { padding: 0; list-style: none }
.shelf { display: grid; grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)); gap: 1rem }
img { width: 100%; max-width: 20rem; border-radius: 8px } .price, .cost { font-weight: 600 }
"""


def home() -> str:
    """All categories."""
    links = "".join(
        f'<li><a class="category" href="/c/{name}">{title}</a></li>' for name, (title, _) in CATEGORIES.items()
    )
    return _page("The sample shop", f"<p>Collectables that never were.</p><ul>{links}</ul>")


def shelf(category: str, products: list[Product], page: int, pages: int) -> str:
    """One page of a category."""
    title = CATEGORIES[category][0]
    cards = "".join(
        f'<li><a class="product" href="/p/{p.slug}"><img src="/images/{p.slug}.svg" alt="">{escape(p.title)}</a></li>'
        for p in products
    )
    before = f'<a class="previous" href="/c/{category}?page={page - 1}">Previous</a>' if page > 1 else ""
    after = f'<a class="next" href="/c/{category}?page={page + 1}">Next</a>' if page < pages else ""
    body = f'<ul class="shelf">{cards}</ul><nav>{before}<span>Page {page} of {pages}</span> {after}</nav>'
    return _page(title, body)


def product(item: Product, *, with_price: bool = True) -> str:
    """The page of one product."""
    price = f'<p class="price" data-currency="EUR">{item.price_text}</p>' if with_price else ""
    return _page(
        item.title,
        f'<article class="product"><img class="photo" src="/images/{item.slug}.svg" alt="">{price}'
        f'<p class="stock" data-count="{item.stock}">{_stock(item.stock)}</p>'
        f'<a class="back" href="/c/{item.category}">{CATEGORIES[item.category][0]}</a></article>',
        title_class="title",
    )


def redesigned(item: Product) -> str:
    """The same product after a relaunch: other names for everything a scraper holds on to."""
    return _page(
        "",
        f'<section class="pdp"><h2 class="pdp-name">{escape(item.title)}</h2>'
        f'<div class="cost">EUR {item.price_text}</div><div class="availability">{_stock(item.stock)}</div></section>',
    )


def blocked() -> str:
    """What a shop shows to those it takes for robots: a good answer with nothing in it."""
    return _page("Are you a robot?", '<form id="challenge"><p>Please confirm that you are a person.</p></form>')


def problem(status: int, reason: str) -> str:
    """A page for an error."""
    return _page(f"{status} {reason}", '<p><a href="/">Back to the shop</a></p>')


def image(item: Product) -> str:
    """A picture of a product, as SVG."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 240"><rect width="320" height="240" '
        f'fill="hsl({item.hue} 45% 88%)"/><circle cx="160" cy="105" r="62" fill="hsl({item.hue} 55% 52%)"/>'
        f'<path d="M98 105h124" stroke="hsl({item.hue} 45% 88%)" stroke-width="14"/>'
        f'<text x="160" y="212" font-family="sans-serif" font-size="18" text-anchor="middle" '
        f'fill="hsl({item.hue} 45% 25%)">{escape(item.title)}</text></svg>'
    )


def _stock(count: int) -> str:
    return f"{count} in stock" if count else "sold out"


def _page(title: str, body: str, title_class: str = "") -> str:
    heading = f'<h1 class="{title_class}">{escape(title)}</h1>' if title else ""
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title or "The sample shop")}</title>'
        f'<style>{STYLE}</style><nav><a href="/">The sample shop</a></nav>{heading}{body}</html>'
    )
