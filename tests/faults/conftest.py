"""Three instances of the reference broker over one set of services."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ainp_harness.targets.embedded import EmbeddedOptions, EmbeddedTarget

SETTINGS = {
    "TRUSTED_PROXIES": "127.0.0.1",
    "LIMIT_PER_DID": "100000",
    "LIMIT_PER_IP": "100000",
    "DATABASE_POOL": "6",  # 20 in all
}


@pytest.fixture(scope="session")
def trio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedTarget]:
    with EmbeddedTarget(tmp_path_factory.mktemp("broker-logs"), EmbeddedOptions(instances=3, settings=SETTINGS)) as running:
        yield running
