"""The one TOML file: every key with its default, unit and range, refused whole when anything is wrong."""

import stat
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from core.errors import UserError

FILE_BYTES_MAX = 1_000_000
PositiveInt = Annotated[int, Meta(ge=1)]


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What one order, and the whole book, may be. Rupees and units; derivatives in lots."""

    order_quantity_max: Annotated[int, Meta(ge=1, le=1_000_000)] = 5_000
    order_value_rupees_max: Annotated[int, Meta(ge=1, le=1_000_000_000)] = 200_000
    order_lots_max: Annotated[int, Meta(ge=1, le=1_000)] = 2
    collar_cash_bps: Annotated[int, Meta(ge=1, le=2_000)] = 200
    collar_futures_bps: Annotated[int, Meta(ge=1, le=2_000)] = 100
    quote_age_ms_max: Annotated[int, Meta(ge=500, le=60_000)] = 5_000
    duplicate_block_ms: Annotated[int, Meta(ge=0, le=60_000)] = 2_000
    orders_per_second_max: Annotated[int, Meta(ge=1, le=9)] = 9
    quote_age_index_ms_max: Annotated[int, Meta(ge=500, le=60_000)] = 3_000
    collar_option_bps: Annotated[int, Meta(ge=1, le=5_000)] = 2_000
    spread_cash_bps_max: Annotated[int, Meta(ge=1, le=5_000)] = 100
    spread_option_bps_max: Annotated[int, Meta(ge=1, le=10_000)] = 1_000
    book_share_bps_max: Annotated[int, Meta(ge=1, le=10_000)] = 5_000
    option_buy_rupees_max: Annotated[int, Meta(ge=1, le=1_000_000_000)] = 50_000
    option_selling: bool = False
    position_value_rupees_max: Annotated[int, Meta(ge=1, le=10_000_000_000)] = 500_000
    position_lots_max: Annotated[int, Meta(ge=1, le=10_000)] = 4
    gross_times_capital_max: Annotated[int, Meta(ge=1, le=20)] = 3
    funds_use_bps_max: Annotated[int, Meta(ge=1, le=10_000)] = 9_500
    day_loss_rupees_max: Annotated[int, Meta(ge=1, le=1_000_000_000)] = 10_000
    day_loss_bps_max: Annotated[int, Meta(ge=1, le=10_000)] = 200
    duplicate_warn_ms: Annotated[int, Meta(ge=0, le=600_000)] = 30_000
    fat_finger_times_max: Annotated[int, Meta(ge=1, le=10_000)] = 20
    open_orders_max: Annotated[int, Meta(ge=1, le=100_000)] = 50
    open_orders_instrument_max: Annotated[int, Meta(ge=1, le=100_000)] = 10
    day_orders_max: Annotated[int, Meta(ge=1, le=100_000)] = 500
    runaway_orders_max: Annotated[int, Meta(ge=1, le=100_000)] = 10
    runaway_fills_max: Annotated[int, Meta(ge=1, le=100_000)] = 5
    clock_offset_ms_max: Annotated[int, Meta(ge=100, le=60_000)] = 3_000
    blocked_symbols: Annotated[tuple[str, ...], Meta(max_length=1_000)] = ()


class Screen(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How the terminal looks."""

    paint_hz: Annotated[int, Meta(ge=1, le=60)] = 10
    watchlist: Annotated[tuple[str, ...], Meta(max_length=1_000)] = ()
    preset_quantity: Annotated[int, Meta(ge=1, le=1_000_000)] = 1


class Lock(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The lock of the screen; it exists only where there is a vault."""

    idle_minutes: Annotated[int, Meta(ge=1, le=60)] = 10


class Practice(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The practice exchange that the terminal starts."""

    seed: Annotated[int, Meta(ge=0, le=2**31 - 1)] = 1


class Logs(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    level: Literal["debug", "info", "warning", "error"] = "info"


class Keep(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How long files that only grow are kept, in days; 0 keeps them for ever. The audit log is always kept."""

    tape_days: Annotated[int, Meta(ge=0, le=36_500)] = 90
    candle_days: Annotated[int, Meta(ge=0, le=36_500)] = 30


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    mode: Literal["practice", "live", "replay", "paper"] = "practice"
    limits: Limits = Limits()
    screen: Screen = Screen()
    practice: Practice = Practice()
    logs: Logs = Logs()
    lock: Lock = Lock()
    keep: Keep = Keep()


def load(path: Path | None) -> Config:
    """The configuration of a file, or the defaults when `path` is None or the file is absent.

    Raises UserError naming file, key, value and remedy for anything that is not exactly right.
    """
    if path is None or not path.exists():
        return Config()
    try:
        found = path.stat()
        if found.st_size > FILE_BYTES_MAX:
            raise UserError(
                f"{path}: {found.st_size} bytes, at most {FILE_BYTES_MAX}. This is no configuration of Tezi."
            )
        if found.st_mode & stat.S_IWOTH:
            raise UserError(f"{path}: every user of this computer may change it. Run: chmod o-w {path}")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as e:
        raise UserError(f"{path}: cannot be read ({e}). Mend the file or start without --config.") from e
    return parse(text, str(path))


def parse(text: str, name: str) -> Config:
    """The configuration in a TOML text; `name` is used in messages. Raises UserError."""
    import tomllib  # only when there is a file: the first frame of a fresh home does without

    if text.startswith("\ufeff"):
        raise UserError(f"{name}: begins with a byte order mark. Save it as UTF-8 without one.")
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as e:
        raise UserError(f"{name}: not valid TOML: {e}. Mend that line.") from e
    try:
        return msgspec.convert(table, Config, strict=True)
    except msgspec.ValidationError as e:
        raise UserError(f"{name}: {_explain(str(e), table)}") from e


def _explain(problem: str, table: dict[str, object]) -> str:
    """Turn the library's words (`Expected int, got str - at `$.limits.x``) into key, value, remedy."""
    what, _, where = problem.partition(" - at `$")
    key = where.rstrip("`").lstrip(".")
    if "unknown field" in what:
        field = what.split("`")[1]
        full = f"{key}.{field}" if key else field
        return f"unknown key {full} = {_value(table, full)!r}. Remove it; config.example.toml lists the keys."
    return f"{key} = {_value(table, key)!r}: {what[0].lower()}{what[1:]}. Change it; config.example.toml has the range."


def _value(table: dict[str, object], key: str) -> object:
    value: object = table
    for part in key.split("."):
        value = value.get(part.split("[")[0]) if isinstance(value, dict) else None
    return value
