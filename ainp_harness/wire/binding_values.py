"""Values of a binding's tables, of the type that they must have, else an error that names the place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Where = tuple[str | int, ...]
"""The path of a key, outermost first; a number for an entry of a list."""


class BindingError(ValueError):
    """A binding says something that has no meaning. `where` is the path of the key at fault, outermost first."""

    def __init__(self, where: Where, message: str) -> None:
        super().__init__(f"{'.'.join(map(str, where))}: {message}")
        self.where = where
        self.message = message


def typed(data: Mapping[str, Any], where: Where, kind: type, default: Any) -> Any:
    """The value of the last key of `where`; the default where it is missing, and with "" as the default it must be there."""
    if where[-1] not in data:
        if default == "":
            raise BindingError(where, "missing")
        return default
    value = data[str(where[-1])]
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise BindingError(where, f"not a {kind.__name__}")
    return value


def strings(data: Mapping[str, Any], where: Where) -> dict[str, str]:
    """A table of texts."""
    table = typed(data, where, dict, {})
    for key, value in table.items():
        if not isinstance(value, str):
            raise BindingError((*where, key), "not a text")
    return dict(table)


def texts(data: Mapping[str, Any], where: Where) -> list[str]:
    """A list of texts."""
    found = typed(data, where, list, [])
    if not all(isinstance(text, str) for text in found):
        raise BindingError(where, "not a list of texts")
    return list(found)
