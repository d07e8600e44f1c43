"""Errors of assignment and of lives (赋码与生命周期错误)."""

from __future__ import annotations

from datetime import datetime

from cim.errors.root import CimError, UnknownEntry


class EntityUnknown(UnknownEntry):
    """There is no entity of this code."""

    table = "entity"


class ReviewUnknown(UnknownEntry):
    """There is no such review of a suspected duplicate."""

    table = "review"


class ReservationUnknown(UnknownEntry):
    """There is no such reservation of codes."""

    table = "reservation"


class AssignmentError(CimError):
    """Requests for codes that cannot be answered."""


class BatchTooLarge(AssignmentError):
    """More requests than are taken at once."""

    def __init__(self, size: int, most: int) -> None:
        super().__init__(f"{size:,} requests at once are too many; send {most:,} at the most")


class LayerOfOtherClass(AssignmentError):
    """The layer that a request names holds another class."""

    def __init__(self, layer: str, held: str | None, wanted: str) -> None:
        super().__init__(f"the layer {layer!r} is of class {held}, not of {wanted}")


class ReservationUnfit(AssignmentError):
    """A reservation cannot be made, or cannot be used."""


class AlreadyAssigned(AssignmentError):
    """A thing has got a code of its own, so that it is not another name of something else."""

    def __init__(self, source_id: str, code: str, candidate: str) -> None:
        super().__init__(
            f"{source_id!r} has got the code {code}; merge it into {candidate} instead"
        )


class ReviewDecided(AssignmentError):
    """Somebody has decided the review already."""

    def __init__(self, review: int) -> None:
        super().__init__(f"review {review} is decided already")


class WrittenMeanwhile(CimError):
    """Another writer was faster with the same thing."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"another writer was faster; ask again ({reason})")


class SerialsExhausted(CimError):
    """The nine digits of serial of a division and class are used up."""

    def __init__(self, division: str, class_code: str) -> None:
        super().__init__(f"no serial is left for class {class_code} in division {division}")


class QuotaExceeded(CimError):
    """A department may have no more codes (配额)."""

    def __init__(self, department: str, class_code: str, left: int, wanted: int) -> None:
        of = f"of class {class_code} " if class_code else ""
        super().__init__(
            f"{department!r} may have {max(left, 0):,} more codes {of}and asks for {wanted:,}"
        )


class LifeError(CimError):
    """A step that the life of an entity does not allow."""


class ValidTimeDisorder(LifeError):
    """A change that would be valid before the version that it replaces."""

    def __init__(self, code: str, since: datetime, wanted: datetime) -> None:
        super().__init__(
            f"{code} is as it is since {since.isoformat()}; "
            f"a change of it cannot be valid from {wanted.isoformat()}"
        )


class FutureTime(LifeError, ValueError):
    """What lies ahead is not recorded before it has happened."""

    def __init__(self, moment: datetime) -> None:
        super().__init__(f"{moment.isoformat()} has not come yet; record it when it has")


class NotActive(LifeError):
    """The entity's life has ended, or not begun."""

    def __init__(self, code: str, state: str, since: datetime) -> None:
        super().__init__(f"{code} is {state} since {since.isoformat()}")


class ChangeUnfit(LifeError):
    """A change of an entity that breaks a rule."""

    def __init__(self, code: str, field: str | None, reason: str) -> None:
        where = f", {field}" if field else ""
        super().__init__(f"{code} cannot be changed{where}: {reason}")


class SuccessionUnfit(LifeError):
    """A merge or split that is none, or whose successors cannot be."""


class AreasDiffer(LifeError):
    """What comes out of a merge or split is not as large as what went in."""

    def __init__(self, share: float, tolerance: float) -> None:
        super().__init__(
            f"the successors make up {share:.2%} of their predecessors, more than {tolerance:.0%} "
            "off; force it with a reason if that is right"
        )


class InvalidPosition(CimError, ValueError):
    """A text is no place in the feed of changes."""

    def __init__(self, text: str) -> None:
        super().__init__(f"{text!r} is no place in the feed of changes: give back a `next`")
