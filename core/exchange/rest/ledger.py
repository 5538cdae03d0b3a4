"""Holdings, conversion, calculators and sell authorisations on REST."""

from typing import Any

from litestar import get, post

from core.exchange import paths
from core.exchange.edis import EdisBody
from core.exchange.ledger.conversion import ConvertBody
from core.exchange.ledger.estimates import BatchBody, ChargeBody, batch_row, charges_row
from core.exchange.rest.given import LOOK_ONLY, Json, TheVenue, answered
from core.exchange.rows import stamp


@get(paths.HOLDING_PATH)
async def holdings(venue: TheVenue) -> Json:
    return answered(venue.holding_rows() or None)


@get(paths.ALL_HOLDING_PATH)
async def all_holdings(venue: TheVenue) -> Json:
    rows = venue.holding_rows() or None
    return answered({"holdings": rows, "totalholding": venue.holdings_total() if rows else None})


@post(paths.CONVERT_PATH, status_code=200)
async def convert(data: ConvertBody, venue: TheVenue) -> Json:
    return answered(venue.convert(data))


@post(paths.MARGIN_PATH, status_code=200)
async def margin(data: BatchBody, venue: TheVenue) -> Json:
    market = venue.market
    return answered(batch_row(data, market.listings, lambda key: market.snapshot(key).last_e4))


@post(paths.CHARGES_PATH, status_code=200)
async def charges(data: ChargeBody, venue: TheVenue) -> Json:
    return answered(charges_row(data, venue.market.listings, venue.day))


@post(paths.VERIFY_DIS_PATH, status_code=200)
async def verify_dis(data: EdisBody, venue: TheVenue) -> Json:
    return answered(LOOK_ONLY if venue.edis is None else venue.edis.verify(data))


@post(paths.TPIN_PATH, status_code=200)
async def generate_tpin(data: EdisBody, venue: TheVenue) -> Json:
    return answered(LOOK_ONLY if venue.edis is None else venue.edis.tpin(data))


@post(paths.TRAN_STATUS_PATH, status_code=200)
async def tran_status(data: EdisBody, venue: TheVenue) -> Json:
    return answered(LOOK_ONLY if venue.edis is None else venue.edis.status(data, stamp(venue.now_ns())))


HANDLERS: list[Any] = [holdings, all_holdings, convert, margin, charges, verify_dis, generate_tpin, tran_status]
