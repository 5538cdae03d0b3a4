"""Section 14 of the wire page, the simulator's part: each box, and the tests that tick it. docs/exchange-checklist.md
is this table."""

import ast
import re
from functools import lru_cache
from pathlib import Path
from typing import get_args

import pytest

from core.exchange.faults import FaultName
from tests.exchange import test_faults_rest, test_faults_stream, test_faults_updates

HERE = Path(__file__).parent
DOCS = HERE.parents[1] / "docs" / "exchange-checklist.md"
HEAD = """# The simulator's checklist

What a simulator of SmartAPI must do, box by box, and the tests that show it (all under `tests/exchange`; the parameter
stands in brackets). `tests/exchange/test_checklist.py` holds this table equal to its own and looks each test up.

| box | tests |
|---|---|
"""


def fault(name: str) -> str:
    (module,) = (m for m in (test_faults_rest, test_faults_stream, test_faults_updates) if name in m.WAYS)
    return f"{Path(module.__file__ or '').name}::test_a_client_sees[{name}]"


REST, STREAMS, SOCKETS = "test_checklist_rest.py::", "test_checklist_streams.py::", "test_streams.py::"
BOXES: dict[str, list[str]] = {
    "every path of sections 1 to 5, optional trailing slash": [
        REST + "test_box_every_path_with_a_slash_and_a_raw_query"
    ],
    "both GTT prefixes for all five paths": [REST + "test_box_rules_on_both_prefixes"],
    "raw-JSON queries on GET are ignored": [REST + "test_box_every_path_with_a_slash_and_a_raw_query"],
    "dialect A": [REST + "test_box_dialects_each_by_a_switch", "test_error_codes.py::test_the_request_that_yields"],
    "gateway refusals in dialect B, their status by switch": [
        REST + "test_box_dialects_each_by_a_switch",
        "test_error_codes.py::test_dialect_b_can_come_with_another_status",
    ],
    "over-limit in 403 plain text, or as a switch says": [
        STREAMS + "test_box_over_limit_is_plain_text_or_what_a_switch_says"
    ],
    "string and number types as in the samples": [
        STREAMS + "test_box_types_as_in_the_samples",
        "test_sdk_methods.py::test_every_public_method",
        "test_recorded_shapes.py::test_order_rows",
    ],
    "15-digit order ids, UUID unique ids": [REST + "test_box_order_ids_states_and_codes"],
    "orders move through the states of 2.8": [REST + "test_box_order_ids_states_and_codes"],
    "each coded state is pushed, AB00 to AB11": [STREAMS + "test_box_order_update_code"],
    "orders from any app are pushed": [STREAMS + "test_box_order_updates_come_for_orders_from_anywhere"],
    "exactly one packet in a binary frame, all-signed little endian": [
        STREAMS + "test_box_one_packet_a_frame_little_endian_signed"
    ],
    "text and control pings are answered on both sockets": [STREAMS + "test_box_both_heartbeats"],
    "packets are the vectors, byte for byte": ["test_packets.py::test_every_packet_is_the_vector_byte_for_byte"],
    "a snapshot on subscribing": [STREAMS + "test_box_subscribing_sends_the_last_packet_or_not_by_switch"],
    "1,000 token-modes a connection, E1002 beyond": [
        STREAMS + "test_box_token_times_mode_is_counted_and_repeats_are_not",
        STREAMS + "test_box_too_much_is_refused_whole_or_only_what_is_over",
    ],
    "E1001 for what cannot be understood; the connection stays": [
        SOCKETS + "test_a_frame_that_means_nothing_is_answered_and_the_connection_stays"
    ],
    "depth 20 only behind a switch": [STREAMS + "test_box_depth_20_is_retired_unless_asked_for"],
    "a 4th connection is refused by HTTP 429 with x-error-message": [
        SOCKETS + "test_a_fourth_connection_is_refused_and_a_freed_place_is_taken"
    ],
    "bad credentials are refused by 401 before the upgrade, with x-error-message": [
        SOCKETS + "test_wrong_credentials_are_refused_before_the_upgrade"
    ],
    "handshakes of all three SDKs and of browsers": [
        "test_official_sdk.py::test_three_stream_modes_for_five_names",
        SOCKETS + "test_a_client_that_sends_neither_api_key_nor_jwt_is_let_in",
        SOCKETS + "test_credentials_in_the_query_open_the_stream",
    ],
    "order socket: 401, 403 for an expired token, 429": [STREAMS + "test_box_order_socket_refusals"],
    "order socket: the NUL byte, by switch": [STREAMS + "test_box_a_nul_byte_on_the_order_socket_by_switch"],
    "older tokens stay valid until logout or midnight, by switch": [
        REST + "test_box_older_tokens_stay_valid_until_logout_or_by_switch",
        STREAMS + "test_box_tokens_end_at_midnight_and_not_before",
        STREAMS + "test_box_a_logout_ends_its_tokens_on_every_door",
    ],
    "fault: expired token": [fault("token_expired"), fault("expire_tokens")],
    "fault: rate limit": [fault("rate_limit")],
    "fault: empty body": [fault("empty")],
    "fault: HTML body": [fault("html")],
    "fault: slow answer": [fault("slow"), fault("drip")],
    "fault: lost answer after acceptance": [
        fault("lost_answer"),
        fault("accept_then_hold"),
        fault("accept_then_status"),
    ],
    "fault: socket drop": [fault("drop_stream"), fault("drop_orders")],
    "fault: silent stall": [fault("mute_stream"), fault("freeze_stream"), fault("freeze_orders")],
    "fault: truncated packet": [fault("truncate_frame")],
    "fault: unknown mode": [fault("unknown_mode")],
    "fault: out-of-order update": [fault("reorder_update"), fault("delay_update")],
    "fault: static-IP refusal": [fault("static_ip")],
    "fault: price-band refusal": [fault("price_band")],
    "fault: rejected order": [fault("reject_order")],
    "no outside host is contacted; 127.0.0.1 is bound": [STREAMS + "test_box_only_loopback_is_bound"],
}

PHRASES: dict[str, tuple[str, ...]] = {
    "serve every path of sections 1-5": ("every path of sections 1 to 5, optional trailing slash",),
    "both GTT prefixes": ("both GTT prefixes for all five paths",),
    "optional trailing slash": ("every path of sections 1 to 5, optional trailing slash",),
    "ignore raw-JSON queries on GET": ("raw-JSON queries on GET are ignored",),
    "answer in dialect A": ("dialect A",),
    "gateway refusals in dialect B": ("gateway refusals in dialect B, their status by switch",),
    "over-limit in 403 plain text": ("over-limit in 403 plain text, or as a switch says",),
    "each switchable per scenario": (
        "gateway refusals in dialect B, their status by switch",
        "over-limit in 403 plain text, or as a switch says",
    ),
    "keep string/number types exactly as in the samples": ("string and number types as in the samples",),
    "positions and RMS all strings, order book mixed, holdings numbers": ("string and number types as in the samples",),
    "issue 15-digit order ids and UUID unique ids": ("15-digit order ids, UUID unique ids",),
    "move orders through the states of 2.8": ("orders move through the states of 2.8",),
    "push each coded state": ("each coded state is pushed, AB00 to AB11",),
    "speak section 7 with exactly one packet per binary frame": (
        "exactly one packet in a binary frame, all-signed little endian",
        "packets are the vectors, byte for byte",
    ),
    "all-signed little endian": ("exactly one packet in a binary frame, all-signed little endian",),
    "answer text and control pings": ("text and control pings are answered on both sockets",),
    "refuse a 4th connection by HTTP 429": ("a 4th connection is refused by HTTP 429 with x-error-message",),
    "bad credentials by 401 before the upgrade, with `x-error-message`": (
        "bad credentials are refused by 401 before the upgrade, with x-error-message",
    ),
    "offer fault switches: expired token": ("fault: expired token",),
    "rate limit": ("fault: rate limit",),
    "empty body": ("fault: empty body",),
    "HTML body": ("fault: HTML body",),
    "slow answer": ("fault: slow answer",),
    "lost answer after acceptance": ("fault: lost answer after acceptance",),
    "socket drop": ("fault: socket drop",),
    "silent stall": ("fault: silent stall",),
    "truncated packet": ("fault: truncated packet",),
    "unknown mode": ("fault: unknown mode",),
    "out-of-order update": ("fault: out-of-order update",),
    "static-IP refusal": ("fault: static-IP refusal",),
    "price-band refusal": ("fault: price-band refusal",),
    "rejected order": ("fault: rejected order",),
    "never contact any outside host": ("no outside host is contacted; 127.0.0.1 is bound",),
    "bind to 127.0.0.1": ("no outside host is contacted; 127.0.0.1 is bound",),
}
"""The words of section 14 of the page, each with its boxes. Boxes beyond these come from other sections."""


def table() -> str:
    rows = (f"| {box} | {', '.join(f'`{test}`' for test in tests)} |" for box, tests in BOXES.items())
    return HEAD + "\n".join(rows) + "\n"


@lru_cache
def functions(file: str) -> frozenset[str]:
    tree = ast.parse((HERE / file).read_text())
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("box", BOXES)
def test_the_tests_of_a_box_exist(box: str) -> None:
    for test in BOXES[box]:
        file, _, name = test.partition("::")
        function, _, parameter = name.rstrip("]").partition("[")
        assert function in functions(file), test
        assert not parameter or parameter in get_args(FaultName), test


def test_the_page_is_this_table() -> None:
    """To write it anew: python -c "from tests.exchange.test_checklist import *; DOCS.write_text(table())"."""
    assert DOCS.read_text() == table()


def test_every_phrase_has_a_box_and_each_box_a_test() -> None:
    assert {box for boxes in PHRASES.values() for box in boxes} <= set(BOXES)
    assert all(PHRASES.values()) and all(BOXES.values())


def test_the_phrases_are_the_whole_of_the_design_page(shared: Path) -> None:
    """Taken away one by one they leave nothing of section 14 but what joins them: nothing was left out or invented."""
    page = shared / "design" / "smartapi-wire.md"
    if not page.exists():
        pytest.skip("the design page is not there")
    section = (
        page.read_text().split("## 14. Checklists", 1)[1].split("Simulator must:", 1)[1].split("Client must:", 1)[0]
    )
    left = " ".join(section.split())
    for phrase in PHRASES:
        assert left.count(phrase) == 1, phrase
        left = left.replace(phrase, "")
    assert set(re.findall(r"[\w`]+", left)) <= {"and"}, left
