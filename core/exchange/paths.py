"""The REST paths of the exchange: exactly those of the official service, a trailing slash allowed. Pure."""

from dataclasses import dataclass

_ORDER = "/rest/secure/angelbroking/order/v1"
_USER = "/rest/secure/angelbroking/user/v1"
_PORTFOLIO = "/rest/secure/angelbroking/portfolio/v1"
LOGIN_PATH = "/rest/auth/angelbroking/user/v1/loginByPassword"
TOKENS_PATH = "/rest/auth/angelbroking/jwt/v1/generateTokens"
PROFILE_PATH, LOGOUT_PATH, RMS_PATH = f"{_USER}/getProfile", f"{_USER}/logout", f"{_USER}/getRMS"
PLACE_PATH, MODIFY_PATH, CANCEL_PATH = (f"{_ORDER}/{n}" for n in ("placeOrder", "modifyOrder", "cancelOrder"))
BOOK_PATH, TRADES_PATH, POSITIONS_PATH = (f"{_ORDER}/{n}" for n in ("getOrderBook", "getTradeBook", "getPosition"))
DETAILS_PREFIX = f"{_ORDER}/details"
LTP_PATH, SEARCH_PATH = f"{_ORDER}/getLtpData", f"{_ORDER}/searchScrip"
QUOTE_PATH = "/rest/secure/angelbroking/market/v1/quote"
HOLDING_PATH, ALL_HOLDING_PATH = f"{_PORTFOLIO}/getHolding", f"{_PORTFOLIO}/getAllHolding"
CANDLES_PATH = "/rest/secure/angelbroking/historical/v1/getCandleData"
MASTER_PATH = "/OpenAPI_File/files/OpenAPIScripMaster.json"

_PATHS = {
    path: path.rsplit("/", 1)[1]
    for path in (
        LOGIN_PATH,
        TOKENS_PATH,
        PROFILE_PATH,
        LOGOUT_PATH,
        RMS_PATH,
        PLACE_PATH,
        MODIFY_PATH,
        CANCEL_PATH,
        BOOK_PATH,
        TRADES_PATH,
        POSITIONS_PATH,
        LTP_PATH,
        SEARCH_PATH,
        QUOTE_PATH,
        HOLDING_PATH,
        ALL_HOLDING_PATH,
        CANDLES_PATH,
        MASTER_PATH,
    )
}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A known path. `name` is its last fixed segment, as limits and faults call it."""

    name: str
    path: str

    @property
    def secured(self) -> bool:
        return self.path.startswith("/rest/secure/")

    @property
    def secret_body(self) -> bool:
        return self.path.startswith("/rest/auth/")


def endpoint_of(path: str) -> Endpoint | None:
    """The endpoint a request path names; None when there is none."""
    plain = path.rstrip("/")
    name = _PATHS.get(plain)
    if name is not None:
        return Endpoint(name, plain)
    if plain.startswith(DETAILS_PREFIX + "/") and "/" not in plain[len(DETAILS_PREFIX) + 1 :]:
        return Endpoint("details", DETAILS_PREFIX)
    return None
