"""A Secret shows a mark and nothing else, whatever is done to it."""

import copy
import json
import pickle
import subprocess
import sys
import traceback

import msgspec
import pytest

from core.secret import Secret

VALUE = "JBSWY3DP-4711-value"


def test_every_way_of_showing_it_gives_the_mark() -> None:
    secret = Secret(VALUE)
    shown = [repr(secret), str(secret), f"{secret}", f"{secret!r:>20}", f"{secret:>20}", "%s" % secret]  # noqa: UP031
    shown += [json.dumps({"a": secret}, default=str), msgspec.json.encode(secret, enc_hook=str).decode()]

    assert all("<secret:" in s and VALUE not in s for s in shown)
    assert len(repr(secret)) == len("<secret:4f2a>")


def test_encoders_without_a_hook_refuse_it() -> None:
    for encode in (json.dumps, msgspec.json.encode, msgspec.msgpack.encode):
        with pytest.raises(TypeError):
            encode(Secret(VALUE))


def test_it_is_neither_pickled_nor_copied() -> None:
    for act in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="neither pickled nor copied"):
            act(Secret(VALUE))


def test_it_equals_only_itself() -> None:
    secret = Secret(VALUE)

    assert secret == secret
    assert secret != Secret(VALUE)
    assert secret != VALUE
    assert not hasattr(secret, "__dict__")


def test_the_mark_is_the_same_within_a_run_and_another_in_the_next() -> None:
    code = f"from core.secret import Secret; print(Secret({VALUE!r}))"
    runs = {subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout for _ in range(4)}

    assert repr(Secret(VALUE)) == repr(Secret(VALUE))
    assert len(runs) > 1


def test_a_traceback_that_shows_local_variables_shows_the_mark() -> None:
    def login(pin: Secret) -> None:
        raise ValueError(f"could not use {pin}")

    try:
        login(Secret(VALUE))
    except ValueError as e:
        text = "".join(traceback.TracebackException.from_exception(e, capture_locals=True).format())

    assert "<secret:" in text
    assert VALUE not in text.replace(f"VALUE = {VALUE!r}", "")


def test_an_empty_one_is_false_and_reveal_gives_the_text() -> None:
    assert not Secret("")
    assert Secret(VALUE).reveal() == VALUE
