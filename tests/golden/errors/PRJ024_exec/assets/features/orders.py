import polars as pl
from andon import asset, not_null

from lib.rules import apply


@asset(inputs={"orders": "raw.orders"})
def orders(orders: pl.DataFrame) -> pl.DataFrame:
    return apply(orders, "x")
