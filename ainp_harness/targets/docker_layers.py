"""What in the layers of an image looks like a secret: files that are called so, keys and connection strings with a password within files,
settings of the image itself. Pure: an image as `docker save` writes it comes in, and places come out, never the secrets.

Packages of others are not looked into (test certificates of libraries are no secrets): only what a deployment puts there can be its own.
"""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any

MANIFEST = "manifest.json"
LOOKED_INTO_BYTES = 1_000_000
"""Of a file: a secret is short, and stands in a short file."""

OF_OTHERS = re.compile(
    r"(^|/)(usr/(lib|lib64|share|include|sbin|bin)|lib|lib64|bin|sbin|proc|sys|dev|var/(lib|cache)|site-packages)/|(^|/)etc/ssl/"
)
NAMES = re.compile(
    r"(^|/)(\.env(\.(?!.*example)[\w.]+)?|id_(rsa|ed25519|ecdsa)|\.pgpass|\.netrc|\.npmrc|\.pypirc|credentials\.json|[\w-]+\.pem|[\w-]+\.key)$"
)
CONTENTS = re.compile(
    rb"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----"
    rb"|\b(?:postgres(?:ql)?|rediss?|nats|amqp|mongodb)://[^\s:/@\"'{$<]+:[^\s@\"'{$<]{4,}@"
    rb"|\bAKIA[0-9A-Z]{16}\b|\bsk-[A-Za-z0-9_-]{20,}\b|\bgh[pousr]_[A-Za-z0-9]{36}\b"
)
SETTING = re.compile(r"(?i)(secret|token|passw(or)?d|api_?key|signing_key|private_key)")


@dataclass
class ImageLook:
    """What was looked at and what was found: places, in order."""

    layers: int = 0
    files: int = 0
    secrets: list[str] = field(default_factory=list)


def look_into(image: IO[bytes]) -> ImageLook:
    """Look into every layer of a saved image, files that a later layer takes away too."""
    look = ImageLook()
    with tarfile.open(fileobj=image, mode="r:*") as saved:
        for entry in json.load(_file(saved, MANIFEST)):
            _look_at_settings(json.load(_file(saved, entry["Config"])), look)
            for name in entry["Layers"]:
                look.layers += 1
                with tarfile.open(fileobj=_file(saved, name), mode="r:*") as layer:
                    _look_at_layer(layer, look)
    return look


def _look_at_settings(configuration: dict[str, Any], look: ImageLook) -> None:
    for setting in (configuration.get("config") or {}).get("Env") or ():
        name, _, value = setting.partition("=")
        if (value and SETTING.search(name)) or CONTENTS.search(value.encode()):
            look.secrets.append(f"the variable {name}")
    for step in configuration.get("history") or ():
        if CONTENTS.search(str(step.get("created_by", "")).encode()):
            look.secrets.append("the command of a layer")


def _look_at_layer(layer: tarfile.TarFile, look: ImageLook) -> None:
    for member, text in _own_files(layer):
        look.files += 1
        if member.size and NAMES.search(member.name):
            look.secrets.append(f"the file /{member.name}")
        elif found := CONTENTS.search(text):
            look.secrets.append(f"the file /{member.name}, byte {found.start()}")


def _own_files(layer: tarfile.TarFile) -> Iterator[tuple[tarfile.TarInfo, bytes]]:
    for member in layer:
        if member.isfile() and not OF_OTHERS.search("/" + member.name.removeprefix("./")):
            file = layer.extractfile(member)
            yield member, file.read(LOOKED_INTO_BYTES) if file else b""


def _file(saved: tarfile.TarFile, name: str) -> IO[bytes]:
    file = saved.extractfile(name)
    if file is None:
        raise ValueError(f"the saved image has no file {name}")
    return file
