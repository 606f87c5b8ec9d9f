"""Benchmarks: one promise per file, each against a reference measured in the same run."""
