"""Files that people send, by mistake or on purpose, and exactly what becomes of each. All of them are made here."""

from dataclasses import dataclass, field
from functools import partial


@dataclass(frozen=True)
class Case:
    """One file: its `name`, `make()` its bytes, and what becomes of it: `door` is the code of a refusal at the door.

    `inside` is {path: reason} of the documents found in it ("" for clean), `left_out` {path: reason} of the others.
    """

    name: str
    make: object
    door: str = ""
    reason: str = ""
    warnings: tuple = ()
    inside: dict = field(default_factory=dict)
    left_out: dict = field(default_factory=dict)
    preview: bool | None = None
    shown: str = ""


def case(name, make, *given, **more):
    """A Case whose content is made when it is needed: `make` with what is `given` to it, or bytes."""
    return Case(name, partial(make, *given) if callable(make) else partial(bytes, make), **more)
