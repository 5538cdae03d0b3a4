"""Credentials and tokens of one start of the exchange. They live in memory only and are new each time."""

import hmac
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pyotp

from core.clock import NS_PER_S, Clock, ist_day
from core.exchange.orders import Refusal
from core.exchange.switches import Switches

LOGINS_MAX = 1_000
"""Most token sets kept; the oldest go first."""
PIN_MAX = 32
_DIGITS = "0123456789"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the first line on stdout tells."""

    client_code: str
    pin: str
    totp_secret: str
    api_key: str


@dataclass(frozen=True, slots=True)
class Tokens:
    """One login. `day` is the Indian date (real time) it ends with; `issued_ns` real time."""

    jwt: str
    refresh: str
    feed: str
    day: str
    issued_ns: int

    def row(self) -> dict[str, str]:
        return {"jwtToken": self.jwt, "refreshToken": self.refresh, "feedToken": self.feed}


def new_credentials(run: int = 1) -> Credentials:
    """New secrets; the client code is the account's, the same at each start of the same run."""

    def pick(letters: str, count: int) -> str:
        return "".join(secrets.choice(letters) for _ in range(count))

    code = f"PRAC{run % 10_000:04d}"
    return Credentials(
        code, pick(_DIGITS, 4), pyotp.random_base32(), pick("ABCDEFGHJKLMNPQRSTUVWXYZabcdefgh23456789", 8)
    )


class Sessions:
    """Who is logged in. Every login and renewal stays valid until logout or the end of the Indian day, unless the
    switches say otherwise."""

    def __init__(self, credentials: Credentials, clock: Clock, switches: Switches | None = None) -> None:
        self.credentials = credentials
        self._switches = switches or Switches()
        self._clock = clock
        self._logins: list[Tokens] = []

    def login(self, client_code: str, pin: str, totp: str) -> Tokens | Refusal:
        mine = self.credentials
        if not 1 <= len(pin) <= PIN_MAX:
            return Refusal("AB1002", "Invalid Password Length")
        if not (_same(client_code, mine.client_code) and _same(pin, mine.pin)):
            return Refusal(self._switches.login_code, "Invalid login id or password")
        moment = datetime.fromtimestamp(self._clock.real_ns() / NS_PER_S, UTC)
        if not pyotp.TOTP(mine.totp_secret).verify(totp, for_time=moment, valid_window=1):
            return Refusal("AB1050", "Invalid totp")
        return self._issue()

    def renew(self, refresh: str) -> Tokens | Refusal:
        """Three new tokens for a refresh token."""
        for tokens in self._logins:
            if _same(tokens.refresh, refresh):
                return self._issue() if self._lives(tokens) else Refusal("AB8051", "Refresh Token Expired")
        return Refusal("AB8050", "Invalid Refresh Token")

    def logout(self, jwt: str) -> None:
        self._logins = [tokens for tokens in self._logins if not _same(tokens.jwt, jwt)]

    def expire_all(self) -> None:
        """End every login now, as the service does at midnight: the tokens are then expired, not unknown."""
        self._logins = [replace(tokens, day="") for tokens in self._logins]

    def check_jwt(self, authorization: str) -> Refusal | None:
        """Why an Authorization value does not open secured calls; None when it does."""
        jwt = bare(authorization)
        if not jwt:
            return Refusal("AG8003", "Token missing")
        tokens = next((t for t in self._logins if _same(t.jwt, jwt)), None)
        if tokens is None:
            return Refusal("AG8001", "Invalid Token")
        return None if self._lives(tokens) else Refusal("AG8002", "Token Expired")

    def feed_is_valid(self, feed: str) -> bool:
        return any(_same(t.feed, feed) and self._lives(t) for t in self._logins)

    def _lives(self, tokens: Tokens) -> bool:
        life_s = self._switches.token_life_s
        young = life_s is None or self._clock.real_ns() - tokens.issued_ns < life_s * NS_PER_S
        return young and tokens.day == self._today()

    def _issue(self) -> Tokens:
        def token(size: int) -> str:
            return "eyJ" + secrets.token_urlsafe(size)

        tokens = Tokens(token(180), token(120), token(90), self._today(), self._clock.real_ns())
        older = self._logins[-(LOGINS_MAX - 1) :] if self._switches.relogin == "keep" else []
        self._logins = [*older, tokens]
        return tokens

    def _today(self) -> str:
        return ist_day(self._clock.real_ns())


def bare(authorization: str) -> str:
    """The token without the word Bearer."""
    return authorization.strip().removeprefix("Bearer ").strip()


def _same(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode(), right.encode())
