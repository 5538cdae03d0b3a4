"""Entry point: `tezi` and `python -m terminal`.

Exit codes: 0 good, 1 what was checked is not good, 2 usage, 3 cannot run.
"""

import gc
import sys

import click

from core.errors import UserError
from terminal.hardening import harden


def main() -> None:
    """Run the command line; a person's mistake ends in plain lines on stderr, never in a traceback."""
    harden()
    gc.disable()  # nothing of start-up is garbage; what starts turns the collector on again
    sys.exit(run(sys.argv[1:]))


def run(args: list[str]) -> int:
    """The exit code of one command line."""
    from terminal.cli import cli

    try:
        code = cli.main(args, prog_name="tezi", standalone_mode=False)
    except UserError as e:
        return _say(str(e), 3)
    except click.exceptions.NoArgsIsHelpError as e:
        click.echo(e.format_message(), err=True)
        return 2
    except click.UsageError as e:
        help_line = f"{e.ctx.command_path if e.ctx is not None else 'tezi'} --help"
        return _say(f"{e.format_message()} See {help_line}", 2)
    except click.ClickException as e:
        return _say(e.format_message(), e.exit_code)
    except (click.Abort, KeyboardInterrupt):
        return _say("interrupted", 1)
    return code if isinstance(code, int) else 0


def _say(text: str, code: int) -> int:
    click.echo(f"tezi: {text}", err=True)
    return code


if __name__ == "__main__":
    main()
