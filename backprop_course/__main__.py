"""So that `python -m backprop_course` is the command `backprop-course`."""

from backprop_course.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
