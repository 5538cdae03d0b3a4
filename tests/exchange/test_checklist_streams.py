"""The simulator's checklist of the wire page, section 14: the boxes that concern sockets, sessions and limits."""

import json
import struct
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection

from core.clock import NS_PER_S, ManualClock, iso_to_ns
from core.exchange import paths
from core.exchange.sessions import Sessions, Tokens, new_credentials
from core.exchange.switches import Switches
from tests.exchange import shapes
from tests.exchange.practice_day import Day
from tests.exchange.waiting import until
from tests.exchange.wire import USER, Wire, head, place_body, receive_packet, subscribe
from tests.exchange_process import ExchangeProcess

QUOTE = "/rest/secure/angelbroking/market/v1/quote/"
MARKET = {"ordertype": "MARKET", "price": "0"}


@pytest.fixture(scope="module")
def wire(common: ExchangeProcess) -> Wire:
    return Wire(common)


@pytest.fixture(autouse=True)
def as_it_was(common: ExchangeProcess) -> Iterator[None]:
    before = common.call("/switches")
    yield
    common.call("/switches", before)
    common.call("/clock", {"pause": False})


def quiet(stream: ClientConnection, limit_s: float = 0.4) -> bool:
    """Whether nothing comes for a while."""
    try:
        stream.recv(timeout=limit_s)
    except TimeoutError:
        return True
    return False


def arrived(stream: ClientConnection, limit_s: float = 0.4) -> list[str | bytes]:
    """Everything until nothing comes for a while; at least one frame."""
    frames = [stream.recv(timeout=5)]
    with suppress(TimeoutError):
        while True:
            frames.append(stream.recv(timeout=limit_s))
    return frames


@contextmanager
def patient(open_one: Callable[[], ClientConnection]) -> Iterator[ClientConnection]:
    """A connection, once the server has noticed that earlier ones are closed."""
    found: list[ClientConnection] = []
    with ExitStack() as stack:

        def opened() -> bool:
            try:
                found.append(stack.enter_context(open_one()))
            except InvalidStatus as e:
                assert e.response.status_code == 429
            return bool(found)

        until(opened, "a free place")
        yield found[0]


def still(wire: Wire) -> None:
    """Hold market time, and wait until the last step has been told."""
    wire.exchange.call("/clock", {"pause": True})


def quoted(wire: Wire, exchange: str, token: str) -> dict[str, Any]:
    body = {"mode": "FULL", "exchangeTokens": {exchange: [token]}}
    (row,) = wire.send("POST", QUOTE, body).json["data"]["fetched"]
    assert isinstance(row, dict)
    return row


@pytest.mark.parametrize(("kind", "exchange", "per_rupee"), [(1, "NSE", 100), (2, "NFO", 100), (13, "CDS", 10_000_000)])
def test_box_one_packet_a_frame_little_endian_signed(wire: Wire, kind: int, exchange: str, per_rupee: int) -> None:
    """A still market: each field of the packet, read by the page's offsets, is what the quote of REST says."""
    master = wire.send("GET", paths.MASTER_PATH).json
    symbols = {"NSE": "SBIN-EQ"}
    row = next(r for r in master if r["exch_seg"] == exchange and r["symbol"] == symbols.get(exchange, r["symbol"]))
    with wire.stream() as stream:
        stream.send(subscribe(3, row["token"], kind=kind))
        receive_packet(stream)
        still(wire)
        right = quoted(wire, exchange, row["token"])
        stream.send(subscribe(3, row["token"], kind=kind, action=0))
        for mode in (1, 2, 3):
            stream.send(subscribe(mode, row["token"], kind=kind))
        last = {packet[0]: packet for packet in arrived(stream) if isinstance(packet, bytes)}
    assert {mode: len(packet) for mode, packet in last.items()} == {1: 51, 2: 123, 3: 379}
    snap = last[3]
    assert (snap[0], snap[1], snap[2:27].rstrip(b"\0").decode()) == (3, kind, row["token"])

    def i64(at: int) -> int:
        return int(struct.unpack_from("<q", snap, at)[0])

    def rupees(at: int) -> float:
        return round(i64(at) / per_rupee, 4)

    names = {43: "ltp", 59: "avgPrice", 91: "open", 99: "high", 107: "low", 115: "close"}
    names |= {347: "upperCircuit", 355: "lowerCircuit", 363: "52WeekHigh", 371: "52WeekLow"}
    for at, name in names.items():
        assert rupees(at) == pytest.approx(right[name], abs=0.011 if name == "avgPrice" else 0.0001), name
    assert (i64(51), i64(67), i64(131)) == (right["lastTradeQty"], right["tradeVolume"], right["opnInterest"])
    totals = struct.unpack_from("<dd", snap, 75)
    assert totals == (right["totBuyQuan"], right["totSellQuan"])
    levels = [struct.unpack_from("<hqqh", snap, 147 + 20 * n) for n in range(10)]
    assert [level[0] for level in levels] == [1] * 5 + [0] * 5, "five of flag 1, then five of flag 0"
    shown = [*right["depth"]["buy"], *right["depth"]["sell"]]
    assert [(lv[1], round(lv[2] / per_rupee, 4), lv[3]) for lv in levels] == [
        (entry["quantity"], entry["price"], entry["orders"]) for entry in shown
    ]


def test_box_token_times_mode_is_counted_and_repeats_are_not(wire: Wire) -> None:
    with wire.stream() as stream:
        stream.send(subscribe(1, *(str(900_000 + n) for n in range(997))))
        for mode in (1, 2, 3):
            stream.send(subscribe(mode, "2885"))
        for mode in (1, 2, 3):
            stream.send(subscribe(mode, "2885", correlation="again"))
        stream.send(subscribe(1, "123456789", action=0, correlation="unknown"))
        still(wire)
        frames = arrived(stream)
        assert {frame[0] for frame in frames if isinstance(frame, bytes)} == {1, 2, 3}, "one token, three ticks"
        assert not [frame for frame in frames if isinstance(frame, str)]
        stream.send(subscribe(2, "3045", correlation="over"))
        text = stream.recv(timeout=5)
        assert json.loads(text) == {
            "correlationID": "over",
            "errorCode": "E1002",
            "errorMessage": "Invalid Request. Subscription Limit Exceeded",
        }


@pytest.mark.parametrize(("how", "kept"), [("all", set()), ("excess", {"2885"})])
def test_box_too_much_is_refused_whole_or_only_what_is_over(wire: Wire, how: str, kept: set[str]) -> None:
    wire.exchange.call("/switches", {"stream_limit": how})
    with wire.stream() as stream:
        stream.send(subscribe(1, *(str(900_000 + n) for n in range(999))))
        still(wire)
        stream.send(subscribe(3, "2885", "3045"))
        frames = arrived(stream)
        texts = [f for f in frames if isinstance(f, str)]
        assert {head(f).token for f in frames if isinstance(f, bytes)} == kept
        assert json.loads(texts[0])["errorCode"] == "E1002"


def test_box_subscribing_sends_the_last_packet_or_not_by_switch(wire: Wire) -> None:
    still(wire)
    with wire.stream() as stream:
        stream.send(subscribe(1, "2885"))
        assert head(receive_packet(stream)).token == "2885"
        wire.exchange.call("/switches", {"stream_snapshot": False})
        stream.send(subscribe(1, "1594"))
        while not quiet(stream):
            pass
        wire.exchange.call("/clock", {"pause": False})
        until(lambda: head(receive_packet(stream)).token == "1594", "it comes with the next change")


def test_box_depth_20_is_retired_unless_asked_for(wire: Wire) -> None:
    with wire.stream() as stream:
        stream.send(subscribe(4, "3045"))
        assert json.loads(stream.recv(timeout=5))["errorCode"] == "E1001"
    with ExchangeProcess(None, "--seed", "7", "--limits", "off", "--depth20") as exchange:
        deep = Wire(exchange)
        with deep.stream() as stream:
            stream.send(subscribe(4, "3045"))
            packet = receive_packet(stream)
            assert len(packet) == 443 and (packet[0], packet[1]) == (4, 1)
            levels = [struct.unpack_from("<iih", packet, 43 + 10 * n) for n in range(40)]
            bids, asks = [lv[1] for lv in levels[:20] if lv[0]], [lv[1] for lv in levels[20:] if lv[0]]
            assert len(bids) > 5 and len(asks) > 5, "deeper than five"
            assert bids == sorted(bids, reverse=True) and asks == sorted(asks) and bids[0] < asks[0]
            stream.send(subscribe(4, "35003", kind=2, correlation="nfo"))
            stream.send(subscribe(4, *(str(n) for n in range(50)), correlation="51st"))
            errors: dict[str, str] = {}

            def told() -> bool:
                frame = stream.recv(timeout=5)
                if isinstance(frame, str):
                    errors[json.loads(frame)["correlationID"]] = json.loads(frame)["errorCode"]
                return len(errors) == 2

            until(told, "both refusals")
            assert errors == {"nfo": "E1001", "51st": "E1002"}


CODES = {
    "AB00": "",
    "AB01": "open",
    "AB02": "cancelled",
    "AB03": "rejected",
    "AB04": "modified",
    "AB05": "complete",
    "AB06": "after market order req received",
    "AB07": "cancelled after market order",
    "AB08": "modify after market order req received",
    "AB09": "open pending",
    "AB10": "trigger pending",
    "AB11": "modify pending",
}


@pytest.fixture(scope="module")
def updates() -> Iterator[dict[str, list[dict[str, Any]]]]:
    """Frames of the order socket by code, of one account that does everything."""
    found: dict[str, list[dict[str, Any]]] = {}
    with ExchangeProcess(None, "--seed", "7", "--limits", "off", "--now", "2026-03-03T09:20:00+05:30") as exchange:
        wire = Wire(exchange)
        with wire.orders() as socket:
            _everything(wire)

            def all_seen() -> bool:
                frame = json.loads(socket.recv(timeout=10))
                found.setdefault(frame["order-status"], []).append(frame)
                return frame["order-status"] == "AB07"

            until(all_seen, "the last of the updates")
        yield found


def _everything(wire: Wire) -> None:
    exchange = wire.exchange

    def then(order_id: str) -> None:
        wire.order("modifyOrder", place_body(orderid=order_id, price="1001.00"))
        wire.order("cancelOrder", {"variety": "NORMAL", "orderid": order_id})

    then(wire.place()["data"]["orderid"])
    wire.place(**MARKET)
    wire.place(quantity="9000")
    stop = {"variety": "STOPLOSS", "ordertype": "STOPLOSS_MARKET", "price": "0", "transactiontype": "SELL"}
    assert wire.place(**stop, triggerprice="960.00")["status"], "it waits"
    exchange.external_order(**place_body(ordertag="phone"))
    exchange.advance(6.3 * 3_600)
    then(wire.place(ordertag="tomorrow")["data"]["orderid"])


@pytest.mark.parametrize("code", sorted(CODES))
def test_box_order_update_code(updates: dict[str, list[dict[str, Any]]], code: str) -> None:
    assert code in updates, sorted(updates)
    for frame in updates[code]:
        assert set(frame) == {"user-id", "status-code", "order-status", "error-message", "orderData"}
        assert frame["status-code"] == "200" and frame["error-message"] == ""
        row = frame["orderData"]
        assert row["orderstatus"] == CODES[code] and bool(row["orderid"]) is (code != "AB00")
        template = {k: v for k, v in shapes.ORDER.items() if k not in ("uniqueorderid", "exchangeorderid")}
        assert not shapes.fits(row, template)


def test_box_order_updates_come_for_orders_from_anywhere(updates: dict[str, list[dict[str, Any]]]) -> None:
    assert "phone" in {frame["orderData"]["ordertag"] for frame in updates["AB01"]}


def test_box_order_socket_refusals(common: ExchangeProcess) -> None:
    def refusal(wire: Wire, value: str | None = None) -> tuple[int, str]:
        with pytest.raises(InvalidStatus) as refused, wire.orders(value):
            pass
        return refused.value.response.status_code, str(refused.value.response.headers["x-error-message"])

    wire = Wire(common)
    assert refusal(wire, "") == (401, "Invalid Header - Token missing")
    assert refusal(wire, "Bearer wrong") == (401, "Invalid Header - Invalid Token")
    for value in (wire.jwt, f"Bearer {wire.jwt}"):
        with patient(lambda value=value: wire.orders(value)):  # type: ignore[misc]
            pass
    with ExitStack() as three:
        for _ in range(3):
            three.enter_context(patient(wire.orders))
        assert refusal(wire) == (429, "Invalid Request. Connection Limit Exceeded.")
    common.call("/switches", {"token_life_s": 1})
    old = Wire(common)
    until(lambda: old.send("GET", USER + "getRMS").json.get("errorCode") == "AG8002", "the token has expired")
    assert refusal(old) == (403, "Invalid Header - Token Expired")


def test_box_a_nul_byte_on_the_order_socket_by_switch(wire: Wire) -> None:
    with patient(wire.orders) as socket:
        socket.recv(timeout=5)
        wire.exchange.call("/switches", {"orders_nul_s": 1})
        assert socket.recv(timeout=5) == b"\0"


def test_box_both_heartbeats(wire: Wire) -> None:
    for connect in (wire.stream, wire.orders):
        with patient(connect) as socket:
            socket.send("ping")
            until(lambda socket=socket: socket.recv(timeout=5) == "pong", "text for text")  # type: ignore[misc]
            assert socket.ping(b"").wait(5), "and a control pong, with an empty payload"


def test_box_over_limit_is_plain_text_or_what_a_switch_says() -> None:
    with ExchangeProcess(None, "--seed", "7") as exchange:
        wire = Wire(exchange)
        answers = [wire.send("GET", USER + "getRMS") for _ in range(4)]
        assert [a.status for a in answers[:2]] == [200, 200]
        over = next(a for a in answers if a.status != 200)
        assert (over.status, over.text) == (403, "Access denied because of exceeding access rate")
        assert over.headers["content-type"].startswith("text/plain") and "retry-after" not in over.headers
        body = {"mode": "LTP", "exchangeTokens": {"NSE": ["3045"]}}
        shown = {"AB1019": "AB1019", "AB1021": "AB1021", "AB1004": "AB1004", "empty": "", "429": "Too Many Requests"}
        for how, text in shown.items():
            exchange.call("/switches", {"rate_answer": how})
            found = [wire.send("POST", QUOTE, body).text for _ in range(24)]
            assert any(text in one and "fetched" not in one for one in found), how
        nine = [
            wire.place().get("status") if i < 9 else wire.send("POST", paths.PLACE_PATH, {}).status for i in range(9)
        ]
        assert nine == [True] * 9


def test_box_tokens_end_at_midnight_and_not_before() -> None:
    clock = ManualClock(iso_to_ns("2026-03-03T23:59:50+05:30"))
    switches = Switches()
    sessions = Sessions(new_credentials(), clock, switches)

    def issued() -> Tokens:
        import pyotp

        mine = sessions.credentials
        done = sessions.login(mine.client_code, mine.pin, pyotp.TOTP(mine.totp_secret).at(clock.real_ns() // NS_PER_S))
        assert isinstance(done, Tokens)
        return done

    first = issued()
    second = sessions.renew(first.refresh)
    assert isinstance(second, Tokens)
    for tokens in (first, second):
        assert sessions.check_jwt(f"Bearer {tokens.jwt}") is None and sessions.feed_is_valid(tokens.feed)
    clock.move(11)
    for tokens in (first, second):
        refusal = sessions.check_jwt(tokens.jwt)
        assert refusal is not None and refusal.code == "AG8002" and not sessions.feed_is_valid(tokens.feed)
    third = issued()
    switches.relogin = "end"
    fourth = issued()
    assert sessions.check_jwt(fourth.jwt) is None
    refusal = sessions.check_jwt(third.jwt)
    assert refusal is not None and refusal.code == "AG8001"


def test_box_a_logout_ends_its_tokens_on_every_door(common: ExchangeProcess) -> None:
    wire, other = Wire(common), Wire(common)
    assert wire.send("POST", USER + "logout", {"clientcode": common.client_code}).json["data"] == ""
    assert wire.send("GET", USER + "getRMS").json["errorCode"] == "AG8001"
    for connect in (wire.stream, wire.orders):
        with pytest.raises(InvalidStatus) as refused, connect():
            pass
        assert refused.value.response.status_code == 401, "the token comes before the number of connections"
    for connect in (other.stream, other.orders):
        with patient(connect):
            pass


def test_box_types_as_in_the_samples() -> None:
    day = Day()
    day.placed(**MARKET, producttype="DELIVERY", quantity="5")
    day.placed()
    practice = day.practice
    assert not shapes.fits(practice.order_rows(), [shapes.ORDER])
    assert not shapes.fits(practice.trade_rows(), [shapes.TRADE])
    assert not shapes.fits(practice.position_rows(), [shapes.POSITION])
    assert not shapes.fits(practice.funds_row(), shapes.RMS)
    day.to("2026-03-04T09:20:00+05:30")
    assert not shapes.fits(practice.holding_rows(), [shapes.HOLDING])


def test_box_only_loopback_is_bound(common: ExchangeProcess) -> None:
    """Every listening socket of the process, as the kernel lists them."""
    from pathlib import Path

    links = {p.readlink().as_posix() for p in Path(f"/proc/{common.process.pid}/fd").iterdir()}
    mine = {link[8:-1] for link in links if link.startswith("socket:[")}
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    lines += Path("/proc/net/tcp6").read_text().splitlines()[1:] if Path("/proc/net/tcp6").exists() else []
    rows = [line.split() for line in lines]
    listening = [row[1].split(":")[0] for row in rows if row[9] in mine and row[3] == "0A"]
    assert listening == ["0100007F"] * 3, "REST, sockets and control, all on 127.0.0.1"
    outside = [row[2] for row in rows if row[9] in mine and row[3] == "01" and row[2].split(":")[0] != "0100007F"]
    assert not outside
