"""The first mistakes are made with one neuron: in its sum, in the slope of its bend, in the chain rule."""

from functools import partial

from backprop_course.grading.mistakes.mistake import Mistake

one_neuron = partial(Mistake, where="backprop_course.grading.one_neuron")
activations = partial(Mistake, where="backprop_course.ops.activations")

IN_A_LAYER = (
    one_neuron(
        id="M55",
        name="the bias is left out",
        old="X @ W.T + b",
        new="X @ W.T",
        why="Every sum of a neuron lacks the same number, its bias, whatever the inputs are. Biases of 0 "
        "hide it.",
    ),
    one_neuron(
        id="M56",
        name="the bias is added once for each input",
        old="X @ W.T + b",
        new="X @ W.T + X.shape[1] * b",
        why="The bias stands outside the sum over the inputs. Inside it, n inputs add it n times. A single "
        "input hides it.",
    ),
    one_neuron(
        id="M57",
        name="a product of matrices sums over the wrong index",
        old="X @ W.T",
        new="X @ W",
        also=(("W2 @ W1", "W1 @ W2"),),
        why="Each row of a weight matrix belongs to one neuron, so a neuron's sum runs along its row. Where "
        "sizes are equal, the other product exists too, and mixes the weights of different neurons.",
        square=True,
    ),
    one_neuron(
        id="M58",
        name="the activation of the hidden layer is left out",
        old="np.maximum(layer(X, W1, b1), 0)",
        new="layer(X, W1, b1)",
        why="Hidden neurons with a negative sum pass it on, although a ReLU gives 0 there. Two layers "
        "without an activation are one layer.",
    ),
    one_neuron(
        id="M59",
        name="the first bias is added without going through W2",
        old="W2 @ b1 + b2",
        new="b1 + b2",
        why="The second layer multiplies everything that the first one gives, its bias as well. b1 has h "
        "numbers and b2 has m, so the sum exists only where these sizes fit.",
        square=True,
    ),
)

IN_A_SLOPE = (
    activations(
        id="M60",
        name="the slope of tanh is taken as 1 − A",
        old="dA * (1 - A**2)",
        new="dA * (1 - A)",
        why="The square is missing. For negative A this slope is larger than 1, up to 2; tanh is never "
        "steeper than 1.",
    ),
    activations(
        id="M61",
        name="the slope of the ReLU is taken as 1 at 0",
        old="dA * (Z > 0)",
        new="dA * (Z >= 0)",
        why="At exactly 0 the course takes the slope 0. The output of a ReLU that is off is exactly 0: "
        "with >= it counts as on.",
    ),
)

IN_THE_CHAIN_RULE = (
    one_neuron(
        id="M62",
        name="the outer slope is taken at x",
        old="f_slope(g(x))",
        new="f_slope(x)",
        why="The outer function is met where the inner one has arrived, at g(x). Its slope at x belongs to "
        "another place.",
    ),
    one_neuron(
        id="M63",
        name="the inner slope is left out",
        old="return outer * inner",
        new="return outer",
        why="This says how fast y changes with z = g(x). But when x moves, z moves g'(x) times as far.",
    ),
    one_neuron(
        id="M64",
        name="slopes along one path are added",
        old="return outer * inner",
        new="return outer + inner",
        why="A change is made larger by the first factor, and then by the second one: along one path the "
        "factors multiply.",
    ),
    one_neuron(
        id="M65",
        name="only the first of two paths is counted",
        old="through_p + through_q",
        new="through_p",
        why="A change of x reaches y on both paths at once. Slopes of different paths add.",
    ),
    one_neuron(
        id="M66",
        name="the factor 2 of the squared error is left out",
        old="2 * (Y_pred - Y_true)",
        new="Y_pred - Y_true",
        why="The slope of a square is twice its base. Every slope of the neuron starts from this one, so all "
        "of them are half as large.",
    ),
    one_neuron(
        id="M67",
        name="the slope of the sigmoid is left out",
        old="sigmoid.backward(dY_pred, Z, Y_pred)",
        new="dY_pred * 1",
        why="The path leads through the sigmoid, which lets at most a quarter of a change through. Without "
        "this factor dZ is at least 4 times too large.",
    ),
)

IN_THE_STEPS = (
    one_neuron(
        id="M68",
        name="the step goes with the slope, not against it",
        old="W - learning_rate * dW",
        new="W + learning_rate * dW",
        why="The slope says where the loss grows. Adding it climbs, away from the smallest loss.",
    ),
    one_neuron(
        id="M69",
        name="every step uses the slope of the start",
        old="backpropagate(W)",
        new="backpropagate(visited[0])",
        why="The slope is computed once and not again, so all ten steps are equally long.",
    ),
)

WITH_ONE_NEURON = (*IN_A_LAYER, *IN_A_SLOPE, *IN_THE_CHAIN_RULE, *IN_THE_STEPS)
