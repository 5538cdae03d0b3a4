"""Being logged in: one login at a time, tokens in memory only, renewed when the broker says they ended."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pyotp

from core.brokers import codes
from core.brokers.contract import Contract
from core.brokers.envelope import Envelope, open_envelope
from core.brokers.transport import Failure, Reply, Transport
from core.clock import NS_PER_S, Clock
from core.outcome import Failed, FailedBy, Ok, Read
from core.ports import StreamLogin
from core.secret import Secret

_DEADLINE_S = 8.0
_LOGIN_GAP_S = 1.0
"""loginByPassword and generateTokens: one a second (SmartAPI "Rate Limit" page, 2026)."""
_AGAIN_AFTER_S = 20.0
"""After a failed login nothing tries again by itself for this long, so that no account is locked by us."""
_TOTP_STEP_S = 30
_TOKEN_MAX = 8_192


class _Totp(pyotp.TOTP):
    """The broker chose the length of its secrets; the library's own floor of 112 bits would lock short ones out."""

    min_secret_length_bits = 40


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a login needs. Only the client code shows."""

    client_code: str
    pin: Secret
    totp_secret: Secret
    api_key: Secret


@dataclass(frozen=True, slots=True)
class _Tokens:
    client_code: str
    api_key: Secret
    jwt: Secret
    refresh: Secret
    feed: Secret
    epoch: int = field(compare=False)


class Session:
    """The login state. `credentials` is asked at each login and may return None when they are not there yet."""

    def __init__(
        self,
        transport: Transport,
        contract: Callable[[], Contract],
        credentials: Callable[[], Credentials | None],
        clock: Clock,
    ) -> None:
        self._transport = transport
        self._contract = contract
        self._credentials = credentials
        self._clock = clock
        self._lock = asyncio.Lock()
        self._tokens: _Tokens | None = None
        self._epoch = 0
        self._asked_ns = -NS_PER_S * 3_600
        self._held_until_ns = 0
        self._last_code = ""

    @property
    def epoch(self) -> int:
        """Rises with every set of tokens; 0 before the first login."""
        return self._epoch

    @property
    def client_code(self) -> str:
        return self._tokens.client_code if self._tokens else ""

    def headers(self) -> dict[str, str] | None:
        """The headers of a call that needs a login; None without one. Never logged."""
        tokens = self._tokens
        if tokens is None:
            return None
        return self._base(tokens.api_key) | {"Authorization": f"Bearer {tokens.jwt.reveal()}"}

    def stream_login(self) -> StreamLogin | None:
        """What the sockets need at the handshake: the bare jwt, without the word Bearer."""
        t = self._tokens
        if t is None:
            return None
        return StreamLogin(t.jwt.reveal(), t.feed.reveal(), t.api_key.reveal(), t.client_code, t.epoch)

    async def login(self) -> Read[str]:
        """Log in anew and give the client code; whoever asks meanwhile gets the same answer."""
        before = self._epoch
        async with self._lock:
            if self._epoch != before:
                return Ok(self.client_code, self._clock.mono_ns())
            return await self._login()

    async def renew(self, epoch: int) -> Read[str]:
        """New tokens in place of those of `epoch`, unless somebody renewed them already: renew, else log in once."""
        async with self._lock:
            if self._tokens is None:
                return Failed(FailedBy.AUTH, "not logged in")
            if self._epoch != epoch:
                return Ok(self.client_code, self._clock.mono_ns())
            if self._clock.mono_ns() < self._held_until_ns:
                return Failed(FailedBy.AUTH, "the last login failed; waiting before the next")
            renewed = await self._generate_tokens()
            return renewed if isinstance(renewed, Ok) else await self._login()

    async def logout(self) -> None:
        """Tell the broker and forget the tokens, whatever it says."""
        headers, tokens = self.headers(), self._tokens
        self._tokens = None
        if headers is not None and tokens is not None:
            body = msgspec.json.encode({"clientcode": tokens.client_code})
            await self._transport.request("POST", self._route("api.logout"), headers, body, deadline_s=2.0)

    async def _login(self) -> Read[str]:
        credentials = self._credentials()
        if credentials is None:
            return Failed(FailedBy.AUTH, "no credentials")
        code = await self._fresh_code(credentials.totp_secret)
        if code is None:
            return Failed(FailedBy.AUTH, "the TOTP secret is not base 32")
        body = {"clientcode": credentials.client_code, "password": credentials.pin.reveal(), "totp": code}
        read = await self._ask("api.login", body, self._base(credentials.api_key))
        return self._adopt(read, credentials.client_code, credentials.api_key)

    async def _generate_tokens(self) -> Read[str]:
        tokens, headers = self._tokens, self.headers()
        if tokens is None or headers is None or not tokens.refresh:
            return Failed(FailedBy.AUTH, "nothing to renew")
        read = await self._ask("api.token", {"refreshToken": tokens.refresh.reveal()}, headers)
        return self._adopt(read, tokens.client_code, tokens.api_key)

    async def _fresh_code(self, secret: Secret) -> str | None:
        """A TOTP code that was not sent before, by real time; waits for the next step when it was."""
        try:
            totp = _Totp(secret.reveal().replace(" ", ""))
            code = totp.at(self._clock.real_ns() // NS_PER_S)
        except ValueError:
            return None
        if code == self._last_code:
            now_ns = self._clock.real_ns()
            rest_ns = _TOTP_STEP_S * NS_PER_S - now_ns % (_TOTP_STEP_S * NS_PER_S)
            await self._clock.sleep(rest_ns / NS_PER_S + 0.05)
            code = totp.at(self._clock.real_ns() // NS_PER_S)
        self._last_code = code
        return code

    async def _ask(self, route: str, body: dict[str, str], headers: dict[str, str]) -> Reply | Failure:
        wait_ns = self._asked_ns + round(_LOGIN_GAP_S * NS_PER_S) - self._clock.mono_ns()
        if wait_ns > 0:
            await self._clock.sleep(wait_ns / NS_PER_S)
        self._asked_ns = self._clock.mono_ns()
        return await self._transport.request(
            "POST", self._route(route), headers, msgspec.json.encode(body), deadline_s=_DEADLINE_S
        )

    def _adopt(self, result: Reply | Failure, client_code: str, api_key: Secret) -> Read[str]:
        parsed = _tokens_in(result)
        if isinstance(parsed, Failed):
            self._held_until_ns = self._clock.mono_ns() + round(_AGAIN_AFTER_S * NS_PER_S)
            return parsed
        jwt, refresh, feed = parsed
        self._epoch += 1
        self._held_until_ns = 0
        self._tokens = _Tokens(client_code, api_key, jwt, refresh, feed, self._epoch)
        return Ok(client_code, self._clock.mono_ns())

    def _base(self, api_key: Secret) -> dict[str, str]:
        return {**self._contract().headers, "X-PrivateKey": api_key.reveal()}

    def _route(self, name: str) -> str:
        return self._contract().route(name)


def failed(result: Reply | Failure, envelope: Any) -> Failed:
    """Why a call that is no order gave nothing (reliability rules: what counts against which circuit)."""
    if isinstance(result, Failure):
        return Failed(FailedBy.SERVICE, result.why)
    status = result.status
    if not isinstance(envelope, Envelope):
        if status == 429 or (status == 403 and envelope.is_rate_text):
            return Failed(FailedBy.RATE, envelope.text or "too many requests")
        if status == 401:
            return Failed(FailedBy.AUTH, envelope.text or "not logged in")
        return Failed(FailedBy.SERVICE, f"HTTP {status}, {envelope.kind.value} answer")
    why = f"{envelope.code or f'HTTP {status}'}: {envelope.message or 'no reason given'}"
    if status >= 500 or envelope.code in codes.UNCERTAIN:
        return Failed(FailedBy.SERVICE, why)
    if envelope.code in codes.TOKEN or status == 401:
        return Failed(FailedBy.AUTH, why)
    if envelope.code in codes.RATE or status == 429:
        return Failed(FailedBy.RATE, why)
    return Failed(FailedBy.BUSINESS, why)


def _tokens_in(result: Reply | Failure) -> tuple[Secret, Secret, Secret] | Failed:
    envelope = open_envelope(result.body) if isinstance(result, Reply) else None
    if not isinstance(envelope, Envelope) or not envelope.ok:
        failure = failed(result, envelope)
        return Failed(FailedBy.AUTH, failure.why) if failure.by is FailedBy.BUSINESS else failure
    data = envelope.data if isinstance(envelope.data, dict) else {}
    found = [data.get(name) for name in ("jwtToken", "refreshToken", "feedToken")]
    if not all(isinstance(t, str) and 0 < len(t) <= _TOKEN_MAX and t.isascii() and t.isprintable() for t in found):
        return Failed(FailedBy.SERVICE, "the login answer has no usable tokens")
    jwt, refresh, feed = (Secret(str(t)) for t in found)
    return Secret(jwt.reveal().removeprefix("Bearer ")), refresh, feed
