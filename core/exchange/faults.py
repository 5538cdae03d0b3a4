"""What can be made to go wrong, on request, for tests and drills: the catalogue, and which fault strikes when."""

import random
from collections.abc import Callable
from typing import Annotated, Literal

import msgspec

from core.clock import NS_PER_S

FAULTS_MAX = 100
FaultName = Literal[
    "http_status",
    "html",
    "empty",
    "rate_limit",
    "error",
    "gateway_error",
    "token_expired",
    "static_ip",
    "price_band",
    "lost_request",
    "ignore_modify",
    "ignore_cancel",
    "black_hole",
    "slow_handshake",
    "cut_request",
    "lost_answer",
    "accept_then_hold",
    "accept_then_status",
    "slow",
    "drip",
    "cut_body",
    "huge",
    "deep",
    "bad_text",
    "utf16",
    "repeat_keys",
    "empty_list",
    "partial_list",
    "shuffle_rows",
    "repeat_rows",
    "hide_newest",
    "strange_status",
    "mangle_tag",
    "odd_numbers",
    "reuse_trade_id",
    "bad_master",
    "reject_order",
    "expire_tokens",
    "drop_stream",
    "refuse_stream",
    "close_stream",
    "freeze_stream",
    "mute_stream",
    "repeat_stream",
    "truncate_frame",
    "oversize_frame",
    "endless_frame",
    "flip_bits",
    "text_frame",
    "repeat_frame",
    "reorder_frame",
    "restart_sequence",
    "bad_time",
    "bad_price",
    "foreign_frame",
    "unknown_mode",
    "burst",
    "garbage_frame",
    "drop_orders",
    "refuse_orders",
    "close_orders",
    "freeze_orders",
    "lose_update",
    "repeat_update",
    "reorder_update",
    "delay_update",
]
ONE_SHOT = frozenset({"drop_stream", "drop_orders", "garbage_frame", "burst", "expire_tokens"})
"""These act when they are set and are not kept."""
INSTEAD = frozenset(
    {
        "http_status",
        "html",
        "empty",
        "rate_limit",
        "error",
        "gateway_error",
        "token_expired",
        "static_ip",
        "price_band",
        "lost_request",
        "ignore_modify",
        "ignore_cancel",
        "black_hole",
    }
)
"""These act in place of the services: one of them strikes a request, which never reaches the market."""
MANGLED = frozenset(
    {
        "huge",
        "deep",
        "bad_text",
        "utf16",
        "repeat_keys",
        "empty_list",
        "partial_list",
        "shuffle_rows",
        "repeat_rows",
        "hide_newest",
        "strange_status",
        "mangle_tag",
        "odd_numbers",
        "reuse_trade_id",
        "bad_master",
        "accept_then_status",
    }
)
"""These change a good answer."""
BESIDE = frozenset({"slow", "lost_answer", "accept_then_hold", "drip", "cut_body"}) | MANGLED
PACKET = frozenset(
    {
        "truncate_frame",
        "oversize_frame",
        "flip_bits",
        "text_frame",
        "repeat_frame",
        "reorder_frame",
        "restart_sequence",
        "bad_time",
        "bad_price",
        "foreign_frame",
        "unknown_mode",
        "repeat_stream",
    }
)
"""These change packets of the market stream as they leave."""
UPDATE = frozenset({"lose_update", "repeat_update", "reorder_update", "delay_update"})
ONCE = frozenset({"reject_order"})
"""These strike once unless a count is given."""
EVERYWHERE = "*"
ONLY = {
    "ignore_modify": "modifyOrder",
    "ignore_cancel": "cancelOrder",
    "bad_master": "OpenAPIScripMaster.json",
    "reuse_trade_id": "getTradeBook",
}
"""The one path that some faults mean anything for."""


class Fault(msgspec.Struct, forbid_unknown_fields=True):
    """One fault. `on` are last path segments (`placeOrder`, `details`) or `*`; `count` None is until cleared.

    `for_s` ends it after so many real seconds. `at_byte` is a position: bytes of the request that are taken before the
    connection is cut (`cut_request`), bytes of the whole answer that are sent (`lost_answer`), bytes of the body
    (`cut_body`), bytes of a packet (`truncate_frame`). `reset` cuts with RST in place of FIN.
    """

    name: FaultName
    on: Annotated[list[str], msgspec.Meta(min_length=1, max_length=50)] = msgspec.field(
        default_factory=lambda: [EVERYWHERE]
    )
    status: Annotated[int, msgspec.Meta(ge=200, le=599)] | None = None
    delay_ms: Annotated[int, msgspec.Meta(ge=0, le=600_000)] = 0
    count: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] | msgspec.UnsetType | None = msgspec.UNSET
    probability: Annotated[float, msgspec.Meta(gt=0, le=1)] = 1.0
    text: Annotated[str, msgspec.Meta(max_length=2_000)] = ""
    code: Annotated[str, msgspec.Meta(max_length=20)] = ""
    for_s: Annotated[float, msgspec.Meta(gt=0, le=86_400)] | None = None
    at_byte: Annotated[int, msgspec.Meta(ge=0, le=100_000_000)] = 0
    size: Annotated[int, msgspec.Meta(ge=1, le=256 << 20)] = 9 << 20
    retry_after_s: Annotated[int, msgspec.Meta(ge=0, le=86_400)] | None = None
    reset: bool = False


class FaultRequest(msgspec.Struct, forbid_unknown_fields=True):
    """The body of POST /faults: one of the two."""

    add: Fault | None = None
    clear: bool = False


class Faults:
    """The faults that are set; each use of one with a count uses it up by one."""

    def __init__(self, rng: random.Random, mono_ns: Callable[[], int] = lambda: 0) -> None:
        self.rng = rng
        self._mono_ns = mono_ns
        self._set: list[tuple[Fault, int | None]] = []

    def add(self, fault: Fault) -> None:
        """Unset counts mean until cleared, but one order for `reject_order`."""
        if fault.count is msgspec.UNSET:
            fault.count = 1 if fault.name in ONCE else None
        ends_ns = None if fault.for_s is None else self._mono_ns() + round(fault.for_s * NS_PER_S)
        self._set = [*self._set[-(FAULTS_MAX - 1) :], (fault, ends_ns)]

    def clear(self) -> None:
        self._set = []

    def rows(self) -> list[Fault]:
        return self._now()

    def for_request(self, endpoint: str) -> list[Fault]:
        """The HTTP faults that strike this request, used up by that; one that answers instead stands last."""
        if not self._set:
            return []
        aimed = [f for f in self._now() if _aims(f, endpoint)]
        beside = [f for f in aimed if f.name in BESIDE and self._use(f)]
        instead = next((f for f in aimed if f.name in INSTEAD and self._use(f)), None)
        return beside if instead is None else [*beside, instead]

    def strikes(self, name: FaultName, endpoint: str = EVERYWHERE) -> Fault | None:
        """The first fault of that name that strikes now, used up by that."""
        if not self._set:
            return None
        aimed = (f for f in self._now() if f.name == name and (endpoint == EVERYWHERE or _aims(f, endpoint)))
        return next((f for f in aimed if self._use(f)), None)

    def strike_each(self, names: frozenset[str]) -> list[Fault]:
        """All faults of a group that strike now, used up by that."""
        return [f for f in self._now() if f.name in names and self._use(f)] if self._set else []

    def holds(self, name: FaultName) -> bool:
        """Whether such a fault is set at all."""
        return bool(self._set) and any(f.name == name for f in self._now())

    def holds_any(self, names: frozenset[str]) -> bool:
        return bool(self._set) and any(f.name in names for f in self._now())

    def _now(self) -> list[Fault]:
        """What is set and has not run out of time."""
        mono_ns = self._mono_ns()
        self._set = [(f, ends_ns) for f, ends_ns in self._set if ends_ns is None or mono_ns < ends_ns]
        return [f for f, _ in self._set]

    def _use(self, fault: Fault) -> bool:
        if fault.probability < 1 and self.rng.random() >= fault.probability:
            return False
        if isinstance(fault.count, int):
            fault.count -= 1
            if not fault.count:
                self._set = [(f, ends_ns) for f, ends_ns in self._set if f is not fault]
        return True


def _aims(fault: Fault, endpoint: str) -> bool:
    meant = ONLY.get(fault.name, endpoint) == endpoint
    return meant and (EVERYWHERE in fault.on or endpoint in fault.on)
