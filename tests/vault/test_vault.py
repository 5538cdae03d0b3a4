"""The vault: what goes in comes out, with the password only; what was altered is refused for what it is."""

import json
import os
import stat
from pathlib import Path

import pytest

from core.clock import ManualClock
from core.errors import UserError
from core.secret import Secret
from core.vault.envelope import DIGEST, take_apart
from core.vault.errors import (
    DamagedVault,
    ExposedVault,
    NewerVault,
    NoVault,
    RolledBack,
    VaultChanged,
    VaultError,
    WrongPassword,
)
from core.vault.marks import FileMarks
from core.vault.vault import FILE
from tests.vault.alter import checksummed, with_header
from tests.vault.build import CODE, ITEMS, KEY, PASSWORD, PIN, SEED, vault


def made(folder: Path) -> Path:
    opened = vault(folder).create(PASSWORD)
    opened.put(ITEMS)
    return folder / FILE


def test_what_goes_in_comes_out_and_stands_nowhere_in_the_file(tmp_path: Path) -> None:
    path = made(tmp_path)
    opened = vault(tmp_path).open(PASSWORD)
    data = path.read_bytes() + path.with_name(FILE + ".prev").read_bytes()

    assert opened.names() == ("api_key", "client_code", "pin")
    assert {n: v.reveal() for n in opened.names() if (v := opened.get(n))} == {
        "client_code": CODE, "pin": PIN, "api_key": KEY,
    }  # fmt: skip
    assert opened.get("totp_seed") is None
    assert not any(secret.encode() in data for secret in (CODE, PIN, KEY, PASSWORD.reveal()))
    assert not any(secret in repr(opened) + repr(vars(opened)) for secret in (CODE, PIN, KEY))


def test_only_the_owner_may_read_any_file_of_it(tmp_path: Path) -> None:
    os.umask(0)
    try:
        made(tmp_path / "home")
    finally:
        os.umask(0o077)

    modes = {f.name: stat.S_IMODE(f.stat().st_mode) for f in (tmp_path / "home").iterdir()}
    assert modes == {FILE: 0o600, FILE + ".prev": 0o600}
    assert stat.S_IMODE((tmp_path / "home").stat().st_mode) == 0o700


def test_the_length_of_the_file_says_little(tmp_path: Path) -> None:
    opened = vault(tmp_path).create(PASSWORD)
    empty = (tmp_path / FILE).stat().st_size
    opened.put(ITEMS)

    assert abs((tmp_path / FILE).stat().st_size - empty) < 16


def test_F53_a_wrong_password_is_refused(tmp_path: Path) -> None:
    made(tmp_path)

    for wrong in ("correct horse batterz", "", "Correct horse battery", "correct horse battery "):
        with pytest.raises(WrongPassword):
            vault(tmp_path).open(Secret(wrong))


def test_a_password_typed_in_another_unicode_form_is_the_same(tmp_path: Path) -> None:
    vault(tmp_path).create(Secret("pässword-long"))

    assert vault(tmp_path).open(Secret("pa\u0308ssword-long")).names() == ()


def test_F53_every_flipped_byte_is_refused_as_damage(tmp_path: Path) -> None:
    path = made(tmp_path)
    good = path.read_bytes()
    refused = 0
    for at in range(len(good)):
        path.write_bytes(good[:at] + bytes([good[at] ^ (0x01, 0x80, 0xFF)[at % 3]]) + good[at + 1 :])
        with pytest.raises(DamagedVault):
            vault(tmp_path).open(PASSWORD)
        refused += 1

    assert refused == len(good) > 1_300


def test_F53_every_truncation_and_addition_is_refused_as_damage(tmp_path: Path) -> None:
    path = made(tmp_path)
    good = path.read_bytes()
    for data in [good[:n] for n in range(len(good))] + [good + b"\0", b"\n" + good, b"", b"\n" * 300_000]:
        path.write_bytes(data)
        with pytest.raises(DamagedVault):
            vault(tmp_path).open(PASSWORD)


def test_F53_every_flipped_byte_is_refused_even_with_a_right_checksum(tmp_path: Path) -> None:
    """What the checksum covers up, the authentication finds: it protects header, wraps and contents without it."""
    path = made(tmp_path)
    good = path.read_bytes()
    refused = 0
    for at in range(len(good) - DIGEST):
        path.write_bytes(checksummed(good[:at] + bytes([good[at] ^ 0x01]) + good[at + 1 : -DIGEST]))
        with pytest.raises((DamagedVault, WrongPassword, NewerVault)):
            vault(tmp_path).open(PASSWORD)
        refused += 1

    assert refused == len(good) - DIGEST


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"kdf": {"n": 1 << 11}}, WrongPassword),
        ({"kdf": {"n": 1 << 9}}, DamagedVault),
        ({"kdf": {"n": 1 << 40}}, DamagedVault),
        ({"kdf": {"n": 1500}}, DamagedVault),
        ({"kdf": {"n": 1 << 20, "r": 16}}, DamagedVault),
        ({"kdf": {"p": 9}}, DamagedVault),
        ({"ctr": 9_999}, DamagedVault),
        ({"ctr": 0}, DamagedVault),
        ({"ms": 1}, DamagedVault),
        ({"extra": 1}, DamagedVault),
        ({"wraps": []}, DamagedVault),
        ({"v": 0}, DamagedVault),
        ({"v": 2, "kdf": None, "whatever": 1}, NewerVault),
        ({"id": "ff" * 16}, WrongPassword),
    ],
)
def test_F53_a_rewritten_header_is_refused(tmp_path: Path, changes: dict[str, object], error: type[VaultError]) -> None:
    path = made(tmp_path)
    path.write_bytes(with_header(path.read_bytes(), changes))

    with pytest.raises(error):
        vault(tmp_path).open(PASSWORD)


def test_the_header_is_one_line_of_json_within_its_bound(tmp_path: Path) -> None:
    sealed = take_apart(made(tmp_path).read_bytes(), tmp_path)

    assert len(sealed.line) <= 1024
    assert json.loads(sealed.line)["kdf"] == {"n": 1024, "r": 8, "p": 1, "salt": "MDEyMzQ1Njc4OWFiY2RlZg=="}


def test_a_vault_that_others_may_read_or_that_is_a_link_is_refused(tmp_path: Path) -> None:
    path = made(tmp_path)
    path.chmod(0o640)
    with pytest.raises(ExposedVault, match=r"others may read it \(mode 640\). chmod 600"):
        vault(tmp_path).open(PASSWORD)
    path.chmod(0o600)
    (tmp_path / "real").write_bytes(path.read_bytes())
    path.unlink()
    path.symlink_to(tmp_path / "real")
    with pytest.raises(ExposedVault):
        vault(tmp_path).open(PASSWORD)
    path.unlink()
    os.mkfifo(path, 0o600)
    with pytest.raises(ExposedVault, match="no plain file"):
        vault(tmp_path).open(PASSWORD)


def test_there_is_none_or_one_already(tmp_path: Path) -> None:
    with pytest.raises(NoVault, match="tezi secrets set"):
        vault(tmp_path).open(PASSWORD)
    made(tmp_path)
    with pytest.raises(VaultError, match="already"):
        vault(tmp_path).create(PASSWORD)


def test_a_short_password_is_refused(tmp_path: Path) -> None:
    with pytest.raises(VaultError, match="too short"):
        vault(tmp_path).create(Secret("123456789"))
    assert not (tmp_path / FILE).exists()


def test_the_seed_is_kept_only_by_choice(tmp_path: Path) -> None:
    opened = vault(tmp_path).create(PASSWORD)
    with pytest.raises(VaultError, match="one factor"):
        opened.put({"totp_seed": Secret(SEED)})
    assert vault(tmp_path).open(PASSWORD).names() == ()

    opened.put({"totp_seed": Secret(SEED)}, second_factor_too=True)
    seed = vault(tmp_path).open(PASSWORD).get("totp_seed")
    assert seed is not None and seed.reveal() == SEED


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[(name, "x" * 20) for name in ("jwt", "refresh_token", "feed_token", "", "PIN")],
        *[("pin", value) for value in ("", " 1234", "12\n34", "é", "x" * 513)],
        ("totp_seed", "123456"),
    ],
)
def test_what_may_not_be_kept_is_refused_without_being_shown(tmp_path: Path, name: str, value: str) -> None:
    opened = vault(tmp_path).create(PASSWORD)

    with pytest.raises(UserError) as refused:
        opened.put({name: Secret(value)}, second_factor_too=True)
    assert not value.strip() or value not in str(refused.value)
    assert opened.names() == ()


def test_what_is_removed_is_gone_from_the_previous_copy_too(tmp_path: Path) -> None:
    opened = vault(tmp_path).create(PASSWORD)
    opened.put(ITEMS)

    assert opened.remove("pin")
    assert not opened.remove("pin")
    assert vault(tmp_path).open(PASSWORD).names() == ("api_key", "client_code")
    assert [f.name for f in tmp_path.iterdir()] == [FILE]


def test_a_new_password_shuts_the_old_one_out_and_keeps_the_derived_keys(tmp_path: Path) -> None:
    path = made(tmp_path)
    opened = vault(tmp_path).open(PASSWORD)
    audit, backup = opened.key_for("audit"), opened.key_for("backup")
    before = path.read_bytes()
    opened.change_password(Secret("another long password"))

    with pytest.raises(WrongPassword):
        vault(tmp_path).open(PASSWORD)
    again = vault(tmp_path).open(Secret("another long password"))
    assert again.key_for("audit") == audit != backup
    assert len(audit) == 32
    assert again.names() == ("api_key", "client_code", "pin")
    assert [f.name for f in tmp_path.iterdir()] == [FILE]
    old, new = take_apart(before, path), take_apart(path.read_bytes(), path)
    assert old.header.kdf.salt != new.header.kdf.salt


def test_a_closed_vault_gives_nothing_and_its_key_is_overwritten(tmp_path: Path) -> None:
    opened = vault(tmp_path).create(PASSWORD)
    key = opened._dek
    opened.close()

    assert key == bytes(32)
    for ask in (opened.names, lambda: opened.get("pin"), lambda: opened.key_for("audit"), lambda: opened.put(ITEMS)):
        with pytest.raises(VaultError, match="closed"):
            ask()


def test_a_second_writer_is_noticed(tmp_path: Path) -> None:
    made(tmp_path)
    one, two = vault(tmp_path).open(PASSWORD), vault(tmp_path).open(PASSWORD)
    one.put({"pin": Secret("1111")})

    with pytest.raises(VaultChanged):
        two.put({"pin": Secret("2222")})
    pin = vault(tmp_path).open(PASSWORD).get("pin")
    assert pin is not None and pin.reveal() == "1111"


def test_F53_an_older_vault_put_back_is_noticed_and_must_be_accepted(tmp_path: Path) -> None:
    clock, marks = ManualClock(), (FileMarks(tmp_path / "elsewhere"),)
    opened = vault(tmp_path / "home", marks=marks, clock=clock).create(PASSWORD)
    opened.put(ITEMS)
    old = (tmp_path / "home" / FILE).read_bytes()
    clock.move(3600)
    opened.put({"pin": Secret("9999")})
    assert vault(tmp_path / "home", marks=marks).open(PASSWORD).rolled_back == ""

    (tmp_path / "home" / FILE).write_bytes(old)
    again = vault(tmp_path / "home", marks=marks, clock=clock).open(PASSWORD)

    assert again.rolled_back == (
        "this vault was written 2025-11-27 09:00:00, but one of 2025-11-27 10:00:00 was seen here before"
    )
    with pytest.raises(RolledBack):
        again.put({"pin": Secret("1111")})
    again.accept_rollback()
    again.put({"pin": Secret("1111")})
    assert vault(tmp_path / "home", marks=marks).open(PASSWORD).rolled_back == ""


def test_a_mark_that_cannot_be_read_or_kept_closes_no_vault(tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    marks = (FileMarks(folder),)
    opened = vault(tmp_path, marks=marks).create(PASSWORD)
    mark = next(folder.iterdir())
    for junk in (b"", b"{}", b"\xff" * 400):
        mark.write_bytes(junk)
        assert vault(tmp_path, marks=marks).open(PASSWORD).rolled_back == ""
    mark.unlink()
    folder.rmdir()
    folder.write_text("a file where the folder was")

    opened.put(ITEMS)
    assert vault(tmp_path, marks=marks).open(PASSWORD).names() == tuple(sorted(ITEMS))
