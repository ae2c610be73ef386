"""A step for every weight has many parts, and each of them can be forgotten without an error."""

from functools import partial

from backprop_course.grading.mistakes.mistake import Mistake

optimizers = partial(Mistake, where="backprop_course.training.optimizers")

ROOT, STEP = "root /= sqrt(1 - beta2**t)", "W -= rate / (1 - beta1**t) * (m / root)"

IN_ADAPTIVE_STEPS = (
    optimizers(
        id="M42",
        name="Adam's running means are not corrected",
        old=f"        {ROOT}\n",
        new="",
        also=((STEP, "W -= rate * (m / root)"),),
        why="Both means begin at 0 and are too small at first, v far more than m. The first step is "
        "(1 − beta1) / √(1 − beta2) times too long, with the usual betas 3.2 times.",
    ),
    optimizers(
        id="M43",
        name="the first update of Adam counts as number 0",
        old=ROOT,
        new="root /= sqrt(1 - beta2 ** (t - 1))",
        also=((STEP, "W -= rate * (m / (1 - beta1 ** (t - 1)) / root)"),),
        why="1 − beta⁰ is 0, so the first update divides by 0. Every later one is corrected as if it came "
        "one update earlier.",
    ),
    optimizers(
        id="M110",
        name="the first update of Adam counts as number 2",
        old=ROOT,
        new="root /= sqrt(1 - beta2 ** (t + 1))",
        also=((STEP, "W -= rate / (1 - beta1 ** (t + 1)) * (m / root)"),),
        why="The correction is that of the next update, which is weaker. With the usual betas the first step "
        "has 0.74 of its length.",
    ),
    Mistake(
        id="M111",
        name="the number of the update grows with every parameter",
        where="backprop_course.training.updating",
        old="            _apply(rule, W, grads[name], kept",
        new="            t += 1\n            _apply(rule, W, grads[name], kept",
        also=(('rate_at(state["step"]), state["step"] + 1', 'rate_at(state["step"]), state["step"]'),),
        why="All parameters belong to one update, with one number. Where it grows from one to the next, only "
        "the first is right at first: with the usual betas the others step 0.74, 0.64 and 0.58 times as far.",
    ),
    optimizers(
        id="M44",
        name="eps does not stand beside the root",
        old="        root += eps\n",
        new="",
        also=(("(np.sqrt(mean_square) + eps)", "np.sqrt(mean_square)"),),
        why="Where every gradient so far was exactly 0, as for a pixel that is always white, this divides 0 "
        "by 0.",
    ),
    optimizers(
        id="M168",
        name="eps stands under the root",
        old="        root += eps\n",
        new="        root = np.sqrt(root**2 + eps)\n",
        also=(("(np.sqrt(mean_square) + eps)", "np.sqrt(mean_square + eps)"),),
        why="Then the root of eps is what guards the division, ten thousand times as much for 1e-8. Where "
        "gradients are that small, the steps become too short.",
    ),
    optimizers(
        id="M45",
        name="the gradients are collected without being squared",
        old="(1 - rho) * dW**2",
        new="(1 - rho) * dW",
        also=(("sum_of_squares += dW**2", "sum_of_squares += dW"),),
        why="Gradients have both signs. Their sum can be negative, and then it has no square root.",
    ),
    optimizers(
        id="M112",
        name="the step is divided by the squares, without the root",
        old="np.sqrt(mean_square)",
        new="mean_square",
        also=(("np.sqrt(sum_of_squares)", "sum_of_squares"),),
        why="A square of a gradient is not of the size of a gradient. Ten times smaller gradients now make "
        "ten times longer steps.",
    ),
    optimizers(
        id="M113",
        name="the decay passes through Adam's running means",
        old="        W -= rate * weight_decay * W\n        step_of_adam(W, dW, m, v, rate, t)",
        new="        step_of_adam(W, dW + weight_decay * W, m, v, rate, t)",
        why="Added to the gradient, the decay is divided by the root of v as well: weights with large "
        "gradients hardly decay. That is Adam with L2, not AdamW.",
    ),
    optimizers(
        id="M114",
        name="the decay is not multiplied by the learning rate",
        old="W -= rate * weight_decay * W",
        new="W -= weight_decay * W",
        why="Every update then takes away the same share of the weights, however small the learning rate is.",
    ),
)
