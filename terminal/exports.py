"""What can be exported, as sheets: orders, trades, positions and profit of days, and the audit log."""

import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from core.clock import hms, iso_to_ns, ist_day
from core.domain import Position
from core.orders.positions import fold
from core.store.audit.segments import segments
from core.store.reads import StoredOrder, StoredTrade
from core.store.sheets import Cell, Kind, Sheet
from core.tariff import tariff
from terminal.costs import day_costs, trade_charges

T, C, M = Kind.TEXT, Kind.COUNT, Kind.MONEY

ORDERS = (
    *(("day", T), ("time", T), ("run", T), ("tag", T), ("broker_id", T), ("exchange", T), ("symbol", T), ("side", T)),
    *(("type", T), ("product", T), ("quantity", C), ("price", M), ("trigger", M), ("filled", C), ("average", M)),
    *(("filled_value", M), ("state", T), ("origin", T), ("reason", T)),
)
TRADES = (
    *(("day", T), ("time", T), ("run", T), ("trade_id", T), ("broker_id", T), ("exchange", T), ("symbol", T)),
    *(("side", T), ("product", T), ("quantity", C), ("price", M), ("bought_value", M), ("sold_value", M)),
    ("charges", M),
)
POSITIONS = (
    *(("day", T), ("run", T), ("exchange", T), ("symbol", T), ("product", T), ("bought", C), ("bought_value", M)),
    *(("sold", C), ("sold_value", M), ("net", C), ("average", M), ("realised", M), ("charges", M)),
    ("realised_after_charges", M),
)
PNL = (
    *(("day", T), ("run", T), ("trades", C), ("bought_value", M), ("sold_value", M), ("turnover", M)),
    *(("realised_before_charges", M), ("brokerage", M), ("exchange_charges", M), ("stamp_duty", M), ("sebi_fee", M)),
    *(("transaction_tax", M), ("gst", M), ("depository", M), ("charges", M), ("realised_after_charges", M)),
    *(("open_positions", C), ("tariff_of", T)),
)
AUDIT = (("record", C), ("time_utc", T), ("kind", T), ("fields", T), ("mac", T))


def orders_sheet(orders: list[StoredOrder]) -> Sheet:
    rows: list[tuple[Cell, ...]] = []
    for stored in orders:
        o = stored.order
        rows.append(
            (
                *(stored.day, hms(o.created_ns), stored.run, o.tag, o.broker_id, o.exchange.value, o.symbol),
                *(o.side.name, o.order_type.value, o.product.value, o.quantity, o.price_e4, o.trigger_e4, o.filled),
                *(o.average_e4, o.average_e4 * o.filled, o.state.value, o.source, o.reason),
            )
        )
    return Sheet("orders", ORDERS, rows, _totals(ORDERS, rows, {"quantity", "filled", "filled_value"}))


def trades_sheet(trades: list[StoredTrade]) -> Sheet:
    """The charges of an order, which are for all its trades together, stand with the last of them."""
    rows: list[tuple[Cell, ...]] = []
    costs = trade_charges(trades)
    for at, stored in enumerate(trades):
        f = stored.fill
        value_e4 = f.quantity * f.price_e4
        sides = (value_e4, None) if f.side > 0 else (None, value_e4)
        rows.append(
            (
                *(stored.day, hms(f.filled_ns), stored.run, f.fill_id, f.broker_id, f.exchange.value, f.symbol),
                *(f.side.name, f.product.value, f.quantity, f.price_e4, *sides, costs[at]),
            )
        )
    return Sheet("trades", TRADES, rows, _totals(TRADES, rows, {"quantity", "bought_value", "sold_value", "charges"}))


def positions_by_day(trades: list[StoredTrade]) -> Iterator[tuple[str, str, list[StoredTrade], tuple[Position, ...]]]:
    """(day, run, its trades, positions folded from them alone): what was carried into a day is not known here."""
    ordered = sorted(trades, key=lambda t: (t.day, t.run, t.fill.filled_ns, t.fill.fill_id))
    for (day, run), group in itertools.groupby(ordered, key=lambda t: (t.day, t.run)):
        own = list(group)
        yield day, run, own, fold((t.fill for t in own), {})


def positions_sheet(trades: list[StoredTrade]) -> Sheet:
    rows: list[tuple[Cell, ...]] = []
    for day, run, own, held in positions_by_day(trades):
        costs = day_costs(day, own, held)
        for p in held:
            cost_e4 = costs.of(p)
            rows.append(
                (
                    *(day, run, p.exchange.value, p.symbol, p.product.value, p.bought, p.bought_value_e4, p.sold),
                    *(p.sold_value_e4, p.net, p.average_e4, p.realised_e4, cost_e4, p.realised_e4 - cost_e4),
                )
            )
    summed = {"bought", "bought_value", "sold", "sold_value", "realised", "charges", "realised_after_charges"}
    return Sheet("positions", POSITIONS, rows, _totals(POSITIONS, rows, summed))


def pnl_sheet(trades: list[StoredTrade]) -> Sheet:
    rows: list[tuple[Cell, ...]] = []
    for day, run, own, held in positions_by_day(trades):
        bought_e4, sold_e4 = sum(p.bought_value_e4 for p in held), sum(p.sold_value_e4 for p in held)
        open_count = sum(1 for p in held if p.net)
        realised_e4 = sum(p.realised_e4 for p in held)
        costs = day_costs(day, own, held)
        c = costs.charges
        rows.append(
            (
                *(day, run, len(own), bought_e4, sold_e4, bought_e4 + sold_e4, realised_e4),
                *(c.brokerage_e4, c.exchange_e4, c.stamp_e4, c.sebi_e4, c.stt_e4, c.gst_e4, costs.depository_e4),
                *(costs.total_e4, realised_e4 - costs.total_e4, open_count, tariff().newest()),
            )
        )
    kept = {"day", "run", "tariff_of", "open_positions"}
    return Sheet("pnl", PNL, rows, _totals(PNL, rows, {name for name, _ in PNL} - kept))


def audit_sheet(home: Path, first: str, last: str) -> Sheet:
    """Records of the days (IST, real time) from `first` to `last`; an empty `first` means all. Streams."""
    return Sheet("audit", AUDIT, _audit_rows(home, first, last))


def _audit_rows(home: Path, first: str, last: str) -> Iterator[tuple[Cell, ...]]:
    for path in segments(home):
        with path.open("rb") as file:
            for raw in file:
                record = msgspec.json.decode(raw, type=_Record)
                if not first or first <= ist_day(iso_to_ns(record.t)) <= last:
                    yield record.n, record.t, record.k, bytes(record.d).decode(), record.h


class _Record(msgspec.Struct):
    n: int
    t: str
    k: str
    d: msgspec.Raw
    h: str


def _totals(
    columns: tuple[tuple[str, Kind], ...], rows: Iterable[tuple[Cell, ...]], summed: set[str]
) -> tuple[Cell, ...]:
    listed = list(rows)
    return tuple(
        sum(int(row[at] or 0) for row in listed) if name in summed else None for at, (name, _) in enumerate(columns)
    )
