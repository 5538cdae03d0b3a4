"""A tape played through the same board, in its own time: play, pause, speed, step, seek.

What the board says afterwards depends on the tape and the position only, never on the speed or the way there.
"""

import asyncio
import hashlib
from collections.abc import Callable, Iterator

import msgspec

from core.clock import NS_PER_S, Clock, ManualClock
from core.feed.recorder import instruments
from core.market.quotes import QuoteBoard
from core.ports import BrokerOrder
from core.store.tape import Damaged, Kind, Run, TapeFile

_WAIT_MIN_NS = 2_000_000
"""Shorter waits than 2 ms are not waited: the next longer one makes up for them."""
_BATCH = 1_024
"""Frames that go to the board together when nothing is waited for."""
_TURN = 256
"""Runs between two turns of the loop when nothing is waited for."""


ReadOrders = Callable[[Callable[[BrokerOrder], None]], Callable[[bytes], None]]
"""Given who is told of orders, gives who takes frames of the order socket."""


class TapePlayer:
    """`board` and `clock` are the tape's: a new board when it was wound back. `on_run` sees every run of records.

    `orders` holds the last record of each order by its tag, `mode` the last change of mode, `updates` what the broker's
    order socket said last of each order by its number: its frames are read by `read_orders`, the adapter that read them
    when they came, made anew whenever the tape is wound back. Without it they are passed over.
    `speed` is market seconds in a second; None plays without waiting. `position_ns` is the time of the last record.
    Raises Damaged from a bad block, where it stops.
    """

    def __init__(
        self,
        tape: TapeFile,
        base: Clock,
        speed: float | None = 1.0,
        on_run: Callable[[Run], None] | None = None,
        read_orders: ReadOrders | None = None,
    ) -> None:
        self._read_orders = read_orders
        self._tape = tape
        self._base = base
        self._on_run = on_run
        self._running = asyncio.Event()
        self._running.set()
        self.speed = speed
        self.frames = 0
        self._rewind()

    async def play(self, until_ns: int | None = None) -> bool:
        """Go on until that time, the end, or `pause`; True at the end of the tape."""
        since_turn = 0
        while (record := self._peek()) is not None:
            if until_ns is not None and record.at_ns > until_ns:
                return False
            if not self._running.is_set():
                return False
            waited = await self._wait(record.at_ns)
            since_turn = 0 if waited else since_turn + 1
            if since_turn >= _TURN:
                since_turn = 0
                await self._base.sleep(0)
            if self._running.is_set():
                self._take(merge=self.speed is None and until_ns is None)
        return True

    def pause(self) -> None:
        """Stop before the next record; `play` returns."""
        self._running.clear()

    def resume(self) -> None:
        """Allow `play` again."""
        self._running.set()

    def step(self, count: int = 1) -> int:
        """The next records at once; gives how many there were."""
        for done in range(count):
            if self._peek() is None:
                return done
            self._take()
        return count

    def seek(self, at_ns: int) -> None:
        """To the state after every record up to this time; backwards it begins anew and passes everything again."""
        if at_ns < self.position_ns:
            self._rewind()
        while (record := self._peek()) is not None and record.at_ns <= at_ns:
            self._take()

    def fingerprint(self) -> str:
        """One text for what the market said, every order's last state, here and at the broker, and the mode."""
        digest = hashlib.sha256(self.board.fingerprint().encode())
        for tag in sorted(self.orders):
            digest.update(self.orders[tag])
        for number in sorted(self.updates):
            digest.update(msgspec.json.encode(self.updates[number]))
        digest.update(self.mode)
        return digest.hexdigest()

    def _rewind(self) -> None:
        start_ns = self._tape.spans[0].first_us * 1_000 if self._tape.spans else 0
        self.clock = ManualClock(start_ns)
        self.board = QuoteBoard(self.clock)
        self.orders: dict[str, bytes] = {}
        self.updates: dict[str, BrokerOrder] = {}
        self._order_frame = None if self._read_orders is None else self._read_orders(self._update)
        self.mode = b""
        self._open: dict[int, bool] = {}
        self._doubted: dict[int, bool] = {}
        self.position_ns = start_ns
        self._runs: Iterator[Run] = self._tape.runs()
        self._next: Run | None = next(self._runs, None)

    def _peek(self) -> Run | None:
        return self._next

    async def _wait(self, at_ns: int) -> bool:
        ahead_ns = at_ns - self.position_ns
        if self.speed is None or ahead_ns <= _WAIT_MIN_NS * self.speed:
            return False
        await self._base.sleep(ahead_ns / NS_PER_S / self.speed)
        return True

    def _take(self, *, merge: bool = False) -> None:
        """The next run; with `merge` also those after it that go to the board alike, up to a batch of them."""
        run = self._next
        assert run is not None
        runs, held = [run], run.many
        self._next = next(self._runs, None)
        while merge and self._next is not None and held < _BATCH and _alike(self._next, run):
            runs.append(self._next)
            held += self._next.many
            self._next = next(self._runs, None)
        self._move(runs[-1].at_ns)
        if len(runs) > 1:
            run = run._replace(data=b"".join(r.data for r in runs), many=held)
        self._apply(run)
        if self._on_run is not None:
            for run in runs:
                self._on_run(run)

    def _move(self, at_ns: int) -> None:
        if at_ns > self.position_ns:
            self.clock.move((at_ns - self.position_ns) / NS_PER_S)
            self.position_ns = at_ns

    def _apply(self, run: Run) -> None:
        board = self.board
        if run.kind is Kind.FRAME:
            self.frames += run.many
            board.take_run(run.data, 0, run.size, run.stride or 1, run.many, run.channel)
        elif run.kind is Kind.READ:
            board.take_rest(run.data, recorded=True)
        elif run.kind in (Kind.INTENT, Kind.UPDATE):
            self.orders[_tag(run.data)] = run.data
        elif run.kind is Kind.ORDER_FRAME:
            if self._order_frame is not None:
                self._order_frame(run.data)
        elif run.kind is Kind.MODE:
            self.mode = run.data
        elif run.kind is Kind.EVENT:
            self._event(run.data, run.channel)
        elif run.kind is Kind.WANTED:
            for instrument, shard in instruments(run.data).items():
                board.assign(board.add(instrument), shard)

    def _update(self, order: BrokerOrder) -> None:
        self.updates[order.broker_id] = order

    def _event(self, word: bytes, shard: int) -> None:
        """As `core.feed.stream` tells the board of its connection."""
        if word in (b"doubt", b"trust"):
            self._doubted[shard] = word == b"doubt"
            self.board.set_down(self._doubted[shard] or not self._open.get(shard, False), shard)
        elif word in (b"open", b"lost"):
            self._open[shard] = word == b"open"
            if word == b"open":
                self.board.new_epoch(shard)
            self.board.set_down(word == b"lost" or self._doubted.get(shard, False), shard)


class _Tagged(msgspec.Struct):
    tag: str = ""


def _tag(body: bytes) -> str:
    """The tag of a recorded order. Raises Damaged."""
    try:
        return msgspec.json.decode(body, type=_Tagged).tag
    except (msgspec.MsgspecError, ValueError) as e:
        raise Damaged(f"an order record cannot be read: {e}") from e


def _alike(run: Run, first: Run) -> bool:
    """Frames of one connection and size, without gaps between them."""
    same = (run.kind, run.channel, run.size) == (first.kind, first.channel, first.size)
    return same and run.kind is Kind.FRAME and run.size == run.stride == first.stride
