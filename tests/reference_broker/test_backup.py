"""Backups: what goes out comes back, whole or not at all; old ones are removed and nothing else is."""

from __future__ import annotations

import os
import time
from pathlib import Path

import asyncpg
import pytest

from ainp_harness.targets.commands import database_beside
from ainp_harness.targets.embedded import EmbeddedTarget
from conformance.kit import questions
from reference_broker.backup import BackupFailed, back_up, in_order, remove_old, restore
from tests.reference_broker.agents import Agent


@pytest.fixture
async def beside(target: EmbeddedTarget) -> object:
    """The URL of an empty database."""
    assert target.database_url is not None
    connection = await asyncpg.connect(target.database_url)
    await questions.create_database(connection, "beside")
    yield database_beside(target.database_url, "beside")
    await questions.drop_database(connection, "beside")
    await connection.close()


async def rows(url: str, sql: str) -> list[tuple[object, ...]]:
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(sql)]
    finally:
        await connection.close()


async def test_what_was_backed_up_is_restored(target: EmbeddedTarget, bob: Agent, tmp_path: Path, beside: str) -> None:
    file = await back_up(str(target.database_url), tmp_path)
    await restore(beside, file)

    sql = "SELECT a.did, a.trust, c.id, c.embedding::text FROM agents a JOIN capabilities c USING (did) ORDER BY c.id"
    assert bob.did in [row[0] for row in await rows(beside, sql)]
    assert await rows(beside, sql) == await rows(str(target.database_url), sql)
    assert await rows(beside, "SELECT * FROM shared ORDER BY name") == await rows(
        str(target.database_url), "SELECT * FROM shared ORDER BY name"
    )
    columns = "did, position, description, tags, version"
    new = f"INSERT INTO capabilities ({columns}) SELECT did, 9, 'x', '{{}}', '1' FROM agents LIMIT 1 RETURNING id"
    ((identifier,),) = await rows(beside, new)
    assert identifier > (await rows(beside, "SELECT max(id) FROM capabilities WHERE position <> 9"))[0][0]
    assert file.stat().st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path) == [file.name]  # noqa: PTH208


async def test_a_database_that_is_not_empty_is_not_touched(target: EmbeddedTarget, tmp_path: Path) -> None:
    file = await back_up(str(target.database_url), tmp_path / "b")
    with pytest.raises(BackupFailed, match="not empty"):
        await restore(str(target.database_url), file)


async def test_an_empty_database_has_nothing_to_back_up(tmp_path: Path, beside: str) -> None:
    with pytest.raises(BackupFailed, match="no schema"):
        await back_up(beside, tmp_path)
    assert os.listdir(tmp_path) == []  # noqa: PTH208


async def test_what_is_no_backup_restores_nothing(tmp_path: Path, beside: str) -> None:
    (tmp_path / "b").write_bytes(b"nothing")
    with pytest.raises(BackupFailed, match="no backup that can be read"):
        await restore(beside, tmp_path / "b")
    assert await rows(beside, "SELECT 1 FROM pg_tables WHERE schemaname = 'public'") == []


def test_a_weeks_backups_are_kept_and_strangers_files_too(tmp_path: Path) -> None:
    now = time.time()
    for name, days in (("ainp-20260101T030000Z.backup", 8), ("ainp-20260102T030000Z.backup", 6), ("photographs.backup", 30)):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (now - days * 86_400, now - days * 86_400))
    assert [file.name for file in remove_old(tmp_path, now=now)] == ["ainp-20260101T030000Z.backup"]
    assert len(list(tmp_path.iterdir())) == 2


def test_tables_come_after_those_they_refer_to() -> None:
    assert in_order(["a", "b", "c"], [("a", "c"), ("c", "b")]) == ["b", "c", "a"]
    with pytest.raises(BackupFailed, match="circle"):
        in_order(["a", "b"], [("a", "b"), ("b", "a")])
