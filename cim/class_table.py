"""Classes as the database has them (实体分类表)."""

from sqlalchemy import Connection

from cim import classes
from cim.classes import EntityClass


def for_assignment(connection: Connection, code: str) -> EntityClass:  # noqa: ARG001
    return classes.get(code)
