"""A wrong formula planted in the equations, the two-layer network, the tape or an optimizer fails the suite.

The machine makes every small edit of a list: a sign, an operator, a comparison, an axis, a constant, a lost
factor, a lost transpose, another argument. The suite's own tests have to notice each of them.
"""

import ast
import importlib
import time
from contextlib import ExitStack
from functools import cache

import mutants
import numpy as np
import pytest
import test_autodiff
import test_autodiff_rules
import test_initializers
import test_models
import test_models_additions
import test_models_two_modes
import test_ops
import test_ops_regularization
import test_optimizers
import test_training_modes
import test_training_tools

from backprop_course import models
from backprop_course.grading.mistakes import MISTAKES
from backprop_course.models import two_layer


def module(name):
    return importlib.import_module(f"backprop_course.{name}")


# ------------------------------------------------------------------ checks that only the mutants asked for
def check_the_loss_of_uneven_predictions():
    Y_pred, Y_true = np.array([[0.5, 0.25, 0.25], [0.125, 0.75, 0.125]]), np.eye(3)[[1, 2]]
    assert two_layer.loss(Y_pred, Y_true) == pytest.approx(2.5 * np.log(2), rel=1e-15)


def check_the_mask_at_exactly_zero():
    params = {"W1": np.zeros((2, 3)), "b1": np.zeros(2), "W2": np.eye(2), "b2": np.array([0.0, 1.0])}
    on = params | {"b1": np.array([1e-9, 0.0])}  # the first unit is on, by very little
    for given, passes in ((params, [False, False]), (on, [True, False])):
        _, saved = two_layer.forward(given, np.ones((1, 3)))
        assert (two_layer.backward(given, saved, np.array([[1.0, 0.0]]))["b1"] != 0).tolist() == passes


def check_that_float32_stays_with_answers_in_float64():
    for head in ("softmax", "sigmoid", "linear"):
        model = models.mlp([4, 3, 2], head=head)
        params = model.init(np.random.default_rng(0), np.float32)
        saved = model.forward(params, np.ones((2, 4), np.float32))[1]
        grads = model.backward(params, saved, np.eye(2))
        assert {grad.dtype for grad in grads.values()} == {np.dtype(np.float32)}


def check_that_each_layer_saves_its_inputs_and_nothing_more():
    model = models.mlp([4, 3, 5, 2])
    saved = model.forward(model.init(np.random.default_rng(0)), np.ones((6, 4)))[1]
    assert [A.shape for A in saved.inputs] == [(6, 4), (6, 3), (6, 5)]


def test_checks_that_only_the_mutants_asked_for_pass():
    check_the_loss_of_uneven_predictions()
    check_the_mask_at_exactly_zero()
    check_that_float32_stays_with_answers_in_float64()
    check_that_each_layer_saves_its_inputs_and_nothing_more()


ASKED_FOR = [
    (check.__name__, check)
    for check in (
        check_the_loss_of_uneven_predictions,
        check_the_mask_at_exactly_zero,
        check_that_float32_stays_with_answers_in_float64,
        check_that_each_layer_saves_its_inputs_and_nothing_more,
    )
]

# ------------------------------------------------------------------ what is mutated, and which tests look
FUNCTIONS = mutants.functions_of
RULES, SWEEPS = module("autodiff.rules"), module("autodiff.sweeps")
OPS = ("ops.activations", "ops.linear", "ops.softmax", "ops.losses")
OPS_OF_LATER_LESSONS = ("ops.penalties", "ops.dropout", "ops.batchnorm")
MLP = ("init", "forward", "backward", "_linear_backward", "_delta")
TWO_MODES = ("init", "init_state", "forward_train", "forward", "backward", "_hidden_backward", "_normalizes")
AUGMENTED = ("init_state", "forward_train", "forward")
TWO_MODES += ("_sums", "_gamma_beta", "_predict")
TARGETS = {
    **{room: (FUNCTIONS(module(room)), [test_ops]) for room in OPS},
    **{room: (FUNCTIONS(module(room)), [test_ops_regularization, test_ops]) for room in OPS_OF_LATER_LESSONS},
    "models.two_layer": (["init", "forward", "loss", "backward"], [test_models]),
    "models.initializers": (FUNCTIONS(module("models.initializers")), [test_initializers, test_models]),
    "models.layers": (["ACTIVATIONS", "HEADS", *(f"MLP.{m}" for m in MLP)], [test_models, test_initializers]),
    "models.two_modes": (
        [*(f"TwoModeMLP.{method}" for method in TWO_MODES), "_normalized_backward", "_statistics"],
        [test_models_two_modes],
    ),
    "models.additions": (
        ["Penalized.penalty", "Penalized.backward", *(f"Augmented.{method}" for method in AUGMENTED)],
        [test_models_additions, test_models_two_modes],
    ),
    "autodiff.rules": ([*FUNCTIONS(RULES), "RULES"], [test_autodiff_rules, test_autodiff]),
    "autodiff.sweeps": (["gradients", "tangents", "unbroadcast"], [test_autodiff_rules, test_autodiff]),
    "autodiff.graph": (["topological_order"], [test_autodiff_rules, test_autodiff]),
    "training.optimizers": (FUNCTIONS(module("training.optimizers")), [test_optimizers]),
    "training.schedules": (FUNCTIONS(module("training.schedules")), [test_training_tools]),
    "training.clipping": (FUNCTIONS(module("training.clipping")), [test_training_tools]),
    "training.modes": (FUNCTIONS(module("training.modes")), [test_training_modes]),
    "training.stopping": (["EarlyStopping.is_over", "early_stopping"], [test_training_modes]),
}
LEFT_OUT = (  # slow, symbolic, property-based, or in need of PyTorch; what they notice others notice faster
    "test_doubling_sixty_times_costs_sixty_steps",  # without an order it would cost 2^60: it would not end
    "test_a_chain_of_100_000_nodes",
    "test_random_graphs_of_numbers",
    "test_at_least_200_cases_were_compared_and_few_discarded",
    "test_every_rule_against_pytorch",
    "test_a_hundred_steps_equal_those_of_pytorch",
    "test_the_cosine_is_that_of_pytorch",
    "test_the_variance_of_the_gradient_is_that_of_a_row_divided_by_the_batch",
    "test_the_variance_falls_with_slope_minus_one",
    "test_descent_on_a_quadratic_is_stable_up_to_two_divided_by_the_largest_curvature",
    "test_momentum_is_stable_up_to_where_its_recursion_says",
    "test_the_backward_of_batch_normalization_is_proved_and_is_the_one_proved",
    "test_a_wrong_formula_of_batch_normalization_is_not_proved",
    "test_dropout_keeps_the_expectation_proved",
    "test_descent_with_l2_is_weight_decay_with_twice_lambda",
    "test_the_slopes_of_the_penalties_are_proved_and_wrong_ones_are_not",
    "test_a_step_on_a_turned_quadratic_is_proved_and_is_that_of_sgd",
    "test_the_variance_of_the_activations_stays_within_a_factor_of_2_for_20_layers",
    "test_the_variance_of_the_activations_does_not_stay_with_other_weights",
    "test_the_gradient_stays_within_a_factor_of_2_on_its_way_back_through_20_layers",
    "test_the_gradient_does_not_stay_with_other_weights",
)

# Mutants that no test can notice, because they compute the same: name, right, wrong, reason.
SAME_SHAPE = "both have the same shape, or the call is refused"
EQUIVALENT = (
    ("sigmoid", "Z >= 0", "Z > 0", "at 0 both branches are 1"),
    ("leaky_relu", "Z > 0", "Z >= 0", "at 0 both branches are 0"),
    ("leaky_relu_backward", "_small(slope, Z)", "_small(slope, dA)", "of one dtype, or the call is refused"),
    ("mse", "Y_pred - Y_true", "Y_true - Y_pred", "the square forgets the sign"),
    ("mse_backward", "Y_pred.size", "Y_true.size", SAME_SHAPE),
    ("cross_entropy", "len(Y_pred)", "len(Y_true)", SAME_SHAPE),
    ("cross_entropy_backward", "len(Y_pred)", "len(Y_true)", SAME_SHAPE),
    ("binary_cross_entropy_backward", "Y_pred.size", "Y_true.size", SAME_SHAPE),
    ("softmax_cross_entropy", "len(Z)", "len(Y_true)", SAME_SHAPE),
    ("softmax_cross_entropy_backward", "len(Z)", "len(Y_true)", SAME_SHAPE),
    ("binary_cross_entropy_with_logits_backward", "Z.size", "Y_true.size", SAME_SHAPE),
    ("dropout", "< keep", "<= keep", "a draw is exactly keep once in 2^24 times"),
    ("running_statistics", "mean=mean", "mean=var", SAME_SHAPE),
    ("backward", "saved.Z1 > 0", "saved.A1 > 0", "ReLU(Z1) is positive exactly where Z1 is"),
    ("ACTIVATIONS", "relu_backward(dA, Z)", "relu_backward(dA, A)", "as above"),
    ("ACTIVATIONS", "leaky_relu_backward(dA, Z)", "leaky_relu_backward(dA, A)", "as above"),
    ("MLP", "W) if layer > 1", "W) if layer >= 1", "one gradient more, which nothing reads"),
    ("MLP", "Y_pred.shape", "Y_true.shape", SAME_SHAPE),
    ("RULES", "else 0 * g", "else 0 * y", "0 times finite numbers of one shape"),
    ("RULES", "else 0 * g", "else 0 * a", "0 times finite numbers of one shape"),
    ("RULES", "g * (a > 0)", "g * (y > 0)", "the result is positive exactly where the argument is"),
    ("RULES", "g * (a > b)", "g * (y > b)", "the larger of a and b exceeds b exactly where a does"),
    ("RULES", "g * (a <= b)", "g * (y <= b)", "the larger of a and b is at most b exactly where a is"),
    ("RULES", "y.size", "g.size", "the gradient has the shape of the result"),
    ("tangents", "x._filled", "L._filled", "both are scalars of one dtype"),
    ("clip_by_norm", "norm <= limit", "norm < limit", "at the limit the factor is 1"),
)


@cache
def mutants_of(name):
    return tuple(mutants.mutants(module(name), TARGETS[name][0]))


def is_equivalent(mutant, entry):
    name, right, wrong, _ = entry
    return mutant.name == name and mutant.right.replace(right, wrong) == mutant.wrong


@cache
def sorted_checks(*modules):
    """The checks of test modules, the fastest first; all of them pass on the right code."""
    return sorted((*ASKED_FOR, *mutants.checks_of(*modules, but=LEFT_OUT)), key=seconds)


def seconds(check):
    start = time.perf_counter()
    check[1]()
    return time.perf_counter() - start


def checks_for(name):
    return list(sorted_checks(*TARGETS[name][1]))


def test_every_room_of_the_equations_is_mutated():
    rooms = {path.stem for path in mutants.Path(module("ops").__file__).parent.glob("[!_]*.py")}
    assert {f"ops.{room}" for room in rooms} <= TARGETS.keys()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", TARGETS)
def test_the_right_code_put_in_its_own_place_passes(name):
    """So a mutant does not fail merely because it was put in place."""
    checks = checks_for(name)
    assert len(checks) >= 40
    with ExitStack() as stack:
        for statement in mutants.statements(module(name), TARGETS[name][0]):
            stack.enter_context(mutants.planted(module(name), statement))
        assert mutants.first_complaint(checks) is None


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("every", [3, pytest.param(1, marks=pytest.mark.thorough)])
@pytest.mark.parametrize("name", TARGETS)
def test_every_mutant_is_noticed(name, every):
    """All of them, or each third."""
    checks, survivors, made = checks_for(name), [], mutants_of(name)[::every]
    before = mutants.codes_of(module(name))
    for mutant in made:
        with mutants.planted(module(name), mutant.statement):
            if mutants.first_complaint(checks) is None:
                survivors.append(mutant)
    print(f"{name}: {len(made)} mutants, {len(survivors)} compute the same")
    assert {mutant[1:] for mutant in survivors} == {
        mutant[1:] for mutant in made if any(is_equivalent(mutant, entry) for entry in EQUIVALENT)
    }
    assert mutants.codes_of(module(name)) == before, "the right code is back"


def test_every_equivalent_mutant_is_one_that_the_machine_makes():
    made = [m for name in TARGETS for m in mutants_of(name)]
    for entry in EQUIVALENT:
        assert any(is_equivalent(mutant, entry) for mutant in made), entry


# ------------------------------------------------------------------ the mistakes of the library
IN_THE_EQUATIONS = [id for id, m in MISTAKES.items() if m.where.removeprefix("backprop_course.") in TARGETS]


def test_the_mistakes_of_the_network_are_among_them():
    in_the_update = {"M19", "M20"}  # test_grading_mistakes.py plants them, in a training step
    assert {f"M{k}" for k in range(1, 21)} - in_the_update <= set(IN_THE_EQUATIONS)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("id", IN_THE_EQUATIONS)
def test_a_mistake_of_the_library_in_the_place_of_the_right_code_fails_the_suite(id):
    name = MISTAKES[id].where.removeprefix("backprop_course.")
    right, wrong = (ast.parse(source).body for source in MISTAKES[id].sources())
    changed = [b for a, b in zip(right, wrong, strict=True) if ast.dump(a) != ast.dump(b)]
    checks = [check for check in checks_for(name) if check not in ASKED_FOR]
    with ExitStack() as stack:
        for statement in changed:
            stack.enter_context(mutants.planted(module(name), statement))
        assert changed and mutants.first_complaint(checks) is not None


def test_the_machine_makes_the_classic_mistakes():
    made = {m[1:] for name in TARGETS for m in mutants_of(name)}
    mask = "dZ1 = dA1 * (saved.Z1 > 0)"
    for wrong in ("dZ1 = dA1", "dZ1 = dA1 * (saved.Z1 >= 0)", "dZ1 = dA1 * (saved.Z1 < 0)"):
        assert ("backward", mask, wrong) in made
    assert ("linear_backward", "dW = dZ.T @ X", "dW = dZ @ X") in made
    assert ("linear_backward", "db = dZ.sum(axis=0)", "db = dZ.sum(axis=1)") in made
    assert ("linear_backward", "db = dZ.sum(axis=0)", "db = dZ.mean(axis=0)") in made
    assert len(made) > 500
