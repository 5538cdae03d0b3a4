"""Frames to packets: every published vector, every malformed one, the SDK's parser as oracle, and plain garbage."""

import json
import math
import os
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.feed.decode import LENGTHS, Malformed, decode
from core.market.packet import Packet
from tests.feed.frames import VECTORS
from tests.sdk import parser

_FIELDS = {
    "mode": "mode",
    "exchange_type": "exchange_type",
    "token": "token",
    "sequence_number": "sequence",
    "exchange_timestamp_ms": "exchange_ms",
    "ltp": "ltp",
    "last_traded_qty": "ltq",
    "avg_traded_price": "average",
    "volume": "volume",
    "total_buy_qty": "total_buy",
    "total_sell_qty": "total_sell",
    "open": "open",
    "high": "high",
    "low": "low",
    "close": "close",
    "last_traded_timestamp_s": "last_trade_s",
    "open_interest": "open_interest",
    "oi_change_pct": "oi_change",
    "upper_circuit": "upper",
    "lower_circuit": "lower",
    "high_52w": "high_52w",
    "low_52w": "low_52w",
    "packet_received_time": "received_ms",
}


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda v: v["name"])
def test_every_vector_decodes_to_its_fields(vector: dict[str, Any]) -> None:
    packet = decode(bytes.fromhex(vector["hex"]))

    assert isinstance(packet, Packet)
    fields = dict(vector["fields"])
    depth = fields.pop("depth", None)
    assert fields == {name: getattr(packet, _FIELDS[name]) for name in fields}
    if depth is not None:
        assert [list(level) for level in packet.bids] == depth["buy"]
        assert [list(level) for level in packet.asks] == depth["sell"]


@pytest.mark.parametrize("vector", VECTORS["malformed"], ids=lambda v: v["name"])
def test_malformed_frames_are_named_not_raised(vector: dict[str, Any]) -> None:
    assert isinstance(decode(bytes.fromhex(vector["hex"])), Malformed)


def test_the_filler_byte_is_told_from_damage() -> None:
    assert decode(b"\0") == Malformed("filler")
    assert decode(b"\1") == Malformed("1 byte")


@given(st.binary(max_size=500))
@settings(max_examples=400, deadline=None)
def test_no_bytes_raise(frame: bytes) -> None:
    assert isinstance(decode(frame), Packet | Malformed)


@given(
    st.sampled_from([1, 2, 3, 4]), st.sampled_from([1, 2, 3, 4, 5, 7, 13, 99]), st.binary(min_size=441, max_size=441)
)
@settings(max_examples=400, deadline=None)
def test_no_bytes_of_the_right_length_raise(mode: int, exchange: int, rest: bytes) -> None:
    frame = (bytes([mode, exchange]) + rest)[: LENGTHS[mode]]

    assert isinstance(decode(frame), Packet | Malformed)


_i64 = st.integers(-(2**63), 2**63 - 1)
_token = st.from_regex(r"[A-Z0-9&-]{1,25}", fullmatch=True)


@st.composite
def _packets(draw: st.DrawFn) -> bytes:
    """Random valid frames; order counts stay positive, for the SDK reads unsigned what is signed on the wire."""
    mode = draw(st.integers(1, 4))
    head = struct.pack("<BB25s", mode, draw(st.sampled_from([1, 2, 3, 4, 5, 7, 13])), draw(_token).encode())
    if mode == 4:
        i32, orders = st.integers(-(2**31), 2**31 - 1), st.integers(-(2**15), 2**15 - 1)
        levels = [struct.pack("<iih", draw(i32), draw(i32), draw(orders)) for _ in range(40)]
        return head + struct.pack("<qq", draw(_i64), draw(_i64)) + b"".join(levels)
    frame = head + struct.pack("<qqq", *(draw(_i64) for _ in range(3)))
    if mode >= 2:
        doubles = [draw(st.floats(allow_nan=False)) for _ in range(2)]
        frame += struct.pack("<qqqddqqqq", *(draw(_i64) for _ in range(3)), *doubles, *(draw(_i64) for _ in range(4)))
    if mode == 3:
        frame += struct.pack("<qqd", draw(_i64), draw(_i64), draw(st.floats(allow_nan=False)))
        flags = draw(st.permutations([1] * 5 + [0] * 5))
        frame += b"".join(struct.pack("<hqqh", f, draw(_i64), draw(_i64), draw(st.integers(0, 32_767))) for f in flags)
        frame += struct.pack("<qqqq", *(draw(_i64) for _ in range(4)))
    return frame


@given(_packets())
@settings(max_examples=150, deadline=None)
def test_equal_to_the_official_parser(frame: bytes) -> None:
    """All fields but two: the OI change (the SDK reads a double as an integer) and mode 4's time (it gives another)."""
    theirs, ours = parser()(frame), decode(frame)

    assert isinstance(ours, Packet)
    assert _as_sdk(ours) == {k: v for k, v in theirs.items() if k not in _EXCEPTED[ours.mode]}


_EXCEPTED = {
    1: {"subscription_mode_val"},
    2: {"subscription_mode_val"},
    3: {"subscription_mode_val", "open_interest_change_percentage"},
    4: {"exchange_timestamp"},
}


def _as_sdk(p: Packet) -> dict[str, Any]:
    shown: dict[str, Any] = {"subscription_mode": p.mode, "exchange_type": p.exchange_type, "token": p.token}
    if p.mode == 4:
        return shown | {
            "packet_received_time": p.received_ms,
            "depth_20_buy_data": [_depth(level) for level in p.bids],
            "depth_20_sell_data": [_depth(level) for level in p.asks],
        }
    shown |= {"sequence_number": p.sequence, "exchange_timestamp": p.exchange_ms, "last_traded_price": p.ltp}
    if p.mode >= 2:
        shown |= {
            "last_traded_quantity": p.ltq,
            "average_traded_price": p.average,
            "volume_trade_for_the_day": p.volume,
            "total_buy_quantity": p.total_buy,
            "total_sell_quantity": p.total_sell,
            "open_price_of_the_day": p.open,
            "high_price_of_the_day": p.high,
            "low_price_of_the_day": p.low,
            "closed_price": p.close,
        }
    if p.mode == 3:
        shown |= {
            "last_traded_timestamp": p.last_trade_s,
            "open_interest": p.open_interest,
            "upper_circuit_limit": p.upper,
            "lower_circuit_limit": p.lower,
            "52_week_high_price": p.high_52w,
            "52_week_low_price": p.low_52w,
            "best_5_buy_data": [_best(1, level) for level in p.bids],
            "best_5_sell_data": [_best(0, level) for level in p.asks],
        }
    return shown


def _depth(level: Any) -> dict[str, int]:
    return dict(zip(("quantity", "price", "num_of_orders"), level, strict=True))


def _best(flag: int, level: Any) -> dict[str, int]:
    return {"flag": flag, **dict(zip(("quantity", "price", "no of orders"), level, strict=True))}


def test_sides_by_position_when_all_flags_agree() -> None:
    """The Java SDK ignores the flag; a server that writes one flag for all must still be read rightly."""
    frame = bytearray(bytes.fromhex(next(v for v in VECTORS["vectors"] if v["name"] == "snap_nse_equity")["hex"]))
    usual = decode(bytes(frame))
    for i in range(10):
        frame[147 + 20 * i : 149 + 20 * i] = b"\0\0"

    assert isinstance(usual, Packet)
    flat = decode(bytes(frame))
    assert isinstance(flat, Packet)
    assert (flat.bids, flat.asks) == (usual.bids, usual.asks)


def test_recorded_frames() -> None:
    path = Path(os.environ.get("TEZI_SHARED", "../shared")) / "data" / "frames.json"
    if not path.exists():
        pytest.skip("no recorded data: set TEZI_SHARED")
    frames = json.loads(path.read_text())["frames"]

    packets = [decode(bytes.fromhex(f["hex"])) for f in frames]

    assert all(isinstance(p, Packet) for p in packets)
    real = packets[0]
    assert isinstance(real, Packet) and real.token == "17758"
    assert real.bids[0][1] < real.asks[0][1] and not math.isnan(real.oi_change)
