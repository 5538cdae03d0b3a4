"""The guards as values, and their place in the store: one writer, saved before anything is done about them."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace

import msgspec

from core.account import Guard, GuardState
from core.clock import NS_PER_S, Clock
from core.domain import Order, PositionKey
from core.errors import StoreFailed
from core.facts import EventKind
from core.orders.guarding import levels

TRAIL_SAVE_NS = NS_PER_S
Report = Callable[[EventKind, str, bool], None]


class Kept(msgspec.Struct):
    """What stands in the store: guards of one run of the account."""

    run: str
    guards: tuple[Guard, ...] = ()


class GuardBook:
    """Guards by position. `save(text)` is durable when it returns, and raises StoreFailed."""

    def __init__(self, clock: Clock, run: str, save: Callable[[str], Awaitable[None]], report: Report) -> None:
        self._clock = clock
        self._run = run
        self._save = save
        self._report = report
        self._guards: dict[PositionKey, Guard] = {}
        self._wanted = self._stored = 0
        self._saved_ns = 0
        self._failing = False
        self.revision = 0

    @property
    def saved(self) -> bool:
        return self._stored == self._wanted

    def rows(self) -> tuple[Guard, ...]:
        return tuple(self._guards.values())

    def get(self, key: PositionKey) -> Guard | None:
        return self._guards.get(key)

    def put(self, guard: Guard, *, later: bool = False) -> None:
        """Replace one. `later`: it may be saved with the next change, a second from now at most."""
        self._guards[guard.key] = guard
        self.revision += 1
        if not later or self._clock.mono_ns() - self._saved_ns >= TRAIL_SAVE_NS:
            self._wanted += 1

    def pop(self, key: PositionKey) -> Guard | None:
        held = self._guards.pop(key, None)
        if held is not None:
            self.revision += 1
            self._wanted += 1
        return held

    async def record(self, guard: Guard) -> bool:
        """Keep a decision before it is acted on; False when that failed, or a person took the guard away meanwhile."""
        self.put(guard)
        try:
            await self.keep()
        except StoreFailed as e:
            self.fail(guard, f"the decision could not be recorded: {e}")
            return False
        return self._guards.get(guard.key) is guard

    async def keep(self, *, needed: bool = True) -> None:
        """Save; with `needed` False only what is not stored yet. Raises StoreFailed; then it stays to be saved."""
        if not needed and self.saved:
            return
        wanted, at_ns = self._wanted, self._clock.mono_ns()
        await self._save(msgspec.json.encode(Kept(self._run, self.rows())).decode())
        self._stored, self._saved_ns = max(self._stored, wanted), at_ns

    async def keep_on(self) -> None:
        """Save what is not in the store yet; a failure is said once and tried again at the next call."""
        try:
            await self.keep(needed=False)
        except StoreFailed as e:
            if not self._failing:
                text = f"stops and targets could not be saved: {e}. They are watched; a restart now would lose them."
                self._report(EventKind.RISK, text, True)
            self._failing = True
            return
        if self._failing:
            self._report(EventKind.RISK, "stops and targets are saved again", False)
        self._failing = False

    def restore(self, text: str, orders: Iterable[Order]) -> None:
        """Take up what the store holds of this run. An exit that an order was made of is never made again."""
        try:
            kept = msgspec.json.decode(text, type=Kept) if text else Kept("")
        except (msgspec.MsgspecError, ValueError) as e:
            self._report(
                EventKind.RISK, f"stops and targets could not be read from the store: {e}. Set them anew.", True
            )
            return
        if kept.run != self._run:
            return
        made = {o.intent_id: o.tag for o in orders}
        for guard in kept.guards:
            again = self._taken_up(guard, made)
            self._guards[guard.key] = again
            self.say(again, f"{levels(again)} {again.state.value} again after the start", loud=not again.armed)
        self.revision += 1

    def _taken_up(self, guard: Guard, made: dict[str, str]) -> Guard:
        tags = tuple(tag for intent, tag in made.items() if intent.startswith(f"guard-{guard.id}-"))
        if tags:
            return replace(guard, state=GuardState.SENT, tags=tags, acted_ns=self._clock.mono_ns())
        if guard.state is GuardState.FAILED:
            return guard
        return replace(guard, state=GuardState.WATCHING, why="", planned=0, sent=0)

    def fail(self, guard: Guard, text: str) -> None:
        """It protects no longer; a person has to act."""
        self.put(replace(guard, state=GuardState.FAILED, why=text))
        self.say(guard, f"NOT PROTECTED: {text}. Nothing is sent again; exit by hand.", loud=True)

    def say(self, guard: Guard, text: str, *, loud: bool) -> None:
        self._report(EventKind.RISK, f"{guard.symbol} {guard.key.product.short} protection: {text}", loud)
