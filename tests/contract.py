"""The contract of an op: what its docstring promises about shapes, and that its backward is its gradient.

Used by test_ops.py on the package, and by test_mutations.py on deliberately broken copies of it.
The gradients come from central differences written here, not from the package.
"""

import copy
import inspect
import re

import domains
import numpy as np

from backprop_course.notation import parse_shapes

STEP = 1e-5
TOLERANCE = 1e-8
SAVED_BY = {"running_statistics": "batchnorm"}  # what takes `saved` and is not the backward of what saved it


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


def settings_of(function):
    """Values for the arguments that are no arrays and have no default, drawn anew but always the same."""
    taken, _ = contract_of(function)
    return {
        name: domains.SETTINGS[name]()
        for name, parameter in inspect.signature(function).parameters.items()
        if name not in taken and name != "saved" and parameter.default is parameter.empty
    }


def results_of(function, arguments):
    """(arrays that come out, what the forward saved or None); settings are filled in."""
    result = as_tuple(function(**(settings_of(function) | arguments)))
    if not saves(function):
        return result, None
    assert hasattr(result[-1], "_fields"), f"{function.__name__} saves something that is no NamedTuple"
    return result[:-1], result[-1]


def saves(function):
    """Whether the line of shapes ends in `saved`, beside the arrays that come out."""
    return re.search(r"Shapes: .* -> .*, saved$", function.__doc__, re.M) is not None


def arguments_of(module, name, rng, dtype=np.float64):
    """Drawn arrays for every argument with a shape; `saved` comes from the forward that saves it."""
    function = getattr(module, name)
    taken, _ = contract_of(function)
    arrays = {key: domains.draw(key, letters, rng).astype(dtype) for key, letters in taken.items()}
    if "saved" in inspect.signature(function).parameters:
        forward = SAVED_BY.get(name, name.removesuffix("_backward"))
        given = arguments_of(module, forward, rng, dtype)
        arrays["saved"] = results_of(getattr(module, forward), given)[1]
    return arrays


def check_shapes(module, name, rng):
    """Names, order and shapes of the arguments and results are those of the docstring."""
    function = getattr(module, name)
    taken, given = contract_of(function)
    parameters = list(inspect.signature(function).parameters)
    assert parameters[: len(taken)] == list(taken), f"{name}: argument names differ from Shapes"
    arrays = arguments_of(module, name, rng)
    copies = copy.deepcopy(arrays)
    results, saved = results_of(function, arrays)
    assert len(results) == len(given), f"{function.__name__} returns {len(results)} values"
    for result, (name, letters) in zip(results, given.items()):
        assert np.shape(result) == domains.shape_of(letters), f"{function.__name__}: shape of {name}"
    for name, array in arrays.items():
        assert same(array, copies[name]), f"{function.__name__} changed its argument {name}"
    again, saved_again = results_of(function, arrays)
    assert same(results, again) and same(saved, saved_again), "two calls differ"


def same(a, b):
    """Whether two arrays, or two tuples of them, are equal in every bit that counts."""
    if isinstance(a, tuple):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b))
    return np.array_equal(a, b)


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
    arrays = arguments_of(module, name, rng)
    results, saved = results_of(forward, arrays)
    outputs = dict(zip(given, results))
    upstream = {"d" + key: rng.standard_normal(np.shape(value)) for key, value in outputs.items()}
    available = arrays | outputs | upstream
    missing = set(needs) - set(available)
    assert not missing, f"{name}_backward needs {missing}, which {name} neither takes nor returns"
    is_loss = list(given) == ["L"]
    assert is_loss or next(iter(needs)) in upstream, f"{name}_backward: its upstream gradient comes first"
    order = [key for key in taken if "d" + key in gives]
    assert list(gives) == ["d" + key for key in order], f"{name}_backward: order of the gradients"
    arguments = {key: available[key] for key in needs} | ({"saved": saved} if saves(forward) else {})
    grads, _ = results_of(backward, arguments)
    compared = discarded = 0
    for key, grad in zip(order, grads):

        def scalar(value, key=key):
            result, _ = results_of(forward, arrays | {key: value})
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
