"""Live mode without credentials, in the real terminal: they are typed there, and stand nowhere but in the vault."""

from pathlib import Path

import pytest

from core.clock import SystemClock
from core.secret import Secret
from core.vault.vault import FILE, Vault
from tests.security.in_pty import InPty

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
