"""What comes before the engine where a vault is needed: the first-run screen, or the password. Practice passes by."""

import asyncio
from typing import TYPE_CHECKING

from core.clock import Clock
from core.errors import UserError
from core.store.audit.sealedkey import is_sealed
from terminal.options import Options

if TYPE_CHECKING:
    from textual.screen import Screen

    from core.vault.opened import Opened
    from terminal.app import TeziApp
    from terminal.vaults import Entry


def needs_vault(options: Options) -> bool:
    """Live mode does; another mode only on a home whose audit log is sealed by a vault already."""
    return options.mode == "live" or is_sealed(options.home)


async def enter(app: "TeziApp", options: Options, clock: Clock) -> "Opened":
    """The open vault, with what a login needs in live mode. Raises VaultError for a file that cannot be used."""
    from terminal.vaults import Entry

    entry = Entry(options.home, clock)
    live = options.mode == "live"
    exists = await asyncio.to_thread(lambda: entry.exists)
    if exists and not await asyncio.to_thread(entry.open_remembered):
        await _unlocked(app, entry, live)
    if live and (entry.opened is None or entry.missing()):
        from terminal.screens.modals import FirstRunScreen

        await ask(app, FirstRunScreen(entry))
    if entry.opened is None:
        raise UserError(
            f"{options.home}: its audit log is sealed by a vault that is not here. Put vault.tezi back from a copy, "
            "or begin a new log: tezi audit set-aside"
        )
    return entry.opened


async def _unlocked(app: "TeziApp", entry: "Entry", live: bool) -> None:
    from terminal.screens.modals import UnlockScreen

    why = "The credentials are in the vault." if live else "The audit log of this folder is sealed by its vault."
    await ask(app, UnlockScreen(entry, why))


async def ask(app: "TeziApp", screen: "Screen[bool]") -> None:
    """Show a screen and wait until it is done with; pushed by the app itself, because we are no part of it."""
    done = asyncio.Event()
    app.call_later(app.push_screen, screen, lambda _: done.set())
    await done.wait()
