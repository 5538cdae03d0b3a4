"""The lines of the ticket. Pure functions over what it shows."""

from dataclasses import dataclass

from core.account import TicketCost
from core.domain import OrderIntent, Side
from core.money import group, show_price
from core.views import Freshness, Headroom, Verdict
from terminal.actions import Scope, action, key_name, key_of
from terminal.screens.ticket_form import Problem, Terms, products
from terminal.screens.ticket_gate import verdict_lines
from widgets import cells
from widgets.cells import Cell, Line, fit, spread, width_of
from widgets.ink import Ink
from widgets.quotes import Seen


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything a frame of the ticket says. `blocked` is the mode's reason against it, `answer` what Enter brought,
    `room` the largest quantity that passes."""

    terms: Terms
    now: Seen
    intent: OrderIntent | Problem
    verdict: Verdict | None
    blocked: str
    answer: str
    room: Headroom | None = None
    cost: TicketCost | None = None


def head_lines(shown: Shown, width: int) -> tuple[Line, ...]:
    """Side and instrument, the touch and the last price with its age, the product and the terms."""
    name, market = _named(shown), _market(shown)
    if width_of(name) + width_of(market) < width:
        return (spread(name, market, width), (), _product_line(shown, width))
    return (name, (Cell("  "), *market), _product_line(shown, width))


def _named(shown: Shown) -> Line:
    i = shown.terms.instrument
    buying = shown.terms.side is Side.BUY
    side = Cell("  BUY ▸ sell" if buying else "  buy ◂ SELL", cells.side_ink(shown.terms.side))
    return (side, Cell(f"   {cells.name(i)}", Ink.STRONG), Cell(f" {i.exchange} {i.kind}", Ink.DIM))


def _market(shown: Shown) -> Line:
    q = shown.now.quote
    return (*_last(shown), *_touch(q.bid_e4, q.ask_e4, shown), Cell(" "))


def _last(shown: Shown) -> Line:
    now = shown.now
    last = cells.last_price(now.quote, now.freshness, cells.decimals(shown.terms.instrument))
    fresh = now.freshness is Freshness.FRESH
    aged = (
        f" ({cells.age(now.age_ms)})"
        if fresh
        else f" {now.freshness.mark} {now.freshness.word} {cells.age(now.age_ms)}"
    )
    return (Cell("LTP ", Ink.DIM), last, Cell(aged, Ink.DIM if fresh else Ink.WARN))


def _touch(bid_e4: int, ask_e4: int, shown: Shown) -> Line:
    places = cells.decimals(shown.terms.instrument)
    bid = cells.price(bid_e4, places, cells.live_ink(shown.now.freshness, Ink.BUY))
    ask = cells.price(ask_e4, places, cells.live_ink(shown.now.freshness, Ink.SELL))
    return (Cell("   bid/ask ", Ink.DIM), bid, Cell(" / ", Ink.DIM), ask)


def _product_line(shown: Shown, width: int) -> Line:
    line: list[Cell] = [Cell("  Product   ", Ink.DIM)]
    choice = products(shown.terms.instrument)
    if shown.terms.product not in choice:
        choice = (shown.terms.product, *choice)
    for product in choice:
        on = product is shown.terms.product
        line.append(Cell(f"[{product.short}]" if on else f" {product.short} ", Ink.STRONG if on else Ink.DIM))
    line.append(Cell(f"  {key_of('ticket.product')} changes", Ink.DIM))
    what = "exit" if shown.terms.source == "exit" else "order"
    return spread(tuple(line), (Cell(f"{what} LIMIT DAY ", Ink.DIM),), width)


def quantity_note(shown: Shown) -> tuple[Line, ...]:
    """Value and lots of what is typed, or what is wrong with it."""
    if isinstance(shown.intent, Problem):
        return _problem(shown.intent, "quantity")
    lot = shown.terms.instrument.lot
    lots = f"   lots {group(shown.intent.quantity // lot)} of {group(lot)}" if lot > 1 else ""
    freeze = shown.terms.instrument.freeze_quantity
    most = f"   freeze {group(freeze)}" if freeze else ""
    value = (Cell(" value "), Cell(show_price(shown.intent.value_e4), Ink.STRONG))
    return ((*value, *_cost(shown), Cell(lots + most, Ink.DIM)),)


def _cost(shown: Shown) -> Line:
    """What the order costs by the tariff, and where closing it again nets nothing; an exit needs only the first."""
    if shown.cost is None:
        return ()
    cost = (Cell("   charges ", Ink.DIM), Cell(show_price(shown.cost.charges_e4)))
    if shown.terms.source == "exit" or shown.cost.break_even_e4 is None:
        return cost
    even = show_price(shown.cost.break_even_e4, cells.decimals(shown.terms.instrument))
    return (*cost, Cell("   even at ", Ink.DIM), Cell(even))


def price_note(shown: Shown) -> tuple[Line, ...]:
    """What the price is beside the market, and the keys that change it; or what is wrong with it."""
    if isinstance(shown.intent, Problem):
        return _problem(shown.intent, "price")
    names = ("price.bid", "price.ask", "price.ltp", "price.mid")
    keys = "  ".join(f"{key_of(n)} {n.removeprefix('price.')}" for n in names)
    return ((Cell(f" {_relation(shown, shown.intent.price_e4):<8}"), Cell(f" ↑↓ tick  {keys}", Ink.DIM)),)


def _relation(shown: Shown, price_e4: int) -> str:
    q = shown.now.quote
    for name, value_e4 in (("ask", q.ask_e4), ("bid", q.bid_e4), ("ltp", q.ltp_e4)):
        if value_e4 and price_e4 == value_e4:
            return f"= {name}"
    if not q.has_ltp or q.ltp_e4 <= 0:
        return ""
    return cells.percent(round((price_e4 - q.ltp_e4) * 10_000 / q.ltp_e4))


def typed_note(phrase: str) -> tuple[Line, ...]:
    """What has to be typed, and then Enter."""
    return ((Cell(f" type {phrase}, then {key_of('ticket.send')}", Ink.WARN),),) if phrase else ((),)


def _problem(problem: Problem, field: str) -> tuple[Line, ...]:
    said = problem.text.removeprefix(f"{field}: ")
    return ((Cell(" " + said, Ink.WARN),),) if problem.field == field else ((),)


def gate_lines(shown: Shown, width: int, height: int) -> tuple[Line, ...]:
    """What the gate says, the worst first; below it what the mode says and what Enter brought."""
    said: tuple[Line, ...] = ((Cell(fit(f"  {shown.answer}", width), Ink.ALARM),),) if shown.answer else ()
    blocked: tuple[Line, ...] = (
        ((Cell(fit(f"  cannot be sent: {shown.blocked}", width), Ink.WARN),),) if shown.blocked else ()
    )
    room = max(1, height - len(said) - len(blocked))
    if shown.verdict is None:
        body: tuple[Line, ...] = ((), (Cell("  RISK GATE   waits for a quantity and a price", Ink.DIM),))
    else:
        body = ((), *verdict_lines(shown.verdict, shown.room, width, room - 1))
    return (*body[:room], *blocked, *said)


def foot_lines(side: Side, width: int) -> tuple[Line, ...]:
    """The keys of the ticket."""
    other = "ticket.sell" if side is Side.BUY else "ticket.buy"
    flip = "flip to SELL" if side is Side.BUY else "flip to BUY"
    pairs = (
        ("ticket.send", "send"),
        ("ticket.next", "next"),
        (other, flip),
        ("ticket.largest", "largest"),
        ("ticket.close", "close"),
    )
    line: list[Cell] = [Cell(" ")]
    for action_id, word in pairs:
        line += [Cell(f" {key_name(action(action_id).keys[0])}", Ink.KEY), Cell(f" {word}  ", Ink.DIM)]
    return ((), tuple(line))


SCOPES = (Scope.TICKET, Scope.PRICE, Scope.QUANTITY)
"""Whose keys the ticket answers to."""
