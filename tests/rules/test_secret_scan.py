"""S37: no credential of anybody stands in the repository or in its recorded fixtures; shown to bite on made-up ones."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.rules.source import ROOT

SHAPES = {
    "token": re.compile(r"eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"),
    "TOTP seed": re.compile(r"(?<![A-Za-z0-9])(?=[A-Z]*[2-7])[A-Z2-7]{26,64}(?![A-Za-z0-9])"),
    "private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----\s*[A-Za-z0-9+/]{20}"),
    "PAN": re.compile(r"\b[A-Z]{3}[ABCFGHJLPT][A-Z][0-9]{4}[A-Z]\b"),
    "phone": re.compile(r"(?<![\w.])(?:\+91[ -]?)[6-9][0-9]{9}(?![\w.])"),
    "login body": re.compile(r'"(?:password|mpin|totp|(?:jwt|refresh|feed)Token)"\s*:\s*"(?!\[|<|x*")[^"{}]{4,}"'),
    "header": re.compile(r"(?i)(?:authorization|x-privatekey)\W{1,5}(?:bearer )?[A-Za-z0-9_-]{20,}\b"),
}
MADE_UP = {
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",  # the alphabet of base 32
    "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",  # "Hello!" of the pyotp manual, twice
    "ABCPE1234F",  # the tax office's own specimen
    "+91 9876543210",
}
OURS = ("tests/vault/vectors.json",)
"""Vaults made for tests, with their passwords."""
RECORDED = ("login body", "header")
"""Shapes that are looked for in recorded material only: in code such a field holds a name or a made-up word."""
SKIPPED = {".git", ".venv", "__pycache__", "__snapshots__"}


def files() -> list[Path]:
    """Every file of the checkout that could be committed."""
    found = []
    for path in sorted(ROOT.rglob("*")):
        if path.is_file() and not SKIPPED & set(path.relative_to(ROOT).parts) and path.suffix != ".pyc":
            found.append(path)
    return found


def _is_recorded(path: Path) -> bool:
    return path.suffix not in (".py", ".md") and path.relative_to(ROOT).as_posix() not in OURS


def text_of(path: Path) -> str:
    """A text as it is; of a database every value."""
    if path.suffix != ".db":
        return path.read_bytes().decode("utf-8", "replace")
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as link:
        tables = [name for (name,) in link.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return "\n".join(str(row) for name in tables for row in link.execute(f'SELECT * FROM "{name}"'))


def finds(text: str, *, recorded: bool = True) -> list[str]:
    """What has the shape of a credential, by kind."""
    kinds = [kind for kind in SHAPES if recorded or kind not in RECORDED]
    found = [(kind, hit) for kind in kinds for hit in SHAPES[kind].findall(text)]
    return [f"{kind}: {hit[:12]}…" for kind, hit in found if hit not in MADE_UP]


def test_S37_nothing_in_the_repository_has_the_shape_of_a_credential() -> None:
    looked = files()
    found = [
        f"{path.relative_to(ROOT)}: {hit}"
        for path in looked
        for hit in finds(text_of(path), recorded=_is_recorded(path))
    ]

    assert found == []
    assert len(looked) > 300
    assert {"0001.db", "recorded.json", "vectors.json"} <= {path.name for path in looked}


@pytest.mark.parametrize(
    "text",
    [
        "eyJ" + "hbGciOiJIUzUxMiJ9" + "." + "eyJ1c2VybmFtZSI6" + "." + "abcdefghijkl",
        "seed = '" + "QWERTY" * 4 + "23" + "'",
        "-----BEGIN EC PRIVATE" + " KEY-----\n" + "MHcCAQEEIB" * 3,
        "pan " + "AAAPZ" + "1234" + "C",
        "call " + "+91 98765" + "01234",
        '{"jwt' + 'Token": "whatever-it-is"}',
        "Authorization: Bearer " + "a1" * 12,
    ],
)
def test_S37_the_scan_bites(text: str) -> None:
    assert len(finds(text)) == 1
