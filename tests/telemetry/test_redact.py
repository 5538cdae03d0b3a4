"""Redaction in three layers, each shown alone."""

import base64
import json
import time
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core import secret as registry
from core.secret import REMEMBERED_MAX, Secret
from core.telemetry.redact import HIDDEN, redact, redact_fields, redact_live, register_secret


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    kept = dict(registry._values)
    registry._values.clear()
    registry._revision += 1
    yield
    registry._values.clear()
    registry._values.update(kept)
    registry._revision += 1


@pytest.mark.parametrize(
    "text",
    [
        "Bearer SECRETVALUE",
        "Authorization: SECRETVALUE",
        "{'Authorization': 'Bearer SECRETVALUE', 'Accept': 'x'}",
        "'X-PrivateKey': 'SECRETVALUE'",
        '{\\"X-PrivateKey\\": \\"SECRETVALUE\\"}',
        "eyJSECRETVALUE.eyJzdWIiOi.sig",
        "?feedToken=SECRETVALUE&x=1",
        "wss://x/?clientCode=SECRETVALUE&apiKey=y",
        "password=SECRETVALUE",
        "Login(pin='SECRETVALUE', x=1)",
        '{"mpin": "SECRETVALUE"}',
        "seed JBSWY3DPSECRETVALUE23",
        "totp_secret=SECRETVALUE",
    ],
)
def test_shapes_of_secrets_are_hidden(text: str) -> None:
    assert "SECRETVALUE" not in redact(text)
    assert redact(redact(text)) == redact(text)


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("your OTP is 482913 now", "482913"),
        ("PAN ABCPE1234F on file", "ABCPE1234F"),
        ("call +91 9876543210 please", "9876543210"),
        ("mail some.one@example.co.in", "some.one"),
    ],
)
def test_shapes_of_persons_are_hidden(text: str, hidden: str) -> None:
    assert hidden not in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        *("price 123456", "order 251127000000001", "qty=100 tag=T00AB", "NIFTY30DEC25FUT", "RELIANCE26NOVFUT"),
        *("BANKNIFTY26MAY53500CE", "BANKNIFTY27JAN2776767CE", "NIFTY2572425725PE", "INTERNALSERVERERROR"),
        *("1764214200", "pinned 4 rows", "spinning=4", "12345678901.5"),
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize("secret", ["pa ss/w0rd+?", 'a"quote\\back', "JBSWY3DPEHPK3PXP", "päßword-ß"])
@pytest.mark.parametrize("before", ["", "x", "xy", "xyz"])
def test_other_dresses_of_a_live_secret_are_hidden(secret: str, before: str) -> None:
    register_secret(secret)
    raw = secret.encode()
    inside = base64.b64encode(before.encode() + raw + b"tail").decode()
    dresses = [secret, json.dumps(secret), quote(secret, safe=""), quote_plus(secret), raw.hex(), raw.hex().upper()]
    dresses += [base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode(), inside, repr(secret)]

    for dress in dresses:
        assert redact(f"x {dress} y").count(HIDDEN) == 1, dress
    core_of_it = base64.b64encode(b"\0" * len(before) + raw).decode()[len(before) * 4 // 3 + 2 : -4]
    assert core_of_it not in redact(inside)


def test_a_pin_is_hidden_as_a_whole_number_only() -> None:
    register_secret("2468")

    assert redact("pin was 2468, order 251124680001") == f"pin was {HIDDEN}, order 251124680001"
    assert redact_fields({"n": 2468, "m": 12468}) == {"n": HIDDEN, "m": 12468}
    assert redact_live('{"n": 2468}') == '{"n": 2468}'


def test_every_secret_object_is_known_by_its_value() -> None:
    Secret("made-by-the-way")

    assert redact("log in with made-by-the-way") == f"log in with {HIDDEN}"
    assert redact_live('{"a": "made-by-the-way"}') == f'{{"a": "{HIDDEN}"}}'


def test_live_secrets_are_bounded_and_short_ones_ignored() -> None:
    register_secret("abc")
    for n in range(REMEMBERED_MAX + 1):
        register_secret(f"value-{n:04d}")

    assert redact("abc value-0000 value-0001") == f"abc value-0000 {HIDDEN}"


def test_fields_of_a_secrets_name_are_hidden_wherever_they_are() -> None:
    event = {"event": "x", "X-PrivateKey": "abcd", "rows": [{"pin": 1234, "ok": 1.5}], "headers": {"a": "b"}}

    assert redact_fields(event) == {
        "event": "x",
        "X-PrivateKey": HIDDEN,
        "rows": [{"pin": HIDDEN, "ok": 1.5}],
        "headers": HIDDEN,
    }


def test_what_is_not_json_is_shown_redacted() -> None:
    secret = Secret("hidden-value")
    shown = redact_fields({"a": secret, "b": ValueError("was hidden-value"), "c": b"hidden-value", "d": {secret}})

    assert "hidden-value" not in str(shown)
    assert isinstance(shown, dict) and shown["a"] == repr(secret)


def test_a_long_secret_that_was_cut_is_hidden_too() -> None:
    register_secret("TOKEN-" + "abcdefghij" * 40)

    assert redact("was TOKEN-abcdefghijabcdefghijabcde…") == f"was {HIDDEN}…"
    assert redact("was TOKEN-abc") == "was TOKEN-abc"


def test_hostile_length_costs_no_time() -> None:
    register_secret("JBSWY3DPEHPK3PXP")
    started = time.perf_counter()
    for text in ("x" * 100_000, "a." * 50_000, "otp" * 30_000, "A" * 100_000, "eyJ" * 30_000, "pin=" * 20_000):
        redact(text)

    assert time.perf_counter() - started < 2.0


def test_nothing_below_the_depth_is_shown_and_lists_are_bounded() -> None:
    value: object = "deep"
    for _ in range(20):
        value = {"a": value}
    many = redact_fields(list(range(10_000)))

    assert "deep" not in str(redact_fields(value))
    assert isinstance(many, list) and len(many) == 200


@settings(max_examples=200, deadline=None)
@given(
    st.text(min_size=8, max_size=40, alphabet=st.characters(codec="utf-8")), st.text(max_size=20), st.text(max_size=20)
)
def test_no_live_secret_survives_in_any_text(secret: str, before: str, after: str) -> None:
    assume(secret not in HIDDEN)
    register_secret(secret)

    assert secret not in redact(before + secret + after)
