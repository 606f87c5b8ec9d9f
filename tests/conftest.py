"""What all tests share: how Hypothesis searches."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile(
    "andon",
    deadline=None,  # two busy cores: a slow example is no failure
    suppress_health_check=[HealthCheck.too_slow],  # the same
    print_blob=True,  # a failure can be repeated from the log alone
)
settings.load_profile("andon")
