"""The command line. Subcommands are imported when they are called, the screen and the engine when they start."""

import gc
import importlib
from pathlib import Path

import click

from core.config import load
from core.errors import UserError
from terminal.options import Options, config_file, existing, home_folder

VERSION = "0.1.0"
MODES = ("practice", "live", "replay", "paper")
COMMANDS = {
    "exchange": ("terminal.commands.exchange:exchange", "Run the practice exchange until interrupted."),
    "instruments": ("terminal.commands.instruments:instruments", "Load and search the instrument master."),
    "facts": ("terminal.commands.facts:facts", "Dated trading facts: their age, and newer files."),
    "doctor": ("terminal.commands.doctor:doctor", "Check every precondition."),
    "secrets": ("terminal.commands.secrets:secrets", "Keep credentials in the vault."),
    "audit": ("terminal.commands.audit:audit", "Check or export the audit log."),
    "backup": ("terminal.commands.backup:backup", "Make, check or restore a backup of the records."),
    "export": ("terminal.commands.export:export", "Write orders, trades, positions or profit as a table."),
    "tape": ("terminal.commands.tape:tape", "List and verify recorded sessions."),
    "replay": ("terminal.commands.replay:replay", "Play a recorded session and say how it ended."),
    "config": ("terminal.commands.config:config", "Check the configuration file."),
}
"""Name of a subcommand, where it is, and its line in the help (so that the help imports none of them)."""

FILE = click.Path(path_type=Path)


class LazyGroup(click.Group):
    """A group whose members are imported by name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--mode", type=click.Choice(MODES), help="Where orders go; the configuration's word when left out.")
@click.option(
    "--config",
    "config_path",
    type=FILE,
    help="Configuration (TOML); default: tezi/config.toml in ~/.config or alike.",
)
@click.option("--home", type=FILE, envvar="TEZI_HOME", help="Data folder; default: tezi in ~/.local/share or alike.")
@click.option("--replay", type=FILE, help="A recording for the practice exchange to play.")
@click.option("--speed", type=click.FloatRange(0.1, 1_000), default=1.0, show_default=True, help="Times real time.")
@click.option("--attach", type=FILE, help="File with the first line of an exchange that is already running.")
@click.option("--record", is_flag=True, help="Keep a tape of the session under the data folder.")
@click.option("--instruments", type=FILE, help="An instrument master (JSON, gz or xz) to search in.")
@click.version_option(VERSION, prog_name="tezi", message="%(prog)s %(version)s")
@click.pass_context
def cli(
    ctx: click.Context,
    mode: str | None,
    config_path: Path | None,
    home: Path | None,
    replay: Path | None,
    speed: float,
    attach: Path | None,
    record: bool,
    instruments: Path | None,
) -> int:
    """A keyboard-first trading terminal for Angel One. Without a command it starts the screen, in practice mode."""
    if ctx.invoked_subcommand is not None:
        ctx.obj = config_path
        gc.enable()  # only the screen arranges its own collection
        return 0
    options = read_options(mode, config_path, home, replay, speed, attach, record, instruments)
    run = importlib.import_module("terminal.compose").run
    return int(run(options))


def read_options(
    mode: str | None,
    config_path: Path | None,
    home: Path | None,
    replay: Path | None,
    speed: float,
    attach: Path | None,
    record: bool = False,
    instruments: Path | None = None,
) -> Options:
    """The checked options; raises UserError for anything that cannot run, before anything is started."""
    config_path = config_file(config_path)
    config = load(config_path)
    options = Options(
        mode=mode or config.mode,
        config=config,
        home=home_folder(home),
        replay=existing(replay, "--replay") if replay is not None else None,
        speed=speed,
        attach=existing(attach, "--attach") if attach is not None else None,
        record=record,
        config_path=config_path,
        instruments=existing(instruments, "--instruments") if instruments is not None else None,
    )
    if options.mode == "paper":
        raise UserError("paper mode is not here yet; nothing was started. Use practice: tezi --mode practice")
    if options.mode == "replay" and options.replay is None:
        raise UserError("replay mode needs a recording; none was given. Name one: --replay PATH")
    return options
