"""What in an image's layers looks like a secret, and what does not."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Mapping, Sequence

import pytest

from ainp_harness.targets.docker_layers import look_into

KEY = b"-----BEGIN PRIVATE KEY-----\nMC4CAQ\n"


def tar(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as packed:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            packed.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def image(*layers: Mapping[str, bytes], env: Sequence[str] = (), history: Sequence[str] = ()) -> io.BytesIO:
    configuration = {"config": {"Env": list(env)}, "history": [{"created_by": command} for command in history]}
    names = [f"blobs/{number}" for number in range(len(layers))]
    manifest = [{"Config": "c.json", "Layers": names}]
    files = {"manifest.json": json.dumps(manifest).encode(), "c.json": json.dumps(configuration).encode()}
    return io.BytesIO(tar({**files, **{name: tar(layer) for name, layer in zip(names, layers, strict=True)}}))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("app/.env", b"A=1"),
        ("app/.env.production", b"A=1"),
        ("root/.ssh/id_ed25519", b"x"),
        ("app/server.key", b"x"),
        ("app/notes.txt", KEY),
        ("app/settings.py", b"URL = 'postgresql://ainp:opensesame@db/ainp'"),
        ("etc/app.conf", b"key: sk-abcdefghijklmnopqrstuvwx"),
    ],
)
def test_what_is_a_secret(name: str, content: bytes) -> None:
    look = look_into(image({name: content}, {"app/other": b"x"}))
    assert [name in place for place in look.secrets] == [True]
    assert (look.layers, look.files) == (2, 2)
    assert "opensesame" not in "".join(look.secrets)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("app/.env.production.example", b"DATABASE_URL=postgresql://USER:PASSWORD@h/d"[:13]),
        ("usr/lib/python3/test/key.pem", KEY),
        ("opt/venv/lib/python3.11/site-packages/certifi/cacert.pem", b"x"),
        ("etc/ssl/certs/a.pem", b"x"),
        ("app/redis.py", b'URL = f"redis://{user}:{password}@host"'),
    ],
)
def test_what_is_none(name: str, content: bytes) -> None:
    assert look_into(image({name: content})).secrets == []


def test_a_file_that_a_later_layer_takes_away_is_still_there() -> None:
    assert look_into(image({"app/.env": b"A=1"}, {"app/.wh..env": b""})).secrets == ["the file /app/.env"]


def test_the_images_own_settings_and_commands_are_looked_at() -> None:
    look = look_into(image(env=["PATH=/bin", "GPG_KEY=A035", "OPENAI_API_KEY=x", "NATS_TOKEN="], history=["ENV U=nats://a:opensesame@n"]))
    assert look.secrets == ["the variable OPENAI_API_KEY", "the command of a layer"]
