"""Options of a start, and faults by byte position, seen by a client on a real socket."""

import contextlib
import http.client
import json
import lzma
import socket
import ssl
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.exchange.wire import ORDER, Wire, head, place_body, receive_packet, subscribe
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


def test_orders_and_both_sockets_work_over_tls() -> None:
    with ExchangeProcess(None, "--tls", "--limits", "off") as exchange:
        wire = Wire(exchange)
        with wire.orders() as orders, wire.stream() as stream:
            assert json.loads(orders.recv(timeout=10))["order-status"] == "AB00"
            stream.send(subscribe(3, "3045"))
            assert head(receive_packet(stream)).token == "3045"
            assert wire.place()["status"] is True
            assert json.loads(orders.recv(timeout=10))["order-status"] == "AB09"
        assert exchange.rest.startswith("https") and exchange.stream.startswith("wss")


def test_a_request_that_comes_with_the_end_of_the_handshake_is_answered() -> None:
    with ExchangeProcess(None, "--tls") as exchange:
        parts = urlsplit(exchange.rest)
        address = (parts.hostname or "", parts.port or 0)
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        context = ssl.create_default_context(cafile=exchange.line["ca"])
        client = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
        with socket.create_connection(address, 5) as sock:
            while True:
                try:
                    client.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    sock.sendall(outgoing.read())
                    incoming.write(sock.recv(65_536))
            client.write(b"GET /nowhere HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            sock.sendall(outgoing.read())
            answer = b""
            while b"\r\n\r\n" not in answer:
                incoming.write(sock.recv(65_536))
                with contextlib.suppress(ssl.SSLWantReadError):
                    answer += client.read(65_536)
        assert answer.startswith(b"HTTP/1.1 404")
        with socket.create_connection(address, 5) as sock:
            sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
            with contextlib.suppress(ConnectionError):
                assert b"HTTP" not in sock.recv(65_536), "nothing is said in the clear"
        assert Wire(exchange).book() == [] and exchange.errors() == ""


def test_many_clients_at_once_see_the_same_market(wire: Wire) -> None:
    """As many streams as an account may have, with as many requests beside them."""
    with contextlib.ExitStack() as stack:
        streams = [stack.enter_context(wire.stream()) for _ in range(3)]
        for stream in streams:
            stream.send(subscribe(1, "2885"))
        with ThreadPoolExecutor(12) as pool:
            answers = list(pool.map(lambda n: wire.place(ordertag=f"m{n}")["status"], range(60)))
        assert answers == [True] * 60
        seen = [{(p.sequence, p.last) for p in (head(receive_packet(s)) for _ in range(4))} for s in streams]
        by_sequence = {sequence for ticks in seen for sequence, _ in ticks}
        assert len(set().union(*seen)) == len(by_sequence), "one price for each sequence number"


def test_the_first_2000_rows_of_a_real_master_are_tradable(shared: Path, tmp_path: Path) -> None:
    with lzma.open(shared / "data" / "instruments" / "OpenAPIScripMaster_2025-09-17.json.xz") as file:
        text = file.read(400_000).decode()
    path = tmp_path / "master.json"
    path.write_text(text[: text.rindex("},") + 1] + "]")
    with ExchangeProcess(None, "--universe", str(path), "--limits", "off") as exchange:
        wire = Wire(exchange)
        listed = wire.send("GET", "/OpenAPI_File/files/OpenAPIScripMaster.json").json
        assert len(listed) > 2_000
        with wire.stream() as stream:
            shares = [row["token"] for row in listed if row["symbol"].endswith("-EQ")][:900]
            stream.send(subscribe(3, *shares))
            seen = {head(receive_packet(stream)).token for _ in range(len(shares))}
        assert len(seen) > 500
        order = {"tradingsymbol": "BALKRISHNA-EQ", "symboltoken": "10181", "ordertype": "MARKET", "price": "0"}
        assert wire.place(**order)["status"] is True
        assert wire.book()[-1]["orderstatus"] in ("complete", "open")
