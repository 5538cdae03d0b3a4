"""Shares that were paid for: settled ones and those bought a day ago. Pure; values in 1/10,000 rupee."""

from collections.abc import Iterable

import msgspec

from core.domain import Exchange, InstrumentKey
from core.money import divide_rounded


class Held(msgspec.Struct):
    """One scrip: `settled` and `coming` units (bought the trading day before), what they cost, and how many may be sold
    when sales need an authorisation."""

    exchange: Exchange
    token: str
    symbol: str
    settled: int = 0
    coming: int = 0
    cost_e4: int = 0
    authorised: int = 0

    @property
    def key(self) -> InstrumentKey:
        return InstrumentKey(self.exchange, self.token)

    @property
    def units(self) -> int:
        return self.settled + self.coming

    @property
    def average_e4(self) -> int:
        return divide_rounded(self.cost_e4, self.units) if self.units else 0


class Demat:
    """The account's shares, as they stood in the morning."""

    def __init__(self, rows: Iterable[Held] = ()) -> None:
        self._rows = {row.key: row for row in rows}

    def rows(self) -> list[Held]:
        return list(self._rows.values())

    def get(self, key: InstrumentKey) -> Held | None:
        return self._rows.get(key)

    def units(self, key: InstrumentKey) -> int:
        row = self._rows.get(key)
        return row.units if row else 0

    def sellable(self, key: InstrumentKey, authorised_only: bool) -> int:
        row = self._rows.get(key)
        if row is None:
            return 0
        return min(row.units, row.authorised) if authorised_only else row.units

    def settle(self) -> None:
        """A trading day has passed: what was coming is there; authorisations end with the day."""
        for row in self._rows.values():
            row.settled, row.coming, row.authorised = row.settled + row.coming, 0, 0

    def bought(self, key: InstrumentKey, symbol: str, units: int, cost_e4: int) -> None:
        row = self._rows.setdefault(key, Held(key.exchange, key.token, symbol))
        row.coming += units
        row.cost_e4 += cost_e4

    def sold(self, key: InstrumentKey, units: int) -> None:
        """Take units out, settled ones first, at the average cost."""
        row = self._rows[key]
        assert units <= row.units
        row.cost_e4 -= divide_rounded(row.cost_e4 * units, row.units)
        from_settled = min(units, row.settled)
        row.settled -= from_settled
        row.coming -= units - from_settled
        if not row.units:
            del self._rows[key]


def isin_of(key: InstrumentKey) -> str:
    """An invented identifier in the shape of an ISIN: the instrument master has none."""
    return f"INX{key.token[-8:]:0>8}0"
