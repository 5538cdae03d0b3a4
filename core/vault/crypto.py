"""The cryptography of the vault: scrypt (RFC 7914), AES-256-GCM, HKDF-SHA256. `cryptography` is imported when used."""

import time
import unicodedata
from collections.abc import Callable

from core.clock import NS_PER_MS
from core.secret import Secret
from core.vault.envelope import KEY, NONCE, Header, Kdf, Wrap

N_TRIED, N_MIN, N_MAX = 1 << 15, 1 << 16, 1 << 19
R, P = 8, 1
AIM_MS = 350
"""Wanted time of one derivation; the next power of two lands between this and its double (goal: 250 to 1,000 ms)."""
MEASURED = 3
"""Measurements, of which the quickest counts: whatever else runs can only make one slower."""

RandomBytes = Callable[[int], bytes]


def tuned(salt: bytes, cpu_ns: Callable[[], int] = time.thread_time_ns) -> Kdf:
    """Parameters that take this machine 350 to 700 ms when it is idle, measured on a small one (about 0.1 s each).

    Measured in processor time: what else runs meanwhile must not make a vault weaker.
    """
    took_ms = min(_measured_ms(cpu_ns, Kdf(N_TRIED, R, P, salt)) for _ in range(MEASURED))
    n = N_MIN
    while n < N_MAX and took_ms * n / N_TRIED < AIM_MS:
        n *= 2
    return Kdf(n, R, P, salt)


def _measured_ms(cpu_ns: Callable[[], int], kdf: Kdf) -> float:
    began_ns = cpu_ns()
    key_of(Secret("measure"), kdf)
    return max(1.0, (cpu_ns() - began_ns) / NS_PER_MS)


def key_of(password: Secret, kdf: Kdf) -> bytearray:
    """The key that a password gives. Takes 0.3 s or more and 128 MiB: call it off the loop."""
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    typed = bytearray(unicodedata.normalize("NFKC", password.reveal()).encode())
    try:
        return bytearray(Scrypt(salt=kdf.salt, length=KEY, n=kdf.n, r=kdf.r, p=kdf.p).derive(bytes(typed)))
    finally:
        wipe(typed)


def wrap(kind: str, kek: bytes | bytearray, dek: bytearray, vault_id: str, kdf: Kdf, random: RandomBytes) -> Wrap:
    """The key of the contents, sealed with another."""
    nonce = random(NONCE)
    sealed = seal(kek, nonce, bytes(dek), _about(kind, vault_id, kdf))
    return Wrap("pw" if kind == "pw" else "kr", nonce, sealed)


def unwrap(wrapped: Wrap, kek: bytes | bytearray, header: Header) -> bytearray | None:
    """The key of the contents; None when `kek` does not open it or the parameters are not those it was made with."""
    opened = unseal(kek, wrapped.n, wrapped.c, _about(wrapped.k, header.id, header.kdf))
    return None if opened is None else bytearray(opened)


def seal(key: bytes | bytearray, nonce: bytes, plain: bytes, about: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(bytes(key)).encrypt(nonce, plain, about)


def unseal(key: bytes | bytearray, nonce: bytes, sealed: bytes, about: bytes) -> bytes | None:
    """The plain bytes, all or nothing; None when key, nonce, bytes or `about` are not those of the sealing."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        return AESGCM(bytes(key)).decrypt(nonce, sealed, about)
    except (InvalidTag, ValueError):  # ValueError: shorter than nonce or tag can be
        return None


def derived(root: bytes | bytearray, purpose: str) -> bytes:
    """32 bytes for one purpose, from which neither the root nor another purpose's key can be had."""
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(SHA256(), KEY, None, f"tezi|{purpose}".encode()).derive(bytes(root))


def wipe(buffer: bytearray) -> None:
    """Overwrite in place. Python leaves copies elsewhere; this shortens their life and promises no more."""
    buffer[:] = bytes(len(buffer))


def _about(kind: str, vault_id: str, kdf: Kdf) -> bytes:
    return f"wrap|{kind}|{vault_id}|scrypt|{kdf.n}|{kdf.r}|{kdf.p}|{kdf.salt.hex()}".encode()
