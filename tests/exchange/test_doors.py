"""Options of a start, and faults by byte position, seen by a client on a real socket."""

import http.client
import json
import ssl
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.exchange.wire import ORDER, Wire, place_body
from tests.exchange_process import ExchangeProcess


@pytest.fixture(scope="module")
def wire(common: ExchangeProcess) -> Iterator[Wire]:
    yield Wire(common)
    common.clear_faults()


@pytest.mark.parametrize("at_byte", [1, 40, 150])
def test_an_answer_that_breaks_off_was_carried_out(wire: Wire, at_byte: int) -> None:
    wire.exchange.fault(name="lost_answer", on=["placeOrder"], count=1, at_byte=at_byte)
    tag = f"cut{at_byte}"
    with pytest.raises((http.client.HTTPException, ConnectionError, json.JSONDecodeError)):
        _ = wire.send("POST", ORDER + "placeOrder", place_body(ordertag=tag)).json
    assert [row["ordertag"] for row in wire.book()].count(tag) == 1


def test_a_request_cut_before_it_is_read_leaves_no_order_but_a_record(wire: Wire) -> None:
    wire.exchange.fault(name="cut_request", on=["placeOrder"], count=1, reset=True)
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        wire.send("POST", ORDER + "placeOrder", place_body(ordertag="never"))
    truth = wire.exchange.truth()
    assert "never" not in [row["ordertag"] for row in truth["orders"]]
    assert [r["status"] for r in truth["requests"] if r["faults"] == ["cut_request"]] == [0]


def test_tls_is_trusted_by_its_own_authority_only() -> None:
    with ExchangeProcess(None, "--tls", "--scenario", "gap-open") as exchange:
        url = exchange.rest + "/OpenAPI_File/files/OpenAPIScripMaster.json"
        assert url.startswith("https://") and "T09:15:0" in exchange.line["now"]
        context = ssl.create_default_context(cafile=exchange.line["ca"])
        with urllib.request.urlopen(url, context=context, timeout=10) as answer:
            assert len(json.load(answer)) > 300
        with pytest.raises(OSError):
            urllib.request.urlopen(url, timeout=10)


def test_a_real_master_is_tradable(shared: Path) -> None:
    path = shared / "data" / "instruments" / "OpenAPIScripMaster_2025-09-17.json.xz"
    with ExchangeProcess(None, "--universe", str(path), "--limits", "off") as exchange:
        assert exchange.now.startswith("2025-09-1")
        wire = Wire(exchange)
        order = {"tradingsymbol": "NIFTY30SEP25FUT", "symboltoken": "53001", "exchange": "NFO", "quantity": "75"}
        done = wire.place(**order, ordertype="MARKET", price="0", producttype="INTRADAY")
        assert done["status"] is True, done
        assert wire.book()[-1]["orderstatus"] in ("complete", "open")
