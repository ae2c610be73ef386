"""nbval executes each notebook; the same outputs are searched here for what a learner should never see."""

import re

import psutil
from lesson_form import budget_of
from slowness import slowness

SECONDS_OF_A_SHEET = 4


def require_fit_for_learners(item):
    """Raise AssertionError where a cell, an item of nbval that has run, is not fit to be seen.

    The last cell of a notebook also answers for the processor time of its kernel, from its start on.
    """
    problems = problems_in(item.cell.id, item.test_outputs)
    if calls_a_check(item.cell.source) and not says_passed(item.test_outputs):
        problems.append(f"{item.cell.id}: the solved exercise has not passed")
    if item.cell is [cell for cell in item.parent.nb.cells if cell.cell_type == "code"][-1]:
        problems += over_time(seconds_of(item.parent.kernel), seconds_for(item.parent.path))
    if problems:
        raise AssertionError("\n".join(problems))


def problems_in(id, outputs):
    """Warnings and pictures that cannot be read out, as sentences; nbval sees the errors itself."""
    problems = []
    for output in outputs:
        data = output.get("data", {})
        if output.get("name") == "stderr":
            problems.append(f"{id}: {output['text']}")
        if any(kind.startswith("image/") for kind in data):
            problems.append(f"{id}: a picture without a text alternative; use present(fig, alt=…)")
        for image in re.findall(r"<img\b[^>]*>", data.get("text/html", "")):
            alt = re.search(r'alt="([^"]*)"', image)
            if not alt or len(alt[1].split()) < 5:
                problems.append(f"{id}: a picture whose text alternative says nothing")
    return problems


def calls_a_check(code):
    """Whether a cell is the check of an exercise."""
    return re.search(r"^check\(", code, re.MULTILINE) is not None


def says_passed(outputs):
    """Whether a check that was executed says so."""
    return bool(outputs) and ": passed." in outputs[0].get("data", {}).get("text/plain", "")


def seconds_for(path):
    """The budget of a lesson or a sheet."""
    return SECONDS_OF_A_SHEET if path.parent.name == "solutions" else budget_of(path).seconds


def seconds_of(kernel):
    """The processor time of a kernel of nbval so far."""
    times = psutil.Process(kernel.km.provisioner.pid).cpu_times()
    return times.user + times.system


def over_time(seconds, budget):
    """What is over the budget, as sentences; how slow this machine is matters only then."""
    if seconds <= budget:
        return []
    budget *= slowness()
    told = f"{seconds:.1f} s of processor time, where {budget:.1f} s are the budget here"
    return [told] if seconds > budget else []
