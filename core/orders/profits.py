"""Profit by position: realised and open, of the day, net of charges. Pulled by the screen; only charges are kept."""

from collections.abc import Callable
from datetime import date

from core.account import NO_CHARGES, Leg, MarkBy, Totals, total
from core.domain import Instrument, InstrumentKey, Position, PositionKey, Side
from core.orders.blotter import Blotter
from core.orders.breakeven import break_even_e4
from core.orders.charges import charges_by_position, depository_e4, order_charges, stand_in, to_paisa
from core.orders.positions import Positions, all_fills
from core.tariff import Charges, Tariff
from core.views import Quote, QuoteView

Finder = Callable[[InstrumentKey], Instrument | None]


class Profits:
    """The legs of the day. `day()` is the trading day whose tariff counts; `mark_by` may be changed at any time."""

    def __init__(
        self,
        positions: Positions,
        blotter: Blotter,
        quotes: QuoteView,
        find: Finder,
        tariff: Tariff,
        day: Callable[[], date],
    ) -> None:
        self._positions = positions
        self._blotter = blotter
        self._quotes = quotes
        self._find = find
        self._tariff = tariff
        self._day = day
        self._costs: tuple[object, dict[PositionKey, tuple[Charges, int, int | None]]] = (None, {})
        self._evens: dict[PositionKey, tuple[tuple[date, Position], int | None]] = {}
        self.mark_by = MarkBy.LAST

    @property
    def revision(self) -> int:
        """Rises with trades and openings; prices are asked for at each call."""
        return self._positions.revision

    def legs(self, by: MarkBy | None = None) -> tuple[Leg, ...]:
        """One leg a position, in the positions' order; valued as the screen is set to, unless `by` says otherwise."""
        costs, by = self._known_costs(), by or self.mark_by
        return tuple(self._leg(p, by, *costs.get(p.key, (NO_CHARGES, 0, None))) for p in self._positions.positions())

    def totals(self, by: MarkBy | None = None) -> Totals:
        return total(self.legs(by))

    def _known_costs(self) -> dict[PositionKey, tuple[Charges, int, int | None]]:
        day = self._day()
        if self._costs[0] != (self.revision, day):
            self._costs = ((self.revision, day), self._work_out(day))
        return self._costs[1]

    def _work_out(self, day: date) -> dict[PositionKey, tuple[Charges, int, int | None]]:
        fills = all_fills(self._blotter.orders(), self._blotter.fills_by_order())
        charges = charges_by_position(self._tariff, day, fills, self._find)
        found = {}
        for p in self._positions.positions():
            cost = charges.get(p.key, NO_CHARGES)
            demat_e4 = depository_e4(self._tariff, day, p.product, p.bought, p.sold)
            found[p.key] = (cost, demat_e4, self._known_break_even(day, p))
        return found

    def _known_break_even(self, day: date, p: Position) -> int | None:
        """Worked out anew only for the position that a trade changed."""
        kept = self._evens.get(p.key)
        if kept is None or kept[0] != (day, p):
            self._evens[p.key] = kept = ((day, p), self._break_even(day, p))
        return kept[1]

    def _break_even(self, day: date, p: Position) -> int | None:
        """Of the open units, as if they had come in one order at their average price."""
        instrument = self._find(InstrumentKey(p.exchange, p.token)) or stand_in(p.exchange, p.token, p.symbol)
        side = Side.BUY if p.net > 0 else Side.SELL
        cost_e4 = p.net * p.average_e4 if p.cost_e4 is None else p.cost_e4
        paid_e4 = order_charges(self._tariff, day, instrument, p.product, side, abs(cost_e4)).total_e4
        return break_even_e4(self._tariff, day, instrument, p.product, p.net, cost_e4, paid_e4)

    def _leg(self, p: Position, by: MarkBy, charges: Charges, demat_e4: int, even_e4: int | None) -> Leg:
        slot = self._quotes.slot(InstrumentKey(p.exchange, p.token))
        quote = None if slot is None else self._quotes.quote(slot)
        marked_e4 = None if quote is None else mark_e4(quote, p.net, by)
        realised_e4 = to_paisa(p.realised_e4)
        open_e4 = (
            None if p.net and marked_e4 is None else to_paisa(p.open_e4(marked_e4 or 0) + p.realised_e4) - realised_e4
        )
        return Leg(
            position=p,
            mark_e4=marked_e4,
            realised_e4=realised_e4,
            realised_fifo_e4=to_paisa(p.realised_fifo_e4),
            open_e4=open_e4,
            day_e4=_day_e4(p, marked_e4, quote),
            charges=charges,
            depository_e4=demat_e4,
            break_even_e4=even_e4,
        )


def mark_e4(quote: Quote, net: int, by: MarkBy) -> int | None:
    """What one unit is worth: the last trade, or the side of the book that would close it; None when there is none.

    An empty side of the book is no price: then the last trade stands in.
    """
    last_e4 = quote.ltp_e4 if quote.has_ltp else None
    if by is MarkBy.LAST or not net:
        return last_e4
    return (quote.bid_e4 if net > 0 else quote.ask_e4) or last_e4


def _open_e4(p: Position, marked_e4: int | None, realised_e4: int) -> int | None:
    """What is not realised of the rounded whole, so that both together are the whole to the paisa."""
    if p.net and marked_e4 is None:
        return None
    return to_paisa(p.open_e4(marked_e4 or 0) + p.realised_e4) - realised_e4


def _day_e4(p: Position, marked_e4: int | None, quote: Quote | None) -> int | None:
    """What today made: cash taken in, plus what is held now, less what was carried in, at the previous close."""
    if p.net and marked_e4 is None:
        return None
    close_e4 = quote.close_e4 if quote is not None else 0
    if p.carried and close_e4 <= 0:  # no previous close: all that was made of it since it was bought
        return to_paisa(p.open_e4(marked_e4 or 0) + p.realised_e4)
    return to_paisa(p.sold_value_e4 - p.bought_value_e4 + p.net * (marked_e4 or 0) - p.carried * close_e4)
