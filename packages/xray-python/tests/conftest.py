from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from sink import Sink

import xray_sdk


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.environ.get("XRAY_TEST_FULL"):
        return
    skip = pytest.mark.skip(reason="runs in npm run test:full")
    for item in items:
        if item.get_closest_marker("full"):
            item.add_marker(skip)


@pytest.fixture
def sink() -> Iterator[Sink]:
    server = Sink()
    yield server
    server.close()


@pytest.fixture
def xray(sink: Sink) -> Iterator[xray_sdk.XRay]:
    client = xray_sdk.XRay(api_key="xr_test", app_id="app", pipeline="work", endpoint=sink.endpoint)
    yield client
    client.shutdown(2)
