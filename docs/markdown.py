"""The forms that printed pages are made of."""

from collections.abc import Iterable


def page(title: str, *paragraphs: str) -> str:
    """A page of that title that nobody edits by hand."""
    return (
        "\n\n".join((f"# {title}", "<!-- Printed by `make docs`; edit the table in the code. -->", *paragraphs)) + "\n"
    )


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table with that head."""
    lines = (head, tuple("---" for _ in head), *rows)
    return "\n".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |" for line in lines)
