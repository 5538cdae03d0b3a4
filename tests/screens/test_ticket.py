"""The ticket: strict reading, one send, the gate's word, and the keys in its fields."""

import re
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from textual.events import Key

from core.domain import OrderIntent, Product, Side
from core.facts import Operation
from core.money import parse_price_e4, parse_quantity
from core.views import CheckResult, Freshness, Headroom, Submitted, Verdict
from terminal.screens.ticket import TicketScreen
from terminal.screens.ticket_form import Problem, Terms, more_lots, new_terms, nudged, operation_of, read
from terminal.screens.trade import TradeScreen
from tests.screens.driver import NARROW, WIDE, running
from tests.screens.fake_desk import CALL, FUTURE, RELIANCE, FakeDesk, denies, passes, position, quote

TYPED = st.one_of(
    st.text(max_size=14),
    st.text(alphabet="0123456789.,+-eE _₹٣", max_size=14),
    st.integers(0, 10**10).map(str),
    st.decimals(0, 10**6, places=2).map(str),
)


def terms(instrument, side=Side.BUY):
    return Terms("i-1", instrument, side, Product.INTRADAY, "ticket", "", "")


@given(st.sampled_from([RELIANCE, FUTURE, CALL]), TYPED, TYPED)
def test_any_text_is_a_whole_order_or_cannot_be_sent(instrument, quantity, price):
    """Either a positive multiple of lot and tick that the text literally says, or a reason."""
    answer = read(terms(instrument), quantity, price)

    if isinstance(answer, OrderIntent):
        assert answer.quantity == parse_quantity(quantity) > 0
        assert answer.price_e4 == parse_price_e4(price) > 0
        assert answer.quantity % instrument.lot == 0
        assert answer.price_e4 % instrument.tick_e4 == 0
    else:
        assert answer.text


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(TYPED, TYPED)
async def test_what_is_sent_is_what_the_fields_say(quantity, price):
    """Through the fields themselves, whatever stands in them."""
    desk = FakeDesk()
    async with running(desk) as d:
        await d.press("b")
        await d.type_into("quantity", quantity)
        await d.type_into("price", price)
        said = read(d.ticket._terms, d.field("quantity"), d.field("price"))
        await d.press("enter")
        if isinstance(said, Problem):
            assert not desk.sent()
            assert said.text[:30] in d.text
        else:
            assert [(i.quantity, i.price_e4) for i in desk.sent()] == [(said.quantity, said.price_e4)]


async def test_an_enter_typed_ahead_of_the_ticket_sends_nothing() -> None:
    desk = FakeDesk()
    async with running(desk) as d:
        await d.press("b", "enter")
        assert not desk.sent()
        assert "press it again" in d.text
        desk.clock.move(0.7)
        await d.press("enter")
        assert len(desk.sent()) == 1


async def test_enter_waits_for_the_reading_time_of_a_ticket() -> None:
    desk = FakeDesk()
    async with running(desk) as d:
        d.app.post_message(Key("b", "b"))
        await d.settle()
        await d.frame()
        desk.clock.move(0.299)
        await d.press("enter")
        assert not desk.sent()
        desk.clock.move(0.701)
        await d.press("enter")
        assert len(desk.sent()) == 1


BAD = (
    ("quantity", "0", "more than 0"),
    ("quantity", "", "empty"),
    ("price", "", "empty"),
    ("price", "12.", "digits"),
    ("price", "1412.63", "not a multiple of 0.05; 1,412.60 or 1,412.65 is"),
)


async def test_invalid_text_says_why_and_is_not_sent():
    desk = FakeDesk()
    async with running(desk) as d:
        for field, text, why in BAD:
            await d.press("b")
            await d.type_into(field, text)
            assert why in d.text
            await d.press("enter")
            assert not desk.sent()
            assert isinstance(d.app.screen, TicketScreen)
            await d.press("escape")


async def test_lot_is_enforced_with_the_nearest_good_numbers():
    desk = FakeDesk()
    async with running(desk) as d:
        await d.press("end", "b")
        await d.type_into("quantity", "100")
        assert "not a multiple of 75; 75 or 150 is" in d.text


async def test_b_enter_sends_the_preset_at_the_touch_and_closes():
    desk = FakeDesk()
    async with running(desk) as d:
        await d.press("b")
        await d.press("enter")
        (intent,) = desk.sent()
        assert intent.instrument == RELIANCE
        assert (intent.side, intent.quantity, intent.price_e4) == (Side.BUY, 1, 14_126_000)
        assert (intent.product, intent.source) == (Product.INTRADAY, "ticket")
        assert isinstance(d.app.screen, TradeScreen)


async def test_enter_twice_sends_once():
    """Even when both arrive before the first has drawn anything."""
    desk = FakeDesk()
    async with running(desk) as d:
        await d.press("b")
        ticket = d.ticket
        ticket.action_send()
        ticket.action_send()
        await d.press("enter", "enter")
        assert len(desk.sent()) == 1


async def test_a_ticket_that_was_refused_stays_and_a_second_enter_does_nothing():
    desk = FakeDesk()
    desk.answer = Submitted(refused="the queue is full")
    async with running(desk) as d:
        await d.press("b")
        await d.press("enter")
        d.line("refused: the queue is full")
        desk.clock.move(1)
        await d.press("enter")
        assert len(desk.sent()) == 1


async def test_an_edit_after_a_refusal_is_another_order():
    desk = FakeDesk()
    desk.answer = Submitted(refused="the queue is full")
    async with running(desk) as d:
        await d.press("b")
        await d.press("enter")
        await d.type_into("quantity", "2")
        desk.clock.move(1)
        await d.press("enter")
        first, second = desk.sent()
        assert first.intent_id != second.intent_id


async def test_each_ticket_has_its_own_id():
    desk = FakeDesk()
    async with running(desk) as d:
        for _ in range(2):
            await d.press("b")
            await d.press("enter")
            desk.clock.move(0.7)
        assert len({i.intent_id for i in desk.sent()}) == 2


async def test_a_denial_is_shown_with_its_remedy_and_enter_puts_it_on_record_once():
    desk = FakeDesk()
    desk.verdict = denies()
    async with running(desk) as d:
        await d.press("b")
        d.line("8 pass   1 deny")
        d.line("deny G9 price: price 5.00% from LTP, limit 2.00%")
        d.line("move the price")
        rows = len(desk.orders.order_rows)
        await d.press("enter", "escape", "b")
        await d.press("enter")
        await d.press("enter", "enter")
        assert len(desk.sent()) == 2
        assert len(desk.orders.order_rows) == rows
        d.line("refused: G9: nothing was sent")
        assert isinstance(d.app.screen, TicketScreen)


async def test_a_forbidden_mode_says_so_and_stays_editable():
    desk = FakeDesk()
    desk.reasons[Operation.OPEN] = "READ-ONLY: orders are failing"
    async with running(desk) as d:
        await d.press("b")
        d.line("cannot be sent: READ-ONLY: orders are failing")
        await d.press("7")
        assert d.field("quantity") == "7"
        await d.press("enter")
        assert not desk.sent()


async def test_an_exit_is_asked_as_a_reduction():
    desk = FakeDesk()
    desk.reasons[Operation.OPEN] = "REDUCE-ONLY: nothing new"
    async with running(desk) as d:
        await d.press("f9", "x")
        await d.press("enter")
        assert [i.side for i in desk.sent()] == [Side.SELL]


async def test_price_keys():
    """b a l m take a price of the market, arrows move by ticks; what is no number stays and is named."""
    async with running(FakeDesk()) as d:
        await d.press("b", "tab")
        for key, price in (("b", "1412.50"), ("a", "1412.60"), ("l", "1412.55"), ("m", "1412.55")):
            await d.press(key)
            assert d.field("price") == price
        for key, price in (("up", "1412.60"), ("shift+up", "1413.10"), ("shift+down", "1412.60"), ("down", "1412.55")):
            await d.press(key)
            assert d.field("price") == price
        await d.press("x")
        assert d.field("price") == "1412.55x"
        d.line("digits and one point only")


async def test_quantity_arrows_move_by_lots():
    async with running(FakeDesk()) as d:
        await d.press("end", "b", "up")
        assert d.field("quantity") == "150"
        await d.press("down", "down")
        assert d.field("quantity") == "75"


async def test_flip_turns_the_side_and_the_untouched_price():
    desk = FakeDesk()
    async with running(desk) as d:
        await d.press("b", "f2")
        d.line("SELL · MIS · LIMIT")
        assert d.field("price") == "1412.50"
        await d.press("f1")
        assert d.field("price") == "1412.60"
        await d.type_into("price", "1400.00")
        await d.press("f2", "enter")
        assert [(i.side, i.price_e4) for i in desk.sent()] == [(Side.SELL, 14_000_000)]


async def test_product_switches():
    desk = FakeDesk()
    async with running(desk) as d:
        await d.press("b", "f4")
        d.line("BUY · CNC · LIMIT")
        await d.press("enter")
        assert desk.sent()[0].product is Product.DELIVERY


async def test_esc_closes_and_sends_nothing():
    desk = FakeDesk()
    async with running(desk) as d:
        await d.press("b", "escape")
        assert isinstance(d.app.screen, TradeScreen)
        assert not desk.calls


async def test_the_touch_is_live_in_the_ticket():
    desk = FakeDesk()
    async with running(desk) as d:
        await d.press("b")
        desk.quotes.set(RELIANCE.key, quote(14_200_000, 14_010_500, 500))
        await d.frame()
        d.line("bid/ask 1,419.95 / 1,420.05")
        assert d.field("price") == "1412.60"


async def test_an_untouched_price_keeps_to_a_touch_that_moves_a_little():
    desk = FakeDesk()
    async with running(desk) as d:
        await d.press("b")
        desk.quotes.set(RELIANCE.key, quote(14_130_000, 14_010_500, 500))
        await d.frame()
        assert d.field("price") == "1413.05"
        await d.press("enter")
        assert [i.price_e4 for i in desk.sent()] == [14_130_500]


async def test_a_ticket_opened_before_there_was_a_price_takes_the_first_one():
    desk = FakeDesk()
    desk.quotes.set(RELIANCE.key, replace(quote(0, 0, 500), has_ltp=False, bids=(), asks=()), 200, Freshness.NEVER)
    async with running(desk) as d:
        await d.press("b")
        assert d.field("price") == ""
        desk.quotes.set(RELIANCE.key, quote(14_130_000, 14_010_500, 500))
        await d.frame()
        assert d.field("price") == "1413.05"


@pytest.mark.parametrize("hold", ["typed", "nudged", "stale"])
async def test_a_price_that_was_chosen_or_is_stale_does_not_follow(hold):
    desk = FakeDesk()
    async with running(desk) as d:
        await d.press("b", "tab")
        if hold == "typed":
            await d.type_into("price", "1412.55")
        if hold == "nudged":
            await d.press("up", "down")
        kept = d.field("price")
        fresh = Freshness.STALE if hold == "stale" else Freshness.FRESH
        desk.quotes.set(RELIANCE.key, quote(14_130_000, 14_010_500, 500), 200, fresh)
        await d.frame()
        assert d.field("price") == kept


async def test_a_gate_that_raises_shows_broken_and_nothing_is_sent():
    desk = FakeDesk()
    desk.checks_raise = RuntimeError("gate is gone")
    async with running(desk) as d:
        await d.press("b")
        d.line("broken: RuntimeError: gate is gone")
        d.line("bid/ask 1,412.50 / 1,412.60")
        await d.press("enter")
        assert not desk.sent()


async def test_a_submit_that_raises_is_not_tried_again():
    """Nobody knows whether it was taken: the ticket must not send it twice."""
    desk = FakeDesk()
    desk.submits_raise = RuntimeError("[/b] gone")
    async with running(desk) as d:
        await d.press("b")
        await d.press("enter")
        assert "[/b] gone" in d.toasts()[0]
        desk.clock.move(1)
        await d.press("enter")
        assert len(desk.sent()) == 1


@pytest.mark.parametrize("typed", ["1.5", "5e3", "-5", "1 000", "1_000", "١٢", "10x"])
async def test_text_that_is_no_quantity_never_becomes_another_number(typed):
    desk = FakeDesk()
    async with running(desk) as d:
        await d.press("b")
        await d.type_into("quantity", typed)
        assert d.field("quantity") == typed
        await d.press("enter")
        assert not desk.sent()


async def test_paste_of_many_lines_presses_no_keys():
    from textual import events

    desk = FakeDesk()
    async with running(desk) as d:
        await d.press("b")
        d.app.post_message(events.Paste("12\n\nx\n"))
        await d.frame()
        assert not desk.sent()
        assert isinstance(d.app.screen, TicketScreen)


def test_prefill_without_a_book_is_the_last_price_and_else_empty():
    desk = FakeDesk(filled=False)
    assert new_terms("i", RELIANCE, Side.BUY, desk).price_text == ""
    desk.quotes.set(RELIANCE.key, quote(14_125_500, 14_010_500, 0))
    assert new_terms("i", RELIANCE, Side.BUY, desk).price_text == "1412.55"


@given(st.text(max_size=8), st.integers(-20, 20))
def test_nudging_gives_a_good_price_or_leaves_the_text(text, ticks):
    moved = nudged(RELIANCE, text, ticks, "100.00")
    assert parse_price_e4(moved) % RELIANCE.tick_e4 == 0


@given(st.text(max_size=9), st.integers(-3, 3))
def test_lots_are_always_whole(text, lots):
    assert parse_quantity(more_lots(FUTURE, text, lots)) % FUTURE.lot == 0


@pytest.mark.parametrize(
    ("net", "side", "quantity", "what"),
    [
        (100, Side.SELL, 100, "reduce"),
        (100, Side.SELL, 101, "open"),
        (100, Side.BUY, 1, "open"),
        (-5, Side.BUY, 5, "reduce"),
    ],
)
def test_what_counts_as_a_reduction(net, side, quantity, what):
    intent = OrderIntent("i", RELIANCE, side, quantity, 100_000, Product.INTRADAY)
    assert operation_of(intent, (position(RELIANCE, net, 1),)) == what


def many(denied: int, warned: int = 0) -> Verdict:
    """A verdict of 38 checks, the last ones failing."""
    results = [CheckResult(f"G{n}", f"CHECK_{n}", True, f"compared {n}") for n in range(1, 39 - denied - warned)]
    results += [
        CheckResult(f"G{n}", f"CHECK_{n}", True, f"odd {n}", warning=True)
        for n in range(39 - denied - warned, 39 - denied)
    ]
    results += [CheckResult(f"G{n}", f"CHECK_{n}", False, f"bad {n}", f"mend {n}.") for n in range(39 - denied, 39)]
    return Verdict(tuple(results))


@pytest.mark.parametrize("size", [WIDE, NARROW])
@pytest.mark.parametrize(("denied", "warned"), [(0, 0), (0, 2), (1, 1), (6, 3), (38, 0)])
async def test_every_verdict_is_named_the_worst_first_at_both_sizes(size, denied, warned):
    desk = FakeDesk()
    desk.verdict = many(denied, warned)
    async with running(desk, size) as d:
        await d.press("b")
        d.line(f"{38 - denied} pass   {denied} deny")
        d.line("largest 141 (G23)")
        gate = d.text[d.text.index("RISK GATE") :]
        assert all(re.search(rf"\bG{n}\b", gate) for n in range(1, 39))
        order = [gate.index(word) for word in ("deny G", "warn G", "ok G") if word in gate]
        assert order == sorted(order)
        if denied:
            d.line(f"deny G{39 - denied} CHECK_{39 - denied}: bad {39 - denied}")
            d.line(f"mend {39 - denied}.")


async def test_the_largest_quantity_is_one_key():
    desk = FakeDesk()
    async with running(desk) as d:
        await d.press("b", "f5")
        assert d.field("quantity") == "141"
        d.line("G12≤38,000")
        desk.room = Headroom(0, {}, "G26")
        await d.press("f5")
        assert d.field("quantity") == "141"
        d.line("no quantity passes now (G26)")


def typed(code: str, text: str) -> CheckResult:
    return CheckResult(code, "SIZE", False, "20 times your usual size", f"Type {text} if you mean it.", text)


async def test_a_check_that_asks_to_type_lets_through_what_was_typed_and_nothing_else():
    desk = FakeDesk()
    desk.verdict = Verdict((*passes().results[:3], typed("G28", "1"), typed("G14", "SEND")))
    async with running(desk) as d:
        await d.press("b")
        d.line("type 1, then Enter")
        await d.press("enter")
        assert [i.confirmed for i in desk.sent()] == [()]
        await d.press("escape", "b")
        desk.clock.move(1)
        await d.type_into("confirm", "2")
        await d.press("enter")
        assert desk.sent()[-1].confirmed == ()
        desk.clock.move(1)
        await d.type_into("confirm", "1")
        await d.press("enter")
        assert desk.sent()[-1].confirmed == ("G28", "G14")


async def test_one_denial_that_nothing_typed_mends_hides_the_field():
    desk = FakeDesk()
    desk.verdict = Verdict((typed("G28", "1"), *denies().results))
    async with running(desk) as d:
        await d.press("b")
        assert not d.app.screen.query_one("#ticket-typed").display
        desk.verdict = Verdict((typed("G28", "1"),))
        await d.frame()
        await d.frame()
        assert d.app.screen.query_one("#ticket-typed").display
