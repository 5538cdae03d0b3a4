"""What the keys of the watchlist do. Mixed into the Trade screen; acts on the focused row only, as all keys do."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from core.domain import InstrumentKey
from terminal.screens.desk_screen import DeskScreen
from terminal.screens.numbers import show
from widgets.watch import WatchGrid

if TYPE_CHECKING:
    from core.marketviews import Lists


class WatchActions(DeskScreen):
    """Everything that changes lists."""

    @property
    def _lists(self) -> "Lists":
        return self.desk.lists

    @property
    def grid(self) -> WatchGrid:
        return self.query_one(WatchGrid)

    def _row(self) -> InstrumentKey | None:
        """The focused row of the list; None, and said, when the focus is elsewhere."""
        if self.focused is not self.grid:
            self.tezi.say("that is a key of the watchlist: go there first")
            return None
        row = self.grid.current_row()
        if row is None or row.heading:
            self.tezi.say("no instrument under the cursor")
            return None
        return row.key if isinstance(row.key, InstrumentKey) else None

    def _told(self, refused: str) -> str:
        """Say a refusal; and bring the list up to date at once, so that the next key acts on what is there."""
        if refused:
            self.tezi.say(refused, bad=True)
        self.grid.paint()
        return refused

    def _answer(self, refused: str) -> None:
        self._told(refused)

    def action_list_remove(self) -> None:
        key = self._row()
        if key is not None:
            row = self.grid.current_row()
            if not self._told(self._lists.remove(key)) and row is not None:
                self.tezi.say(f"{row.symbol} is off the list")

    def action_list_move(self, by: int) -> None:
        key = self._row()
        if key is not None:
            self._told(self._lists.move(key, by))

    def action_list_pin(self) -> None:
        if self._row() is not None:
            instrument = self.grid.current()
            self._told(self._lists.pin(instrument) if instrument else "it is not listed today and cannot be pinned")

    async def action_list_group(self) -> None:
        key = self._row()
        if key is None:
            return
        row = self.grid.current_row()
        there = f" There are: {', '.join(self._lists.groups())}." if self._lists.groups() else ""
        await self._ask(
            "Group", f"Name of the group; empty takes the row out of its group.{there}", row.group if row else "",
            lambda text: self._lists.regroup(key, text),
        )  # fmt: skip

    async def action_list_sort(self) -> None:
        from terminal.screens.prompts import PickScreen

        columns = ("", *self._lists.columns())
        now = self._lists.sort
        at = columns.index(now.removeprefix("-")) if now.removeprefix("-") in columns else 0
        words = tuple(_sort_word(column, now) for column in columns)

        def chosen(place: int | None) -> None:
            if place is not None:
                self._told(self._lists.sort_by(turned(columns[place], now)))

        await self.app.push_screen(PickScreen("Sort by", words, at), chosen)

    async def action_list_filter(self) -> None:
        columns = ", ".join(self._lists.columns())
        hint = f"chg > 2 and age < 5s, or: vol > 10L, symbol ~ bank; empty shows all. Columns: {columns}"
        await self._ask("Filter", hint, self._lists.filter, lambda text: self._lists.filter_by(text))

    async def action_list_new(self) -> None:
        await self._ask("New list", "A name of 1 to 24 characters.", "", lambda text: self._lists.create(text.strip()))

    async def action_list_rename(self) -> None:
        name = self._lists.chosen
        await self._ask("Rename list", "A name of 1 to 24 characters.", name, lambda t: self._lists.rename(t.strip()))

    async def action_list_csv(self) -> None:
        hint = (
            "A file with a symbol on each line, or columns symbol, exchange, group. One unknown line and none is added."
        )
        await self._ask("Add from CSV", hint, "", self._csv)

    async def action_list_delete(self) -> None:
        from terminal.screens.modals import QuestionScreen

        name, count = self._lists.chosen, len(self.desk.watchlist())
        question = f"Delete the list {name} with {count} instruments?"
        asked = QuestionScreen(question, "Enter deletes it", "Delete")
        await self.app.push_screen(asked, lambda yes: self._answer(self._lists.delete() if yes else ""))

    async def action_chart(self) -> None:
        await show(self.tezi, 5, self.subject())

    async def action_chain(self) -> None:
        await show(self.tezi, 4, self.subject())

    def _csv(self, text: str) -> str:
        answer = self._lists.take_csv(Path(text.strip()).expanduser()) if text.strip() else "name a file"
        if answer.startswith("added"):
            self.tezi.say(answer)
            return ""
        return answer

    async def _ask(self, title: str, hint: str, value: str, take: Callable[[str], str]) -> None:
        from terminal.screens.prompts import PromptScreen

        await self.app.push_screen(PromptScreen(title, hint, value, take), lambda done: self._answer(""))


def turned(column: str, now: str) -> str:
    """What choosing a column sorts by: falling first, rising when it is chosen again; empty is the order by hand."""
    return f"-{column}" if column and now != f"-{column}" else column


def _sort_word(column: str, now: str) -> str:
    if not column:
        return "the order made by hand"
    way = "  falling" if now == f"-{column}" else "  rising" if now == column else ""
    return column + way
