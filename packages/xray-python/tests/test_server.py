"""The SDK against X-Ray's own server."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from xray_sdk import FilterRule, XRay

CLI = Path(__file__).resolve().parents[3] / "server" / "dist" / "cli.js"
API_KEY = "xr_python_test_key_of_at_least_32_characters"


class Server:
    def __init__(self, url: str) -> None:
        self.url = url

    def snapshot(self, execution_id: str) -> dict[str, Any]:
        path = f"/api/apps/python-app/executions/{execution_id}"
        request = urllib.request.Request(self.url + path, headers={"x-api-key": API_KEY})
        with urllib.request.urlopen(request, timeout=10) as response:
            found: dict[str, Any] = json.load(response)
        return found


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    node = shutil.which("node")
    if node is None or not CLI.exists():
        pytest.skip("the server is not built: node scripts/prepare.mjs server")
    folder = tmp_path_factory.mktemp("server")
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "DATABASE_URL": "",
        "PORT": "0",
        "XRAY_DATA_DIR": str(folder / "data"),
        "XRAY_INIT_APP_ID": "python-app",
        "XRAY_INIT_API_KEY": API_KEY,
    }
    process = subprocess.Popen(
        [node, str(CLI), "start"], cwd=folder, env=env, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    printed = ""
    for line in process.stdout:
        printed += line
        found = re.search(r"^X-Ray is ready: (\S+)$", printed, re.MULTILINE)
        if found:
            break
    else:
        raise AssertionError(printed)
    yield Server(found.group(1))
    process.terminate()
    process.wait(30)


def test_a_decision_is_stored_as_it_was_recorded(server: Server) -> None:
    xray = XRay(api_key=API_KEY, app_id="python-app", pipeline="loan-approval", endpoint=server.url)
    with xray.execution(subject={"applicant": "a-17"}, versions={"ruleset": "r42"}) as execution:
        with execution.step("credit_score", kind="retrieve", input={"id": "a-17"}) as step:
            step.output({"score": 640, "grade": "Größe", "half": "\ud800"})
        with execution.step("rules", kind="rules") as step:
            passed = step.check("min_score", 640 >= 660, actual=640, threshold=660, reason="LOW")
        with execution.step("offers") as step:
            offers = [{"id": f"o{n}", "rate": n} for n in range(3)]
            rule = FilterRule("rate", lambda offer: offer["rate"] < 2, threshold=2)
            step.filter(offers, id="id", rules=[rule])
        execution.decide("approved" if passed else "declined", adverse=not passed)
    assert xray.shutdown(10)
    assert xray.stats().delivered == 1
    snapshot = server.snapshot(execution.id)["snapshot"]
    assert snapshot["decision"] == {
        "outcome": "declined",
        "adverse": True,
        "reasons": [{"code": "LOW", "ruleId": "min_score"}],
    }
    assert snapshot["sdk"]["name"] == "xray-sdk-python"
    assert snapshot["steps"][2]["candidates"]["ledger"]["outcomes"] == "kkr"


def test_a_batch_and_a_wrong_key(server: Server) -> None:
    xray = XRay(api_key=API_KEY, app_id="python-app", pipeline="p", endpoint=server.url)
    for n in range(300):
        with xray.execution(execution_id=f"b-{n}", input={"text": "x" * 200}):
            pass
    assert xray.shutdown(10)
    assert xray.stats().delivered == 300
    assert server.snapshot("b-299")["snapshot"]["input"] == {"text": "x" * 200}
    wrong = XRay(api_key="xr_wrong", app_id="python-app", pipeline="p", endpoint=server.url)
    wrong.execution().complete()
    assert wrong.flush(5)
    assert wrong.stats().dropped == {"unauthorized": 1}


def test_a_key_of_another_app_is_refused(server: Server) -> None:
    xray = XRay(api_key=API_KEY, app_id="other-app", pipeline="p", endpoint=server.url)
    xray.execution().complete()
    assert xray.flush(5)
    assert list(xray.stats().dropped) == ["unauthorized"]
