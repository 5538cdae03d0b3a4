"""Funds and holdings as the broker last said them, with their age; a failure keeps the old answer and says why.

Funds are read for the gate, and told here; holdings are read here, in a task and on a route of their own.
"""

from collections.abc import Callable

from core.account import Holding, Purse
from core.clock import NS_PER_MS, NS_PER_S, Clock
from core.outcome import Failed, Read
from core.ports import Broker, Funds
from core.supervise import Wake

HOLDINGS_S = 600.0
AFTER_FAILURE_S = 5.0


class PurseKeeper:
    """The only writer of both. `on_holdings(rows)` is told of each good answer."""

    def __init__(
        self,
        clock: Clock,
        broker: Broker,
        online: Callable[[], bool],
        on_holdings: Callable[[tuple[Holding, ...]], None],
    ) -> None:
        self._clock = clock
        self._broker = broker
        self._online = online
        self._on_holdings = on_holdings
        self._wake = Wake(clock)
        self._funds: tuple[Funds, int] | None = None
        self._holdings: tuple[tuple[Holding, ...], int] | None = None
        self._funds_failed = self._holdings_failed = "not read yet"
        self._holdings_ns = 0
        self.revision = 0

    def note_funds(self, answer: Read[Funds]) -> None:
        """An answer to the gate's question; what the screen shows is the same."""
        self.revision += 1
        if isinstance(answer, Failed):
            self._funds_failed = answer.why
        else:
            self._funds, self._funds_failed = (answer.value, self._clock.mono_ns()), ""

    def purse(self) -> Purse:
        funds, read_ns = self._funds or (Funds(None, None), None)
        return Purse(
            net_e4=funds.net_e4,
            used_e4=funds.used_e4,
            cash_e4=funds.cash_e4,
            collateral_e4=funds.collateral_e4,
            age_ms=self._age_ms(read_ns),
            failed=self._funds_failed,
        )

    def holdings(self) -> tuple[Holding, ...]:
        return self._holdings[0] if self._holdings else ()

    def holdings_word(self) -> str:
        """Empty when the holdings are the broker's last answer; else why they are not, or not any more."""
        return self._holdings_failed

    async def run(self) -> None:
        """For ever: read what is due, while logged in."""
        while True:
            await self._wake.wait(self._wait_s())
            if not self._online():
                continue
            if self._clock.mono_ns() >= self._holdings_ns:
                await self._read_holdings()

    async def _read_holdings(self) -> None:
        answer = await self._broker.holdings()
        self.revision += 1
        if isinstance(answer, Failed):
            self._holdings_failed, self._holdings_ns = answer.why, self._due_ns(AFTER_FAILURE_S)
            return
        self._holdings, self._holdings_failed = (answer.value, self._clock.mono_ns()), ""
        self._on_holdings(answer.value)
        self._holdings_ns = self._due_ns(HOLDINGS_S)

    def _due_ns(self, seconds: float) -> int:
        return self._clock.mono_ns() + round(seconds * NS_PER_S)

    def _wait_s(self) -> float:
        if not self._online():
            return 1.0
        return max(0.05, (self._holdings_ns - self._clock.mono_ns()) / NS_PER_S)

    def _age_ms(self, read_ns: int | None) -> int | None:
        return None if read_ns is None else (self._clock.mono_ns() - read_ns) // NS_PER_MS
