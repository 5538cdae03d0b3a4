"""What follows from other prices: indices from their members, futures from indices, options from futures."""

from collections.abc import Callable, Mapping
from datetime import date

from core.domain import InstrumentKey, Kind
from core.exchange.calendar import at
from core.exchange.dayfigures import DayFigures
from core.exchange.listed import instruments_of
from core.exchange.listing import Listing
from core.exchange.pricing import option_e4, years_to
from core.exchange.universe import EXPIRES

_INDEX_STEP_E4 = 500


class Values:
    """`needed` are the keys that some index is made of."""

    def __init__(self, listings: Mapping[InstrumentKey, Listing], figures: Mapping[InstrumentKey, DayFigures]) -> None:
        self._listings, self._figures = listings, figures
        indices = [(key, listings[key]) for key, i in instruments_of(listings) if i.kind is Kind.INDEX]
        self._indices = [(key, row) for key, row in indices if row.members]
        self._expiry_ns: dict[str, int] = {}
        members = [m for _, row in self._indices for m in row.members if m in listings]
        self.needed: list[InstrumentKey] = list(dict.fromkeys(members))

    def fair_e4(self, row: Listing, fair_of: Callable[[InstrumentKey], int], now_ns: int) -> int | None:
        """The fair price of a future or an option; None when what it hangs on is not listed."""
        above = row.members[0]
        if above not in self._listings:
            return None
        if row.instrument.kind is Kind.OPTION:
            years = years_to(self._expiry(row.instrument.expiry), now_ns)
            return option_e4(row.is_call, row.instrument.strike_e4, fair_of(above), row.vol_e6, years)
        return fair_of(above) * (1_000_000 + row.premium_e6) // 1_000_000

    def follow(self, now_ns: int) -> list[InstrumentKey]:
        """Bring every index to its members' mean return; gives the indices that changed."""
        changed = []
        returns = {key: self._return_e9(key) for key in self.needed}
        for key, row in self._indices:
            moved = [returns[m] for m in row.members if m in returns]
            if not moved:
                continue
            value_e4 = row.close_e4 + row.close_e4 * row.leverage * sum(moved) // len(moved) // 10**9
            value_e4 = max(_INDEX_STEP_E4, value_e4 // _INDEX_STEP_E4 * _INDEX_STEP_E4)
            if value_e4 != self._figures[key].last_e4:
                self._figures[key].trade(value_e4, 0, now_ns)
                changed.append(key)
        return changed

    def _return_e9(self, key: InstrumentKey) -> int:
        close_e4 = self._listings[key].close_e4
        last_e4 = self._figures[key].last_e4 or close_e4
        return (last_e4 - close_e4) * 10**9 // close_e4

    def _expiry(self, text: str) -> int:
        expiry_ns = self._expiry_ns.get(text)
        if expiry_ns is None:
            expiry_ns = self._expiry_ns[text] = at(date.fromisoformat(text), EXPIRES)
        return expiry_ns
