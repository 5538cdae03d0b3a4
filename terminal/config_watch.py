"""The configuration file while the terminal runs: a change of the limits is taken up, a mistake is said, once each."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from core.clock import Clock
from core.config import Config, load
from core.errors import UserError

LOOK_S = 1.0


async def watch_config(
    path: Path, clock: Clock, on_edit: Callable[[Config], None], on_mistake: Callable[[str], None]
) -> None:
    """For ever. A file that cannot be used changes nothing: the last good limits hold. One that vanished neither."""
    seen = await asyncio.to_thread(_stamp, path)
    while True:
        await clock.sleep(LOOK_S)
        now = await asyncio.to_thread(_stamp, path)
        if now == seen or now is None:
            continue
        seen = now
        try:
            on_edit(await asyncio.to_thread(load, path))
        except UserError as e:
            on_mistake(f"{e} The limits stay as they were.")


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """What changes when a file does; None when there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
