"""Secrets at rest."""

import pytest

from app.core.errors import ScrapewatchError
from app.notify.seal import AES_GCM, FERNET, Seal

OLD = "an old key of the tests, of 32 bytes or more"
NEW = "a new key of the tests, of 32 bytes or more"
SECRET = '{"webhook": "https://hooks.test/é"}'


@pytest.mark.parametrize("algorithm", [FERNET, AES_GCM])
@pytest.mark.statement(44)
def test_a_secret_is_opened_by_its_key_alone(algorithm: str):
    """And can't be read in what is stored."""
    sealed = Seal([OLD], algorithm, enabled=True).seal(SECRET)

    assert "hooks" not in sealed
    assert sealed.startswith(f"{algorithm}:")
    assert Seal([NEW, OLD], algorithm, enabled=True).open(sealed) == SECRET
    with pytest.raises(ScrapewatchError, match="ENCRYPTION_KEYS"):
        Seal([NEW], algorithm, enabled=True).open(sealed)


@pytest.mark.parametrize("algorithm", [FERNET, AES_GCM])
def test_a_damaged_secret_is_not_opened(algorithm: str):
    """Not even in part."""
    seal = Seal([OLD], algorithm, enabled=True)
    sealed = seal.seal(SECRET)

    for damaged in (sealed[:-8], f"{algorithm}:", sealed[:30] + ("A" if sealed[30] != "A" else "B") + sealed[31:]):
        with pytest.raises(ScrapewatchError):
            seal.open(damaged)


def test_the_newest_key_seals():
    """So whoever has only the new one can read what was sealed since."""
    sealed = Seal([NEW, OLD], FERNET, enabled=True).seal(SECRET)

    assert Seal([NEW], FERNET, enabled=True).open(sealed) == SECRET


def test_what_is_sealed_otherwise_can_still_be_opened():
    """After another algorithm was chosen, and with encryption switched off or on again."""
    off = Seal([OLD], FERNET, enabled=False)
    fernet, aes = (Seal([OLD], algorithm, enabled=True) for algorithm in (FERNET, AES_GCM))

    assert off.seal(SECRET) == f"plain:{SECRET}"
    for opened in (off.open(aes.seal(SECRET)), aes.open(fernet.seal(SECRET)), fernet.open(off.seal(SECRET))):
        assert opened == SECRET
