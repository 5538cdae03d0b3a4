"""An edit of the limits: what tightens acts at once, what loosens waits."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import config_change
from core.config import Config, Limits
from core.config_change import Changed, in_force, limit_changes

NAMES = [f.name for f in msgspec.structs.fields(Limits)]


def edited(**limits: int) -> Config:
    return Config(limits=Limits(**limits))


def test_a_higher_cap_loosens_and_a_lower_one_tightens() -> None:
    found = limit_changes(Config(), edited(order_quantity_max=6_000, order_lots_max=1))

    assert found.loosened == (Changed("limits.order_quantity_max", 5_000, 6_000),)
    assert found.tightened == (Changed("limits.order_lots_max", 2, 1),)
    assert str(found.loosened[0]) == "limits.order_quantity_max: 5000 -> 6000"


def test_a_shorter_duplicate_block_loosens() -> None:
    assert limit_changes(Config(), edited(duplicate_block_ms=0)).loosened
    assert limit_changes(Config(), edited(duplicate_block_ms=9_000)).tightened


@pytest.mark.parametrize("name", NAMES)
def test_every_limit_has_a_direction(name: str) -> None:
    """One more unit goes one way and one less the other: none is left to the rule for unknown names."""
    old = getattr(Limits(), name)
    if isinstance(old, bool):
        more, less = True, False
    elif isinstance(old, tuple):
        old, more, less = ("A",), ("A", "B"), ()
    else:
        more, less = old + 1, old - 1
    up = config_change._is_looser(name, old, more)
    down = config_change._is_looser(name, old, less)

    assert up is not down


def test_a_limit_of_unknown_direction_waits_either_way() -> None:
    assert config_change._is_looser("market_orders", False, True)
    assert config_change._is_looser("market_orders", True, False)
    assert config_change._is_looser("something", 1, 2) and config_change._is_looser("something", 2, 1)


def test_other_keys_are_no_limits() -> None:
    other = msgspec.structs.replace(Config(), mode="live")

    assert limit_changes(Config(), other) == config_change.LimitChanges((), ())
    assert in_force(Config(), other) == other


@given(
    st.fixed_dictionaries({}, optional={n: st.integers(1, 9) for n in NAMES}),
    st.fixed_dictionaries({}, optional={n: st.integers(1, 9) for n in NAMES}),
)
def test_what_acts_at_once_never_loosens(before: dict[str, int], after: dict[str, int]) -> None:
    running, wanted = edited(**before), edited(**after)
    now = in_force(running, wanted)

    assert limit_changes(running, now).loosened == ()
    assert limit_changes(running, now).tightened == limit_changes(running, wanted).tightened
    assert limit_changes(now, wanted).tightened == ()
