"""The broker over scripted answers: login, renewal, reads that fail honestly, writes that go out once."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import pyotp
import pytest

from core.approval import Action, Approved, mint
from core.brokers import contract, dates
from core.brokers.angel import AngelBroker
from core.brokers.session import Credentials
from core.clock import NS_PER_S, ManualClock, SystemClock, iso_to_ns
from core.domain import Exchange, Instrument, Kind
from core.errors import InvariantBroken
from core.outcome import Accepted, Failed, FailedBy, NotSent, Ok, Refused, RefusedBy, Unknown
from core.secret import Secret
from tests.brokers.rest import Answer, FakeRest, Request, Wire, fake_rest, ok, refused, reply, silence
from tests.brokers.rows import ORDER_ROW, POSITION_ROW, TRADE_ROW, an_order
from tests.waiting import until

_TOTP = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
_PIN, _KEY = "9173", "SECRETAPIKEY"
_SBIN = Instrument(Exchange.NSE, "3045", "SBIN-EQ", "SBIN", Kind.EQUITY)
Script = Callable[[Request], Answer]


def _credentials() -> Credentials:
    return Credentials("DEMO01", Secret(_PIN), Secret(_TOTP), Secret(_KEY))


def _tokens(number: int) -> bytes:
    return ok({"jwtToken": f"jwt{number}", "refreshToken": f"ref{number}", "feedToken": f"feed{number}"})


def _session(more: Script) -> Script:
    """A script that answers logins and renewals with ever new tokens, and leaves the rest to `more`."""
    numbers: Iterator[int] = iter(range(1, 1_000))

    def script(request: Request) -> Answer:
        if request.path.endswith(("loginByPassword", "generateTokens")):
            return _tokens(next(numbers))
        return more(request)

    return script


class _Impatient(SystemClock):
    """The real clock, but waiting costs nothing: for spaced reads."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        await asyncio.sleep(0)


@asynccontextmanager
async def _broker(
    script: Script, clock: SystemClock | ManualClock | None = None, login: bool = True, **options: float
) -> AsyncIterator[tuple[AngelBroker, FakeRest]]:
    async with fake_rest(script) as fake:
        broker = AngelBroker(fake.url, _credentials, clock or _Impatient(), known=contract.load(), **options)
        if login:
            assert isinstance(await broker.login(), Ok)
        yield broker, fake
        await broker.close()


def _approved(action: Action = Action.PLACE, valid: Callable[[], bool] = lambda: True, **changes: str) -> Approved:
    return mint(action, an_order(**changes), _SBIN, valid)


async def test_login_sends_pin_and_totp_and_hides_every_secret() -> None:
    async with _broker(_session(lambda _: ok(None))) as (broker, fake):
        request = fake.requests[0]
        now = int(time.time())

        assert request.path == "/rest/auth/angelbroking/user/v1/loginByPassword"
        assert request.json["clientcode"] == "DEMO01" and request.json["password"] == _PIN
        assert request.json["totp"] in {pyotp.TOTP(_TOTP).at(now), pyotp.TOTP(_TOTP).at(now - 30)}
        assert request.headers["X-PrivateKey"] == _KEY and "Authorization" not in request.headers
        stream = broker.stream_login()
        assert stream is not None
        assert (stream.jwt, stream.feed_token, stream.epoch) == ("jwt1", "feed1", 1)
        shown = repr([broker, vars(broker), vars(broker._session), stream, _credentials(), broker._session._tokens])
        assert not any(secret in shown for secret in (_PIN, _TOTP, _KEY, "jwt1", "ref1", "feed1"))


async def test_every_header_of_the_contract_goes_out() -> None:
    async with _broker(_session(lambda _: ok(None))) as (broker, fake):
        await broker.positions()

        headers = fake.requests[-1].headers
        assert headers["Authorization"] == "Bearer jwt1"
        assert {k: headers[k] for k in ("X-UserType", "X-SourceID", "Accept", "Content-type")} == {
            "X-UserType": "USER",
            "X-SourceID": "WEB",
            "Accept": "application/json",
            "Content-type": "application/json",
        }
        assert headers["X-MACAddress"] == "00:00:00:00:00:00"


async def test_many_logins_at_once_are_one() -> None:
    async with _broker(_session(lambda _: ok(None)), login=False) as (broker, fake):
        reads = await asyncio.gather(*(broker.login() for _ in range(10)))

        assert all(isinstance(r, Ok) and r.value == "DEMO01" for r in reads)
        assert len(fake.requests) == 1


async def test_the_same_totp_code_is_not_sent_twice() -> None:
    clock = ManualClock()
    async with fake_rest(_session(lambda _: ok(None))) as fake:
        broker = AngelBroker(fake.url, _credentials, clock, known=contract.load())
        await broker.login()
        again = asyncio.get_running_loop().create_task(broker.login())
        await asyncio.sleep(0.02)
        assert len(fake.requests) == 1

        clock.move(31)
        await again

        first, second = (r.json["totp"] for r in fake.requests)
        assert first != second
        await broker.close()


@pytest.mark.parametrize(
    ("answer", "by"),
    [
        (refused("AB1050", "Invalid totp"), FailedBy.AUTH),
        (refused("AB1007", "Invalid login"), FailedBy.AUTH),
        (reply(b"Access denied because of exceeding access rate", 403), FailedBy.RATE),
        (reply(b"<html>", 502), FailedBy.SERVICE),
        (ok({"jwtToken": "a\r\nb", "refreshToken": "r", "feedToken": "f"}), FailedBy.SERVICE),
        (ok(None), FailedBy.SERVICE),
    ],
)
async def test_a_login_that_fails_says_why(answer: bytes, by: FailedBy) -> None:
    async with _broker(lambda _: answer, login=False) as (broker, _):
        read = await broker.login()

        assert isinstance(read, Failed) and read.by is by
        assert broker.stream_login() is None


async def test_a_read_is_replayed_once_after_a_renewal() -> None:
    def more(request: Request) -> Answer:
        expired = request.headers["Authorization"] == "Bearer jwt1"
        return (
            reply({"success": False, "errorCode": "AG8001", "message": "x", "data": ""}) if expired else ok([ORDER_ROW])
        )

    async with _broker(_session(more)) as (broker, fake):
        read = await broker.order_book()

        assert isinstance(read, Ok) and len(read.value) == 1
        assert fake.paths() == ["loginByPassword", "getOrderBook", "generateTokens", "getOrderBook"]


async def test_a_burst_of_expired_reads_renews_once() -> None:
    def more(request: Request) -> Answer:
        expired = request.headers["Authorization"] == "Bearer jwt1"
        return refused("AG8001") if expired else ok(None)

    async with _broker(_session(more)) as (broker, fake):
        reads = await asyncio.gather(broker.order_book(), broker.trade_book(), broker.positions(), broker.positions())

        assert all(isinstance(r, Ok) for r in reads)
        assert fake.paths().count("generateTokens") == 1


async def test_a_session_that_cannot_be_renewed_is_not_hammered() -> None:
    def script(request: Request) -> Answer:
        if "loginByPassword" in request.path and not logged_in:
            logged_in.append(True)
            return _tokens(1)
        return refused("AG8001")

    logged_in: list[bool] = []
    async with _broker(script) as (broker, fake):
        for _ in range(4):
            read = await broker.positions()
            assert isinstance(read, Failed) and read.by is FailedBy.AUTH

        assert fake.paths().count("generateTokens") + fake.paths().count("loginByPassword") == 3


async def test_an_order_write_is_never_replayed_after_an_expired_token() -> None:
    async with _broker(_session(lambda _: refused("AG8001", "Invalid Token"))) as (broker, fake):
        outcome = await broker.place(_approved())

        assert isinstance(outcome, Refused) and outcome.by is RefusedBy.AUTH
        assert fake.paths() == ["loginByPassword", "placeOrder"]


async def test_place_sends_the_order_once_and_gives_its_ids() -> None:
    async with _broker(_session(lambda _: ok({"orderid": "251126000000123", "uniqueorderid": "u-1"}))) as (
        broker,
        fake,
    ):
        outcome = await broker.place(_approved())

        assert outcome == Accepted("251126000000123", "u-1")
        assert fake.requests[-1].path == "/rest/secure/angelbroking/order/v1/placeOrder"
        assert fake.requests[-1].json["ordertag"] == "T0000000100AA11"


async def test_an_approval_works_once_and_for_its_own_action() -> None:
    async with _broker(_session(lambda _: ok({"orderid": "1"}))) as (broker, fake):
        approved = _approved()
        await broker.place(approved)

        with pytest.raises(InvariantBroken):
            await broker.place(approved)
        with pytest.raises(InvariantBroken):
            await broker.cancel(_approved(Action.PLACE))
        assert fake.paths().count("placeOrder") == 1


async def test_withdrawn_authority_sends_nothing() -> None:
    answers = iter([True, False])
    async with _broker(_session(lambda _: ok({"orderid": "1"}))) as (broker, fake):
        assert isinstance(await broker.place(_approved(valid=lambda: False)), NotSent)
        assert isinstance(await broker.place(_approved(valid=lambda: next(answers))), NotSent)

        assert "placeOrder" not in fake.paths()


async def _lose_after_reading(wire: Wire) -> None:
    wire.reset()


@pytest.mark.parametrize("answer", [silence, _lose_after_reading, reply(b"<html>Request Rejected</html>")])
async def test_a_lost_answer_to_an_order_is_unknown_and_nothing_is_sent_again(answer: Answer) -> None:
    async with _broker(_session(lambda _: answer), write_deadline_s=0.2) as (broker, fake):
        outcome = await broker.place(_approved())

        assert isinstance(outcome, Unknown)
        assert fake.paths().count("placeOrder") == 1


async def test_cancel_and_modify_name_the_order() -> None:
    async with _broker(_session(lambda _: ok({"orderid": "77"}))) as (broker, fake):
        assert isinstance(await broker.cancel(_approved(Action.CANCEL, broker_id="77")), Accepted)
        assert isinstance(await broker.modify(_approved(Action.MODIFY, broker_id="78")), Unknown)
        assert isinstance(await broker.cancel(_approved(Action.CANCEL)), NotSent)

        assert [r.json["orderid"] for r in fake.requests[1:]] == ["77", "78"]


@pytest.mark.parametrize("data", [None, "", []])
async def test_no_orders_is_an_empty_list(data: object) -> None:
    async with _broker(_session(lambda _: ok(data))) as (broker, _):
        for read in (await broker.order_book(), await broker.trade_book(), await broker.positions()):
            assert isinstance(read, Ok) and read.value == ()


@pytest.mark.parametrize(
    ("answer", "by"),
    [
        (reply(b"Access denied because of exceeding access rate", 403), FailedBy.RATE),
        (refused("AB1021", "Too many requests"), FailedBy.RATE),
        (refused("AB1004"), FailedBy.SERVICE),
        (refused("AB1016"), FailedBy.BUSINESS),
        (reply(b"", 200), FailedBy.SERVICE),
        (reply(b"<html>", 503), FailedBy.SERVICE),
        (reply(b'{"status":true,"data":[{', 200), FailedBy.SERVICE),
        (ok({"a": 1}), FailedBy.SERVICE),
        (ok([{"orderid": ""}]), FailedBy.SERVICE),
    ],
)
async def test_a_failed_read_is_never_an_empty_list(answer: bytes, by: FailedBy) -> None:
    async with _broker(_session(lambda _: answer)) as (broker, _):
        read = await broker.order_book()

        assert isinstance(read, Failed) and read.by is by


async def test_a_broken_row_without_our_tag_is_counted_and_one_with_it_fails_the_read() -> None:
    rows = [ORDER_ROW, {"orderid": "x", "ordertag": ""}]
    async with _broker(_session(lambda _: ok(rows))) as (broker, _):
        read = await broker.order_book()
        assert isinstance(read, Ok) and len(read.value) == 1 and broker.unusable_rows == 1

        rows[1]["ordertag"] = "T0000000200AA11"

        assert isinstance(await broker.order_book(), Failed)


async def test_trades_find_their_instrument_through_the_order_book() -> None:
    def more(request: Request) -> Answer:
        return ok([TRADE_ROW]) if request.path.endswith("getTradeBook") else ok([ORDER_ROW])

    async with _broker(_session(more)) as (broker, fake):
        first, second = await broker.trade_book(), await broker.trade_book()

        assert isinstance(first, Ok) and isinstance(second, Ok)
        assert first.value[0].key == (Exchange.NSE, "3045")
        assert fake.paths().count("getOrderBook") == 1


async def test_positions_and_funds_and_details() -> None:
    def more(request: Request) -> Answer:
        if "details" in request.path:
            return ok(ORDER_ROW)
        return ok([POSITION_ROW]) if request.path.endswith("getPosition") else ok({"net": "250000.0000"})

    async with _broker(_session(more)) as (broker, fake):
        positions, funds, order = await broker.positions(), await broker.funds(), await broker.details("a/b?c")

        assert isinstance(positions, Ok) and positions.value[0].net == 75
        assert isinstance(funds, Ok) and funds.value.net_e4 == 2_500_000_000
        assert isinstance(order, Ok) and order.value.broker_id == "251126000000123"
        assert fake.requests[-1].path.endswith("/details/a%2Fb%3Fc")


async def test_one_broken_position_fails_the_list() -> None:
    async with _broker(_session(lambda _: ok([POSITION_ROW, {"netqty": "5"}]))) as (broker, _):
        assert isinstance(await broker.positions(), Failed)


async def test_reads_of_one_list_are_spaced_and_the_queue_is_bounded() -> None:
    clock = ManualClock()
    async with fake_rest(_session(lambda _: ok(None))) as fake:
        broker = AngelBroker(fake.url, _credentials, clock, known=contract.load())
        await broker.login()
        reads = [asyncio.get_running_loop().create_task(broker.positions()) for _ in range(12)]
        await until(lambda: fake.paths().count("getPosition") == 1)

        turned_away = [t.result() for t in reads if t.done() and isinstance(t.result(), Failed)]
        assert len(turned_away) == 4
        assert all(f.by is FailedBy.LOCAL for f in turned_away if isinstance(f, Failed))
        clock.move(1.0)
        await asyncio.sleep(0.02)
        assert fake.paths().count("getPosition") == 1
        clock.move(0.06)
        await until(lambda: fake.paths().count("getPosition") == 2)
        clock.move(10)
        assert all(isinstance(r, Ok | Failed) for r in await asyncio.gather(*reads))
        await broker.close()


async def test_the_date_header_is_kept_for_clock_checks() -> None:
    dated = reply({"status": True, "data": None}, Date="Wed, 26 Nov 2025 06:04:56 GMT")
    async with _broker(_session(lambda _: dated)) as (broker, _):
        await broker.positions()

        assert broker.server_date_ns == 1_764_137_096 * 1_000_000_000


@pytest.mark.parametrize(
    ("ours", "offset_ms"), [("04:56.0", 0), ("04:56.9", 0), ("04:57.5", 500), ("05:00.0", 3_000), ("04:55.5", -500)]
)
async def test_the_clock_of_the_other_side_is_compared_to_a_whole_second(ours: str, offset_ms: int) -> None:
    """Ours stands still while it is asked."""
    clock = ManualClock(iso_to_ns(f"2025-11-26T11:3{ours[1:]}+05:30"))
    dated = reply({"status": True, "data": None}, Date="Wed, 26 Nov 2025 06:04:56 GMT")
    async with _broker(_session(lambda _: dated), clock=clock) as (broker, _):
        assert broker.clock_offset_ms is None
        await broker.positions()
        assert broker.clock_offset_ms == offset_ms


def test_a_slow_answer_is_no_offset() -> None:
    date_ns = 1_764_137_096 * NS_PER_S
    assert dates.offset_ms(date_ns - 3 * NS_PER_S, date_ns + 2 * NS_PER_S, date_ns) == 0
    assert dates.offset_ms(date_ns + 2 * NS_PER_S, date_ns + 9 * NS_PER_S, date_ns) == 1_000
    assert dates.server_ns({"date": "yesterday"}) is None


async def test_after_logout_nothing_logs_in_by_itself() -> None:
    async with _broker(_session(lambda _: ok(""))) as (broker, fake):
        await broker.logout()

        read = await broker.positions()

        assert isinstance(read, Failed) and read.by is FailedBy.AUTH
        assert broker.stream_login() is None
        assert fake.paths() == ["loginByPassword", "logout"]
        assert isinstance(await broker.place(_approved()), NotSent)
