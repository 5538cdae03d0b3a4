"""`python -m core.orders.checks.page` prints docs/gate.md, written from the table; a test holds both equal."""

import sys

from core.config import Limits
from core.orders.checks.catalogue import CATALOGUE, LIMITS, Row, Stage

_ASKED = (("P", "place"), ("M", "change"), ("C", "cancel"))
COLUMNS = "| | name | rule | asked of | may add risk | provably reduces | limits | next step |"
HEAD = """# The gate

Every order, change and cancel passes one gate; nothing else can make the approval without which the adapter sends
nothing. There is no bypass. Checks are asked in this order; the first that fails names the denial, and the ticket shows
all. What is not known denies. A judgement that breaks on its facts is G0, and denies. Check and reservation are one
synchronous step: an approved order counts at its full quantity before the next one is judged.

An order **provably reduces** when it is against the position of its instrument and product, and, with everything that
rests or is unknown on its side, cannot exceed it. For a change the larger of the old and the new rest counts.

A denial has four parts: the number and name, what was compared (both values), "Nothing was sent.", and the next step.
"asks to type" means that the order passes once a person typed what the ticket names; "warns" shows it and lets through.

Written from the table in the code by `python -m core.orders.checks.page`. What belongs to Angel One alone (its margin
figures, its ban handling, how late its books are) is not verified with the live broker.
"""


def page() -> str:
    """The whole page as Markdown."""
    parts = [HEAD]
    for number, stage in enumerate(Stage):
        rows = [_line(row) for row in CATALOGUE if row.stage is stage]
        table = COLUMNS + "\n" + "|---" * 8 + "|"
        parts += [f"## Stage {number}: {stage.value}", "", table, *rows, ""]
    return "\n".join(parts)


def _line(row: Row) -> str:
    asked = ", ".join(word for letter, word in _ASKED if letter in row.applies)
    limits = ", ".join(f"`{key}` {_shown(key)}" for key in LIMITS.get(row.number, ()))
    return (
        f"| {row.code} | `{row.name}` | {row.rule} | {asked} | {row.opening.value} | {row.reducing.value} | {limits} "
        f"| {row.remedy} |"
    )


def _shown(key: str) -> str:
    value = getattr(Limits(), key)
    return str(value).lower() if isinstance(value, bool) else "empty" if value == () else str(value)


if __name__ == "__main__":
    sys.stdout.write(page())
