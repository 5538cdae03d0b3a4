"""Forty secrets with values of their own through every careless line: none is found in any file or on the terminal."""

import json
import re
import stat
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from core.hiding import dresses
from tests.rules.source import ROOT
from tests.security.canary_flows import FLOWS, KINDS, Canaries
from tests.security.files import contents, exports
from tests.terminal.test_cli import tezi

Ran = tuple[Path, dict[str, Canaries], subprocess.CompletedProcess[bytes]]
BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def canaries(seed: int) -> dict[str, Canaries]:
    """Eight secrets for each of five flows, in the shapes that they have."""
    random = Random(seed)

    def word(length: int, alphabet: str = LETTERS) -> str:
        return "".join(random.choice(alphabet) for _ in range(length))

    def one(kind: str) -> str:
        if kind == "password":
            return f"pass {word(6)} wörd {word(6)}"
        if kind == "pin":
            return word(6, "123456789")
        if kind == "seed":
            return word(26, BASE32)
        if kind in ("jwt", "refresh", "feed"):
            return ".".join(("eyJ" + word(17), word(180), word(43)))
        return word(12)

    return {flow: {kind: one(kind) for kind in KINDS} for flow in FLOWS}


def hits(where: str, data: bytes, secrets: dict[str, Canaries]) -> list[str]:
    """Each secret that stands in these bytes, in any dress, or (a long one) by its first half."""
    found = []
    for flow, values in secrets.items():
        for kind, text in values.items():
            forms = {form[: max(12, len(form) // 2)] if len(form) > 24 else form for form in dresses(text)}
            if any(_stands_in(form.encode(), data) for form in forms):
                found.append(f"{flow} {kind} in {where}")
    return found


def _stands_in(form: bytes, data: bytes) -> bool:
    if form.isdigit() and len(form) < 10:
        return re.search(rb"(?<!\d)" + form + rb"(?!\d)", data) is not None
    return form in data


@pytest.fixture(scope="module")
def ran(
    tmp_path_factory: pytest.TempPathFactory,
) -> Ran:
    home = tmp_path_factory.mktemp("canary") / "home"
    secrets = canaries(7)
    command = [sys.executable, "-m", "tests.security.canary_flows", str(home)]
    done = subprocess.run(command, input=json.dumps(secrets).encode(), capture_output=True, cwd=ROOT, timeout=50)
    for words in exports(home):
        exported = tezi(*words)
        assert exported.returncode == 0, exported.stderr
    return home, secrets, done


def test_the_flows_ran_to_their_end(ran: Ran) -> None:
    home, secrets, done = ran
    lines = [json.loads(line) for line in (home / "logs" / "tezi.jsonl").read_text().splitlines()]

    assert b"4 orders journalled" in done.stdout, done.stderr[-3000:]
    assert (done.returncode, b"RuntimeError: the last words" in done.stderr) == (1, True)
    assert len({text for values in secrets.values() for text in values.values()}) == 40
    assert len(lines) > 150
    assert sum("[hidden]" in json.dumps(line) for line in lines) > 50
    assert any("careless" in line.get("exception", "") for line in lines)


def test_no_secret_is_found_in_any_file_or_on_the_terminal(
    ran: Ran,
) -> None:
    home, secrets, done = ran
    found = hits("stdout", done.stdout, secrets) + hits("stderr", done.stderr, secrets)
    names = []
    for name, data in contents(home):
        names.append(name)
        found += hits(name, data, secrets)

    assert found == []
    assert {"tezi.db", "tezi.jsonl", "vault.tezi", "export.json", "orders-csv.out", "audit-json.out"} <= set(names)
    assert not [name for name in names if name.startswith("core")]
    kinds = (r"\d{8}-\d{6}\.tape", r"\d{8}-\d{6}\.tape unpacked", r"tezi-.*\.zip", r"tezi\.db in .*\.zip")
    kinds += (r"audit/.* in .*\.zip", r"audit-.*|\d+.*audit.*")
    assert [kind for kind in kinds if not any(re.fullmatch(kind, name) for name in names)] == []


def test_what_was_recorded_put_on_record_and_exported_says_something(ran: Ran) -> None:
    """None of these files is free of secrets because nothing was written to it."""
    home, _, _ = ran
    held = dict(contents(home))
    tape = next(data for name, data in held.items() if name.endswith("unpacked"))
    audit = b"".join(p.read_bytes() for p in (home / "audit").iterdir())

    assert min(text.count(b"[hidden]") for text in (tape, audit, held["audit-csv.out"], held["audit-json.out"])) > 50
    assert held["orders-csv.out"].count(b"\n") >= 5


def test_every_file_is_for_its_owner_only(
    ran: Ran,
) -> None:
    home, _, _ = ran
    wide = [str(p) for p in home.rglob("*") if stat.S_IMODE(p.stat().st_mode) & 0o077]

    assert wide == []
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


@pytest.mark.parametrize("dress", range(6))
def test_the_search_finds_what_is_there(dress: int) -> None:
    secrets = canaries(7)
    for flow, values in secrets.items():
        for kind, text in values.items():
            forms = sorted(dresses(text))
            data = b"x " + forms[dress % len(forms)].encode() + b" y"
            assert f"{flow} {kind} in here" in hits("here", data, secrets)
