"""The control door: truth, faults, clock and orders from outside. For tests and drills, on loopback only."""

from collections.abc import Callable, Iterable
from typing import Annotated, Any, TypeVar

import msgspec
from litestar import Litestar, MediaType, Request, Response, get, post
from litestar.exceptions import HTTPException

from core.clock import NS_PER_S, iso_to_ns, ist
from core.exchange.envelopes import UNREADABLE
from core.exchange.faults import Fault, FaultRequest, Faults
from core.exchange.gateway import RequestDetail, RequestRecord
from core.exchange.orders import Refusal
from core.exchange.rules import OrderBody
from core.exchange.sessions import Sessions
from core.exchange.streams import Streams
from core.exchange.venue import Venue

ADVANCE_MAX_S = 30 * 86_400
_T = TypeVar("_T")


class ClockRequest(msgspec.Struct, forbid_unknown_fields=True):
    """Move market time ahead, let it run `speed` times as fast as real time, hold it, or seek in a replay."""

    advance_s: Annotated[float, msgspec.Meta(ge=0, le=ADVANCE_MAX_S)] | None = None
    speed: Annotated[float, msgspec.Meta(gt=0, le=1_000)] | None = None
    pause: bool | None = None
    seek: str | None = None


class ControlError(Exception):
    """A control body that is refused; the text says why."""


class Control:
    """What the control routes do."""

    def __init__(
        self,
        venue: Venue,
        faults: Faults,
        streams: Streams,
        sessions: Sessions,
        requests: Iterable[RequestRecord],
        details: Iterable[RequestDetail],
        publish: Callable[[], object],
    ) -> None:
        self._venue, self._faults, self._streams, self._requests = venue, faults, streams, requests
        self._details, self._sessions, self._publish = details, sessions, publish
        self._speed = 0.0

    def state(self, full: bool = False) -> dict[str, Any]:
        """The truth; `full` adds query, headers and field names to each request."""
        requests: list[Any] = list(self._requests)
        if full:
            pairs = zip(requests, self._details, strict=True)
            requests = [msgspec.structs.asdict(one) | msgspec.structs.asdict(more) for one, more in pairs]
        return {
            "now": ist(self._venue.now_ns()).isoformat(),
            "run": self._venue.run,
            "orders": self._venue.order_rows(),
            "trades": self._venue.trade_rows(),
            "positions": self._venue.position_rows(),
            "requests": requests,
        }

    def faults(self, body: bytes) -> dict[str, list[Fault]]:
        request = _read(body, FaultRequest)
        if request.clear == (request.add is not None):
            raise ControlError('Send either {"add": {...}} or {"clear": true}.')
        if request.clear:
            self._faults.clear()
        elif request.add is not None:
            self.strike(request.add)
        return {"faults": self._faults.rows()}

    def clock(self, body: bytes) -> dict[str, str]:
        request = _read(body, ClockRequest)
        clock = self._venue.clock
        if (request.advance_s, request.speed, request.pause, request.seek) == (None, None, None, None):
            raise ControlError('Send "advance_s", "speed", "pause" or "seek", for instance {"advance_s": 600}.')
        if request.seek is not None:
            self._seek(request.seek)
        if request.speed is not None:
            self._speed = 0.0
            clock.anchor(clock.wall_ns(), request.speed)
        if request.pause is not None:
            self._pause(request.pause)
        if request.advance_s is not None:
            clock.anchor(clock.wall_ns() + round(request.advance_s * NS_PER_S), clock.speed)
        self._publish()
        return {"now": ist(self._venue.now_ns()).isoformat()}

    def _pause(self, pause: bool) -> None:
        """Hold market time, or let it go on at the speed it had."""
        clock = self._venue.clock
        if pause and clock.speed:
            self._speed = clock.speed
            clock.anchor(clock.wall_ns(), 0.0)
        elif not pause and not clock.speed:
            clock.anchor(clock.wall_ns(), self._speed or 1.0)
            self._speed = 0.0

    def _seek(self, text: str) -> None:
        """Go to a time: ahead in any market, back only in a replay."""
        try:
            wall_ns = iso_to_ns(text)
        except ValueError as e:
            raise ControlError(f"seek {text!r} is no ISO 8601 time with an offset.") from e
        clock = self._venue.clock
        seek = getattr(self._venue, "seek", None)
        if seek is not None:
            seek(wall_ns)
            if self._speed:
                clock.anchor(clock.wall_ns(), 0.0)
        elif 0 <= wall_ns - clock.wall_ns() <= ADVANCE_MAX_S * NS_PER_S:
            clock.anchor(wall_ns, clock.speed)
        else:
            raise ControlError("Only a replay can go back, and none goes more than 30 days ahead.")

    def external_order(self, body: bytes) -> dict[str, str]:
        done = self._venue.place(_read(body, OrderBody), external=True)
        if isinstance(done, Refusal):
            raise ControlError(f"{done.code}: {done.message}")
        return {"orderid": done.order_id, "uniqueorderid": done.unique_id}

    def switches(self, body: bytes) -> dict[str, Any]:
        """Change switches by name; an empty body changes nothing. Gives all of them."""
        try:
            if body:
                self._venue.switches.change(body)
        except UNREADABLE as e:
            raise ControlError(f"The body cannot be used: {e}.") from e
        found: dict[str, Any] = msgspec.to_builtins(self._venue.switches)
        return found

    def strike(self, fault: Fault) -> None:
        """Set a fault, or let it act at once if it is of that kind."""
        if fault.name == "drop_stream":
            self._streams.drop_market()
        elif fault.name == "drop_orders":
            self._streams.drop_orders()
        elif fault.name == "garbage_frame":
            self._streams.send_garbage()
        elif fault.name == "burst":
            self._streams.send_burst(fault)
        elif fault.name == "expire_tokens":
            self._sessions.expire_all()
        else:
            self._faults.add(fault)


def build_control(control: Control) -> Litestar:
    """The ASGI application of the control door."""

    @get("/state", sync_to_thread=False)
    def state(full: bool = False) -> dict[str, Any]:
        return control.state(full)

    @post("/faults", status_code=200)
    async def faults(request: Request[Any, Any, Any]) -> dict[str, Any]:
        return {**control.faults(await request.body())}

    @post("/clock", status_code=200)
    async def clock(request: Request[Any, Any, Any]) -> dict[str, str]:
        return control.clock(await request.body())

    @post("/external-order", status_code=200)
    async def external_order(request: Request[Any, Any, Any]) -> dict[str, str]:
        return control.external_order(await request.body())

    @get("/switches", sync_to_thread=False)
    def switches() -> dict[str, Any]:
        return control.switches(b"")

    @post("/switches", status_code=200)
    async def change_switches(request: Request[Any, Any, Any]) -> dict[str, Any]:
        return control.switches(await request.body())

    return Litestar(
        [state, faults, clock, external_order, switches, change_switches],
        exception_handlers={ControlError: _refused, HTTPException: _plain},
        openapi_config=None,
        logging_config=None,
    )


def _read(body: bytes, kind: type[_T]) -> _T:
    try:
        return msgspec.json.decode(body, type=kind)
    except UNREADABLE as e:
        raise ControlError(f"The body cannot be used: {e}.") from e


def _refused(request: Request[Any, Any, Any], error: ControlError) -> Response[str]:
    return Response(str(error), status_code=400, media_type=MediaType.TEXT)


def _plain(request: Request[Any, Any, Any], error: HTTPException) -> Response[str]:
    return Response(f"HTTP {error.status_code}", status_code=error.status_code, media_type=MediaType.TEXT)
