"""Encrypted connections: verified or not made, and nothing of a request leaves before they are."""

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from core.brokers.transport import Failure, Phase, Reply, Transport
from core.clock import SystemClock
from tests.brokers.rest import FakeRest, ok

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl command to make a certificate")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    key, cert = folder / "key.pem", folder / "cert.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-keyout", str(key), "-out", str(cert), "-days", "2", "-subj", "/CN=test"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(command, check=True, capture_output=True, timeout=20)
    return key, cert


@asynccontextmanager
async def _secure_rest(certificate: tuple[Path, Path]) -> AsyncIterator[FakeRest]:
    key, cert = certificate
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    fake = FakeRest(lambda _: ok({"n": "x" * 400_000}))
    server = await asyncio.start_server(fake.serve, "127.0.0.1", 0, ssl=context)
    fake.url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield fake
    finally:
        server.close()
        await fake.hang_up()


async def test_a_verified_server_is_talked_to_and_the_connection_is_kept(certificate: tuple[Path, Path]) -> None:
    async with _secure_rest(certificate) as fake:
        trusted = ssl.create_default_context(cafile=str(certificate[1]))
        transport = Transport(fake.url, SystemClock(), ssl_context=trusted)

        replies = [await transport.request("POST", "/x", {}, b"{}", deadline_s=3.0) for _ in range(3)]

        assert all(isinstance(r, Reply) and len(r.body) > 400_000 for r in replies)
        assert (fake.connections, len(fake.requests)) == (1, 3)
        await transport.aclose()


async def test_F58_an_unknown_certificate_is_refused_with_no_request_byte_sent(certificate: tuple[Path, Path]) -> None:
    async with _secure_rest(certificate) as fake:
        transport = Transport(fake.url, SystemClock())

        result = await transport.request("POST", "/x", {}, b"{}", deadline_s=3.0)

        assert isinstance(result, Failure)
        assert (result.phase, result.bytes_sent) == (Phase.CONNECT, 0)
        assert "CERTIFICATE" in result.why.upper() and fake.requests == []
        await transport.aclose()


async def test_F58_a_server_that_never_finishes_the_tls_handshake_is_left_in_time() -> None:
    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        await writer.wait_closed()
        ended.set()

    ended = asyncio.Event()
    server = await asyncio.start_server(mute, "127.0.0.1", 0)
    transport = Transport(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}", SystemClock())

    result = await transport.request("GET", "/x", {}, None, deadline_s=0.3)

    assert isinstance(result, Failure)
    assert (result.phase, result.bytes_sent) == (Phase.CONNECT, 0)
    await transport.aclose()
    server.close()
    await ended.wait()
