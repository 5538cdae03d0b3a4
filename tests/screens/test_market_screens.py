"""The chain and chart screens over a fake desk: what stands there, and what each key asks for."""

import math
from dataclasses import replace

import pytest

from core.clock import NS_PER_S, iso_to_ns
from core.domain import Bar, Exchange, Instrument, Kind
from core.marketviews import ChainTable, Leg, Series, Strike
from core.views import Freshness
from terminal.screens.chain import ChainScreen
from terminal.screens.chart import ChartScreen
from terminal.screens.ticket import TicketScreen
from terminal.screens.trade import TradeScreen
from tests.screens.driver import NARROW, WIDE, Driver, running
from tests.screens.fake_desk import RELIANCE, FakeDesk, quote
from widgets.chain import CALL, PUT, ChainGrid, chain_head
from widgets.chart import View, chart_lines
from widgets.quotes import Seen

E4 = 10_000
OPENS_S = iso_to_ns("2025-11-27T09:15:00+05:30") // NS_PER_S


def option(strike: int, right: str) -> Instrument:
    symbol = f"NIFTY30DEC25{strike}{right}"
    return Instrument(Exchange.NFO, symbol[-7:], symbol, "NIFTY", Kind.OPTION, 75, 500, "2025-12-30", strike * E4)


def leg(strike: int, right: str, ltp: float) -> Leg:
    sign = 1 if right == "CE" else -1
    return Leg(option(strike, right), round(ltp * E4) - 500, round(ltp * E4) + 500, round(ltp * E4), 0.124, sign * 0.5,
               2_600_000, sign * 1_500, 75_000)  # fmt: skip


def chain(strikes: tuple[int, ...] = tuple(range(24_000, 26_001, 100))) -> ChainTable:
    rows = tuple(Strike(s * E4, leg(s, "CE", 26_000 - s + 80), leg(s, "PE", s - 23_900)) for s in strikes)
    days = ("2025-12-30", "2026-01-27")
    return ChainTable("NIFTY", days[0], days, rows, strikes.index(24_800), 248_123_000, "future",
                      0.87, 249_000_000, 33.2, iso_to_ns("2025-11-27T09:16:00+05:30"), 1)  # fmt: skip


class FakeChains:
    """A chain that stands still; what is asked is recorded."""

    def __init__(self, table: ChainTable) -> None:
        self.revision, self.shown, self.calls = 1, table, list[tuple[object, ...]]()

    def table(self) -> ChainTable:
        return self.shown

    def open(self, near: Instrument | None) -> str:
        self.calls.append(("open", near))
        return ""

    def underlyings(self) -> tuple[str, ...]:
        return ("NIFTY",)

    def step_underlying(self, by: int) -> str:
        self.calls.append(("underlying", by))
        return ""

    def step_expiry(self, by: int) -> None:
        self.calls.append(("expiry", by))

    def close(self) -> None:
        self.calls.append(("close",))


class FakeCharts:
    """A series that stands still; what is asked is recorded."""

    def __init__(self, shown: Series) -> None:
        self.revision, self.shown, self.calls = 1, shown, list[tuple[object, ...]]()

    def series(self) -> Series:
        return self.shown

    def intervals(self) -> tuple[str, ...]:
        return ("1m", "5m", "1D")

    def open(self, instrument: Instrument, interval: str) -> None:
        self.calls.append(("open", instrument, interval))

    def close(self) -> None:
        self.calls.append(("close",))


def series(*slots: Bar | None, note: str = "") -> Series:
    starts = tuple(OPENS_S + 300 * n for n in range(len(slots)))
    return Series(RELIANCE, "5m", 300, slots, starts, slots.count(None), note, starts[-1] if starts else None)


def bar(n: int, open_: int, high: int, low: int, close: int, volume: int = 1_000) -> Bar:
    return Bar(OPENS_S + 300 * n, open_ * E4, high * E4, low * E4, close * E4, volume)


def market_desk() -> FakeDesk:
    """The fake desk with a chain and a chart that stand still."""
    made = FakeDesk()
    made.chains = FakeChains(chain())
    made.charts = FakeCharts(series(bar(0, 1_400, 1_412, 1_398, 1_410), None, bar(2, 1_410, 1_416, 1_404, 1_406)))
    for s in made.chains.shown.strikes:
        for one in (s.call, s.put):
            made.quotes.set(one.instrument.key, quote(one.ltp_e4, one.ltp_e4, 500))  # type: ignore[union-attr]
    return made


@pytest.fixture
def desk() -> FakeDesk:
    return market_desk()


def asked(desk: FakeDesk, name: str) -> list[tuple[object, ...]]:
    calls = desk.chains.calls + desk.charts.calls  # type: ignore[attr-defined]
    return [c for c in calls if c[0] == name]


def grid(d: Driver) -> ChainGrid:
    return d.app.screen.query_one(ChainGrid)


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_the_chain_opens_at_the_money_of_the_focused_row(desk: FakeDesk, size: tuple[int, int]) -> None:
    async with running(desk, size) as d:
        await d.press("4")
        assert isinstance(d.app.screen, ChainScreen) and asked(desk, "open") == [("open", RELIANCE)]
        await d.frame()
        assert grid(d).cursor_key == 24_800 * E4
        row = d.line("▸")
        assert "◂" in row and "24,800·" in row and "12.4" in row and "1,280.00" in row
        assert "NIFTY 2025-12-30" in d.text and "PCR 0.87" in d.text and "Max pain 24,900" in d.text
        assert all(len(line) == size[0] for line in d.text.splitlines())


async def test_the_columns_of_a_chain_leave_in_pairs(desk: FakeDesk) -> None:
    for width in range(30, 140, 7):
        async with running(desk, (width, 24)) as d:
            await d.press("4")
            ids = grid(d).shown_columns()
            assert [i[1:] for i in ids if i[0] == "c"] == [i[1:] for i in reversed(ids) if i[0] == "p"]
    async with running(desk, WIDE) as d:
        await d.press("4")
        assert {"c_oi", "c_doi", "c_iv", "c_delta"} <= set(grid(d).shown_columns())


async def test_keys_act_on_the_focused_side_of_the_cursors_row(desk: FakeDesk) -> None:
    async with running(desk) as d:
        await d.press("4")
        await d.press("down", "right")
        assert grid(d).side == PUT and grid(d).current() == option(24_900, "PE")
        await d.press("s")
        assert isinstance(d.app.screen, TicketScreen)
        d.line("SELL")
        d.line("24900PE")
        await d.press("escape", "left", "up", "insert")
        assert grid(d).side == CALL and desk.asked("watch") == [("watch", option(24_800, "CE"))]
        await d.press("]", "u", "[")
        assert asked(desk, "expiry") == [("expiry", 1), ("expiry", -1)] and asked(desk, "underlying") == [
            ("underlying", 1)
        ]
        await d.press("pagedown", "home")
        assert grid(d).cursor_key == 24_800 * E4


async def test_unknown_figures_are_dashes_and_old_prices_have_their_mark(desk: FakeDesk) -> None:
    first = desk.chains.shown.strikes[0]  # type: ignore[attr-defined]
    blind = first.call._replace(volatility=math.nan, delta=math.nan)
    desk.chains = FakeChains(
        replace(
            chain((24_800,)), strikes=(Strike(248_000_000, blind, Leg(None, 0, 0, 0, math.nan, math.nan, 0, 0, 0)),)
        )
    )
    desk.quotes.set(blind.instrument.key, quote(blind.ltp_e4, blind.ltp_e4, 500), 9_000, Freshness.STALE)
    async with running(desk) as d:
        await d.press("4", "right")
        row = d.line("24,800·")
        assert "nan" not in row and "~2,080.00" in row and " - " in row


async def test_leaving_a_screen_closes_what_it_opened(desk: FakeDesk) -> None:
    async with running(desk) as d:
        await d.press("4")
        await d.press("5")
        assert isinstance(d.app.screen, ChartScreen) and len(d.app.screen_stack) == 2
        assert asked(desk, "close") == [("close",)]
        await d.press("1")
        assert isinstance(d.app.screen, TradeScreen) and len(asked(desk, "close")) == 2
        await d.press("c")
        assert asked(desk, "open")[-1] == ("open", RELIANCE, "5m")
        await d.press("escape")
        assert isinstance(d.app.screen, TradeScreen)


async def test_a_tables_row_without_price_says_what_it_waits_for(desk: FakeDesk) -> None:
    empty = replace(chain((24_800,)), strikes=(), atm=None, note="looking up the contracts", forward_from="none")
    desk.chains = FakeChains(empty)
    async with running(desk) as d:
        await d.press("4")
        d.line("looking up the contracts")
        desk.chains.shown = replace(empty, note="NIFTY has no options here")
        desk.chains.revision += 1
        await d.frame()
        d.line("NIFTY has no options here")
        d.line("no forward yet")


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_the_chart_shows_candles_its_figures_and_the_last_price(desk: FakeDesk, size: tuple[int, int]) -> None:
    async with running(desk, size) as d:
        await d.press("c")
        await d.frame()
        assert isinstance(d.app.screen, ChartScreen)
        d.line("[5m]")
        head = d.line("forming")
        assert all(part in head for part in ("O 1,410.00", "H 1,416.00", "L 1,404.00", "C 1,406.00"))
        d.line("bars without a trade: 1")
        assert "╌" in d.text and [line for line in d.text.splitlines() if "╌" in line and "1,412.55" in line]
        assert "┃" in d.text and "█" in d.text
        assert all(len(line) == size[0] for line in d.text.splitlines())


async def test_intervals_and_rows_are_stepped(desk: FakeDesk) -> None:
    async with running(desk) as d:
        await d.press("c", "]", "]", "[", "m")
        assert [c[2] for c in asked(desk, "open")] == ["5m", "1D", "1D", "5m", "1m"]
        await d.press("down")
        assert asked(desk, "open")[-1] == ("open", desk.list[1], "1m")
        await d.press("up", "b")
        d.line("BUY")


def text(lines: tuple[tuple[object, ...], ...]) -> list[str]:
    return ["".join(c.text for c in line) for line in lines]  # type: ignore[attr-defined]


def _seen(last: int) -> Seen:
    return Seen(quote(last * E4, last * E4, 500), 100, Freshness.FRESH)


def test_a_rising_candle_is_thin_and_a_falling_one_solid_and_a_missing_one_a_gap() -> None:
    flat = tuple(bar(n, 100, 101, 99, 100) for n in range(7))
    shown = series(*flat, bar(7, 100, 110, 90, 105), None, bar(9, 105, 110, 90, 95))

    lines = text(chart_lines(shown, _seen(95), View(), 40, 12))

    rising, missing, falling = ("".join(line[x] for line in lines) for x in (26, 28, 30))
    assert set(rising) & set("┃╹╻") and not set(rising) & set("█▀▄")
    assert set(falling) & set("█▀▄") and not set(falling) & set("┃╹╻")
    assert set(missing) <= set(" ╌·") and missing[-1] == "·"
    assert "27 Nov" in lines[-1]


def test_the_highest_touches_the_top_and_the_lowest_the_bottom() -> None:
    shown = series(bar(0, 100, 200, 100, 150, 0), bar(1, 150, 150, 50, 60, 0))

    lines = text(chart_lines(shown, Seen(quote(0, 0, 500), 1, Freshness.NEVER), View(0, 1), 30, 13))

    assert lines[0].strip() and any(c in lines[0] for c in "│╷") and any(c in lines[11] for c in "│╵")
    assert "200" in lines[0] and len(lines) == 13


@pytest.mark.parametrize("width", [20, 40, 120])
@pytest.mark.parametrize("height", [4, 10, 30])
def test_no_line_is_wider_than_the_pane(width: int, height: int) -> None:
    bars = tuple(bar(n, 1_400 + n, 1_410 + n, 1_390 + n, 1_405 + n, n) if n % 7 else None for n in range(300))
    for view in (View(), View(0, 1), View(250, 3), View(299, 4)):
        lines = text(chart_lines(series(*bars), _seen(1_500), view, width, height))
        assert len(lines) <= height and max(map(len, lines)) <= width, (view, lines)


def test_a_chart_without_candles_says_why() -> None:
    assert text(chart_lines(series(note="older candles are missing: not logged in"), _seen(1), View(), 60, 10)) == [
        " older candles are missing: not logged in"
    ]


def test_the_head_of_a_chain_keeps_its_name_at_every_width() -> None:
    for width in range(10, 140):
        first, second = chain_head(chain(), width)
        assert "NIFTY" in "".join(c.text for c in first)
        assert len("".join(c.text for c in second)) <= max(width, 12)
