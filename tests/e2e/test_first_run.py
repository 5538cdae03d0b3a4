"""Live mode without credentials, in the real terminal: they are typed there, and stand nowhere but in the vault."""

from pathlib import Path

import pytest

from core.clock import SystemClock
from core.secret import Secret
from core.store import backup
from core.store.audit.sealedkey import SealedKeyFile
from core.store.audit.verify import verify
from core.vault.vault import FILE, Vault
from terminal.vaults import AUDIT, BACKUP
from tests.security.in_pty import InPty
from tests.vault.build import CHEAP

PASSWORD, PIN, KEY, CODE = "correct horse battery", "471193", "aPiKeY99x", "A123456"

pytestmark = pytest.mark.timeout(90)


def test_live_asks_for_credentials_keeps_them_and_says_that_it_is_not_here_yet(tmp_path: Path) -> None:
    home = tmp_path / "home"
    terminal = InPty(home, "--mode", "live", guard_file=tmp_path / "guard")
    terminal.until(b"First run")
    for text in (PASSWORD, PASSWORD, CODE, PIN):
        terminal.press(text.encode())
        terminal.press(b"\t")
    terminal.press(KEY.encode())
    terminal.press(b"\r")

    assert terminal.ended() == 3
    assert b"live mode is not here yet; nothing was sent" in terminal.seen
    opened = Vault(home / FILE, SystemClock()).open(Secret(PASSWORD))
    assert opened.names() == ("api_key", "client_code", "pin")
    assert [n for n in (PASSWORD, PIN, KEY) if n.encode() in terminal.seen] == []
    files = [p for p in home.rglob("*") if p.is_file()]
    assert [p for p in files if any(n.encode() in p.read_bytes() for n in (PASSWORD, PIN, KEY, CODE))] == []
    assert [p for p in (home, *home.rglob("*")) if p.stat().st_mode & 0o077] == []
    assert set((tmp_path / "guard").read_text().splitlines()) == {"installed"}


def test_practice_on_a_home_that_a_vault_sealed_asks_for_the_password_and_goes_on(tmp_path: Path) -> None:
    home, clock = tmp_path / "home", SystemClock()
    opened = Vault(home / FILE, clock, kdf=CHEAP).create(Secret(PASSWORD))
    keys = SealedKeyFile(home, opened.key_for(AUDIT))
    keys.make()
    terminal = InPty(home, guard_file=tmp_path / "guard")
    terminal.until(b"sealed by its vault")
    terminal.press(b"not the password\r")
    terminal.until(b"password is wrong")
    terminal.press(f"{PASSWORD}\r".encode())
    terminal.until(b"broker book = local book", 40)

    assert terminal.leave() == 0
    assert PASSWORD.encode() not in terminal.seen
    report = verify(home, keys)
    assert (report.word, report.in_vault, report.records > 3) == ("clean", True, True)
    assert not (home / "keys" / "audit.key").exists()
    backups = list((home / "backups").iterdir())
    assert [b.suffix for b in backups] == [".sealed"]
    assert backup.verify(backups[0], opened.key_for(BACKUP)) == ""
