"""What a layer is bound to (图层绑定), as the registry holds it: element, columns, grades.

Elements and fields are those of the current versions of the catalogs; fields come with what their
element gives them (`model.effective`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from cim.catalog import grades
from cim.catalog.model import Element, Field, effective, stored

_CURRENT = "version_id IN (SELECT id FROM cim.catalog_version WHERE current)"

# One JSON list; part of the statement that reads the registry.
READ = f"""
    SELECT coalesce(json_agg(json_build_object(
        'layer_id', b.layer_id, 'department', b.department, 'authoritative', b.authoritative,
        'grade', b.grade, 'confirmed_by', a.who, 'confirmed_at', a.recorded_at, 'element', e,
        'columns', (SELECT coalesce(json_agg(json_build_object('column', f.column_name,
                'unit', f.unit, 'authoritative', f.authoritative, 'field', c)
                ORDER BY c.position), '[]')
            FROM cim.field_binding f JOIN cim.catalog_field c ON c.code = f.field AND c.{_CURRENT}
            WHERE f.layer_id = b.layer_id),
        'mandatory', (SELECT coalesce(json_agg(c.code ORDER BY c.position), '[]')
            FROM cim.catalog_field c
            WHERE c.element = b.element AND c.mandatory = 'M' AND c.{_CURRENT})
        )), '[]')
    FROM cim.layer_binding b JOIN cim.action a ON a.id = b.action_id
        JOIN cim.catalog_element e ON e.code = b.element AND e.{_CURRENT}
"""


@dataclass(frozen=True, slots=True)
class BoundColumn:
    """A column that is a field. `unit` is what its values are in, as somebody declared."""

    name: str
    field: Field
    unit: str
    authoritative: bool


@dataclass(frozen=True, slots=True)
class Binding:
    """A layer that is an element, for a department.

    declared   the grade that was given with the binding
    columns    bound columns by their name
    missing    codes of mandatory fields that no column is bound to
    confirmed_by, confirmed_at  who bound it as it is now, and when
    """

    element: Element
    department: str
    authoritative: bool
    declared: str
    columns: Mapping[str, BoundColumn]
    missing: tuple[str, ...]
    confirmed_by: str
    confirmed_at: datetime

    @property
    def grade(self) -> str:
        """Grade of the layer and of each of its rows: the highest of all that is in them."""
        fields = (column.field.grade for column in self.columns.values())
        return grades.highest((self.declared, self.element.grade, *fields))

    def grade_of(self, column: str) -> str:
        """Grade of a column, bound or not."""
        bound = self.columns.get(column)
        fields = (bound.field.grade,) if bound else ()
        return grades.highest((self.declared, self.element.grade, *fields))


def parse(raw: Mapping[str, Any]) -> Binding:
    """The binding out of an object of what `READ` gives."""
    element = stored(Element, raw["element"])
    columns = [_column(each, element) for each in raw["columns"]]
    fields = {column.field.code for column in columns}
    return Binding(
        element,
        raw["department"],
        raw["authoritative"],
        raw["grade"],
        MappingProxyType({column.name: column for column in columns}),
        tuple(code for code in raw["mandatory"] if code not in fields),
        raw["confirmed_by"],
        datetime.fromisoformat(raw["confirmed_at"]),
    )


def _column(raw: Mapping[str, Any], element: Element) -> BoundColumn:
    field = effective(stored(Field, raw["field"]), element)
    return BoundColumn(raw["column"], field, raw["unit"], raw["authoritative"])
