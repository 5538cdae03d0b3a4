"""GTT rules: orders that wait on the broker's side, over days, until a price is reached.

Codes and enumerations: the official GTT page. A rule fires when the last price reaches its trigger, from whichever side
it was on when the rule was made or changed.

A rule of type OCO, which the official page shows without saying how to make one,
has a second trigger on the other side of the price, with a price of its own; whichever is reached first ends both. Its
two fields on input are those of the answers: not verified with the live broker, so off by default (`gtt_oco`).
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from core.clock import IST, ist
from core.domain import Exchange, InstrumentKey, Kind, Product, Side
from core.exchange.errorcodes import refusal
from core.exchange.listing import Listing
from core.exchange.orders import Refusal
from core.exchange.rules import OrderBody, Text
from core.exchange.switches import Switches
from core.money import E4, rupees, wire_e4, wire_int

NEW, ACTIVE, SENT, CANCELLED = "NEW", "ACTIVE", "SENTTOEXCHANGE", "CANCELLED"
STATUSES = (NEW, ACTIVE, CANCELLED, SENT, "FORALL")
WAITING = (NEW, ACTIVE)
RULES_MAX, COUNT_MAX, DAYS_MAX, FIRST_ID = 1_000, 100, 365, 1_000_001


class RuleBody(msgspec.Struct):
    """The body of createRule and modifyRule."""

    id: Text = None
    clientid: Text = None
    tradingsymbol: Text = ""
    symboltoken: Text = ""
    exchange: Text = ""
    transactiontype: Text = ""
    producttype: Text = ""
    price: Text = ""
    qty: Text = ""
    triggerprice: Text = ""
    disclosedqty: Text = "0"
    timeperiod: Text = None
    gttType: Text = ""
    stoplossprice: Text = ""
    stoplosstriggerprice: Text = ""


class ListBody(msgspec.Struct):
    """The body of ruleList."""

    status: list[str] = []
    page: Text = 1
    count: Text = 10


class Rule(msgspec.Struct):
    """One rule; prices in 1/10,000 rupee, times epoch ns. `above`: fires at or above its trigger, else at or below."""

    id: int
    exchange: Exchange
    token: str
    symbol: str
    side: Side
    product: Product
    quantity: int
    price_e4: int
    trigger_e4: int
    disclosed: int
    above: bool
    created_ns: int
    updated_ns: int
    expires: str
    status: str = NEW
    stop_price_e4: int = 0
    stop_trigger_e4: int = 0

    @property
    def key(self) -> InstrumentKey:
        return InstrumentKey(self.exchange, self.token)

    def fires_at_e4(self, last_e4: int) -> int | None:
        """The limit price of the order that a last price sends; None while no trigger is reached."""
        if last_e4 >= self.trigger_e4 if self.above else last_e4 <= self.trigger_e4:
            return self.price_e4
        if self.stop_trigger_e4 and (
            last_e4 <= self.stop_trigger_e4 if self.above else last_e4 >= self.stop_trigger_e4
        ):
            return self.stop_price_e4
        return None


def order_body(rule: Rule, price_e4: int) -> OrderBody:
    """The placeOrder body that a rule sends."""
    return OrderBody(
        "NORMAL",
        rule.symbol,
        rule.token,
        rule.side.name,
        rule.exchange.value,
        "LIMIT",
        rule.product.value,
        "DAY",
        rupees(price_e4),
        "0",
        str(rule.quantity),
        scripconsent="yes",
    )


class RuleBook:
    """The account's rules. `fire` sends a rule's order at a limit price, `keep` remembers a change."""

    def __init__(
        self,
        client_code: Callable[[], str],
        switches: Switches,
        fire: Callable[[Rule, int], None],
        keep: Callable[[Rule], None],
        rules: Iterable[Rule] = (),
    ) -> None:
        self._client_code, self._switches, self._fire, self._keep = client_code, switches, fire, keep
        self._rules: dict[int, Rule] = {}
        self._watched: dict[InstrumentKey, dict[int, Rule]] = {}
        for rule in rules:
            self._file(rule)

    def rules(self) -> list[Rule]:
        return list(self._rules.values())

    def create(
        self,
        body: RuleBody,
        listings: Mapping[InstrumentKey, Listing],
        last: Callable[[InstrumentKey], int],
        now_ns: int,
    ) -> Rule | Refusal:
        listing = self._listing(body, listings)
        if isinstance(listing, Refusal):
            return listing
        if len(self._rules) >= RULES_MAX and not self._forget():
            return refusal("AB9000")
        words = self._words(body, listing)
        terms = _terms(body, listing)
        if isinstance(words, Refusal):
            return words
        if isinstance(terms, Refusal):
            return terms
        stop = self._stop(body, listing, terms[2], last(listing.key))
        if isinstance(stop, Refusal):
            return stop
        side, product = words
        quantity, price_e4, trigger_e4, disclosed, days = terms
        rule = Rule(
            max(self._rules, default=FIRST_ID - 1) + 1,
            listing.key.exchange,
            listing.key.token,
            listing.instrument.symbol,
            side,
            product,
            quantity,
            price_e4,
            trigger_e4,
            disclosed,
            trigger_e4 >= last(listing.key),
            now_ns,
            now_ns,
            (ist(now_ns).date() + timedelta(days=days)).isoformat(),
            NEW,
            *stop,
        )
        self._put(rule)
        return rule

    def modify(
        self,
        body: RuleBody,
        listings: Mapping[InstrumentKey, Listing],
        last: Callable[[InstrumentKey], int],
        now_ns: int,
    ) -> Rule | Refusal:
        rule = self._waiting(body)
        if isinstance(rule, Refusal):
            return rule
        terms = _terms(body, listings[rule.key]) if rule.key in listings else refusal("AB9011")
        if isinstance(terms, Refusal):
            return terms
        stop = self._stop(_as_it_is(body, rule), listings[rule.key], terms[2], last(rule.key))
        if isinstance(stop, Refusal):
            return stop
        rule.stop_price_e4, rule.stop_trigger_e4 = stop
        rule.quantity, rule.price_e4, rule.trigger_e4, rule.disclosed, days = terms
        rule.above, rule.updated_ns = rule.trigger_e4 >= last(rule.key), now_ns
        if body.timeperiod is not None:
            rule.expires = (ist(now_ns).date() + timedelta(days=days)).isoformat()
        self._put(rule)
        return rule

    def cancel(self, body: RuleBody, now_ns: int) -> Rule | Refusal:
        rule = self._waiting(body)
        if not isinstance(rule, Refusal):
            self._end(rule, CANCELLED, now_ns)
        return rule

    def details(self, body: RuleBody) -> Rule | Refusal:
        return self._find(body)

    def listed(self, body: ListBody) -> list[Rule] | Refusal:
        """One page of the rules in the wanted states, newest first."""
        page, count = wire_int(body.page), wire_int(body.count)
        if not 1 <= len(body.status) <= len(STATUSES):
            return refusal("AB9004")
        if any(word not in STATUSES for word in body.status):
            return refusal("AB9001")
        if page is None or page < 1:
            return refusal("AB9017")
        if count is None or not 1 <= count <= COUNT_MAX:
            return refusal("AB9018")
        found = [r for r in reversed(self._rules.values()) if "FORALL" in body.status or r.status in body.status]
        return found[(page - 1) * count : page * count]

    def on_price(self, key: InstrumentKey, last_e4: int, now_ns: int) -> None:
        """Fire what the last price reached; a rule that was watched once is active."""
        for rule in list(self._watched.get(key, {}).values()):
            if (price_e4 := rule.fires_at_e4(last_e4)) is not None:
                self._end(rule, SENT, now_ns)
                self._fire(rule, price_e4)
            elif rule.status == NEW:
                self._end(rule, ACTIVE, rule.updated_ns)

    def expire(self, day: date, now_ns: int) -> None:
        """Rules whose time has passed before a day end as cancelled."""
        for rule in self._rules.values():
            if rule.status in WAITING and rule.expires < day.isoformat():
                self._end(rule, CANCELLED, now_ns)

    def row(self, rule: Rule) -> dict[str, Any]:
        """A rule in the shape of live answers: numbers, and dates with an offset."""
        return {
            "id": rule.id,
            "status": rule.status,
            "gttType": "OCO" if rule.stop_trigger_e4 else "GENERIC",
            "clientid": self._client_code(),
            "tradingsymbol": rule.symbol,
            "symboltoken": rule.token,
            "exchange": rule.exchange.value,
            "producttype": rule.product.value,
            "transactiontype": rule.side.name,
            "price": rule.price_e4 / E4,
            "qty": rule.quantity,
            "triggerprice": rule.trigger_e4 / E4,
            "disclosedqty": rule.disclosed,
            "stoplossprice": rule.stop_price_e4 / E4,
            "stoplosstriggerprice": rule.stop_trigger_e4 / E4,
            "createddate": ist(rule.created_ns).isoformat(timespec="milliseconds"),
            "updateddate": ist(rule.updated_ns).isoformat(timespec="milliseconds"),
            "expirydate": datetime.combine(date.fromisoformat(rule.expires), datetime.min.time(), IST).isoformat(),
        }

    def _listing(self, body: RuleBody, listings: Mapping[InstrumentKey, Listing]) -> Listing | Refusal:
        if body.clientid is not None and str(body.clientid) != self._client_code():
            return refusal("AB9003")
        allowed = tuple(Exchange) if self._switches.gtt_derivatives else (Exchange.NSE, Exchange.BSE)
        if str(body.exchange) not in allowed:
            return refusal("AB9010")
        listing = listings.get(InstrumentKey(Exchange(str(body.exchange)), str(body.symboltoken or "")))
        if listing is None or not listing.tradable:
            return refusal("AB9011")
        return listing if listing.instrument.symbol == str(body.tradingsymbol) else refusal("AB9012")

    def _words(self, body: RuleBody, listing: Listing) -> tuple[Side, Product] | Refusal:
        if str(body.transactiontype) not in Side.__members__:
            return refusal("AB9014")
        derivative = listing.instrument.kind is not Kind.EQUITY
        allowed = [Product.CARRYFORWARD] if derivative else [Product.DELIVERY, Product.MARGIN]
        allowed += [Product.INTRADAY] if self._switches.gtt_products else []
        if str(body.producttype) not in allowed:
            return refusal("AB9015")
        return Side[str(body.transactiontype)], Product(str(body.producttype))

    def _stop(self, body: RuleBody, listing: Listing, trigger_e4: int, last_e4: int) -> tuple[int, int] | Refusal:
        """Price and trigger of the second leg, (0, 0) for a rule without one."""
        kind = str(body.gttType or ("OCO" if wire_e4(body.stoplosstriggerprice) else "GENERIC"))
        if kind == "GENERIC":
            return 0, 0
        if kind != "OCO" or not self._switches.gtt_oco:
            return refusal("AB9001")
        price_e4, stop_e4 = wire_e4(body.stoplossprice), wire_e4(body.stoplosstriggerprice)
        if price_e4 is None or price_e4 <= 0 or price_e4 % listing.instrument.tick_e4:
            return refusal("AB9008")
        same_side = stop_e4 is not None and (stop_e4 >= last_e4) == (trigger_e4 >= last_e4)
        if stop_e4 is None or stop_e4 <= 0 or stop_e4 % listing.instrument.tick_e4 or same_side:
            return refusal("AB9009")
        return price_e4, stop_e4

    def _find(self, body: RuleBody) -> Rule | Refusal:
        number = wire_int(body.id)
        rule = self._rules.get(number) if number is not None else None
        return refusal("AB9013") if rule is None else rule

    def _waiting(self, body: RuleBody) -> Rule | Refusal:
        """A rule that can still be changed, named rightly by all that the body says of it."""
        rule = self._find(body)
        if isinstance(rule, Refusal):
            return rule
        if rule.status not in WAITING:
            return refusal("AB9013")
        if str(body.exchange or rule.exchange.value) != rule.exchange.value:
            return refusal("AB9010")
        return rule if str(body.symboltoken or rule.token) == rule.token else refusal("AB9011")

    def _end(self, rule: Rule, status: str, now_ns: int) -> None:
        rule.status, rule.updated_ns = status, now_ns
        self._put(rule)

    def _put(self, rule: Rule) -> None:
        self._file(rule)
        self._keep(rule)

    def _file(self, rule: Rule) -> None:
        """Keep a rule, and watch its instrument while it waits."""
        self._rules[rule.id] = rule
        watched = self._watched.setdefault(rule.key, {})
        if rule.status in WAITING:
            watched[rule.id] = rule
        else:
            watched.pop(rule.id, None)

    def _forget(self) -> bool:
        """Drop the oldest rule that is done; False when all are waiting."""
        done = next((r.id for r in self._rules.values() if r.status not in WAITING), None)
        if done is not None:
            del self._rules[done]
        return done is not None


def _as_it_is(body: RuleBody, rule: Rule) -> RuleBody:
    """A modify body with the second leg of the rule where it names none."""
    if not rule.stop_trigger_e4 or wire_e4(body.stoplosstriggerprice):
        return body
    stop, trigger = rupees(rule.stop_price_e4), rupees(rule.stop_trigger_e4)
    return msgspec.structs.replace(body, gttType="OCO", stoplossprice=stop, stoplosstriggerprice=trigger)


def _terms(body: RuleBody, listing: Listing) -> tuple[int, int, int, int, int] | Refusal:
    """Quantity, price, trigger, disclosed, days."""
    instrument = listing.instrument
    quantity, disclosed = wire_int(body.qty), wire_int(body.disclosedqty or "0")
    if quantity is None or quantity <= 0 or quantity % instrument.lot:
        return refusal("AB9006")
    if disclosed is None or disclosed < 0:
        return refusal("AB9007")
    price_e4, trigger_e4 = wire_e4(body.price), wire_e4(body.triggerprice)
    if price_e4 is None or price_e4 <= 0 or price_e4 % instrument.tick_e4:
        return refusal("AB9008")
    if trigger_e4 is None or trigger_e4 <= 0 or trigger_e4 % instrument.tick_e4:
        return refusal("AB9009")
    days = DAYS_MAX if body.timeperiod in (None, "") else wire_int(body.timeperiod)
    if days is None or not 1 <= days <= DAYS_MAX:
        return refusal("AB9016")
    return quantity, price_e4, trigger_e4, disclosed, days
