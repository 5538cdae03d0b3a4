"""A `websockets` client connection that says when bytes come and hands whole binary frames over without a queue.

The library parses the handshake and every frame that is not a complete, final, unmasked, plain binary one: text, pings,
close, fragments, and whatever breaks the protocol. So its keep-alive, closing and refusals stay its own. Frames of one
size that stand together in a read are handed over as one run: no Python object is made for each.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Protocol, cast

import numpy as np
from websockets.asyncio.client import ClientConnection

_BINARY, _CLOSE = 0x82, 0x8
_FEW = 8


class OnRun(Protocol):
    """Takes `count` payloads of `size` bytes: the first at `at` in `data`, `stride` bytes apart."""

    def __call__(self, data: bytes, at: int, size: int, stride: int, count: int) -> None: ...


class Stamped(ClientConnection):
    """Calls `on_bytes()` for every read and `on_run(...)` for every run of plain binary frames, in order, at once.

    `plain` leaves all framing to the library.
    """

    def __init__(
        self, on_bytes: Callable[[], None], on_run: OnRun, size_max: int, plain: bool, *args: Any, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self._on_bytes = on_bytes
        self._on_run = on_run
        self._size_max = size_max
        self._pending = b""
        self._upgraded = False
        self._in_message = False
        self._hands_off = plain

    @classmethod
    def of(
        cls, on_bytes: Callable[[], None], on_run: OnRun, size_max: int, *, plain: bool = False
    ) -> type[ClientConnection]:
        """What `connect(create_connection=...)` takes."""
        return cast(type[ClientConnection], partial(cls, on_bytes, on_run, size_max, plain))

    def data_received(self, data: bytes) -> None:
        self._on_bytes()
        if self._hands_off:
            super().data_received(data)
            return
        self._pending = self._pending + data if self._pending else data
        if not self._upgraded:
            self._finish_handshake()
        if self._upgraded and not self._hands_off:
            self._split()

    def _finish_handshake(self) -> None:
        """Give the library exactly the response: frames may follow in the same read. A refusal is all the library's."""
        end = self._pending.find(b"\r\n\r\n")
        if end < 0 or not self._pending.startswith(b"HTTP/1.1 101 "):
            head, self._pending = self._pending, b""
            self._hands_off = True
            super().data_received(head)
            return
        head, self._pending = self._pending[: end + 4], self._pending[end + 4 :]
        self._upgraded = True
        super().data_received(head)

    def _split(self) -> None:
        data, at = self._pending, 0
        while (frame := _extent(data, at)) is not None:
            start, end = frame
            if end - start > self._size_max:
                break
            if end > len(data):
                self._pending = data[at:]
                return
            if data[at] == _BINARY and not data[at + 1] & 0x80 and not self._in_message:
                stride = end - at
                count = _run(data, at, start - at, stride)
                self._on_run(data, start, end - start, stride, count)
                at += count * stride
            else:
                self._to_library(data[at:end])
                at = end
            if self._hands_off:
                break
        else:
            self._pending = data[at:]
            return
        self._hands_off = True
        rest, self._pending = data[at:], b""
        if rest:
            super().data_received(rest)

    def _to_library(self, frame: bytes) -> None:
        opcode, final = frame[0] & 0x0F, bool(frame[0] & 0x80)
        if opcode < _CLOSE:
            self._in_message = not final
        elif opcode == _CLOSE:
            self._hands_off = True
        super().data_received(frame)


def _extent(data: bytes, at: int) -> tuple[int, int] | None:
    """Where the payload of the frame at `at` starts and ends (maybe beyond the data); None while the head is short."""
    if len(data) - at < 2:
        return None
    size, start = data[at + 1] & 0x7F, at + 2
    if size >= 126:
        width = 2 if size == 126 else 8
        if len(data) - start < width:
            return None
        size, start = int.from_bytes(data[start : start + width]), start + width
    if data[at + 1] & 0x80:
        start += 4
    return start, start + size


def _run(data: bytes, at: int, head: int, stride: int) -> int:
    """How many whole frames from `at` on have the very head of the first, so that they are alike in kind and size."""
    fit = (len(data) - at) // stride
    if head > 4 or fit == 1:
        return 1
    first = data[at : at + head]
    if fit <= _FEW:
        return next((n for n in range(1, fit) if data[at + n * stride : at + n * stride + head] != first), fit)
    heads = np.ndarray((fit,), f"<u{head}", data, at, (stride,))
    alike = heads == heads[0]
    return fit if alike.all() else int(alike.argmin())
