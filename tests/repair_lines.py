"""A repair is a dict from line numbers to lines: here they are edited, and judged by the package's network.

Whether an edited repair is right does not follow from the repaired program itself, but from a step that
`two_layer` makes: the same parameters, the same loss and the same gradients of a `backward`, on networks that
the check has not seen. A whole training is judged by what the package's own models and loops make of it.
"""

import ast
import textwrap
from typing import NamedTuple

import numpy as np

from backprop_course.grading.plan_batchnorm import BATCHNORM_BACK, BATCHNORM_USE
from backprop_course.grading.plan_dropout import DROPOUT
from backprop_course.grading.plan_selection import SELECTION
from backprop_course.grading.plan_training import TRAINING
from backprop_course.grading.programs import loaded
from backprop_course.grading.trial_networks import small_networks
from backprop_course.models import mlp, two_layer, with_penalties
from backprop_course.training import adam, fit, momentum, sgd, steps


class Line(NamedTuple):
    """One line of a repair that can be edited; `repair` holds all of its pairs (number, text)."""

    repair: tuple[tuple[int, str], ...]
    number: int


def lines_of(answer):
    """The lines of a repair that are statements; of any other answer none."""
    texts = isinstance(answer, dict) and all(isinstance(part, str) for part in answer.values())
    lines = [Line(tuple(answer.items()), n) for n in answer] if texts else []
    return [line for line in lines if tree_of_line(line) is not None]


def tree_of_line(line):
    """A function that holds the line, with all the line's names as its arguments, or None."""
    text = textwrap.indent(textwrap.dedent(dict(line.repair)[line.number]), "    ")
    try:
        nodes = list(ast.walk(ast.parse(f"def line():\n{text}")))
    except SyntaxError:  # nothing, or half of a statement
        return None
    called = {node.func.id for node in nodes if isinstance(getattr(node, "func", None), ast.Name)}
    names = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    arguments = ", ".join(sorted(names - called - {"np"}))
    return ast.parse(f"def line({arguments}):\n{text}").body[0]


def edited_repair(line, source):
    """The repair with the body of an edited function in the place of its line."""
    return dict(line.repair) | {line.number: textwrap.dedent("\n".join(source.splitlines()[1:]))}


def repairs(exercise, answer, seeds, same):
    """Whether the repaired program makes the steps that the package's network makes, with its gradients."""
    code = exercise.run().code.splitlines()
    for n, text in answer.items():
        indent = code[n - 1][: len(code[n - 1]) - len(code[n - 1].lstrip())]
        code[n - 1] = textwrap.indent(textwrap.dedent(text), indent)
    if exercise.plan:
        return _as_the_package(exercise.plan, "\n".join(code), seeds, same)
    forward, step = loaded("\n".join(code))
    backward = forward.__globals__.get("backward")
    cases = [args for seed in seeds for args in small_networks(np.random.default_rng(seed)).values()]
    for params, X, Y_true, learning_rate in cases:
        new, L, grads = _step(params, X, Y_true, learning_rate)
        if backward and not same(backward(params, forward(params, X)[1], Y_true), grads):
            return False
        if not same(step(params, X, Y_true, learning_rate), (new, L)):
            return False
    return True


def _step(params, X, Y_true, learning_rate):
    Y_pred, saved = two_layer.forward(params, X)
    grads = two_layer.backward(params, saved, Y_true)
    new = {name: params[name] - learning_rate * grads[name] for name in params}
    return new, two_layer.loss(Y_pred, Y_true), grads


# ------------------------------------------------------------------ by the package's own models and loops
def _as_the_package(plan, text, seeds, same):
    """Whether a program gives the numbers of the package on cases that the check has not seen."""
    (trial,) = plan.trials
    cases = [case for seed in seeds for case in trial.cases(np.random.default_rng(seed)).values()]
    return all(same(trial.answer_from(text, *case), JUDGES[plan](*case)) for case in cases)


def _training(params, pixels, Y_true, batch_size, learning_rate, beta):
    optimizer, rng = momentum(learning_rate, beta), np.random.default_rng(9)
    call = {"optimizer": optimizer, "batch_size": batch_size, "rng": rng, "epochs": 3}
    made = list(steps(two_layer, params, pixels / 16, Y_true, **call))
    start = two_layer.init(np.random.default_rng(0), pixels.shape[1], *params["W2"].shape[::-1])
    return made[-1].params | {
        "L": np.mean([step.loss for step in made]),
        "inputs": pixels / 16,
        "start_W1": start["W1"],
        "start_W2": start["W2"],
        "shuffled": float(len(np.unique(pixels, axis=0)) > 5),
    }


def _dropout(params, X, Y_true, keep, strength, seed):
    (h, n), m = params["W1"].shape, len(params["W2"])
    rng, used = np.random.default_rng(seed), two_layer.forward(params, X)[0]
    model = with_penalties(mlp([n, h, m], keep=keep), l2=strength)
    if keep == 1:  # then it has one mode
        Y_pred, saved = model.forward(params, X)
    else:
        Y_pred, saved, _ = model.forward_train(params, {}, X, rng)
    grads = {f"d{name}": grad for name, grad in model.backward(params, saved, Y_true).items()}
    return grads | {"Y_pred": Y_pred, "in_use": used, "in_use_again": used}


def _batchnorm(params, state, X, Y_true, learning_rate):
    h, n = params["W1"].shape
    model = mlp([n, h, len(params["W2"])], batchnorm=True)
    theirs = {{"gamma": "gamma1", "beta": "beta1"}.get(name, name): W for name, W in params.items()}
    state = {f"{name}1": array for name, array in state.items()}
    call = {"optimizer": sgd(learning_rate), "batch_size": len(X), "rng": np.random.default_rng(9)}
    one, two = steps(model, theirs, X, Y_true, epochs=2, model_state=state, **call)
    found = {f"d{name.replace('a1', 'a')}": grad for name, grad in one.grads.items()}
    found |= {"mean": two.model_state["mean1"], "var": two.model_state["var1"]}
    alike = (np.repeat(array[:1], 4, axis=0) for array in (X, Y_true))
    *_, last = steps(model, theirs, *alike, epochs=1, model_state=state, **(call | {"batch_size": 2}))
    found |= {f"{name}_of_two": last.model_state[f"{name}1"] for name in ("mean", "var")}
    found["Y_pred"] = model.forward_train(theirs, state, X, None)[0]
    used = model.forward(two.params, X, two.model_state)[0]
    return found | {"in_use": used, "alone": used[:1]}


def _selection(params, X, Y_true, batch_size, epochs, learning_rate):
    order = np.random.default_rng(0).permutation(len(X))
    held, rows = order[: len(X) // 4], order[len(X) // 4 :]
    history = fit(
        two_layer, params, X[rows], Y_true[rows], optimizer=adam(learning_rate), epochs=epochs,
        batch_size=batch_size, rng=np.random.default_rng(9), validation=(X[held], Y_true[held]), patience=2,
        progress=False,
    )  # fmt: skip
    return history.params | {
        "L": np.mean(history.loss),
        "lowest": min(history.validation_loss),
        "epochs": float(len(history.validation_loss)),
        "shuffled": float(len(np.unique(X[rows], axis=0)) > 5),
    }


JUDGES = {
    TRAINING: _training,
    DROPOUT: _dropout,
    BATCHNORM_BACK: _batchnorm,
    BATCHNORM_USE: _batchnorm,
    SELECTION: _selection,
}
