"""What positions and working orders block: practice figures in the manner of SPAN, not an exchange's parameters. Pure.

Shares: a share of the value. Derivatives of one underlying are netted: the worst loss over moves of the underlying,
less the value of bought options (they are paid for in full), plus an exposure margin on what is short or a future.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from core.domain import Exchange, Kind, Product
from core.exchange.listing import Listing

INTRADAY_PERCENT, FULL_PERCENT = 20, 100
_INDEX, _STOCK, _CURRENCY, _COMMODITY = (9, 3), (15, 5), (3, 1), (8, 2)
"""Widest move of the underlying that is scanned and exposure margin, percent."""
STEPS = (-3, -2, -1, 0, 1, 2, 3)
"""Moves scanned, in thirds of the widest."""


@dataclass(slots=True)
class Exposure:
    """One instrument in one product: what is open, and what working orders would add.

    `cost_e4` is the value the open units were taken on at; `buys`, `sells` are units of working orders, with values.
    """

    listing: Listing
    product: Product
    net: int = 0
    cost_e4: int = 0
    last_e4: int = 0
    spot_e4: int = 0
    buys: int = 0
    buys_e4: int = 0
    sells: int = 0
    sells_e4: int = 0

    @property
    def opening_buys_e4(self) -> int:
        """Value of working purchases beyond what closes a short position."""
        return _part(self.buys_e4, self.buys, max(0, self.buys - max(0, -self.net)))

    @property
    def opening_sells_e4(self) -> int:
        return _part(self.sells_e4, self.sells, max(0, self.sells - max(0, self.net)))


class Margin(NamedTuple):
    """Parts of what is blocked. `benefit_e4` is what netting saved, and is not part of the total."""

    cash_e4: int = 0
    span_e4: int = 0
    exposure_e4: int = 0
    premium_e4: int = 0
    benefit_e4: int = 0

    @property
    def total_e4(self) -> int:
        return self.cash_e4 + self.span_e4 + self.exposure_e4 + self.premium_e4


def margin_of(rows: Iterable[Exposure]) -> Margin:
    """The margin of everything together."""
    all_rows = list(rows)
    cash_e4 = sum(share_e4(row) for row in all_rows if not row.listing.instrument.is_derivative)
    derivatives = sorted((row for row in all_rows if row.listing.instrument.is_derivative), key=_underlying)
    groups = [list(group) for _, group in groupby(derivatives, _underlying)]
    netted = [_group(group) for group in groups]
    alone = [_group([row]) for row in derivatives] if len(derivatives) > len(groups) else netted
    benefit_e4 = sum(span + more for span, more, _ in alone) - sum(span + more for span, more, _ in netted)
    spans, more, premiums = (sum(part) for part in zip(*netted, strict=True)) if netted else (0, 0, 0)
    return Margin(cash_e4, spans, more, premiums, max(0, benefit_e4))


def share_e4(row: Exposure) -> int:
    """Margin of a share: all of it for DELIVERY, a fifth otherwise; sold holdings block nothing."""
    full = row.product is Product.DELIVERY
    held_e4 = row.cost_e4 if row.net > 0 or not full else 0
    sells_e4 = 0 if full else row.opening_sells_e4
    percent = FULL_PERCENT if full else INTRADAY_PERCENT
    return (held_e4 + row.opening_buys_e4 + sells_e4) * percent // 100


def fully_paid(row: Exposure) -> bool:
    """Whether the open units were paid for, so that their losses need no further cover."""
    if row.listing.instrument.kind is Kind.OPTION:
        return row.net > 0
    return row.product is Product.DELIVERY


def _group(rows: Sequence[Exposure]) -> tuple[int, int, int]:
    """Span, exposure and premium of one underlying, at the worse of all purchases done and all sales done."""
    options = [row for row in rows if row.listing.instrument.kind is Kind.OPTION]
    premium_e4 = sum((row.cost_e4 if row.net > 0 else 0) + row.opening_buys_e4 for row in options)
    bought = _requirement(rows, [row.net + row.buys for row in rows])
    sold = _requirement(rows, [row.net - row.sells for row in rows])
    return (*max(bought, sold, key=sum), premium_e4)


def _requirement(rows: Sequence[Exposure], units: Sequence[int]) -> tuple[int, int]:
    worst_e4 = max(0, *(_loss_e4(rows, units, step) for step in STEPS))
    paid_e4 = sum(
        q * row.last_e4
        for row, q in zip(rows, units, strict=True)
        if q > 0 and row.listing.instrument.kind is Kind.OPTION
    )
    exposure_e4 = sum(_exposure_e4(row, q) for row, q in zip(rows, units, strict=True))
    return max(0, worst_e4 - paid_e4), exposure_e4


def _loss_e4(rows: Sequence[Exposure], units: Sequence[int], step: int) -> int:
    return sum(q * (row.last_e4 - _value_e4(row, step)) for row, q in zip(rows, units, strict=True))


def _value_e4(row: Exposure, step: int) -> int:
    """Price after a move; an option keeps what it is worth beyond its intrinsic value."""
    move = _percents(row.listing)[0] * step
    if row.listing.instrument.kind is not Kind.OPTION:
        return row.last_e4 * (300 + move) // 300
    extra_e4 = max(0, row.last_e4 - _intrinsic_e4(row, row.spot_e4))
    return _intrinsic_e4(row, row.spot_e4 * (300 + move) // 300) + extra_e4


def _intrinsic_e4(row: Exposure, spot_e4: int) -> int:
    return intrinsic_e4(row.listing, spot_e4)


def intrinsic_e4(listing: Listing, spot_e4: int) -> int:
    """What an option would pay at a price of its underlying."""
    sign = 1 if listing.instrument.symbol.endswith("CE") else -1
    return max(0, sign * (spot_e4 - listing.instrument.strike_e4))


def _exposure_e4(row: Exposure, units: int) -> int:
    if row.listing.instrument.kind is Kind.OPTION:
        return max(0, -units) * row.spot_e4 * _percents(row.listing)[1] // 100
    return abs(units) * row.last_e4 * _percents(row.listing)[1] // 100


def _percents(listing: Listing) -> tuple[int, int]:
    exchange = listing.instrument.exchange
    if exchange in (Exchange.MCX, Exchange.NCDEX):
        return _COMMODITY
    if exchange is Exchange.CDS:
        return _CURRENCY
    return _STOCK if listing.type_name.endswith("STK") else _INDEX


def _underlying(row: Exposure) -> tuple[str, str]:
    return (row.listing.instrument.exchange.value, row.listing.instrument.name)


def _part(value_e4: int, units: int, wanted: int) -> int:
    return value_e4 * wanted // units if units else 0
