"""F58: servers that are not who they should be. No byte of a request, and with that no token, reaches any of them."""

import asyncio
import datetime
import ipaddress
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from core.brokers.transport import Failure, Phase, Reply, Transport
from core.clock import SystemClock
from core.links import link as links
from core.links.link import Link, Target
from core.links.tls import verified
from tests.brokers.rest import FakeRest, ok
from tests.links.sockets import QUICK
from tests.waiting import until

TOKEN = "eyJ-the-token"
NOW = datetime.datetime.now(datetime.UTC)
DAY = datetime.timedelta(days=1)


class Authority:
    """A certificate authority that the client under test trusts, so that only the one fault can be the reason."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
        root = self._build(self._name, self._key.public_key(), NOW - DAY, NOW + DAY)
        root = root.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        root = root.add_extension(x509.KeyUsage(False, False, False, False, False, True, True, False, False), True)
        identifier = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
        self._identifier = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)
        root = root.add_extension(identifier, critical=False)
        (folder / "root.pem").write_bytes(self._signed(root, self._key))

    def trusting(self) -> ssl.SSLContext:
        """The product's own context, and this authority."""
        context = verified()
        context.load_verify_locations(self._folder / "root.pem")
        return context

    def server(self, *, host: str = "127.0.0.1", until: datetime.datetime = NOW + DAY, own: bool = False):
        """A server's context with a certificate for `host`, signed by the authority or (`own`) by itself."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "server")])
        made = self._build(name, key.public_key(), until - 2 * DAY, until, name if own else self._name)
        try:
            names: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(host))
        except ValueError:
            names = x509.DNSName(host)
        made = made.add_extension(x509.SubjectAlternativeName([names]), critical=False)
        made = made.add_extension(self._identifier, critical=False)
        path = self._folder / f"{host}-{until:%d%H}-{own}.pem"
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path.write_bytes(private + self._signed(made, key if own else self._key))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    def _build(self, subject, key, start, end, issuer=None) -> x509.CertificateBuilder:
        made = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer or subject).public_key(key)
        return made.serial_number(x509.random_serial_number()).not_valid_before(start).not_valid_after(end)

    @staticmethod
    def _signed(made: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey) -> bytes:
        return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def _old_tls(authority: Authority) -> ssl.SSLContext:
    context = authority.server()
    with pytest.warns(DeprecationWarning):
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


BAD: dict[str, Callable[[Authority], ssl.SSLContext]] = {
    "expired": lambda a: a.server(until=NOW - DAY),
    "wrong host": lambda a: a.server(host="evil.test"),
    "wrong address": lambda a: a.server(host="127.0.0.2"),
    "self-signed": lambda a: a.server(own=True),
    "old TLS": _old_tls,
    "other authority": lambda a: a.server(),
}


@asynccontextmanager
async def served(context: ssl.SSLContext) -> AsyncIterator[FakeRest]:
    fake = FakeRest(lambda _: ok({}))
    server = await asyncio.start_server(fake.serve, "127.0.0.1", 0, ssl=context)
    fake.url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield fake
    finally:
        server.close()
        await fake.hang_up()


async def sent(url: str, trust: ssl.SSLContext) -> Reply | Failure:
    transport = Transport(url, SystemClock(), ssl_context=trust)
    try:
        return await transport.request("POST", "/x", {"Authorization": TOKEN}, b"{}", deadline_s=5.0)
    finally:
        await transport.aclose()


async def test_F58_the_right_server_is_talked_to(authority: Authority) -> None:
    async with served(authority.server()) as fake:
        assert isinstance(await sent(fake.url, authority.trusting()), Reply)
        assert len(fake.requests) == 1


@pytest.mark.parametrize("name", BAD)
async def test_F58_a_bad_server_gets_no_byte_of_a_request(name: str, authority: Authority) -> None:
    async with served(BAD[name](authority)) as fake:
        trust = verified() if name == "other authority" else authority.trusting()
        result = await sent(fake.url, trust)

        assert isinstance(result, Failure)
        assert (result.phase, result.bytes_sent) == (Phase.CONNECT, 0)
        assert fake.requests == []


class _Listener:
    def __getattr__(self, name: str):
        return lambda *args: None

    async def converse(self, send) -> None:
        await asyncio.Event().wait()


@pytest.mark.parametrize("name", BAD)
async def test_F58_a_bad_stream_server_gets_no_handshake(
    name: str, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[bytes] = []

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(4_096))
        writer.close()

    trust = verified() if name == "other authority" else authority.trusting()
    monkeypatch.setattr(links, "verified", lambda: trust)
    server = await asyncio.start_server(hear, "127.0.0.1", 0, ssl=BAD[name](authority))
    target = Target(f"wss://127.0.0.1:{server.sockets[0].getsockname()[1]}/x", {"Authorization": TOKEN}, 1)
    link = Link("t", lambda: target, _Listener(), SystemClock(), Random(1), lambda epoch: asyncio.sleep(0), QUICK)
    running = asyncio.ensure_future(link.run())
    await until(lambda: link.status().word == "down", 10)
    running.cancel()
    server.close()
    await server.wait_closed()

    assert heard == []


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
async def test_F58_a_proxy_in_the_environment_is_not_asked(
    variable: str, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bytes] = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.read(100))
        writer.close()

    server = await asyncio.start_server(proxy, "127.0.0.1", 0)
    monkeypatch.setenv(variable, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    async with served(authority.server()) as fake:
        result = await sent(fake.url, authority.trusting())
    assert isinstance(result, Reply)
    server.close()
    await server.wait_closed()
    assert asked == []
