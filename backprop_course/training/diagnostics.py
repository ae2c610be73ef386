"""A loss that falls says little about why; these numbers show what happens inside a network that learns."""

from collections.abc import Callable

import numpy as np

from backprop_course.data.splits import require_count, require_generator
from backprop_course.notation import describe, refuse, require_finite
from backprop_course.training.clipping import norm_of, total_norm
from backprop_course.training.optimizers import sgd
from backprop_course.training.updating import number_of, require_like


def gradient_norms(grads: dict) -> dict[str, float]:
    """The norm of each parameter's gradient, in the unit of loss per unit of the parameter."""
    return {name: norm_of(dW) for name, dW in grads.items()}


def update_ratios(params: dict, new: dict) -> dict[str, float]:
    """How far each parameter moved, as a share of its size: the norm of new - old, divided by that of old.

    Around 0.001 is common in a network that learns well. A parameter that was 0 gives inf, or 0 if it stayed.
    Raises ValueError or TypeError if keys, shapes or dtypes differ.
    """
    require_like("new", new, params)
    ratios = {}
    for name, W in params.items():
        moved, size = norm_of(new[name] - W), norm_of(W)
        ratios[name] = moved / size if size else (np.inf if moved else 0.0)
    return ratios


def activation_spread(layers) -> np.ndarray:
    """The standard deviation of each layer's activations, over examples and units.

    `layers` is a list of arrays (N, h), a layer each; returns as many numbers. The further they fall or grow
    from layer to layer, the less of the input, and of the gradient, arrives at the other end.

    Raises ValueError or TypeError for anything but such a list.
    """
    return np.array([float(np.std(A, dtype=np.float64)) for A in _layers(layers)])


def dead_units(layers) -> np.ndarray:
    """The share of units, by layer, whose activation is 0 or below for every example: 0 to 1.

    Behind a ReLU such a unit passes no gradient on, so from these examples it learns nothing. `layers` is a
    list of arrays (N, h), activations or weighted sums. Refuses what `activation_spread` refuses.
    """
    return np.array([float(np.mean(np.all(A <= 0, axis=0))) for A in _layers(layers)])


def gradient_variance(model, params: dict, X, Y_true, batch_size, rng, draws=100) -> float:
    """How much the gradient of a mini-batch scatters around its mean: the mean squared distance from it.

    X (N, n) and Y_true (N, m). Each of the `draws` mini-batches takes batch_size rows with replacement: then
    the variance is exactly that of one row divided by batch_size. The batches of an epoch repeat no row; that
    multiplies it by (N - batch_size) / (N - 1). All parameters count together. The sum over the batches is
    divided by draws - 1, as their mean is estimated, too.

    Raises ValueError or TypeError unless batch_size is at least 1, draws at least 2 and rng a generator.
    """
    batch_size, draws = require_count("batch_size", batch_size), require_count("draws", draws)
    require_generator(rng)
    if draws < 2:
        refuse("draws", "at least 2", str(draws))
    found = []
    for _ in range(draws):
        rows = rng.integers(0, len(X), batch_size)
        _, saved = model.forward(params, X[rows])
        grads = model.backward(params, saved, Y_true[rows])
        found.append(np.concatenate([np.ravel(dW) for dW in grads.values()]).astype(np.float64))
    return float(np.sum(np.var(found, axis=0, ddof=1)))


def stability_limit(gradient: Callable, params: dict, make=sgd, *, low, high, steps=1000) -> float:
    """The largest learning rate at which descent with `gradient(params) -> grads` does not diverge, to 0.1 %.

    `make` turns a learning rate into an optimizer. After `steps` updates from `params`, a run has diverged if
    the gradient is larger than at the start, or no number. The rate is found by halving the interval from
    `low`, where it must not diverge, to `high`, where it must.

    Raises ValueError where one of the two does not hold, or TypeError for what is no number.
    """
    low, high, steps = number_of("low", low), number_of("high", high), require_count("steps", steps)
    if not 0 < low < high:
        refuse("low and high", "0 < low < high", f"{low} and {high}")
    for name, rate, wanted in (("low", low, False), ("high", high, True)):
        if _diverges(gradient, params, make(rate), steps) != wanted:
            refuse(name, f"a rate that {'diverges' if wanted else 'does not diverge'}", str(rate))
    while high > 1.001 * low:
        middle = np.sqrt(low * high)
        if _diverges(gradient, params, make(middle), steps):
            high = middle
        else:
            low = middle
    return float(low)


def _diverges(gradient, params, optimizer, steps):
    """Whether the gradient is larger at the end than at the start; it stops once that is beyond doubt."""
    state, start = optimizer.init(params), total_norm(gradient(params))
    with np.errstate(all="ignore"):
        for _ in range(steps):
            grads = gradient(params)
            if not total_norm(grads) < 1e6 * start:
                return True
            params, state = optimizer.update(params, grads, state)
        return not total_norm(gradient(params)) <= start


def largest_curvature(gradient: Callable, params: dict, rng, directions=20) -> float:
    """The largest curvature of a loss at `params`: the largest eigenvalue of its second derivatives.

    `gradient(params) -> grads` is that of the loss. The second derivatives are never written down: how much
    the gradient changes along a direction is measured from both sides, and from so many directions Lanczos'
    method (1950) estimates the eigenvalue, hardly ever from above. Twenty give three digits where a few
    eigenvalues stand out. A kink that lies closer to `params` than the measuring step spoils the number; the
    step is a hundred-millionth.

    It computes in float64, whatever the dtype of `params`; the gradient has to do so, too, and to be the same
    each time, so from the same rows. Raises ValueError or TypeError where it does not, where a number is not
    finite, and unless directions is at least 1, rng a generator.
    """
    directions = require_count("directions", directions)
    require_generator(rng)
    params = _in_float64(params)
    at = _flat(params, params)
    step = 1e-8 * (1 + np.abs(at).max())

    slopes = _slopes(gradient, params, at)

    def change(along):
        return (slopes(at + step * along) - slopes(at - step * along)) / (2 * step)

    seen, changes = [_unit(rng.standard_normal(at.size))], []
    while len(changes) < min(directions, at.size):
        changes.append(change(seen[-1]))
        rest = changes[-1]
        for _ in range(2):  # twice, as rounding leaves a little of the old directions the first time
            rest = rest - np.array(seen).T @ (np.array(seen) @ rest)
        if norm_of(rest) <= 1e-6 * norm_of(changes[-1]):
            break  # all that the loss bends towards has been seen
        seen.append(_unit(rest))
    table = np.array(seen[: len(changes)]) @ np.array(changes).T
    return float(np.linalg.eigvalsh((table + table.T) / 2)[-1])


def _slopes(gradient, params, at):
    """The gradient as a function of all entries (M,); it has to give the same at `at` both times."""

    def slopes(entries):
        grads = gradient(_like(params, entries))
        require_like("gradient(params)", grads, params)
        return _flat(grads, params, "gradient(params)")

    first, second = slopes(at), slopes(at)
    if norm_of(second - first) > 1e-10 * norm_of(first):
        refuse("gradient", "the same gradient each time at one place", "another one at the second call")
    return slopes


def _in_float64(params):
    """Copies of the parameters in double precision; anything but floating-point arrays is refused."""
    if not isinstance(params, dict) or not params:
        refuse("params", "a dict of arrays", describe(params), TypeError)
    for name, W in params.items():
        if not isinstance(W, np.ndarray) or W.dtype.kind != "f" or not W.size:
            refuse(f"params[{name!r}]", "an array of floating-point numbers", describe(W), TypeError)
    return {name: W.astype(np.float64) for name, W in params.items()}


def _flat(arrays, params, what="params"):
    """All entries of all arrays, in the order of the parameters; they have to be finite."""
    for name in params:
        require_finite(f"{what}[{name!r}]", arrays[name])
    return np.concatenate([np.ravel(arrays[name]) for name in params])


def _like(params, entries):
    """Entries (M,) in the shapes of the parameters."""
    parts = np.split(entries, np.cumsum([W.size for W in params.values()])[:-1])
    return {name: part.reshape(W.shape) for part, (name, W) in zip(parts, params.items())}


def _unit(direction):
    return direction / norm_of(direction)


def _layers(layers):
    if not isinstance(layers, (list, tuple)) or not layers:
        refuse("layers", "a list of arrays (N, h), a layer each", describe(layers), TypeError)
    for k, A in enumerate(layers):
        if not isinstance(A, np.ndarray) or A.dtype.kind != "f":
            refuse(f"layers[{k}]", "a NumPy array of floating-point numbers", describe(A), TypeError)
        if A.ndim != 2 or A.size == 0:
            refuse(f"layers[{k}]", "shape (N, h), none of them 0", f"shape {A.shape}")
    return layers
