"""Which hours count: the real days and hours of the segments in live mode, else those of the exchange beside us."""

from collections.abc import Callable, Iterable
from pathlib import Path

from core.domain import Exchange, Instrument, Kind
from core.market.facts import load
from core.market.sessions import Calendar, Session, session

SessionOf = Callable[[Exchange, int], Session]
InstrumentSession = Callable[[Instrument, int], Session]
_DERIVATIVES = {Exchange.NFO: Exchange.NSE, Exchange.BFO: Exchange.BSE}


def hours(mode: str, home: Path, listed: Callable[[], Iterable[Instrument]]) -> tuple[SessionOf, InstrumentSession]:
    """Sessions by segment and by instrument, at a market time in epoch ns.

    Live: from the dated facts, where a day that they do not cover is closed; a share on which there are derivatives
    takes part in the closing auction (since 2026-08-03; not verified with the live broker). Otherwise hours and
    weekends only, for every weekday is a trading day of the practice exchange. Raises UserError for facts in
    `<home>/facts` that cannot be read.
    """
    if mode != "live":
        return session, lambda instrument, wall_ns: session(instrument.exchange, wall_ns)
    calendar = Calendar(load(home / "facts"))
    auctioned = {(_DERIVATIVES[i.exchange], i.name) for i in listed() if i.exchange in _DERIVATIVES}

    def of(instrument: Instrument, wall_ns: int) -> Session:
        in_auction = instrument.kind is Kind.EQUITY and (instrument.exchange, instrument.name) in auctioned
        return calendar.session(instrument.exchange, wall_ns, in_auction=in_auction)

    return calendar.session, of
