"""A notebook fails that shows what a learner should never see, or that takes long."""

from pathlib import Path
from types import SimpleNamespace

import executed
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_output

BARE = new_output("display_data", data={"image/png": "", "text/plain": "<Figure>"})
EMPTY = new_output("display_data", data={"text/html": '<img alt="" src="data:">'})
SHORT = new_output("display_data", data={"text/html": '<img alt="The loss falls" src="data:">'})
SPOKEN = new_output("display_data", data={"text/html": '<img alt="The loss falls from 2 to 1" src="data:">'})
WARNING = new_output("stream", name="stderr", text="RuntimeWarning")
PRINTED = new_output("stream", name="stdout", text="1.0")
PASSED = new_output("display_data", data={"text/plain": "05.2: passed."})
FAILED = new_output("display_data", data={"text/plain": "05.2: not yet."})


def item(*outputs, id="x", last=False, place="notebooks/05_backward_pass.ipynb"):
    """A cell that nbval has executed, in a notebook of two cells."""
    code = f'check("{id[6:]}", answer).require()' if id.startswith("check-") else "x"
    cells = [new_code_cell(code, id=id), new_code_cell(id="other")]
    kernel = SimpleNamespace(km=SimpleNamespace(provisioner=psutil.Process()))
    notebook = SimpleNamespace(cells=cells[::-1] if last else cells)
    parent = SimpleNamespace(nb=notebook, kernel=kernel, path=Path(place))
    return SimpleNamespace(cell=cells[0], test_outputs=list(outputs), parent=parent)


def test_text_and_a_picture_that_is_read_out_are_fit():
    executed.require_fit_for_learners(item(PRINTED, SPOKEN))
    executed.require_fit_for_learners(item(PASSED, id="check-05-2"))


@pytest.mark.parametrize("outputs, id, reason", [
    ([BARE], "x", "without a text alternative"),
    ([PRINTED, EMPTY], "x", "says nothing"),
    ([SHORT, SPOKEN], "x", "says nothing"),
    ([SPOKEN, WARNING], "x", "RuntimeWarning"),
    ([FAILED], "check-05-2", "has not passed"),
    ([], "check-05-2", "has not passed"),
])  # fmt: skip
def test_what_is_not_fit_is_told_with_its_cell(outputs, id, reason):
    with pytest.raises(AssertionError, match=f"^{id}: .*{reason}"):
        executed.require_fit_for_learners(item(*outputs, id=id))


def test_the_last_cell_answers_for_the_time(monkeypatch):
    """The kernel's seconds against the budget of its lesson or sheet, which a slower machine stretches."""
    monkeypatch.setattr(executed, "slowness", lambda: 1.5)
    for place, budget in (("notebooks/05_backward_pass.ipynb", 6), ("solutions/05_backward_pass.ipynb", 4)):
        assert executed.seconds_for(Path(place)) == budget
        for seconds, fits in ((budget, True), (1.4 * budget, True), (1.6 * budget, False)):
            monkeypatch.setattr(executed, "seconds_of", lambda kernel, seconds=seconds: seconds)
            executed.require_fit_for_learners(item(place=place))
            if fits:
                executed.require_fit_for_learners(item(place=place, last=True))
            else:
                with pytest.raises(AssertionError, match=f"{seconds:.1f} s of processor time"):
                    executed.require_fit_for_learners(item(place=place, last=True))


def test_the_seconds_are_those_of_the_kernel():
    used = psutil.Process().cpu_times()
    kernel = item().parent.kernel
    assert used.user + used.system <= executed.seconds_of(kernel) < used.user + used.system + 5
