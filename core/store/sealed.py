"""A file under a key: AES-256-GCM in pieces, so that memory stays bounded and no piece can be moved, cut or dropped.

Layout: the magic word, 7 random bytes, then pieces of at most PIECE bytes with 16 bytes of tag each. The nonce of a
piece is those 7 bytes, its number (u32) and 1 for the last piece, else 0: the STREAM construction of Hoang,
Reyhanitabar, Rogaway and Vizár (https://eprint.iacr.org/2015/189).
"""

import secrets
from pathlib import Path
from typing import BinaryIO

MAGIC = b"TEZISEAL1"
PIECE = 1 << 20
_TAG = 16


def is_sealed(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def seal(source: Path, target: Path, key: bytes) -> None:
    """Write `source` under `key` (32 bytes) to `target`. Raises OSError."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    cipher, prefix = AESGCM(key), secrets.token_bytes(7)
    with source.open("rb") as plain, target.open("wb") as out:
        out.write(MAGIC + prefix)
        number, piece = 0, plain.read(PIECE)
        while True:
            following = plain.read(PIECE)
            out.write(cipher.encrypt(_nonce(prefix, number, not following), piece, MAGIC))
            if not following:
                return
            number, piece = number + 1, following


def unseal(source: Path, target: Path, key: bytes) -> bool:
    """Write what was sealed to `target`; False for a wrong key or any change (then `target` must not be used)."""
    from cryptography.exceptions import InvalidTag

    with source.open("rb") as sealed, target.open("wb") as out:
        try:
            return _pieces(sealed, out, key)
        except InvalidTag:
            return False


def _pieces(sealed: BinaryIO, out: BinaryIO, key: bytes) -> bool:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    cipher, head = AESGCM(key), sealed.read(len(MAGIC) + 7)
    if len(head) != len(MAGIC) + 7 or not head.startswith(MAGIC):
        return False
    number, piece = 0, sealed.read(PIECE + _TAG)
    while piece:
        following = sealed.read(PIECE + _TAG)
        out.write(cipher.decrypt(_nonce(head[len(MAGIC) :], number, not following), piece, MAGIC))
        number, piece = number + 1, following
    return number > 0


def _nonce(prefix: bytes, number: int, last: bool) -> bytes:
    return prefix + number.to_bytes(4, "big") + bytes([last])
