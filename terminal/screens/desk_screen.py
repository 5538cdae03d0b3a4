"""What every screen of ours can do: take a desk, and paint its panes."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Protocol, TypeVar, cast, runtime_checkable

from textual.screen import ModalScreen, Screen

from core.domain import Instrument
from core.views import Desk, Status
from terminal.actions import Scope
from widgets.pane import Pane

if TYPE_CHECKING:
    from terminal.app import TeziApp

T = TypeVar("T")


@runtime_checkable
class Paintable(Protocol):
    """A screen that the app's paint timer asks."""

    def use(self, desk: Desk) -> None: ...
    def paint(self, status: Status | None) -> None: ...


class DeskScreen(Screen[None]):
    """A screen of its own over a desk. `SCOPES` are those of its keys, for the overlay of keys."""

    SCOPES: ClassVar[tuple[Scope, ...]] = ()

    @property
    def tezi(self) -> "TeziApp":
        return cast("TeziApp", self.app)

    @property
    def desk(self) -> Desk:
        return self.tezi.desk

    def subject(self) -> Instrument | None:
        """The instrument under the cursor, which another screen would begin with."""
        return None

    async def action_screen_number(self, number: int) -> None:
        from terminal.screens.numbers import show

        await show(self.tezi, number, self.subject())

    async def action_help(self) -> None:
        from terminal.screens.modals import KeysScreen

        await self.app.push_screen(KeysScreen(self.size.width, self.size.height, self.SCOPES))


class DeskModal(ModalScreen[T]):
    """A modal over a desk: its panes paint with the app's timer; `desk` is always the one attached now."""

    covers = False
    """Whether nothing of what lies under it may be seen or painted."""

    @property
    def tezi(self) -> "TeziApp":
        return cast("TeziApp", self.app)

    @property
    def desk(self) -> Desk:
        return self.tezi.desk

    def panes(self) -> Iterator[Pane]:
        yield from self.query(Pane)

    def on_mount(self) -> None:
        self.use(self.desk)
        self.call_after_refresh(self.paint, None)

    def use(self, desk: Desk) -> None:
        for pane in self.panes():
            pane.use(desk)

    def paint(self, status: Status | None) -> None:
        if not self.is_mounted:
            return
        for pane in self.panes():
            pane.status = status
            pane.paint()
