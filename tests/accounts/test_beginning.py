"""What the audit log says of a server's start."""

from dataclasses import replace

import pytest

from app.accounts.beginning import FILE, begun
from app.accounts.service import Accounts
from app.storage.base_audit import AuditFilter
from config import Settings
from tests.accounts.door import audit_of
from tests.fakes import StoppedClock


@pytest.mark.statement(48)
def test_a_start_with_other_settings_has_its_line(accounts: Accounts, settings: Settings):
    """With what they were and are; of secrets the names alone. A start with the same ones has none, nor the first."""
    audit = audit_of(accounts, StoppedClock())
    one = replace(settings, log_level="INFO", admin_password="CANARY one", encryption_keys=("CANARY " + "k" * 32,))
    other = replace(one, log_level="DEBUG", admin_password="CANARY two", public_url="https://a:CANARY@b.example")

    for each in (one, one, other, other):
        begun(accounts, audit, each)

    file = settings.data_dir / FILE
    [line] = audit.entries(AuditFilter(actions=("server.start",)))
    assert (line.actor_kind, line.before) == (
        "server",
        f'{{"PUBLIC_URL":"{one.public_url}","LOG_LEVEL":"INFO","ADMIN_PASSWORD":"••••"}}',
    )
    assert line.after == '{"PUBLIC_URL":"https://••••@b.example","LOG_LEVEL":"DEBUG","ADMIN_PASSWORD":"••••"}'
    assert file.stat().st_mode & 0o777 == 0o600
    assert "CANARY one" not in file.read_text() + str(line)
    assert "CANARY two" not in file.read_text() + str(line)
    file.write_text("{")
    assert begun(accounts, audit, one) == []
    assert len(audit.entries(AuditFilter(actions=("server.start",)))) == 1
