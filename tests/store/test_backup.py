"""A backup is good only when it restores; a damaged one is refused; a newer log is never replaced."""

import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.errors import UserError
from core.store import backup
from core.store.audit.verify import verify as verify_audit
from core.store.journal import OrderJournal
from core.store.sealed import PIECE, is_sealed, seal, unseal
from tests.audit.conftest import audit_log, write
from tests.store.conftest import record

NS = 1_764_214_200 * 1_000_000_000
KEY = b"k" * 32


@pytest.fixture
async def home(tmp_path: Path) -> Path:
    """A home with one order, a few audit records, and the store open once and closed."""
    home = tmp_path / "home"
    await write(home, 3)
    await add(home, "T1")
    return home


async def add(home: Path, *tags: str) -> None:
    async with audit_log(home) as log:
        journal = OrderJournal(log._anchors, home / "tezi.db")  # type: ignore[arg-type]
        for tag in tags:
            await journal.intent(record(tag))


def tags(home: Path) -> list[str]:
    with closing(sqlite3.connect(home / "tezi.db")) as link:
        return [tag for (tag,) in link.execute("SELECT tag FROM order_event ORDER BY id")]


@pytest.mark.parametrize("key", [None, KEY])
async def test_a_backup_restores_what_was_there(home: Path, key: bytes | None) -> None:
    made = backup.create(home, NS, key=key)
    await add(home, "T2")
    assert backup.verify(made, key) == ""

    done = backup.restore(made, home, NS, key)

    assert tags(home) == ["T1"]
    assert tags_of(home / "tezi.db.before-restore-1764214200") == ["T1", "T2"]
    assert "left as it is here" in done[-1]
    assert verify_audit(home).ok
    assert leftovers(home) == []
    assert mode(made) == 0o600


def leftovers(home: Path) -> list[Path]:
    return list(home.rglob(".tezi-*"))


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def tags_of(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as link:
        return [tag for (tag,) in link.execute("SELECT tag FROM order_event ORDER BY id")]


async def test_a_lost_home_comes_back_with_its_audit_log(home: Path, tmp_path: Path) -> None:
    made = backup.create(home, NS, tmp_path / "usb")
    new = tmp_path / "new"
    shutil.copytree(home / "keys", new / "keys")

    backup.restore(made, new, NS)

    assert tags(new) == ["T1"]
    assert verify_audit(new).ok
    await add(new, "T2")
    assert tags(new) == ["T1", "T2"]


async def test_a_backup_beside_a_writing_store_is_consistent(home: Path) -> None:
    async with audit_log(home) as log:
        journal = OrderJournal(log._anchors, home / "tezi.db")  # type: ignore[arg-type]
        for n in range(50):
            journal.record(record(f"W{n}"))
        made = backup.create(home, NS)
    assert backup.verify(made) == ""


@pytest.mark.parametrize("key", [None, KEY])
async def test_damage_anywhere_is_refused_and_nothing_is_changed(home: Path, key: bytes | None) -> None:
    made = backup.create(home, NS, key=key)
    raw = made.read_bytes()
    unseen = []
    for at in range(0, len(raw), 41):
        made.write_bytes(raw[:at] + bytes([raw[at] ^ 0x10]) + raw[at + 1 :])
        if backup.verify(made, key) == "":
            unseen.append(at)
    assert key is None or unseen == []
    assert len(unseen) < 12  # a zip holds bytes that mean nothing, such as dates
    for size in range(0, len(raw), 97):
        made.write_bytes(raw[:size])
        assert backup.verify(made, key)
    with pytest.raises(UserError, match="Nothing was changed"):
        backup.restore(made, home, NS, key)
    assert tags(home) == ["T1"]


async def test_a_backup_of_a_newer_version_is_refused(home: Path) -> None:
    with closing(sqlite3.connect(home / "tezi.db")) as link, link:
        link.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(UserError, match="newer Tezi"):
        backup.create(home, NS)
    assert backup.backups(home) == []


async def test_an_encrypted_backup_shows_nothing_and_needs_its_key(home: Path) -> None:
    shown = b"tezi.db"  # long enough not to stand in random bytes by chance
    plain = backup.create(home, NS)
    assert shown in plain.read_bytes()
    plain.unlink()
    made = backup.create(home, NS, key=KEY)
    assert is_sealed(made)
    assert shown not in made.read_bytes()
    assert "needs the vault" in backup.verify(made)
    assert "wrong key" in backup.verify(made, b"x" * 32)


def test_no_store_and_no_folder_are_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no store"):
        backup.create(tmp_path, NS)


def test_seven_days_and_four_weeks_are_kept(tmp_path: Path) -> None:
    folder = tmp_path / backup.FOLDER
    folder.mkdir()
    start = datetime(2026, 1, 1, 6, tzinfo=UTC)
    for half_days in range(120):
        moment = start + timedelta(hours=12 * half_days)
        (folder / f"tezi-{moment:%Y%m%d-%H%M%S}.zip").touch()
    (folder / "other.txt").touch()
    backup.rotate(tmp_path)

    kept = backup.backups(tmp_path)
    assert [p.name[5:13] for p in kept] == [
        *("20260208", "20260215", "20260222", "20260223"),
        *("20260224", "20260225", "20260226", "20260227", "20260228", "20260301"),
    ]
    assert all(p.name.endswith("-180000.zip") for p in kept)
    assert (folder / "other.txt").exists()


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE])
def test_a_sealed_file_comes_back_and_its_pieces_cannot_be_cut_or_moved(tmp_path: Path, size: int) -> None:
    plain, sealed, out = tmp_path / "plain", tmp_path / "sealed", tmp_path / "out"
    plain.write_bytes(bytes(range(256)) * (size // 256) + b"x" * (size % 256))
    seal(plain, sealed, KEY)
    assert unseal(sealed, out, KEY)
    assert out.read_bytes() == plain.read_bytes()
    raw = sealed.read_bytes()
    piece = PIECE + 16
    changed = [raw[: 16 + n * piece] for n in range(-(-size // PIECE))]
    if size == 3 * PIECE:
        changed.append(raw[:16] + raw[16 + piece : 16 + 2 * piece] + raw[16 : 16 + piece] + raw[16 + 2 * piece :])
    for body in changed:
        sealed.write_bytes(body)
        assert not unseal(sealed, out, KEY)
