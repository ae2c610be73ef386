"""A process is killed at every step of a command: `python kill_steps.py STEP SOURCE BEFORE OUT WORDS`.

It copies the folder BEFORE to OUT/k for k = 1, 1 + STEP, ... and runs `backprop-course WORDS OUT/k` with the
lessons of SOURCE in a fork each, which ends without any cleaning up before the k-th line of the command's own
modules. The last folder is that of a run which was not killed. With a STEP of 1, every step of those modules
is a line, so no order of two file operations is missed; unflushed writes are lost, as they are when a process
is killed.
"""

import os
import shutil
import sys
from itertools import count
from pathlib import Path

from backprop_course.cli import delivery, errors, main, reset, update

MODULES = {module.__file__ for module in (delivery, update, reset)}
KILLED = 99


def kill_before_line(number):
    """Trace this process from now on; end it before the given line is executed."""
    lines = count(1)

    def trace(frame, event, _):
        if frame.f_code.co_filename not in MODULES:
            return None
        if event == "line" and next(lines) == number:
            os._exit(KILLED)
        return trace

    sys.settrace(trace)


def every_step(step, source, before, out, words):
    errors.course_files = lambda: source
    for number in count(1, step):
        folder = out / str(number)
        shutil.copytree(before, folder)
        child = os.fork()
        if child == 0:
            os.close(1)
            os.open(os.devnull, os.O_WRONLY)
            kill_before_line(number)
            os._exit(main([*words, str(folder)]))
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if status != KILLED:
            return status


if __name__ == "__main__":
    sys.exit(every_step(int(sys.argv[1]), *map(Path, sys.argv[2:5]), sys.argv[5:]))
