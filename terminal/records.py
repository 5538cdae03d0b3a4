"""Care of the records while the terminal runs: changes of configuration, the check after an unclean stop, backups."""

import asyncio
import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

import msgspec

from core.clock import NS_PER_S, Clock
from core.config import Config, Keep, Limits
from core.config_change import in_force
from core.engine.limits import CONFIG_KEY
from core.errors import UserError
from core.store import backup
from core.store.audit.log import AuditLog
from core.store.audit.places import STORE
from core.store.integrity import damage
from core.store.journal import OrderJournal
from core.store.retention import delete_old
from core.store.writer import Writer

BACKUP_EVERY_NS = 24 * 3600 * NS_PER_S
LOOK_S = 600.0
TIDY_S = 6 * 3600.0
LOG_LOOK_S = 5.0
LOG_ALARM_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True)
class ConfigChange:
    """SHA-256 of the configuration in force, that configuration (loosened limits as they were), and what differs from
    the last start: key to [before, now] as JSON texts."""

    digest: str
    in_force: Config
    keys: dict[str, list[str]]


async def config_change(journal: OrderJournal, config: Config) -> ConfigChange:
    """Compare with what was in force last, and keep what is now: a limit that the file loosened since then stays as it
    was until a person confirms. A home without a last start takes the file as it is. Raises StoreFailed."""
    before = await journal.load_meta(CONFIG_KEY)
    acting = in_force(msgspec.structs.replace(config, limits=_limits(before)), config) if before else config
    now = msgspec.json.encode(acting).decode()
    keys = _differences(before, now) if before else {}
    if before != now:
        await journal.store_meta(CONFIG_KEY, now)
    return ConfigChange(hashlib.sha256(now.encode()).hexdigest(), acting, keys)


def _limits(before: str) -> Limits:
    """The limits of an earlier start, by whatever version: keys that are new since then have their default."""
    held = msgspec.json.decode(before).get("limits", {})
    known = {name: held[name] for name in Limits.__struct_fields__ if name in held}
    try:
        return msgspec.convert(known, Limits)
    except msgspec.ValidationError:
        return Limits()


async def keep_records(
    home: Path, clock: Clock, audit: AuditLog, unclean: bool, halt: Callable[[str], None], key: bytes | None = None
) -> None:
    """For ever: what a start owes the records (in threads), then a backup each day, encrypted if there is a `key`."""
    if unclean and (problem := await asyncio.to_thread(damage, home / STORE)):
        halt(f"the order records are damaged: {problem}. See: tezi backup restore")
    await audit.check_all()
    while True:
        await _backup_when_due(home, clock, audit, key)
        await clock.sleep(LOOK_S)


async def watch_log(
    writer: Writer, clock: Clock, alarm: Callable[[str], None], limit_bytes: int = LOG_ALARM_BYTES
) -> None:
    """For ever: say when the write-ahead log grows beyond `limit_bytes` (a reader that stays open keeps it from being
    folded back), fold it as soon as that is possible, and say when it is short again."""
    told = False
    while True:
        size = writer.log_bytes()
        if size > limit_bytes:
            writer.fold_soon()
        if size > limit_bytes and not told:
            alarm(
                f"the store's write-ahead log has {size / 2**20:.0f} MiB, at most {limit_bytes / 2**20:.0f} are usual: "
                "some program keeps the store open. Close it; nothing is lost"
            )
        elif told and size <= limit_bytes:
            alarm("the store's write-ahead log is short again")
        told = size > limit_bytes
        await clock.sleep(LOG_LOOK_S)


async def _backup_when_due(home: Path, clock: Clock, audit: AuditLog, key: bytes | None) -> None:
    now_ns = clock.real_ns()
    held = await asyncio.to_thread(backup.backups, home)
    if held and 0 <= now_ns - backup.made_ns(held[-1]) < BACKUP_EVERY_NS:
        return
    try:
        made = await asyncio.to_thread(backup.create, home, now_ns, None, key)
        gone = await asyncio.to_thread(backup.rotate, home)
    except UserError as e:
        audit.append("backup.failed", {"why": str(e)})
        return
    audit.append("backup", {"file": made.name, "rotated": [p.name for p in gone]})


async def keep_tidy(home: Path, clock: Clock, audit: AuditLog, keep: Keep, in_use: Collection[Path]) -> None:
    """For ever: delete whole files older than the configuration keeps (in a thread), and put on record which."""
    while True:
        try:
            gone = await asyncio.to_thread(delete_old, home, clock.real_ns(), keep, in_use)
        except OSError as e:
            audit.append("files.delete_failed", {"why": str(e)})
        else:
            if gone:
                audit.append("files.deleted", {"files": [str(p.relative_to(home)) for p in gone]})
        await clock.sleep(TIDY_S)


def _differences(before: str, now: str) -> dict[str, list[str]]:
    old, new = _leaves(msgspec.json.decode(before)), _leaves(msgspec.json.decode(now))
    return {k: [old.get(k, ""), new.get(k, "")] for k in sorted(old | new) if old.get(k) != new.get(k)}


def _leaves(value: object, path: str = "") -> dict[str, str]:
    if not isinstance(value, dict):
        return {path: msgspec.json.encode(value).decode()}
    found: dict[str, str] = {}
    for key, inner in value.items():
        found |= _leaves(inner, f"{path}.{key}" if path else str(key))
    return found
