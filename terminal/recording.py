"""The tape of a session started with `--record`: frames, orders as they change, changes of mode."""

from dataclasses import replace
from pathlib import Path

import msgspec

from core.bus import Bus
from core.clock import Clock, ist
from core.domain import OrderState
from core.errors import UserError
from core.facts import ModeChanged, OrderChanged
from core.feed.recorder import FeedRecorder
from core.hiding import hide
from core.store.retention import TAPES
from core.store.tape import SUFFIX, Kind
from core.store.tape_writer import TapeWriter


class Recording:
    """A new tape under `<home>/tapes`, named by the computer's time. Raises UserError when it cannot be made.

    An order that is being sent or asked to change is an INTENT, everything that becomes of it an UPDATE. Nothing here
    ever sees a login; reasons pass `core.hiding.hide`, in case somebody's words repeat one.
    """

    def __init__(self, home: Path, clock: Clock) -> None:
        name = ist(clock.real_ns()).strftime("%Y%m%d-%H%M%S") + SUFFIX
        self.path = home / TAPES / name
        try:
            self.writer = TapeWriter(self.path, clock)
        except OSError as e:
            raise UserError(f"--record: {self.path} cannot be made ({e.strerror}). Give a writable --home.") from e
        self.feed = FeedRecorder(self.writer)
        self._asked: dict[str, str] = {}

    def listen(self, bus: Bus) -> None:
        """From now on every order and mode of this engine."""
        bus.on(OrderChanged, self._order)
        bus.on(ModeChanged, self._mode)

    def _order(self, fact: OrderChanged) -> None:
        order = fact.order
        asked = "place" if order.state is OrderState.SENDING else order.change
        leaves = bool(asked) and self._asked.get(order.tag) != asked
        self._asked[order.tag] = asked
        told = msgspec.json.encode(replace(order, reason=hide(order.reason)))
        self.writer.add(Kind.INTENT if leaves else Kind.UPDATE, told)

    def _mode(self, fact: ModeChanged) -> None:
        causes = [hide(c.text) for c in fact.causes]
        self.writer.add(Kind.MODE, msgspec.json.encode([fact.before.word, fact.after.word, causes]))
