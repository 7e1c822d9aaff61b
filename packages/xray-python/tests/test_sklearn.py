from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from xray_sdk.sklearn import explain


def test_a_linear_model_gives_coefficient_times_value() -> None:
    numpy = pytest.importorskip("numpy")
    model = SimpleNamespace(coef_=numpy.array([[2.0, -3.0, 0.0]]))
    reasons = explain(model, [[1.0, 2.0, 5.0]], feature_names=["income", "debt", "age"])
    assert reasons == [
        {"code": "debt", "factor": "debt", "contribution": -6.0},
        {"code": "income", "factor": "income", "contribution": 2.0},
    ]
    moved = explain(model, [1.0, 2.0, 5.0], baseline=[1.0, 0.0, 0.0])
    assert moved == [{"code": "x1", "factor": "x1", "contribution": -6.0}]


def test_values_that_the_host_computed_are_used() -> None:
    reasons = explain(object(), [1, 2], shap_values=[0.1, -0.4], feature_names=["a", "b"], top=1)
    assert reasons == [{"code": "b", "factor": "b", "contribution": -0.4}]
    with pytest.raises(TypeError, match="shap_values"):
        explain(object(), [1, 2])


@pytest.mark.full
def test_contributions_add_up_to_the_prediction_of_real_models() -> None:
    numpy = pytest.importorskip("numpy")
    pytest.importorskip("sklearn")
    from sklearn.ensemble import (
        GradientBoostingRegressor,
        RandomForestClassifier,
        RandomForestRegressor,
    )
    from sklearn.linear_model import LinearRegression, LogisticRegression
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    random = numpy.random.default_rng(1)
    x = random.normal(size=(300, 4))
    y = x[:, 0] * 2 - x[:, 1] + (x[:, 2] > 0)
    label = (y > 0).astype(int)

    def total(model: Any, row: Any) -> float:
        return sum(float(reason["contribution"]) for reason in explain(model, row))

    for row in x[:20]:
        linear = LinearRegression().fit(x, y)
        assert total(linear, row) == pytest.approx(linear.predict([row])[0] - linear.intercept_)
        logistic = LogisticRegression().fit(x, label)
        wanted = logistic.decision_function([row])[0] - logistic.intercept_[0]
        assert total(logistic, row) == pytest.approx(wanted)
    for regressor in (DecisionTreeRegressor(max_depth=5), RandomForestRegressor(20)):
        regressor.fit(x, y)
        root = [
            each.tree_.value[0][0][0] for each in getattr(regressor, "estimators_", [regressor])
        ]
        for row in x[:20]:
            wanted = regressor.predict([row])[0] - sum(root) / len(root)
            assert total(regressor, row) == pytest.approx(wanted)
    for classifier in (DecisionTreeClassifier(max_depth=5), RandomForestClassifier(20)):
        classifier.fit(x, label)
        trees = getattr(classifier, "estimators_", [classifier])
        root = [each.tree_.value[0][0][1] / each.tree_.value[0][0].sum() for each in trees]
        for row in x[:20]:
            wanted = classifier.predict_proba([row])[0][1] - sum(root) / len(root)
            assert total(classifier, row) == pytest.approx(wanted)
    boosted = GradientBoostingRegressor(n_estimators=20).fit(x, y)
    first = sum(each[0].tree_.value[0][0][0] for each in boosted.estimators_) * 0.1
    for row in x[:20]:
        wanted = boosted.predict([row])[0] - boosted.init_.predict([row])[0] - first
        assert total(boosted, row) == pytest.approx(float(wanted), abs=1e-6)
