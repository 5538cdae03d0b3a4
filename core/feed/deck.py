"""A tape on screen: played, paused, stepped and searched by keys, at any speed, with the market's time moving on also
where nothing was recorded."""

from collections.abc import Callable

from core.clock import NS_PER_S, Clock
from core.feed.player import ReadOrders, TapePlayer
from core.store.tape import Damaged, Run, TapeFile
from core.supervise import Wake

BEAT_S = 0.05
"""Real time between two advances while the tape plays."""
SLICE_NS = 2 * NS_PER_S
"""Market time that passes at most between two turns of the loop: some thousand packets."""
SPEEDS = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0)


class _Player(TapePlayer):
    def advance(self, at_ns: int) -> None:
        """Everything up to this time, and the clock to it: prices grow old also while nothing comes."""
        self.seek(at_ns)
        self._move(at_ns)

    def next_ns(self) -> int | None:
        """The time of the next record, None at the end."""
        record = self._peek()
        return None if record is None else record.at_ns


class TapeDeck:
    """Implements `core.marketviews.Replay`. `run` until cancelled. `on_run` sees every run of records in order,
    `on_beat` is called after each advance, `on_rewind` when the board and clock were made anew (the tape was
    wound back)."""

    def __init__(
        self,
        tape: TapeFile,
        real: Clock,
        speed: float = 1.0,
        on_run: Callable[[Run], None] = lambda run: None,
        read_orders: ReadOrders | None = None,
    ) -> None:
        self._real = real
        self._wake = Wake(real)
        self._speed = speed
        self._playing = True
        self._target_ns: int | None = None
        self._damage = ""
        self.first_ns = tape.spans[0].first_us * 1_000 if tape.spans else 0
        self.last_ns = max((span.last_us for span in tape.spans), default=0) * 1_000
        self.player = _Player(tape, real, speed, on_run, read_orders)
        self.on_beat: Callable[[], None] = lambda: None
        self.on_rewind: Callable[[], None] = lambda: None

    @property
    def position_ns(self) -> int:
        return self.player.position_ns

    @property
    def speed(self) -> float:
        return self._speed

    @property
    def word(self) -> str:
        if self._damage:
            return self._damage
        if self._target_ns is not None:
            return "seeking"
        if self.at_end:
            return "at the end"
        return "playing" if self._playing else "paused"

    @property
    def at_end(self) -> bool:
        return self.player.next_ns() is None

    def toggle(self) -> None:
        self._playing = not self._playing
        self._wake.set()

    def faster(self, by: int) -> None:
        near = min(range(len(SPEEDS)), key=lambda n: abs(SPEEDS[n] - self._speed))
        self._speed = SPEEDS[max(0, min(near + by, len(SPEEDS) - 1))]

    def step(self, count: int) -> None:
        """That many records at once, then pause: however far apart in time they are."""
        self._playing = False
        self._guard(lambda: self.player.step(count))
        self.on_beat()

    def seek(self, at_ns: int) -> None:
        """Towards a time, in slices, by `run`; back means from the beginning. Playing goes on from there, or not."""
        self._target_ns = max(self.first_ns, min(at_ns, self.last_ns))
        self._wake.set()

    async def run(self) -> None:
        before_ns = self._real.mono_ns()
        while True:
            await self._wake.wait(BEAT_S)
            now_ns = self._real.mono_ns()
            passed_ns, before_ns = now_ns - before_ns, now_ns
            if self._target_ns is not None:
                await self._go(self._target_ns)
                before_ns = self._real.mono_ns()
            elif self._playing and not self.at_end and not self._damage:
                await self._forward(self.position_ns + round(passed_ns * self._speed))

    async def _go(self, target_ns: int) -> None:
        if target_ns < self.position_ns:
            self._guard(lambda: self.player.seek(self.first_ns - 1))
            self.on_rewind()
        await self._forward(target_ns)
        if self._target_ns == target_ns:
            self._target_ns = None

    async def _forward(self, until_ns: int) -> None:
        """Slice by slice; another target ends it."""
        target_ns = self._target_ns
        while self.position_ns < until_ns and not self._damage and self._target_ns == target_ns:
            at_ns = min(until_ns, self.position_ns + SLICE_NS, max(self.last_ns, self.position_ns))
            if at_ns <= self.position_ns:
                break
            self._guard(lambda to=at_ns: self.player.advance(to))  # type: ignore[misc]
            self.on_beat()
            await self._real.sleep(0)

    def _guard(self, act: Callable[[], object]) -> None:
        """A damaged block ends the playing where it stands, and is said."""
        try:
            act()
        except Damaged as e:
            self._damage, self._playing, self._target_ns = f"damaged here: {e}", False, None
