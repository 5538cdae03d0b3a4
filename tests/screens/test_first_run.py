"""What a person types at the first start goes into the vault and nowhere else; the vault's password opens the rest."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from core.clock import ManualClock
from core.secret import Secret
from core.vault.errors import KeyringFailed
from core.vault.marks import FileMarks
from core.vault.vault import FILE, Vault
from terminal.screens.first_run import FirstRunScreen
from terminal.screens.unlock import UnlockScreen
from terminal.vaults import Entry
from tests.screens.driver import NARROW, WIDE, Driver, running
from tests.screens.fake_desk import FakeDesk
from tests.vault.build import CODE, KEY, PASSWORD, PIN, SEED, keyring, vault
from tests.waiting import until

WORD = PASSWORD.reveal()


class Machine:
    """A home, with a keyring or without, and an entry to its vault."""

    def __init__(self, home: Path, *, has_keyring: bool = True) -> None:
        self.home = home
        self.keyring = keyring() if has_keyring else None
        self.entry = Entry(home, ManualClock(), self._vault)

    def _vault(self, wants: bool) -> Vault:
        if wants and self.keyring is None:
            self.entry.keyring_why = str(KeyringFailed("none can be used on this machine"))
        return vault(self.home, keyring=self.keyring)


@asynccontextmanager
async def first_run(machine: Machine) -> AsyncIterator[Driver]:
    async with running(FakeDesk(filled=False), NARROW) as d:
        d.app.push_screen(FirstRunScreen(machine.entry))
        await d.frame()
        yield d


async def fill(d: Driver, **changes: str) -> None:
    typed = {"password": WORD, "again": WORD, "client_code": CODE, "pin": PIN, "api_key": KEY, **changes}
    for name, text in typed.items():
        await d.type_into(f"field-{name}", text)


async def saved(d: Driver, machine: Machine) -> None:
    await d.press("enter")
    await until(lambda: not isinstance(d.app.screen, FirstRunScreen), 10)
    assert machine.entry.opened is not None


async def test_what_was_typed_is_in_the_vault_and_the_seed_is_not_asked_for(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    async with first_run(machine) as d:
        await fill(d)
        assert "TOTP seed not kept" in d.text
        assert not any(secret in d.text for secret in (WORD, PIN, KEY))
        assert CODE in d.text
        await saved(d, machine)

    opened = vault(tmp_path).open(PASSWORD)
    assert opened.names() == ("api_key", "client_code", "pin")
    assert not opened.is_remembered
    assert machine.entry.missing() == ()


async def test_the_seed_and_the_keyring_are_choices_of_their_own(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    async with first_run(machine) as d:
        await fill(d)
        await d.press("f3")
        assert "one factor" in d.text
        await d.type_into("field-totp_seed", SEED)
        await d.press("f2")
        await until(lambda: "this computer's keyring" in d.text)
        await saved(d, machine)

    opened = vault(tmp_path, keyring=machine.keyring).open_remembered()
    assert opened.get("totp_seed") is not None


async def test_a_seed_that_was_typed_and_then_not_wanted_is_not_kept(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    async with first_run(machine) as d:
        await fill(d)
        await d.press("f3")
        await d.type_into("field-totp_seed", SEED)
        await d.press("f3")
        await saved(d, machine)

    assert "totp_seed" not in vault(tmp_path).open(PASSWORD).names()


async def test_mistakes_are_said_and_nothing_is_kept(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    cases = {
        "too short": {"password": "short", "again": "short"},
        "differ": {"again": WORD + "x"},
        "pin: wanted are 1 to 512": {"pin": ""},
        "api_key: wanted": {"api_key": "spa ce "},
    }
    async with first_run(machine) as d:
        for words, changes in cases.items():
            await fill(d, **changes)
            await d.press("enter")
            assert words in d.text
    assert not machine.entry.exists


async def test_a_machine_without_a_keyring_says_why(tmp_path: Path) -> None:
    async with first_run(Machine(tmp_path, has_keyring=False)) as d:
        await d.press("f2")
        await until(lambda: "no keyring:" in d.text)
        assert "the vault opens with the password" in d.text


async def test_hidden_letters_never_reach_the_clipboard(tmp_path: Path) -> None:
    async with first_run(Machine(tmp_path)) as d:
        await fill(d)
        for key in ("shift+end", "ctrl+c", "ctrl+x"):
            await d.press("home", key)
        await d.press("home", "shift+end", "ctrl+c")
        await d.press("home", "shift+end", "ctrl+x")
        assert d.app.clipboard == ""


async def test_only_the_password_opens_and_the_wrong_one_is_slowed_down(tmp_path: Path) -> None:
    vault(tmp_path).create(PASSWORD).put({"pin": Secret(PIN)})
    machine = Machine(tmp_path)
    async with running(FakeDesk(filled=False), NARROW) as d:
        d.app.push_screen(UnlockScreen(machine.entry, "The credentials are in the vault."))
        await d.frame()
        for n in range(5):
            await d.type_into("unlock-password", f"wrong password {n}")
            await d.press("enter")
            await until(lambda: "the password is wrong" in d.text)
        await d.type_into("unlock-password", WORD)
        await d.press("enter")
        assert "wait 2 s" in d.text
        machine.entry.clock.move(2)
        await d.type_into("unlock-password", WORD)
        await d.press("enter")
        await until(lambda: not isinstance(d.app.screen, UnlockScreen), 10)

    assert machine.entry.missing() == ("client_code", "api_key")


async def test_F53_an_older_vault_put_back_is_not_opened_quietly(tmp_path: Path) -> None:
    marks = (FileMarks(tmp_path / "state"),)
    opened = vault(tmp_path, marks=marks).create(PASSWORD)
    older = (tmp_path / FILE).read_bytes()
    opened.put({"pin": Secret(PIN)})
    (tmp_path / FILE).write_bytes(older)
    entry = Entry(tmp_path, ManualClock(), lambda wants: vault(tmp_path, marks=marks))
    async with running(FakeDesk(filled=False), WIDE) as d:
        d.app.push_screen(UnlockScreen(entry, "The credentials are in the vault."))
        await d.frame()
        await d.type_into("unlock-password", WORD)
        await d.press("enter")
        await until(lambda: "--accept-older" in d.text)

    assert entry.opened is None
