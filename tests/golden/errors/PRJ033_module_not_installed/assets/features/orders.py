import polars as pl
from andon import asset, not_null

import no_such_library


@asset(inputs={"orders": "raw.orders"})
def orders(orders: pl.DataFrame) -> pl.DataFrame:
    return no_such_library.tidy(orders)
