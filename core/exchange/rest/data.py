"""Open interest over time, greeks and the market-data lists on REST."""

import asyncio
from typing import Any

from litestar import get, post

from core.domain import Exchange, Kind
from core.exchange import paths
from core.exchange.analytics import (
    GreekBody,
    ListBody,
    buildup_rows,
    cautionary_rows,
    gainer_rows,
    greek_rows,
    intraday_rows,
    ratio_rows,
)
from core.exchange.candles import CandleBody, candle_rows, read_span
from core.exchange.orders import Refusal
from core.exchange.rest.given import Json, TheVenue, answered, key_of


@post(paths.CANDLES_PATH, status_code=200)
async def candles(data: CandleBody, venue: TheVenue) -> Json:
    span = read_span(data, venue.switches.candle_end == "inclusive")
    key = key_of(venue, data.exchange, data.symboltoken)
    if isinstance(span, Refusal) or key is None:
        return answered(span if isinstance(span, Refusal) else None)
    listing, bars = venue.market.listings[key], venue.market.bars(key)
    return answered(await asyncio.to_thread(candle_rows, listing, span, venue.day, bars, venue.seed) or None)


@post(paths.OI_PATH, status_code=200)
async def open_interest(data: CandleBody, venue: TheVenue) -> Json:
    """At the starts of the bars that the same body would give; only derivatives that are listed have any.

    The exchange keeps no history of open interest: every row has today's.
    """
    span = read_span(data, venue.switches.candle_end == "inclusive")
    key = key_of(venue, data.exchange, data.symboltoken)
    if isinstance(span, Refusal):
        return answered(span)
    if key is None or venue.market.listings[key].instrument.kind not in (Kind.FUTURE, Kind.OPTION):
        return answered(None)
    listing, bars = venue.market.listings[key], venue.market.bars(key)
    rows = await asyncio.to_thread(candle_rows, listing, span, venue.day, bars, venue.seed)
    units = venue.market.snapshot(key).open_interest
    return answered([{"time": row[0], "oi": units} for row in rows] or None)


@post(paths.GREEKS_PATH, status_code=200)
async def option_greek(data: GreekBody, venue: TheVenue) -> Json:
    return answered(greek_rows(data, venue.market, venue.now_ns()))


@post(paths.GAINERS_PATH, status_code=200)
async def gainers_losers(data: ListBody, venue: TheVenue) -> Json:
    return answered(gainer_rows(data, venue.market))


@post(paths.BUILDUP_PATH, status_code=200)
async def oi_buildup(data: ListBody, venue: TheVenue) -> Json:
    return answered(buildup_rows(data, venue.market))


@get(paths.PCR_PATH)
async def put_call_ratio(venue: TheVenue) -> Json:
    return answered(ratio_rows(venue.market))


@get(paths.NSE_INTRADAY_PATH)
async def nse_intraday(venue: TheVenue) -> Json:
    return answered(intraday_rows(venue.market, Exchange.NSE, venue.switches))


@get(paths.BSE_INTRADAY_PATH)
async def bse_intraday(venue: TheVenue) -> Json:
    return answered(intraday_rows(venue.market, Exchange.BSE, venue.switches))


@get(paths.CAUTIONARY_PATH)
async def cautionary(venue: TheVenue) -> Json:
    return answered(cautionary_rows(venue.market, venue.switches))


@post(paths.CAUTIONARY_PATH, status_code=200)
async def cautionary_by_post(venue: TheVenue) -> Json:
    """The documentation's sample shows the same call as a POST."""
    return answered(cautionary_rows(venue.market, venue.switches))


HANDLERS: list[Any] = [candles, open_interest, option_greek, gainers_losers, oi_buildup, put_call_ratio]
HANDLERS += [nse_intraday, bse_intraday, cautionary, cautionary_by_post]
