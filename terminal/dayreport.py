"""The report of a day: what was traded, what it came to, and the code that proves the audit log later. Pure."""

from core.clock import hms
from core.domain import Position
from core.money import show_price, show_signed
from core.store.reads import StoredTrade
from core.tariff import tariff
from core.text import plain
from terminal.costs import ESTIMATE, DayCosts, day_costs

WIDTH = 96


def day_report(day: str, run: str, trades: list[StoredTrade], held: tuple[Position, ...], code: str) -> str:
    """Plain text, WIDTH columns. `code` is the audit log's outside code, empty when there is none."""
    bought_e4 = sum(p.bought_value_e4 for p in held)
    sold_e4 = sum(p.sold_value_e4 for p in held)
    lines = [
        f"DAY REPORT  {day}  account run {plain(run, 40)}",
        "Your own record of trades, laid out like a contract note. It is not the broker's contract note.",
        "",
        f"{'time':8}  {'order':20}  {'trade':14}  {'symbol':16}  {'':1} {'quantity':>9}  {'price':>12}",
        "-" * WIDTH,
        *(_trade(t) for t in trades),
        "-" * WIDTH,
        *(_position(p) for p in held),
        "",
        _sum("bought", show_price(bought_e4)),
        _sum("sold", show_price(sold_e4)),
        _sum("turnover", show_price(bought_e4 + sold_e4)),
        _sum("receivable (+) or payable (-)", show_signed(sold_e4 - bought_e4)),
        _sum("realised profit or loss, gross", show_signed(sum(p.realised_e4 for p in held))),
        *_costs(day_costs(day, trades, held), sold_e4 - bought_e4, sum(p.realised_e4 for p in held)),
        "Positions carried into the day: not included.",
        f"Audit code: {code or 'none'}",
    ]
    return "\n".join(lines) + "\n"


def _costs(costs: DayCosts, net_e4: int, realised_e4: int) -> list[str]:
    """Each kind of charge on a line, as a contract note has them, and what remains."""
    c = costs.charges
    kinds = (
        ("brokerage", c.brokerage_e4),
        ("exchange transaction charges", c.exchange_e4),
        ("stamp duty", c.stamp_e4),
        ("SEBI turnover fee", c.sebi_e4),
        ("transaction tax (STT or CTT)", c.stt_e4),
        ("GST", c.gst_e4),
        ("depository", costs.depository_e4),
    )
    return [
        "",
        *(_sum(name, show_price(value_e4)) for name, value_e4 in kinds),
        _sum("charges and taxes", show_price(costs.total_e4)),
        _sum("net receivable (+) or payable (-)", show_signed(net_e4 - costs.total_e4)),
        _sum("realised profit or loss, after charges", show_signed(realised_e4 - costs.total_e4)),
        f"Charges: {ESTIMATE.format(newest=tariff().newest())}.",
    ]


def _trade(stored: StoredTrade) -> str:
    f = stored.fill
    ids = f"{plain(f.broker_id, 20):20}  {plain(f.fill_id, 14):14}"
    price = show_price(f.price_e4, 4 if f.price_e4 % 100 else 2)
    symbol = f"{plain(f.symbol, 16):16}"
    return f"{hms(f.filled_ns)}  {ids}  {symbol}  {f.side.letter} {f.quantity:>9}  {price:>12}"


def _position(p: Position) -> str:
    name = f"{plain(p.symbol, 16):16} {p.product.short:4}"
    return f"{name}  bought {p.bought:>8}  sold {p.sold:>8}  open {p.net:>8}  realised {show_signed(p.realised_e4):>16}"


def _sum(name: str, value: str) -> str:
    return f"{name:<40}{value:>20}"
