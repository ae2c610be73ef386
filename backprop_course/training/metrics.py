"""What a trained network is worth is measured here, by numbers that a person can check by counting."""

import numpy as np

from backprop_course.data.splits import require_count
from backprop_course.notation import describe, refuse, require_finite
from backprop_course.training.modes import prediction


def accuracy(model, params: dict, X: np.ndarray, Y_true: np.ndarray, model_state=None) -> float:
    """The fraction of rows whose class is predicted correctly: X (N, n), Y_true (N, m) one-hot -> 0 to 1.

    The predicted class is the one with the largest output. With a single output, m = 1, the answer is yes
    where it is above 1/2. A model with `forward_train` predicts with its `model_state`.

    Raises TypeError if Y_true is no array of numbers, ValueError if it does not fit or its rows are not
    one-hot, or if a prediction is not finite.
    """
    if not isinstance(Y_true, np.ndarray) or Y_true.dtype.kind not in "fiub":
        refuse("Y_true", "a NumPy array of numbers", describe(Y_true), TypeError)
    Y_pred = prediction(model, params, model_state, X)
    if Y_true.shape != Y_pred.shape:
        refuse("Y_true", f"shape {Y_pred.shape}", f"shape {Y_true.shape}")
    if not are_classes(Y_true):
        refuse("Y_true", "one-hot rows (a single 1, the rest 0)", "other values")
    require_finite("Y_pred", Y_pred)
    return fraction_correct(Y_pred, Y_true)


def confusion_matrix(labels: np.ndarray, predicted: np.ndarray, m: int) -> np.ndarray:
    """Count every pair of true and predicted class: entry [i, j] is how often class i was called j.

    labels (N,) and predicted (N,) are integers 0..m-1; returns (m, m). Its diagonal counts the correct ones.

    Raises TypeError for anything but integers, ValueError for other lengths or a class outside 0..m-1.
    """
    m = require_count("m", m)
    labels, predicted = np.asarray(labels), np.asarray(predicted)
    for name, classes in (("labels", labels), ("predicted", predicted)):
        if classes.ndim != 1 or classes.shape != labels.shape or classes.size == 0:
            refuse(name, "as many class numbers as labels, at least 1, shape (N,)", f"shape {classes.shape}")
        if classes.dtype.kind not in "iu":
            refuse(name, "integers", f"{classes.dtype}", TypeError)
        if classes.min() < 0 or classes.max() >= m:
            refuse(name, f"class numbers 0 to {m - 1}", f"{classes.min()} to {classes.max()}")
    counts = np.zeros((m, m), dtype=np.int64)
    np.add.at(counts, (labels, predicted), 1)
    return counts


def are_classes(Y_true) -> bool:
    """Whether the targets name classes: one-hot rows, or a single column of 0 and 1."""
    only_0_and_1 = ((Y_true == 0) | (Y_true == 1)).all()
    return bool(only_0_and_1 and (Y_true.shape[1] == 1 or (Y_true.sum(axis=1) == 1).all()))


def fraction_correct(Y_pred, Y_true) -> float:
    """The counting behind `accuracy`, for predictions that are already there."""
    if Y_pred.shape[1] == 1:
        return float(np.mean((Y_pred > 0.5) == (Y_true > 0.5)))
    return float(np.mean(Y_pred.argmax(axis=1) == Y_true.argmax(axis=1)))
