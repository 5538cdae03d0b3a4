"""The tape: what goes in comes out, byte for byte; damage costs one block and is named."""

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.store.tape import MAGIC, Damaged, Kind, Record, TapeFile, decode, encode, index, span_of, tail
from tests.feed.frames import ltp_frame, snap_frame

US = 1_000


def _records(count: int, seed: int = 1, start_us: int = 1_764_214_200_000_000) -> list[Record]:
    rng, made = random.Random(seed), []
    for n in range(count):
        at_ns = (start_us + n * 211) * US
        body = snap_frame(str(3_000 + rng.randrange(7)), 82_000 + rng.randrange(99), n, start_us // 1_000 + n)
        made.append(Record(at_ns, Kind.FRAME, rng.randrange(3), body))
        if n % 50 == 7:
            made.append(Record(at_ns, Kind.MODE, 0, b'{"mode":"NORMAL"}'))
            made.append(Record(at_ns, Kind.FRAME, 0, ltp_frame()))
            made.append(Record(at_ns, Kind.FRAME, 1, rng.randbytes(rng.randrange(60))))
    return made


def _write(path: Path, blocks: list[list[Record]], *, orderly: bool = True) -> list[int]:
    data, offsets, spans = bytearray(MAGIC), [], []
    for records in blocks:
        offsets.append(len(data))
        block = encode(records)
        spans.append(span_of(block, len(data)))
        data += block
    if orderly:
        at = len(data)
        data += index(spans) + tail(at)
    path.write_bytes(bytes(data))
    return offsets


_HEADER_BYTES = 36


@given(
    st.lists(
        st.tuples(
            st.integers(0, 2**60),
            st.sampled_from(list(Kind)),
            st.integers(0, 2),
            st.one_of(
                st.binary(max_size=60),
                st.binary(min_size=51, max_size=51),
                st.binary(min_size=123, max_size=123),
                st.binary(min_size=379, max_size=379),
            ),
        ),
        min_size=1,
        max_size=40,
    )
)
@settings(max_examples=150, deadline=None)
def test_any_records_come_back_exactly(rows: list[tuple[int, Kind, int, bytes]]) -> None:
    records = [Record(us * US, kind, channel, body) for us, kind, channel, body in rows]

    block = encode(records)

    assert decode(block[:_HEADER_BYTES], block[_HEADER_BYTES:]) == records


def test_real_frames_take_little_room() -> None:
    records = _records(4_000)

    block = encode(records)

    assert decode(block[:_HEADER_BYTES], block[_HEADER_BYTES:]) == records
    assert len(block) / len(records) < 40


@pytest.mark.parametrize("orderly", [True, False])
def test_a_file_is_read_and_sought_with_or_without_its_index(tmp_path: Path, orderly: bool) -> None:
    records = _records(300)
    _write(tmp_path / "a.tape", [records[:100], records[100:200], records[200:]], orderly=orderly)

    tape = TapeFile(tmp_path / "a.tape")

    assert list(tape.records()) == records
    assert (tape.verify(), tape.torn, len(tape.spans)) == ([], 0, 3)
    assert next(tape.records(since_ns=records[150].at_ns)) == records[100]


def test_a_torn_tail_costs_the_last_block_at_every_length(tmp_path: Path) -> None:
    records, path = _records(30), tmp_path / "a.tape"
    offsets = _write(path, [records[:20], records[20:]], orderly=False)
    whole = path.read_bytes()
    for size in range(offsets[1], len(whole)):
        path.write_bytes(whole[:size])
        tape = TapeFile(path)
        assert list(tape.records()) == records[:20]
        assert tape.torn == size - offsets[1]


def test_each_flipped_byte_is_noticed_and_names_its_block(tmp_path: Path) -> None:
    records, path = _records(20), tmp_path / "a.tape"
    offsets = _write(path, [records[:10], records[10:]])
    whole = path.read_bytes()
    for at in range(offsets[0] + 4, offsets[1], 7):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        found = TapeFile(path).verify()
        assert found and "block 1" in found[0]


def test_what_is_no_tape_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.tape"
    path.write_bytes(b"something else")
    with pytest.raises(Damaged):
        TapeFile(path)
