"""One reconciliation: a consistent cut of the broker's books, taken in, compared, and said aloud."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from core.clock import Clock
from core.domain import Fill, InstrumentKey, PositionKey, Product
from core.engine.adopt import Adopter
from core.engine.earlier import Report
from core.facts import EventKind
from core.money import divide_rounded
from core.orders.blotter import Blotter
from core.orders.positions import Opening, Positions
from core.orders.reconcile import Cut, fill_gaps, fingerprint, position_differences
from core.outcome import Failed, Read
from core.ports import Broker, BrokerOrder, BrokerPosition
from core.standing import BookDifference, BooksReport
from core.supervise import Wake

BookReader = Callable[[], Awaitable[Read[tuple[BrokerOrder, ...]]]]

CUTS_MAX = 3
GRACE_S = 2.0
"""How long the trade book and the positions may lag the order book before a difference is one."""


@dataclass(slots=True)
class Reconciler:
    """`label` names an instrument; `step` shows progress; `read` counts order-service reads on their circuit;
    `booked` is told of new fills."""

    clock: Clock
    broker: Broker
    blotter: Blotter
    positions: Positions
    adopter: Adopter
    report: Report
    step: Callable[[str], None]
    label: Callable[[InstrumentKey], str]
    booked: Callable[[tuple[Fill, ...]], None]
    opened: bool = False

    last: BooksReport | None = None

    async def run(self, reason: str, book: BookReader) -> str:
        """Empty when the books agree, else what differs or could not be read. `book` reads and takes the orders."""
        cut = await self._taken(reason, book)
        if isinstance(cut, str):
            return cut
        differences = self._differences(cut)
        if differences:
            await Wake(self.clock).wait(GRACE_S)
            cut = await self._taken(reason, book)
            if isinstance(cut, str):
                return cut
            differences = self._differences(cut)
        for one in differences:
            self.report(EventKind.RECONCILE, f"MISMATCH {one.text}", True)
        found = f"{len(differences)} differences with the broker's books: {differences[0].text}" if differences else ""
        external = sum(o.external for o in self.blotter.orders())
        self.last = BooksReport(
            self.clock.wall_ns(), reason, found, False, len(cut.orders), external, len(cut.fills), len(cut.positions),
            differences,
        )  # fmt: skip
        if found:
            return found
        counts = f"{len(cut.orders)} orders, {len(cut.fills)} trades, {len(cut.positions)} positions"
        self.report(EventKind.RECONCILE, f"broker book = local book  ({counts})  {reason}", False)
        return ""

    def _unread(self, reason: str, failed: Failed) -> str:
        """What was known of the differences stays: a failed read is no proof that they are gone."""
        why = f"could not read the broker's books: {failed.why}"
        known = self.last.differences if self.last is not None else ()
        self.last = BooksReport(self.clock.wall_ns(), reason, why, True, differences=known)
        return why

    async def trades(self) -> bool:
        """Read the trade book once, for exact fill prices; True when it was answered."""
        answer = await self.broker.trade_book()
        if isinstance(answer, Failed):
            return False
        self.booked(self.blotter.book_fills(answer.value))
        return True

    async def _taken(self, reason: str, book: BookReader) -> Cut | str:
        """A consistent cut, taken in, or why there is none."""
        cut = await self._cut(book)
        if isinstance(cut, Failed):
            return self._unread(reason, cut)
        if cut is None:
            return f"the broker's books changed during each of {CUTS_MAX} reads; reading again"
        self._take(cut)
        return cut

    async def _cut(self, book: BookReader) -> Cut | Failed | None:
        """Books read before and after everything else, again while they change; None when every read saw a change.

        Trades of a read that saw one are taken all the same: each is a fact of its own. Positions are not:
        beside orders of another instant a trade between them would look as if it were carried into the day.
        """
        for attempt in range(CUTS_MAX):
            self.step(f"reading the broker's books, {attempt + 1} of at most {CUTS_MAX}")
            read = await self._once(book)
            if isinstance(read, Failed):
                return read
            cut, steady = read
            if steady:
                return cut
            self.booked(self.blotter.book_fills(cut.fills))
        return None

    async def _once(self, book: BookReader) -> tuple[Cut, bool] | Failed:
        before = await book()
        if isinstance(before, Failed):
            return before
        fills = await self.broker.trade_book()
        if isinstance(fills, Failed):
            return fills
        positions = await self.broker.positions()
        if isinstance(positions, Failed):
            return positions
        after = await book()
        if isinstance(after, Failed):
            return after
        steady = fingerprint(before.value) == fingerprint(after.value)
        return Cut(after.value, fills.value, positions.value), steady

    def _take(self, cut: Cut) -> None:
        self.booked(self.blotter.book_fills(cut.fills))
        if not self.opened:
            self.positions.set_openings(self._openings(cut.positions))
            self.opened = True

    def _openings(self, rows: tuple[BrokerPosition, ...]) -> dict[PositionKey, Opening]:
        """What was carried into the day: the broker's net beyond today's trades. Intraday products carry nothing."""
        traded = {p.key: p.net for p in self.positions.positions()}
        openings = {}
        for row in rows:
            key = PositionKey(row.exchange, row.token, row.product)
            carried = row.net - traded.get(key, 0)
            if carried and row.product is not Product.INTRADAY:
                quantity, value_e4 = (row.bought, row.bought_value_e4) if carried > 0 else (row.sold, row.sold_value_e4)
                openings[key] = Opening(row.symbol, carried, divide_rounded(value_e4, quantity) if quantity else 0)
        return openings

    def _differences(self, cut: Cut) -> tuple[BookDifference, ...]:
        held = [o for o in self.blotter.orders() if o.filled or o.broker_id]
        gaps = fill_gaps((o for o in held if o.filled), cut.fills)

        def name(key: PositionKey) -> str:
            return self.label(InstrumentKey(key.exchange, key.token))

        return gaps + position_differences(self.positions.positions(), cut.positions, name)
