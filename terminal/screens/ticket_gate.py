"""What the gate says, in the ticket: the worst first, every check named, as far as there is room. Pure functions."""

from core.money import group
from core.views import CheckResult, Headroom, Verdict
from terminal.actions import key_of
from widgets.cells import Cell, Line, fit, spread
from widgets.ink import Ink

SEND = "SEND"


def phrase(verdict: Verdict) -> str:
    """What a person types to send in spite of the denials: the quantity where a check asks for it, else SEND; empty
    when nothing denies, or typing does not help."""
    denials = verdict.denials
    if not denials or any(not d.typed for d in denials):
        return ""
    return next((d.typed for d in denials if d.typed != SEND), SEND)


def verdict_lines(verdict: Verdict, room: Headroom | None, width: int, height: int) -> list[Line]:
    """A line of counts with the largest quantity, then denials with their remedies, warnings, and all that pass."""
    lines = [_count(verdict, room, width)]
    passed = _wrapped("    ok", [_mark(r, room) for r in verdict.results if r.ok and not r.warning], width, Ink.DIM)
    worst = [*verdict.denials, *(r for r in verdict.results if r.ok and r.warning)]
    free = height - 1 - len(passed)
    while worst and len(_told(worst[0], width)) + len(_rest(worst[1:], width)) <= free:
        told = _told(worst.pop(0), width)
        lines += told
        free -= len(told)
    return [*lines, *_rest(worst, width), *passed][: max(1, height)]


def _count(verdict: Verdict, room: Headroom | None, width: int) -> Line:
    denied = len(verdict.denials)
    warned = sum(r.ok and r.warning for r in verdict.results)
    line = (
        Cell("  RISK GATE   ", Ink.HEAD),
        Cell(f"{len(verdict.results) - denied} pass", Ink.GAIN),
        Cell(f"   {denied} deny", Ink.ALARM if denied else Ink.DIM),
        Cell(f"   {warned} warn" if warned else "", Ink.WARN),
    )
    if room is None:
        return line
    first = f" ({room.first})" if room.first else ""
    most = (
        Cell(f"largest {group(room.largest)}{first} ", Ink.TEXT),
        Cell(f"{key_of('ticket.largest')} takes it ", Ink.DIM),
    )
    return spread(line, most, width)


def _told(result: CheckResult, width: int) -> list[Line]:
    if result.ok:
        return [(Cell(fit(f"    warn {result.code} {result.name}: {result.compared}", width), Ink.WARN),)]
    lines: list[Line] = [(Cell(fit(f"    deny {result.code} {result.name}: {result.compared}", width), Ink.LOSS),)]
    if result.remedy:
        lines.append((Cell(fit(f"         {result.remedy}", width), Ink.DIM),))
    return lines


def _rest(results: list[CheckResult], width: int) -> list[Line]:
    """Those without room for their words, by number."""
    denied = _wrapped("    deny", [r.code for r in results if not r.ok], width, Ink.LOSS)
    return denied + _wrapped("    warn", [r.code for r in results if r.ok], width, Ink.WARN)


def _mark(r: CheckResult, room: Headroom | None) -> str:
    """The number of a check, with the largest quantity that it lets through."""
    return f"{r.code}≤{group(room.by_check[r.code])}" if room is not None and r.code in room.by_check else r.code


def _wrapped(head: str, words: list[str], width: int, ink: Ink) -> list[Line]:
    """Words after a head, on as many lines as they need; none when there are none."""
    rows: list[str] = []
    row = head
    for word in words:
        if len(row) + len(word) + 1 > width - 2:
            rows.append(row)
            row = " " * len(head)
        row += f" {word}"
    return [(Cell(fit(text, width), ink),) for text in (*rows, row)] if words else []
