"""How punctual each airline is, in polars: an asset may be a plain Python function."""

import polars as pl

from andon import asset, in_range, not_null, unique


@asset(
    description="Punctuality by airline, worst first.",
    owner="operations",
    inputs={"facts": "marts.flight_facts"},
    key="carrier",
    together="flights",
    checks=[unique("carrier"), not_null("airline"), in_range("share_late", 0, 1)],
)
def carriers(facts: pl.DataFrame) -> pl.DataFrame:
    """One row per airline: flights, share late, median and 90th percentile of the delay in minutes."""
    return (
        facts.group_by("carrier", "airline")
        .agg(
            flights=pl.len(),
            share_late=pl.col("is_late").fill_null(False).mean().round(4),
            median_delay=pl.col("arr_delay").median(),
            p90_delay=pl.col("arr_delay").quantile(0.9),
        )
        .sort("share_late", "carrier", descending=[True, False])
    )
