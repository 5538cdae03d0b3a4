"""Secrets out of text, in three layers: names of fields, live values, and the shapes that secrets have."""

import base64
import json
import re
from functools import cache
from urllib.parse import quote

HIDDEN = "[hidden]"
SECRETS_MAX = 512
"""Values remembered, oldest forgotten first: years of daily tokens."""
LENGTH_MIN = 4
"""A PIN has four digits; anything shorter would blank ordinary text."""
DEPTH_MAX = 6

_NAMES = frozenset(
    {
        *("password", "pin", "mpin", "totp", "otp", "totpsecret", "secret", "apikey", "xprivatekey", "privatekey"),
        *("authorization", "cookie", "setcookie", "jwt", "jwttoken", "refreshtoken", "feedtoken", "accesstoken"),
        *("clientcode", "xclientlocalip", "xclientpublicip"),
    }
)
_SHAPES = (
    (re.compile(r"eyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*)?"), HIDDEN),
    (re.compile(r"(?i)(bearer\s+)[^\s\"'\\,}]+"), rf"\1{HIDDEN}"),
    (re.compile(r"(?i)(otp[^0-9]{0,20})\d{6}(?!\d)"), rf"\1{HIDDEN}"),
    (re.compile(r"(?i)(x-privatekey[\"'\\\s:=]+)[^\s\"'\\,}]+"), rf"\1{HIDDEN}"),
    (
        re.compile(r"(?i)((?:feedtoken|apikey|api_key|clientcode|refreshtoken|password|m?pin)=)[^&\s\"'\\]+"),
        rf"\1{HIDDEN}",
    ),
)
_live: dict[str, None] = {}


def register_secret(value: str) -> None:
    """Hide this value (and its URL, base64 and hex forms) in every later log line. Under four characters: ignored."""
    if len(value) < LENGTH_MIN:
        return
    _live.pop(value, None)
    _live[value] = None
    while len(_live) > SECRETS_MAX:
        del _live[next(iter(_live))]
    _compiled.cache_clear()


def redact(text: str) -> str:
    """The text without live secrets and without anything that has a secret's shape."""
    if _live:
        text = _compiled().sub(HIDDEN, text)
    for shape, instead in _SHAPES:
        text = shape.sub(instead, text)
    return text


def redact_fields(value: object, depth: int = 0) -> object:
    """The value with every field of a secret's name hidden, however deep (below DEPTH_MAX nothing is shown)."""
    if depth > DEPTH_MAX:
        return HIDDEN
    if isinstance(value, dict):
        return {k: HIDDEN if _secret_name(k) else redact_fields(v, depth + 1) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [redact_fields(v, depth + 1) for v in value]
    return value


@cache
def _compiled() -> re.Pattern[str]:
    forms = {form for secret in _live for form in _forms(secret)}
    return re.compile("|".join(map(re.escape, sorted(forms, key=len, reverse=True))))


def _secret_name(name: object) -> bool:
    return re.sub(r"[^a-z]", "", str(name).lower()) in _NAMES


def _forms(secret: str) -> set[str]:
    raw = secret.encode()
    return {
        secret,
        json.dumps(secret)[1:-1],
        quote(secret, safe=""),
        raw.hex(),
        base64.b64encode(raw).decode(),
        base64.urlsafe_b64encode(raw).decode().rstrip("="),
    }
