"""The bytes of a vault file: a header line of JSON, the sealed contents, and a checksum. No cryptography here.

    header \\n nonce(12) sealed contents SHA-256(everything before)

The whole header is authenticated with the contents. The checksum is no protection: it tells a damaged file from a wrong
password. Every later format must keep `v` in the first line and the checksum at the end.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from core.vault.errors import DamagedVault, NewerVault

VERSION: Final = 1
FILE_MAX: Final = 256 * 1024
HEADER_MAX: Final = 1024
DIGEST: Final = 32
NONCE: Final = 12
KEY: Final = 32
MEMORY_MAX: Final = 1 << 30
"""Bytes that a header may make us use (scrypt takes 128 * n * r)."""

Id = Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]


class Kdf(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of scrypt (RFC 7914). The caps are for a header that wants to hang us."""

    n: Annotated[int, Meta(ge=1 << 10, le=1 << 20)]
    r: Annotated[int, Meta(ge=1, le=16)]
    p: Annotated[int, Meta(ge=1, le=8)]
    salt: Annotated[bytes, Meta(min_length=16, max_length=16)]


class Wrap(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The key of the contents, sealed by the password's key (`pw`) or by the one in the keyring (`kr`)."""

    k: Literal["pw", "kr"]
    n: Annotated[bytes, Meta(min_length=NONCE, max_length=NONCE)]
    c: Annotated[bytes, Meta(min_length=KEY + 16, max_length=KEY + 16)]


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`ctr` rises with each write, `ms` is its time (real, epoch ms). `id` stays for the life of the vault."""

    v: int
    id: Id
    kdf: Kdf
    wraps: Annotated[tuple[Wrap, ...], Meta(min_length=1, max_length=2)]
    ctr: Annotated[int, Meta(ge=1, le=1 << 53)]
    ms: Annotated[int, Meta(ge=0, le=1 << 53)]

    def wrap(self, kind: str) -> Wrap | None:
        return next((w for w in self.wraps if w.k == kind), None)


class _Version(msgspec.Struct):
    v: int


@dataclass(frozen=True, slots=True)
class Sealed:
    """A file taken apart. `line` is the header as it stood, which is what is authenticated."""

    header: Header
    line: bytes
    body: bytes
    digest: bytes


def pack(header: Header, line: bytes, body: bytes) -> Sealed:
    return Sealed(header, line, body, hashlib.sha256(line + b"\n" + body).digest())


def whole(sealed: Sealed) -> bytes:
    """The bytes for the disk."""
    return sealed.line + b"\n" + sealed.body + sealed.digest


def take_apart(data: bytes, path: Path) -> Sealed:
    """Raises DamagedVault for bytes that were not written so, NewerVault for a later format."""
    if len(data) > FILE_MAX:
        raise DamagedVault(path, "it is too long")
    content, digest = data[:-DIGEST], data[-DIGEST:]
    if hashlib.sha256(content).digest() != digest:
        raise DamagedVault(path, "its checksum does not fit")
    line, newline, body = content.partition(b"\n")
    if not newline or len(line) > HEADER_MAX:
        raise DamagedVault(path, "it has no header")
    header = _header(line, path)
    return Sealed(header, line, body, digest)


def _header(line: bytes, path: Path) -> Header:
    try:
        version = msgspec.json.decode(line, type=_Version).v
        if version > VERSION:
            raise NewerVault(path, version)
        header = msgspec.json.decode(line, type=Header)
    except (msgspec.DecodeError, UnicodeDecodeError) as e:
        raise DamagedVault(path, "its header cannot be read") from e
    kdf = header.kdf
    if version != VERSION or kdf.n & (kdf.n - 1) or 128 * kdf.n * kdf.r > MEMORY_MAX:
        raise DamagedVault(path, "its header asks for what no vault has")
    return header
