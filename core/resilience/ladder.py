"""The degradation ladder: one mode for the whole program, the worst of its causes; what each mode allows.

Down at once; up only after a cause has been gone for a while, and at most one change for the better each two seconds,
so that the screen does not flicker. No task: the owner calls `poll`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

from core.clock import NS_PER_S, Clock
from core.facts import Cause, LadderMode, Operation

LINGER_S = 3.0
STEP_NS = 2 * NS_PER_S


class Rule(Enum):
    """What a mode says to an operation. CONFIRM: only one at a time, after a typed word."""

    YES = "yes"
    CONFIRM = "confirm"
    NO = "no"


_Y, _C, _N = Rule.YES, Rule.CONFIRM, Rule.NO
_STRICT = (_Y, _C, _N)
_COLUMNS = (Operation.OPEN, Operation.REDUCE, Operation.CANCEL, Operation.MODIFY, Operation.KILL)
_ROWS = {
    LadderMode.NORMAL: (_Y, _Y, _Y, _Y, _Y),
    LadderMode.DATA_STALE: (_N, _Y, _Y, _Y, _Y),
    LadderMode.REDUCE_ONLY: (_N, _Y, _Y, _Y, _Y),
    LadderMode.READ_ONLY: (_N, _C, _C, _C, _Y),
    LadderMode.OFFLINE: (_N, _N, _N, _N, _Y),
    LadderMode.LOCKED: (_N, _N, _Y, _N, _Y),
    LadderMode.HALTED: (_N, _C, _Y, _N, _Y),
}
MATRIX = {(mode, op): rule for mode, row in _ROWS.items() for op, rule in zip(_COLUMNS, row, strict=True)}
"""Every cell. MODIFY is a change that does not add risk; one that does is OPEN."""

_WORDS = {
    Operation.OPEN: "Opening or adding",
    Operation.REDUCE: "Reducing",
    Operation.CANCEL: "Cancelling",
    Operation.MODIFY: "Changing an order",
    Operation.KILL: "The kill switch",
}


@dataclass(frozen=True, slots=True)
class _Held:
    cause: Cause
    linger_ns: int
    gone_ns: int | None = None


class Ladder:
    """The set of causes, by code, and the mode they make.

    `on_change(before, after, causes)` is called at each change of mode, inside the call that made it.
    """

    def __init__(
        self,
        clock: Clock,
        on_change: Callable[[LadderMode, LadderMode, tuple[Cause, ...]], None] | None = None,
    ) -> None:
        self._clock = clock
        self._on_change = on_change
        self._held: dict[str, _Held] = {}
        self._mode = LadderMode.NORMAL
        self._better_ns = clock.mono_ns() - STEP_NS

    @property
    def mode(self) -> LadderMode:
        return self._mode

    def causes(self) -> tuple[Cause, ...]:
        """The causes that count, worst first, then oldest; one that is gone counts until its time is over."""
        causes = [held.cause for held in self._held.values()]
        return tuple(sorted(causes, key=lambda c: (-c.mode, c.since_ns, c.code)))

    def active(self, code: str) -> bool:
        """Whether a cause holds now (a gone one that still counts does not)."""
        held = self._held.get(code)
        return held is not None and held.gone_ns is None

    def raise_cause(
        self,
        code: str,
        mode: LadderMode,
        text: str,
        next_try_ns: int | None = None,
        *,
        linger_s: float = LINGER_S,
    ) -> None:
        """Say that a cause holds; again with the same code: its text, mode and next try are renewed.

        `linger_s` is how long it must be gone before it stops counting: 0 where the way back is proved otherwise (the
        ORDERS circuit by PROBATION, a halt by a typed word).
        """
        before = self._held.get(code)
        since_ns = before.cause.since_ns if before is not None else self._clock.wall_ns()
        cause = Cause(code, mode, text, since_ns, next_try_ns)
        self._held[code] = _Held(cause, round(linger_s * NS_PER_S))
        self._settle()

    def clear(self, code: str) -> None:
        """Say that a cause is gone. No effect when it was not there or is gone already."""
        held = self._held.get(code)
        if held is not None and held.gone_ns is None:
            self._held[code] = replace(held, gone_ns=self._clock.mono_ns())
            self._settle()

    def poll(self) -> None:
        """Let time pass: forget causes that have been gone long enough. Call about four times a second."""
        self._settle()

    def forbids(self, operation: Operation, *, confirmed: bool = False, beside: str = "") -> str:
        """Why the mode forbids an operation, as one sentence for the person; empty when it allows it.

        `confirmed` is true only for the one operation that a typed word was given for. `beside` names a cause that does
        not count for this one.
        """
        mode = self._mode if not beside else self._mode_beside(beside)
        rule = self._rule(operation, mode, beside)
        if rule is Rule.YES or (rule is Rule.CONFIRM and confirmed):
            return ""
        why = next((c.text for c in self.causes() if c.mode is mode and c.code != beside), "recovering")
        tail = "needs a confirmation of its own" if rule is Rule.CONFIRM else "is not possible"
        return f"{_WORDS[operation]} {tail} in {mode.word}: {why}."

    def _mode_beside(self, code: str) -> LadderMode:
        """The mode that the other causes make; a mode that they do not explain (recovering) stays."""
        if code not in self._held or self._held[code].cause.mode is not self._mode:
            return self._mode
        others = (held.cause.mode for other, held in self._held.items() if other != code)
        return max(others, default=LadderMode.NORMAL)

    def _rule(self, operation: Operation, mode: LadderMode, beside: str) -> Rule:
        """The mode's; a locked screen does not loosen what another cause forbids."""
        rules = [MATRIX[mode, operation]]
        if LadderMode.LOCKED in (mode, self._mode):
            rules += [MATRIX[held.cause.mode, operation] for code, held in self._held.items() if code != beside]
        return max(rules, key=_STRICT.index)

    def _settle(self) -> None:
        now_ns = self._clock.mono_ns()
        over = [c for c, h in self._held.items() if h.gone_ns is not None and now_ns - h.gone_ns >= h.linger_ns]
        for code in over:
            del self._held[code]
        after = max((held.cause.mode for held in self._held.values()), default=LadderMode.NORMAL)
        if after > self._mode or (after < self._mode and now_ns - self._better_ns >= STEP_NS):
            self._move(after, now_ns)

    def _move(self, after: LadderMode, now_ns: int) -> None:
        before, self._mode = self._mode, after
        if after < before:
            self._better_ns = now_ns
        if self._on_change is not None:
            self._on_change(before, after, self.causes())
