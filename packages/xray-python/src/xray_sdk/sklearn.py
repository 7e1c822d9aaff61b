"""Why a scikit-learn model decided, as reasons of the decision.

from xray_sdk.sklearn import explain

reasons = explain(model, x, feature_names=["income", "debt"])
execution.decide("declined", adverse=True, reasons=reasons)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ._execution import Reason

_MAX_REASONS = 16


def explain(
    model: Any,
    x: Any,
    *,
    feature_names: Sequence[str] | None = None,
    baseline: Sequence[float] | None = None,
    shap_values: Sequence[float] | None = None,
    output: int = -1,
    top: int = _MAX_REASONS,
) -> list[Reason]:
    """The contributions of the features of one row to the model's score, the largest first.

    For a linear model a contribution is the coefficient times the difference to `baseline` (default
    0). For a tree or a forest it is the change of the predicted value along the path. Pass
    `shap_values` for any other model. `output` chooses the class. Raises a TypeError for a model
    that it cannot explain.
    """
    row = _row(x)
    names = _names(model, x, feature_names, len(row))
    if shap_values is not None:
        contributions = [float(value) for value in shap_values]
    elif hasattr(model, "coef_"):
        contributions = _linear(model, row, baseline, output)
    elif hasattr(model, "tree_"):
        contributions = _path(model.tree_, row, output)
    elif hasattr(model, "estimators_"):
        contributions = _forest(model, row, output)
    else:
        raise TypeError(f"explain needs shap_values for a {type(model).__name__}")
    order = sorted(range(len(contributions)), key=lambda place: -abs(contributions[place]))
    return [
        {"code": names[place], "factor": names[place], "contribution": contributions[place]}
        for place in order[:top]
        if contributions[place] != 0
    ]


def _row(x: Any) -> list[float]:
    """The only row of a frame or a matrix, or a row itself."""
    values = x.to_numpy() if hasattr(x, "to_numpy") else x
    rows = values.tolist() if hasattr(values, "tolist") else list(values)
    if rows and isinstance(rows[0], (list, tuple)):
        if len(rows) != 1:
            raise ValueError(f"explain takes one row, not {len(rows)}")
        rows = list(rows[0])
    return [float(value) for value in rows]


def _names(model: Any, x: Any, given: Sequence[str] | None, count: int) -> list[str]:
    known: Any = given
    if known is None:
        known = getattr(x, "columns", None)
    if known is None:
        known = getattr(model, "feature_names_in_", None)
    names = [f"x{place}" for place in range(count)] if known is None else [str(n) for n in known]
    if len(names) != count:
        raise ValueError(f"there are {count} features and {len(names)} names")
    return names


def _linear(
    model: Any, row: list[float], baseline: Sequence[float] | None, output: int
) -> list[float]:
    weights = model.coef_.tolist()
    if weights and isinstance(weights[0], list):
        weights = weights[output]
    base = [0.0] * len(row) if baseline is None else [float(value) for value in baseline]
    return [
        float(weight) * (value - origin)
        for weight, value, origin in zip(weights, row, base, strict=True)
    ]


def _path(tree: Any, row: list[float], output: int) -> list[float]:
    """Each split changes the predicted value, and the change belongs to its feature."""
    contributions = [0.0] * len(row)
    node = 0
    value = _value(tree, node, output)
    while tree.children_left[node] != tree.children_right[node]:
        feature = int(tree.feature[node])
        # Trees compare in single precision, as they were trained.
        goes_left = _single(row[feature]) <= tree.threshold[node]
        node = int(tree.children_left[node] if goes_left else tree.children_right[node])
        following = _value(tree, node, output)
        contributions[feature] += following - value
        value = following
    return contributions


def _single(value: float) -> float:
    import struct

    return float(struct.unpack("f", struct.pack("f", value))[0])


def _value(tree: Any, node: int, output: int) -> float:
    values = [float(value) for value in tree.value[node][0]]
    total = sum(values)
    # A classifier holds the weights of its classes, a regressor one value.
    return values[output] / total if len(values) > 1 and total else values[0]


def _forest(model: Any, row: list[float], output: int) -> list[float]:
    """Boosting adds the values of its trees, a forest takes their mean."""
    estimators: Any = model.estimators_
    is_boosted = hasattr(model, "learning_rate") and hasattr(estimators, "shape")
    if is_boosted:
        column = output if estimators.shape[1] > 1 else 0
        trees = [each[column].tree_ for each in estimators]
        scale = float(model.learning_rate)
    else:
        trees = [each.tree_ for each in estimators]
        scale = 1 / len(trees)
    sums = [0.0] * len(row)
    for tree in trees:
        for place, value in enumerate(_path(tree, row, output)):
            sums[place] += value * scale
    return sums
