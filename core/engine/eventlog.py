"""The last events, newest first: what the event pane shows. Bounded."""

from collections import deque
from collections.abc import Callable

from core.clock import Clock
from core.facts import Event, EventKind
from core.hiding import hide
from core.text import plain

EVENTS_MAX = 500


class EventLog:
    """Implements `core.views.EventView`. Each text is made safe here as well, because it may hold a broker's words."""

    def __init__(self, clock: Clock, mirror: Callable[[Event], None] = lambda event: None) -> None:
        self._clock = clock
        self._mirror = mirror
        self._events: deque[Event] = deque(maxlen=EVENTS_MAX)
        self._revision = 0

    @property
    def revision(self) -> int:
        return self._revision

    def latest(self, count: int) -> tuple[Event, ...]:
        return tuple(self._events)[:count]

    def add(self, kind: EventKind, text: str, loud: bool = False) -> None:
        """Put one line on top; the mirror (the log file) gets it too."""
        event = Event(self._clock.wall_ns(), kind, plain(hide(text), 400), loud)
        self._events.appendleft(event)
        self._revision += 1
        self._mirror(event)
