"""The models of bodies and answers as schemas of OpenAPI 3.0 (接口数据结构).

pydantic writes JSON Schema 2020-12. OpenAPI 3.0 has an older one: no `null` type but `nullable`.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema
from pydantic_core import core_schema

from api.entities import answers, bodies, feed, reservations, reviews, stock

Json = dict[str, Any]

BODIES: tuple[type[BaseModel], ...] = (
    bodies.OneEntity,
    bodies.ManyEntities,
    bodies.EntityChange,
    bodies.EntityEnd,
    bodies.EntitySplit,
    bodies.EntityMerge,
    bodies.ReviewDecision,
    bodies.NewReservation,
    bodies.QuotaSize,
)
ANSWERS: tuple[type[BaseModel], ...] = (
    answers.AssignedOne,
    answers.AssignedMany,
    answers.Thing,
    answers.ChangedThing,
    answers.SplitThing,
    answers.MergedThings,
    reviews.ReviewAnswer,
    reviews.Reviews,
    reservations.ReservationAnswer,
    reservations.Reservations,
    reservations.Released,
    stock.QuotaAnswer,
    stock.Quotas,
    stock.Leases,
    feed.Changes,
)


class _OpenApi30(GenerateJsonSchema):
    def nullable_schema(self, schema: core_schema.NullableSchema) -> Json:
        inner = self.generate_inner(schema["schema"])
        kept = {"allOf": [inner]} if "$ref" in inner else inner
        return {**kept, "nullable": True}

    def field_title_should_be_set(self, _schema: Any) -> bool:
        return False


def schemas() -> Json:
    """By the name of their model."""
    modes: list[tuple[type[BaseModel], JsonSchemaMode]] = [
        *((model, "validation") for model in BODIES),
        *((model, "serialization") for model in ANSWERS),
    ]
    _, found = models_json_schema(
        modes, ref_template="#/components/schemas/{model}", schema_generator=_OpenApi30
    )
    made: Json = found["$defs"]
    return made


def ref(model: type[BaseModel]) -> Json:
    return {"$ref": f"#/components/schemas/{model.__name__}"}
