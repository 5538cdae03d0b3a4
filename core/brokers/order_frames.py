"""Frames of the order-update stream, read: as they come over the socket, or again from a tape."""

from collections.abc import Callable
from typing import Any

import msgspec

from core.brokers import wire
from core.ports import BrokerOrder

_CONNECTED = "AB00"


class OrderFrames:
    """`take` each frame in order; `malformed` counts those that were neither update, greeting, pong nor filler."""

    def __init__(self, on_order: Callable[[BrokerOrder], None], on_greeting: Callable[[], None]) -> None:
        self._on_order = on_order
        self._on_greeting = on_greeting
        self.malformed = 0

    def take(self, payload: bytes) -> None:
        """One frame, whatever its bytes. Empty and one-byte payloads are fillers (a NUL byte about every 10 s was
        recorded)."""
        if len(payload) <= 1 or payload.strip() == b"pong":
            return
        try:
            frame: Any = msgspec.json.decode(payload)
        except (msgspec.MsgspecError, RecursionError, ValueError):
            frame = None
        if not isinstance(frame, dict) or "order-status" not in frame:
            self.malformed += 1
            return
        if frame["order-status"] == _CONNECTED:
            self._on_greeting()
            return
        order = wire.broker_order(frame.get("orderData"), from_socket=True)
        if order is None:
            self.malformed += 1
            return
        self._on_order(order)


def recorded(on_order: Callable[[BrokerOrder], None]) -> Callable[[bytes], None]:
    """What takes the recorded frames of a tape, `core.feed.player.ReadOrders`."""
    return OrderFrames(on_order, lambda: None).take
