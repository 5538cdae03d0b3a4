"""What may be kept in a vault. Session tokens are not on the list: they live in memory only."""

import base64
import binascii

from core.errors import UserError
from core.secret import Secret
from core.vault.errors import VaultError

STORABLE = {
    "client_code": "Angel One client code",
    "api_key": "SmartAPI key",
    "pin": "PIN",
    "totp_seed": "TOTP seed",
}
"""Name and what it is called before a person."""

VALUE_MAX = 512
PASSWORD_MIN = 10
"""A stolen file can be tried at leisure, unlike a login that a server guards (NIST SP 800-63B asks for 8 there)."""
SECOND_FACTOR = "totp_seed"
WARNING = (
    "PIN and TOTP seed in one file are one factor: whoever opens the vault can log in alone. "
    "Without the seed Tezi asks for the six digits at each login."
)


def check(name: str, value: Secret) -> None:
    """Raises UserError (without the value) when this may not be kept under this name."""
    if name not in STORABLE:
        raise UserError(f"{name!r} is nothing that the vault keeps. It keeps: {', '.join(STORABLE)}.")
    text = value.reveal()
    if not 0 < len(text) <= VALUE_MAX or not text.isascii() or not text.isprintable() or text != text.strip():
        raise UserError(f"{name}: wanted are 1 to {VALUE_MAX} plain characters, no space at the ends. Type it again.")
    if name == SECOND_FACTOR and not _is_base32(text):
        raise UserError(f"{name}: this is not base 32 (letters and the digits 2 to 7). Copy the seed, not the code.")


def check_password(password: Secret) -> None:
    """Raises VaultError for a password that a stolen file would not withstand."""
    if len(password.reveal()) < PASSWORD_MIN:
        raise VaultError(f"the password is too short. Take {PASSWORD_MIN} characters or more; several words are good.")


def _is_base32(text: str) -> bool:
    letters = text.replace(" ", "").rstrip("=").upper()
    try:
        return bool(letters) and bool(base64.b32decode(letters + "=" * (-len(letters) % 8)))
    except binascii.Error:
        return False
