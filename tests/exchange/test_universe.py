"""More than a thousand instruments of a master, streamed and traded over real sockets."""

import json
import time
from collections.abc import Iterator

import pytest

from tests.exchange.wire import Wire, head, receive_packet, subscribe
from tests.exchange_process import ExchangeProcess

ROWS, SUBSCRIBED, MOVED = 1_100, 1_000, 20
TOKENS = [str(40_000 + n) for n in range(ROWS)]


def _master_row(token: str) -> dict[str, str]:
    return {
        "token": token,
        "symbol": f"SHARE{token}-EQ",
        "name": f"SHARE{token}",
        "expiry": "",
        "strike": "-1.000000",
        "lotsize": "1",
        "instrumenttype": "",
        "exch_seg": "NSE",
        "tick_size": "5.000000",
    }


@pytest.fixture(scope="module")
def wire(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    path = tmp_path_factory.mktemp("universe") / "master.json"
    path.write_text(json.dumps([_master_row(token) for token in TOKENS]))
    with ExchangeProcess(None, "--universe", str(path), "--limits", "off") as exchange:
        yield Wire(exchange)


def test_every_row_of_the_master_is_listed(wire: Wire) -> None:
    listed = wire.send("GET", "/OpenAPI_File/files/OpenAPIScripMaster.json").json
    assert [row["token"] for row in listed] == TOKENS


def test_a_thousand_tokens_on_one_connection_all_send_packets_and_move(wire: Wire) -> None:
    wanted, first, moved = set(TOKENS[:SUBSCRIBED]), dict[str, int](), set[str]()
    ends = time.monotonic() + 60
    with wire.stream() as stream:
        stream.send(subscribe(3, *wanted))
        while first.keys() != wanted or len(moved) < MOVED:
            packet = head(receive_packet(stream))
            if first.setdefault(packet.token, packet.sequence) < packet.sequence:
                moved.add(packet.token)
            assert time.monotonic() < ends, f"{len(first)} tokens sent packets, {len(moved)} moved"


def test_the_rows_beyond_the_thousandth_are_tradable_too(wire: Wire) -> None:
    bought = [*TOKENS[:SUBSCRIBED:25], *TOKENS[SUBSCRIBED::5]]
    for token in bought:
        order = {"tradingsymbol": f"SHARE{token}-EQ", "symboltoken": token, "ordertype": "MARKET", "price": "0"}
        assert wire.place(**order)["status"] is True, token
    rows = {row["symboltoken"]: row["orderstatus"] for row in wire.book()}
    assert rows.keys() == set(bought) and set(rows.values()) <= {"complete", "open"}
    assert "Traceback" not in wire.exchange.errors()
