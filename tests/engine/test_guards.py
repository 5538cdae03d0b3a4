"""Stops, targets and trailing stops kept by us, in a whole engine on fakes: what fires, what never does, and once."""

from types import SimpleNamespace

import pytest

from core.account import GuardState
from core.config import Config, Limits
from core.domain import OrderState, PositionKey, Product, Side
from core.engine.protection import GUARDS_KEY, KEYS
from core.outcome import NotSent, Unknown
from core.views import Freshness, Level
from tests.builders import RELIANCE, order
from tests.engine.rig import Rig
from tests.orders.fakes import quote

KEY = PositionKey(RELIANCE.exchange, RELIANCE.token, Product.INTRADAY)
E4 = 10_000


class Market(Rig):
    """A rig whose price can be moved, with 10 RELIANCE bought."""

    revised = 1
    config = Config(limits=Limits(position_value_rupees_max=1_000_000))

    def rebuild(self) -> None:
        super().rebuild()
        self.board.revision = lambda slot: self.revised

    def price(self, rupees: float, **changes: object) -> None:
        last_e4 = round(rupees * E4)
        self.board.now = quote(
            ltp_e4=last_e4,
            bids=(Level(last_e4 - 500, 100, 1),),
            asks=(Level(last_e4 + 500, 100, 1),),
            **changes,
        )
        self.revised += 1

    async def bought(self, quantity: int = 10) -> None:
        await self.start()
        self.fill_all()
        assert self.submit(quantity=quantity).tag
        await self.wait(1.5)
        assert self.net == quantity

    def fill_all(self) -> None:
        self.broker.on_place = lambda a: self.broker.accept(a, "complete", a.order.quantity)

    def fill_none(self) -> None:
        self.broker.on_place = None

    def phone(self, quantity: int, rupees: float, status: str = "open", filled: int = 0) -> None:
        """A sell order of another device, told by an order update."""
        theirs = order(side=Side.SELL, quantity=quantity, price_e4=round(rupees * E4), tag="")
        taken = self.broker.accept(SimpleNamespace(order=theirs), status, filled)
        self.updates.on_order(self.broker.orders[taken.broker_id])

    @property
    def net(self) -> int:
        return self.engine.positions.net(KEY)

    @property
    def exits(self):
        return [a.order for a in self.broker.placed if a.order.source in ("stop", "target", "trail")]

    def protect(self, stop: float = 0, target: float = 0, trail: float = 0):
        return self.desk.account.protect(KEY, round(stop * E4), round(target * E4), round(trail * E4))

    @property
    def guard(self):
        return self.desk.account.guard(KEY)


@pytest.fixture
async def market():
    made = Market()
    yield made
    await made.stop()


async def test_a_stop_sends_one_exit_through_the_gate_and_is_over(market):
    await market.bought()
    assert market.protect(stop=1400).tag
    market.price(1401)
    await market.wait(0.5)
    assert not market.exits and market.guard.state is GuardState.WATCHING

    market.price(1399.5)
    await market.wait(2)

    (sent,) = market.exits
    assert (sent.side, sent.quantity, sent.product) == (Side.SELL, 10, Product.INTRADAY)
    assert sent.price_e4 <= 1399_5000 - 500 and sent.price_e4 % RELIANCE.tick_e4 == 0
    assert market.net == 0 and market.guard is None
    assert "stop reached: S 10" in market.events()


async def test_a_target_and_a_short_position_mirror(market):
    await market.start()
    market.fill_all()
    market.sell(quantity=10)
    await market.wait(1.5)
    assert market.net == -10
    assert market.protect(stop=1420, target=1400).tag
    market.price(1399.9)
    await market.wait(2)
    (sent,) = market.exits
    assert (sent.side, sent.source, sent.quantity) == (Side.BUY, "target", 10)
    assert market.net == 0


async def test_a_trailing_stop_only_tightens(market):
    await market.bought()
    market.price(1412)
    assert market.protect(trail=5).tag
    for rupees in (1415, 1420, 1418):
        market.price(rupees)
        await market.wait(0.3)
    assert market.guard.stop_now_e4 == 1415 * E4 and not market.exits
    market.price(1414.9)
    await market.wait(2)
    assert [o.source for o in market.exits] == ["trail"]


@pytest.mark.parametrize("answer", [Unknown("no answer"), NotSent("refused to connect"), None])
async def test_what_was_handed_over_is_never_sent_again(market, answer):
    """Unknown, not sent, or accepted and never filled: the price stays below the stop for a minute, one order left."""
    await market.bought()
    market.protect(stop=1400)
    market.fill_none()
    if answer is not None:
        market.broker.on_place = lambda approved: answer
    market.price(1399)
    for _ in range(20):
        await market.wait(3)
        market.price(1398)
    assert len(market.exits) == 1
    made = [o for o in market.engine.blotter.orders() if o.source == "stop"]
    assert len(made) == 1
    if isinstance(answer, NotSent):
        assert market.guard.state is GuardState.FAILED
        assert "NOT PROTECTED" in market.events()


async def test_while_the_gate_denies_nothing_is_sent_and_nothing_is_queued(market):
    await market.bought()
    market.protect(stop=1400)
    market.engine.halt("drill")
    market.price(1399)
    await market.wait(1)
    assert market.guard.state is GuardState.BLOCKED and "G1" in market.guard.why
    assert not market.exits
    market.price(1405)  # the price comes back before the way is free: nothing may leave any more
    market.engine.resume()
    await market.wait(5)
    assert not market.exits and market.guard.state is GuardState.WATCHING


async def test_a_stale_or_unknown_price_fires_nothing(market):
    await market.bought()
    market.protect(stop=1400)
    market.board.fresh = Freshness.STALE
    market.price(1300)
    await market.wait(2)
    assert not market.exits and market.guard.state is GuardState.WATCHING  # it is no price, not a denial
    market.board.fresh = Freshness.FRESH
    market.price(1300, has_ltp=False)
    await market.wait(2)
    assert not market.exits


async def test_own_resting_exit_is_cancelled_first_and_the_size_is_never_more_than_held(market):
    await market.bought()
    market.fill_none()
    resting = market.sell(price_e4=1430 * E4, quantity=6)
    await market.wait(3)
    market.protect(stop=1400)
    market.fill_all()
    market.price(1399)
    await market.wait(4)
    assert market.order(resting.tag).state is OrderState.CANCELLED
    (sent,) = market.exits
    assert sent.quantity == 10 and market.net == 0


async def test_it_is_there_again_after_a_restart_and_fires_then(market):
    await market.bought()
    market.protect(stop=1400, target=1450)
    await market.wait(0.5)
    kept = {key: market.journal.meta.get(key, "") for key in KEYS}
    assert "guards" in kept[GUARDS_KEY]
    await market.stop()
    market.broker.writes_sent = 0  # a new process counts anew
    market.rebuild()
    market.engine.restore(market.journal.records, "", kept)
    market.engine.start()
    await market.wait(1.5)
    assert market.guard.stop_e4 == 1400 * E4 and market.guard.state is GuardState.WATCHING
    market.price(1399)
    await market.wait(2)
    assert len(market.exits) == 1 and market.net == 0


async def test_an_exit_that_was_made_before_the_crash_is_not_made_again(market):
    await market.bought()
    market.protect(stop=1400)
    await market.wait(0.5)
    watching = market.journal.meta[GUARDS_KEY]  # as it stood before the decision: the worst that a crash can leave
    market.fill_none()
    market.price(1399)
    await market.wait(1)
    assert len(market.exits) == 1
    await market.stop()
    market.broker.writes_sent = 0  # a new process counts anew
    market.rebuild()
    market.engine.restore(market.journal.records, "", {GUARDS_KEY: watching})
    market.engine.start()
    for _ in range(10):
        await market.wait(1)
        market.price(1398)
    assert len(market.exits) == 1
    assert market.guard.state is GuardState.SENT


async def test_a_large_position_leaves_in_slices_that_the_gate_allows(market):
    """300 at about 1,400 is 4.2 lakh: one closing order may hold 4 lakh."""
    await market.start()
    market.fill_all()
    for _ in range(3):
        market.submit(quantity=100)
        await market.wait(3)
    assert market.net == 300
    market.protect(stop=1400)
    market.price(1399)
    for _ in range(6):
        await market.wait(1)
        market.price(1399)
    assert sum(o.quantity for o in market.exits) == 300
    assert len(market.exits) > 1 and all(o.quantity * o.price_e4 <= 4_00_000 * E4 for o in market.exits)
    assert market.net == 0


@pytest.mark.parametrize(
    ("levels", "words"),
    [
        ({"stop": 1413}, "reached already"),
        ({"target": 1400}, "reached already"),
        ({"stop": 1400.03}, "tick"),
        ({"trail": 2000}, "not below the price"),
    ],
)
async def test_levels_that_make_no_sense_are_refused_with_the_values(market, levels, words):
    await market.bought()
    answer = market.protect(**levels)
    assert words in answer.refused and market.guard is None


async def test_without_a_position_there_is_nothing_to_protect(market):
    await market.start()
    assert "no open position" in market.protect(stop=1400).refused


async def test_a_decision_that_cannot_be_recorded_sends_nothing(market):
    await market.bought()
    market.protect(stop=1400)
    await market.wait(0.5)

    async def full(key: str, value: str) -> None:
        from core.errors import StoreFailed

        raise StoreFailed("disk full")

    market.journal.store_meta = full
    market.price(1399)
    await market.wait(2)
    assert not market.exits and market.guard.state is GuardState.FAILED
    assert "disk full" in market.events()


async def test_the_levels_of_a_changed_protection_replace_the_old_ones(market):
    await market.bought()
    market.protect(stop=1400)
    market.protect(stop=1390, target=1440)
    market.price(1399)
    await market.wait(1)
    assert not market.exits and len(market.desk.account.guards()) == 1
    assert market.protect().tag and market.guard is None


async def test_an_order_of_another_device_is_left_alone_and_left_room(market):
    """10 held, 6 offered from the phone: the exit may be 4, so that both together never sell more than is held."""
    await market.bought()
    market.fill_none()
    market.phone(6, 1430)
    await market.wait(1)
    market.protect(stop=1400)
    market.price(1399)
    await market.wait(3)
    (sent,) = market.exits
    assert sent.quantity == 4 and not market.broker.cancelled


async def test_when_others_close_all_of_it_nothing_is_sent_and_it_says_so(market):
    await market.bought()
    market.fill_none()
    market.phone(10, 1430)
    await market.wait(1)
    market.protect(stop=1400)
    market.price(1399)
    await market.wait(3)
    assert not market.exits and market.guard.state is GuardState.BLOCKED
    assert "cannot be cancelled here" in market.events()


async def test_a_position_that_turned_round_is_not_protected_by_the_old_levels(market):
    await market.bought()
    market.protect(stop=1400)
    market.phone(25, 1412, "complete", 25)
    await market.wait(2)
    assert market.net == -15 and market.guard is None
    assert "turned round" in market.events()
    market.price(1399)
    await market.wait(2)
    assert not market.exits


async def test_a_refusal_at_the_door_is_no_order_and_it_looks_again(market):
    """The gate says yes, the door is full at that instant: nothing left, the level is judged anew."""
    await market.bought()
    market.protect(stop=1400)
    market.engine._dispatcher._in_flight = 64
    market.price(1399)
    await market.wait(0.5)
    assert not market.exits and not market.guard.tags
    market.engine._dispatcher._in_flight = 0
    market.price(1398)
    await market.wait(2)
    assert len(market.exits) == 1 and market.net == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text.replace('"practice-1"', '"practice-2"'), ""),
        (lambda text: text[:-5], "could not be read from the store"),
        (lambda text: text.replace("WATCHING", "DANCING"), "could not be read from the store"),
    ],
)
async def test_guards_of_another_run_or_unreadable_ones_are_not_taken_up(market, change, words):
    await market.bought()
    market.protect(stop=1400)
    await market.wait(0.5)
    kept = {GUARDS_KEY: change(market.journal.meta[GUARDS_KEY])}
    await market.stop()
    market.broker.writes_sent = 0
    market.rebuild()
    market.engine.restore(market.journal.records, "", kept)
    market.engine.start()
    await market.wait(1.5)
    assert market.guard is None
    assert words in market.events()
    market.price(1399)
    await market.wait(1)
    assert not market.exits


async def test_a_stop_whose_save_failed_is_saved_at_the_next_beat(market):
    await market.bought()
    market.journal.meta_failures = 3
    assert market.protect(stop=1400).tag
    await market.wait(0.15)
    assert not market.engine.account.protection.guards.saved
    await market.wait(1)

    assert "1400" in market.journal.meta[GUARDS_KEY]
    assert market.engine.account.protection.guards.saved
    assert market.events().count("could not be saved") == 1
    assert "protection failed" not in market.events()
