"""What one run of the terminal was asked to be, and where its files are."""

from dataclasses import dataclass
from pathlib import Path

from core.config import Config
from core.errors import UserError


@dataclass(frozen=True, slots=True)
class Options:
    """The command line, checked. `mode` is the word after `--mode`, else the configuration's.

    `replay` is a recording for the practice exchange to play, `speed` how many times real time it runs; `attach` a file
    whose first line is the first line of an exchange that was started by hand; `record` keeps a tape of the session.
    `instruments` is an instrument master to search in, taken over into the data folder first.
    """

    mode: str
    config: Config
    home: Path
    replay: Path | None = None
    speed: float = 1.0
    attach: Path | None = None
    record: bool = False
    config_path: Path | None = None
    """Where `config` was read from and is watched for changes; the file may be absent."""
    instruments: Path | None = None


def home_folder(given: Path | None) -> Path:
    """The data folder: `--home` or TEZI_HOME, else the user's data folder of this system."""
    if given is not None:
        return given.expanduser().absolute()
    from platformdirs import user_data_path

    return user_data_path("tezi", appauthor=False)


def config_file(given: Path | None) -> Path:
    """The configuration file: `--config`, else `config.toml` in the user's configuration folder (it may be absent).

    Raises UserError when a file was named and does not exist.
    """
    if given is not None:
        return existing(given, "--config")
    from platformdirs import user_config_path

    return user_config_path("tezi", appauthor=False) / "config.toml"


def existing(path: Path, option: str) -> Path:
    """The path, absolute. Raises UserError naming the option when there is nothing."""
    path = path.expanduser().absolute()
    if not path.exists():
        raise UserError(f"{option} {path}: no such file. Check the path, or leave the option out.")
    return path
