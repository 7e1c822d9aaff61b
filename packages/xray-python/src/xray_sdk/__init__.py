"""Records the decisions of a production system and their reasons.

import xray_sdk

xray = xray_sdk.XRay(app_id="my-loan-app", pipeline="loan-approval")

with xray.execution(subject={"applicant": "a-17"}) as ex:
    with ex.step("rules", kind="rules") as step:
        ok = step.check("min_score", score >= 660, actual=score, threshold=660)
    ex.decide("approved" if ok else "declined", adverse=not ok)
"""

from ._accounts import DropEvent, DropReason, Stats
from ._candidates import FilterRule
from ._client import XRay
from ._execution import Execution, Reason, Relation, Subject
from ._options import Delivery
from ._redact import Redact, RedactionPlace
from ._sampling import Sample, SampleCandidate
from ._source import UNSET
from ._spool import Spool
from ._step import Actor, Effect, Kind, Model, Step
from ._version import VERSION as __version__

__all__ = [
    "UNSET",
    "Actor",
    "Delivery",
    "DropEvent",
    "DropReason",
    "Effect",
    "Execution",
    "FilterRule",
    "Kind",
    "Model",
    "Reason",
    "Redact",
    "RedactionPlace",
    "Relation",
    "Sample",
    "SampleCandidate",
    "Spool",
    "Stats",
    "Step",
    "Subject",
    "XRay",
    "__version__",
]
