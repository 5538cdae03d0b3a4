"""What a trade costs: brokerage, taxes and fees, dated. Pure; the figures and their sources stand in `tariff.json`.

Every figure is in 1/10,000 rupee and rounded for each order by itself, as the broker's own calculator does: its printed
example adds up only so. Rates are in ten-millionths of the value (`e7`): 0.1 % is 10,000.
"""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Literal, NamedTuple, TypeVar, get_args

import msgspec

from core.domain import Exchange, Instrument, Product, Side
from core.money import divide_rounded

E7 = 10_000_000
Charge = Literal["stt", "exchange", "stamp", "sebi", "gst"]


class Segment(StrEnum):
    """What charges differ by, beside the exchange."""

    DELIVERY = "delivery"
    INTRADAY = "intraday"
    FUTURE = "future"
    OPTION = "option"


class Charges(NamedTuple):
    """The parts of what one executed order costs, in 1/10,000 rupee."""

    brokerage_e4: int
    exchange_e4: int
    stamp_e4: int
    sebi_e4: int
    stt_e4: int
    gst_e4: int

    @property
    def external_e4(self) -> int:
        return self.exchange_e4 + self.stamp_e4 + self.sebi_e4

    @property
    def taxes_e4(self) -> int:
        return self.stt_e4 + self.gst_e4

    @property
    def total_e4(self) -> int:
        return self.brokerage_e4 + self.external_e4 + self.taxes_e4


class _Dated(msgspec.Struct, rename={"since": "from"}):
    since: str
    source: str


class _Rate(_Dated):
    charge: Charge
    exchanges: list[Exchange]
    segment: str
    side: Literal["both", "buy", "sell"]
    rate_e7: int


class _Brokerage(_Dated):
    segment: Segment
    rate_e7: int
    most_e4: int
    least_e4: int


class _Depository(_Dated):
    amount_e4: int


class _Table(msgspec.Struct):
    rates: list[_Rate]
    brokerage: list[_Brokerage]
    depository: list[_Depository]


_NO_BROKERAGE = _Brokerage(since="", source="none known", segment=Segment.DELIVERY, rate_e7=0, most_e4=0, least_e4=0)
_D = TypeVar("_D", bound=_Dated)


class Tariff:
    """A table of dated figures; for a day the newest that had come into force counts, 0 where there is none."""

    def __init__(self, raw: bytes) -> None:
        self._table = msgspec.json.decode(raw, type=_Table)
        self._known: dict[tuple[date, Exchange, Segment, Side], dict[Charge, int]] = {}
        self._brokerages: dict[tuple[date, Segment], _Brokerage] = {}

    def charges(
        self, day: date, exchange: Exchange, segment: Segment, side: Side, value_e4: int, tax_free: bool = False
    ) -> Charges:
        """What an executed order of that value costs. `tax_free` leaves the transaction tax out, as for bonds."""
        rates = self._rates(day, exchange, segment, side)
        brokerage_e4 = self._brokerage_e4(day, segment, value_e4)
        exchange_e4 = divide_rounded(value_e4 * rates["exchange"], E7)
        sebi_e4 = divide_rounded(value_e4 * rates["sebi"], E7)
        return Charges(
            brokerage_e4,
            exchange_e4,
            divide_rounded(value_e4 * rates["stamp"], E7),
            sebi_e4,
            0 if tax_free else divide_rounded(value_e4 * rates["stt"], E7),
            divide_rounded((brokerage_e4 + exchange_e4 + sebi_e4) * rates["gst"], E7),
        )

    def depository_e4(self, day: date) -> int:
        """For each scrip sold from the demat account in a day, GST included."""
        row = _newest(day, self._table.depository)
        amount_e4 = row.amount_e4 if row else 0
        gst_e7 = self._rates(day, Exchange.NSE, Segment.DELIVERY, Side.SELL)["gst"]
        return amount_e4 + divide_rounded(amount_e4 * gst_e7, E7)

    def newest(self) -> str:
        """The day of the youngest figure, `YYYY-MM-DD`."""
        return max(row.since for rows in (self._table.rates, self._table.brokerage) for row in rows)

    def _brokerage_e4(self, day: date, segment: Segment, value_e4: int) -> int:
        row = self._brokerages.get((day, segment))
        if row is None:
            row = _newest(day, (row for row in self._table.brokerage if row.segment == segment)) or _NO_BROKERAGE
            self._brokerages[day, segment] = row
        if not value_e4:
            return 0
        return min(row.most_e4, max(row.least_e4, divide_rounded(value_e4 * row.rate_e7, E7)))

    def _rates(self, day: date, exchange: Exchange, segment: Segment, side: Side) -> dict[Charge, int]:
        """The rates in force, by charge. Kept: break-even asks some thirty times for each position."""
        key = (day, exchange, segment, side)
        if key not in self._known:
            self._known[key] = {name: self._rate_e7(name, *key) for name in get_args(Charge)}
        return self._known[key]

    def _rate_e7(self, charge: Charge, day: date, exchange: Exchange, segment: Segment, side: Side) -> int:
        rows = (
            row
            for row in self._table.rates
            if row.charge == charge
            and (not row.exchanges or exchange in row.exchanges)
            and row.segment in ("", segment)
            and row.side in ("both", side.name.lower())
        )
        row = _newest(day, rows)
        return row.rate_e7 if row else 0


@cache
def tariff() -> Tariff:
    """The shipped tariff."""
    from importlib import resources  # the first frame of the terminal needs the values here, and not this

    return Tariff(resources.files("core").joinpath("tariff.json").read_bytes())


def segment_of(instrument: Instrument, product: Product) -> Segment:
    if instrument.is_derivative:
        return Segment.OPTION if instrument.kind == "OPT" else Segment.FUTURE
    return Segment.INTRADAY if product is Product.INTRADAY else Segment.DELIVERY


def _newest(day: date, rows: Iterable[_D]) -> _D | None:
    """The row that was in force on a day."""
    return max((row for row in rows if row.since <= day.isoformat()), key=lambda row: row.since, default=None)
