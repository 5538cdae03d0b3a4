"""What one market-stream connection asked for, and what is due to it: bounded, latest wins. Pure."""

from collections.abc import Callable, Collection, Iterable
from itertools import islice

import msgspec

from core.domain import InstrumentKey
from core.exchange.envelopes import UNREADABLE
from core.exchange.listing import SEGMENTS
from core.exchange.packets import DEPTH20, LTP, QUOTE, SNAP
from core.exchange.switches import Switches

SUBSCRIPTIONS_MAX = 1_000
"""Token-modes of one connection (official streaming page)."""
DEPTH20_MAX = 50
"""Token-modes of mode 4 in one connection, shares of segment 1 only (retired; official SDKs)."""
CORRELATION_MAX = 64
Wanted = tuple[InstrumentKey, int]
"""An instrument in a mode."""


class TokenList(msgspec.Struct):
    exchangeType: int
    tokens: list[str]


class StreamParams(msgspec.Struct):
    mode: int
    tokenList: list[TokenList]


class StreamRequest(msgspec.Struct):
    """A text frame of the client; unknown keys are ignored."""

    action: int
    params: StreamParams
    correlationID: str = ""


class StreamError(msgspec.Struct):
    """An error frame; the connection stays open."""

    correlationID: str
    errorCode: str
    errorMessage: str


class Subscriptions:
    """`due` holds what changed since it was last sent: at most one entry for each token-mode.

    `known` gives what is listed now: a connection outlives a trading day.
    """

    def __init__(
        self,
        known: Callable[[], Collection[InstrumentKey]],
        depth20: bool = False,
        switches: Switches | None = None,
    ) -> None:
        self._known = known
        self._switches = switches or Switches()
        self._allowed = (LTP, QUOTE, SNAP, DEPTH20) if depth20 else (LTP, QUOTE, SNAP)
        self._modes: dict[InstrumentKey, set[int]] = {}
        self._count = 0
        self._due: dict[Wanted, None] = {}

    def handle(self, text: str | bytes) -> StreamError | None:
        """Carry a request out, or say why not: E1001 for what cannot be understood, E1002 for too much, all or none."""
        try:
            request = msgspec.json.decode(text, type=StreamRequest)
        except UNREADABLE:
            return StreamError(_correlation(text), "E1001", "Invalid Request Payload.")
        mode, lists = request.params.mode, request.params.tokenList
        good = (
            request.action in (0, 1)
            and mode in self._allowed
            and all(t.exchangeType in SEGMENTS and (mode != DEPTH20 or t.exchangeType == 1) for t in lists)
        )
        if not good:
            return StreamError(request.correlationID[:CORRELATION_MAX], "E1001", "Invalid Request Payload.")
        keys = [InstrumentKey(SEGMENTS[t.exchangeType], token) for t in lists for token in t.tokens]
        if request.action == 0:
            for key in keys:
                self._drop(key, mode)
            return None
        new = [key for key in dict.fromkeys(keys) if mode not in self._modes.get(key, ())]
        deep = sum(DEPTH20 in modes for modes in self._modes.values()) + len(new) if mode == DEPTH20 else 0
        over = max(self._count + len(new) - SUBSCRIPTIONS_MAX, deep - DEPTH20_MAX, 0)
        if over:
            new = new[: len(new) - over] if self._switches.stream_limit == "excess" else []
        self._add(new, mode)
        if over:
            text = "Invalid Request. Subscription Limit Exceeded"
            return StreamError(request.correlationID[:CORRELATION_MAX], "E1002", text)
        return None

    def mark(self, changed: Iterable[InstrumentKey]) -> bool:
        """Note what changed; True when something is due."""
        modes_of, due = self._modes, self._due
        for key in changed:
            for mode in modes_of.get(key, ()):
                due[(key, mode)] = None
        return bool(due)

    @property
    def keys(self) -> Iterable[InstrumentKey]:
        """The known instruments that are asked for in any mode."""
        known = self._known()
        return (key for key in self._modes if key in known)

    def take(self, most: int) -> list[Wanted]:
        """The next token-modes to send, at most so many, oldest first; empty when nothing is due."""
        due = self._due
        if len(due) <= most:
            self._due = {}
            return list(due)
        taken = list(islice(due, most))
        for wanted in taken:
            del due[wanted]
        return taken

    def forget_due(self) -> None:
        self._due.clear()

    def _add(self, new: Iterable[InstrumentKey], mode: int) -> None:
        """Take token-modes that are not there yet; what is listed is due at once."""
        for key in new:
            self._modes.setdefault(key, set()).add(mode)
            self._count += 1
            if self._switches.stream_snapshot and key in self._known():
                self._due[(key, mode)] = None

    def _drop(self, key: InstrumentKey, mode: int) -> None:
        modes = self._modes.get(key)
        if modes and mode in modes:
            modes.remove(mode)
            self._count -= 1
            self._due.pop((key, mode), None)
            if not modes:
                del self._modes[key]


def _correlation(text: str | bytes) -> str:
    """The correlation id of a request that is otherwise not understood, empty when there is none."""
    try:
        loose = msgspec.json.decode(text)
    except UNREADABLE:
        return ""
    found = loose.get("correlationID") if isinstance(loose, dict) else None
    return found[:CORRELATION_MAX] if isinstance(found, str) else ""
