"""GTT rules on REST, under both prefixes."""

from typing import Any

from litestar import post

from core.exchange import paths
from core.exchange.gtt import ListBody, Rule, RuleBody
from core.exchange.orders import Refusal
from core.exchange.rest.given import LOOK_ONLY, Json, TheVenue, answered


def _id(done: Rule | Refusal) -> Any:
    return done if isinstance(done, Refusal) else {"id": done.id}


@post(paths.CREATE_RULE, status_code=200)
async def create_rule(data: RuleBody, venue: TheVenue) -> Json:
    if venue.rules is None:
        return answered(LOOK_ONLY)
    market = venue.market
    done = venue.rules.create(data, market.listings, lambda key: market.snapshot(key).last_e4, venue.now_ns())
    return answered(_id(done))


@post(paths.MODIFY_RULE, status_code=200)
async def modify_rule(data: RuleBody, venue: TheVenue) -> Json:
    if venue.rules is None:
        return answered(LOOK_ONLY)
    market = venue.market
    done = venue.rules.modify(data, market.listings, lambda key: market.snapshot(key).last_e4, venue.now_ns())
    return answered(_id(done))


@post(paths.CANCEL_RULE, status_code=200)
async def cancel_rule(data: RuleBody, venue: TheVenue) -> Json:
    return answered(LOOK_ONLY if venue.rules is None else _id(venue.rules.cancel(data, venue.now_ns())))


@post(paths.RULE_DETAILS, status_code=200)
async def rule_details(data: RuleBody, venue: TheVenue) -> Json:
    if venue.rules is None:
        return answered(LOOK_ONLY)
    done = venue.rules.details(data)
    return answered(done if isinstance(done, Refusal) else venue.rules.row(done))


@post(paths.RULE_LIST, status_code=200)
async def rule_list(data: ListBody, venue: TheVenue) -> Json:
    if venue.rules is None:
        return answered([])
    done = venue.rules.listed(data)
    return answered(done if isinstance(done, Refusal) else [venue.rules.row(rule) for rule in done])


HANDLERS: list[Any] = [create_rule, modify_rule, cancel_rule, rule_details, rule_list]
