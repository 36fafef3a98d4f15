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
        line: int | None = None
        start = 0
        for key in where:
            found = self._find(key, start)
            if found is None:
                continue
            start = found
            line = self.text.count("\n", 0, found) + 1
        return line

    def _find(self, key: str | int, start: int) -> int | None:
        if isinstance(key, int):
            tables = [match.start() for match in re.finditer(r"^\s*\[\[", self.text[start:], re.MULTILINE)]
            return start + tables[key] if key < len(tables) else None
        pattern = rf'^\s*(?:\[\[?\s*(?:[\w"-]+\.)*"?{re.escape(key)}"?\s*\]\]?|"?{re.escape(key)}"?\s*=)|[{{,]\s*"?{re.escape(key)}"?\s*='
        match = re.search(pattern, self.text[start:], re.MULTILINE)
        if match is None:
            return None
        return start + match.start() + len(match[0]) - len(match[0].lstrip())

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
