"""One submission shall cost nobody else anything, so nbgrader runs the sheets of this course in this way.

Only an instructor's `nbgrader_config.py` imports this module; it needs the extra `grade`.
"""

import warnings

from jupyter_client import AsyncKernelManager
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat.v4 import new_output
from nbgrader import preprocessors
from nbgrader.converters import Autograde
from nbgrader.utils import is_grade
from traitlets import Integer
from traitlets.config import Config

from backprop_course.cli.kernel import OwnKernelManager
from backprop_course.cli.sheets import PROSE_BLANK

STDERR_OR_VALUE = {"stderr", "execute_result"}  # from these outputs, too, nbgrader reads points


class _LeftOutError(Exception):
    """A cell has ended the kernel, or blocks it: all others start again without it."""


class Execute(preprocessors.Execute):
    """Runs a submission in the course's own kernel, whatever kernels this machine has.

    A cell that ends the kernel, or cannot be interrupted, gets an error as its output; the other cells run
    again from the top, in a new kernel. A check gives all its points or none: what the learner's code prints
    or shows while it is checked changes nothing.
    """

    timeout = Integer(20, help="seconds for one cell; a check gives up after 10").tag(config=True)

    def __init__(self, *args, **kwargs):
        kwargs = {"kernel_manager_class": OwnKernelManager, "shutdown_kernel": "immediate"} | kwargs
        super().__init__(*args, **kwargs)

    def preprocess(self, nb, resources, km: AsyncKernelManager | None = None):
        """Execute the notebook in place; return it with the resources. At most one start for each cell."""
        self.left_out = {}
        while True:
            try:
                return super().preprocess(nb, resources, km)
            except _LeftOutError:
                self.log.warning("One cell is left out; the others run again")

    def preprocess_cell(self, cell, resources, index):
        """Execute one cell, unless it is left out. Raises _LeftOutError where it has to be from now on."""
        if index in self.left_out:
            cell.outputs = [_error(self.left_out[index])]
            return cell, resources
        try:
            return super().preprocess_cell(cell, resources, index)
        except DeadKernelError:
            self.left_out[index] = "this cell ended Python; the others ran without it"
        except CellTimeoutError:
            self.left_out[index] = "this cell did not stop when its time was up; the others ran without it"
        raise _LeftOutError

    def on_cell_executed(self, **kwargs):
        """Keep the outputs of a check, except those of the learner's code that would change its points."""
        super().on_cell_executed(**kwargs)
        cell = kwargs["cell"]
        if is_grade(cell):
            shown = [({o.output_type, o.get("name")}, o) for o in cell.outputs]
            cell.outputs = [output for kinds, output in shown if not kinds & STDERR_OR_VALUE]


def _error(reason: str):
    return new_output("error", ename="LeftOut", evalue=reason, traceback=[f"LeftOut: {reason}"])


def configure(c: Config) -> None:
    """Write into nbgrader's configuration what the sheets of this course need."""
    warnings.filterwarnings("ignore", module="nbgrader")  # about its database; they would hide what matters
    ours = {preprocessors.Execute: Execute}
    steps = Autograde.autograde_preprocessors.default()
    c.Autograde.autograde_preprocessors = [ours.get(step, step) for step in steps]
    c.ClearSolutions.text_stub = "\n".join(PROSE_BLANK)  # so that an empty answer is known as empty
