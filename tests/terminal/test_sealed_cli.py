"""`tezi audit` and `tezi backup` on a home with a vault: the password is asked for where something is sealed."""

import json
import subprocess
from pathlib import Path

import pytest

from core.clock import SystemClock
from core.secret import Secret
from core.store.audit.log import AuditLog
from core.store.audit.sealedkey import SealedKeyFile
from core.store.audit.segments import segments
from core.store.migrate import prepare
from core.store.writer import Writer
from core.vault.vault import FILE, Vault
from terminal.vaults import AUDIT
from tests.terminal.test_cli import tezi
from tests.vault.build import CHEAP, PASSWORD

WORD = PASSWORD.reveal()


@pytest.fixture
async def home(tmp_path: Path) -> Path:
    """Records from before the vault and from after it."""
    home = tmp_path / "home"
    await told(home, None)
    opened = Vault(home / FILE, SystemClock(), kdf=CHEAP).create(PASSWORD)
    keys = SealedKeyFile(home, opened.key_for(AUDIT))
    assert keys.adopt()
    assert not keys.adopt()
    await told(home, keys)
    return home


async def told(home: Path, keys: SealedKeyFile | None) -> None:
    clock = SystemClock()
    await prepare(home / "tezi.db", 0)
    writer = Writer(home / "tezi.db", clock)
    await writer.open()
    audit = AuditLog(home, clock, writer, keys=keys)
    await audit.open()
    for n in range(3):
        audit.append("order.state", {"tag": f"T{n}"})
    await audit.close()
    await writer.close()


def run(home: Path, *args: object, typed: str = WORD) -> subprocess.CompletedProcess[str]:
    return tezi(*args, "--home", home, typed=f"{typed}\n", env={"XDG_STATE_HOME": str(home.parent / "state")})


def test_a_sealed_log_is_checked_with_the_password(home: Path) -> None:
    done = run(home, "audit", "verify", "--json")
    report = json.loads(done.stdout)

    assert done.returncode == 0, done.stderr
    assert (report["word"], report["records"], report["in_vault"]) == ("clean", 7, True)
    assert "there is no vault" not in run(home, "audit", "verify").stdout
    assert not (home / "keys" / "audit.key").exists()
    assert WORD not in done.stdout + done.stderr


@pytest.mark.parametrize("typed", ["wrong password", ""])
def test_without_the_password_it_cannot_be_checked(home: Path, typed: str) -> None:
    done = run(home, "audit", "verify", typed=typed)

    assert (done.returncode, done.stdout) == (3, "")
    assert "password is wrong" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_tampered_sealed_log_is_named_with_exit_1(home: Path) -> None:
    path = segments(home)[0]
    path.write_bytes(path.read_bytes().replace(b'"T1"', b'"T9"', 1))

    done = run(home, "audit", "verify", "--json")
    assert (done.returncode, json.loads(done.stdout)["bad_record"]) == (1, 3)


def test_a_seal_that_was_changed_is_a_missing_key(home: Path) -> None:
    path = home / "keys" / "audit.key.sealed"
    good = path.read_bytes()
    for at in range(0, len(good), 7):
        path.write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])
        assert SealedKeyFile(home, opened(home).key_for(AUDIT)).load() is None
    done = run(home, "audit", "verify", "--json")

    assert (done.returncode, json.loads(done.stdout)["word"]) == (1, "keys missing")


def opened(home: Path):
    return Vault(home / FILE, SystemClock()).open(Secret(WORD))


def test_an_export_of_a_sealed_log_needs_no_key(home: Path) -> None:
    assert len(json.loads(tezi("audit", "export", "--home", home, "--json").stdout)["rows"]) == 7


def test_an_encrypted_backup_comes_back_with_the_password_only(home: Path) -> None:
    made = run(home, "backup", "create", "--encrypt", "--json")
    path = Path(json.loads(made.stdout)["path"])
    assert path.suffix == ".sealed"
    assert b"order.state" not in path.read_bytes()

    assert run(home, "backup", "verify").returncode == 0
    assert run(home, "backup", "verify", typed="wrong password").returncode == 3
    (home / "tezi.db").unlink()
    assert run(home, "backup", "restore", typed="wrong password").returncode == 3
    assert not (home / "tezi.db").exists()
    assert run(home, "backup", "restore").returncode == 0
    assert (home / "tezi.db").exists()

    path.write_bytes(path.read_bytes()[:-1])
    assert run(home, "backup", "verify").returncode == 1


def test_encrypting_without_a_vault_is_refused_with_the_remedy(tmp_path: Path, home: Path) -> None:
    (home / FILE).unlink()
    done = run(home, "backup", "create", "--encrypt")

    assert done.returncode == 3
    assert "there is no vault yet" in done.stderr
    assert not (home / "backups").exists()
