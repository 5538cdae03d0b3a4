"""The hunt for a fact that lets through when it is missing or broken: every one denies, none raises."""

import math
from dataclasses import replace
from itertools import chain

import pytest

from core.approval import Approved
from core.domain import Exchange, Kind, OrderState, OrderType, Product, Side, Validity
from core.views import Freshness, Level, Verdict
from tests.builders import NIFTY_CALL, NIFTY_FUT, RELIANCE, intent, order
from tests.orders.fakes import GateRig, quote

NAN, INF, HUGE = math.nan, math.inf, 10**40
NUMBERS = (None, NAN, -1, HUGE, "12", object(), INF, -INF, b"1", [])
TEXTS = (None, NAN, 0, "why not", object(), False)
FUT = dict(instrument=NIFTY_FUT, product=Product.CARRYFORWARD, quantity=65)
STOP = dict(order_type=OrderType.STOPLOSS_LIMIT, trigger_e4=1413_0000, price_e4=1414_0000)


def cases():
    """(what, how the rig is spoilt, what the order is). A number that is good for one order may be bad for another."""
    return chain(owners(), account(), rates_and_day(), prices(), instruments(), fields())


def owners():
    for name in ("halted", "session", "store", "reconciled", "market"):
        for bad in TEXTS:
            yield f"authority.{name}={bad!r}", lambda r, n=name, b=bad: setattr(r.authority, n, b), {}
    for bad in TEXTS:
        yield f"mode={bad!r}", lambda r, b=bad: r.authority.modes.update(dict.fromkeys(("open", "reduce"), b)), {}
    for name in ("address", "locked", "master", "entry", "loss", "reduce_only"):
        for bad in TEXTS:
            yield f"outside.{name}={bad!r}", lambda r, n=name, b=bad: setattr(r.outside, n, b), {}


def account():
    numbers = {
        "offset_ms": [x for x in NUMBERS if x != -1] + [-3_001, 3_001],
        "usable_e4": NUMBERS,
        "capital_e4": NUMBERS,
        "profit_e4": [x for x in NUMBERS if x != -1] + [-10_000 * 10_000],
        "orders": NUMBERS,
        "money_age_ms": (-1, NAN, HUGE, 120_001, INF),
    }
    for name, bads in numbers.items():
        for bad in bads:
            yield f"outside.{name}={bad!r}", lambda r, n=name, b=bad: setattr(r.outside, n, b), {}
    for name in ("no_money", "no_day", "is_blocked"):
        yield name, lambda r, n=name: setattr(r.outside, n, True), {}


def rates_and_day():
    for bad in NUMBERS:
        yield f"freeze={bad!r}", lambda r, b=bad: setattr(r.outside, "freeze", b), FUT
        yield (
            f"protection={bad!r}",
            lambda r, b=bad: setattr(r.outside, "protection", b),
            {**FUT, "price_e4": 1411_5000},
        )
        yield f"sent={bad!r}", lambda r, b=bad: setattr(r.authority, "sent", b if b != -1 else 1), {}
        wait = 1 if bad == -1 else bad
        yield f"wait={wait!r}", lambda r, b=wait: setattr(r.rates, "wait", b), {}
        yield f"wait_long={wait!r}", lambda r, b=wait: setattr(r.rates, "wait_long", b), {}
        yield f"age={bad!r}", lambda r, b=bad: setattr(r.quotes, "age", b), {}


def prices():
    for bad in (Freshness.STALE, Freshness.DOWN, Freshness.NEVER, None, "fresh", 1):
        yield f"freshness={bad!r}", lambda r, b=bad: setattr(r.quotes, "fresh", b), {}
    for name in ("ltp_e4", "upper_e4", "lower_e4"):
        for bad in (*NUMBERS, 0):
            yield f"quote.{name}={bad!r}", lambda r, n=name, b=bad: setattr(r.quotes, "now", quote(**{n: b})), {}
    for bad in (*NUMBERS[:-1], 1):
        level = (Level(bad, 10_000, 1),)
        yield f"ask={bad!r}", lambda r, v=level: setattr(r.quotes, "now", quote(asks=v)), {}
        depth = (Level(1412_6000, bad, 1),)
        if bad != HUGE and bad != INF:  # a deep book is a book
            yield f"depth={bad!r}", lambda r, v=depth: setattr(r.quotes, "now", quote(asks=v)), {}
    yield "no quote", lambda r: setattr(r.quotes, "known", False), {}
    yield "no last price", lambda r: setattr(r.quotes, "now", quote(has_ltp=False)), {}
    yield "broken quotes", lambda r: setattr(r.quotes, "freshness", None), {}
    yield "broken board", lambda r: setattr(r.quotes, "now", None), {}
    yield "broken rates", lambda r: setattr(r.rates, "wait_second_ns", None), {}
    yield "broken outside", lambda r: setattr(r.outside, "money", None), {}


def instruments():
    for name in ("lot", "tick_e4"):
        for bad in (*NUMBERS, 0, True):
            yield f"master.{name}={bad!r}", lambda r, n=name, b=bad: master(r, RELIANCE, **{n: b}), {}
    for bad in ("", "2025-11-26", None, 0, NAN):
        yield f"expiry={bad!r}", lambda r, b=bad: master(r, NIFTY_FUT, expiry=b), FUT
    for bad in (0, -1, None, "x"):
        option = dict(instrument=NIFTY_CALL, product=Product.CARRYFORWARD, quantity=65)
        yield f"strike={bad!r}", lambda r, b=bad: master(r, NIFTY_CALL, strike_e4=b), option
    yield "kind", lambda r: master(r, RELIANCE, kind=Kind.INDEX), {}
    yield "symbol", lambda r: master(r, RELIANCE, symbol="X"), {}


def fields():
    for name in ("quantity", "price_e4", "trigger_e4"):
        for bad in (*NUMBERS, 10.0, True):
            yield f"intent.{name}={bad!r}", lambda r: None, {name: bad}
    for name in ("side", "product", "order_type", "validity", "instrument", "intent_id", "confirmed"):
        for bad in (None, 1, "LIMIT", NAN, object(), "", []):
            if (name, bad) not in (("intent_id", "LIMIT"),):
                yield f"intent.{name}={bad!r}", lambda r: None, {name: bad}
    for bad in (0, 1, -1, HUGE, 1412_0000, 1414_1000):
        yield f"trigger={bad!r}", lambda r: None, {**STOP, "trigger_e4": bad}
    yield "IOC", lambda r: None, {"validity": Validity.IOC}
    yield "market", lambda r: None, {"order_type": OrderType.MARKET}
    yield "other segment", lambda r: None, {"instrument": replace(RELIANCE, exchange=Exchange.BSE)}
    for bad in (None, NAN, -1, "4", object(), HUGE):
        sell = dict(side=Side.SELL, product=Product.DELIVERY, price_e4=1412_5000)
        if bad != HUGE:
            yield f"holdings={bad!r}", lambda r, b=bad: setattr(r.outside, "holdings", b), sell
    for bad in (None, 0, object()):
        yield f"no intent {bad!r}", lambda r: None, bad


def master(rig: GateRig, instrument: object, **changes: object) -> None:
    rig.master[instrument.key] = replace(instrument, **changes)


CASES = list(cases())


def test_the_hunt_is_long_and_its_orders_pass_unspoilt():
    assert len(CASES) >= 300
    for terms in ({}, FUT, {**FUT, "price_e4": 1411_5000}, STOP):
        assert isinstance(approve(GateRig(), terms), Approved), terms


def approve(rig: GateRig, terms: object) -> object:
    if not isinstance(terms, dict):
        return rig.gate.approve(terms, order())
    asked = intent(**terms)
    return rig.gate.approve(
        asked,
        order(
            quantity=asked.quantity, price_e4=asked.price_e4, trigger_e4=asked.trigger_e4, product=asked.product,
            side=asked.side, order_type=asked.order_type, token=getattr(asked.instrument, "token", ""),
        ),
    )  # fmt: skip


@pytest.mark.parametrize(("spoil", "terms"), [c[1:] for c in CASES], ids=[str(n) for n in range(len(CASES))])
def test_it_denies_and_does_not_raise(spoil, terms):
    rig = GateRig()
    spoil(rig)

    said = approve(rig, terms)

    assert isinstance(said, Verdict)
    assert said.denials
    assert rig.rates.taken == []
    assert rig.blotter.exposure.open_all == 0


@pytest.mark.parametrize("name", ["session", "address", "wait", "sent"])
def test_a_broken_fact_denies_a_cancel_too(name):
    rig = GateRig()
    owner = {"session": rig.authority, "sent": rig.authority, "address": rig.outside, "wait": rig.rates}[name]
    setattr(owner, name, None)
    working = order(state=OrderState.WORKING, broker_id="1")

    assert not isinstance(rig.gate.approve_cancel(working, RELIANCE, False), Approved)


def test_a_check_that_breaks_is_told_as_internal_and_counted():
    rig = GateRig()
    rig.outside.usable_e4 = "many"

    verdict = rig.gate.check(intent())

    assert [r.code for r in verdict.denials] == ["G0"]
    assert rig.gate.broken == 1
