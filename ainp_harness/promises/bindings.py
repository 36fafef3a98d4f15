"""Bindings from TOML: the shipped ones by name, a user's own by path. What a binding means is wire's matter."""

from __future__ import annotations

from pathlib import Path

from ainp_harness.promises.requirements import load_requirements
from ainp_harness.promises.toml_files import PROMISES, PromiseError, TomlFile
from ainp_harness.wire.binding import Binding
from ainp_harness.wire.binding_data import BindingError, parse_binding

SHIPPED = PROMISES / "bindings"


class UnknownBinding(PromiseError):
    """There is neither a shipped binding of that name nor such a file."""


def shipped_bindings() -> list[str]:
    """The names of the bindings that come with the harness."""
    return sorted(path.stem for path in SHIPPED.glob("*.toml"))


def load_binding(name_or_path: str) -> Binding:
    """A shipped binding by its name, or a user's file by its path (anything with a '/' or ending in '.toml').

    Raises:
        UnknownBinding: no such binding.
        PromiseError: the file is no binding; names the line.
    """
    own = "/" in name_or_path or name_or_path.endswith(".toml")
    path = Path(name_or_path) if own else SHIPPED / f"{name_or_path}.toml"
    if not own and not path.is_file():
        raise UnknownBinding(
            Path(name_or_path), f"no such binding; shipped are {', '.join(shipped_bindings())}, or give the path of a .toml file"
        )
    file = TomlFile.read(path)
    try:
        binding = parse_binding({"name": path.stem, **file.data})
    except BindingError as error:
        raise file.error(error.where, error.message) from error
    if binding.not_observable:
        _check_not_observable(binding, file)
    return binding


def _check_not_observable(binding: Binding, file: TomlFile) -> None:
    """A binding excuses requirements that exist, none that is core, and none that fails because the binding lacks an operation."""
    requirements = load_requirements()
    for index, entry in enumerate(binding.data["not_observable"]):
        for identifier in entry["requirements"]:
            where = ("not_observable", index, "requirements")
            if identifier not in requirements:
                raise file.error(where, f"{identifier} is no requirement of this version")
            if requirements[identifier].core:
                raise file.error(where, f"{identifier} is core: no surface excuses it")
            if missing := [name for name in requirements[identifier].operations if not binding.offers(name)]:
                raise file.error(
                    where, f"{identifier} needs {', '.join(missing)}, which this binding does not offer: it fails, and is not excused"
                )
