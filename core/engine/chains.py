"""The open option chain: its contracts are subscribed while it is looked at, and computed in a worker thread."""

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING

from core.clock import Clock, ist_day
from core.domain import Exchange, Instrument, Kind
from core.engine.parts import Board
from core.market.instruments import Catalogue
from core.marketviews import ChainTable, Leg, Strike
from core.supervise import Wake
from core.views import Quote

if TYPE_CHECKING:
    from core.market.chain import Chain, InterestBase, Legs, Side

EVERY_S = 1.0
"""A chain is computed again at most this often, and only when one of its quotes changed."""
SLICE = 40
"""Quotes read between two turns of the loop."""
NAMES = ("NIFTY", "BANKNIFTY", "FINNIFTY", "MIDCPNIFTY", "SENSEX", "BANKEX")
_OPTIONS_AT = {Exchange.NSE: Exchange.NFO, Exchange.BSE: Exchange.BFO}
_DAYS = 365.0


@dataclass(slots=True)
class _Open:
    exchange: Exchange
    name: str
    expiry: str = ""
    expiries: tuple[str, ...] = ()
    legs: "Legs | None" = None
    seen: int = -1
    note: str = "looking up the contracts"
    looked: bool = False
    instead: str = ""
    table: ChainTable | None = None


class ChainDesk:
    """Implements `core.marketviews.Chains`. `run` until cancelled; it sleeps while no chain is open."""

    def __init__(self, clock: Clock, board: Board, contracts: Catalogue | None, changed: Callable[[], None]) -> None:
        self._clock, self._board, self._contracts, self._changed = clock, board, contracts, changed
        self._open: _Open | None = None
        self._base: InterestBase | None = None
        self._wake = Wake(clock)
        self.revision = 0

    def table(self) -> ChainTable | None:
        now = self._open
        if now is None:
            return None
        return now.table or ChainTable(
            now.name, now.expiry, now.expiries, (), None, 0, "none", None, None, 0.0, 0, 0, now.note
        )

    def underlyings(self) -> tuple[str, ...]:
        here = self._open.name if self._open else ""
        return NAMES if here in NAMES or not here else (here, *NAMES)

    def wanted(self) -> tuple[Instrument, ...]:
        legs = self._open.legs if self._open else None
        return legs.instruments if legs is not None else ()

    def open(self, near: Instrument | None) -> str:
        if self._contracts is None:
            return "there are no option contracts in this session"
        exchange, name = (Exchange.NFO, NAMES[0]) if near is None else _underlying(near)
        expiry = near.expiry if near is not None and near.kind is Kind.OPTION else ""
        self._show(_Open(exchange, name, expiry))
        return ""

    def step_underlying(self, by: int) -> str:
        names = self.underlyings()
        at = names.index(self._open.name) if self._open and self._open.name in names else 0
        name = names[(at + by) % len(names)]
        self._show(_Open(Exchange.BFO if name in ("SENSEX", "BANKEX") else Exchange.NFO, name))
        return ""

    def step_expiry(self, by: int) -> None:
        now = self._open
        if now is not None and len(now.expiries) > 1:
            at = now.expiries.index(now.expiry)
            self._show(_Open(now.exchange, now.name, now.expiries[(at + by) % len(now.expiries)]))

    def close(self) -> None:
        self._open = None
        self.revision += 1
        self._changed()

    def new_day(self) -> None:
        """Changes of open interest count anew, and what expired is looked up again."""
        self._base = None
        if self._open is not None:
            self._show(_Open(self._open.exchange, self._open.name))

    async def run(self) -> None:
        while True:
            now = self._open
            if now is None:
                await self._wake.wait(3_600)
                continue
            if not now.looked:
                await self._look_up(now)
            if now.legs is not None and now is self._open:
                await self._compute(now, now.legs)
            await self._wake.wait(EVERY_S)

    def _show(self, what: _Open) -> None:
        self._open = what
        self.revision += 1
        self._changed()
        self._wake.set()

    async def _look_up(self, now: _Open) -> None:
        """Contracts from the instrument file, the pricing library loaded with it: both in a worker thread."""
        assert self._contracts is not None
        day = ist_day(self._clock.wall_ns())
        found = await asyncio.to_thread(_contracts, self._contracts, now.exchange, now.name, now.expiry, day)
        if now is not self._open:
            return
        now.looked = True
        now.expiries, now.expiry, now.legs = found
        none = f"{now.name} has no options here"
        now.note = f"{now.instead}, and {none}" if now.instead else none
        if now.legs is None and now.name != NAMES[0] and not now.instead:
            self._show(_Open(Exchange.NFO, NAMES[0], instead=none))
            return
        if now.legs is not None:
            now.note = now.instead
        self.revision += 1
        self._changed()

    async def _compute(self, now: _Open, legs: "Legs") -> None:
        slots = {i: slot for i in legs.instruments if (slot := self._board.slot(i.key)) is not None}
        seen = sum(self._board.revision(slot) for slot in slots.values())
        if seen == now.seen:
            return
        quotes: dict[Instrument, Quote] = {}
        for n, (instrument, slot) in enumerate(slots.items()):
            quotes[instrument] = self._board.quote(slot)
            if n % SLICE == SLICE - 1:
                await self._clock.sleep(0)
        at_ns = self._clock.wall_ns()
        chain, base = await asyncio.to_thread(_chain, legs, quotes, at_ns, self._base)
        self._base = base
        now.seen = seen
        now.table = _table(chain, now.expiries, base, at_ns, now.instead)
        self.revision += 1


def _underlying(near: Instrument) -> tuple[Exchange, str]:
    name = near.name or near.label
    return _OPTIONS_AT.get(near.exchange, near.exchange), {"NIFTY 50": "NIFTY", "NIFTY BANK": "BANKNIFTY"}.get(
        name.upper(), name
    )


def _models() -> ModuleType:
    """`core.market.chain` brings `scipy.special`, which takes 0.1 s: never on the loop, never at the start."""
    import importlib

    return importlib.import_module("core.market.chain")


def _contracts(
    contracts: Catalogue, exchange: Exchange, name: str, expiry: str, day: str
) -> "tuple[tuple[str, ...], str, Legs | None]":
    models = _models()
    expiries: tuple[str, ...] = models.expiries(contracts, exchange, name, day)
    if not expiries:
        return (), "", None
    chosen = expiry if expiry in expiries else expiries[0]
    return expiries, chosen, models.legs(contracts, exchange, name, chosen)


def _chain(
    legs: "Legs", quotes: dict[Instrument, Quote], at_ns: int, base: "InterestBase | None"
) -> "tuple[Chain, InterestBase]":
    models = _models()
    day = ist_day(at_ns)
    if base is None or base.day != day:
        base = models.InterestBase(day, at_ns)
    assert base is not None
    chain: Chain = models.make_chain(legs, quotes.get, models.years_to(legs.expiry, at_ns))
    return chain, base


def _table(chain: "Chain", expiries: tuple[str, ...], base: "InterestBase", at_ns: int, note: str) -> ChainTable:
    legs = chain.legs
    strikes = tuple(
        Strike(strike_e4, _leg(legs.calls[n], chain.calls, n, base), _leg(legs.puts[n], chain.puts, n, base))
        for n, strike_e4 in enumerate(legs.strikes_e4)
    )
    return ChainTable(
        legs.name, legs.expiry, expiries, strikes, chain.atm, round(chain.forward * 10_000), chain.forward_from,
        chain.pcr, None if chain.max_pain is None else round(chain.max_pain * 10_000), chain.years * _DAYS,
        base.since_ns, at_ns, note,
    )  # fmt: skip


def _leg(instrument: Instrument | None, side: "Side", n: int, base: "InterestBase") -> Leg:
    if instrument is None:
        return Leg(None, 0, 0, 0, math.nan, math.nan, 0, 0, 0)
    interest = int(side.interest[n])
    return Leg(
        instrument,
        round(float(side.bid[n]) * 10_000),
        round(float(side.ask[n]) * 10_000),
        round(float(side.ltp[n]) * 10_000),
        float(side.volatility[n]),
        float(side.greeks.delta[n]),
        interest,
        base.change(instrument, interest) if interest else 0,
        int(side.volume[n]),
    )
