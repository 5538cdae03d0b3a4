"""`tezi tape` and `tezi replay`, as typed."""

import asyncio
import json
from pathlib import Path

import pytest

from terminal.__main__ import run
from tests.feed.test_tape import _Tape


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "tapes" / "day.tape"
    asyncio.run(_write(path))
    return path


async def _write(path: Path) -> None:
    await _Tape(path, 200).write()


def test_list_names_what_there_is(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "tapes" / "z.tape").write_bytes(b"no tape")

    assert run(["tape", "list", "--home", str(tmp_path), "--json"]) == 0

    other, day = json.loads(capsys.readouterr().out)
    assert (day["name"], day["records"], day["first"][:10]) == ("day.tape", 203, "2025-11-27")
    assert (other["name"], other["records"]) == ("z.tape", 0)


def test_verify_says_good_and_names_damage(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["tape", "verify", str(path)]) == 0
    assert capsys.readouterr().out.endswith("good\n")

    whole = bytearray(path.read_bytes())
    whole[200] ^= 1
    path.write_bytes(bytes(whole))

    assert run(["tape", "verify", str(path)]) == 1
    assert "block 1 of" in capsys.readouterr().out
    assert run(["tape", "verify", str(path.parent)]) == 3
    assert run(["replay", str(path)]) == 3
    assert "tezi tape verify" in capsys.readouterr().err


def test_replay_ends_in_one_state_at_any_speed(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = []
    for words in ([], ["--speed", "200"], ["--from", "2025-11-27T09:00:05+05:30"]):
        assert run(["replay", str(path), "--json", *words]) == 0
        found.append(json.loads(capsys.readouterr().out))

    assert len({f["state"] for f in found}) == 1
    assert found[0]["records"] == {"wanted": 1, "event": 2, "frame": 200}
    assert found[0]["times_real_time"] > 20
    assert run(["replay", str(path), "--until", "soon"]) == 3
