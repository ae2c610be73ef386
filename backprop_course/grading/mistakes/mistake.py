"""A wrong gradient identifies its own mistake; to compare numbers, the mistake has to be made on purpose."""

import difflib
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from backprop_course.notation import refuse


class Mistake(NamedTuple):
    """One mistake: in the module `where`, the text `old` becomes `new` (and so for the pairs of `also`).

    `why` says why it gives exactly these numbers. `wrong` names the gradients of the two-layer network that
    become wrong, none for a mistake that shows elsewhere. `square`: it is silent only where all sizes, N too,
    are equal; elsewhere it raises an error or gives a wrong shape.
    """

    id: str
    name: str
    where: str
    old: str
    new: str
    why: str
    wrong: tuple[str, ...] = ()
    square: bool = False
    also: tuple[tuple[str, str], ...] = ()

    def sources(self) -> tuple[str, str]:
        """The source of the module as it is, and as the mistake makes it.

        Raises ValueError if a text to be replaced does not occur exactly once.
        """
        right = wrong = Path(import_module(self.where).__file__).read_text(encoding="utf-8")
        for old, new in ((self.old, self.new), *self.also):
            if wrong.count(old) != 1:
                refuse(f"mistake {self.id}", f"{old!r} once in {self.where}", f"{wrong.count(old)} times")
            wrong = wrong.replace(old, new)
        return right, wrong

    def plant(self) -> ModuleType:
        """A fresh module compiled from the wrong source; nothing that is already imported changes."""
        module = ModuleType(self.where)
        exec(compile(self.sources()[1], f"<{self.where} with {self.id}>", "exec"), vars(module))
        module.__doc__ = f"{self.where} with the mistake {self.id}: {self.name}."
        return module

    def diff(self) -> str:
        """The lines that differ: a line of the right code after "-", of the wrong code after "+"."""
        right, wrong = (source.splitlines() for source in self.sources())
        lines = list(difflib.unified_diff(right, wrong, n=0, lineterm=""))[2:]
        return "\n".join(line for line in lines if not line.startswith("@@"))
