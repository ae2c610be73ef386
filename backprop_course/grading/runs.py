"""A wrong gradient shows in numbers before anyone finds it in the code, so broken runs are laid open here.

Every run holds one mistake, and is laid beside the same run without it.
"""

from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import NamedTuple

import numpy as np

from backprop_course.data import digits, mini_batches
from backprop_course.grading.programs import loaded, program
from backprop_course.models import two_layer
from backprop_course.notation import one_hot

TRAINED_ON, BATCH, EPOCHS = 1200, 50, 9


class Setting(NamedTuple):
    """How a run is made: hidden units, learning rate, and what the pixels (0 to 1) are multiplied by."""

    h: int = 32
    learning_rate: float = 0.5
    pixels: float = 1.0


@dataclass(frozen=True)
class Run:
    """A training run on the digits, with a mistake in its code: what it did, beside the same run without one.

    `losses` are lists by "this run" and "without the mistake", one number a step; `outcome` says in words
    how it ended; `fingerprint` is (ratio, cosine) by parameter, or what went wrong, of what the first
    update says about the gradient, beside the right gradient.
    """

    code: str
    setting: Setting

    @cached_property
    def losses(self) -> dict[str, list[float]]:
        """The loss at every step."""
        return {"this run": self._trained[0], "without the mistake": _train(program(), self.setting)[0]}

    @cached_property
    def outcome(self) -> str:
        """How the run ended, and how it ends without the mistake."""
        return f"{self._trained[1]}\nWithout the mistake: {_train(program(), self.setting)[1]}"

    @cached_property
    def told(self) -> str:
        """The curves in words."""
        said = [f"{name}: {_in_words(losses)}" for name, losses in self.losses.items()]
        return f"The loss at each step. {'; '.join(said)}."

    @cached_property
    def _trained(self):
        return _train(self.code, self.setting)

    @cached_property
    def fingerprint(self) -> dict[str, tuple[float, float] | str]:
        """Ratio of the norms and cosine, by parameter, or a text where there are none."""
        params, X, Y_true = _small_batch(self.setting)
        right = two_layer.backward(params, two_layer.forward(params, X)[1], Y_true)
        rate = self.setting.learning_rate
        try:
            new, _ = loaded(self.code)[1](params, X, Y_true, rate)
        except Exception as error:
            return dict.fromkeys(right, f"{type(error).__name__}: {error}")
        return {k: _compared((params[k] - new[k]) / rate, grad, new[k]) for k, grad in right.items()}

    def __str__(self):
        lines = [f"{n:3}  {line}" for n, line in enumerate(self.code.splitlines(), 1)]
        prints = [f"{k}: {_said(v)}" for k, v in self.fingerprint.items()]
        return "\n".join([*lines, "", *prints, self.outcome])

    __repr__ = __str__

    def _repr_html_(self):
        lines = "\n".join(f"{n:3}  {escape(line)}" for n, line in enumerate(self.code.splitlines(), 1))
        rows = "".join(
            f'<tr><th scope="row">{k}</th><td style="text-align:left">{escape(_said(v))}</td></tr>'
            for k, v in self.fingerprint.items()
        )
        caption = "<caption>The gradient in the first update, beside the right one</caption>"
        outcome = escape(self.outcome).replace("\n", "<br>")
        return f"<pre>{lines}</pre><table>{caption}<tbody>{rows}</tbody></table><p>{outcome}</p>"


def _data(setting):
    X, labels = digits()
    return setting.pixels * X / 16, one_hot(labels, 10), labels


def _start(setting):
    return two_layer.init(np.random.default_rng(0), 64, setting.h, 10)


def _small_batch(setting):
    """Parameters with biases, and 16 digits: sizes that differ, where the setting lets them."""
    X, Y_true, _ = _data(setting)
    rng = np.random.default_rng(1)
    params = {k: a if a.ndim == 2 else 0.1 * rng.standard_normal(a.shape) for k, a in _start(setting).items()}
    return params, X[:16], Y_true[:16]


def _train(code, setting):
    """The losses, and in words how it ended."""
    forward, step = loaded(code)
    X, Y_true, labels = _data(setting)
    params, losses, rng = _start(setting), [], np.random.default_rng(0)
    try:
        with np.errstate(all="ignore"):
            for _ in range(EPOCHS):
                for rows in mini_batches(TRAINED_ON, BATCH, rng):
                    params, loss = step(params, X[rows], Y_true[rows], setting.learning_rate)
                    losses.append(loss)
                    if not np.isfinite(loss):
                        return losses, f"The loss is {loss} at step {len(losses)}."
            Y_pred, _ = forward(params, X[TRAINED_ON:])
    except Exception as error:
        return losses, f"After {len(losses)} steps it stops with {type(error).__name__}: {error}"
    share = (Y_pred.argmax(axis=1) == labels[TRAINED_ON:]).mean()
    return losses, f"The loss ends at {np.mean(losses[-24:]):.3f}; {share:.1%} of the test digits are right."


def _in_words(losses):
    if not losses:
        return "no step was made"
    last = np.mean(losses[-24:])
    return f"it begins at {losses[0]:.2f} and ends near {last:.2f} after {len(losses)}"


def _compared(grad, right, new):
    """(ratio, cosine), or the shape where it is wrong."""
    if new.shape != right.shape:
        return f"the new parameter has shape {new.shape}, the old one {right.shape}"
    if not np.isfinite(grad).all():
        return "not a finite number"
    norm = np.linalg.norm
    size = norm(grad)
    return size / norm(right), float(np.vdot(grad, right) / (size * norm(right))) if size else 0.0


def _said(found):
    if isinstance(found, str):
        return found
    ratio, cosine = found
    return "0 everywhere" if not ratio else f"{ratio:.3f} times as long, cosine {cosine:.3f}"
