"""The lines under the positions: what protects the focused one and what will bite; funds and the day's loss."""

from core.account import Caution, DayLoss, Guard, GuardState, Leg, Purse
from core.clock import hms
from core.domain import InstrumentKey
from core.money import group, show_price
from core.views import Desk
from widgets import cells
from widgets.cells import Cell, Line
from widgets.ink import Ink
from widgets.shed import Part, shed

OURS = "kept by Tezi, not by the broker: works only while this program runs"


def leg_notes(desk: Desk, leg: Leg | None, width: int) -> tuple[Line, ...]:
    """About the leg under the cursor: its whole name and its protection, then each caution."""
    if leg is None or not leg.position.net:
        return ()
    position = leg.position
    guard = desk.account.guard(position.key)
    instrument = desk.instrument(InstrumentKey(position.exchange, position.token))
    name = cells.name(instrument) if instrument else position.symbol
    ours: tuple[Line, ...] = ((Cell(f" {OURS}", Ink.DIM),),) if guard is not None else ()
    first = (Cell(f" {name} {position.product.short} ", Ink.STRONG), *guard_line(guard))
    return (first, *ours, *(caution_line(c) for c in desk.account.cautions(leg.position.key)))


def caution_line(caution: Caution, head: str = "") -> Line:
    """`SQ-OFF     the broker closes MIS at about 15:15`, with the row it is about before it."""
    word, text = (Ink.WARN, Ink.TEXT) if caution.loud else (Ink.DIM, Ink.DIM)
    return (Cell(f" {head}{caution.word:<11}", word), Cell(caution.text, text))


def guard_line(guard: Guard | None) -> Line:
    """The state of a protection in words, and whose it is."""
    if guard is None:
        return (Cell(" no stop and no target", Ink.DIM),)
    ink = Ink.ALARM if guard.state is GuardState.FAILED else Ink.WARN if not guard.armed else Ink.TEXT
    if guard.state is GuardState.BLOCKED:
        ink = Ink.WARN
    parts = [f"{name} {show_price(v)}" for name, v in (("stop", guard.stop_now_e4), ("target", guard.target_e4)) if v]
    if guard.trail_e4:
        parts.append(f"trailing {show_price(guard.trail_e4)} from {show_price(guard.best_e4)}")
    why = f"  {guard.why}" if guard.why else ""
    return (
        Cell(f" {guard.state.value:<11}", ink),
        Cell(f"{', '.join(parts)}, since {hms(guard.set_ns)}"),
        Cell(why, Ink.WARN),
    )


def funds_line(purse: Purse, loss: DayLoss, width: int) -> Line:
    """Free and used funds with their age; the day's loss against its limit."""
    parts: list[Part] = []
    if purse.net_e4 is None:
        parts.append(Part((Cell(f"Funds: {purse.failed or 'the broker said nothing'}", Ink.WARN),)))
    else:
        parts.append(Part((Cell("Free ", Ink.DIM), Cell(show_price(purse.net_e4)))))
        if purse.used_e4 is not None:
            parts.append(Part((Cell("Used ", Ink.DIM), Cell(show_price(purse.used_e4))), rank=2))
        if purse.cash_e4 is not None:
            parts.append(Part((Cell("Cash ", Ink.DIM), Cell(show_price(purse.cash_e4))), rank=4))
        if purse.collateral_e4:
            parts.append(Part((Cell("Collateral ", Ink.DIM), Cell(show_price(purse.collateral_e4))), rank=5))
        old = purse.failed or (purse.age_ms or 0) > 120_000
        parts.append(Part((Cell(f"{cells.age(purse.age_ms)} old", Ink.WARN if old else Ink.DIM),), rank=3))
    parts.append(Part(_loss(loss), rank=0))
    return (Cell(" "), *shed(tuple(parts), width - 1, Cell("   ", Ink.DIM)))


def _loss(loss: DayLoss) -> Line:
    limit_e4 = loss.limit_e4 + loss.accepted_e4
    if loss.latched:
        return (
            Cell(f" DAY LOSS LIMIT: only closing  {show_price(loss.loss_e4)} of {show_price(limit_e4)} ", Ink.ALARM),
        )
    share = loss.loss_e4 / limit_e4 if limit_e4 else 0.0
    full, empty = cells.bar(share, 10)
    ink = Ink.WARN if share >= 0.7 else Ink.TEXT
    words = f"Day loss {cells.rupees_whole(loss.loss_e4)} of {cells.rupees_whole(limit_e4)} "
    return (Cell(words, Ink.DIM if share < 0.7 else Ink.WARN), Cell(full, ink), Cell(empty, Ink.DIM))


def leg_details(leg: Leg) -> tuple[Line, ...]:
    """Every figure of one leg: how it was traded, made, charged."""
    p, c = leg.position, leg.charges
    none = Cell("no price", Ink.DIM)
    rows: list[tuple[str, Cell]] = [
        ("Instrument", Cell(f"{p.symbol}  {p.exchange} {p.token}  {p.product.short}")),
        ("Net", cells.signed_quantity(p.net)),
        ("Carried in", cells.signed_quantity(p.carried)),
        ("Bought", Cell(f"{group(p.bought)} for {show_price(p.bought_value_e4)}")),
        ("Sold", Cell(f"{group(p.sold)} for {show_price(p.sold_value_e4)}")),
        ("Average", cells.price(p.average_e4, 4)),
        ("Valued at", none if leg.mark_e4 is None else cells.price(leg.mark_e4)),
        ("Open P&L", none if leg.open_e4 is None else cells.profit(leg.open_e4)),
        ("Realised", cells.profit(leg.realised_e4)),
        ("  first in, first out", cells.profit(leg.realised_fifo_e4)),
        ("Day P&L", none if leg.day_e4 is None else cells.profit(leg.day_e4)),
        ("Brokerage", Cell(show_price(c.brokerage_e4))),
        ("Transaction tax", Cell(show_price(c.stt_e4))),
        ("Exchange", Cell(show_price(c.exchange_e4))),
        ("SEBI fee", Cell(show_price(c.sebi_e4))),
        ("Stamp duty", Cell(show_price(c.stamp_e4))),
        ("GST", Cell(show_price(c.gst_e4))),
        ("Depository", Cell(show_price(leg.depository_e4))),
        ("Charges", Cell(f"{show_price(leg.charges_e4)}  estimated by the dated tariff", Ink.TEXT)),
        ("Net of charges", none if leg.net_e4 is None else cells.profit(leg.net_e4)),
        ("Break-even", cells.price(leg.break_even_e4 or 0)),
    ]
    return tuple((Cell(f" {name:<22}", Ink.DIM), value) for name, value in rows)
