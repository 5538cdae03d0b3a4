"""Position conversion: units of today's or a carried position go from one product to another. Pure."""

from collections.abc import Mapping

import msgspec

from core.domain import Exchange, InstrumentKey, Product, Side
from core.exchange.account import Account, Move, Slot
from core.exchange.listing import Listing
from core.exchange.orders import Refusal
from core.exchange.rules import Text, products_of
from core.exchange.switches import Switches
from core.money import divide_rounded, wire_int


class ConvertBody(msgspec.Struct):
    """The body of convertPosition; the figures of the position that clients also send are not needed."""

    exchange: Text = ""
    symboltoken: Text = ""
    oldproducttype: Text = ""
    newproducttype: Text = ""
    tradingsymbol: Text = ""
    transactiontype: Text = ""
    quantity: Text = ""
    type: Text = "DAY"


def conversion(
    body: ConvertBody, account: Account, listings: Mapping[InstrumentKey, Listing], switches: Switches
) -> Move | Refusal:
    """The move a body means; AB1016 without such a position, AB1017 when it cannot be converted so."""
    key = _key(body)
    listing = listings.get(key) if key else None
    source, target = (_product(text) for text in (body.oldproducttype, body.newproducttype))
    if listing is None or source is None:
        return Refusal("AB1016", "Position not found")
    position = account.slots.get(Slot(listing.key, source))
    if position is None or not position.net:
        return Refusal("AB1016", "Position not found")
    if target is None or target is source or target not in products_of(listing):
        return Refusal("AB1017", "Position conversion failed: not a product of this instrument")
    quantity = wire_int(body.quantity) or 0
    side = Side.BUY if position.net > 0 else Side.SELL
    if str(body.transactiontype) != side.name or str(body.type) not in switches.convert_types:
        return Refusal("AB1017", "Position conversion failed: side or type does not fit the position")
    if not 0 < quantity <= abs(position.net) or quantity % listing.instrument.lot:
        return Refusal("AB1017", "Position conversion failed: quantity does not fit the position")
    if target is Product.DELIVERY and side is Side.SELL:
        return Refusal("AB1017", "Position conversion failed: a short position cannot be delivered")
    value_e4 = divide_rounded(position.open_cost_e4 * quantity, abs(position.net))
    return Move(
        listing.key.exchange, listing.key.token, listing.instrument.symbol, source, target, side, quantity, value_e4
    )


def back(move: Move) -> Move:
    """The move that undoes it."""
    return msgspec.structs.replace(move, source=move.target, target=move.source)


def _key(body: ConvertBody) -> InstrumentKey | None:
    name = str(body.exchange)
    return InstrumentKey(Exchange(name), str(body.symboltoken)) if name in Exchange.__members__ else None


def _product(value: Text) -> Product | None:
    return Product(str(value)) if str(value) in Product.__members__ else None
