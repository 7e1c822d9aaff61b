from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sink import Sink
from vectors import expand, in_order, read_vectors, stable, tell


@pytest.fixture(scope="module")
def shared_sink() -> Iterator[Sink]:
    server = Sink()
    yield server
    server.close()


@pytest.mark.parametrize(
    "vector",
    [pytest.param(vector, id=f"{file}: {vector['name']}") for file, vector in read_vectors()],
)
def test_the_snapshot_of_a_wire_vector(vector: dict[str, Any], shared_sink: Sink) -> None:
    reason = vector.get("skip", {}).get("python")
    if reason is not None:
        pytest.skip(reason)
    xray = tell(vector, shared_sink.endpoint)
    assert xray.shutdown(5)
    wanted = expand(vector["expect"])
    if "marks" in wanted:
        wanted["marks"] = in_order(wanted["marks"])
    assert stable(shared_sink.snapshots[-1]) == wanted
