import polars as pl
from andon import asset, not_null

@asset(inputs={"orders": "raw." + "orders"})
def orders(orders: pl.DataFrame) -> pl.DataFrame:
    return orders
