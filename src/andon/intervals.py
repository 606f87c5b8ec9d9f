"""Intervals of time that a table is kept by: hours, days, weeks, months, years, all in UTC."""

from __future__ import annotations

from typing import Literal

Every = Literal["hour", "day", "week", "month", "year"]
"""Length of an interval; a week begins on Monday."""
