"""The desk before there is one: nothing in it, and a line that says what is being waited for."""

from core.clock import Clock
from core.domain import Instrument, InstrumentKey
from core.facts import LadderMode
from core.views import Status
from terminal.empty_views import NOT_YET, EmptyAccount, EmptyChains, EmptyCharts, EmptyLists, EmptyQuotes, EmptyViews
from terminal.look_only import LookOnly


class EmptyDesk(LookOnly):
    """Implements `core.views.Desk`. `waiting` may be set at any time; every command is refused with a reason."""

    refusal, code, remedy = NOT_YET, "START", "wait"

    def __init__(self, waiting: str, mode_word: str, clock: Clock) -> None:
        self.waiting = waiting
        self._mode_word = mode_word
        self._clock = clock
        self._views = EmptyViews()
        self._quotes = EmptyQuotes()
        self._account = EmptyAccount()
        self.lists, self.charts, self.chains = EmptyLists(), EmptyCharts(), EmptyChains()
        self.replay: None = None
        self.elsewhere = "not known yet"

    @property
    def clock(self) -> Clock:
        return self._clock

    @property
    def quotes(self) -> EmptyQuotes:
        return self._quotes

    @property
    def orders(self) -> EmptyViews:
        return self._views

    @property
    def positions(self) -> EmptyViews:
        return self._views

    @property
    def account(self) -> EmptyAccount:
        return self._account

    @property
    def events(self) -> EmptyViews:
        return self._views

    def status(self) -> Status:
        return Status(
            mode_word=self._mode_word, account="", ladder=LadderMode.NORMAL, probation=False, causes=(),
            market_ns=self._clock.wall_ns(), session_word="starting", closes_in_s=None, streams=(), circuits=(),
            fresh=0, wanted=0, dropped_frames=0, orders_last_second=0, orders_per_second_max=0, open_pnl_e4=0,
            realised_e4=0, waiting=self.waiting, loop_lag_ms=0.0, journal_word="not open yet",
        )  # fmt: skip

    def watchlist(self) -> tuple[Instrument, ...]:
        return ()

    def pins(self) -> tuple[Instrument, ...]:
        return ()

    def instrument(self, key: InstrumentKey) -> Instrument | None:
        return None

    def search(self, text: str, limit: int) -> tuple[Instrument, ...]:
        return ()

    def search_note(self) -> str:
        return NOT_YET

    def preset_quantity(self, instrument: Instrument) -> int:
        return 1
