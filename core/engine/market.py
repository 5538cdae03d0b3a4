"""What is looked at: lists, trends, the open chart and the open chain, and the tasks that keep them going."""

from collections.abc import Callable

from core.domain import Instrument
from core.engine.chains import ChainDesk
from core.engine.charts import ChartDesk
from core.engine.lists import Held, ListDesk
from core.engine.parts import Parts
from core.market.trends import Trends
from core.market.watchlists import Watchlist, Watchlists, entry
from core.supervise import Supervisor

SAMPLE_S = 5.0
"""Between two beats of the sparklines: a line appears after ten seconds."""
SLICE = 100
"""Instruments read between two turns of the loop."""
MAIN = "Main"


class MarketDesk:
    """Made by the engine; `start` begins its tasks under the engine's supervisor."""

    def __init__(self, parts: Parts, held: Held, supervisor: Supervisor, want: Callable[[], None]) -> None:
        self._parts, self._supervisor = parts, supervisor
        self._trends = Trends()
        start = parts.lists or Watchlists().put(Watchlist(MAIN, tuple(entry(i) for i in parts.watchlist)))
        self.lists = ListDesk(
            parts.clock, parts.board, parts.instruments, held, start, parts.pins, self._trends, parts.keep_lists, want,
            parts.elsewhere,
        )  # fmt: skip
        self.charts = ChartDesk(parts.clock, parts.board, parts.history, parts.session, want)
        self.chains = ChainDesk(parts.clock, parts.board, parts.contracts, want)

    def start(self) -> None:
        keep = self._supervisor.keep
        keep("trends", self._sample)
        keep("charts", self.charts.run)
        keep("chains", self.chains.run)

    def wanted(self) -> tuple[Instrument, ...]:
        """What to subscribe beside what is held."""
        return (*self.lists.pins(), *self.charts.wanted(), *self.chains.wanted(), *self.lists.wanted())

    def new_day(self) -> None:
        self._trends.clear()
        self.chains.new_day()

    async def _sample(self) -> None:
        board = self._parts.board
        while True:
            await self._parts.clock.sleep(SAMPLE_S)
            prices = []
            for n, instrument in enumerate(self.lists.wanted()):
                slot = board.slot(instrument.key)
                if slot is not None and board.revision(slot):
                    prices.append((instrument.key, board.quote(slot).ltp_e4))
                if n % SLICE == SLICE - 1:
                    await self._parts.clock.sleep(0)
            self._trends.sample(prices)
