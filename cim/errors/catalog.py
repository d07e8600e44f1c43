"""Errors of the data element catalog (要素目录错误)."""

from __future__ import annotations

from collections.abc import Sequence

from cim.errors.root import CimError, UnknownEntry


class UnknownCatalog(UnknownEntry):
    """There is no such version of a catalog."""

    table = "version of a catalog"


class UnknownElement(UnknownEntry):
    """The catalog has no such element."""

    table = "element of the catalog"


class UnknownField(UnknownEntry):
    """The catalog has no such field."""

    table = "field of the catalog"


class UnknownCodeList(UnknownEntry):
    """The catalog has no such code list."""

    table = "code list of the catalog"


class NotBound(UnknownEntry):
    """The layer is bound to no element."""

    table = "binding of the layer"


class CatalogError(CimError):
    """The catalog cannot be loaded, used or bound like this."""


class CatalogInvalid(CatalogError, ValueError):
    """A version of a catalog cannot say this; the message names table, row and column."""


class GradeInvalid(CatalogError, ValueError):
    """A grade is missing, or is none that there is."""

    def __init__(self, rule: str) -> None:
        super().__init__(f"grade {rule}")


class BindingInvalid(CatalogError, ValueError):
    """A layer cannot be bound like this; `name` is what is wrong of the binding."""

    def __init__(self, name: str, rule: str) -> None:
        super().__init__(f"{name} {rule}")


class CatalogExists(CatalogError):
    """A version of that name is loaded and says something else."""

    def __init__(self, reference: str) -> None:
        super().__init__(
            f"{reference} is loaded and says something else; give the new one another version"
        )


class BoundItemsGone(CatalogError):
    """Layers are bound to elements or fields that a version has no more."""

    def __init__(self, reference: str, bound: Sequence[str]) -> None:
        super().__init__(
            f"{reference} has no more what layers are bound to: {'; '.join(bound)}; "
            "bind them anew or unbind them first"
        )


class FieldOwned(CatalogError):
    """Another layer is the authoritative source of a field (一数一源)."""

    def __init__(self, field: str, department: str, layer: str) -> None:
        super().__init__(
            f"the authoritative source of {field} is {department}, with the layer {layer!r}"
        )
        self.field, self.department, self.layer = field, department, layer
