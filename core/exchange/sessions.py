"""Credentials and tokens of one start of the exchange. They live in memory only and are new each time."""

import hmac
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pyotp

from core.clock import NS_PER_S, Clock, ist_day
from core.exchange.orders import Refusal

LOGINS_MAX = 1_000
"""Most token sets kept; the oldest go first."""
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
    """One login. `day` is the Indian date (real time) it ends with."""

    jwt: str
    refresh: str
    feed: str
    day: str

    def row(self) -> dict[str, str]:
        return {"jwtToken": self.jwt, "refreshToken": self.refresh, "feedToken": self.feed}


def new_credentials() -> Credentials:
    def pick(letters: str, count: int) -> str:
        return "".join(secrets.choice(letters) for _ in range(count))

    code = "PRAC" + pick(_DIGITS, 4)
    return Credentials(
        code, pick(_DIGITS, 4), pyotp.random_base32(), pick("ABCDEFGHJKLMNPQRSTUVWXYZabcdefgh23456789", 8)
    )


class Sessions:
    """Who is logged in. Every login stays valid until logout or the end of the Indian day.

    With `single`, a new login or a renewal ends all earlier ones.
    """

    def __init__(self, credentials: Credentials, clock: Clock, single: bool = False) -> None:
        self.credentials = credentials
        self._single = single
        self._clock = clock
        self._logins: list[Tokens] = []

    def login(self, client_code: str, pin: str, totp: str) -> Tokens | Refusal:
        mine = self.credentials
        if not (_same(client_code, mine.client_code) and _same(pin, mine.pin)):
            return Refusal("AB1007", "Invalid login id or password")
        moment = datetime.fromtimestamp(self._clock.real_ns() / NS_PER_S, UTC)
        if not pyotp.TOTP(mine.totp_secret).verify(totp, for_time=moment, valid_window=1):
            return Refusal("AB1050", "Invalid totp")
        return self._issue()

    def renew(self, refresh: str) -> Tokens | Refusal:
        """Three new tokens for a refresh token; the older ones stay valid too, unless `single`."""
        for tokens in self._logins:
            if _same(tokens.refresh, refresh):
                if tokens.day != self._today():
                    return Refusal("AB8051", "Refresh Token Expired")
                return self._issue()
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
        return None if tokens.day == self._today() else Refusal("AG8002", "Token Expired")

    def feed_is_valid(self, feed: str) -> bool:
        return any(_same(t.feed, feed) and t.day == self._today() for t in self._logins)

    def _issue(self) -> Tokens:
        def token(size: int) -> str:
            return "eyJ" + secrets.token_urlsafe(size)

        tokens = Tokens(token(180), token(120), token(90), self._today())
        kept = [] if self._single else self._logins[-(LOGINS_MAX - 1) :]
        self._logins = [*kept, tokens]
        return tokens

    def _today(self) -> str:
        return ist_day(self._clock.real_ns())


def bare(authorization: str) -> str:
    """The token without the word Bearer."""
    return authorization.strip().removeprefix("Bearer ").strip()


def _same(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode(), right.encode())
