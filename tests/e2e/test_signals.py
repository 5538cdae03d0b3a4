"""F61: signals by the dozen while an order is on its way: an orderly end, and the order is in the store."""

import json
import os
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from core.clock import NS_PER_S
from terminal.screens.ticket import READ_NS
from tests.exchange_process import ExchangeProcess
from tests.security.in_pty import InPty

pytestmark = pytest.mark.timeout(90)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_F61_a_storm_of_signals_in_mid_place_ends_in_good_order(tmp_path: Path, number: signal.Signals) -> None:
    home = tmp_path / "home"
    with ExchangeProcess() as exchange:
        (tmp_path / "line").write_text(json.dumps(exchange.line))
        terminal = InPty(home, "--attach", str(tmp_path / "line"), guard_file=tmp_path / "guard")
        terminal.until(b"broker book = local book")
        exchange.fault(name="slow", on=["placeOrder"], delay_ms=1_500)
        terminal.press(b"b")
        terminal.until(b"0 deny")
        time.sleep(2 * READ_NS / NS_PER_S)  # what a person needs to read it: sooner the ticket takes no Enter
        terminal.press(b"\r")
        terminal.until(b"SENDING")
        for _ in range(20):
            os.kill(terminal.pid, signal.SIGINT)
        os.kill(terminal.pid, number)
        code = terminal.ended()
        placed = [r for r in exchange.truth()["requests"] if r["path"].endswith("placeOrder")]
    with closing(sqlite3.connect(home / "tezi.db")) as link:
        rows = [json.loads(body) for (body,) in link.execute("SELECT body FROM order_event ORDER BY id")]
        assert link.execute("PRAGMA integrity_check").fetchone() == ("ok",)

    assert code == 0
    assert b"Traceback" not in terminal.seen
    assert len(placed) <= 1, "one key, one order"
    assert rows[0]["state"] == "SENDING"
    assert rows[-1]["state"] in ("ACKED", "WORKING", "PARTIAL", "FILLED", "UNKNOWN", "REJECTED")
    assert not (home / "tezi.db-wal").exists(), "the store was not closed"
