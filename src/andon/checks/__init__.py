"""Checks: planned together, judged purely; no statement is run here."""
