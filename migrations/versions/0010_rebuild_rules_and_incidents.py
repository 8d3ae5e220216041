"""Rebuild rules and incidents as what they were given and what was seen, and add instances, timelines and the lease.

A rule is kept as its configuration, an incident's bookkeeping as a record, so that neither needs a migration for each
field. What was there is copied; an incident that is open goes on.
"""

import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

IS_OPEN = sa.text("state <> 'resolved'")


def upgrade() -> None:
    """Read both tables, make them anew, and write what they held."""
    connection = op.get_bind()
    rules = _all(connection, "SELECT * FROM rules")
    incidents = _all(connection, "SELECT * FROM incidents")
    op.drop_table("incidents")
    op.drop_table("rules")
    _create_rules()
    _create_incidents()
    _create_instances()
    _create_timeline()
    _create_leases()
    for row in rules:
        values = {"id": row["id"], "name": row["name"], "config": json.dumps(_config(row))}
        connection.execute(sa.text("INSERT INTO rules VALUES (:id, :name, 1, :config)"), values)
    for row in incidents:
        _insert_incident(connection, row)
    _go_on_counting(connection, "rules", "incidents")


def downgrade() -> None:
    """Make both as they were; conditions that they can't hold, timelines and instances are lost."""
    connection = op.get_bind()
    rules = _all(connection, "SELECT * FROM rules")
    incidents = _all(connection, "SELECT * FROM incidents")
    for table in ("leases", "timeline", "instances", "incidents", "rules"):
        op.drop_table(table)
    _create_old_rules()
    _create_old_incidents()
    for row in rules:
        _insert_old_rule(connection, row)
    for row in incidents:
        _insert_old_incident(connection, row)
    _go_on_counting(connection, "rules", "incidents")


def _all(connection: sa.Connection, query: str) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(sa.text(query)).mappings()]


def _go_on_counting(connection: sa.Connection, *tables: str) -> None:
    """Postgres counts by itself, and rows with given numbers don't move it."""
    if connection.dialect.name == "postgresql":
        for table in tables:
            highest = f"(SELECT coalesce(max(id), 0) + 1 FROM {table})"  # noqa: S608  (constants)
            op.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {highest}, false)")


def _config(row: Mapping[str, Any]) -> dict[str, Any]:
    channels = row["channels"]
    return {
        "name": row["name"],
        "condition": {"metric": row["metric"], "operator": row["operator"], "threshold": row["threshold"]},
        "severity": row["severity"],
        "channels": json.loads(channels) if isinstance(channels, str) else channels,
        "cooldown": row["cooldown_ms"],
        "minSamples": row["min_samples"],
        "enabled": bool(row["enabled"]),
    }


def _insert_incident(connection: sa.Connection, row: dict[str, Any]) -> None:
    kept = ("value", "peak", "reason", "acked_by", "acked_at", "note", "told_at")
    record = {name: row[name] for name in kept} | {
        "opened_at": row["started_at"],
        "members": int(row["state"] != "resolved"),
        "told_severity": row["severity"] if row["told"] else "",
        "channels": [],
        "sequence": int(bool(row["told"])),
    }
    values = {**row, "record": json.dumps(record)}
    connection.execute(
        sa.text(
            "INSERT INTO incidents (id, version, rule_id, labels, rule, severity, state, started_at, ended_at, told,"
            " announced, record) VALUES (:id, :version, :rule_id, '[]', :rule, :severity, :state, :started_at,"
            " :ended_at, :told, :told, :record)"
        ),
        values,
    )
    if row["state"] != "resolved":
        connection.execute(
            sa.text(
                "INSERT INTO instances VALUES (:rule_id, '[]', 'firing', :started_at, :started_at, :value, :peak,"
                " NULL, 0, '')"
            ),
            values,
        )


def _insert_old_rule(connection: sa.Connection, row: Mapping[str, Any]) -> None:
    config = json.loads(row["config"])
    condition = config["condition"]
    if "metric" not in condition:
        return
    values = {
        "id": row["id"],
        "name": row["name"],
        "metric": condition["metric"],
        "operator": condition["operator"],
        "threshold": condition["threshold"],
        "severity": config["severity"],
        "channels": json.dumps(config["channels"]),
        "cooldown": config["cooldown"],
        "samples": config.get("minSamples", 1),
        "enabled": config.get("enabled", True),
    }
    connection.execute(
        sa.text(
            "INSERT INTO rules VALUES (:id, :name, :metric, :operator, :threshold, :severity, :channels, :cooldown,"
            " :samples, :enabled)"
        ),
        values,
    )


def _insert_old_incident(connection: sa.Connection, row: Mapping[str, Any]) -> None:
    """One incident a rule may be open: of several groups, those of the later ones are over."""
    record = json.loads(row["record"])
    values = {name: record.get(name) for name in ("value", "peak", "acked_by", "acked_at", "note", "told_at")}
    over = row["state"] == "resolved" or row["labels"] != "[]"
    values |= {
        **row,
        "state": "resolved" if over else row["state"],
        "ended_at": row["ended_at"] or (row["started_at"] if over else None),
        "reason": record["reason"],
    }
    connection.execute(
        sa.text(
            "INSERT INTO incidents VALUES (:id, :version, :rule_id, :rule, :severity, :state, :started_at, :ended_at,"
            " :value, :peak, :reason, :acked_by, :acked_at, :note, :told, :told_at)"
        ),
        values,
    )


def _create_rules() -> None:
    op.create_table(
        "rules",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("config", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_rules"),
        sa.UniqueConstraint("name", name="uq_rules_name"),
        sqlite_autoincrement=True,
    )


def _create_incidents() -> None:
    op.create_table(
        "incidents",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("rule_id", sa.Integer, nullable=False),
        sa.Column("labels", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("severity", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("told", sa.Text, nullable=False),
        sa.Column("announced", sa.Text, nullable=False),
        sa.Column("record", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_incidents"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_incidents_state_id", "incidents", ["state", "id"])
    op.create_index("ix_incidents_ended_at", "incidents", ["ended_at"])
    is_news = sa.text("told <> announced")
    op.create_index("ix_incidents_news", "incidents", ["id"], sqlite_where=is_news, postgresql_where=is_news)
    _index_open("rule_id", "labels")


def _create_instances() -> None:
    op.create_table(
        "instances",
        sa.Column("rule_id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("labels", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("starts_at", sa.BigInteger, nullable=False),
        sa.Column("value", sa.Float, nullable=False),
        sa.Column("peak", sa.Float, nullable=False),
        sa.Column("quiet_since", sa.BigInteger),
        sa.Column("flaps", sa.Integer, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("rule_id", "labels", name="pk_instances"),
    )


def _create_timeline() -> None:
    op.create_table(
        "timeline",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("incident_id", sa.Integer, nullable=False),
        sa.Column("rule_id", sa.Integer, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_timeline"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_timeline_incident_id_id", "timeline", ["incident_id", "id"])


def _create_leases() -> None:
    op.create_table(
        "leases",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("fence", sa.Integer, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("evaluated_at", sa.BigInteger),
        sa.Column("cursor", sa.BigInteger),
        sa.PrimaryKeyConstraint("name", name="pk_leases"),
    )


def _create_old_rules() -> None:
    op.create_table(
        "rules",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("metric", sa.Text, nullable=False),
        sa.Column("operator", sa.Text, nullable=False),
        sa.Column("threshold", sa.Float, nullable=False),
        sa.Column("severity", sa.Text, nullable=False),
        sa.Column("channels", sa.JSON, nullable=False),
        sa.Column("cooldown_ms", sa.BigInteger, nullable=False),
        sa.Column("min_samples", sa.Integer, nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_rules"),
        sa.UniqueConstraint("name", name="uq_rules_name"),
        sqlite_autoincrement=True,
    )


def _create_old_incidents() -> None:
    op.create_table(
        "incidents",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("rule_id", sa.Integer, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("severity", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("value", sa.Float, nullable=False),
        sa.Column("peak", sa.Float, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("acked_by", sa.Text),
        sa.Column("acked_at", sa.BigInteger),
        sa.Column("note", sa.Text),
        sa.Column("told", sa.Text, nullable=False),
        sa.Column("told_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_incidents"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_incidents_rule_id_id", "incidents", ["rule_id", "id"])
    op.create_index("ix_incidents_state_id", "incidents", ["state", "id"])
    _index_open("rule_id")


def _index_open(*columns: str) -> None:
    op.create_index(
        "uq_incidents_open",
        "incidents",
        list(columns),
        unique=True,
        sqlite_where=IS_OPEN,
        postgresql_where=IS_OPEN,
    )
