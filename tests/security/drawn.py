"""Panes that show one or two texts in a frame: many more go through the functions that draw them, and every line of
theirs is looked at as the driver's bytes are. What the app does with a line is shown by `panes.feed`.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace

from core.facts import Cause, EventKind, LadderMode
from core.text import plain
from core.views import GuardStatus
from terminal.screens.details import order_details
from terminal.screens.first_run import choice_lines
from terminal.screens.limits import limit_lines
from terminal.screens.lock import lock_lines
from terminal.screens.panic import panic_lines
from terminal.screens.search import result_line
from tests.screens.fake_desk import status
from tests.security.panes import Feeder, Report
from tests.security.texts import forbidden
from widgets.banner import banner_lines
from widgets.cells import Line
from widgets.events import event_line
from widgets.header import status_line

WIDTH = 110


def draw(texts: int, seed: int) -> Report:
    """At least `texts` of them through each of the panes below."""
    feeder = Feeder(seed)
    report = feeder.report
    for pane, lines in PANES.items():
        before = report.texts[pane]
        while report.texts[pane] - before < texts:
            for line in lines(feeder, pane):
                written = "".join(cell.text for cell in line)
                report.written += len(written)
                report.found += [f"{pane}: {what}" for what in forbidden(written)]
    return report


def _events(feeder: Feeder, pane: str) -> Iterable[Line]:
    feeder._log.add(EventKind.ORDER, feeder.text(pane))
    return [event_line(feeder.desk.events.event_rows[0], WIDTH)]


def _header(feeder: Feeder, pane: str) -> Iterable[Line]:
    return [status_line(replace(status(), account=plain(feeder.text(pane), 20)), WIDTH)]


def _banner(feeder: Feeder, pane: str) -> Iterable[Line]:
    cause = Cause("ORDERS", LadderMode.READ_ONLY, plain(feeder.text(pane), 160), 0)
    down = replace(status(), ladder=LadderMode.READ_ONLY, causes=(cause,), waiting=plain(feeder.text(pane), 100))
    return banner_lines(down, 0, "F12 then u undoes it", WIDTH)


def _details(feeder: Feeder, pane: str) -> Iterable[Line]:
    return order_details(feeder.order(pane, 1))


def _panic(feeder: Feeder, pane: str) -> Iterable[Line]:
    feeder.desk.orders.order_rows = [feeder.order(pane, n) for n in range(3)]
    return panic_lines(feeder.desk.panic_plan(), "cancel", (plain(feeder.text(pane)), True), WIDTH)


def _search(feeder: Feeder, pane: str) -> Iterable[Line]:
    return [result_line(i, WIDTH, at=False) for i in feeder.instruments(pane, 12)]


def _lock(feeder: Feeder, pane: str) -> Iterable[Line]:
    return lock_lines(GuardStatus(True, True, said=plain(feeder.text(pane), 200)), "LIVE", WIDTH)


def _limits(feeder: Feeder, pane: str) -> Iterable[Line]:
    guard = GuardStatus(loosened=(plain(feeder.text(pane), 100),), said=plain(feeder.text(pane), 200))
    return limit_lines(guard, None, WIDTH)


def _first_run(feeder: Feeder, pane: str) -> Iterable[Line]:
    return choice_lines(False, True, False, plain(feeder.text(pane), 200), WIDTH)


PANES: dict[str, Callable[[Feeder, str], Iterable[Line]]] = {
    "events": _events,
    "header": _header,
    "banner": _banner,
    "details": _details,
    "panic": _panic,
    "search": _search,
    "lock": _lock,
    "limits": _limits,
    "first run": _first_run,
}
