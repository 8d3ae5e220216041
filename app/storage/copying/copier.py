"""Copies all of one store into another, from wherever an earlier try has ended; and compares both at the end.

Events never change once they are stored, so they can be copied `ahead` while a server works on the source. All else
changes with them and is copied when nobody writes any more: anew, or from where an ended try has stopped if nothing
was written to the source since. What was deleted from the source between two tries is deleted from the target, too.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from msgspec.structs import replace

from app.core.errors import ScrapewatchError
from app.storage.base import Event
from app.storage.base_backups import Progress
from app.storage.base_copying import Mark
from app.storage.copying.comparing import Sums, differences
from app.storage.copying.sides import Side
from app.storage.indexing import Indexing
from app.storage.sql.transfer_tables import META

_MOST_BYTES: Final = 4_000_000
"""Of the bodies of events that are written at once."""
_CURSORS: Final = 1_000
"""Of the target that are held against the source's at once."""
_EMPTY: Final = "empty it first, by `flask --app wsgi storage empty URL`, or take another one"
_END: Final = "end"
"""In the place of a part: all are copied."""


@dataclass(frozen=True)
class Report:
    """What became of a copy.

    Attributes:
        new: events that were copied this time.
        counts: rows by part, where both sides were compared.
        differences: in what they differ, a sentence each.
    """

    new: int
    counts: Mapping[str, int] = field(default_factory=dict)
    differences: Sequence[str] = ()


class Copier:
    """One copy.

    Args:
        source: from where.
        target: where to; nobody else writes there.
        name: the source's address, by which a copy that was begun is known again.
        progress: is told how far it is.
    """

    def __init__(self, source: Side, target: Side, name: str, progress: Progress) -> None:
        self._source = source
        self._target = target
        self._name = name
        self._progress = progress
        self._done = self._whole = 0

    def ahead(self) -> Report:
        """Copy the events that there are, and nothing else.

        Raises:
            ScrapewatchError: the target holds something else, or is finished.
            Unavailable: one of both is away; what was copied stays.
        """
        mark = self._begin()
        if mark.is_done:
            raise ScrapewatchError(f"The copy is finished: to copy what came since, {_EMPTY}.")
        self._whole = self._source.held("events")
        return Report(self._events(mark)[1])

    def run(self) -> Report:
        """Copy what is not copied yet, and compare; nobody may write to the source meanwhile.

        Raises:
            ScrapewatchError: the target holds something else.
            Unavailable: one of both is away; what was copied stays.
        """
        mark, new = self._begin(), 0
        if not mark.is_done:
            self._source.transfer.prepare()
            self._whole = sum(map(self._source.held, self._source.parts))
            if mark.cursor:
                self._sweep(mark.cursor)
            mark, new = self._events(mark)
            mark = self._changing(mark)
            self._target.transfer.finish(self._source.numbers())
            self._index()
        counts, found = self._compare()
        if not mark.is_done:
            # What changes is copied anew by the next try, if it was not all well.
            mark = replace(mark, version="", part="", after=None) if found else replace(mark, state="done")
            self._target.transfer.write(mark)
        return Report(new, counts, tuple(found))

    def _begin(self) -> Mark:
        """The mark of the copy that was begun, or a new one in an empty target."""
        transfer = self._target.transfer
        mark = transfer.mark()
        if mark is None:
            transfer.prepare()
            self._require_empty()
            mark = Mark(self._name)
            transfer.write(mark)
        elif mark.source != self._name:
            raise ScrapewatchError(f"The target holds a copy of {mark.source}, not of {self._name}: {_EMPTY}.")
        elif not mark.is_done:
            transfer.prepare()
            mark = transfer.mark() or mark  # what a crash has left may have been a later one
        return mark

    def _require_empty(self) -> None:
        held = {part: self._target.held(part) for part in self._target.parts if part != META}
        found = ", ".join(f"{count:,} {part}" for part, count in held.items() if count)
        if found:
            raise ScrapewatchError(f"The target is not empty: it holds {found}. Nothing was copied: {_EMPTY}.")
        if self._target.stores.events.reach().newest:
            raise ScrapewatchError(f"The target was in use, and what was deleted there has left its numbers: {_EMPTY}.")

    def _sweep(self, last: int) -> None:
        """Delete events up to a cursor from the target that are no longer in the source."""
        kept = (event.cursor for event in self._events_upto(last))
        mine = next(kept, None)
        after = 0
        while cursors := self._target.transfer.cursors(after, _CURSORS):
            gone = []
            for cursor in cursors:
                while mine is not None and mine < cursor:
                    mine = next(kept, None)
                if mine != cursor:
                    gone.append(cursor)
            if gone:
                self._target.transfer.drop(gone)
            after = cursors[-1]
        self._tell(0)

    def _events_upto(self, last: int) -> Iterator[Event]:
        for page in self._source.pages("events"):
            yield from (event for event in page.rows if event.cursor <= last)
            if page.rows and page.rows[-1].cursor >= last:
                return

    def _events(self, mark: Mark) -> tuple[Mark, int]:
        """Copy those that are not there; the mark as it is then, and how many they were."""
        count = 0
        for page in self._source.pages("events", (mark.cursor,)):
            for some in _slices(page.rows):
                mark = replace(mark, cursor=some[-1].cursor)
                self._target.transfer.load("events", some, mark)
                count += len(some)
                self._tell(len(some))
        return mark, count

    def _changing(self, mark: Mark) -> Mark:
        """Copy all else, from where the mark says if the source is as it was."""
        parts, version = self._source.changing, self._source.version()
        if mark.version != version:
            for part in reversed(parts):
                self._target.of(part).clear(part)
            mark = replace(mark, version=version, part=parts[0], after=None)
            self._target.transfer.write(mark)
        following = dict(zip(parts, (*parts[1:], _END), strict=True))
        while mark.part != _END:
            part = mark.part
            for page in self._source.pages(part, mark.after):
                mark = replace(mark, part=part if page.after else following[part], after=page.after)
                self._target.of(part).load(part, page.rows, mark)
                self._tell(len(page.rows))
        return mark

    def _index(self) -> None:
        """Index the words of what was copied, where there is such an index."""
        stores = self._target.stores
        if stores.words is None:
            return
        indexing = Indexing(stores.events, stores.words)
        newest = stores.events.reach().newest
        while indexing.look():
            self._progress("index", stores.words.indexed(), newest)

    def _compare(self) -> tuple[Mapping[str, int], list[str]]:
        """Rows by part, and in what both sides differ."""
        counts: dict[str, int] = {}
        found: list[str] = []
        done, whole = 0, 2 * sum(map(self._source.held, self._source.parts))
        for part in self._source.parts:
            sums = Sums(part), Sums(part)
            for side, known in zip((self._source, self._target), sums, strict=True):
                for page in side.pages(part):
                    known.add(page.rows)
                    done += len(page.rows)
                    self._progress("check", min(done, whole), whole)
            counts[part] = sums[0].count
            again = (lambda part=part: self._source.rows(part)), (lambda part=part: self._target.rows(part))
            found += differences(part, *sums, again)
        return counts, found

    def _tell(self, rows: int) -> None:
        self._done += rows
        self._progress("copy", min(self._done, self._whole), self._whole)


def _slices(events: Sequence[Event]) -> Iterator[Sequence[Event]]:
    """As many at a time as may be written at once."""
    some: list[Event] = []
    size = 0
    for event in events:
        some.append(event)
        size += len(event.data)
        if size >= _MOST_BYTES:
            yield some
            some, size = [], 0
    if some:
        yield some
