"""Faults of the TLS door, by name: what a client sees of each."""

import socket
import ssl
from contextlib import suppress
from urllib.parse import urlsplit

import pytest

from tests.exchange.fault_bench import RMS, Bench, Way, into
from tests.exchange.wire import Wire
from tests.exchange_process import ExchangeProcess

WAYS: dict[str, Way] = {}
way = into(WAYS)


@way
def slow_handshake(b: Bench) -> None:
    """Waiting for each byte never tells; only a limit for the whole does. Others connect meanwhile."""
    with ExchangeProcess(None, "--tls", "--limits", "off") as exchange:
        wire, parts = Wire(exchange), urlsplit(exchange.rest)
        exchange.fault(name="slow_handshake", delay_ms=10, count=1)
        outgoing, context = ssl.MemoryBIO(), ssl.create_default_context(cafile=exchange.line["ca"])
        hello = context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost")
        with suppress(ssl.SSLWantReadError):
            hello.do_handshake()
        with socket.create_connection((parts.hostname or "", parts.port or 0), 5) as sock:
            sock.sendall(outgoing.read())
            assert sock.recv(65_536).startswith(b"\x16"), "a handshake record begins"
            assert wire.send("GET", RMS).json["status"] is True, "another connection is served meanwhile"
            sizes = [len(sock.recv(65_536)) for _ in range(20)]
            assert min(sizes) > 0 and sum(sizes) < 400, "the certificate alone is longer"
        assert exchange.errors() == ""


@pytest.mark.parametrize("name", WAYS)
def test_a_client_sees(bench: Bench, name: str) -> None:
    WAYS[name](bench)
