"""The heartbeat: turns evidence into causes of the ladder, ten times a second, and measures how late it is itself."""

from collections.abc import Callable

from core.clock import NS_PER_MS, NS_PER_S
from core.engine.authority import Authority
from core.engine.circuit import OrderCircuit
from core.engine.parts import Parts
from core.facts import CircuitState, EventKind, LadderMode
from core.orders.gate import Gate
from core.resilience.ladder import Ladder

BEAT_S = 0.1
FEED_DOWN_NS = 3 * NS_PER_S
OFFLINE_NS = 5 * NS_PER_S
PORTFOLIO = "PORTFOLIO"
"""The circuit of positions, funds and trades."""
UNREAD_NS = 30 * NS_PER_S
UPDATES_QUIET_MS = 4_500
"""A byte is due on the order socket every 4 s (the answer to a ping): later than this it may be half open."""
STALL_MS = 1_000
"""Nothing may hold the loop this long: what was read afterwards may have waited all that time."""


class Pulse:
    """Owns nothing but its own measurements; every judgement comes from the last evidence, never from a stored flag."""

    def __init__(
        self,
        parts: Parts,
        ladder: Ladder,
        circuit: OrderCircuit,
        authority: Authority,
        gate: Gate,
        halt: Callable[[str], None],
        roll_day: Callable[[], None],
        look_soon: Callable[[], None],
        tell: Callable[[EventKind, str, bool], None],
    ) -> None:
        self._parts = parts
        self._ladder = ladder
        self._circuit = circuit
        self._authority = authority
        self._gate = gate
        self._halt = halt
        self._roll_day = roll_day
        self._look_soon = look_soon
        self._tell = tell
        self._heard = False
        self._feed_down_ns: int | None = None
        self._dark_ns: int | None = None
        self._unread_ns: int | None = None
        self.loop_lag_ms = 0.0

    async def run(self) -> None:
        clock = self._parts.clock
        while True:
            before_ns = clock.mono_ns()
            await clock.sleep(BEAT_S)
            late_ms = (clock.mono_ns() - before_ns) / NS_PER_MS - BEAT_S * 1000
            self.loop_lag_ms = max(late_ms, self.loop_lag_ms * 0.95, 0.0)
            self._stalled(late_ms)
            self.beat()

    def updates_heard(self) -> bool:
        """Whether order updates would reach us now, as far as the last byte tells."""
        age_ms = self._parts.updates.status().last_byte_ms
        return self._parts.updates.connected() and (age_ms is None or age_ms <= UPDATES_QUIET_MS)

    def beat(self) -> None:
        """One look at everything."""
        self._roll_day()
        self._feed()
        self._updates()
        self._orders()
        self._portfolio()
        self._store()
        self._audit()
        self._dark()
        self._gate.book.sample()
        if self._gate.leaked and self._authority.halted_ns is None:
            self._halt(f"{self._gate.leaked} order messages left without approval; restart and report")
        self._ladder.poll()

    def _feed(self) -> None:
        ladder, now_ns = self._ladder, self._parts.clock.mono_ns()
        status = self._parts.feed.status()
        down = status.word in ("down", "connecting")
        self._feed_down_ns = (self._feed_down_ns or now_ns) if down else None
        if self._feed_down_ns is not None and now_ns - self._feed_down_ns > FEED_DOWN_NS:
            ladder.raise_cause("FEED", LadderMode.DATA_STALE, f"the price feed is {status.word}: {status.detail}")
        elif status.word == "silent":
            ladder.raise_cause("FEED", LadderMode.DATA_STALE, f"the price feed is silent: {status.detail}")
        elif not down:
            ladder.clear("FEED")

    def _stalled(self, late_ms: float) -> None:
        """The loop stood still: prices that were read since may be older than they look. Nothing opens on them."""
        if late_ms < STALL_MS:
            self._ladder.clear("STALL")
            return
        text = f"the program stood still for {late_ms / 1_000:.1f} s; prices may be as old"
        self._ladder.raise_cause("STALL", LadderMode.DATA_STALE, text)
        self._tell(EventKind.SYSTEM, text, True)

    def _updates(self) -> None:
        """When the order socket falls silent the book is read at once, and often until it speaks again."""
        heard = self.updates_heard()
        if self._heard and not heard:
            self._look_soon()
        self._heard = heard

    def _orders(self) -> None:
        circuit, ladder = self._circuit, self._ladder
        status = circuit.status()
        if status.state in (CircuitState.CLOSED, CircuitState.PROBATION):
            ladder.clear("ORDERS")
            return
        wait_ms = status.next_try_ms or 0  # none scheduled: a test is under way
        next_ns = self._parts.clock.mono_ns() + wait_ms * NS_PER_MS
        ladder.raise_cause("ORDERS", LadderMode.READ_ONLY, f"orders failing: {status.error}", next_ns, linger_s=0)

    def _portfolio(self) -> None:
        """Positions and funds that cannot be read for long are no ground to open anything on."""
        now_ns = self._parts.clock.mono_ns()
        shut = next((c for c in self._parts.broker.circuit_statuses() if c.name == PORTFOLIO and c.failing), None)
        self._unread_ns = None if shut is None else self._unread_ns or now_ns
        if shut is None or self._unread_ns is None:
            self._ladder.clear("PORTFOLIO")
        elif now_ns - self._unread_ns > UNREAD_NS:
            text = f"positions and funds cannot be read: {shut.error}"
            self._ladder.raise_cause("PORTFOLIO", LadderMode.REDUCE_ONLY, text)

    def _store(self) -> None:
        why = self._parts.journal.healthy()
        if why:
            self._ladder.raise_cause("STORE", LadderMode.READ_ONLY, f"order records cannot be saved: {why}")
        else:
            self._ladder.clear("STORE")

    def _audit(self) -> None:
        audit, ladder = self._parts.audit, self._ladder
        broken, why = audit.broken(), audit.healthy()
        if broken and self._authority.halted_ns is None:
            self._halt(broken)
        if why:
            ladder.raise_cause("AUDIT", LadderMode.READ_ONLY, f"audit records cannot be written: {why}")
        else:
            ladder.clear("AUDIT")

    def _dark(self) -> None:
        """Everything gone for longer than 5 s: nothing on screen is live."""
        parts, now_ns = self._parts, self._parts.clock.mono_ns()
        streams_down = self._feed_down_ns is not None and not parts.updates.connected()
        dark = streams_down and (bool(self._authority.login_text) or self._circuit.probing())
        self._dark_ns = (self._dark_ns or now_ns) if dark else None
        if self._dark_ns is not None and now_ns - self._dark_ns > OFFLINE_NS:
            self._ladder.raise_cause("OFFLINE", LadderMode.OFFLINE, "nothing on screen is live")
        elif self._dark_ns is None:
            self._ladder.clear("OFFLINE")
