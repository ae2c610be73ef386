"""A command that cannot go on says what to do about it, without a traceback: this is how it says so."""


class CommandError(Exception):
    """What the reader of a terminal has to know: what is wrong, and what to do about it."""
