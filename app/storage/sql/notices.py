"""Notices and deliveries in SQL; see `app.storage.base_notices`."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, Final

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    and_,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from app.storage.base_notices import PROBLEMS, Delivery, NewNotice, Notice, NoticeFilter, Taken, for_another
from app.storage.sql.database import Database
from app.storage.sql.notices_tables import deliveries, insert_notices, notices

_CANDIDATES: Final = 500
_OVER: Final = ("sent", "failed", "superseded")
_STATES: Final = {"sent": "sent", "again": "waiting", "failed": "failed", "unwanted": "superseded"}
"""The state of a notice after a try of that outcome."""


class SqlNoticeStore:
    """The `NoticeStore` of DATABASE_URL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, new: Sequence[NewNotice]) -> None:
        """See `NoticeStore`."""
        self._database.write(lambda connection: insert_notices(connection, new))

    def claim(self, now_ms: int, *, lease_ms: int, holder: str, limit: int) -> list[Notice]:
        """See `NoticeStore`."""
        if not self._notices(select(notices).where(_is_due(now_ms)).limit(1)):  # mostly so: nothing need be written
            return []

        def work(connection: Connection) -> list[Notice]:
            _hand_on(connection, now_ms)
            _supersede(connection)
            first: dict[str, RowMapping] = {}
            for row in connection.execute(_due(now_ms).limit(_CANDIDATES)).mappings():
                first.setdefault(row["channel"], row)
            lease = {"state": "sending", "lease_until": now_ms + lease_ms, "leased_by": holder}
            taken = (_take(connection, row, lease) for row in list(first.values())[:limit])
            return [notice for notice in taken if notice]

        return self._database.write(work)

    def settle(
        self,
        notice: Notice,
        delivery: Delivery,
        *,
        again_at: int | None = None,
        uncertain: bool,
        instead: NewNotice | None = None,
    ) -> bool:
        """See `NoticeStore`."""
        values: dict[str, Any] = {
            "state": _STATES[delivery.outcome],
            "uncertain": notice.uncertain or uncertain,
            **_answered(delivery),
            "lease_until": None,
            "leased_by": None,
        }
        if again_at is not None:
            values["due_at"] = again_at
        mine = and_(
            notices.c.id == notice.id,
            notices.c.state == "sending",
            notices.c.leased_by == notice.leased_by,
            notices.c.attempts == notice.attempts,
        )

        def work(connection: Connection) -> bool:
            connection.execute(insert(deliveries).values(**asdict(delivery)))
            is_mine = bool(connection.execute(update(notices).where(mine).values(**values)).rowcount)
            if instead and is_mine:
                behind = [] if again_at is None else _behind(connection, notice)
                news = (for_another(one, instead.channel, delivery.at) for one in behind)
                insert_notices(connection, [instead, *news])
            return is_mine

        return self._database.write(work)

    def notice(self, notice_id: int) -> Notice | None:
        """See `NoticeStore`."""
        found = self._notices(select(notices).where(notices.c.id == notice_id))
        return found[0] if found else None

    def notices(self, which: NoticeFilter, *, before: int | None = None, limit: int = 100) -> list[Notice]:
        """See `NoticeStore`."""
        query = select(notices).order_by(notices.c.id.desc()).limit(limit)
        if which.incident_id is not None:
            query = query.where(notices.c.incident_id == which.incident_id)
        if which.states:
            query = query.where(notices.c.state.in_(which.states))
        if which.channel:
            query = query.where(notices.c.channel == which.channel)
        return self._notices(query if before is None else query.where(notices.c.id < before))

    def deliveries(self, notice_ids: Sequence[int]) -> list[Delivery]:
        """See `NoticeStore`."""
        columns = [column for column in deliveries.c if column.name != "id"]
        query = select(*columns).where(deliveries.c.notice_id.in_(notice_ids)).order_by(deliveries.c.id)
        return self._database.read(lambda connection: [Delivery(**row) for row in connection.execute(query).mappings()])

    def taken(self, incident_ids: Sequence[int]) -> Mapping[int, Taken]:
        """See `NoticeStore`."""
        at = func.max(notices.c.sent_at)
        query = (
            select(notices.c.incident_id, notices.c.channel, at)
            .where(notices.c.incident_id.in_(incident_ids), notices.c.sent_at.is_not(None))
            .group_by(notices.c.incident_id, notices.c.channel)
            .order_by(at.desc(), notices.c.channel)
        )
        found: dict[int, list[tuple[str, int]]] = {}
        for incident_id, channel, at_ms in self._database.read(lambda connection: connection.execute(query).all()):
            found.setdefault(incident_id, []).append((channel, at_ms))
        return {
            number: Taken(at=ones[0][1], channels=tuple(channel for channel, _ in ones))
            for number, ones in found.items()
        }

    def retry(self, notice_id: int, now_ms: int) -> Notice | None:
        """See `NoticeStore`."""
        statement = (
            update(notices)
            .where(notices.c.id == notice_id, notices.c.state.in_(("failed", "waiting")))
            .values(state="waiting", due_at=now_ms, created_at=now_ms)
            .returning(notices)
        )
        row = self._database.write(lambda connection: connection.execute(statement).mappings().first())
        return None if row is None else _record(row)

    def hasten(self, channel: str, now_ms: int) -> None:
        """See `NoticeStore`."""
        waiting = and_(notices.c.state == "waiting", notices.c.channel == channel, notices.c.due_at > now_ms)
        statement = update(notices).where(waiting).values(due_at=now_ms)
        self._database.write(lambda connection: connection.execute(statement))

    def record(self, notice: NewNotice, delivery: Delivery) -> None:
        """See `NoticeStore`."""
        values = {"state": _STATES[delivery.outcome], "attempts": 1, **_answered(delivery)}

        def work(connection: Connection) -> None:
            insert_notices(connection, [notice])
            statement = update(notices).where(notices.c.key == notice.key).values(**values).returning(notices.c.id)
            number = connection.execute(statement).scalar_one()
            connection.execute(insert(deliveries).values(**asdict(replace(delivery, notice_id=number))))

        self._database.write(work)

    def forget(self, before_ms: int) -> int:
        """See `NoticeStore`."""
        old = and_(notices.c.state.in_(_OVER), notices.c.created_at < before_ms)

        def work(connection: Connection) -> int:
            theirs = select(notices.c.id).where(old)
            connection.execute(delete(deliveries).where(deliveries.c.notice_id.in_(theirs)))
            return connection.execute(delete(notices).where(old)).rowcount

        return self._database.write(work)

    def _notices(self, query: Select[Any]) -> list[Notice]:
        return self._database.read(lambda connection: [_record(row) for row in connection.execute(query).mappings()])


def _answered(delivery: Delivery) -> dict[str, Any]:
    """What a try says about its notice."""
    told = {"status": delivery.status, "reply": delivery.reply, "latency_ms": delivery.latency_ms}
    return told | ({"sent_at": delivery.at} if delivery.outcome == "sent" else {})


def _due(now_ms: int) -> Select[Any]:
    """What may be sent now, oldest first; of a channel perhaps several."""
    earlier, busy = notices.alias(), notices.alias()
    blocked = exists().where(
        earlier.c.incident_id == notices.c.incident_id,
        earlier.c.channel == notices.c.channel,
        earlier.c.id < notices.c.id,
        earlier.c.state.in_(("waiting", "sending")),
    )
    taken = exists().where(busy.c.state == "sending", busy.c.lease_until >= now_ms, busy.c.channel == notices.c.channel)
    return select(notices).where(_is_due(now_ms), ~blocked, ~taken).order_by(notices.c.due_at, notices.c.id)


def _is_due(now_ms: int) -> ColumnElement[bool]:
    return or_(
        and_(notices.c.state == "waiting", notices.c.due_at <= now_ms),
        and_(notices.c.state == "sending", notices.c.lease_until < now_ms),
    )


def _take(connection: Connection, row: RowMapping, lease: dict[str, Any]) -> Notice | None:
    """The notice under the lease; None when another was faster."""
    as_read = and_(notices.c.id == row["id"], notices.c.state == row["state"], notices.c.attempts == row["attempts"])
    statement = update(notices).where(as_read).values(attempts=notices.c.attempts + 1, **lease).returning(notices)
    taken = connection.execute(statement).mappings().first()
    return None if taken is None else _record(taken)


def _behind(connection: Connection, notice: Notice) -> list[Notice]:
    """The problems of the same incident and channel that wait for `notice` to be sent, oldest first."""
    query = select(notices).where(
        notices.c.incident_id == notice.incident_id,
        notices.c.incident_id.is_not(None),
        notices.c.channel == notice.channel,
        notices.c.id > notice.id,
        notices.c.state == "waiting",
        notices.c.kind.in_(PROBLEMS),
    )
    return [_record(row) for row in connection.execute(query.order_by(notices.c.id)).mappings()]


def _hand_on(connection: Connection, now_ms: int) -> None:
    """Let the news that it is over also go to channels that heard of the problem in place of the one that it is for.

    Whether they really heard of it is looked at afterwards, as for every channel.
    """
    problem = notices.alias()
    is_for = and_(
        problem.c.incident_id == notices.c.incident_id,
        problem.c.in_place_of == notices.c.channel,
        problem.c.kind.in_(PROBLEMS),
    )
    query = select(notices, problem.c.channel.label("stand_in")).join(problem, is_for)
    query = query.where(notices.c.state == "waiting", notices.c.kind == "resolved").distinct()
    rows = [dict(row) for row in connection.execute(query).mappings()]
    stand_ins = [row.pop("stand_in") for row in rows]
    news = [for_another(_record(row), channel, now_ms) for row, channel in zip(rows, stand_ins, strict=True)]
    insert_notices(connection, news)


def _supersede(connection: Connection) -> None:
    """Set aside problems that are over and were never told, and then the news that they are over."""
    later, told, between = notices.alias(), notices.alias(), notices.alias()
    over = exists().where(
        later.c.incident_id == notices.c.incident_id,
        later.c.channel == notices.c.channel,
        later.c.id > notices.c.id,
        later.c.kind == "resolved",
    )
    waiting = notices.c.state == "waiting"
    problem = and_(waiting, notices.c.kind.in_(PROBLEMS), over)
    connection.execute(update(notices).where(problem).values(state="superseded"))
    resolved_between = (
        exists()
        .where(
            between.c.incident_id == told.c.incident_id,
            between.c.channel == told.c.channel,
            between.c.id > told.c.id,
            between.c.id < notices.c.id,
            between.c.kind == "resolved",
            between.c.state != "superseded",
        )
        .correlate_except(between)  # by itself it would look at the query around it only, not at the one around that
    )
    was_told = exists().where(
        told.c.incident_id == notices.c.incident_id,
        told.c.channel == notices.c.channel,
        told.c.id < notices.c.id,
        told.c.kind.in_(PROBLEMS),
        or_(told.c.state.in_(("sent", "sending")), told.c.uncertain),
        ~resolved_between,
    )
    untold = and_(waiting, notices.c.kind == "resolved", notices.c.incident_id.is_not(None), ~was_told)
    connection.execute(update(notices).where(untold).values(state="superseded"))


def _record(row: RowMapping | dict[str, Any]) -> Notice:
    return Notice(**{**row, "body": msgspec.json.decode(row["body"])})
