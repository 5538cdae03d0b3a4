"""What can be set differently through control: account states, and every point on which sources are not certain.

Defaults are what the wire page follows. A change counts from the next request on.
"""

from typing import Annotated, Literal

import msgspec

from core.exchange.orders import Refusal

Percent = Annotated[int, msgspec.Meta(ge=0, le=100)]
Seconds = Annotated[int, msgspec.Meta(ge=1, le=86_400)]
Minute = Annotated[str, msgspec.Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Names = Annotated[list[Annotated[str, msgspec.Meta(max_length=60)]], msgspec.Meta(max_length=1_000)]


class Switches(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One flat body; what is absent keeps its value.

    Sessions: `relogin` whether a new login or renewal ends older tokens; `token_life_s` a life shorter than midnight;
    `gateway_status` HTTP status of dialect B; `rate_answer` how candles and quotes say that a limit was exceeded;
    `login_code` for a wrong id or PIN; `finished_code` for a change of a finished order.
    Account: `blocked`, `registered_ip`, `order_session` (of the order engine), `edis` sales need authorised holdings.
    Orders: `amo_variety` takes AMO as an input, `robo` takes bracket orders, `modify_quantity` what the number means,
    `day_end_status` of an unfilled DAY or IOC order, `market_label` of a converted MARKET order, `price_refusal` and
    `funds_refusal` at once or as a rejected order, `protection_percent` widest limit from the last price (0: off),
    `square_off` of INTRADAY, `cautionary` and `no_intraday` as `NSE:3045`, `amo_lock` whether after-market orders
    stand still before the opening.
    Rules: `gtt_derivatives`, `gtt_products`, `gtt_oco` wider than documented. `candle_end` whether the last bar is in.
    Sockets: `stream_limit` whether a request over the limit is refused whole or only what is over, `stream_snapshot`
    whether subscribing sends the last packet, `orders_nul_s` a binary frame of one NUL byte every so many seconds.
    `convert_types` words taken for `type`. `answers` forces a code on an endpoint: `{"getRMS": "AB2000"}`.
    """

    relogin: Literal["keep", "end"] = "keep"
    token_life_s: Seconds | None = None
    gateway_status: Literal[200, 401, 403] = 200
    rate_answer: Literal["text", "AB1019", "AB1021", "AB1004", "empty", "429"] = "text"
    login_code: Literal["AB1000", "AB1007"] = "AB1007"
    finished_code: Literal["AB1007", "AB1013"] = "AB1007"
    blocked: bool = False
    registered_ip: bool = True
    order_session: Literal["on", "expired", "absent"] = "on"
    edis: bool = False
    amo_variety: bool = False
    robo: bool = False
    modify_quantity: Literal["total", "open"] = "total"
    day_end_status: Literal["cancelled", "expired"] = "cancelled"
    market_label: Literal["MARKET", "LIMIT"] = "MARKET"
    price_refusal: Literal["now", "later"] = "now"
    funds_refusal: Literal["later", "AB2020"] = "later"
    protection_percent: Percent = 0
    square_off: Minute | None = "15:15"
    cautionary: Names = []
    no_intraday: Names = []
    gtt_derivatives: bool = False
    gtt_products: bool = False
    gtt_oco: bool = False
    amo_lock: bool = True
    stream_limit: Literal["all", "excess"] = "all"
    stream_snapshot: bool = True
    orders_nul_s: Seconds | None = None
    candle_end: Literal["inclusive", "exclusive"] = "inclusive"
    convert_types: Names = msgspec.field(default_factory=lambda: ["DAY", "CF"])
    answers: Annotated[dict[str, str], msgspec.Meta(max_length=100)] = {}

    def change(self, body: bytes) -> None:
        """Take what a JSON body names; msgspec.DecodeError when it cannot be used, and then nothing changes."""
        wanted = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        merged = {name: msgspec.Raw(msgspec.json.encode(getattr(self, name))) for name in self.__struct_fields__}
        new = msgspec.json.decode(msgspec.json.encode(merged | wanted), type=Switches)
        for name in self.__struct_fields__:
            setattr(self, name, getattr(new, name))


def lists(names: list[str], exchange: str, token: str) -> bool:
    """Whether an instrument stands in a list of switches."""
    return f"{exchange}:{token}" in names


ORDER_WRITES = frozenset({"placeOrder", "modifyOrder", "cancelOrder"})
RULE_WRITES = frozenset({"createRule", "modifyRule", "cancelRule"})
RULE_READS = frozenset({"ruleDetails", "ruleList"})
ENGINE = ORDER_WRITES | {"getOrderBook", "getTradeBook", "getPosition", "details", "convertPosition"}
"""Endpoints of the order engine, which keeps a session of its own."""


def account_refusal(switches: Switches, endpoint: str) -> Refusal | None:
    """Why an endpoint is closed to the account as it is set; None when it is open."""
    if not switches.registered_ip and endpoint in ORDER_WRITES | RULE_WRITES:
        return Refusal("AG7002", "Access denied: Unregistered IP address. Register your IP before retrying.")
    if switches.order_session != "on" and endpoint in RULE_WRITES | RULE_READS:
        return Refusal("AB9005", "Invalid Session ID")
    if switches.order_session == "expired" and endpoint in ENGINE:
        return Refusal("AB1010", "AMX Session Expired")
    if switches.order_session == "absent" and endpoint in ENGINE:
        return Refusal("AB1011", "Client not login")
    if switches.blocked and endpoint in ORDER_WRITES | RULE_WRITES:
        return Refusal("AB1006", "Client Is Block For Trading")
    return None
