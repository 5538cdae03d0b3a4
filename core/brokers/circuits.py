"""The circuits of everything that is no order: portfolio, market data over REST, history, login. Each fails alone.

A read passes its circuit, then the one retry layer; a rate refusal counts against no circuit but pauses its own route.
"""

from collections.abc import Awaitable, Callable, Mapping
from random import Random
from typing import TypeVar

from core.clock import NS_PER_S, Clock
from core.outcome import Failed, FailedBy, Ok, Read
from core.resilience.breaker import Breaker, Ticket, Use
from core.resilience.pauses import Pauses
from core.resilience.retry import Retries
from core.views import CircuitStatus

T = TypeVar("T")

PORTFOLIO, MARKET, HISTORY, AUTH = "PORTFOLIO", "MARKET-REST", "HISTORICAL", "AUTH"
OF_ROUTE: Mapping[str, str] = {
    "api.trade.book": PORTFOLIO,
    "api.position": PORTFOLIO,
    "api.holding": PORTFOLIO,
    "api.rms.limit": PORTFOLIO,
    "api.margin.api": PORTFOLIO,
    "api.market.data": MARKET,
    "api.ltp.data": MARKET,
    "api.search.scrip": MARKET,
    "api.candle.data": HISTORY,
}
"""Reads of the order service are not here: the engine counts them with the writes, in the ORDERS circuit."""
CANDLES_SLOW_S = 15


class Circuits:
    """`read` for every read by its route; `statuses` for the health screen; `due` names circuits that want a probe."""

    def __init__(self, clock: Clock, random: Random) -> None:
        self._all = {
            PORTFOLIO: Breaker(PORTFOLIO, clock, random),
            MARKET: Breaker(MARKET, clock, random),
            HISTORY: Breaker(HISTORY, clock, random, slow_ns=CANDLES_SLOW_S * NS_PER_S),
            AUTH: Breaker(AUTH, clock, random, probes_needed=1),
        }
        self._retries = Retries(clock, random)
        self._pauses = Pauses(clock, random)

    async def read(self, route: str, call: Callable[[], Awaitable[Read[T]]]) -> Read[T]:
        """The answer of `call`, which asks the broker once. Fails at once while the circuit is open or the route rests
        after a rate refusal; a service failure of a closed circuit is asked again (`core.resilience.retry`)."""
        rest_s = self._pauses.left_s(route)
        if rest_s > 0:
            return Failed(FailedBy.RATE, f"resting after the broker's rate limit; next try in {rest_s:.1f} s")
        breaker = self._all.get(OF_ROUTE.get(route, ""))
        if breaker is None:
            answer = await call()
        else:
            answer = await self._retries.read(lambda _: self._once(breaker, call))
        self._pauses.note(route, limited=isinstance(answer, Failed) and answer.by is FailedBy.RATE)
        return answer

    async def login(self, call: Callable[[], Awaitable[Read[T]]]) -> Read[T]:
        """A login or renewal, never repeated here."""
        return await self._once(self._all[AUTH], call)

    def statuses(self) -> tuple[CircuitStatus, ...]:
        return tuple(breaker.status() for breaker in self._all.values())

    def due(self) -> tuple[str, ...]:
        """Circuits whose next read would be a probe: somebody should make one."""
        return tuple(name for name, breaker in self._all.items() if name != AUTH and breaker.probe_due())

    def retry_now(self, name: str) -> bool:
        """Skip the wait of an open circuit, by a person's wish; False when there is none to skip."""
        return name in self._all and self._all[name].retry_now()

    def force(self, name: str, shut: bool) -> None:
        """Open a circuit by hand, or give it back to its own judgement."""
        if name in self._all:
            breaker = self._all[name]
            breaker.force_open() if shut else breaker.release()

    async def _once(self, breaker: Breaker, call: Callable[[], Awaitable[Read[T]]]) -> Read[T]:
        ticket = breaker.admit(Use.READ)
        if not isinstance(ticket, Ticket):
            why = f"{breaker.name} is failing ({breaker.status().error})"
            return Failed(FailedBy.LOCAL, why if ticket == float("inf") else f"{why}; next try in {ticket:.1f} s")
        answer: Read[T] = Failed(FailedBy.LOCAL, "cancelled")
        try:
            answer = await call()
        finally:
            _hand_back(breaker, ticket, answer)
        return answer


def _hand_back(breaker: Breaker, ticket: Ticket, answer: Read[T]) -> None:
    if isinstance(answer, Ok) or answer.by is FailedBy.BUSINESS:
        breaker.success(ticket)
    elif answer.by is FailedBy.SERVICE:
        breaker.failure(ticket, answer.why)
    else:
        breaker.ignored(ticket)
