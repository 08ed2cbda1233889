"""Networks as estimators of scikit-learn, trained by maju.

::

    from maju.sklearn import MajuClassifier
    from sklearn.model_selection import GridSearchCV

    search = GridSearchCV(MajuClassifier(epochs=30), {"hidden": [(50,), (100, 50)]})
    search.fit(X, y)
    search.best_estimator_.model_.save("model.keras")
"""

from maju.errors import MissingExtraError

try:
    import sklearn  # noqa: F401
except ImportError as error:
    raise MissingExtraError("maju.sklearn", "sklearn") from error

from maju.sklearn.classifier import MajuClassifier
from maju.sklearn.regressor import MajuRegressor

__all__ = ["MajuClassifier", "MajuRegressor"]
