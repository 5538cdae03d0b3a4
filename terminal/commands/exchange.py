"""`tezi exchange`: the practice exchange until it is interrupted."""

import math
import sys
from ipaddress import ip_address
from pathlib import Path
from typing import NoReturn

import click

_EARLIEST, _LATEST = "2000-01-01T00:00:00+05:30", "2100-01-01T00:00:00+05:30"


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--expose", is_flag=True, help="Allow a --host that other computers can reach.")
@click.option("--port", type=click.IntRange(0, 65_535), default=0, help="REST port; 0 takes any free one.")
@click.option("--seed", type=int, default=1, show_default=True, help="Seed of the invented market.")
@click.option("--state", type=click.Path(path_type=Path, file_okay=False), help="Folder to remember the account in.")
@click.option("--fresh", is_flag=True, help="Begin a new run.")
@click.option("--replay", type=click.Path(path_type=Path), help="Stream a recording: a file or a folder of them.")
@click.option("--speed", type=click.FloatRange(0.01, 1_000), default=1.0, help="Market time over real time.")
@click.option("--universe", type=click.Path(path_type=Path), help="Instrument master (JSON, plain, gz, xz) to list.")
@click.option("--scenario", help="A ready story; a name that does not exist lists them.")
@click.option("--tls", is_flag=True, help="Serve https and wss; the first line names the authority's file in `ca`.")
@click.option("--depth20", is_flag=True, help="Serve the retired stream mode 4.")
@click.option("--sessions", type=click.Choice(["many", "one"]), default="many", help="one: a login ends earlier ones.")
@click.option("--limits", type=click.Choice(["on", "off"]), default="on", help="Angel One's request limits.")
@click.option("--now", "now_text", help="Market time to start at, ISO 8601 with an offset.")
@click.option("--end-with-stdin", is_flag=True, help="End when stdin closes.")
@click.option("--json", "as_json", is_flag=True, help="The first line is always JSON; accepted for likeness.")
def exchange(
    host: str,
    expose: bool,
    port: int,
    seed: int,
    state: Path | None,
    fresh: bool,
    replay: Path | None,
    speed: float,
    universe: Path | None,
    scenario: str | None,
    tls: bool,
    depth20: bool,
    sessions: str,
    limits: str,
    now_text: str | None,
    end_with_stdin: bool,
    as_json: bool,
) -> None:
    """Run a local exchange that speaks SmartAPI, until interrupted."""
    from core.clock import iso_to_ns
    from core.errors import UserError

    _check_host(host, expose)
    if replay is not None and (state is not None or fresh or now_text is not None or universe or scenario):
        _leave(2, "--state, --fresh, --now, --universe and --scenario mean nothing with --replay: it has its own day.")
    if math.isnan(speed):
        _leave(2, "--speed nan is no number: give one from 0.01 to 1000.")
    try:
        now_ns = None if now_text is None else iso_to_ns(now_text)
    except (ValueError, OverflowError):
        _leave(2, f"--now {now_text!r} is no ISO 8601 time with an offset, such as 2026-03-02T10:00:00+05:30.")
    if now_ns is not None and not iso_to_ns(_EARLIEST) <= now_ns < iso_to_ns(_LATEST):
        _leave(2, f"--now {now_text!r} is out of range: the practice market knows the years 2000 to 2099.")
    from core.exchange.scenarios import SCENARIOS
    from core.exchange.serve import Options, run

    if scenario is not None and scenario not in SCENARIOS:
        _leave(2, f"--scenario {scenario!r} does not exist. There are: {', '.join(SCENARIOS)}.")
    options = Options(
        host=host,
        port=port,
        seed=seed,
        state=state,
        fresh=fresh,
        limits=limits == "on",
        now_ns=now_ns,
        replay=replay,
        speed=speed,
        end_with_stdin=end_with_stdin,
        universe=universe,
        tls=tls,
        scenario=scenario,
        depth20=depth20,
        single_session=sessions == "one",
    )
    try:
        run(options)
    except UserError as e:
        _leave(3, str(e))


def _check_host(host: str, expose: bool) -> None:
    try:
        address = ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        _leave(2, f"--host {host!r} is no IP address.")
    if address.version != 4:
        _leave(2, f"--host {host!r}: only IPv4 addresses are served.")
    if not address.is_loopback and not expose:
        _leave(
            2,
            f"--host {host} can be reached by other computers, and whoever logs in there sees the practice account. "
            "Add --expose if that is wanted.",
        )


def _leave(code: int, text: str) -> NoReturn:
    click.echo(text, err=True)
    sys.exit(code)
