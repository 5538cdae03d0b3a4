"""What a ticket says, read strictly: typed text becomes a whole intent or the reason why it is none. Pure functions."""

from dataclasses import dataclass, replace

from core.domain import Instrument, InstrumentKey, OrderIntent, Position, Product, Side
from core.facts import Operation
from core.money import group, parse_price_e4, parse_quantity, rupees, show_price
from core.views import Desk, Quote
from widgets.cells import decimals
from widgets.quotes import seen


@dataclass(frozen=True, slots=True)
class Terms:
    """The part of a ticket that is chosen, and the texts its fields begin with.

    `follows`: the price keeps to the touch until it is edited.
    """

    intent_id: str
    instrument: Instrument
    side: Side
    product: Product
    source: str
    quantity_text: str
    price_text: str
    follows: bool = True


@dataclass(frozen=True, slots=True)
class Problem:
    """Why the typed text is not an order: which field, and a sentence that says what would be."""

    field: str
    text: str


def new_terms(intent_id: str, instrument: Instrument, side: Side, desk: Desk) -> Terms:
    """A ticket for a row: preset quantity at the touch."""
    price_text = touch_text(seen(desk.quotes, instrument.key).quote, side)
    quantity = str(desk.preset_quantity(instrument))
    return Terms(intent_id, instrument, side, products(instrument)[0], "ticket", quantity, price_text)


def exit_terms(intent_id: str, instrument: Instrument, position: Position, desk: Desk) -> Terms:
    """A ticket that closes a position: the other side, all of it, the same product."""
    side = Side.SELL if position.net > 0 else Side.BUY
    price_text = touch_text(seen(desk.quotes, instrument.key).quote, side)
    return Terms(intent_id, instrument, side, position.product, "exit", str(abs(position.net)), price_text)


def again_terms(intent: OrderIntent) -> Terms:
    """A ticket with the terms of an order that never became one."""
    quantity, price_text = str(intent.quantity), rupees(intent.price_e4)
    return Terms(
        intent.intent_id,
        intent.instrument,
        intent.side,
        intent.product,
        intent.source,
        quantity,
        price_text,
        follows=False,
    )


def products(instrument: Instrument) -> tuple[Product, ...]:
    """The products that may be chosen, the first is preset."""
    if instrument.is_derivative:
        return (Product.INTRADAY, Product.CARRYFORWARD)
    return (Product.INTRADAY, Product.DELIVERY)


def next_product(terms: Terms) -> Terms:
    """The other product; one that stands outside the list (margin trading) goes to the first."""
    choice = products(terms.instrument)
    at = choice.index(terms.product) + 1 if terms.product in choice else 0
    return replace(terms, product=choice[at % len(choice)])


def touch_text(quote: Quote, side: Side) -> str:
    """The price that trades now: ask for a buy, bid for a sell; the last price when it is empty; else nothing."""
    touch = quote.ask_e4 if side is Side.BUY else quote.bid_e4
    price_e4 = touch or (quote.ltp_e4 if quote.has_ltp and quote.ltp_e4 > 0 else 0)
    return rupees(price_e4) if price_e4 else ""


FOLLOW_BPS_MAX = 25
"""How far a followed price may drift from where the ticket opened; beyond it the person looks again."""


def followed(terms: Terms, shown_text: str, touch: str) -> str:
    """The text of a price that keeps to the touch, once the touch moved: the touch while it is near where the ticket
    opened, else what is shown."""
    start, now = parse_price_e4(terms.price_text), parse_price_e4(touch)
    if not terms.follows or start is None or now is None:
        return shown_text
    return touch if abs(now - start) * 10_000 <= start * FOLLOW_BPS_MAX else shown_text


def named_price(quote: Quote, name: str, tick_e4: int) -> str | None:
    """`bid`, `ask`, `ltp` or `mid` as text for the field; None when there is none. The middle is cut to a tick."""
    middle = (quote.bid_e4 + quote.ask_e4) // 2 // tick_e4 * tick_e4 if quote.bid_e4 and quote.ask_e4 else 0
    price_e4 = {
        "bid": quote.bid_e4,
        "ask": quote.ask_e4,
        "ltp": quote.ltp_e4 if quote.has_ltp else 0,
        "mid": middle,
    }[name]
    return rupees(price_e4) if price_e4 > 0 else None


def read(terms: Terms, quantity_text: str, price_text: str) -> OrderIntent | Problem:
    """The intent that these texts mean, or the first thing that is wrong with them."""
    quantity = read_quantity(terms.instrument, quantity_text)
    if isinstance(quantity, Problem):
        return quantity
    price_e4 = read_price(terms.instrument, price_text)
    if isinstance(price_e4, Problem):
        return price_e4
    return OrderIntent(
        intent_id=terms.intent_id,
        instrument=terms.instrument,
        side=terms.side,
        quantity=quantity,
        price_e4=price_e4,
        product=terms.product,
        source=terms.source,
    )


def read_quantity(instrument: Instrument, text: str) -> int | Problem:
    """Units, a positive multiple of the lot."""
    quantity = parse_quantity(text)
    if quantity is None:
        return Problem("quantity", "quantity: plain digits only, nine at most" if text else "quantity is empty")
    if quantity == 0:
        return Problem("quantity", "quantity: must be more than 0")
    if quantity % instrument.lot:
        below = quantity // instrument.lot * instrument.lot
        near = f"{group(below)} or {group(below + instrument.lot)}" if below else group(instrument.lot)
        return Problem("quantity", f"quantity: not a multiple of {group(instrument.lot)}; {near} is")
    return quantity


def read_price(instrument: Instrument, text: str) -> int | Problem:
    """A price in 1/10,000 rupee, a positive multiple of the tick."""
    price_e4 = parse_price_e4(text)
    if price_e4 is None:
        return Problem("price", "price: digits and one point only, like 1412.60" if text else "price is empty")
    if price_e4 == 0:
        return Problem("price", "price: must be more than 0")
    tick_e4, places = instrument.tick_e4, decimals(instrument)
    if tick_e4 <= 0:
        return Problem("price", "price: this instrument cannot be traded")
    if price_e4 % tick_e4:
        below = price_e4 // tick_e4 * tick_e4
        near = " or ".join(show_price(p, places) for p in (below, below + tick_e4) if p)
        return Problem("price", f"price: not a multiple of {show_price(tick_e4, places)}; {near} is")
    return price_e4


def nudged(instrument: Instrument, text: str, ticks: int, start_text: str) -> str:
    """The price moved by ticks, snapped to them; from `start_text` when the field holds no price. Never below one."""
    price_e4 = parse_price_e4(text)
    if price_e4 is None:
        price_e4 = parse_price_e4(start_text)
    if price_e4 is None:
        return text
    tick_e4 = max(1, instrument.tick_e4)
    moved = (price_e4 // tick_e4 + ticks) * tick_e4
    return rupees(max(tick_e4, moved))


def more_lots(instrument: Instrument, text: str, lots: int) -> str:
    """The quantity moved by lots, snapped to them; never below one lot."""
    quantity = parse_quantity(text) or 0
    moved = (quantity // instrument.lot + lots) * instrument.lot
    return str(min(999_999_999 // instrument.lot * instrument.lot, max(instrument.lot, moved)))


def operation_of(intent: OrderIntent, positions: tuple[Position, ...]) -> Operation:
    """Whether this only reduces what is held of the same instrument and product, or opens something."""
    for p in positions:
        same = InstrumentKey(p.exchange, p.token) == intent.instrument.key and p.product is intent.product
        if same and p.net * intent.side.value < 0 and intent.quantity <= abs(p.net):
            return Operation.REDUCE
    return Operation.OPEN
