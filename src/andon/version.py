"""Version of Andon; part of the name of its caches."""

VERSION = "0.1.0"
