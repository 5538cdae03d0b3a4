"""`tezi audit`: check the audit log, export it, set a broken one aside."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from terminal.commands.home import days, home_of, home_option, json_option
from terminal.commands.vaultkeys import audit_keys

if TYPE_CHECKING:
    from core.store.audit.verify import Report


@click.group()
def audit() -> None:
    """Check or export the audit log."""


@audit.command()
@click.option("--from-code", "code", default="", help="A code from a day report: its record must be in the log.")
@home_option
@json_option
@click.pass_context
def verify(ctx: click.Context, code: str, home: Path | None, as_json: bool) -> int:
    """Check every record against keys and anchors; exit 1 when something was changed or is missing.

    A log that is sealed by the vault asks for its password: at a prompt, or as the first line of stdin.
    """
    from core.errors import UserError
    from core.store.audit import verify as checker
    from core.store.audit.codes import is_code

    folder = home_of(ctx, home)
    if code and not is_code(code):
        raise click.UsageError(f"--from-code {code!r} is no code; one looks like AUD-261124-7K3M-Q2ZD-0V9X.")
    try:
        report = checker.verify(folder, audit_keys(folder), code)
    except OSError as e:
        raise UserError(f"{folder}: the audit log cannot be read ({e}). Mend its permissions.") from e
    if report.word == checker.NO_LOG:
        raise UserError(f"{folder}: no audit log was ever written here. Start the terminal once, or give --home DIR.")
    if as_json:
        click.echo(json.dumps({**asdict(report), "ok": report.ok, "home": str(folder)}))
    else:
        click.echo("\n".join(_lines(report, folder)))
    return 0 if report.ok else 1


@audit.command("export")
@click.option("--day", help="One day, YYYY-MM-DD; everything when left out.")
@click.option("--from", "first", help="First day of a range.")
@click.option("--to", "last", help="Last day of a range.")
@click.option("--format", "form", type=click.Choice(["csv", "json"]), default="csv", show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="Write to this new file (0600) instead of stdout.")
@home_option
@json_option
@click.pass_context
def export_(
    ctx: click.Context,
    day: str | None,
    first: str | None,
    last: str | None,
    form: str,
    out: Path | None,
    home: Path | None,
    as_json: bool,
) -> int:
    """Write the records as a table."""
    from terminal.commands.export import content, write

    write(content("audit", home_of(ctx, home), days(day, first, last), as_json or form == "json"), out)
    return 0


@audit.command("set-aside")
@home_option
@click.pass_context
def set_aside(ctx: click.Context, home: Path | None) -> int:
    """Move a log that does not verify out of the way, with its key and anchors, so that a new one begins."""
    from core.clock import SystemClock
    from core.errors import UserError
    from core.store.audit.aside import move_aside
    from core.store.audit.verify import NO_LOG
    from core.store.audit.verify import verify as check
    from core.store.instance import InstanceLock

    folder = home_of(ctx, home)
    with InstanceLock(folder):
        report = check(folder, audit_keys(folder))
        if report.ok or report.word == NO_LOG:
            raise UserError(f"{folder}: the audit log is {report.word}; nothing was moved.")
        try:
            target = move_aside(folder, SystemClock().real_ns())
        except OSError as e:
            raise UserError(f"{folder}: the log cannot be moved ({e}). Mend its permissions.") from e
    click.echo(f"moved to {target}; nothing was deleted. The next start begins a new log.")
    return 0


def _lines(report: "Report", folder: Path) -> list[str]:
    lines = [f"{folder}: audit log {report.word}"]
    if report.why:
        lines.append(f"  {report.why}")
    if report.bad_record:
        where = f" in {report.file}, line {report.line}, byte {report.offset}" if report.file else ""
        lines.append(f"  first bad or missing record: {report.bad_record}{where}")
    if report.records:
        lines.append(
            f"  {report.segments} segments, {report.records} good records, {report.first_at} to {report.last_at}"
        )
    lines += [f"  agrees with the anchor: {name}" for name in report.anchors]
    lines += [f"  note: {note}" for note in report.notes]
    if not report.in_vault:
        lines.append("  there is no vault: the key is in a file, so whoever can read it could have re-made the log")
    return lines
