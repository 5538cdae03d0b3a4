"""Exports keep numbers, guard texts, and follow RFC 4180."""

import csv
import io
import json
import random

import pytest

from core.store.sheets import Kind, Sheet, csv_lines, guarded, json_lines

T, C, M = Kind.TEXT, Kind.COUNT, Kind.MONEY
FORMULA_STARTS = "=+-@\t\r\n＝＋－＠"
TEXTS = 10_000


def parsed(sheet: Sheet) -> list[list[str]]:
    return list(csv.reader(io.StringIO("".join(csv_lines(sheet)), newline=""), strict=True))


def hostile(rng: random.Random) -> str:
    parts = [
        "=cmd|' /C calc'!A0",
        "@SUM(1)",
        "-2+3",
        '"',
        ",",
        ";",
        "\r\n",
        "\t",
        "＝1",
        " ",
        "a",
        "\x1b[31m",
        "\u202e",
        "|",
    ]
    return "".join(rng.choice(parts) for _ in range(rng.randint(1, 8)))


def is_formula(cell: str) -> bool:
    """What a spreadsheet may evaluate: at the start of the cell, or of what a wrong separator would make a cell."""
    pieces = [cell]
    for separator in ',;"|':
        pieces = [p for piece in pieces for p in piece.split(separator)]
    return any(p.lstrip(" ")[:1] in FORMULA_STARTS and p.lstrip(" ") for p in pieces)


def test_no_hostile_text_becomes_a_formula_or_another_cell() -> None:
    rng = random.Random(7)
    rows = [(hostile(rng), n, n * -1_0500) for n in range(TEXTS)]

    head, *body = parsed(Sheet("x", (("text", T), ("count", C), ("money", M)), rows))

    assert head == ["text (' guards formulas)", "count", "money"]
    assert len(body) == TEXTS
    assert [cells for cells in body if is_formula(cells[0])] == []
    assert all("\x1b" not in cells[0] and "\u202e" not in cells[0] and "\n" not in cells[0] for cells in body)
    assert [(int(c), round(float(m) * 10_000)) for _, c, m in body] == [(n, n * -1_0500) for n in range(TEXTS)]


@pytest.mark.parametrize("text", ["plain", "RELIANCE-EQ", "a=b", "M&M-EQ", "12.5", "it's"])
def test_ordinary_texts_stay_as_they_are(text: str) -> None:
    assert guarded(text) == text


def test_a_text_that_looks_like_a_number_is_guarded_and_a_number_is_not() -> None:
    head, row = parsed(Sheet("x", (("reason", T), ("net", C), ("price", M)), [("-5", -5, -50_000)]))
    assert (head, row) == (["reason (' guards formulas)", "net", "price"], ["'-5", "-5", "-5.00"])


def test_the_bytes_are_rfc_4180() -> None:
    text = "".join(csv_lines(Sheet("x", (("a", T), ("n", C)), [('say "hi", you', 1), ("", None)], (None, 1))))
    assert text == '"a","n"\r\n"say ""hi"", you","1"\r\n"",""\r\n"TOTAL","1"\r\n'


def test_json_is_one_object_with_exact_money() -> None:
    sheet = Sheet(
        "x", (("a", T), ("n", C), ("m", M)), iter([("=1\x1b", -3, 1_2345), ("b", None, None)]), (None, -3, 1_2345)
    )
    assert json.loads("".join(json_lines(sheet))) == {
        "name": "x",
        "rows": [{"a": "=1·", "n": -3, "m": "1.2345"}, {"a": "b", "n": None, "m": None}],
        "totals": {"n": -3, "m": "1.2345"},
    }
    assert json.loads("".join(json_lines(Sheet("x", (("a", T),), [])))) == {"name": "x", "rows": [], "totals": {}}
