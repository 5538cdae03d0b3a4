"""The screens by number: which there are, and how one gets from one to another."""

import importlib
from typing import TYPE_CHECKING

from core.domain import Instrument
from terminal.actions import SCREENS

if TYPE_CHECKING:
    from terminal.app import TeziApp

MADE = {
    2: "terminal.screens.orders:OrdersScreen",
    3: "terminal.screens.positions:PositionsScreen",
    6: "terminal.screens.risk:RiskScreen",
    7: "terminal.screens.health:HealthScreen",
    4: "terminal.screens.chain:ChainScreen",
    5: "terminal.screens.chart:ChartScreen",
}
"""Screen classes by number, imported when first shown; each is made with the instrument that had the focus, or None.
Screen 1 (Trade) stays under all of them."""


async def show(app: "TeziApp", number: int, subject: Instrument | None) -> None:
    """Show a screen; the one shown before goes away, but for Trade."""
    if number == 1:
        while len(app.screen_stack) > 1:
            await app.pop_screen()
        return
    if number not in MADE:
        app.say(f"{SCREENS[number - 1]}: not yet")
        return
    module, _, name = MADE[number].partition(":")
    made = getattr(importlib.import_module(module), name)(subject)
    if len(app.screen_stack) > 1:
        await app.switch_screen(made)
    else:
        await app.push_screen(made)
