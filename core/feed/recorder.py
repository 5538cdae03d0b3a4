"""What the feed tells a tape: frames as they came, and what a player needs to make the same board of them."""

from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from core.domain import Exchange, Instrument, Kind
from core.hiding import hide
from core.store.tape import Kind as RecordKind
from core.store.tape_writer import TapeWriter


class FeedTape(Protocol):
    """Told by the streams, synchronously and in order."""

    def frames(self, shard: int, data: bytes, at: int, size: int, stride: int, count: int) -> None: ...
    def text(self, shard: int, text: str) -> None: ...
    def read(self, frame: bytes) -> None: ...
    def opened(self, shard: int) -> None: ...
    def lost(self, shard: int) -> None: ...
    def doubted(self, shard: int, doubted: bool) -> None: ...
    def wanted(self, placed: Mapping[Instrument, int]) -> None: ...


class FeedRecorder:
    """Writes it down. Instruments and connections are JSON texts of our own making: no login is ever among them; texts
    of others pass `core.hiding.hide`, in case they repeat one."""

    def __init__(self, writer: TapeWriter) -> None:
        self._writer = writer

    def frames(self, shard: int, data: bytes, at: int, size: int, stride: int, count: int) -> None:
        self._writer.frames(shard, data, at, size, stride, count)

    def text(self, shard: int, text: str) -> None:
        self._writer.add(RecordKind.TEXT, hide(text).encode("utf-8", "replace"), shard)

    def order_frame(self, payload: bytes) -> None:
        """A frame of the order socket as it came, but for secrets that the other side repeated."""
        text = payload.decode("latin-1")
        self._writer.add(RecordKind.ORDER_FRAME, hide(text).encode("latin-1"))

    def read(self, frame: bytes) -> None:
        self._writer.add(RecordKind.READ, frame)

    def opened(self, shard: int) -> None:
        self._writer.add(RecordKind.EVENT, b"open", shard)

    def lost(self, shard: int) -> None:
        self._writer.add(RecordKind.EVENT, b"lost", shard)

    def doubted(self, shard: int, doubted: bool) -> None:
        self._writer.add(RecordKind.EVENT, b"doubt" if doubted else b"trust", shard)

    def wanted(self, placed: Mapping[Instrument, int]) -> None:
        rows = [
            [i.exchange.value, i.token, i.symbol, i.name, i.kind.value, i.lot, i.tick_e4, shard]
            for i, shard in placed.items()
        ]
        self._writer.add(RecordKind.WANTED, msgspec.json.encode(rows))


def instruments(body: bytes) -> dict[Instrument, int]:
    """The wanted instruments of a WANTED record and their connections. Raises msgspec.MsgspecError or ValueError."""
    rows: list[tuple[Any, ...]] = msgspec.json.decode(body, type=list[tuple[str, str, str, str, str, int, int, int]])
    return {
        Instrument(Exchange(exchange), token, symbol, name, Kind(kind), lot, tick_e4): shard
        for exchange, token, symbol, name, kind, lot, tick_e4, shard in rows
    }
