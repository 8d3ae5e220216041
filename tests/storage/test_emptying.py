"""A store that is not in use may be emptied, and takes another copy then."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.core.errors import ScrapewatchError
from app.storage.copying.emptying import Contents, contents
from app.storage.stores import opener_of
from tests.fakes import StoppedClock, event, no_fold
from tests.storage.places import Address, Place


@contextmanager
def seen_at(place: Place, url: str) -> Iterator[Contents]:
    """What there is at an address, to an operator of that place."""
    with contents(place.database_url, place.storage_url, url, StoppedClock()) as found:
        yield found


def use(place: Place) -> None:
    """So that its numbers are higher than those of whatever it was copied from."""
    with place.opened() as stores:
        stores.events.append([event(job_id="later") for _ in range(3)], no_fold)


@pytest.mark.parametrize("kind", ["sqlite", "postgres", "redis", "mongodb"])
def test_what_was_emptied_takes_another_copy(place: Place, kind: str, address: Address):
    """However it was used meanwhile; nothing is deleted before it is said so."""
    to = address(kind)
    before = place.seen()
    place.copied(to)
    use(place.moved(to))
    with seen_at(place, to) as found:
        assert found.counts["events"] == 98

    with seen_at(place, to) as found:
        assert found.counts["events"] == 98
        found.empty()

    with seen_at(place, to) as found:
        assert found.counts == {}
    assert place.copied(to).differences == ()
    assert place.moved(to).seen() == before == place.seen()


@pytest.mark.parametrize("home", ["sqlite", "postgres"])
def test_events_come_home_once_their_old_place_is_emptied(home: str, redis_url: str, request: pytest.FixtureRequest):
    """Of the database that has the accounts as well only the store's part goes."""
    url = str(request.getfixturevalue(f"{home}_url"))
    at_home = Place(url, url)
    at_home.live()
    before = at_home.seen()
    at_home.copied(redis_url)
    away = at_home.moved(redis_url)
    with pytest.raises(ScrapewatchError, match=r"not empty.* storage empty URL"):
        away.copied(url)
    with away.served(), pytest.raises(ScrapewatchError, match="A server uses it"), seen_at(away, url):
        pass

    with seen_at(away, url) as found:
        found.empty()

    assert away.copied(url).differences == ()
    assert at_home.seen() == before
    use(at_home)


def test_the_store_in_use_is_known_while_a_server_writes(sqlite_url: str, redis_url: str):
    """Under another name, whatever comes in while both are looked at."""
    away = Place(sqlite_url, redis_url)
    use(away)
    done = threading.Event()

    def write() -> None:
        with away.opened() as stores:
            while not done.is_set():
                stores.events.append([event(job_id="later")], no_fold)

    server = threading.Thread(target=write)
    server.start()
    spelled = redis_url.replace("127.0.0.1", "localhost")
    try:
        for _ in range(50):
            with pytest.raises(ScrapewatchError, match="in use"), seen_at(away, spelled):
                pass
    finally:
        done.set()
        server.join()


def test_the_store_in_use_is_never_emptied(place: Place, redis_url: str, tmp_path: Path):
    """Under whatever name; nor one that a server uses, or that another version has made."""
    away = Place(place.database_url, redis_url)
    use(away)
    spelled = (redis_url.replace("127.0.0.1", "localhost"), redis_url)
    file = Path(place.database_url.removeprefix("sqlite:///"))
    same = f"sqlite:///{file.parent / '..' / file.parent.name / file.name}"
    refused = [
        (place, place.storage_url, r"is in use \(DATABASE_URL\)"),
        *((away, url, r"is in use \(STORAGE_URL\)") for url in spelled),
        (place, same, "under another name"),
        (place, "memory:", "memory"),
        (place, "mysql://here/there", "URL"),
    ]
    assert opener_of("rediss://one") is opener_of("redis://one")
    assert opener_of("mongodb+srv://one") is opener_of("mongodb://one")
    for one, url, reason in refused:
        with pytest.raises(ScrapewatchError, match=reason), seen_at(one, url):
            pass
    other = f"sqlite:///{tmp_path / 'other.db'}"
    place.copied(other)
    moved = place.moved(other)
    with moved.served(), pytest.raises(ScrapewatchError, match="A server uses it"), seen_at(place, other):
        pass
