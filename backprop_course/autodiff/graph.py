"""So that a calculation remembers how it was made: every result is a node that points to its parents."""

from numbers import Real

from backprop_course.autodiff.rules import RULES
from backprop_course.notation import refuse


class Node:
    """One step of a calculation. `Value` (a number) and `Tensor` (an array) are the two kinds.

    `value`     what was computed: a float, or an array that cannot be written to
    `parents`   tuple of the nodes it was computed from; empty for an input and for a constant
    `op`        the operation, a key of `RULES`; "input" or "constant" where nothing was computed
    `settings`  what else the operation was told, such as {"axis": 0, "keepdims": False}
    `name`      a label for drawings, the only one of the five that may be changed
    `shape`     shape of the value, () for a number

    Nodes are compared and hashed by identity: two nodes that hold the same number stay two nodes.
    A plain number or array beside a node becomes a node too, with the op "constant".
    """

    __slots__ = ("name", "op", "parents", "settings", "value")
    __array_ufunc__ = None  # NumPy leaves `array * node` to the node, which makes one node of it

    def __init__(self, value, name="", *, op="input", parents=(), settings=None):
        put = object.__setattr__
        put(self, "value", self._own(value))
        put(self, "name", name)
        put(self, "op", op)
        put(self, "parents", parents)
        put(self, "settings", settings or {})

    def __setattr__(self, attribute, content):
        if attribute != "name":
            refuse(attribute, "a new node (this one belongs to a graph)", "an assignment", AttributeError)
        object.__setattr__(self, attribute, content)

    def __repr__(self):
        label = f"name={self.name!r}" if self.name else f"op={self.op!r}"
        return f"{type(self).__name__}({self.value!r}, {label})"

    def __add__(self, other):
        return apply("+", self, other)

    def __radd__(self, other):
        return apply("+", other, self)

    def __sub__(self, other):
        return apply("-", self, other)

    def __rsub__(self, other):
        return apply("-", other, self)

    def __mul__(self, other):
        return apply("*", self, other)

    def __rmul__(self, other):
        return apply("*", other, self)

    def __truediv__(self, other):
        return apply("/", self, other)

    def __rtruediv__(self, other):
        return apply("/", other, self)

    def __neg__(self):
        return apply("neg", self)

    def __pow__(self, exponent):
        if not isinstance(exponent, Real):
            refuse("exponent", "a plain number (or use exp(b * log(a)))", type(exponent).__name__, TypeError)
        return apply("**", self, exponent=exponent if isinstance(exponent, int) else float(exponent))


def apply(op, *arguments, **settings):
    """Compute one operation of `RULES` and keep the result as a node that knows its parents.

    Plain numbers and arrays beside a node become constants.

    Raises TypeError if no argument is a node or the kinds do not mix, ValueError if the shapes do not fit.
    """
    node = next((a for a in arguments if isinstance(a, Node)), None)
    if node is None:
        refuse(op, "a Value or a Tensor (for arrays, see ops)", type(arguments[0]).__name__, TypeError)
    parents = tuple(node._beside(a) for a in arguments)
    try:
        value = RULES[op].value(*(p.value for p in parents), **settings)
    except ValueError:
        pass
    else:
        return type(node)(value, op=op, parents=parents, settings=settings)
    shapes = " and ".join(f"{p.name} {p.shape}".lstrip() for p in parents)
    told = "".join(f", {name}={content}" for name, content in settings.items())
    refuse(op, "matrices or vectors that fit" if op == "@" else "shapes that fit", shapes + told)


def topological_order(L):
    """Every node that L is made from, each once and after its parents, so that L comes last.

    Without recursion: a chain may be as long as memory allows.
    """
    order, seen, waiting = [], set(), [(L, False)]
    while waiting:
        node, parents_are_placed = waiting.pop()
        if parents_are_placed:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            waiting.append((node, True))
            waiting.extend((parent, False) for parent in node.parents)
    return order
