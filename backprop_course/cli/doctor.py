"""When something does not work, `doctor` says what the machine lacks and what to do, in ten lines."""

from backprop_course.cli.checkups import CHECKUPS, INSTALL, NotReadyError


def add_to(commands) -> None:
    """Add `doctor` to the command line."""
    parser = commands.add_parser("doctor", help="say whether this machine is ready, and what to do where not")
    parser.set_defaults(command=doctor)


def doctor(words) -> int:
    """Print a line for each of ten things that the course needs; return 1 where one is missing, else 0."""
    failures = 0
    for checkup in CHECKUPS:
        name = checkup.__name__
        try:
            print(f"ok    {name:11}  {checkup()}", flush=True)
            continue
        except NotReadyError as failure:
            wrong, advice = failure.args
        except ImportError as error:
            wrong, advice = f"{error}", f"Run: {INSTALL} {error.name}"
        failures += 1
        print(f"FAIL  {name:11}  {wrong}. {advice}", flush=True)
    return 1 if failures else 0
