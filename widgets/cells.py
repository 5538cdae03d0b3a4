"""Cells: a value as the few characters that a trader reads, and the ink they are written in. Pure functions.

Foreign text is cut to its column by display width and never read as markup.
"""

from typing import NamedTuple

from rich.cells import cell_len, set_cell_size

from core.clock import hms, ist
from core.domain import Instrument, Kind, Order, OrderState, Side
from core.money import E4, divide_rounded, group, show_price, show_signed
from core.views import Freshness, Quote
from widgets.ink import Ink


class Cell(NamedTuple):
    """Some characters and their ink."""

    text: str
    ink: Ink = Ink.TEXT


Line = tuple[Cell, ...]
"""One line of a pane, left to right."""

BLANK = Cell("")
DASH = Cell("-", Ink.DIM)

STATE_INK = {
    OrderState.UNKNOWN: Ink.BADGE_WARN,
    OrderState.UNCONFIRMED: Ink.WARN,
    OrderState.SENDING: Ink.WARN,
    OrderState.FILLED: Ink.GAIN,
    OrderState.REJECTED: Ink.LOSS,
    OrderState.REJECTED_GATEWAY: Ink.LOSS,
    OrderState.DENIED: Ink.LOSS,
    OrderState.NOT_SENT: Ink.LOSS,
    OrderState.CANCELLED: Ink.DIM,
    OrderState.EXPIRED: Ink.DIM,
    OrderState.CLOSED_BY_USER: Ink.DIM,
}


def fit(text: str, width: int, *, right: bool = False) -> str:
    """The text in exactly `width` cells: cut with `…` or padded, on the left when `right`."""
    if width <= 0:
        return ""
    length = len(text) if text.isascii() else cell_len(text)
    if length <= width:
        return " " * (width - length) + text if right else text + " " * (width - length)
    cut = set_cell_size(text, width - 1) + "…"
    return cut


def width_of(cells: Line) -> int:
    """Display width of a line."""
    return sum(len(c.text) if c.text.isascii() else cell_len(c.text) for c in cells)


def spread(left: Line, right: Line, width: int) -> Line:
    """`left` at the left edge and `right` at the right one; `right` gives way when both do not fit."""
    gap = width - width_of(left) - width_of(right)
    if gap < 1:
        return left
    return (*left, Cell(" " * gap), *right)


def decimals(instrument: Instrument) -> int:
    """Decimals of this instrument's prices: four for currency derivatives, two for all others."""
    return 4 if instrument.tick_e4 % 100 else 2


TAIL = 7
"""Characters at the end of a symbol that hold strike and side, or the token."""
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def name(instrument: Instrument) -> str:
    """What a trader calls it: `RELIANCE`, `NIFTY 30DEC FUT`, `NIFTY 30DEC 24800CE`; the expiry is never left out."""
    parts = instrument.expiry.split("-")
    if not instrument.is_derivative or len(parts) != 3 or not parts[1].isdigit() or not 1 <= int(parts[1]) <= 12:
        return instrument.label
    day = f"{instrument.name} {parts[2]}{MONTHS[int(parts[1]) - 1]}"
    if instrument.kind is Kind.FUTURE:
        return f"{day} FUT"
    strike = show_price(instrument.strike_e4).replace(",", "").removesuffix(".00")
    return f"{day} {strike}{instrument.symbol[-2:]}"


def short_name(instrument: Instrument, width: int) -> str:
    """The name in at most `width` cells: whole, else without the expiry, else cut in the middle so that strike and
    type stay; panes that use it stand beside one that shows the whole name."""
    whole = name(instrument)
    if cell_len(whole) <= width or not instrument.is_derivative:
        return whole
    tail = whole.rsplit(" ", 1)[-1]
    if tail == whole:  # a symbol in one piece: its end tells it from its neighbours
        kept = min(len(whole), max(TAIL, width // 2))
        return f"{whole[: max(0, width - 1 - kept)]}…{whole[-kept:]}" if kept < width else f"…{whole[1 - width :]}"
    less = f"{instrument.name} {tail}"
    if cell_len(less) <= width:
        return less
    if len(tail) >= width:
        return "…" + tail[len(tail) - width + 1 :]
    return f"{set_cell_size(instrument.name, max(0, width - 1 - len(tail)))}…{tail}"


def live_ink(freshness: Freshness, ink: Ink) -> Ink:
    """The ink of a price: only a fresh one may carry up, down or plain text; any other is dim."""
    return ink if freshness is Freshness.FRESH else Ink.DIM


def sign_ink(value: int) -> Ink:
    """Gain, loss, or plain for nothing."""
    return Ink.GAIN if value > 0 else Ink.LOSS if value < 0 else Ink.TEXT


def price(value_e4: int, places: int = 2, ink: Ink = Ink.TEXT) -> Cell:
    """A price, or a dash for "no value"."""
    return Cell(show_price(value_e4, places), ink) if value_e4 else DASH


def profit(value_e4: int) -> Cell:
    """A profit or loss with its sign, in rupees."""
    return Cell(show_signed(value_e4), sign_ink(value_e4))


def percent(bps: int) -> str:
    """1/100 percent as `+0.82%`: the sign is always there."""
    return f"{'-' if bps < 0 else '+'}{abs(bps) // 100}.{abs(bps) % 100:02d}%"


def change(bps: int | None, freshness: Freshness) -> Cell:
    """Change against the previous close in percent, without the percent sign; a dash while it is not known."""
    if bps is None:
        return DASH
    return Cell(percent(bps)[:-1], live_ink(freshness, sign_ink(bps)))


def arrow(bps: int | None) -> str:
    """The direction of the day as a sign beside the colour."""
    return " " if not bps else "▲" if bps > 0 else "▼"


def age(age_ms: int | None) -> str:
    """How old a price is: `0s`, `47s`, `2m11`, `1h02`; empty while there is none."""
    if age_ms is None:
        return ""
    seconds = age_ms // 1000
    if seconds < 60:
        return f"{seconds}s"
    if seconds < 3600:
        return f"{seconds // 60}m{seconds % 60:02d}"
    return f"{seconds // 3600}h{seconds % 3600 // 60:02d}"


def day(wall_ns: int) -> str:
    """A trading date: `15 Dec 2025`."""
    return ist(wall_ns).strftime("%d %b %Y")


def clock(wall_ns: int) -> str:
    """Hour and minute, Indian time."""
    return hms(wall_ns)[:5]


def countdown(seconds: int) -> str:
    """Time left as `57:53`, or `1:02:03` from an hour on."""
    minutes, s = divmod(max(0, seconds), 60)
    hours, m = divmod(minutes, 60)
    return f"{hours}:{m:02d}:{s:02d}" if hours else f"{m:02d}:{s:02d}"


def mark(freshness: Freshness) -> Cell:
    """The mark in front of a row, so that a stale price is known without its colour."""
    ink = {Freshness.STALE: Ink.WARN, Freshness.REST: Ink.WARN, Freshness.DOWN: Ink.ALARM}.get(freshness, Ink.DIM)
    return Cell(freshness.mark, ink)


def side(value: Side) -> Cell:
    """B or S in its colour."""
    return Cell(value.letter, side_ink(value))


def side_ink(value: Side) -> Ink:
    return Ink.BUY if value is Side.BUY else Ink.SELL


def state(order: Order) -> Cell:
    """The state of an order in capitals, and what was asked of it and is not yet confirmed."""
    asked = f" {order.change}?" if order.change else ""
    return Cell(order.state.word + asked, STATE_INK.get(order.state, Ink.TEXT))


def signed_quantity(net: int) -> Cell:
    """A position's size with its sign; a flat one is 0."""
    if net == 0:
        return Cell("0", Ink.DIM)
    return Cell("+" + group(net), Ink.BUY) if net > 0 else Cell(group(net), Ink.SELL)


def last_price(quote: Quote, freshness: Freshness, places: int) -> Cell:
    """The last price, coloured by the day's direction while it is fresh; a dash before the first one."""
    if not quote.has_ltp:
        return DASH
    ink = sign_ink(quote.change_bps or 0)
    return Cell(show_price(quote.ltp_e4, places), live_ink(freshness, ink))


def lakh(units: int) -> str:
    """A large count for summaries: `61.2L`, `4.10Cr`; whole below a lakh."""
    if abs(units) >= 10_000_000:
        crores_e2 = divide_rounded(units, 100_000)
        return f"{crores_e2 // 100}.{crores_e2 % 100:02d}Cr"
    if abs(units) >= 100_000:
        lakhs_e1 = divide_rounded(units, 10_000)
        return f"{lakhs_e1 // 10}.{lakhs_e1 % 10}L"
    return group(units)


def bar(share: float, width: int) -> tuple[str, str]:
    """A bar of `width` cells split at `share` (0 to 1): the full part and the empty part."""
    full = round(max(0.0, min(1.0, share)) * width)
    return "▓" * full, "░" * (width - full)


def track(position: float, width: int) -> str:
    """Where something stands between two limits (0 to 1): `├──●───┤`."""
    inner = max(1, width - 2)
    at = round(max(0.0, min(1.0, position)) * (inner - 1))
    return "├" + "─" * at + "●" + "─" * (inner - 1 - at) + "┤"


def rupees_whole(value_e4: int) -> str:
    """A value without paise, grouped."""
    return group(divide_rounded(value_e4, E4))


EIGHTHS = "▁▂▃▄▅▆▇█"


def spark(values: tuple[int, ...], width: int) -> str:
    """Values as bars of eighths, the lowest the shortest, the newest `width` when there are more; empty for none."""
    shown = (
        values[-width:] if len(values) <= width else tuple(values[n * len(values) // width] for n in range(width - 1))
    )
    if len(values) > width:
        shown = (*shown, values[-1])
    if not shown:
        return ""
    low, high = min(shown), max(shown)
    if low == high:
        return EIGHTHS[3] * len(shown)
    return "".join(EIGHTHS[(v - low) * 7 // (high - low)] for v in shown)
