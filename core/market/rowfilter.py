"""Filter expressions on columns: `chg > 2 and age < 5s`, `exch = NFO or (vol >= 1L and not held = 0)`. Pure.

Compared with `< <= > >= = !=`; joined with `and`, `or`, `not` and brackets. Numbers may end in K, L (lakh), Cr, %, s.
Words compare as text without regard to case; `~` is "contains". A row without a value in a column never fits there.
Nothing is evaluated as Python.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from core.errors import UserError

Value = float | int | str | None
Row = Mapping[str, Value]
Test = Callable[[Row], bool]
TEXT_MAX = 200
_DEEPEST = 20
_TOKEN = re.compile(
    r"\s*(?:(<=|>=|!=|<|>|=|~|\(|\))|(-?\d+(?:\.\d+)?(?:cr|[kl%s])?(?![\w.]))|([\w&.\-]+)|\"([^\"]*)\")", re.I
)
_UNITS = {"": 1.0, "k": 1e3, "l": 1e5, "cr": 1e7, "%": 1.0, "s": 1.0}


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int


def compile_filter(text: str, columns: frozenset[str]) -> Test:
    """The test that an expression is; an empty one fits every row. Raises UserError pointing at the place."""
    if not text.strip():
        return lambda row: True
    if len(text) > TEXT_MAX:
        raise UserError(f"the filter is over {TEXT_MAX} characters long. Shorten it.")
    reader = _Reader(_tokens(text), columns, text)
    test = reader.either(0)
    if reader.next is not None:
        raise reader.error("and, or, or the end")
    return test


def _tokens(text: str) -> list[_Token]:
    tokens, at = list[_Token](), 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            raise UserError(f"filter {text!r}: cannot read {text[at:].strip()[:10]!r}. Example: chg > 2 and age < 5s")
        kind = ("sign", "number", "word", "text")[(match.lastindex or 1) - 1]
        tokens.append(_Token(kind, match[match.lastindex or 1], match.start()))
        at = match.end()
    return tokens


class _Reader:
    """Recursive descent over the tokens; depth is bounded."""

    def __init__(self, tokens: list[_Token], columns: frozenset[str], text: str) -> None:
        self._tokens, self._columns, self._text = tokens, columns, text
        self._at = 0

    @property
    def next(self) -> _Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def error(self, wanted: str) -> UserError:
        found = repr(self.next.text) if self.next else "the end"
        return UserError(f"filter {self._text!r}: {wanted} is needed where {found} stands.")

    def either(self, depth: int) -> Test:
        tests = [self._all(depth)]
        while self._takes("or"):
            tests.append(self._all(depth))
        return tests[0] if len(tests) == 1 else lambda row: any(test(row) for test in tests)

    def _all(self, depth: int) -> Test:
        tests = [self._one(depth)]
        while self._takes("and"):
            tests.append(self._one(depth))
        return tests[0] if len(tests) == 1 else lambda row: all(test(row) for test in tests)

    def _one(self, depth: int) -> Test:
        if depth > _DEEPEST:
            raise UserError(f"filter {self._text!r}: more than {_DEEPEST} brackets deep.")
        if self._takes("not"):
            inner = self._one(depth + 1)
            return lambda row: not inner(row)
        if self._takes("("):
            within = self.either(depth + 1)
            if not self._takes(")"):
                raise self.error("a closing bracket")
            return within
        return self._comparison()

    def _comparison(self) -> Test:
        column = self._take("word", f"a column ({', '.join(sorted(self._columns))})").lower()
        if column not in self._columns:
            self._at -= 1
            raise self.error(f"a column ({', '.join(sorted(self._columns))})")
        sign = self._take("sign", "a comparison such as >")
        if sign in ("(", ")"):
            self._at -= 1
            raise self.error("a comparison such as >")
        token = self.next
        if token is None or token.kind == "sign":
            raise self.error("a value")
        self._at += 1
        if token.kind == "number" and sign != "~":
            return _number_test(column, sign, _number(token.text))
        if sign not in ("=", "!=", "~"):
            self._at -= 1
            raise self.error("a number")
        return _text_test(column, sign, token.text.casefold())

    def _takes(self, text: str) -> bool:
        if self.next is not None and self.next.kind in ("word", "sign") and self.next.text.lower() == text:
            self._at += 1
            return True
        return False

    def _take(self, kind: str, wanted: str) -> str:
        if self.next is None or self.next.kind != kind:
            raise self.error(wanted)
        self._at += 1
        return self._tokens[self._at - 1].text


def _number(text: str) -> float:
    digits = text.rstrip("KkLlCcRr%Ss")
    return float(digits) * _UNITS[text[len(digits) :].lower()]


def _number_test(column: str, sign: str, wanted: float) -> Test:
    compare: Callable[[float], bool] = {
        "<": lambda v: v < wanted,
        "<=": lambda v: v <= wanted,
        ">": lambda v: v > wanted,
        ">=": lambda v: v >= wanted,
        "=": lambda v: v == wanted,
        "!=": lambda v: v != wanted,
    }[sign]

    def test(row: Row) -> bool:
        value = row.get(column)
        return isinstance(value, int | float) and compare(value)

    return test


def _text_test(column: str, sign: str, wanted: str) -> Test:
    def test(row: Row) -> bool:
        value = row.get(column)
        if value is None:
            return False
        text = str(value).casefold()
        return wanted in text if sign == "~" else (text == wanted) is (sign == "=")

    return test
