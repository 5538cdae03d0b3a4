"""Packets of the market stream and order updates as faults change them on their way out. Pure but for the seed."""

import random
import struct
from collections import deque

from core.exchange.faults import Fault

Frame = bytes | str
_SEQUENCE_AT, _TIME_AT, _PRICE_AT = 27, 35, 43
_TIMES_MS = (0, 4_102_444_800_000, 1_700_000_000_000_000_000, -1)
_PRICES = (-100, 0, (1 << 63) - 1, 99_999_999_900)
_HELD_MAX = 64


class Garbler:
    """One connection's faults: some hold a packet back for later, so they are kept here."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._held: deque[Frame] = deque(maxlen=_HELD_MAX)
        self._first: dict[bytes, bytes] = {}

    def frames(self, packet: bytes, faults: list[Fault]) -> list[Frame]:
        """What leaves in place of a packet."""
        frames: list[Frame] = [packet]
        for fault in faults:
            frames = self._change(fault, frames)
        return frames

    def settle(self) -> None:
        """No faults hold any more: what was kept for them is forgotten."""
        self._first.clear()
        self._held.clear()

    def _change(self, fault: Fault, frames: list[Frame]) -> list[Frame]:
        match fault.name:
            case "repeat_frame":
                return [f for frame in frames for f in (frame, frame)]
            case "reorder_frame":
                self._held.extend(frames)
                return [self._held.pop(), self._held.popleft()] if len(self._held) > 1 else []
            case "foreign_frame":
                return [*frames, *(_foreign(f) for f in frames if isinstance(f, bytes))]
            case "repeat_stream":
                return [self._first.setdefault(f[:27], f) for f in frames if isinstance(f, bytes)]
            case _:
                return [self._bent(fault, f) if isinstance(f, bytes) else f for f in frames]

    def _bent(self, fault: Fault, packet: bytes) -> Frame:
        match fault.name:
            case "truncate_frame":
                return packet[: fault.at_byte]
            case "oversize_frame":
                return packet + bytes(fault.size)
            case "text_frame":
                return fault.text or "pong"
            case "unknown_mode":
                return bytes([9]) + packet[1:]
            case "restart_sequence":
                return _with(packet, _SEQUENCE_AT, 1)
            case "bad_time":
                return _with(packet, _TIME_AT, self._rng.choice(_TIMES_MS))
            case "bad_price":
                return _with(packet, _PRICE_AT, self._rng.choice(_PRICES))
            case "flip_bits":
                at = self._rng.randrange(len(packet))
                return packet[:at] + bytes([packet[at] ^ (1 << self._rng.randrange(8))]) + packet[at + 1 :]
        return packet


class UpdateGarbler:
    """Order updates of all clients; a held one leaves with the next."""

    def __init__(self) -> None:
        self._held: str | None = None

    def texts(self, text: str, faults: list[Fault]) -> list[str]:
        names = {fault.name for fault in faults}
        if "lose_update" in names:
            return []
        texts = [text, text] if "repeat_update" in names else [text]
        if "reorder_update" in names and self._held is None:
            self._held = text
            return []
        if self._held is not None:
            texts.append(self._held)
            self._held = None
        return texts


def _with(packet: bytes, at: int, value: int) -> bytes:
    if len(packet) < at + 8:
        return packet
    return packet[:at] + struct.pack("<q", value) + packet[at + 8 :]


def _foreign(packet: bytes) -> bytes:
    """The packet under a token that nobody asked for."""
    return packet[:2] + b"31415926".ljust(25, b"\0") + packet[27:]
