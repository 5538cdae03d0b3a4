"""What a killed exchange remembers, how it ends, and what its command refuses."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from terminal.commands.exchange import exchange as exchange_command
from tests.egress import CHILD_PATH
from tests.exchange.waiting import until
from tests.exchange.wire import ORDER, USER, Wire
from tests.exchange_process import ExchangeProcess

CODE = "from terminal.commands.exchange import exchange; exchange()"


def run(*words: str) -> "subprocess.CompletedProcess[str]":
    env = {**os.environ, "PYTHONPATH": CHILD_PATH}
    command = [sys.executable, "-P", "-c", CODE, *words]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=20, stdin=subprocess.DEVNULL)


def start(state: Path, *words: str) -> ExchangeProcess:
    return ExchangeProcess(state, "--seed", "7", "--limits", "off", *words)


def books(wire: Wire) -> tuple[list[dict[str, str]], object, object]:
    trades = wire.send("GET", ORDER + "getTradeBook").json["data"]
    positions = wire.send("GET", ORDER + "getPosition").json["data"]
    fixed = {"netqty", "buyamount", "sellamount", "tradingsymbol", "producttype"}
    return wire.book(), trades, [{k: p[k] for k in fixed} for p in positions]


def test_orders_trades_and_positions_survive_kill_9(tmp_path: Path) -> None:
    with start(tmp_path) as exchange:
        wire = Wire(exchange)
        wire.place(ordertype="MARKET", price="0", quantity="5")
        resting = wire.place(price="1000.00")["data"]["orderid"]
        stop = {"variety": "STOPLOSS", "ordertype": "STOPLOSS_MARKET", "transactiontype": "SELL", "price": "0"}
        wire.place(**stop, triggerprice="990.00", quantity="5")
        before = books(wire)
        first_line, last_time = exchange.line, exchange.truth()["now"]
        exchange.kill()
    log = next(tmp_path.glob("truth-*.jsonl"))
    with log.open("ab") as file:
        file.write(b'{"type":"change","ns":1,"ord')
    with start(tmp_path) as exchange:
        wire = Wire(exchange)
        assert books(wire) == before
        assert exchange.now >= last_time[:19], "the clock goes on and never back"
        assert wire.order("cancelOrder", {"variety": "NORMAL", "orderid": resting})["status"] is True
        secret = {"client_code", "pin", "totp_secret", "api_key"}
        changed = [name for name in secret if exchange.line[name] != first_line[name]]
        assert {"totp_secret", "api_key"} <= set(changed)
        fresh = wire.place()["data"]["orderid"]
        assert fresh not in {row["orderid"] for row in before[0]}
    text = "".join(p.read_text() for p in tmp_path.iterdir())
    assert first_line["totp_secret"] not in text and first_line["api_key"] not in text


def test_a_fresh_run_and_the_next_morning(tmp_path: Path) -> None:
    with start(tmp_path) as exchange:
        wire = Wire(exchange)
        old = wire.place(ordertype="MARKET", price="0", quantity="5")["data"]["orderid"]
        day = exchange.truth()["now"][:10]
        exchange.advance(7 * 3600)
    with start(tmp_path) as exchange:
        wire = Wire(exchange)
        assert exchange.now[:10] > day and exchange.now[11:19] == "09:20:00"
        assert wire.book() == [] and exchange.truth()["run"] == 1
        cash = float(wire.send("GET", USER + "getRMS").json["data"]["net"])
        assert cash != 1_000_000 and abs(cash - 1_000_000) < 1_000
    with start(tmp_path, "--fresh") as exchange:
        assert exchange.truth()["run"] == 2
        wire = Wire(exchange)
        again = wire.place()["data"]["orderid"]
        assert float(wire.send("GET", USER + "getRMS").json["data"]["net"]) < 1_000_000
    assert again[6:8] == "02" and old[6:8] == "01"


@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_0(name: signal.Signals) -> None:
    with ExchangeProcess() as exchange:
        wire = Wire(exchange)
        with wire.stream(), wire.orders():
            exchange.process.send_signal(name)
            assert exchange.process.wait(5) == 0
        assert exchange.errors() == ""


def test_it_ends_when_its_stdin_closes() -> None:
    with ExchangeProcess() as exchange:
        assert exchange.process.stdin is not None
        exchange.process.stdin.close()
        until(lambda: exchange.process.poll() is not None, "the end", 5)
        assert exchange.process.returncode == 0


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("--host", "0.0.0.0"), 2, "--expose"),
        (("--host", "nowhere"), 2, "no IP address"),
        (("--now", "noon"), 2, "ISO 8601"),
        (("--universe", "x.json"), 3, "cannot be read"),
        (("--replay", "/nonexistent"), 3, "no recording"),
        (("--speed", "0"), 2, "speed"),
        (("--speed", "nan"), 2, "--speed nan"),
        (("--speed", "inf"), 2, "speed"),
        (("--speed", "-inf"), 2, "speed"),
        (("--now", "9999-12-31T23:59:59+05:30"), 2, "2000 to 2099"),
        (("--now", "9999-12-31T23:59:59-12:00"), 2, "2000 to 2099"),
        (("--now", "0001-01-01T00:00:00+05:30"), 2, "2000 to 2099"),
        (("--now", "1999-12-31T23:59:59+05:30"), 2, "2000 to 2099"),
        (("--now", "10000-01-01T00:00:00+05:30"), 2, "ISO 8601"),
        (("--replay", "x", "--fresh"), 2, "mean nothing"),
    ],
)
def test_mistakes_are_one_or_two_plain_lines(words: tuple[str, ...], code: int, says: str) -> None:
    done = CliRunner().invoke(exchange_command, words)
    assert done.exit_code == code and says in done.stderr
    assert isinstance(done.exception, SystemExit) and done.stdout == ""


def test_a_damaged_log_and_a_taken_port_are_named(tmp_path: Path) -> None:
    (tmp_path / "truth-001-2026-03-03.jsonl").write_text("not json\n")
    done = run("--state", str(tmp_path))
    assert (
        done.returncode == 3
        and "damaged" in done.stderr
        and "Traceback" not in done.stderr
        and "--fresh" in done.stderr
    )
    with ExchangeProcess() as exchange:
        port = exchange.rest.rsplit(":", 1)[1]
        done = run("--port", port)
        assert done.returncode == 3 and f"port {port}" in done.stderr
