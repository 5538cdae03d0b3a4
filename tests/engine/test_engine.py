"""The engine's promises, on a scripted broker and under virtual time."""

from dataclasses import replace

import pytest

from core.domain import OrderState, Product, Side
from core.facts import CircuitState, LadderMode, Operation
from core.outcome import Failed, FailedBy, NotSent, Refused, RefusedBy, Unknown
from core.ports import NoAudit
from core.views import CircuitStatus
from tests.builders import NIFTY_FUT, RELIANCE, row
from tests.engine.fakes import DOWN, FakeBroker, FakeJournal
from tests.engine.rig import Rig

S = OrderState


@pytest.fixture
async def rig():
    made = Rig()
    await made.start()
    yield made
    await made.stop()


async def test_a_look_only_session_sends_nothing_whatever_the_mode():
    rig = Rig(look_only="a recording is being replayed: look only")
    await rig.start()

    assert "look only" in rig.submit().refused
    assert rig.desk.forbidden(Operation.REDUCE)
    await rig.settle()
    assert rig.broker.placed == []
    await rig.stop()


async def test_a_fresh_start_reconciles_and_allows_orders(rig):
    assert rig.desk.status().ladder is LadderMode.NORMAL
    assert rig.desk.forbidden(Operation.OPEN) == ""
    assert "broker book = local book" in rig.events()


async def test_an_order_is_on_disk_before_it_reaches_the_broker(rig):
    seen = []
    rig.broker.on_place = lambda a: seen.append([r.tag for r in rig.journal.records]) or rig.broker.accept(a)

    tag = rig.submit().tag
    assert rig.order(tag).state is S.SENDING
    await rig.settle()

    assert seen == [[tag]]
    assert rig.order(tag).state is S.ACKED


async def test_a_fill_makes_a_position_and_a_sell_closes_it(rig):
    rig.broker.on_place = lambda a: rig.broker.accept(a, "complete", a.order.quantity)
    bought = rig.submit().tag
    await rig.wait(3.0)

    assert rig.order(bought).state is S.FILLED
    (position,) = rig.desk.positions.positions()
    assert (position.net, position.average_e4) == (10, 1412_6000)
    assert rig.desk.status().open_pnl_e4 == 10 * -500

    sold = rig.sell().tag
    await rig.wait(3.0)

    assert rig.order(sold).state is S.FILLED
    (position,) = rig.desk.positions.positions()
    assert (position.net, position.realised_e4) == (0, -10 * 1000)


async def test_a_second_enter_on_one_ticket_sends_nothing_more(rig):
    first = rig.submit(intent_id="ticket")
    second = rig.submit(intent_id="ticket")
    await rig.settle()

    assert first == second
    assert len(rig.broker.placed) == 1


async def test_a_lost_answer_is_adopted_by_its_tag_and_never_sent_again(rig):
    rig.broker.on_place = lambda a: (rig.broker.accept(a), Unknown("connection lost"))[1]

    tag = rig.submit().tag
    await rig.settle()
    assert rig.order(tag).state is S.UNKNOWN
    await rig.wait(2.0)

    assert rig.order(tag).state is S.WORKING
    assert rig.order(tag).broker_id in rig.broker.orders
    assert len(rig.broker.placed) == 1
    assert "found by its tag" in rig.events()


async def test_an_order_that_never_arrived_is_asked_about_and_not_guessed_away(rig):
    rig.broker.on_place = lambda a: Unknown("timeout")

    tag = rig.submit().tag
    await rig.wait(55)
    assert rig.order(tag).state is S.UNKNOWN
    await rig.wait(15)

    assert rig.order(tag).state is S.UNCONFIRMED
    assert rig.order(tag).leaves == 10
    assert len(rig.broker.placed) == 1
    assert [r.code for r in rig.desk.check(_ticket(rig)).denials] == ["G36"]


async def test_a_late_appearance_of_an_unconfirmed_order_is_adopted(rig):
    kept = []
    rig.broker.on_place = lambda a: (kept.append(a), Unknown("timeout"))[1]
    tag = rig.submit().tag
    await rig.wait(70)

    rig.broker.accept(kept[0])
    await rig.wait(32)

    assert rig.order(tag).state is S.WORKING


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Refused("AB1008", "Invalid Order Variety"), S.REJECTED_GATEWAY),
        (NotSent("connection refused"), S.NOT_SENT),
        (Refused("", "Access denied because of exceeding access rate", RefusedBy.RATE), S.REJECTED_GATEWAY),
    ],
)
async def test_definite_noes_free_the_instrument_at_once(rig, outcome, state):
    rig.broker.on_place = lambda a: outcome
    tag = rig.submit().tag
    await rig.wait(2.1)

    assert rig.order(tag).state is state
    assert rig.order(tag).leaves == 0
    assert rig.desk.check(_ticket(rig)).allowed


async def test_nothing_leaves_when_the_record_cannot_be_saved(rig):
    rig.journal.broken = "disk full"
    denied = rig.submit()

    assert "G6" in denied.refused
    await rig.settle()
    assert rig.broker.placed == []


async def test_a_record_that_fails_at_the_last_moment_is_not_sent(rig):
    tag = rig.submit().tag
    rig.journal.broken = "disk full"
    await rig.settle()

    assert rig.order(tag).state is S.NOT_SENT
    assert rig.broker.placed == []


async def test_a_halt_between_approval_and_wire_stops_the_order(rig):
    tag = rig.submit().tag
    rig.desk.halt("test")
    await rig.settle()

    assert rig.order(tag).state is S.NOT_SENT
    assert rig.broker.placed == []
    assert rig.desk.status().ladder is LadderMode.HALTED


async def test_a_halt_denies_everything_new_but_cancels_still_work(rig):
    tag = rig.submit().tag
    await rig.settle()
    rig.desk.halt("test")

    assert "G1" in rig.submit(quantity=20).refused
    assert rig.desk.cancel_all() == 1
    await rig.wait(1.0)
    assert rig.order(tag).state is S.CANCELLED
    assert rig.desk.resume("resume").refused
    assert rig.desk.resume("RESUME").tag
    await rig.wait(3.0)
    assert rig.desk.check(_ticket(rig, quantity=30)).allowed


async def test_failing_writes_and_reads_step_down_to_read_only_within_8_seconds(rig):
    rig.broker.on_place = lambda a: Unknown("503")
    rig.broker.books_down = DOWN
    rig.submit()
    await rig.wait(8.0)

    status = rig.desk.status()
    assert status.ladder is LadderMode.READ_ONLY
    assert "orders failing" in status.causes[0].text
    assert status.causes[0].next_try_ns is not None or status.circuits[0].state is CircuitState.HALF_OPEN
    assert rig.desk.forbidden(Operation.OPEN)


async def test_three_failed_writes_are_enough(rig):
    rig.broker.on_place = lambda a: Unknown("503")
    for quantity, instrument in ((1, "RELIANCE"), (1, "SBIN"), (65, "FUT")):
        chosen = {"RELIANCE": RELIANCE, "SBIN": rig.desk.search("SBIN", 1)[0], "FUT": NIFTY_FUT}[instrument]
        product = Product.CARRYFORWARD if chosen is NIFTY_FUT else Product.INTRADAY
        assert rig.submit(instrument=chosen, quantity=quantity, product=product).tag
    await rig.wait(0.2)

    assert rig.desk.status().ladder is LadderMode.READ_ONLY


async def test_nothing_is_placed_while_read_only_and_it_comes_back_by_itself(rig):
    rig.broker.on_place = lambda a: Unknown("503")
    rig.broker.books_down = DOWN
    lost = rig.submit().tag
    await rig.wait(9.0)
    sent = len(rig.broker.placed)
    assert "G2" in rig.submit(instrument=rig.desk.search("SBIN", 1)[0]).refused
    await rig.wait(20)
    assert len(rig.broker.placed) == sent

    rig.broker.books_down = None
    rig.broker.on_place = None
    await rig.wait(5 + 10)

    status = rig.desk.status()
    assert status.ladder is LadderMode.NORMAL
    assert status.probation
    assert rig.order(lost).state is S.UNKNOWN
    again = rig.submit(instrument=rig.desk.search("SBIN", 1)[0])
    await rig.settle()
    assert rig.order(again.tag).state is S.ACKED


async def test_probation_lets_one_order_out_at_a_time(rig):
    await test_nothing_is_placed_while_read_only_and_it_comes_back_by_itself(rig)
    sbin = rig.desk.search("SBIN", 1)[0]
    await rig.wait(2.5)

    first, second = rig.submit(instrument=sbin, quantity=2), rig.submit(instrument=sbin, quantity=3)

    assert first.tag
    assert "G2" in second.refused


async def test_a_dead_feed_is_data_stale_and_then_offline_with_the_rest(rig):
    rig.feed.word = "down"
    await rig.wait(3.5)
    assert rig.desk.status().ladder is LadderMode.DATA_STALE

    rig.updates.word = "down"
    rig.engine.broker_gone("the practice exchange ended")
    assert rig.desk.status().ladder is LadderMode.READ_ONLY
    await rig.wait(5.5)
    assert rig.desk.status().ladder is LadderMode.OFFLINE

    rig.feed.word = rig.updates.word = "live"
    rig.engine.broker_back()
    await rig.wait(8.0)
    assert rig.desk.status().ladder is LadderMode.NORMAL


async def test_a_failed_login_names_itself_and_is_retried():
    rig = Rig()
    rig.broker.login_down = Failed(FailedBy.SERVICE, "connection refused")
    rig.engine.start()
    await rig.wait(20)
    assert rig.desk.status().ladder is LadderMode.READ_ONLY
    assert "connection refused" in rig.desk.status().waiting

    rig.broker.login_down = None
    await rig.wait(25)

    assert rig.desk.status().ladder is LadderMode.NORMAL
    await rig.stop()


async def test_orders_from_elsewhere_are_shown_and_counted(rig):
    rig.updates.on_order(row(broker_id="9", tag="", status="open", from_socket=True))

    (order,) = rig.desk.orders.orders()
    assert order.external
    assert order.leaves == 10
    assert "placed elsewhere" in rig.events()


async def test_a_restart_shows_the_same_orders_and_what_was_sending_is_unknown():
    journal = FakeJournal()
    first = Rig(journal)
    await first.start()
    kept = first.submit().tag
    await first.settle()
    first.broker.on_place = lambda a: Unknown("never answered")
    lost = first.submit(quantity=20, instrument=first.desk.search("SBIN", 1)[0]).tag
    journal.records = [r for r in journal.records if r.tag == kept or r.source == "gate"]
    journal.records.append(next(r for r in first.journal.records if r.tag == kept))
    await first.settle()
    sending = [r for r in journal.records if r.tag == lost][:1]
    journal.records = [r for r in journal.records if r.tag == kept] + sending

    second = Rig(journal, first.broker)
    second.broker.clock = second.clock
    second.engine.restore(journal.records)

    assert second.order(lost).state is S.UNKNOWN
    assert second.order(kept).quantity == 10
    await first.stop()


async def test_a_halt_survives_a_restart():
    journal = FakeJournal()
    first = Rig(journal)
    await first.start()
    first.desk.halt("end of a bad day")
    await first.settle()
    await first.stop()

    second = Rig(journal, FakeBroker(first.clock))
    second.broker.clock = second.clock
    await second.start()

    assert "end of a bad day" in second.submit().refused
    await second.stop()


async def test_positions_that_differ_from_the_brokers_are_a_named_mismatch():
    rig = Rig()
    rig.broker.fills = []
    stray = rig.broker.trade(row(broker_id="77"), 5)
    rig.broker.positions = _positions_of(rig.broker, [stray])
    rig.engine.start()
    await rig.wait(6)

    assert rig.desk.status().ladder is LadderMode.REDUCE_ONLY
    assert "RELIANCE MIS: ours 0, broker 5" in rig.events()
    await rig.stop()


async def test_the_books_that_change_while_read_are_read_again(rig):
    rig.broker.on_place = lambda a: rig.broker.accept(a, "complete", a.order.quantity)
    rig.submit()
    rig.engine.books.reconcile_soon("test")
    await rig.wait(6)

    assert rig.desk.status().ladder is LadderMode.NORMAL


def _positions_of(broker, fills):
    async def positions():
        kept, broker.fills = broker.fills, fills
        try:
            return await FakeBroker.positions(broker)
        finally:
            broker.fills = kept

    return positions


def _ticket(rig, **changes):
    from tests.builders import intent

    return intent(**{"intent_id": "look", "quantity": 40, "side": Side.BUY, **changes})


async def test_positions_that_cannot_be_read_for_30_s_allow_only_reducing() -> None:
    rig = Rig()
    await rig.start()
    rig.broker.circuits = (CircuitStatus("PORTFOLIO", CircuitState.OPEN, 5, 6, 900, "HTTP 503", 12),)
    await rig.wait(20)
    assert rig.engine.ladder.mode is LadderMode.NORMAL
    await rig.wait(12)
    assert rig.engine.ladder.mode is LadderMode.REDUCE_ONLY
    assert "cannot be read: HTTP 503" in rig.desk.status().causes[0].text
    rig.broker.circuits = ()
    await rig.wait(6)
    assert rig.engine.ladder.mode is LadderMode.NORMAL
    await rig.stop()


async def test_a_circuit_is_held_open_by_hand_and_let_go():
    rig = Rig()
    await rig.start()
    assert rig.desk.force_circuit("ORDERS").tag == "held open by hand"
    await rig.wait(0.5)
    assert rig.engine.ladder.mode is LadderMode.READ_ONLY
    assert rig.submit().refused
    await rig.wait(60)
    assert rig.engine.ladder.mode is LadderMode.READ_ONLY, "only a person lets it go"
    assert "judges itself" in rig.desk.force_circuit("ORDERS").tag
    await rig.wait(20)
    assert rig.engine.ladder.mode is LadderMode.NORMAL
    assert "waits for no test" in rig.desk.retry_circuit("ORDERS").refused
    await rig.stop()


@pytest.mark.parametrize("failures", [1, 5])
async def test_a_halt_is_written_until_it_is_stored_and_so_is_its_end(rig, failures):
    rig.journal.meta_failures = failures
    rig.desk.halt("a bad day")
    await rig.wait(0.2)
    assert "halt" not in rig.journal.meta
    await rig.wait(3)
    assert rig.journal.meta["halt"] == "a bad day"
    assert rig.events().count("the halt could not be saved") == 1

    rig.journal.meta_failures = failures
    rig.engine.resume()
    await rig.wait(3)
    assert rig.journal.meta["halt"] == ""


async def test_a_halt_undone_while_it_could_not_be_stored_stays_undone(rig):
    rig.journal.meta_failures = 2
    rig.desk.halt("a bad day")
    await rig.wait(0.2)
    rig.engine.resume()
    await rig.wait(3)
    assert rig.journal.meta["halt"] == ""


async def test_the_stop_waits_for_a_halt_that_is_not_stored_yet():
    rig = Rig()
    await rig.start()
    rig.journal.meta_failures = 1
    rig.desk.halt("at the very end")
    await rig.stop()
    assert rig.journal.meta["halt"] == "at the very end"


class Kept(NoAudit):
    """An audit log that a test can read."""

    def __init__(self) -> None:
        self.kept = []

    def append(self, kind, fields) -> None:
        self.kept.append((kind, fields))


class Trading(FakeBroker):
    """A broker where another device buys one share for delivery after each read of the trade book, `left` times."""

    left = 0

    def theirs(self) -> None:
        held = self.orders.get("77") or row(broker_id="77", unique_id="u77", tag="", quantity=99)
        held = replace(held, product=Product.DELIVERY, filled=held.filled + 1, average_e4=1412_6000)
        self.orders["77"] = held
        self.fills.append(self.trade(replace(held, price_e4=1412_6000), 1))

    async def trade_book(self):
        answer = await super().trade_book()
        if self.left:
            self.left -= 1
            self.theirs()
        return answer


@pytest.mark.parametrize("changes", [1, 3, 4])
async def test_books_that_change_while_they_are_read_open_no_phantom(changes):
    rig = Rig()
    rig.broker, rig.audit = Trading(rig.clock), Kept()
    rig.rebuild()
    rig.broker.left = changes
    rig.engine.start()
    await rig.wait(10)

    problems = [fields["problem"] for kind, fields in rig.audit.kept if kind == "reconcile"]
    assert ("changed during each of 3 reads" in problems[0]) is (changes >= 3)
    assert problems[-1] == ""

    assert rig.engine.authority.reconcile_text == ""
    (held,) = rig.engine.positions.positions()
    assert held.net == changes
    await rig.stop()
