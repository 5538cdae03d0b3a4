"""A practice day on a manual clock, for tests that speak to the exchange's inside."""

from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from core.clock import ManualClock, iso_to_ns
from core.domain import Exchange, InstrumentKey, Kind
from core.exchange.listing import Listing
from core.exchange.orders import OwnOrder, Refusal
from core.exchange.practice import Practice
from core.exchange.rules import OrderBody
from core.exchange.setting import PLAIN, Setting
from core.exchange.universe import listings_of
from tests.exchange.wire import place_body

SBIN = InstrumentKey(Exchange.NSE, "3045")
START = "2026-03-03T09:20:00+05:30"
"""A Tuesday."""
START_NS = iso_to_ns(START)


def few(day: date) -> dict[InstrumentKey, Listing]:
    """Two shares, an index of them, its futures, a metal, a currency: days pass faster, and by the same rules."""
    rows = listings_of(day)
    index = next(key for key, row in rows.items() if row.instrument.name == "NIFTY" and not row.tradable)
    futures = [key for key, row in rows.items() if row.members == (index,) and row.instrument.kind is Kind.FUTURE]
    others = [next(key for key, row in rows.items() if row.type_name == kind) for kind in ("FUTCOM", "FUTCUR")]
    return {key: rows[key] for key in (SBIN, InstrumentKey(Exchange.NSE, "2885"), index, *futures, *others)}


FEW = Setting(listings=few)


class Day:
    """A practice day that moves only when told."""

    def __init__(self, seed: int = 5, start: str = START, folder: Path | None = None, setting: Setting = PLAIN) -> None:
        self.clock, self.setting = ManualClock(iso_to_ns(start)), setting
        self.practice = Practice(self.clock, seed, folder, now_ns=iso_to_ns(start), setting=setting)
        self.watch()

    def watch(self) -> None:
        self.pushed: list[tuple[str, str]] = []
        self.practice.on_push = lambda code, row: self.pushed.append((code, str(row["orderstatus"])))

    def restart(self, seed: int = 5, folder: Path | None = None) -> None:
        """Another process on the same folder."""
        self.practice = Practice(self.clock, seed, folder, setting=self.setting)
        self.watch()

    def to(self, moment: str) -> None:
        """Move to a time, `2026-03-03T15:31:00+05:30`, and let the exchange see it."""
        self.clock.move((iso_to_ns(moment) - self.practice.now_ns()) / 1e9)
        self.practice.step()

    def walk(self, seconds: float, stride: float = 0.2) -> None:
        for _ in range(round(seconds / stride)):
            self.clock.move(stride)
            self.practice.step()

    def order(self, **changes: Any) -> OwnOrder | Refusal:
        return self.practice.place(msgspec.convert(place_body(**changes), OrderBody))

    def placed(self, **changes: Any) -> OwnOrder:
        done = self.order(**changes)
        assert isinstance(done, OwnOrder), done
        return done

    def last(self) -> int:
        return self.practice.market.last_e4(SBIN)

    def rupees(self, ticks_away: int) -> str:
        return str((self.last() + ticks_away * 500) / 10_000)
