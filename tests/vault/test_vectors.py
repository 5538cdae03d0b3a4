"""The format does not drift: vaults written before open for ever, by this code and by a second reader."""

import base64
import hashlib
import json
import unicodedata
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.secret import Secret
from core.vault import crypto
from core.vault.envelope import Kdf
from core.vault.vault import FILE
from tests.vault.build import vault
from tests.vault.vectors import COUNT, FILE_OF_VECTORS, make

VECTORS: list[dict[str, Any]] = json.loads(FILE_OF_VECTORS.read_text(encoding="utf-8"))


def second_reader(data: bytes, password: str) -> dict[str, str]:
    """Written from the description of the format alone, with another scrypt."""
    line, _, rest = data[:-32].partition(b"\n")
    assert hashlib.sha256(data[:-32]).digest() == data[-32:]
    header = json.loads(line)
    kdf, wrap = header["kdf"], header["wraps"][0]
    n, r, p, salt = kdf["n"], kdf["r"], kdf["p"], base64.b64decode(kdf["salt"])
    typed = unicodedata.normalize("NFKC", password).encode()
    kek = hashlib.scrypt(typed, salt=salt, n=n, r=r, p=p, dklen=32)
    about = f"wrap|pw|{header['id']}|scrypt|{n}|{r}|{p}|{salt.hex()}".encode()
    dek = AESGCM(kek).decrypt(base64.b64decode(wrap["n"]), base64.b64decode(wrap["c"]), about)
    plain = AESGCM(dek).decrypt(rest[:12], rest[12:], line)
    assert len(plain) % 1024 == 0
    found: dict[str, str] = msgspec.msgpack.decode(plain[4 : 4 + int.from_bytes(plain[:4], "big")])["items"]
    return found


def test_there_are_twenty_and_this_code_still_writes_them() -> None:
    assert len(VECTORS) == COUNT
    assert make() == VECTORS


@pytest.mark.parametrize("vector", VECTORS)
def test_a_known_vault_opens(vector: dict[str, Any], tmp_path: Path) -> None:
    data = bytes.fromhex(vector["file"])
    (tmp_path / FILE).write_bytes(data)
    (tmp_path / FILE).chmod(0o600)
    opened = vault(tmp_path).open(Secret(vector["password"]))

    assert {name: v.reveal() for name in opened.names() if (v := opened.get(name))} == vector["items"]
    assert opened.key_for("audit").hex() == vector["audit"]
    assert second_reader(data, vector["password"]) == vector["items"]


def test_scrypt_is_that_of_rfc_7914() -> None:
    """Section 12, third vector is with N = 16384, r = 8, p = 1; its first 32 bytes."""
    key = crypto.key_of(Secret("pleaseletmein"), Kdf(16_384, 8, 1, b"SodiumChloride"))

    assert key.hex() == "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"


@pytest.mark.parametrize(
    ("took_ms", "n"), [(1, 1 << 19), (40, 1 << 19), (125, 1 << 17), (170, 1 << 17), (180, 1 << 16), (2_000, 1 << 16)]
)
def test_the_parameters_follow_the_machine_within_bounds(took_ms: int, n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that takes `took_ms` of processor time for N = 32768; the quickest of three counts."""
    monkeypatch.setattr(crypto, "key_of", lambda password, kdf: bytearray(32))
    steps = iter([0, 9 * took_ms, 0, took_ms, 0, 5 * took_ms])

    assert crypto.tuned(b"0" * 16, lambda: next(steps) * 1_000_000) == Kdf(n, 8, 1, b"0" * 16)
