"""A session with --record: the tape plays to the state the screen showed, and holds no secret."""

from pathlib import Path

import msgspec

from core.clock import SystemClock
from core.domain import OrderState
from core.feed.player import TapePlayer
from core.store.tape import Kind, TapeFile
from tests.e2e.terminal import Terminal


async def test_a_recorded_session_plays_again(tmp_path: Path) -> None:
    async with Terminal(tmp_path, record=True) as t:
        order = await t.order("b")
        await t.until(lambda: t.now(order).state not in (OrderState.DRAFT, OrderState.SENDING), 5, "an answer")
        address = t.boot.link.address
        login = t.boot.engine.parts.broker.stream_login()

    (path,) = (tmp_path / "tapes").glob("*.tape")
    tape = TapeFile(path)
    records = list(tape.records())
    assert tape.verify() == []
    assert {r.kind for r in records} >= {
        Kind.WANTED, Kind.EVENT, Kind.FRAME, Kind.INTENT, Kind.UPDATE, Kind.MODE, Kind.ORDER_FRAME
    }  # fmt: skip
    frames = [msgspec.json.decode(r.body) for r in records if r.kind is Kind.ORDER_FRAME and len(r.body) > 1]
    assert {"AB00"} < {f["order-status"] for f in frames}, "the greeting and an update, as they came"
    data = b"".join(r.body for r in records)
    secrets = (address.pin, address.totp_secret, address.api_key, login.jwt, login.feed_token)
    assert not any(s.encode() in data for s in secrets if len(s) > 4)

    at_once, quick = TapePlayer(tape, SystemClock(), None), TapePlayer(tape, SystemClock(), 40.0)
    assert await at_once.play() and await quick.play()
    shown = t.engine.parts.board
    assert at_once.board.fingerprint() == shown.fingerprint()
    assert at_once.fingerprint() == quick.fingerprint()
    assert order.tag in at_once.orders and at_once.mode
