"""Frames built from fields, with an encoder of their own, so that the decoder cannot agree with its own mistake."""

import json
import struct
from pathlib import Path
from typing import Any

VECTORS: dict[str, Any] = json.loads((Path(__file__).parent.parent / "packet_vectors.json").read_text())


def vector(name: str) -> dict[str, Any]:
    return next(v for v in VECTORS["vectors"] if v["name"] == name)


def ltp_frame(
    token: str = "3045", ltp: int = 82_050, sequence: int = 1, ms: int = 1_764_137_096_123, ex: int = 1
) -> bytes:
    return struct.pack("<BB25sqqq", 1, ex, token.encode(), sequence, ms, ltp)


def snap_frame(
    token: str = "3045",
    ltp: int = 82_050,
    sequence: int = 1,
    ms: int = 1_764_137_096_123,
    ex: int = 1,
    close: int = 81_245,
) -> bytes:
    head = struct.pack("<BB25sqqq", 3, ex, token.encode(), sequence, ms, ltp)
    quote = struct.pack("<qqqddqqqq", 25, 81_873, 6_128_457, 1_204_387.0, 1_583_902.0, 81_500, 82_390, 81_310, close)
    middle = struct.pack("<qqd", ms // 1000, 102_853_500, 0.0)
    bids = b"".join(struct.pack("<hqqh", 1, 100 + i, ltp - 5 * (i + 1), 2 + i) for i in range(5))
    asks = b"".join(struct.pack("<hqqh", 0, 200 + i, ltp + 5 * (i + 1), 3 + i) for i in range(5))
    return head + quote + middle + bids + asks + struct.pack("<qqqq", 89_365, 73_125, 99_980, 68_000)
