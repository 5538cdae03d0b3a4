"""The depth pane: five bids and asks of one instrument, our own orders among them, and the day's figures."""

from collections.abc import Hashable

from core.domain import Instrument, Order, Position, Side
from core.views import Desk
from widgets.cells import Cell, Line
from widgets.depth_lines import Book, depth_lines
from widgets.ink import Ink
from widgets.pane import LinePane
from widgets.quotes import pulse, seen


class DepthPane(LinePane, can_focus=True):
    """Shows `instrument`; set it with `show`."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.instrument: Instrument | None = None

    def show(self, instrument: Instrument | None) -> None:
        """The instrument to show from now on."""
        if instrument == self.instrument:
            return
        self.instrument = instrument
        self.forget()
        self.paint()

    def fingerprint(self, desk: Desk) -> Hashable:
        if self.instrument is None:
            return "nothing"
        key = self.instrument.key
        return (key, pulse(desk.quotes, key), desk.orders.revision, desk.positions.revision)

    def lines(self, desk: Desk, width: int, height: int) -> tuple[Line, ...]:
        if self.instrument is None:
            return ((Cell(" no instrument under the cursor", Ink.DIM),),)
        key = self.instrument.key
        mine = tuple(o for o in desk.orders.orders() if o.key == key and o.state.live)
        book = Book(self.instrument, seen(desk.quotes, key), _by_price(mine), _held(desk, self.instrument))
        return depth_lines(book, width, height)


def _by_price(orders: tuple[Order, ...]) -> dict[tuple[Side, int], int]:
    units: dict[tuple[Side, int], int] = {}
    for order in orders:
        at = (order.side, order.price_e4)
        units[at] = units.get(at, 0) + order.leaves
    return units


def _held(desk: Desk, instrument: Instrument) -> tuple[Position, ...]:
    positions = desk.positions.positions()
    return tuple(p for p in positions if (p.exchange, p.token) == instrument.key and p.net)
