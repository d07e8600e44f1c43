"""Tables of the data element catalog (数据要素目录库表): its versions, code lists and bindings.

They belong to `cim.tables`; what they hold is told in `cim.catalog`.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from cim.identity_tables import metadata
from cim.tables import CODE

__all__ = ["metadata"]

_GRADES = "('general1', 'general2', 'general3', 'general4', 'important', 'core')"
_CERTAINTIES = "('H', 'M', 'L', 'T', 'G')"


def _text(name: str, default: str | None = None) -> Column[Any]:
    return Column(name, Text, nullable=False, server_default=default)


def _texts(*names: str) -> list[Column[Any]]:
    """Texts that may be empty."""
    return [_text(name, "") for name in names]


def _names() -> list[Column[Any]]:
    return [_text("name_zh"), _text("name_en")]


def _code(name: str) -> Column[Any]:
    return Column(name, CODE, nullable=False)


def _action() -> Column[Any]:
    return Column("action_id", BigInteger, ForeignKey("cim.action.id"), nullable=False)


def _graded(table: str) -> CheckConstraint:
    return CheckConstraint(f"grade IN {_GRADES}", name=f"{table}_grade")


def _in_version(name: str, *more: Any, key: tuple[str, ...] = ("code",)) -> Table:
    """A table whose rows belong to a version, in the order of their file."""
    return Table(
        name,
        metadata,
        Column("version_id", Integer, primary_key=True),
        *(Column(each, CODE, primary_key=True) for each in key),
        Column("position", Integer, nullable=False),
        *more,
        _text("certainty"),
        CheckConstraint(f"certainty IN {_CERTAINTIES}", name=f"{name}_certainty"),
    )


def _of(table: str, column: str, name: str) -> ForeignKeyConstraint:
    target = [f"cim.{table}.version_id", f"cim.{table}.code"]
    return ForeignKeyConstraint(["version_id", column], target, name=name)


def _of_version() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["version_id"], ["cim.catalog_version.id"])


catalog_version = Table(
    "catalog_version",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    _code("catalog"),
    _code("version"),
    *_names(),
    *_texts("source", "note"),
    _text("sha256"),
    Column("current", Boolean, nullable=False, server_default="false"),
    _action(),
    UniqueConstraint("catalog", "version", name="catalog_version_name"),
)
Index(
    "catalog_version_current",
    catalog_version.c.catalog,
    unique=True,
    postgresql_where=text("current"),
)

catalog_domain = _in_version("catalog_domain", *_names(), _text("source"), _of_version())

catalog_category = _in_version(
    "catalog_category",
    _code("domain"),
    *_names(),
    _text("source"),
    _of("catalog_domain", "domain", "catalog_category_domain"),
)

# What an element says and a data item may say for itself.
_GOVERNED = ("owner", "authority", "update_cycle", "sharing", "sharing_condition", "opening")

catalog_element = _in_version(
    "catalog_element",
    _code("category"),
    *_names(),
    _text("definition", ""),
    Column("aliases", ARRAY(Text), nullable=False, server_default="{}"),
    Column("class_code", CODE, nullable=False, server_default=""),
    *_texts("standard", "clause", *_GOVERNED),
    _text("grade"),
    _text("source"),
    _graded("catalog_element"),
    _of("catalog_category", "category", "catalog_element_category"),
)

code_list = _in_version(
    "code_list", *_names(), _text("standard", ""), _text("source"), _of_version()
)

code_list_entry = _in_version(
    "code_list_entry",
    _text("name_zh"),
    _text("name_en", ""),
    Column("parent", CODE, nullable=False, server_default=""),
    _of("code_list", "list", "code_list_entry_list"),
    key=("list", "code"),
)

catalog_field = _in_version(
    "catalog_field",
    _code("element"),
    *_names(),
    _text("definition", ""),
    Column("aliases", ARRAY(Text), nullable=False, server_default="{}"),
    *_texts("standard", "clause"),
    _text("type"),
    _text("unit", ""),
    Column("length", Integer),
    Column("code_list", CODE),
    _text("mandatory"),
    *_texts("condition", "minimum", "maximum", "pattern", *_GOVERNED, "grade"),
    _text("source"),
    CheckConstraint(
        "type IN ('text', 'integer', 'number', 'boolean', 'date', 'datetime', 'code', 'code_name')",
        name="catalog_field_type",
    ),
    CheckConstraint("mandatory IN ('M', 'C', 'O')", name="catalog_field_mandatory"),
    CheckConstraint(f"grade = '' OR grade IN {_GRADES}", name="catalog_field_grade"),
    _of("catalog_element", "element", "catalog_field_element"),
    _of("code_list", "code_list", "catalog_field_list"),
)
Index(
    "catalog_field_of_element",
    catalog_field.c.version_id,
    catalog_field.c.element,
    catalog_field.c.position,
)

layer_binding = Table(
    "layer_binding",
    metadata,
    Column("layer_id", Integer, ForeignKey("cim.layer.id", ondelete="CASCADE"), primary_key=True),
    _code("element"),
    _text("department"),
    Column("authoritative", Boolean, nullable=False, server_default="false"),
    _text("grade"),
    _action(),
    CheckConstraint("department <> ''", name="layer_binding_department"),
    _graded("layer_binding"),
)
Index("layer_binding_element", layer_binding.c.element)

field_binding = Table(
    "field_binding",
    metadata,
    Column(
        "layer_id",
        Integer,
        ForeignKey("cim.layer_binding.layer_id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("column_name", Text, primary_key=True),
    _code("field"),
    _text("unit", ""),
    Column("authoritative", Boolean, nullable=False, server_default="false"),
    UniqueConstraint("layer_id", "field", name="field_binding_once"),
)
Index(
    "field_binding_authority",
    field_binding.c.field,
    unique=True,
    postgresql_where=text("authoritative"),
)

catalog_change = Table(
    "catalog_change",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    _code("subject"),
    _text("kind"),
    Column("row", JSONB, nullable=False),
    _action(),
    CheckConstraint(
        "kind IN ('loaded', 'used', 'bound', 'changed', 'unbound')", name="catalog_change_kind"
    ),
)
Index("catalog_change_subject", catalog_change.c.subject, catalog_change.c.id)
