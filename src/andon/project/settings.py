"""The file ``andon.toml``: name, settings, parameters."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from typing import TypeVar

from msgspec import Struct

from andon.errors import Where
from andon.names import did_you_mean, is_identifier
from andon.project.text import Findings, TextFile
from andon.spec.project import Scalar, Settings
from andon.spec.quantity import bytes_of, seconds_of

T = TypeVar("T")

FILE = "andon.toml"
SECTIONS = ("project", "settings", "parameters")
PROJECT_KEYS = ("name", "environment")
SETTING_KEYS = (
    "threads",
    "memory",
    "spill",
    "timeout",
    "retries",
    "keep_days",
    "keep_last",
    "grace",
    "seed",
)
_AT_LINE = re.compile(r"\(at line (\d+), column (\d+)\)")


class Config(Struct, frozen=True, kw_only=True):
    """What ``andon.toml`` says."""

    name: str
    settings: Settings
    parameters: tuple[tuple[str, Scalar], ...]


def read_config(file: TextFile, findings: Findings, default_name: str) -> Config:
    """The project's configuration; problems are noted and defaults taken in their place."""
    fallback = Config(name=default_name, settings=Settings(), parameters=())
    try:
        document = tomllib.loads(file.text)
    except tomllib.TOMLDecodeError as error:
        _refuse_syntax(file, findings, str(error))
        return fallback
    reader = _Reader(file, findings)
    reader.check_keys("", document, SECTIONS, "andon.toml")
    project = reader.table(document, "project")
    given = reader.table(document, "settings")
    parameters = reader.table(document, "parameters")
    reader.check_keys("project", project, PROJECT_KEYS, "[project]")
    reader.check_keys("settings", given, SETTING_KEYS, "[settings]")
    name = reader.text("project", project, "name") or default_name
    environment = reader.text("project", project, "environment") or Settings().environment
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", environment):
        reader.refuse(
            "PRJ007",
            reader.where("project", "environment"),
            f"`{environment}` is no name of an environment",
            "names are lower-case letters, digits, `-` and `_`",
            'write for example `environment = "prod"`',
        )
    return Config(
        name=name,
        settings=_read_settings(reader, given, environment),
        parameters=_read_parameters(reader, parameters),
    )


def _read_settings(reader: _Reader, given: Mapping[str, object], environment: str) -> Settings:
    default = Settings()
    return Settings(
        environment=environment,
        threads=reader.count(given, "threads", default.threads, least=1),
        memory_bytes=reader.quantity(given, "memory", bytes_of, default.memory_bytes),
        spill_bytes=reader.quantity(given, "spill", bytes_of, default.spill_bytes),
        timeout_s=reader.quantity(given, "timeout", seconds_of, default.timeout_s),
        retries=reader.count(given, "retries", default.retries),
        keep_days=reader.count(given, "keep_days", default.keep_days),
        keep_last=reader.count(given, "keep_last", default.keep_last, least=1),
        grace_s=reader.quantity(given, "grace", seconds_of, default.grace_s),
        seed=reader.seed(given),
    )


def _read_parameters(
    reader: _Reader, given: Mapping[str, object]
) -> tuple[tuple[str, Scalar], ...]:
    found: list[tuple[str, Scalar]] = []
    for name, value in given.items():
        if not is_identifier(name):
            reader.refuse(
                "PRJ007",
                reader.where("parameters", name),
                f"`{name}` is no name of a parameter",
                "it is written as `$name` in SQL: lower-case letters, digits and underscores",
                "rename it",
            )
        elif not isinstance(value, bool | int | float | str):
            reader.refuse(
                "PRJ005",
                reader.where("parameters", name),
                f"parameter `{name}` must be a number, text, true or false",
                "parameters are bound as single values; dates are written as text",
                "declare one parameter per value, or write it as text",
            )
        else:
            found.append((name, value))
    return tuple(sorted(found))


class _Reader:
    def __init__(self, file: TextFile, findings: Findings) -> None:
        self._file, self._findings = file, findings

    def refuse(self, code: str, where: Where, what: str, why: str, fix: str) -> None:
        self._findings.add(code, where, what=what, why=why, fix=fix)

    def where(self, section: str, key: str) -> Where:
        """Place of a key; TOML's parser tells none, so its line is searched in the section."""
        start = 0
        if section:
            heading = re.search(rf"(?m)^[ \t]*\[{re.escape(section)}\]", self._file.text)
            start = heading.end() if heading else 0
        word = re.escape(key)
        found = re.compile(rf"(?m)^[ \t]*\[?[\"']?({word})[\"']?[ \t]*[=.\]]").search(
            self._file.text, start
        )
        return (
            self._file.where_at(found.start(1), len(key)) if found else self._file.where_at(start)
        )

    def check_keys(
        self, section: str, given: Mapping[str, object], known: tuple[str, ...], of: str
    ) -> None:
        for key in given:
            if key not in known:
                listed = ", ".join(f"`{name}`" for name in known)
                self.refuse(
                    "PRJ004",
                    self.where(section, key),
                    f"unknown key `{key}` of {of}",
                    "a key that is silently ignored would look as if it worked",
                    did_you_mean(key, known, f"use one of {listed}"),
                )

    def table(self, document: Mapping[str, object], section: str) -> Mapping[str, object]:
        value = document.get(section, {})
        if isinstance(value, dict):
            return value
        self.wrong("", section, "a section", f"[{section}]")
        return {}

    def text(self, section: str, given: Mapping[str, object], key: str) -> str:
        value = given.get(key, "")
        if isinstance(value, str):
            return value
        self.wrong(section, key, "text", f'{key} = "shop"')
        return ""

    def count(
        self, given: Mapping[str, object], key: str, default: T, *, least: int = 0
    ) -> T | int:
        value = given.get(key)
        if value is None:
            return default
        if isinstance(value, int) and not isinstance(value, bool) and value >= least:
            return value
        self.wrong("settings", key, f"a whole number from {least}", f"{key} = 4")
        return default

    def seed(self, given: Mapping[str, object]) -> float | None:
        value = given.get("seed")
        if value is None:
            return None
        if isinstance(value, int | float) and not isinstance(value, bool) and -1 <= value <= 1:
            return float(value)
        self.wrong("settings", "seed", "a number from -1 to 1", "seed = 0.42")
        return None

    def quantity(
        self, given: Mapping[str, object], key: str, read: Callable[[object], T], default: T | None
    ) -> T:
        value = given.get(key)
        if value is not None:
            try:
                return read(value)
            except ValueError as error:
                self.refuse(
                    "PRJ006",
                    self.where("settings", key),
                    f"`{key}`: {error}",
                    "quantities carry their unit, so that nobody has to guess it",
                    "write a number and a unit as text",
                )
        return default  # type: ignore[return-value]  # None only where the setting itself may be None

    def wrong(self, section: str, key: str, expected: str, example: str) -> None:
        self.refuse(
            "PRJ005",
            self.where(section, key),
            f"`{key}` must be {expected}",
            "it is of another type here",
            f"write `{example}`",
        )


def _refuse_syntax(file: TextFile, findings: Findings, message: str) -> None:
    at = _AT_LINE.search(message)
    findings.add(
        "PRJ002",
        file.where(int(at[1]), int(at[2])) if at else file.where_at(max(0, len(file.text) - 1)),
        what=f"this is not valid TOML: {_AT_LINE.sub('', message).strip()}",
        why="the file cannot be read",
        fix="write `key = value` lines below `[project]`; text is in double quotes",
    )
