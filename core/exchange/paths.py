"""The REST paths of the exchange: exactly those of the official service, a trailing slash allowed. Pure."""

from dataclasses import dataclass

_ROOT = "/rest/secure/angelbroking"
_ORDER, _USER, _PORTFOLIO = f"{_ROOT}/order/v1", f"{_ROOT}/user/v1", f"{_ROOT}/portfolio/v1"
_EDIS, _DATA, _HISTORICAL = f"{_ROOT}/edis/v1", f"{_ROOT}/marketData/v1", f"{_ROOT}/historical/v1"
_GTT = f"{_ROOT}/gtt/v1"
LOGIN_PATH = "/rest/auth/angelbroking/user/v1/loginByPassword"
TOKENS_PATH = "/rest/auth/angelbroking/jwt/v1/generateTokens"
PROFILE_PATH, LOGOUT_PATH, RMS_PATH = f"{_USER}/getProfile", f"{_USER}/logout", f"{_USER}/getRMS"
PLACE_PATH, MODIFY_PATH, CANCEL_PATH = (f"{_ORDER}/{n}" for n in ("placeOrder", "modifyOrder", "cancelOrder"))
BOOK_PATH, TRADES_PATH, POSITIONS_PATH = (f"{_ORDER}/{n}" for n in ("getOrderBook", "getTradeBook", "getPosition"))
CONVERT_PATH = f"{_ORDER}/convertPosition"
DETAILS_PREFIX = f"{_ORDER}/details"
LTP_PATH, SEARCH_PATH = f"{_ORDER}/getLtpData", f"{_ORDER}/searchScrip"
QUOTE_PATH = f"{_ROOT}/market/v1/quote"
HOLDING_PATH, ALL_HOLDING_PATH = f"{_PORTFOLIO}/getHolding", f"{_PORTFOLIO}/getAllHolding"
CANDLES_PATH, OI_PATH = f"{_HISTORICAL}/getCandleData", f"{_HISTORICAL}/getOIData"
MARGIN_PATH, CHARGES_PATH = f"{_ROOT}/margin/v1/batch", f"{_ROOT}/brokerage/v1/estimateCharges"
VERIFY_DIS_PATH, TPIN_PATH, TRAN_STATUS_PATH = (f"{_EDIS}/{n}" for n in ("verifyDis", "generateTPIN", "getTranStatus"))
GREEKS_PATH, GAINERS_PATH, PCR_PATH = (f"{_DATA}/{n}" for n in ("optionGreek", "gainersLosers", "putCallRatio"))
BUILDUP_PATH, NSE_INTRADAY_PATH, BSE_INTRADAY_PATH = (
    f"{_DATA}/{n}" for n in ("OIBuildup", "nseIntraday", "bseIntraday")
)
CAUTIONARY_PATH = f"{_ROOT}/securities/v1/cautionaryScrips"
MASTER_PATH = "/OpenAPI_File/files/OpenAPIScripMaster.json"


def rule_paths(name: str) -> list[str]:
    """A GTT path under both of its prefixes: the documented one, and the one that official SDKs use."""
    return [f"{_GTT}/{name}", f"/gtt-service{_GTT}/{name}"]


CREATE_RULE, MODIFY_RULE, CANCEL_RULE, RULE_DETAILS, RULE_LIST = (
    rule_paths(name) for name in ("createRule", "modifyRule", "cancelRule", "ruleDetails", "ruleList")
)
RULE_PATHS = [*CREATE_RULE, *MODIFY_RULE, *CANCEL_RULE, *RULE_DETAILS, *RULE_LIST]
GETS = (
    *(PROFILE_PATH, RMS_PATH, BOOK_PATH, TRADES_PATH, POSITIONS_PATH, HOLDING_PATH, ALL_HOLDING_PATH, PCR_PATH),
    *(NSE_INTRADAY_PATH, BSE_INTRADAY_PATH, CAUTIONARY_PATH, MASTER_PATH),
)
POSTS = (
    *(LOGIN_PATH, TOKENS_PATH, LOGOUT_PATH, PLACE_PATH, MODIFY_PATH, CANCEL_PATH, CONVERT_PATH, LTP_PATH, SEARCH_PATH),
    *(QUOTE_PATH, CANDLES_PATH, OI_PATH, MARGIN_PATH, CHARGES_PATH, VERIFY_DIS_PATH, TPIN_PATH, TRAN_STATUS_PATH),
    *(GREEKS_PATH, GAINERS_PATH, BUILDUP_PATH, *RULE_PATHS),
)
_PATHS = {path: path.rsplit("/", 1)[1] for path in (*GETS, *POSTS)}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A known path. `name` is its last fixed segment, as limits and faults call it."""

    name: str
    path: str

    @property
    def secured(self) -> bool:
        return "/rest/secure/" in self.path

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
