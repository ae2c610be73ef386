"""The contract of an op: what its docstring promises about shapes, and that its backward is its gradient.

Used by test_ops.py on the package, and by test_mutations.py on deliberately broken copies of it.
The gradients come from central differences written here, not from the package.
"""

import inspect
import re

import domains
import numpy as np

from backprop_course.notation import parse_shapes

STEP = 1e-5
TOLERANCE = 1e-8


def contract_of(function):
    """The two sides of the line `Shapes: … -> …`: what goes in, what comes out."""
    found = re.search(r"Shapes: (.*) -> (.*)", function.__doc__ or "")
    assert found, f"{function.__name__} has no line 'Shapes: … -> …' in its docstring"
    return parse_shapes(found[1]), parse_shapes(found[2])


def public_ops(module):
    """Names of the forward functions of a module, those whose name does not end in _backward."""
    names = getattr(module, "__all__", None) or [
        name
        for name, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == module.__name__ and not name.startswith("_")
    ]
    return [name for name in names if not name.endswith("_backward")]


def as_tuple(result):
    return result if isinstance(result, tuple) else (result,)


def check_shapes(function, rng):
    """Names, order and shapes of the arguments and results are those of the docstring."""
    taken, given = contract_of(function)
    parameters = list(inspect.signature(function).parameters)
    assert parameters[: len(taken)] == list(taken), f"{function.__name__}: argument names differ from Shapes"
    arrays = {name: domains.draw(name, letters, rng) for name, letters in taken.items()}
    copies = {name: array.copy() for name, array in arrays.items()}
    results = as_tuple(function(**arrays))
    assert len(results) == len(given), f"{function.__name__} returns {len(results)} values"
    for result, (name, letters) in zip(results, given.items()):
        assert np.shape(result) == domains.shape_of(letters), f"{function.__name__}: shape of {name}"
    for name, array in arrays.items():
        assert np.array_equal(array, copies[name]), f"{function.__name__} changed its argument {name}"
    again = as_tuple(function(**arrays))
    assert all(np.array_equal(a, b) for a, b in zip(results, again)), "two calls differ"


def central_differences(f, x):
    """The slope of the number f(x) in every entry of x; entries next to a kink come back as NaN."""
    slopes = np.zeros_like(x)
    for index in np.ndindex(*x.shape):
        values = []
        for step in (-2 * STEP, -STEP, 0.0, STEP, 2 * STEP):
            moved = x.copy()
            moved[index] += step
            values.append(f(moved))
        slope, wide = (values[3] - values[1]) / (2 * STEP), (values[4] - values[0]) / (4 * STEP)
        left, right = (values[2] - values[1]) / STEP, (values[3] - values[2]) / STEP
        kink = abs(right - left) > 1e-2 * (1 + abs(slope)) or abs(wide - slope) > 1e-4 * (1 + abs(slope))
        slopes[index] = np.nan if kink else slope
    return slopes


def check_pair(module, name, rng):
    """`name_backward` is the gradient of `name`, for every argument the backward speaks of.

    Returns (entries compared, entries discarded because a kink lies inside the step).
    """
    forward, backward = getattr(module, name), getattr(module, name + "_backward")
    (taken, given), (needs, gives) = contract_of(forward), contract_of(backward)
    arrays = {key: domains.draw(key, letters, rng) for key, letters in taken.items()}
    outputs = dict(zip(given, as_tuple(forward(**arrays))))
    upstream = {"d" + key: rng.standard_normal(np.shape(value)) for key, value in outputs.items()}
    available = arrays | outputs | upstream
    missing = set(needs) - set(available)
    assert not missing, f"{name}_backward needs {missing}, which {name} neither takes nor returns"
    is_loss = list(given) == ["L"]
    assert is_loss or next(iter(needs)) in upstream, f"{name}_backward: its upstream gradient comes first"
    order = [key for key in taken if "d" + key in gives]
    assert list(gives) == ["d" + key for key in order], f"{name}_backward: order of the gradients"
    grads = as_tuple(backward(**{key: available[key] for key in needs}))
    compared = discarded = 0
    for key, grad in zip(order, grads):

        def scalar(value, key=key):
            result = as_tuple(forward(**(arrays | {key: value})))
            return sum(
                float(np.sum(r if is_loss else r * u)) for r, u in zip(result, upstream.values())
            )

        slopes = central_differences(scalar, arrays[key])
        smooth = ~np.isnan(slopes)
        assert np.linalg.norm(slopes[smooth]) > 1e-6, f"{name}: the check of d{key} would be vacuous"
        difference = np.linalg.norm((grad - slopes)[smooth])
        relative = difference / (np.linalg.norm(grad[smooth]) + np.linalg.norm(slopes[smooth]))
        assert relative < TOLERANCE, f"{name}_backward: d{key} has relative error {relative:.1e}"
        compared, discarded = compared + int(smooth.sum()), discarded + int((~smooth).sum())
    return compared, discarded
