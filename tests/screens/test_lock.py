"""The locked screen hides everything and lets nothing out; looser limits are shown with both values."""

from dataclasses import replace
from random import Random

from core.facts import Event, EventKind
from core.views import GuardStatus
from terminal.screens.dialogs import NotLockedScreen
from terminal.screens.limits import LimitsScreen
from terminal.screens.lock import LockScreen
from terminal.screens.panic import PanicScreen
from terminal.screens.trade import TradeScreen
from tests.screens.driver import NARROW, WIDE, running
from tests.screens.fake_desk import NOON_NS, PASSWORD, FakeDesk

KEYS = 300
SENDS = ("submit", "cancel", "resume", "watch", "confirm_limits")


def vaulted() -> FakeDesk:
    desk = FakeDesk()
    desk.guarded = GuardStatus(has_vault=True)
    return desk


async def test_nothing_of_the_desk_is_seen_on_a_locked_screen() -> None:
    for size in (WIDE, NARROW):
        async with running(vaulted(), size) as d:
            await d.press("b")
            await d.press("ctrl+l")

            assert isinstance(d.app.screen, LockScreen)
            assert "LOCKED" in d.text
            assert not any(word in d.text for word in ("RELIANCE", "1,41", "A123456", "+11", "BUY"))
            assert d.app.screen.styles.background.a == 1


async def test_the_password_opens_and_brings_back_what_was_open() -> None:
    desk = vaulted()
    async with running(desk) as d:
        await d.press("b")
        await d.press("ctrl+l")
        await d.press(*"wrong", "enter")
        assert "not the password" in d.text
        assert d.field("lock-password") == ""
        await d.press(*PASSWORD, "enter")

        assert d.ticket
        assert desk.asked("unlock") == [("unlock", "wrong"), ("unlock", PASSWORD)]
        assert PASSWORD not in d.text


async def test_typed_letters_are_not_shown() -> None:
    async with running(vaulted()) as d:
        await d.press("ctrl+l")
        await d.press(*"hunter2")
        assert "hunter2" not in d.text
        assert "•••••••" in d.text


async def test_panic_works_on_a_locked_screen_and_names_no_order() -> None:
    desk = vaulted()
    async with running(desk) as d:
        await d.press("ctrl+l")
        await d.press("f12", "c")
        assert isinstance(d.app.screen, PanicScreen)
        assert "3, not named while the screen is locked" in d.text
        assert "RELIANCE" not in d.text
        await d.press("enter")
        await d.press("escape")

        assert desk.asked("cancel_all")
        assert isinstance(d.app.screen, LockScreen)


async def test_it_locks_over_whatever_is_open_and_says_nothing_loud() -> None:
    desk = vaulted()
    async with running(desk) as d:
        await d.press("f12")
        desk.guarded = replace(desk.guarded, locked=True)
        await d.frame()
        desk.tell(Event(NOON_NS, EventKind.ORDER, "B 50 RELIANCE FILLED", loud=True))
        await d.frame()

        assert isinstance(d.app.screen, LockScreen)
        assert d.toasts() == []
        await d.press("ctrl+q")
        assert "The screen is locked. Leave?" in d.text
        assert "held" not in d.text


async def test_random_keys_on_a_locked_screen_open_and_send_nothing() -> None:
    desk, random = vaulted(), Random(5)
    keys = [*"abcdklprsxyz0123456789/?[]", "enter", "tab", "escape", "up", "down", "f1", "f2", "f3", "f9", "ctrl+g"]
    async with running(desk) as d:
        await d.press("ctrl+l")
        for _ in range(KEYS // 10):
            await d.press(*(random.choice(keys) for _ in range(10)))
            assert isinstance(d.app.screen, LockScreen)

        assert [c for c in desk.calls if c[0] in SENDS] == []
        assert desk.touches >= KEYS


async def test_without_a_vault_the_key_says_why_it_does_not_lock() -> None:
    async with running(FakeDesk()) as d:
        await d.press("ctrl+l")
        assert "Not locked: there is no vault" in d.text
        assert "tezi secrets set NAME" in d.text


async def test_a_password_typed_after_a_refused_lock_commands_nothing() -> None:
    desk = FakeDesk()
    async with running(desk) as d:
        await d.press("ctrl+l")
        await d.press(*"bsxwzr/2")
        assert isinstance(d.app.screen, NotLockedScreen)
        await d.press("enter")

        assert isinstance(d.app.screen, TradeScreen)
        assert [c for c in desk.calls if c[0] in SENDS] == []


async def test_looser_limits_show_both_values_and_take_the_word() -> None:
    desk = FakeDesk()
    desk.guarded = GuardStatus(loosened=("limits.order_value_rupees_max: 200000 -> 400000",))
    async with running(desk) as d:
        await d.press("ctrl+g")
        assert "limits.order_value_rupees_max: 200000 -> 400000" in d.text
        assert "the word LOOSEN" in d.text
        await d.press(*"LOOSEN", "enter")
        assert desk.asked("confirm_limits") == [("confirm_limits", "LOOSEN")]
        desk.guarded = GuardStatus()
        await d.frame()
        assert "what the file says is in force" in d.text
        await d.press("escape")
        assert isinstance(d.app.screen, TradeScreen)


async def test_with_a_vault_the_minute_is_counted_and_can_be_taken_back() -> None:
    desk = vaulted()
    desk.guarded = replace(desk.guarded, loosened=("limits.order_lots_max: 2 -> 4",), due_s=42.0)
    async with running(desk, NARROW) as d:
        await d.press("ctrl+g")
        assert isinstance(d.app.screen, LimitsScreen)
        assert "In force in 42 s" in d.text
        assert "the vault's password, then 60 s" in d.text
        await d.press("f2")
        assert desk.asked("keep_limits")


async def test_the_key_says_when_nothing_waits() -> None:
    async with running(FakeDesk()) as d:
        await d.press("ctrl+g")
        assert d.toasts() == ["no looser limit waits"]
