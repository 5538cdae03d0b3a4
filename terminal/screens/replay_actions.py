"""What the keys of a replay do: on every screen that shows one; without a tape they say so."""

from core.clock import NS_PER_S, iso_to_ns, ist_day
from core.marketviews import Replay
from terminal.screens.desk_screen import DeskScreen


class ReplayActions(DeskScreen):
    """Play, pause, speed, step, seek."""

    def _tape(self) -> Replay | None:
        if self.desk.replay is None:
            self.tezi.say("no tape is played in this session: tezi replay TAPE")
        return self.desk.replay

    def action_replay_toggle(self) -> None:
        tape = self._tape()
        if tape is not None:
            tape.toggle()

    def action_replay_step(self, count: int) -> None:
        tape = self._tape()
        if tape is not None:
            tape.step(count)

    def action_replay_speed(self, by: int) -> None:
        tape = self._tape()
        if tape is not None:
            tape.faster(by)

    def action_replay_skip(self, seconds: int) -> None:
        tape = self._tape()
        if tape is not None:
            tape.seek(tape.position_ns + seconds * NS_PER_S)

    async def action_replay_goto(self) -> None:
        from terminal.screens.prompts import PromptScreen

        tape = self._tape()
        if tape is not None:
            hint = "A time of the day, Indian time: 10:15 or 10:15:30. Going back plays again from the beginning."
            await self.app.push_screen(PromptScreen("Go to", hint, "", lambda text: goto(tape, text)))


def goto(tape: Replay, text: str) -> str:
    """Seek to a time of the day on which the tape stands; gives why not, empty when it was done."""
    day = ist_day(tape.position_ns)
    clock = text.strip() if text.strip().count(":") == 2 else f"{text.strip()}:00"
    try:
        at_ns = iso_to_ns(f"{day}T{clock.zfill(8)}+05:30")
    except ValueError:
        return f"{text!r} is no time of the day; write 10:15 or 10:15:30"
    tape.seek(at_ns)
    return ""
