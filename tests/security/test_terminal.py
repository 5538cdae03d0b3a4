"""The whole terminal, watched from outside: what it writes, to files and screen, and whom it talks to."""

import json
import re
import time
from contextlib import ExitStack
from pathlib import Path

from core.clock import NS_PER_S
from core.hiding import dresses
from terminal.screens.ticket import READ_NS
from tests.exchange_process import ExchangeProcess
from tests.private_files import wide
from tests.security.files import contents, exports
from tests.security.in_pty import InPty
from tests.security.tap import Tap
from tests.terminal.test_cli import tezi

F12 = b"\x1b[24~"
_TOKENS = re.compile(rb'"(?:jwtToken|refreshToken|feedToken)":\s*"([^"]{20,})"')


def test_no_token_of_a_session_is_found_on_the_screen_or_on_the_disk(tmp_path: Path) -> None:
    """Login, an order, a refusal that repeats the tokens, an expired token and a new login, PANIC, the end; recorded
    on a tape, put on record in the audit log, backed up, exported."""
    home = tmp_path / "home"
    (tmp_path / "tezi").mkdir()
    (tmp_path / "tezi" / "config.toml").write_text('[logs]\nlevel = "debug"\n')
    with ExchangeProcess() as exchange, ExitStack() as stack:
        taps = {name: stack.enter_context(Tap(exchange.line[name])) for name in ("rest", "stream", "orders")}
        line = {**exchange.line, **{name: tap.url for name, tap in taps.items()}}
        (tmp_path / "line").write_text(json.dumps(line))
        terminal = InPty(home, "--record", "--attach", str(tmp_path / "line"), guard_file=tmp_path / "guard")
        terminal.until(b"broker book = local book")
        tokens = _heard(taps["rest"])
        exchange.fault(name="reject_order", text=f"no: {exchange.api_key} {tokens[0]}"[:200])
        _order(terminal)
        terminal.until(b"[hidden]")
        exchange.clear_faults()
        exchange.fault(name="token_expired", on=["getPosition", "getOrderBook", "placeOrder"], count=2)
        _order(terminal)
        terminal.press(F12)
        terminal.until(b"Cancel all orders")
        terminal.press(b"\x1b")
        terminal.until(b"Watch")
        code = terminal.leave()
    secrets = {*tokens, *_heard(taps["rest"]), exchange.totp_secret, exchange.api_key}

    assert code == 0
    assert len(secrets) >= 5
    assert all(secret.encode() in taps["rest"].heard for secret in secrets - {exchange.totp_secret})
    for words in (["backup", "create", "--home", str(home)], *exports(home)):
        told = tezi(*words)
        assert told.returncode == 0, told.stderr
    looked = {"screen": bytes(terminal.seen)} | dict(contents(home))
    held = ("tezi.db", "tezi.jsonl", ".tape unpacked", ".zip", "audit-csv.out", "orders-csv.out")
    assert all(any(name.endswith(end) and data for name, data in looked.items()) for end in held)
    assert any(b"[hidden]" in data for name, data in looked.items() if name.endswith(".tape unpacked"))
    forms = {form[:40] for secret in secrets for form in dresses(secret)}
    assert [(name, form) for name, data in looked.items() for form in forms if form.encode() in data] == []
    assert wide(home) == []
    assert set((tmp_path / "guard").read_text().splitlines()) == {"installed"}


def test_a_practice_session_and_its_child_reach_nobody_and_leave_private_files(tmp_path: Path) -> None:
    home = tmp_path / "home"
    terminal = InPty(home, guard_file=tmp_path / "guard")
    terminal.until(b"broker book = local book")

    assert terminal.leave() == 0
    assert (tmp_path / "guard").read_text().splitlines() == ["installed"] * 2
    assert wide(home) == []
    assert [f for f in (home / "practice").rglob("*") if f.is_file()]


def _order(terminal: InPty) -> None:
    terminal.press(b"b")
    terminal.until(b"RISK GATE")
    terminal.until(b"0 deny")
    time.sleep(2 * READ_NS / NS_PER_S)  # what a person needs to read it: sooner the ticket takes no Enter
    terminal.press(b"\r")


def _heard(tap: Tap) -> list[str]:
    return [token.decode() for token in _TOKENS.findall(bytes(tap.heard))]
