"""Incidents of real programs, each by its number: placements whose fate was not known, and what was made of them."""

import asyncio
from dataclasses import replace

import pytest

from core.brokers.classify import classify_place
from core.brokers.transport import Reply, Transport
from core.clock import SystemClock
from core.domain import OrderState
from core.facts import LadderMode
from core.outcome import Refused, RefusedBy, Unknown
from core.views import Choice
from tests.brokers.rest import fake_rest, refused, reply, silence
from tests.brokers.test_angel import _approved, _broker, _session
from tests.engine.fakes import DOWN
from tests.engine.rig import Rig

S = OrderState


def lost(rig: Rig, status: str = "open", filled: int = 0):
    """The broker takes the order, its answer never comes."""
    return lambda approved: (rig.broker.accept(approved, status, filled), Unknown("timeout"))[1]


def after(seconds: float, answer: str) -> Reply:
    return Reply(200, {}, answer.encode(), 0)


async def test_S01_a_timed_out_place_is_looked_up_and_never_sent_again(rig):
    rig.broker.on_place = lost(rig)
    tag = rig.submit().tag
    await rig.wait(0.3)
    assert rig.order(tag).state is S.UNKNOWN
    await rig.wait(70)
    assert rig.order(tag).state is S.WORKING
    assert len(rig.broker.placed) == len(rig.broker.orders) == 1


async def test_S02_no_layer_repeats_an_order_request():
    """Every way a request can end badly: the server saw it once."""

    async def reset(wire):
        wire.reset()

    async def cut(wire):
        await wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{")
        wire.writer.close()

    for answer in (reset, cut, reply(b"", 502), reply(b"", 503), silence, refused("AG8001"), reply(b"<html>")):
        async with _broker(_session(lambda r, a=answer: a), write_deadline_s=0.2, write_late_s=0.1) as (broker, fake):
            await broker.place(_approved())
            assert [p for p in fake.paths() if p == "placeOrder"] == ["placeOrder"]


async def test_S03_an_order_without_an_answer_counts_and_stays_visible(rig):
    rig.broker.on_place = lambda a: Unknown("timeout")
    tag = rig.submit().tag
    await rig.wait(200)
    order = rig.order(tag)
    assert order.state is S.UNCONFIRMED and order.leaves == order.quantity
    assert rig.engine.blotter.exposure.unknown_all == 1
    assert rig.desk.orders.orders()[0].tag == tag


async def test_S04_lost_orders_that_filled_are_adopted_by_the_audit(rig):
    tags = []
    for n in range(2):
        rig.broker.on_place = lambda a: Unknown("reset")
        instrument = rig.desk.search("SBIN" if n else "RELIANCE", 1)[0]
        tags.append(rig.submit(instrument=instrument, quantity=10 + n).tag)
        await rig.wait(0.2)
    await rig.wait(75)
    for placed in rig.broker.placed:
        rig.broker.accept(placed, "complete", filled=placed.order.quantity)
    await rig.wait(35)
    assert {rig.order(t).state for t in tags} == {S.FILLED}
    assert {p.net for p in rig.desk.positions.positions()} == {10, 11}


async def test_S05_an_order_in_flight_with_only_our_tag_is_matched_by_it(rig):
    hold = asyncio.Event()

    async def slow(approved):
        approved.consume()
        rig.broker.writes_sent += 1
        rig.broker.accept(approved, "complete", filled=10)
        await hold.wait()
        return Unknown("timeout")

    rig.broker.place = slow
    tag = rig.submit().tag
    await rig.wait(16)
    assert rig.order(tag).state is S.FILLED and rig.order(tag).broker_id
    hold.set()
    await rig.wait(1)
    assert rig.order(tag).state is S.FILLED
    assert len(rig.desk.orders.orders()) == 1


async def test_S06_every_working_order_is_on_screen_after_a_kill():
    first = Rig()
    await first.start()
    for n in range(9):
        first.submit(quantity=n + 1)
        await first.wait(0.3)
    await first.wait(2)
    first.broker.orders = {
        **first.broker.orders,
        "777": replace(next(iter(first.broker.orders.values())), broker_id="777", tag=""),
    }
    # killed here: no stop, nothing is said; the next program has the store and the broker
    second = Rig(journal=first.journal, broker=first.broker)
    second.clock.move(600)
    first.broker.clock = second.clock
    await second.start()
    working = {o.broker_id for o in second.desk.orders.orders() if o.state is S.WORKING}
    assert working == set(first.broker.orders)
    await second.stop()
    await first.stop()


async def test_S07_a_failed_read_is_never_an_empty_book(rig):
    rig.broker.on_place = lambda a: rig.broker.accept(a, "complete", filled=10)
    tag = rig.submit().tag
    await rig.wait(3)
    rig.broker.books_down = DOWN
    await rig.engine.reconcile("test")
    await rig.wait(30)
    assert rig.desk.positions.positions()[0].net == 10
    assert rig.order(tag).state is S.FILLED
    assert rig.engine.authority.reconcile_text.startswith("could not read")


async def test_S08_fills_are_found_when_the_order_socket_lives_and_says_nothing(rig):
    tag = rig.submit().tag
    await rig.wait(2)
    held = rig.broker.orders[rig.order(tag).broker_id]
    rig.broker.orders[held.broker_id] = replace(held, status="complete", filled=10, average_e4=1412_6000)
    rig.broker.fills.append(rig.broker.trade(held, 10))
    await rig.wait(16)
    assert rig.order(tag).state is S.FILLED
    assert rig.desk.positions.positions()[0].net == 10


async def test_S09_fills_of_a_disconnect_are_read_when_it_ends(rig):
    tag = rig.submit().tag
    await rig.wait(2)
    held = rig.broker.orders[rig.order(tag).broker_id]
    rig.broker.orders[held.broker_id] = replace(held, status="complete", filled=10, average_e4=1412_6000)
    rig.broker.fills.append(rig.broker.trade(held, 10))
    rig.updates.on_connected()
    assert rig.desk.status().ladder >= LadderMode.REDUCE_ONLY
    await rig.wait(2)
    assert rig.order(tag).state is S.FILLED
    assert rig.desk.positions.positions()[0].net == 10
    assert "after the order updates reconnected" in rig.events()


async def test_S10_refused_cancels_are_followed_by_a_read_and_never_a_storm(rig):
    tag = rig.submit().tag
    await rig.wait(2)

    async def no(approved):
        approved.consume()
        rig.broker.writes_sent += 1
        rig.broker.cancelled.append(approved)
        return Refused("AB2001", "not allowed")

    rig.broker.cancel = no
    answers, reads = [], rig.broker.reads
    for _ in range(100):
        answers.append(rig.desk.cancel(tag).refused)
        await rig.wait(0.5)
    assert len(rig.broker.cancelled) <= 3
    assert rig.broker.reads > reads
    assert any("G39" in a for a in answers)


async def test_S11_a_cancel_of_many_leaves_none_waiting_for_ever(rig):
    tags = [rig.submit(quantity=n + 1).tag for n in range(4)]
    await rig.wait(2)

    async def nothing(approved):
        approved.consume()
        rig.broker.writes_sent += 1
        return Unknown("no answer within 5 s")

    rig.broker.cancel = nothing
    rig.desk.cancel_all()
    await rig.wait(40)
    assert all(rig.order(t).change == "" for t in tags)
    assert {rig.order(t).state for t in tags} == {S.WORKING}


async def test_S17_a_second_press_while_the_first_is_slow_is_no_second_order(rig):
    place = rig.broker.place

    async def slow(approved):
        await rig.clock.sleep(12)
        return await place(approved)

    rig.broker.place = slow
    first = rig.submit(intent_id="one ticket")
    again = rig.submit(intent_id="one ticket")
    other = rig.submit(intent_id="another ticket")
    await rig.wait(14)
    assert first.tag == again.tag
    assert "G27" in other.refused
    assert len(rig.broker.placed) == 1


async def test_S18_the_same_fill_from_socket_and_book_counts_once(rig):
    tag = rig.submit().tag
    await rig.wait(2)
    held = rig.broker.orders[rig.order(tag).broker_id]
    done = replace(held, status="complete", filled=10, average_e4=1412_6000)
    rig.broker.orders[held.broker_id] = done
    rig.broker.fills += [rig.broker.trade(held, 10)] * 2
    for _ in range(3):
        rig.updates.on_order(replace(done, from_socket=True))
        await rig.wait(2)
    assert rig.order(tag).filled == 10
    assert rig.desk.positions.positions()[0].net == 10


@pytest.mark.parametrize("body", ['{"status":true}', '{"status":true,"data":[]}', '{"a":1}', "[]", "3", '"ok"', "{"])
def test_S19_an_answer_of_another_shape_is_unknown_and_never_an_exception(body):
    assert isinstance(classify_place(after(0, body)), Unknown)


async def test_S20_when_place_times_out_for_everybody_the_circuit_opens_and_the_rest_works(rig):
    rig.broker.on_place = lambda a: Unknown("no answer within 5 s")
    for symbol in ("RELIANCE", "SBIN", "NIFTY"):
        found = next(i for i in rig.engine.parts.instruments.all() if i.symbol.startswith(symbol))
        rig.submit(instrument=found, quantity=max(found.lot, 1))
        await rig.wait(0.1)
    rig.broker.books_down = DOWN
    await rig.wait(9)
    assert rig.desk.status().ladder is LadderMode.READ_ONLY
    assert rig.desk.check(_intent(rig)).denials
    assert rig.desk.status().fresh and rig.desk.positions.positions() == ()


def _intent(rig: Rig):
    from tests.builders import intent

    return intent(intent_id="later")


async def test_S21_too_many_requests_is_no_failure_of_the_service(rig):
    rig.broker.on_place = lambda a: Refused("403", "exceeding access rate", RefusedBy.RATE)
    for n in range(5):
        rig.submit(quantity=n + 1)
        await rig.wait(1.5)
    assert rig.desk.status().ladder is LadderMode.NORMAL
    assert {o.state for o in rig.desk.orders.orders()} == {S.REJECTED_GATEWAY}
    assert len(rig.broker.placed) == 5


@pytest.mark.parametrize("data", ["null", '""', "{}", '{"orderid":""}', '{"orderid":null}', '{"orderid":"0"}'])
def test_S22_success_without_an_order_id_is_unknown(data):
    assert isinstance(classify_place(after(0, f'{{"status":true,"message":"SUCCESS","data":{data}}}')), Unknown)


BLOCKED = [(400, b""), (200, b"<html>Request Rejected, id 7</html>"), (403, b"<html>")]


@pytest.mark.parametrize(("status", "body"), BLOCKED)
async def test_S23_a_gateway_that_blocks_is_unknown_until_books_tell(status, body):
    assert isinstance(classify_place(Reply(status, {}, body, 0)), Unknown)
    rig = Rig()
    await rig.start()
    rig.broker.on_place = lambda a: classify_place(Reply(status, {}, body, 0))
    tag = rig.submit().tag
    await rig.wait(5)
    assert rig.order(tag).state is S.UNKNOWN
    await rig.wait(70)
    assert rig.order(tag).state is S.UNCONFIRMED
    assert rig.desk.decide(tag, Choice.NOT_PLACED).tag
    await rig.stop()


async def test_S24_success_is_not_working_until_a_book_says_so(rig):
    rig.broker.on_place = lambda a: rig.broker.accept(a, "rejected")
    tag = rig.submit().tag
    await rig.wait(0.2)
    assert rig.order(tag).state is S.ACKED
    await rig.wait(2)
    assert rig.order(tag).state is S.REJECTED


async def test_S25_frames_of_a_change_with_old_terms_change_nothing(rig):
    tag = rig.submit(price_e4=1400_0000).tag
    await rig.wait(2)
    old = rig.broker.orders[rig.order(tag).broker_id]
    assert rig.desk.modify(tag, 20, 1405_0000).tag
    await rig.wait(4)
    for word in ("modified", "modify validation pending"):
        rig.updates.on_order(replace(old, status=word, from_socket=True))
    await rig.wait(3)
    assert (rig.order(tag).quantity, rig.order(tag).price_e4) == (20, 1405_0000)


async def test_F01_a_reset_while_the_request_is_written_is_unknown_unless_nothing_left():
    async def reset(wire):
        wire.reset()

    async with _broker(_session(lambda r: reset)) as (broker, fake):
        assert isinstance(await broker.place(_approved()), Unknown)
        assert len(fake.paths()) == 2
    async with fake_rest(lambda r: silence) as gone:
        url = gone.url
    transport = Transport(url, SystemClock())
    result = await transport.request("POST", "/x", {}, b"{}", deadline_s=1, still_valid=lambda: True)
    assert result.bytes_sent == 0


@pytest.mark.parametrize("status", ["open", "complete", "rejected", "cancelled"])
async def test_F02_accepted_with_a_lost_answer_is_adopted_by_tag_within_two_seconds(rig, status):
    rig.broker.on_place = lost(rig, status, 10 if status == "complete" else 0)
    tag = rig.submit().tag
    await rig.wait(2)
    assert rig.order(tag).state in (S.WORKING, S.FILLED, S.REJECTED, S.CANCELLED)
    assert len(rig.broker.placed) == 1
    assert "found by its tag: adopted" in rig.events()


@pytest.mark.parametrize("seconds", [1, 10, 40, 90, 300])
async def test_F03_an_order_that_shows_late_is_adopted_late_and_its_limits_stay_reserved(rig, seconds):
    rig.broker.on_place = lambda a: Unknown("timeout")
    tag = rig.submit().tag
    await rig.wait(seconds)
    assert rig.order(tag).state is (S.UNCONFIRMED if seconds > 70 else S.UNKNOWN)
    assert rig.order(tag).leaves == 10
    rig.broker.accept(rig.broker.placed[0])
    await rig.wait(31)
    assert rig.order(tag).state is S.WORKING
    assert len(rig.broker.placed) == 1


async def test_F04_an_order_that_never_arrived_asks_a_person_and_goes_nowhere(rig):
    rig.broker.on_place = lambda a: Unknown("503 Service Unavailable")
    tag = rig.submit().tag
    await rig.wait(59)
    assert rig.order(tag).state is S.UNKNOWN
    await rig.wait(15)
    assert rig.order(tag).state is S.UNCONFIRMED
    await rig.wait(600)
    assert rig.order(tag).state is S.UNCONFIRMED
    assert rig.desk.decide(tag, Choice.NOT_PLACED).tag
    assert rig.order(tag).leaves == 0
    assert len(rig.broker.placed) == 1
