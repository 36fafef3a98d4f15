"""Reading the TOML files of promises: every complaint names the file and, where it can be found, the line."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

PROMISES = Path(__file__).parent
"""Where the shipped files are."""

Model = TypeVar("Model", bound=BaseModel)


class PromiseError(ValueError):
    """A file of promises cannot be used: which one, where in it, and what is wrong."""

    def __init__(self, path: Path, message: str, line: int | None = None) -> None:
        self.path = path
        self.line = line
        super().__init__(f"{path}:{line}: {message}" if line else f"{path}: {message}")


@dataclass(frozen=True)
class TomlFile:
    """A parsed file with its text, so that a key can be found again."""

    path: Path
    text: str
    data: dict[str, Any]

    @classmethod
    def read(cls, path: Path) -> TomlFile:
        """Read and parse.

        Raises:
            PromiseError: the file is missing, unreadable, not UTF-8, or no TOML.
        """
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError as error:
            raise PromiseError(path, "there is no such file") from error
        except (OSError, UnicodeDecodeError) as error:
            raise PromiseError(path, f"cannot be read: {error}") from error
        try:
            return cls(path, text, tomllib.loads(text))
        except tomllib.TOMLDecodeError as error:
            found = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
            message = re.sub(r"\s*\(at .*\)$", "", str(error))
            line = int(found[1]) if found else len(text.splitlines())
            raise PromiseError(path, f"not TOML: {message}" + (f" (column {found[2]})" if found else ""), line) from error

    @property
    def digest(self) -> str:
        return "sha256:" + hashlib.sha256(self.text.encode()).hexdigest()

    def line_of(self, where: Sequence[str | int]) -> int | None:
        """The line of a key, by its path from the outermost table; the nearest that can be found."""
        start, end = 0, len(self.text)
        line: int | None = None
        name = ""
        for key in where:
            if isinstance(key, int):
                tables = self._tables(name, start, end)
                if key >= len(tables):
                    continue
                start, end = tables[key], tables[key + 1] if key + 1 < len(tables) else self._other_table(name, tables[key], end)
            else:
                name = key
                found = self._find(key, start, end)
                if found is None:
                    continue
                start = found
                if self.text.startswith("[", found) and not self.text.startswith("[[", found):
                    end = self._other_table(name, start, end)
            line = self.text.count("\n", 0, start) + 1
        return line

    def _tables(self, name: str, start: int, end: int) -> list[int]:
        """Where the tables of an array begin."""
        pattern = re.compile(rf'^[ \t]*\[\[\s*(?:[\w"-]+\.)*"?{re.escape(name)}"?\s*\]\]', re.MULTILINE)
        return [match.start() for match in pattern.finditer(self.text, start, end)]

    def _other_table(self, name: str, start: int, end: int) -> int:
        """Where a table that is no part of the array `name` begins: what is missing in the array's last table is not to be found there."""
        pattern = re.compile(rf'^[ \t]*\[\[?\s*(?!\[|(?:[\w"-]+\.)*"?{re.escape(name)}"?[\s.\]])', re.MULTILINE)
        match = pattern.search(self.text, start, end)
        return match.start() if match else end

    def _find(self, key: str, start: int, end: int) -> int | None:
        word = rf'"?{re.escape(key)}"?'
        pattern = re.compile(rf'^[ \t]*(?:\[\[?\s*(?:[\w"-]+\.)*{word}\s*\]\]?|{word}\s*=)|[{{,]\s*{word}\s*=', re.MULTILINE)
        match = pattern.search(self.text, start, end)
        return None if match is None else match.end() - len(match[0].lstrip("{, \t\n"))

    def error(self, where: Sequence[str | int], message: str) -> PromiseError:
        """A complaint about the value at this path."""
        name = ".".join(str(key) for key in where)
        return PromiseError(self.path, f"{name}: {message}" if name else message, self.line_of(where))

    def parse(self, model: type[Model]) -> Model:
        """The file as a typed value.

        Raises:
            PromiseError: for the first thing in it that does not fit, with its line.
        """
        try:
            return model.model_validate(self.data)
        except ValidationError as error:
            first = error.errors()[0]
            message = "unknown key" if first["type"] == "extra_forbidden" else first["msg"]
            more = f" ({error.error_count() - 1} more)" if error.error_count() > 1 else ""
            raise self.error(tuple(first["loc"]), message + more) from error
