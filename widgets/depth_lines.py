"""The lines of the depth pane. Pure functions: a book and a width in, lines out."""

from collections.abc import Mapping
from dataclasses import dataclass

from core.clock import hms
from core.domain import Instrument, Position, Side
from core.money import divide_rounded, group, show_price, show_signed
from core.views import Freshness, Level
from widgets import cells
from widgets.cells import Cell, Line
from widgets.ink import Ink
from widgets.quotes import Seen

LEVELS = 5
EMPTY_LEVEL = Level(0, 0, 0)
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
    ladder = [_ladder_head(width, wide=wide), *(_level(book, i, width, wide=wide) for i in range(LEVELS))]
    more = [_totals(book, width), *_day(book, width, wide=wide), _band(book, width), *_own(book, width)]
    return tuple([_title(book, width, wide=wide), *ladder, *more][:height])


def _title(book: Book, width: int, *, wide: bool) -> Line:
    i, now = book.instrument, book.seen
    bps = now.quote.change_bps
    last = cells.last_price(now.quote, now.freshness, cells.decimals(i))
    moved = cells.change(bps, now.freshness)
    price = (Cell(" "), last, Cell(f" {cells.arrow(bps)} ", moved.ink), moved, _age_cell(now))
    name = (Cell(f" {i.label}", Ink.STRONG), Cell(f" {i.exchange} {i.kind}" if wide else "", Ink.DIM))
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


def _ladder_head(width: int, *, wide: bool) -> Line:
    half = (width - 3) // 2
    mine = "mine " if wide else ""
    left = cells.fit(f"{mine} ord     qty        BID", half, right=True)
    right = cells.fit(f"ASK         qty  ord{' mine' if wide else ''}", width - 3 - half)
    return (Cell(left, Ink.HEAD), Cell(" │ ", Ink.DIM), Cell(right, Ink.HEAD))


def _level(book: Book, index: int, width: int, *, wide: bool) -> Line:
    quote = book.seen.quote
    bid = quote.bids[index] if index < len(quote.bids) else EMPTY_LEVEL
    ask = quote.asks[index] if index < len(quote.asks) else EMPTY_LEVEL
    half = (width - 3) // 2
    left = _half(book, Side.BUY, bid, half, wide=wide)
    right = _half(book, Side.SELL, ask, width - 3 - half, wide=wide)
    return (*left, Cell(" │ ", Ink.DIM), *right)


def _half(book: Book, side: Side, level: Level, width: int, *, wide: bool) -> Line:
    """One side of a level: bids end at the middle, asks begin there. Ours stands in the outer column."""
    mine = book.mine.get((side, level.price_e4), 0) if level.quantity else 0
    own_text = f"{side.letter} {group(mine)}" if mine else ""
    price_ink = cells.live_ink(book.seen.freshness, cells.side_ink(side))
    text = (
        (show_price(level.price_e4, cells.decimals(book.instrument)), group(level.quantity), str(level.orders))
        if level.quantity
        else ("-", "", "")
    )
    orders = Cell(text[2], Ink.DIM)
    if mine and not wide:
        orders, own_text = Cell(own_text.replace(" ", ""), cells.side_ink(side)), ""
    return _place_half(side, Cell(text[0], price_ink), text[1], orders, own_text, width)


def _place_half(side: Side, price: Cell, quantity: str, orders: Cell, own: str, width: int) -> Line:
    orders_width, price_width, quantity_width = 4, 10, 8
    outer = max(0, width - orders_width - price_width - quantity_width - 1)
    own_cell = Cell(cells.fit(own, outer), cells.side_ink(side))
    if side is Side.BUY:
        return (
            Cell(cells.fit(" " + own, outer), own_cell.ink),
            Cell(cells.fit(orders.text, orders_width, right=True), orders.ink),
            Cell(cells.fit(quantity, quantity_width, right=True)),
            Cell(" " + cells.fit(price.text, price_width, right=True), price.ink),
        )
    return (
        Cell(cells.fit(price.text, price_width) + " ", price.ink),
        Cell(cells.fit(quantity, quantity_width - 1, right=True)),
        Cell(" " + cells.fit(orders.text, orders_width, right=True), orders.ink),
        Cell(cells.fit(" " + own, outer), own_cell.ink),
    )


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
        prices = prices[:3]
        return [(Cell(" " + " ".join(prices) + f" V {cells.lakh(q.volume)}"),)]
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
