"""The guard bites, in every way to a socket; and the product's own list lets nothing else through."""

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator

import pytest

from core.brokers import contract
from core.links.addresses import HOSTS, refusal
from tests import egress
from tests.conftest import TOLD
from tests.rules.source import sources

OUTSIDE = "192.0.2.1"
"""TEST-NET-1 (RFC 5737): nobody is there, should a guard fail."""


@pytest.fixture
def tried() -> Iterator[list[str]]:
    yield egress.attempts
    egress.attempts.clear()


def _plain() -> None:
    with socket.socket() as sock:
        sock.connect((OUTSIDE, 80))


def _without_waiting() -> None:
    with socket.socket() as sock:
        sock.setblocking(False)
        sock.connect_ex((OUTSIDE, 80))


def _datagram() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.sendto(b"x", (OUTSIDE, 53))


def _created() -> None:
    socket.create_connection((OUTSIDE, 80), timeout=1)


def _v6() -> None:
    with socket.socket(socket.AF_INET6) as sock:
        sock.connect(("2001:db8::1", 80))


def _named() -> None:
    urllib.request.urlopen("http://api.ipify.org", timeout=1)


def _in_the_loop() -> None:
    async def go() -> None:
        await asyncio.open_connection(OUTSIDE, 80)

    asyncio.run(go())


WAYS = [_plain, _without_waiting, _datagram, _created, _v6, _named, _in_the_loop]


@pytest.mark.parametrize("way", WAYS, ids=lambda w: w.__name__)
def test_the_guard_bites(way: Callable[[], None], tried: list[str]) -> None:
    with pytest.raises(OSError, match="a test tried to reach"):
        way()

    assert len(tried) == 1


def test_it_bites_in_threads_and_a_swallowed_refusal_is_remembered(tried: list[str]) -> None:
    def swallow() -> None:
        with contextlib.suppress(OSError):
            _plain()

    thread = threading.Thread(target=swallow)
    thread.start()
    thread.join()

    assert tried == [f"socket.connect ('{OUTSIDE}', 80)"]


def test_this_machine_may_be_reached(tried: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        for host in ("127.0.0.1", "localhost"):
            socket.create_connection((host, server.getsockname()[1]), timeout=1).close()

    assert tried == []


@pytest.mark.parametrize(
    "url",
    [
        "https://api.ipify.org",
        "https://apiconnect.angelone.in.evil.test",
        "https://evil-apiconnect.angelone.in",
        "https://angelone.in",
        "https://apiconnect.angelone.in:8443",
        "https://apiconnect.angelone.in@evil.test",
        "https://@apiconnect.angelone.in",
        "https://apiconnect.angelone.in.",
        "https://аpiconnect.angelone.in",
        "wss://localhost:1/x",
        "http://apiconnect.angelone.in",
        "https://10.0.0.1",
        "http://0.0.0.0",
        "http://2130706433",
        "http://0x7f.1",
        "http://[::ffff:10.0.0.1]",
        "https:///apiconnect.angelone.in",
        "file:///etc/passwd",
    ],
)  # fmt: skip
def test_what_is_not_on_the_list_is_refused(url: str) -> None:
    assert refusal(url)


@pytest.mark.parametrize("host", sorted(HOSTS))
def test_the_list_is_reached_encrypted_only(host: str) -> None:
    assert [refusal(f"{scheme}://{host}/x") == "" for scheme in ("https", "wss", "http", "ws")] == [
        True, True, False, False,
    ]  # fmt: skip
    assert refusal(f"https://{host.upper()}:443") == ""


def test_the_list_is_that_of_the_official_contract() -> None:
    known = contract.load()

    assert all(refusal(url) == "" for url in (known.root, known.stream_url, known.order_url))


def test_every_client_of_the_product_asks_the_list() -> None:
    """Who opens outgoing connections: the two files that ask `refusal` first, and nobody else."""
    words = ("open_connection(", "create_connection", "AsyncHTTPConnection", "_Connect(", "urlopen", "httpx", "aiohttp")
    found = {path for path, text in sources().items() if any(word in text for word in words)}
    asking = {path for path, text in sources().items() if "refusal(" in text and "core.links.addresses" in text}

    assert {path for path in found if not path.startswith("core/exchange/")} - asking == ONLY_BELOW


ONLY_BELOW = {"core/brokers/pipe.py", "core/links/connection.py"}
"""The socket layers of those two; they are given a connection's address by them alone."""


def test_a_child_process_is_guarded_too_and_its_try_is_written_down(tried: list[str]) -> None:
    """As every test's children are: the file is emptied here, else this very test would fail by it."""
    code = (
        f"import socket\ntry:\n    socket.create_connection(('{OUTSIDE}', 80), 1)\nexcept OSError as e:\n    print(e)"
    )
    env = {**os.environ, "PYTHONPATH": egress.CHILD_PATH}
    before = TOLD.stat().st_size
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, timeout=20)
    told = TOLD.read_text()[before:].splitlines()
    os.truncate(TOLD, before)

    assert "a test tried to reach" in done.stdout
    assert told == ["installed", f"socket.connect ('{OUTSIDE}', 80)"]
