"""Tables as CSV and JSON: numbers written from integers, texts made safe for a terminal and for a spreadsheet. Pure."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from core.money import rupees
from core.text import plain

TEXT_MAX = 40_000
_FORMULA = re.compile(r"\s*[=+\-@\t\r\n＝＋－＠]")
_INNER = re.compile(r"([,;\"'|]\s*)(?=[=+\-@＝＋－＠])")


class Kind(Enum):
    """What a column holds: text from anywhere, a whole number, or money in 1/10,000 rupee."""

    TEXT = "text"
    COUNT = "count"
    MONEY = "money"


Cell = str | int | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """`rows` as wide as `columns`; `totals` has one value a column, None where a total means nothing.

    A None in a row is "not known": an empty cell, null in JSON.
    """

    name: str
    columns: tuple[tuple[str, Kind], ...]
    rows: Iterable[tuple[Cell, ...]]
    totals: tuple[Cell, ...] = ()


def csv_lines(sheet: Sheet) -> Iterator[str]:
    """RFC 4180, every field quoted, CRLF; the totals, if any, as the last line, named TOTAL in its first column.

    A text that a spreadsheet could take for a formula (OWASP, "CSV Injection") gets a leading `'`, also after a
    separator or quote inside it; the name of its column then says so (where rows stream by: of every text column).
    Numbers are written by us and stay numbers.
    """
    yield _line(_header(sheet))
    kinds = [kind for _, kind in sheet.columns]
    for row in sheet.rows:
        yield _line(_csv_cell(cell, kind) for cell, kind in zip(row, kinds, strict=True))
    if sheet.totals:
        cells = ("TOTAL", *(_csv_cell(c, k) for c, k in zip(sheet.totals[1:], kinds[1:], strict=True)))
        yield _line(cells)


def json_lines(sheet: Sheet) -> Iterator[str]:
    """One JSON object: name, rows (objects by column), totals. Money as decimal text, so that no reader rounds it."""
    yield f'{{"name": {json.dumps(sheet.name)}, "rows": ['
    between = "\n"
    for row in sheet.rows:
        yield f"{between}{json.dumps(_object(sheet, row), ensure_ascii=False)}"
        between = ",\n"
    totals = {k: v for k, v in _object(sheet, sheet.totals).items() if v is not None} if sheet.totals else {}
    yield f'\n], "totals": {json.dumps(totals)}}}\n'


def guarded(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    inner = _INNER.sub(r"\1'", text)
    return f"'{inner}" if _FORMULA.match(text) else inner


def _header(sheet: Sheet) -> Iterator[str]:
    for at, (name, kind) in enumerate(sheet.columns):
        known = isinstance(sheet.rows, list | tuple)
        marked = kind is Kind.TEXT and (not known or any(_is_guarded(row[at]) for row in sheet.rows))
        yield f"{name} (' guards formulas)" if marked else name


def _is_guarded(cell: Cell) -> bool:
    text = plain(cell, TEXT_MAX)
    return guarded(text) != text


def _csv_cell(cell: Cell, kind: Kind) -> str:
    if cell is None:
        return ""
    if kind is Kind.MONEY:
        return rupees(int(cell))
    return str(int(cell)) if kind is Kind.COUNT else guarded(plain(cell, TEXT_MAX))


def _line(cells: Iterable[str]) -> str:
    return ",".join('"' + cell.replace('"', '""') + '"' for cell in cells) + "\r\n"


def _object(sheet: Sheet, row: tuple[Cell, ...]) -> dict[str, Cell]:
    return {name: _json_cell(c, kind) for (name, kind), c in zip(sheet.columns, row, strict=True)}


def _json_cell(cell: Cell, kind: Kind) -> Cell:
    if cell is None:
        return None
    if kind is Kind.MONEY:
        return rupees(int(cell))
    return int(cell) if kind is Kind.COUNT else plain(cell, TEXT_MAX)
