"""Shapes of the answers, written from the wire page: a type for each key. `fits` says where a value differs."""

from typing import Any

NUMBER, TEXT, WHOLE = (int, float), (str,), (int,)
NONE = type(None)
Template = Any


def fits(value: Any, template: Template, path: str = "data") -> list[str]:
    """Differences; a dict must have exactly the keys of its template, every row of a list must fit its one template."""
    if isinstance(template, dict):
        if not isinstance(value, dict):
            return [f"{path}: {type(value).__name__} is no object"]
        wrong = [f"{path}: keys {sorted(set(value) ^ set(template))}"] if set(value) != set(template) else []
        return wrong + [w for key in value if key in template for w in fits(value[key], template[key], f"{path}.{key}")]
    if isinstance(template, list):
        if not isinstance(value, list) or not value:
            return [f"{path}: {value!r:.40} is no list with rows"]
        return [w for row in value for w in fits(row, template[0], f"{path}[]")]
    if isinstance(value, bool) or not isinstance(value, template):
        return [f"{path}: {value!r:.40} is {type(value).__name__}"]
    return []


def _of(kind: Any, names: str) -> dict[str, Any]:
    return dict.fromkeys(names.split(), kind)


TOKENS = _of(TEXT, "jwtToken refreshToken feedToken")
PROFILE = _of(TEXT, "clientcode name email mobileno lastlogintime broker brokerid") | {
    "exchanges": [TEXT],
    "products": [TEXT],
}
PLACED = _of(TEXT, "script orderid uniqueorderid")
CHANGED = _of(TEXT, "orderid uniqueorderid")
ORDER = _of(NUMBER, "price triggerprice squareoff stoploss trailingstoploss strikeprice averageprice") | _of(
    TEXT,
    "variety ordertype producttype duration quantity disclosedquantity tradingsymbol transactiontype exchange "
    "symboltoken instrumenttype optiontype expirydate lotsize cancelsize filledshares unfilledshares orderid text "
    "status orderstatus updatetime exchtime exchorderupdatetime fillid filltime parentorderid ordertag uniqueorderid "
    "exchangeorderid",
)
TRADE = _of(
    TEXT,
    "exchange producttype tradingsymbol instrumenttype symbolgroup strikeprice optiontype expirydate marketlot "
    "precision multiplier tradevalue transactiontype fillprice fillsize orderid fillid filltime",
)
POSITION = _of(
    TEXT,
    "exchange symboltoken producttype tradingsymbol symbolname instrumenttype priceden pricenum genden gennum "
    "precision multiplier boardlotsize symbolgroup strikeprice optiontype expirydate lotsize cfbuyqty cfsellqty "
    "cfbuyamount cfsellamount buyqty sellqty buyamount sellamount buyavgprice sellavgprice avgnetprice netvalue "
    "netqty netprice "
    "totalbuyvalue totalsellvalue cfbuyavgprice cfsellavgprice totalbuyavgprice totalsellavgprice ltp close pnl "
    "realised unrealised",
)
RMS = _of(
    (str, NONE),
    "net availablecash availableintradaypayin availablelimitmargin collateral m2munrealized m2mrealized "
    "utiliseddebits utilisedspan utilisedoptionpremium utilisedholdingsales utilisedexposure utilisedturnover "
    "utilisedpayout",
)
HOLDING = (
    _of(TEXT, "tradingsymbol exchange isin product symboltoken")
    | _of(WHOLE, "t1quantity realisedquantity quantity authorisedquantity")
    | _of(NUMBER, "haircut averageprice ltp close profitandloss pnlpercentage")
    | _of((int, NONE), "collateralquantity")
    | _of((str, NONE), "collateraltype")
)
TOTAL_HOLDING = _of(NUMBER, "totalholdingvalue totalinvvalue totalprofitandloss totalpnlpercentage")
RULE = (
    _of(WHOLE, "id qty disclosedqty")
    | _of(NUMBER, "price triggerprice stoplossprice stoplosstriggerprice")
    | _of(
        TEXT,
        "status gttType clientid tradingsymbol symboltoken exchange producttype transactiontype createddate "
        "updateddate expirydate",
    )
)
LTP = _of(TEXT, "exchange tradingsymbol symboltoken") | _of(NUMBER, "open high low close ltp")
LEVEL = {"price": NUMBER, "quantity": WHOLE, "orders": WHOLE}
QUOTE = (
    _of(TEXT, "exchange tradingSymbol symbolToken exchFeedTime exchTradeTime")
    | _of(NUMBER, "ltp open high low close netChange percentChange avgPrice lowerCircuit upperCircuit")
    | _of(NUMBER, "52WeekLow 52WeekHigh")
    | _of(WHOLE, "lastTradeQty tradeVolume opnInterest totBuyQuan totSellQuan")
    | {"depth": {"buy": [LEVEL], "sell": [LEVEL]}}
)
UNFETCHED = _of(TEXT, "exchange symbolToken message errorCode")
SCRIP = _of(TEXT, "exchange tradingsymbol symboltoken")
OI = {"time": TEXT, "oi": WHOLE}
MARGIN = {
    "totalMarginRequired": NUMBER,
    "marginComponents": _of(
        NUMBER, "netPremium spanMargin marginBenefit deliveryMargin nonNFOMargin totOptionsPremium"
    ),
    "marginBreakup": [{"exchange": TEXT, "productType": TEXT, "totalMarginRequired": NUMBER}],
    "optionsBuy": {"totOptionsPremium": NUMBER, "optionDetails": (list,)},
}
LEAF = {"name": TEXT, "amount": NUMBER, "msg": TEXT, "breakup": (list,)}
CHARGE = {"total_charges": NUMBER, "trade_value": NUMBER, "breakup": [LEAF]}
CHARGES = {"summary": CHARGE, "charges": [CHARGE]}
DIS = _of(TEXT, "ReqId ReturnURL DPId BOID TransDtls version")
TRAN_STATUS = _of(TEXT, "ReqId ReqType ResId ResStatus ResTime ResError Remarks")
GREEK = _of(TEXT, "name expiry strikePrice optionType delta gamma theta vega impliedVolatility tradeVolume")
GAINER = {
    "tradingSymbol": TEXT,
    "percentChange": NUMBER,
    "symbolToken": WHOLE,
    "opnInterest": NUMBER,
    "netChangeOpnInterest": NUMBER,
}
RATIO = {"pcr": NUMBER, "tradingSymbol": TEXT}
BUILDUP = _of(TEXT, "symbolToken ltp netChange percentChange opnInterest netChangeOpnInterest tradingSymbol")
INTRADAY = _of(TEXT, "exchange SymbolName Multiplier")
CAUTIONARY = _of(TEXT, "token symbol message")


def unlike(ours: Any, recorded: Any, path: str = "data") -> list[str]:
    """Where an answer differs from a recorded one: a key it lacks, or a value of another JSON type.

    Whole and broken numbers are one type and null goes with anything, as live answers mix them; a list is compared by
    the first of each. Further keys are the business of `fits`.
    """
    if ours is None or recorded is None:
        return []
    if isinstance(recorded, dict) and isinstance(ours, dict):
        lacks = [f"{path}.{key}: lacking" for key in recorded if key not in ours]
        return lacks + [w for k in recorded if k in ours for w in unlike(ours[k], recorded[k], f"{path}.{k}")]
    if isinstance(recorded, list) and isinstance(ours, list):
        if not recorded or not ours:
            return []
        if isinstance(recorded[0], list):
            return [
                w
                for n, pair in enumerate(zip(ours[0], recorded[0], strict=True))
                for w in unlike(*pair, f"{path}[{n}]")
            ]
        return unlike(ours[0], recorded[0], f"{path}[]")
    kinds = [("number" if type(v) in NUMBER else type(v).__name__) for v in (ours, recorded)]
    return [] if kinds[0] == kinds[1] else [f"{path}: {kinds[0]}, recorded {kinds[1]}"]
