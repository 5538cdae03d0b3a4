"""Ready stories: what the market and the broker do on a day worth practising for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta

from core.clock import NS_PER_S
from core.domain import Exchange, InstrumentKey
from core.exchange.calendar import at
from core.exchange.faults import Fault
from core.exchange.setting import Listings
from core.exchange.tide import Events, Halt, Push
from core.exchange.universe import expiry_of

_SBIN, _TATASTEEL = InstrumentKey(Exchange.NSE, "3045"), InstrumentKey(Exchange.NSE, "3499")
_MINUTE = 60 * NS_PER_S


@dataclass(frozen=True, slots=True)
class Scenario:
    """`start` is the market time it begins at, `timed` are faults by real seconds after the start.

    `day_of` moves the day; without it the day is the ordinary one.
    """

    says: str
    start: time = time(9, 20)
    events: Callable[[date, Listings], Events] = lambda day, listings: Events()
    timed: Sequence[tuple[float, Fault]] = ()
    day_of: Callable[[date], date] = lambda day: day

    def starts_ns(self, day: date) -> int:
        return at(self.day_of(day), self.start)


def _gap_open(day: date, listings: Listings) -> Events:
    return Events(gap=-0.028)


def _circuit_lock(day: date, listings: Listings) -> Events:
    opens_ns = at(day, time(9, 20))
    return Events(pushes=[Push(opens_ns + 30 * NS_PER_S, opens_ns + 4 * _MINUTE, 140_000, frozenset({_TATASTEEL}))])


def _flash_crash(day: date, listings: Listings) -> Events:
    start_ns = at(day, time(11, 0)) + _MINUTE
    down = Push(start_ns, start_ns + 90 * NS_PER_S, -52_000)
    back = Push(start_ns + 150 * NS_PER_S, start_ns + 8 * _MINUTE, 44_000)
    return Events(pushes=[down, back])


def _halted_scrip(day: date, listings: Listings) -> Events:
    start_ns = at(day, time(9, 20)) + 30 * NS_PER_S
    return Events(halts=[Halt(_SBIN, start_ns, start_ns + 20 * _MINUTE)])


def _expiry(day: date) -> date:
    """The next day that is a weekly or monthly expiry: a Tuesday."""
    return min(expiry_of(day), day + timedelta(days=(1 - day.weekday()) % 7))


def _expiry_day(day: date, listings: Listings) -> Events:
    start_ns = at(day, time(15, 0))
    swing = [
        Push(start_ns + n * 5 * _MINUTE, start_ns + (n * 5 + 3) * _MINUTE, m) for n, m in ((0, 4_000), (1, -7_000))
    ]
    return Events(pushes=swing)


_SLOW_MORNING = (
    (0.0, Fault("slow", delay_ms=1_800, probability=0.5, for_s=90)),
    (0.0, Fault("http_status", status=503, probability=0.15, for_s=90)),
    (10.0, Fault("lost_answer", on=["placeOrder"], probability=0.2, for_s=80)),
    (20.0, Fault("mute_stream", for_s=15)),
    (45.0, Fault("drop_stream")),
    (60.0, Fault("drop_orders")),
    (60.0, Fault("refuse_stream", status=503, for_s=10)),
)
_ROLLOVER = (
    (30.0, Fault("expire_tokens")),
    (30.0, Fault("drop_stream")),
    (30.0, Fault("drop_orders")),
    (30.0, Fault("error", on=["loginByPassword"], code="AB1004", count=1)),
)

SCENARIOS: Mapping[str, Scenario] = {
    "gap-open": Scenario("The market opens 2.8 % lower.", time(9, 15), _gap_open),
    "circuit-lock": Scenario("TATASTEEL runs into its upper circuit and stays there.", events=_circuit_lock),
    "flash-crash": Scenario("At 11:01 everything falls 5 % within 90 s and comes back.", time(11, 0), _flash_crash),
    "halted-scrip": Scenario("SBIN stands still for twenty minutes from 09:20:30 on.", events=_halted_scrip),
    "expiry-day": Scenario(
        "The last half hour of a Tuesday expiry, with swings.", time(15, 0), _expiry_day, (), _expiry
    ),
    "slow-broker-morning": Scenario("For 90 s the broker is slow, errs, loses answers, drops.", timed=_SLOW_MORNING),
    "token-rollover": Scenario("After 30 s every token ends, the sockets drop, one login fails.", timed=_ROLLOVER),
}
