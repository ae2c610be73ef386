"""The forward definitions, written once for SymPy; every proof differentiates these and nothing else."""

import sympy


def sigmoid(Z):
    """1 / (1 + exp(-Z))."""
    return 1 / (1 + sympy.exp(-Z))


def relu(Z):
    """Z where Z > 0, else 0."""
    return sympy.Piecewise((Z, Z > 0), (0, True))


def is_positive(Z):
    """1 where Z > 0, else 0: the ReLU mask."""
    return sympy.Piecewise((1, Z > 0), (0, True))


def softmax(Z: sympy.Matrix) -> sympy.Matrix:
    """Exponentials divided by their sum, for the scores of one example (a row or a column)."""
    exponentials = Z.applyfunc(sympy.exp)
    return exponentials / sum(exponentials)


def cross_entropy(Y_pred: sympy.Matrix, Y_true: sympy.Matrix) -> sympy.Expr:
    """-Σ Y_true log Y_pred, for one example (or summed over several)."""
    return -sum(true * sympy.log(pred) for pred, true in zip(Y_pred, Y_true))


def rows(batch: sympy.Matrix) -> list[sympy.Matrix]:
    """The examples of a batch."""
    return [batch.row(i) for i in range(batch.rows)]


def by_rows(function, Z: sympy.Matrix) -> sympy.Matrix:
    """Apply the function of one example to every row of a batch."""
    return sympy.Matrix.vstack(*(function(row) for row in rows(Z)))


def sums_to_one(*examples: sympy.Matrix) -> dict:
    """What must be given about answers: in each of the examples the last entry is 1 minus the others."""
    return {example[-1]: 1 - sum(example[:-1]) for example in examples}


def derivative(value: sympy.Expr, inputs: sympy.Matrix) -> sympy.Matrix:
    """SymPy's derivative of one number with respect to every entry of `inputs`, in the same shape."""
    return inputs.applyfunc(lambda symbol: sympy.diff(value, symbol))


def derivative_through(outputs: sympy.Matrix, upstream: sympy.Matrix, inputs: sympy.Matrix) -> sympy.Matrix:
    """SymPy's derivative of a loss L(outputs) that is not specified: what is found holds for every loss.

    `upstream` gives the slope of L in each output its name, such as dZ2_{1} for dL/dZ2_{1}.
    """
    loss = sympy.Function("L")(*outputs)

    def named(symbol):
        slope = sympy.diff(loss, symbol)
        for piece in slope.atoms(sympy.Subs):  # each is the slope of L in its k-th argument
            k = piece.expr.expr.args.index(piece.variables[0])
            slope = slope.xreplace({piece: upstream[k]})
        return slope

    return inputs.applyfunc(named)
