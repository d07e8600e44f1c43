"""Errors of codes and of the class table (编码与分类错误)."""

from __future__ import annotations

from collections.abc import Sequence

from cim.errors.root import CimError, UnknownEntry


class InvalidCode(CimError, ValueError):
    """A text is not a code of the scheme it is read as.

    scheme    name of the scheme, as in cim.schemes
    text      the text as it was given
    position  0-based place in that text; its length when something is missing at the end
    rule      the rule that is broken, one sentence
    """

    def __init__(self, scheme: str, text: str, position: int, rule: str) -> None:
        super().__init__(scheme, text, position, rule)
        self.scheme = scheme
        self.text = text
        self.position = position
        self.rule = rule

    def __str__(self) -> str:
        return f"{self.scheme}: {self.rule}: {self.text!r} at position {self.position}"


class InvalidLength(InvalidCode):
    """The text is too short or too long."""


class InvalidCharacter(InvalidCode):
    """A character cannot stand at this place."""


class InvalidDivision(InvalidCode):
    """There is no such administrative division."""


class InvalidComponent(InvalidCode):
    """A segment has a value that the scheme does not allow."""


class InvalidCheckCharacter(InvalidCode):
    """The check character does not belong to the rest of the code."""


class UnknownDivision(UnknownEntry):
    """There is no such administrative division in the table."""

    table = "administrative division"


class UnknownScheme(UnknownEntry):
    """There is no such code scheme."""

    table = "code scheme"


class UnknownClass(UnknownEntry):
    """There is no such entity class in the table."""

    table = "entity class"


class ClassError(CimError):
    """The class table cannot be used or changed like this."""


class ClassInvalid(ClassError, ValueError):
    """A class cannot have such a code or value; `field` is a column of the table."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(f"{field} {rule}")
        self.field = field


class ClassExists(ClassError):
    """The code is a class already."""

    def __init__(self, code: str, name: str) -> None:
        super().__init__(f"class {code} is there already: {name}")


class ClassInUse(ClassError):
    """Something relies on the class."""

    def __init__(self, code: str, users: Sequence[str]) -> None:
        super().__init__(f"class {code} is used by {', '.join(users)}")


class ClassDeprecated(ClassError):
    """Nothing new is put into the class; the message names the class to take instead."""

    def __init__(self, code: str, instead: str | None) -> None:
        hint = f"take {instead}" if instead else "no other class replaces it"
        super().__init__(f"class {code} is deprecated; {hint}")
