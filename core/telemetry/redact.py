"""Secrets out of text, in three layers: names of fields, values that live in this process, shapes of secrets."""

import re
from collections.abc import Mapping

from core.hiding import HIDDEN, forms, hide
from core.secret import Secret, remember

__all__ = ["HIDDEN", "redact", "redact_fields", "redact_live", "register_secret"]

DEPTH_MAX = 6
ITEMS_MAX = 200

_NAMES = frozenset(
    {
        *("password", "passwd", "passphrase", "pin", "mpin", "totp", "otp", "totpsecret", "totpseed", "secret"),
        *("apikey", "apisecret", "xprivatekey", "privatekey", "vaultkey", "authorization", "cookie"),
        *("setcookie", "jwt", "jwttoken", "authtoken", "refreshtoken", "feedtoken", "accesstoken", "xfeedtoken"),
        *("clientcode", "xclientcode", "clientid", "xclientlocalip", "xclientpublicip", "xmacaddress", "headers"),
        *("pan", "mobile", "mobileno", "phone", "email", "dpid", "bankaccount"),
    }
)
_NAMED = (
    r"(?:client_?code|client_?id|feed_?token|refresh_?token|jwt_?token|auth_?token|access_?token|api_?key|api_?secret"
    r"|x-private-?key|x-feed-token|x-client-code|totp(?:_?secret|_?seed)?|otp|passw(?:or)?d|passphrase|m?pin)"
)
_SEPARATOR = r"(?:\\?[\"'])?\s*[:=]\s*b?(?:\\?[\"'])?"
_MONTH = r"(?:JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)"
_SHAPES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?<![A-Za-z0-9_-])eyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*)?"), HIDDEN),
    (re.compile(r"(?i)\b((?:bearer|basic)\s+)(?!\[hidden\])[^\s\"'\\,}]+"), rf"\1{HIDDEN}"),
    (re.compile(rf"(?i)(authorization{_SEPARATOR})(?!bearer|basic|\[hidden\])[^\s\"'\\,}}]+"), rf"\1{HIDDEN}"),
    (re.compile(rf"(?i)\b({_NAMED}{_SEPARATOR})(?!\[hidden\])[^\s\"'\\&,}})\]]+"), rf"\1{HIDDEN}"),
    (re.compile(r"(?i)(otp[^0-9]{0,20})\d{6}(?!\d)"), rf"\1{HIDDEN}"),
    # base 32, 16 to 40 long, with a letter and a digit; a derivative's symbol looks like that too and is none
    (
        re.compile(
            rf"\b(?![A-Z]+\d\d{_MONTH}\d*(?:FUT|CE|PE)?\b|[A-Z]+\d+(?:CE|PE)\b|[A-Z]+\b|\d+\b)"
            r"[A-Z2-7]{16,40}={0,6}(?![A-Za-z0-9])"
        ),
        HIDDEN,
    ),
    (re.compile(r"\b[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z]\b"), HIDDEN),  # PAN; its fourth letter is the kind of holder
    (re.compile(r"(?<![\w.])(?:\+91[ -]?|0)?[6-9]\d{9}(?![\w.]|\.\d)"), HIDDEN),
    (re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}"), HIDDEN),
)
register_secret = remember


def redact(text: str) -> str:
    """The text without live secrets (in any dress) and without anything that has a secret's shape."""
    text = hide(text)
    for shape, instead in _SHAPES:
        text = shape.sub(instead, text)
    return text


def redact_live(line: str) -> str:
    """A finished line of JSON without live secrets; bare numbers stay, since hiding one would break the line."""
    return hide(line, numbers=False)


def redact_fields(value: object, depth: int = 0) -> object:
    """The value as plain JSON material: fields with a secret's name hidden, every text redacted, however deep.

    Below DEPTH_MAX nothing is shown and of a list no more than ITEMS_MAX items; what is not JSON is shown by its repr.
    """
    if value is None or isinstance(value, bool | float):
        return value
    if depth > DEPTH_MAX:
        return HIDDEN
    if isinstance(value, int):
        return HIDDEN if str(value) in forms() else value
    if isinstance(value, Mapping):
        return {
            redact(str(k)): HIDDEN if _is_secret_name(k) else redact_fields(v, depth + 1)
            for k, v in list(value.items())[:ITEMS_MAX]
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [redact_fields(v, depth + 1) for v in list(value)[:ITEMS_MAX]]
    return repr(value) if isinstance(value, Secret) else redact(value if isinstance(value, str) else repr(value))


def _is_secret_name(name: object) -> bool:
    return re.sub(r"[^a-z]", "", str(name).lower()) in _NAMES
