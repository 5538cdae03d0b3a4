"""The lines of the depth pane. Pure functions: a book and a width in, lines out."""

from collections.abc import Mapping
from dataclasses import dataclass

from core.clock import hms
from core.depthtools import book_ratio, walk
from core.domain import Instrument, Position, Side
from core.money import divide_rounded, group, show_price, show_signed
from core.views import Freshness, Level
from widgets import cells
from widgets.cells import Cell, Line
from widgets.ink import Ink
from widgets.quotes import Seen
from widgets.shed import Part, shed

LEVELS = 5
EMPTY_LEVEL = Level(0, 0, 0)
BOOK_BAR = 10
UNITS, LOTS = (100, 1_000, 10_000), (1, 10, 50)
"""What the walk of the book is shown for: units of a share, lots of a contract."""
WIDE = 58
"""From this width on a level has its own column for our orders."""


@dataclass(frozen=True, slots=True)
class Book:
    """What the pane shows: `mine` is units of ours by side and price, `held` our open positions."""

    instrument: Instrument
    seen: Seen
    mine: Mapping[tuple[Side, int], int]
    held: tuple[Position, ...]


def depth_lines(book: Book, width: int, height: int) -> tuple[Line, ...]:
    """The pane: title, ladder, totals, the day, the band, what is ours; the last ones leave when it is low."""
    wide = width >= WIDE
    ladder = _ladder(book, width, wide=wide)
    more = [
        _balance(book, width, wide=wide),
        *_day(book, width, wide=wide),
        _band(book, width),
        *_own(book, width),
        *_walks(book, width),
    ]
    return tuple([_title(book, width, wide=wide), *ladder, *more][:height])


def _title(book: Book, width: int, *, wide: bool) -> Line:
    i, now = book.instrument, book.seen
    bps = now.quote.change_bps
    last = cells.last_price(now.quote, now.freshness, cells.decimals(i))
    moved = cells.change(bps, now.freshness)
    sign = Cell(f" {cells.arrow(bps)} ", moved.ink)
    price = (Cell(" "), last, sign, moved, Cell("%" if bps is not None else "", moved.ink), _age_cell(now))
    name = (Cell(f" {cells.name(i)}", Ink.STRONG), Cell(f" {i.exchange} {i.kind}" if wide else "", Ink.DIM))
    facts = (Cell(_facts(i), Ink.DIM),) if i.tick_e4 else ()
    left = (*name, *price)
    return cells.spread(left, (*facts, Cell(" ")), width)


def _age_cell(now: Seen) -> Cell:
    if now.freshness is Freshness.FRESH:
        return Cell("")
    text = f" {now.freshness.mark} {now.freshness.word} {cells.age(now.age_ms)}".rstrip()
    return Cell(text, Ink.ALARM if now.freshness is Freshness.DOWN else Ink.WARN)


def _facts(i: Instrument) -> str:
    tick = show_price(i.tick_e4, cells.decimals(i))
    return f"tick {tick}  lot {group(i.lot)}"


@dataclass(frozen=True, slots=True)
class Widths:
    """Cells of the columns of one side: our own orders (0 when they share the next), count, units, price."""

    own: int
    orders: int
    quantity: int
    price: int
    gap: int


def _widths(book: Book, half: int, *, wide: bool) -> Widths:
    """Columns as wide as what stands in them, so that the points of the prices are in line; the rest is for ours."""
    q, places = book.seen.quote, cells.decimals(book.instrument)
    levels = [x for x in (*q.bids[:LEVELS], *q.asks[:LEVELS]) if x.quantity]
    price = max((len(show_price(x.price_e4, places)) for x in levels), default=8)
    quantity = max((len(group(x.quantity)) for x in levels), default=4)
    gap = 3 if wide else 1
    orders = max(0, min(3, half - price - quantity - 2 * gap))
    return Widths(max(0, half - price - quantity - orders - 2 * gap), orders, quantity, price, gap)


def _ladder(book: Book, width: int, *, wide: bool) -> list[Line]:
    half = (width - 3) // 2
    widths = _widths(book, half, wide=wide)
    q = book.seen.quote
    lines = [_both(_head(Side.BUY, widths), _head(Side.SELL, widths), width)]
    for i in range(LEVELS):
        bid = q.bids[i] if i < len(q.bids) else EMPTY_LEVEL
        ask = q.asks[i] if i < len(q.asks) else EMPTY_LEVEL
        lines.append(_both(_half(book, Side.BUY, bid, widths), _half(book, Side.SELL, ask, widths), width))
    return lines


def _both(left: Line, right: Line, width: int) -> Line:
    """Bids end at the middle, asks begin there."""
    pad = max(0, (width - 3) // 2 - cells.width_of(left))
    return (Cell(" " * pad), *left, Cell(" │ ", Ink.DIM), *right)


def _head(side: Side, widths: Widths) -> Line:
    name = Cell("BID" if side is Side.BUY else "ASK", Ink.HEAD)
    orders = Cell("ord" if widths.orders >= 3 else "", Ink.HEAD)
    return _place(side, widths, Cell("mine" if widths.own > 4 else "", Ink.HEAD), orders, Cell("qty", Ink.HEAD), name)


def _half(book: Book, side: Side, level: Level, widths: Widths) -> Line:
    """One side of a level. Ours stands in the outer column, or in place of the count when there is none."""
    ink = cells.side_ink(side)
    if not level.quantity:
        return _place(side, widths, cells.BLANK, cells.BLANK, cells.BLANK, cells.DASH)
    mine = book.mine.get((side, level.price_e4), 0)
    own, orders = cells.BLANK, Cell(str(level.orders), Ink.DIM)
    if mine and widths.own >= 5:
        own = Cell(f"{side.letter} {group(mine)}", ink)
    elif mine:
        orders = Cell(f"{side.letter}{mine}", ink)
    price = Cell(show_price(level.price_e4, cells.decimals(book.instrument)), cells.live_ink(book.seen.freshness, ink))
    return _place(side, widths, own, orders, Cell(group(level.quantity)), price)


def _place(side: Side, w: Widths, own: Cell, orders: Cell, quantity: Cell, price: Cell) -> Line:
    """The cells in the order of their side: bids from the outside in, asks from the inside out."""
    own_cell = Cell(cells.fit(f" {own.text}" if own.text else "", w.own), own.ink)
    count = Cell(cells.fit(orders.text, w.orders, right=True), orders.ink)
    units = Cell(cells.fit(quantity.text, w.quantity, right=True), quantity.ink)
    at = Cell(cells.fit(price.text, w.price, right=True), price.ink)
    gap = Cell(" " * w.gap)
    if side is Side.BUY:
        return (own_cell, count, gap, units, gap, at)
    return (at, gap, units, gap, count, own_cell)


def _balance(book: Book, width: int, *, wide: bool) -> Line:
    """The balance of the five levels when there is room, and that of all orders in the market."""
    share = book_ratio(book.seen.quote)
    if not wide or share is None:
        return _totals(book, width)
    full, empty = cells.bar(share, BOOK_BAR)
    five: Line = (
        Cell(" 5 levels "), Cell(full, Ink.BUY), Cell(empty, Ink.SELL), Cell(f" {round(share * 100)}%   all")
    )  # fmt: skip
    return (*five, *_totals(book, width - cells.width_of(five)))


def _walks(book: Book, width: int) -> list[Line]:
    """What some quantities would cost now, a line a side: the average price, and what it is worse than the touch."""
    q, i = book.seen.quote, book.instrument
    if not i.tick_e4 or not (q.bid_e4 or q.ask_e4):
        return []
    sizes = tuple(i.lot * n for n in (LOTS if i.lot > 1 else UNITS))
    return [_walk_line(book, side, sizes, width) for side in (Side.BUY, Side.SELL)]


def _walk_line(book: Book, side: Side, sizes: tuple[int, ...], width: int) -> Line:
    ink, places = cells.side_ink(side), cells.decimals(book.instrument)
    parts = []
    for n, size in enumerate(sizes):
        found = walk(book.seen.quote, side, size)
        if found.complete:
            worse_bps = found.slippage_bps or 0.0
            price = Cell(show_price(found.average_e4, places), cells.live_ink(book.seen.freshness, ink))
            worse = Cell(f" {worse_bps:.1f}bp" if worse_bps >= 0.05 else "", Ink.DIM)
            parts.append(Part((Cell(f"{group(size)} "), price, worse), (Cell(f"{group(size)} "), price), rank=n))
        else:
            parts.append(Part((Cell(f"{group(size)} over {group(found.filled)} seen", Ink.DIM),), rank=n))
    word = "Buy " if side is Side.BUY else "Sell"
    return (Cell(f" {word} ", ink), *shed(tuple(parts), width - 7, Cell("   ")))


def _totals(book: Book, width: int) -> Line:
    buy, sell = book.seen.quote.total_buy, book.seen.quote.total_sell
    if buy + sell <= 0:
        return (Cell(" no quantities in the book", Ink.DIM),)
    share = buy / (buy + sell)
    ends = (f" {cells.lakh(buy)} ", f" {cells.lakh(sell)}  {round(share * 100)}% bid")
    full, empty = cells.bar(share, max(4, width - len(ends[0]) - len(ends[1]) - 1))
    return (Cell(ends[0]), Cell(full, Ink.BUY), Cell(empty, Ink.SELL), Cell(ends[1]))


def _day(book: Book, width: int, *, wide: bool) -> list[Line]:
    q, places = book.seen.quote, cells.decimals(book.instrument)

    def pair(name: str, value_e4: int) -> str:
        return f"{name} {show_price(value_e4, places) if value_e4 else '-'}"

    prices = [pair("O", q.open_e4), pair("H", q.high_e4), pair("L", q.low_e4), pair("PC", q.close_e4)]
    if not wide:
        parts = [Part((Cell(text),), rank=n) for n, text in enumerate((*prices[:3], f"V {cells.lakh(q.volume)}"))]
        return [(Cell(" "), *shed(tuple(parts), width - 1, Cell(" ")))]
    last = hms(q.last_trade_s * 1_000_000_000) if q.last_trade_s else "-"
    trade = [f"Vol {cells.lakh(q.volume)}", pair("ATP", q.average_e4), f"LTQ {group(q.ltq)}", f"LTT {last}"]
    if book.instrument.is_derivative:
        trade.insert(2, f"OI {cells.lakh(q.open_interest)}")
    return [(Cell(" " + "   ".join(prices)),), (Cell(" " + "  ".join(trade)),)]


def _band(book: Book, width: int) -> Line:
    """Where the price stands between the day's circuit limits."""
    q, places = book.seen.quote, cells.decimals(book.instrument)
    if not (0 < q.lower_e4 < q.upper_e4 and q.has_ltp):
        return (Cell(" no circuit limits known", Ink.DIM),)
    low, high = show_price(q.lower_e4, places), show_price(q.upper_e4, places)
    left, right = f" LC {low} ", f" {high} UC"
    position = (q.ltp_e4 - q.lower_e4) / (q.upper_e4 - q.lower_e4)
    near = position < 0.05 or position > 0.95
    line = cells.track(position, max(5, width - len(left) - len(right) - 1))
    return (Cell(left, Ink.DIM), Cell(line, Ink.WARN if near else Ink.TEXT), Cell(right, Ink.DIM))


def _own(book: Book, width: int) -> list[Line]:
    spread = (*_spread(book), Cell(" "))
    lines: list[Line] = []
    places = cells.decimals(book.instrument)
    for position in book.held:
        quantity = cells.signed_quantity(position.net)
        line: Line = (
            Cell(" Pos "),
            quantity,
            Cell(f" {position.product.short} @ {show_price(position.average_e4, places)}  "),
            *_profit(position, book.seen),
        )
        lines.append(line)
    if not lines:
        lines.append((Cell(" Pos -", Ink.DIM),))
    lines[0] = cells.spread(lines[0], spread, width)
    return lines


def _profit(position: Position, now: Seen) -> Line:
    if not now.quote.has_ltp:
        return ()
    value = position.open_e4(now.quote.ltp_e4)
    return (Cell(show_signed(value), cells.live_ink(now.freshness, cells.sign_ink(value))),)


def _spread(book: Book) -> Line:
    q = book.seen.quote
    if not (q.bid_e4 and q.ask_e4):
        return (Cell("one side of the book is empty", Ink.WARN),)
    gap = q.ask_e4 - q.bid_e4
    bp_e1 = divide_rounded(gap * 100_000, max(1, (q.ask_e4 + q.bid_e4) // 2))
    text = f"Spread {show_price(gap, cells.decimals(book.instrument))} ({bp_e1 // 10}.{bp_e1 % 10}bp)"
    return (Cell(text, Ink.DIM),)
