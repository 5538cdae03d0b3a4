"""What a trading day holds, segment by segment: opening, square-off of INTRADAY, close, each once. Pure."""

from collections.abc import Iterable
from datetime import date

from core.domain import Exchange
from core.exchange import calendar

OPEN, SQUARE_OFF, CLOSE = "open", "square off", "close"
Due = tuple[int, str, Exchange]
"""Epoch ns, what, where."""


class Agenda:
    """`sessions` are the hours of the segments that are listed; `whole` reaches from the first to the last of them."""

    def __init__(self, exchanges: Iterable[Exchange], day: date) -> None:
        listed = set(exchanges)
        self._day = day
        self.sessions = {e: calendar.hours(e, day) for e in Exchange if e in listed}
        self.whole = calendar.whole_day(self.sessions, day)
        self.is_trading_day = calendar.trading_day(day) == day
        self._done: set[tuple[str, Exchange]] = set()
        self._next_ns = 0
        self._square_off: str | None = None

    def covers(self, now_ns: int) -> bool:
        """Whether a time lies between the first opening and the last close."""
        return self.is_trading_day and self.whole.opens_ns <= now_ns < self.whole.closes_ns

    def is_over(self) -> bool:
        """Whether every segment has closed and was told so."""
        return len([what for what, _ in self._done if what == CLOSE]) == len(self.sessions)

    def take(self, now_ns: int, square_off: str | None) -> list[Due]:
        """What has come due since it was last asked, in the order of time; each is given once."""
        if now_ns < self._next_ns and square_off == self._square_off:
            return []
        coming = sorted(due for due in self._all(square_off) if due[1:] not in self._done)
        found = [due for due in coming if due[0] <= now_ns]
        self._done.update(due[1:] for due in found)
        self._square_off = square_off
        self._next_ns = coming[len(found)][0] if len(found) < len(coming) else 1 << 63
        return found

    def _all(self, square_off: str | None) -> Iterable[Due]:
        for exchange, session in self.sessions.items():
            yield session.opens_ns, OPEN, exchange
            ends_ns = calendar.square_off_ns(exchange, self._day, square_off)
            if ends_ns is not None:
                yield ends_ns, SQUARE_OFF, exchange
            yield session.closes_ns, CLOSE, exchange
