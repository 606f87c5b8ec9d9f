"""How far a query can be built part by part: see `andon.sql.slices`."""
