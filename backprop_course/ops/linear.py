"""The weighted sum is a room of its own because every layer begins with it."""

from backprop_course.notation import checked


@checked
def linear(X, W, b):
    """Weighted sums of the inputs: one row per example, one column per unit.

    For one example x this is the sources' W·x + b; a batch of rows makes it X @ W.T + b.

    Shapes: X (N, n), W (h, n), b (h,) -> Z (N, h)
    """
    return X @ W.T + b


@checked
def linear_backward(dZ, X, W):
    """Gradients of the weighted sum: every weight and bias collects its share from all rows.

    Shapes: dZ (N, h), X (N, n), W (h, n) -> dX (N, n), dW (h, n), db (h,)
    """
    dX = dZ @ W
    dW = dZ.T @ X
    db = dZ.sum(axis=0)
    return dX, dW, db
