"""The table of the gate is whole, and its page is written from it."""

import msgspec
import pytest

from core.approval import Action
from core.config import Limits
from core.orders.checks import codes
from core.orders.checks.catalogue import BY_NUMBER, CATALOGUE, LIMITS, Stage, applying
from core.orders.checks.page import page
from core.orders.checks.words import WORDS
from tests.rules.source import ROOT

CANCEL = {2, 3, 4, 9, 29, 30, 34, 37, 38, 39}
"""All that may stop a cancel: nothing about price, money, store or market."""


def test_there_are_forty_checks_each_once_with_words_of_its_own():
    assert sorted(row.number for row in CATALOGUE) == list(range(1, 41))
    assert set(WORDS) == set(BY_NUMBER)
    assert all(row.bit == getattr(codes, row.code) for row in CATALOGUE)


def test_stages_are_asked_in_their_order_and_rates_come_last():
    stages = list(Stage)

    assert [stages.index(row.stage) for row in CATALOGUE] == sorted(stages.index(row.stage) for row in CATALOGUE)
    assert {row.number for row in CATALOGUE[-3:]} == {29, 30, 31}


def test_only_what_may_stop_a_cancel_is_asked_of_it():
    assert set(codes.numbers(applying(Action.CANCEL))) == CANCEL


def test_every_placement_is_asked_everything_but_what_a_change_alone_can_break():
    assert set(codes.numbers(applying(Action.PLACE))) == set(range(1, 41)) - {38, 39}
    assert set(codes.numbers(applying(Action.MODIFY))) == set(range(1, 41)) - {31, 32, 40}


def test_every_limit_of_the_configuration_is_held_by_a_check():
    held = [key for keys in LIMITS.values() for key in keys]

    assert sorted(held) == sorted(f.name for f in msgspec.structs.fields(Limits))


def test_the_page_is_what_the_table_says():
    assert (ROOT / "docs" / "gate.md").read_text(encoding="utf-8") == page()


@pytest.mark.parametrize("row", CATALOGUE, ids=lambda row: row.code)
def test_every_row_reads_as_sentences(row):
    assert row.rule.endswith(".") and row.remedy.endswith(".")
    assert row.applies in ("P", "PM", "PMC", "MC")
