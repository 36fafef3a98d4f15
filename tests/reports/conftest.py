"""Bundles as they are found: of a passed run and of a failed one, with reports written."""

from pathlib import Path

import pytest

from reports import write_reports
from tests.reports import bundles, sample


@pytest.fixture(scope="session")
def passed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _reported(tmp_path_factory.mktemp("passed"), failed=False)


@pytest.fixture(scope="session")
def failed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _reported(tmp_path_factory.mktemp("failed"), failed=True)


def _reported(folder: Path, *, failed: bool) -> Path:
    bundle = bundles.write_bundle(folder, failed=failed)
    write_reports(sample.verdict(failed=failed), bundle)
    return bundle
