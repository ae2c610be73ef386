"""The stepper of lessons 04 and 05 needs numbers for its still picture: here the model computes them."""

import numpy as np

from backprop_course.models import two_layer
from backprop_course.viz.stepper import checked, stepper


def step_through(params, x, y_true, *, backward=True, learning_rate=0.1, title="", alt="") -> None:
    """Show the network with one example x (n,) and its answer y_true (m,), to be stepped through.

    `params` holds W1 (h, n), b1 (h,), W2 (m, h), b2 (m,). With `backward=False` the steps end at the loss:
    no gradient, no update, and `learning_rate` does nothing. `title` and `alt` describe the still picture of
    the last step. Raises TypeError or ValueError for what does not fit.
    """
    values, grads = both_ways(params, x, y_true)
    told = {"learning_rate": learning_rate, "title": title, "alt": alt}
    stepper(params, x, y_true, values=values, grads=grads if backward else None, **told)


def both_ways(params, x, y_true) -> tuple[dict, dict]:
    """Values Z1, A1, Z2, Y_pred and L of one example, and the gradients of the parameters, Z1, A1 and Z2."""
    given = checked(params, x, y_true, 0)
    params = {name: np.array(array) for name, array in given["params"].items()}
    Y_true = np.array([given["y_true"]])
    Y_pred, saved = two_layer.forward(params, np.array([given["x"]]))
    grads = two_layer.backward(params, saved, Y_true)
    Z2 = params["W2"] @ saved.A1[0] + params["b2"]
    values = {"Z1": saved.Z1[0], "A1": saved.A1[0], "Z2": Z2, "Y_pred": Y_pred[0]}
    # one example: the gradient of a bias is the gradient of the sum that it is added to
    grads |= {"Z2": grads["b2"], "A1": grads["b2"] @ params["W2"], "Z1": grads["b1"]}
    return values | {"L": two_layer.loss(Y_pred, Y_true)}, grads
