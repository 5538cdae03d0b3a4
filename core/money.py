"""Money and quantity as integers: parsing, formatting and rounding, all in one place.

A price is `price_e4`: 1/10,000 rupee. A quantity is units, never lots. A value is price times quantity, again in
1/10,000 rupee. Text and Decimal appear only here and at the wire.
"""

import re
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

E4 = 10_000
PRICE_MAX_E4 = 999_999_999 * E4

_PRICE = re.compile(r"[0-9]{1,9}(\.[0-9]{1,4})?")
_QUANTITY = re.compile(r"[0-9]{1,9}")


def parse_price_e4(text: str) -> int | None:
    """The price a person typed, in 1/10,000 rupee; None unless it is plain digits with at most four decimals."""
    if _PRICE.fullmatch(text) is None:
        return None
    whole, _, part = text.partition(".")
    return int(whole) * E4 + int(part.ljust(4, "0") if part else 0)


def parse_quantity(text: str) -> int | None:
    """The quantity a person typed; None unless it is 1 to 9 plain digits."""
    return int(text) if _QUANTITY.fullmatch(text) else None


def wire_e4(value: object) -> int | None:
    """The price in a broker's answer, whatever its dress: number, text, blanks inside (`"- 2235.80"`), commas.

    None for absent: `None`, `""`, a bool, NaN, infinity, text that is no number, over 15 digits before the point.
    """
    if value is None or isinstance(value, bool):
        return None
    text = str(value).replace(" ", "").replace(",", "")
    if not text or not text.isascii() or len(text) > 40:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number) >= Decimal(10) ** 15:
        return None
    return int((number * E4).to_integral_value(ROUND_HALF_EVEN))


def wire_int(value: object) -> int | None:
    """The whole number in a broker's answer; None when absent or when it has a fraction."""
    e4 = wire_e4(value)
    if e4 is None or e4 % E4:
        return None
    return e4 // E4


def rupees(price_e4: int) -> str:
    """Plain decimal rupees for the wire, two decimals, or four where the price needs them: `820.50`, `89.2575`."""
    sign, whole, part = _split(price_e4)
    return f"{sign}{whole}.{part // 100:02d}" if part % 100 == 0 else f"{sign}{whole}.{part:04d}"


def show_price(price_e4: int, decimals: int = 2) -> str:
    """A price as a trader reads it, grouped the Indian way: `12,34,567.05`."""
    unit = 10 ** (4 - decimals)
    scaled = divide_rounded(price_e4, unit)
    sign, whole = ("-" if scaled < 0 else ""), abs(scaled)
    return f"{sign}{group(whole // 10**decimals)}.{whole % 10**decimals:0{decimals}d}"


def show_signed(value_e4: int) -> str:
    """A profit, loss or change: always with its sign, so that colour never carries it alone."""
    return ("" if value_e4 < 0 else "+") + show_price(value_e4)


def group(number: int) -> str:
    """A whole number with Indian grouping: `1234567` is `12,34,567`."""
    sign, digits = ("-" if number < 0 else ""), str(abs(number))
    head, tail = digits[:-3], digits[-3:]
    parts = [tail]
    while head:
        parts.append(head[-2:])
        head = head[:-2]
    return sign + ",".join(reversed(parts))


def divide_rounded(value: int, by: int) -> int:
    """Integer division, halves to even; `by` is positive. The one rounding rule for money."""
    quotient, rest = divmod(value, by)
    twice = rest * 2
    if twice > by or (twice == by and quotient % 2):
        quotient += 1
    return quotient


def _split(price_e4: int) -> tuple[str, int, int]:
    return ("-" if price_e4 < 0 else "", *divmod(abs(price_e4), E4))
