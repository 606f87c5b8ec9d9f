import polars as pl
from andon import asset, not_null

@asset(inputs={"order": "raw.orders"})
def orders(orders: pl.DataFrame) -> pl.DataFrame:
    return orders
