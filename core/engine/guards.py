"""Stops, targets and trailing stops kept by us: watched by revision of the quotes, closed through the one door.

A level is judged anew with each price, never remembered: while the gate would deny the exit the guard is BLOCKED, says
why, and looks again; nothing waits in a queue. What was handed over is not handed over again, whatever becomes of it:
then the guard says so and a person decides. Guards live in the store and are there again after a restart.
"""

from dataclasses import replace

from core.account import Guard, GuardState
from core.clock import Clock
from core.domain import InstrumentKey, PositionKey
from core.engine.exits import Exits
from core.engine.guardbook import GuardBook
from core.orders.guarding import follow, hit, levels, refusal
from core.views import Freshness, Quote, Submitted

BEAT_S = 0.1
GUARDS_MAX = 200
_QUIET = frozenset({"G27", "G29"})
"""Denials that time alone takes away: not worth a bell."""


class Guards:
    """The only writer of guards, by way of their book."""

    def __init__(self, clock: Clock, exits: Exits) -> None:
        self._clock = clock
        self._exits = exits
        self._book: GuardBook = exits.book
        self._seen: dict[str, tuple[int, int]] = {}
        self._made = 0

    @property
    def revision(self) -> int:
        return self._book.revision

    @property
    def saved(self) -> bool:
        """Whether the store holds what is watched now; a trailing stop's last second may be missing."""
        return self._book.saved

    def rows(self) -> tuple[Guard, ...]:
        return self._book.rows()

    def get(self, key: PositionKey) -> Guard | None:
        return self._book.get(key)

    def protect(self, key: PositionKey, stop_e4: int, target_e4: int, trail_e4: int) -> Submitted:
        """Watch these levels (0: none) in place of those before; all 0 takes the protection away."""
        held = self._book.get(key)
        if held is not None and held.state in (GuardState.CLEARING, GuardState.SENDING):
            return Submitted(refused=f"{held.symbol}: its exit is being sent now. Nothing was changed.")
        if not (stop_e4 or target_e4 or trail_e4):
            return self._drop(key)
        if held is None and len(self.rows()) >= GUARDS_MAX:
            return Submitted(refused=f"{GUARDS_MAX} positions are protected already. Nothing was changed.")
        return self._set(key, stop_e4, target_e4, trail_e4)

    def _set(self, key: PositionKey, stop_e4: int, target_e4: int, trail_e4: int) -> Submitted:
        at = InstrumentKey(key.exchange, key.token)
        instrument, slot = self._exits.find(at), self._exits.quotes.slot(at)
        if instrument is None:
            return Submitted(refused=f"{key.exchange} {key.token} is not in the instrument list. Nothing is watched.")
        quote = None if slot is None else self._exits.quotes.quote(slot)
        last_e4 = quote.ltp_e4 if quote is not None and quote.has_ltp else None
        net = self._exits.positions.net(key)
        why = refusal(instrument, net, last_e4, stop_e4, target_e4, trail_e4)
        if why:
            return Submitted(refused=f"{why}. Nothing is watched; change the level.")
        self._made += 1
        guard = Guard(
            id=f"{self._clock.real_ns():x}-{self._made}",
            key=key,
            symbol=instrument.label,
            long=net > 0,
            stop_e4=stop_e4,
            target_e4=target_e4,
            trail_e4=trail_e4,
            best_e4=last_e4 or 0,
            set_ns=self._clock.wall_ns(),
        )
        self._book.put(guard)
        self._book.say(guard, f"{levels(guard)}: kept by Tezi, not by the broker", loud=False)
        return Submitted(tag=guard.id)

    def _drop(self, key: PositionKey) -> Submitted:
        """Watch no longer. What was sent stays sent."""
        held = self._book.pop(key)
        if held is None:
            return Submitted(refused="no stop or target stands here")
        self._book.say(held, "taken away", loud=False)
        return Submitted(tag=held.id)

    async def run(self) -> None:
        while True:
            await self._clock.sleep(BEAT_S)
            await self.beat()

    async def beat(self) -> None:
        """One look at every guard; nothing is judged while the books are not known."""
        if self._exits.doors.ready():
            for guard in self.rows():
                if self._book.get(guard.key) is guard:  # a person may have taken it away while another was recorded
                    await self._look(guard)
        await self._book.keep_on()

    async def _look(self, guard: Guard) -> None:
        net = self._exits.positions.net(guard.key)
        if net == 0 or (net > 0) is not guard.long:
            self._over(guard, net)
        elif guard.armed:
            await self._watch(guard)
        elif guard.state is GuardState.CLEARING:
            self._exits.cleared(guard)
        elif guard.state is GuardState.SENDING:
            self._exits.send(guard)
        elif guard.state is GuardState.SENT:
            self._exits.follow_up(guard)

    def _over(self, guard: Guard, net: int) -> None:
        self._book.pop(guard.key)
        what = "the position is closed" if not net else "the position turned round"
        self._book.say(guard, f"{what}: {levels(guard)} is over", loud=bool(net))

    # Watching.

    async def _watch(self, guard: Guard) -> None:
        quote = self._fresh(guard)
        if quote is None:
            return
        followed = follow(guard, quote.ltp_e4)
        if followed is not guard:
            self._book.put(followed, later=True)
        why = hit(followed, quote.ltp_e4)
        if why:
            await self._fire(replace(followed, acted_ns=self._clock.mono_ns()), why, quote)
        elif followed.state is GuardState.BLOCKED:
            self._book.put(replace(followed, state=GuardState.WATCHING, why=""))
            self._book.say(guard, "the price came back before the exit could be sent; watching", loud=True)

    def _fresh(self, guard: Guard) -> Quote | None:
        """The quote when it may be judged: fresh, and new to this guard (a blocked one looks at each beat)."""
        slot, quotes = self._exits.slot(guard), self._exits.quotes
        if slot is None or quotes.freshness(slot) is not Freshness.FRESH:
            return None
        mark = (quotes.revision(slot), guard.acted_ns)
        if guard.state is GuardState.WATCHING and self._seen.get(guard.id) == mark:
            return None
        self._seen[guard.id] = mark
        return self._exits.quote(guard)

    async def _fire(self, guard: Guard, why: str, quote: Quote) -> None:
        """The level is reached: first what stands in the way, then the exit."""
        units, in_way = self._exits.free_units(guard)
        now = replace(guard, why=why, planned=units)
        if in_way:
            await self._exits.clear(now, in_way)
            return
        intent = self._exits.intent(now, quote, units) if units > 0 else None
        if intent is None:
            self._block(guard, "WAY", f"{why} reached, but orders that cannot be cancelled here close it already")
            return
        verdict = self._exits.doors.check(intent)
        if not verdict.allowed:
            first = verdict.denials[0]
            self._block(guard, first.code, f"{why} reached, denied by {first.code} {first.name}: {first.compared}")
        elif await self._book.record(replace(now, state=GuardState.SENDING)):
            self._exits.send(replace(now, state=GuardState.SENDING))

    def _block(self, guard: Guard, code: str, text: str) -> None:
        if guard.state is GuardState.BLOCKED and guard.why.startswith(f"{code} "):
            return
        self._book.put(replace(guard, state=GuardState.BLOCKED, why=f"{code} {text}"))
        self._book.say(guard, f"{text}. Nothing was sent; it looks again with each price.", loud=code not in _QUIET)
