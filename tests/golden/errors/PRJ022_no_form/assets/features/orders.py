import polars as pl
from andon import asset, not_null

@asset(inputs={"orders": "raw.orders"})
def orders(orders: list) -> pl.DataFrame:
    return orders
