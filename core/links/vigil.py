"""When silence means that something is wrong: judged by what came and by whether anything should come now."""

from core.clock import NS_PER_S, Clock


class Vigil:
    """Silence counts from the last data, and never from before data were due: a market that opens gets its time.

    `look` is to be called about once a second; `seconds` None means that silence is no fault.
    """

    def __init__(self, clock: Clock, seconds: float | None) -> None:
        self._clock = clock
        self._limit_ns = None if seconds is None else round(seconds * NS_PER_S)
        self._quiet_ns = clock.mono_ns()

    def data(self) -> None:
        """Data came (or a new connection stands)."""
        self._quiet_ns = self._clock.mono_ns()

    def look(self, *, due: bool) -> bool:
        """Whether the stream is mute, given that data are due now or not."""
        if not due:
            self._quiet_ns = self._clock.mono_ns()
        return self.is_mute(due=due)

    def is_mute(self, *, due: bool) -> bool:
        """As `look`, changing nothing."""
        return due and self._limit_ns is not None and self._clock.mono_ns() - self._quiet_ns > self._limit_ns
