"""`tezi replay TAPE`: a recorded session on the screen, look only; or through the feed's own path to its end, and a
report."""

import asyncio
import json
import sys
from collections import Counter
from pathlib import Path

import click

from core.brokers import order_frames
from core.clock import NS_PER_S, SystemClock, iso_to_ns
from core.errors import UserError
from core.feed.player import TapePlayer
from core.store.tape import Damaged, Run
from terminal.commands.tape import FILE, moment, opened


@click.command()
@click.argument("tape", type=FILE)
@click.option("--speed", type=click.FloatRange(0.1, 10_000), help="Times real time; without it as fast as possible.")
@click.option("--from", "since", help="Begin to play here (ISO 8601 with an offset); what is before passes at once.")
@click.option("--until", help="Stop here (ISO 8601 with an offset).")
@click.option("--report", is_flag=True, help="No screen: play to the end and print how the market looked there.")
@click.option("--json", "as_json", is_flag=True, help="The report as one JSON object.")
def replay(tape: Path, speed: float | None, since: str | None, until: str | None, report: bool, as_json: bool) -> int:
    """Play TAPE on the screen, look only; without a terminal, or for a report, to its end, and print how it ended."""
    on_screen = sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty()
    if on_screen and not (report or as_json or until):
        return _show(tape, speed, since)
    counts: Counter[str] = Counter()

    def count(run: Run) -> None:
        counts[run.kind.name.lower()] += run.many

    clock = SystemClock()
    try:
        player = TapePlayer(opened(tape), clock, speed, count, order_frames.recorded)
        started_ns, real_ns = player.position_ns, clock.mono_ns()
        if since is not None:
            player.seek(_time(since, "--from"))
        asyncio.run(player.play(None if until is None else _time(until, "--until")))
    except Damaged as e:
        raise UserError(f"tape {tape}: {e}. What is wrong where: tezi tape verify {tape}") from e
    took_s = max((clock.mono_ns() - real_ns) / NS_PER_S, 1e-9)
    played_s = (player.position_ns - started_ns) / NS_PER_S
    found = {
        "first": moment(started_ns),
        "last": moment(player.position_ns),
        "records": dict(counts),
        "live": player.board.live_count(),
        "times_real_time": round(played_s / took_s, 1),
        "state": player.fingerprint(),
    }
    if as_json:
        click.echo(json.dumps(found))
        return 0
    kinds = ", ".join(f"{n:,} {kind}" for kind, n in counts.items())
    click.echo(f"{found['first']} to {found['last']}: {kinds or 'nothing'}; {found['times_real_time']} times real time")
    click.echo(f"{found['live']} prices live at the end; state {player.fingerprint()[:16]}")
    return 0


def _show(path: Path, speed: float | None, since: str | None) -> int:
    from terminal.replay_desk import open_desk, show

    desk = open_desk(path, opened(path), speed or 1.0)
    if since is not None:
        desk.replay.seek(_time(since, "--from"))
    return asyncio.run(show(path, desk))


def _time(text: str, option: str) -> int:
    try:
        return iso_to_ns(text)
    except ValueError as e:
        raise UserError(f"{option} {text}: is no time. Write it as 2026-11-24T10:15:00+05:30") from e
