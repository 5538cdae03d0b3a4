"""An order that counts as reducing never raises the worst case and never turns the position."""

import pytest

from core.approval import Action
from core.domain import OrderState, Product, Side
from tests.builders import fill, intent, order
from tests.orders.books import judge_books
from tests.orders.fakes import GateRig
from tests.orders.scale import cases

S = OrderState


@pytest.mark.timeout(120)
def test_on_random_books_it_never_raises_the_worst_case_and_never_flips():
    found = judge_books(cases(20_000, 600), 20_251_126)

    assert (found.raised, found.flipped, found.wrong) == (0, 0, 0)
    assert found.reducing > found.books // 20


def changed(rig: GateRig, old: object, quantity: int, **terms: object) -> object:
    return rig.gate.book.gather(intent(side=old.side, quantity=quantity, **terms), Action.MODIFY, old)


@pytest.mark.parametrize(
    ("old_quantity", "new_quantity", "others", "reduces"),
    [(4, 10, 0, True), (4, 11, 0, False), (10, 4, 0, True), (10, 4, 1, False), (4, 6, 4, True), (4, 7, 4, False)],
)
def test_a_change_counts_the_larger_of_old_and_new(old_quantity, new_quantity, others, reduces):
    rig = GateRig()
    rig.blotter.book_fills([fill(quantity=10)])
    old = order(side=Side.SELL, quantity=old_quantity, state=S.WORKING, broker_id="1")
    rig.blotter.put(old, "test")
    if others:
        rig.blotter.put(order(tag="o", side=Side.SELL, quantity=others, state=S.UNKNOWN), "test")

    assert changed(rig, old, new_quantity).reducing is reduces


def test_what_was_filled_of_a_changed_order_counts_no_more():
    rig = GateRig()
    rig.blotter.book_fills([fill(quantity=10)])
    old = order(side=Side.SELL, quantity=9, filled=3, state=S.PARTIAL, broker_id="1")
    rig.blotter.put(old, "test")
    facts = changed(rig, old, 9)

    assert (facts.filled, facts.old_leaves, facts.leaves_sell) == (3, 6, 0)
    assert facts.net == 7 and facts.reducing
    assert not changed(rig, old, 11).reducing


def test_a_change_that_takes_risk_away_is_not_asked_about_money():
    rig = GateRig()
    rig.outside.no_money = True
    old = order(quantity=10, state=S.WORKING, broker_id="1")
    rig.blotter.put(old, "test")

    assert rig.gate.check_modify(intent(quantity=9), old).allowed
    assert rig.gate.check_modify(intent(quantity=10, price_e4=1412_5000), old).allowed
    assert not rig.gate.check_modify(intent(quantity=10, price_e4=1412_7000), old).allowed
    assert not rig.gate.check_modify(intent(quantity=11), old).allowed


def test_a_position_in_another_product_is_not_closed_by_it():
    rig = GateRig()
    rig.blotter.book_fills([fill(quantity=10, product=Product.DELIVERY)])

    assert not rig.gate.book.gather(intent(side=Side.SELL)).reducing
    assert rig.gate.book.gather(intent(side=Side.SELL, product=Product.DELIVERY)).reducing
