"""What the OpenAPI description says of assignment and lives (赋码与生命周期接口描述)."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from api.entities import answers, bodies, feed, reservations, reviews, stock
from api.entities.examples import EXAMPLES
from api.entities.schemas import ref
from api.openapi_shared import COMMON, DEFAULT, LOCATION, PROBLEM

Json = dict[str, Any]

_TEXTS = {
    "entities_assign": {"zh": "申请赋码：一个或多个", "en": "Codes for one thing or for many"},
    "entity_change": {"zh": "实体变更", "en": "Change an entity"},
    "entity_retire": {"zh": "实体注销", "en": "Retire an entity"},
    "entity_void": {"zh": "编码作废", "en": "Void a code that was a mistake"},
    "entity_split": {"zh": "实体分割", "en": "Split an entity"},
    "entities_merge": {"zh": "实体合并", "en": "Merge entities"},
    "reviews": {"zh": "待审核的疑似重复", "en": "Suspected duplicates that wait for a decision"},
    "review_show": {"zh": "一项审核", "en": "One review"},
    "review_decide": {"zh": "审核决定", "en": "Decide a review"},
    "reservations": {"zh": "在用的编码预留", "en": "Reservations that have not ended"},
    "reserve": {"zh": "预留一段编码", "en": "Reserve a block of codes"},
    "reservation_show": {"zh": "一项预留", "en": "One reservation"},
    "reservation_release": {"zh": "释放预留", "en": "Release a reservation"},
    "quotas": {"zh": "部门配额", "en": "Quotas of departments"},
    "quota_set": {"zh": "设定配额", "en": "Set a quota"},
    "leases": {"zh": "号段及其使用", "en": "Leased serials and what became of them"},
    "changes": {"zh": "变更订阅", "en": "The feed of changes"},
}
_REASONS = {
    "400": "A parameter that cannot be",
    "401": "The token is missing or not known",
    "403": "Only this machine may write",
    "404": "There is none of this code or number",
    "409": "The state of things does not allow it, or another writer was faster",
    "413": "More at once than are taken",
    "422": "A body that does not fit; `errors` names each place as a JSONPath",
}
_WRITTEN = ("401", "403", "409", "422")


def paths(language: str) -> Json:
    """The operations, with their parameters, bodies and examples."""

    def get(name: str, answer: Json, *parameters: Json, refused: tuple[str, ...] = ()) -> Json:
        found = {"200": {"description": "OK", "content": answer}}
        return _operation(name, language, [*parameters, *COMMON], found | _refused(refused))

    def post(
        name: str, model: type[BaseModel] | Json, answer: Json, *parameters: Json, missing: bool
    ) -> Json:
        refused = ("404", *_WRITTEN) if missing else _WRITTEN
        body = _body(name, language, model if isinstance(model, dict) else ref(model))
        made = _operation(name, language, list(parameters), answer | _refused(refused))
        return {"post": made | {"requestBody": body}}

    verbs: dict[str, tuple[type[BaseModel], type[BaseModel]]] = {
        "change": (bodies.EntityChange, answers.ChangedThing),
        "retire": (bodies.EntityEnd, answers.Thing),
        "void": (bodies.EntityEnd, answers.Thing),
        "split": (bodies.EntitySplit, answers.SplitThing),
    }
    lives = {
        f"/entities/{{code}}/{verb}": post(f"entity_{verb}", body, _ok(answer), _CODE, missing=True)
        for verb, (body, answer) in verbs.items()
    }
    one, reserved = _json(reviews.ReviewAnswer), _json(reservations.ReservationAnswer)
    return {
        "/entities": post("entities_assign", _ONE_OR_MANY, _ASSIGNED, missing=False),
        "/entities/merge": post(
            "entities_merge", bodies.EntityMerge, _ok(answers.MergedThings), missing=True
        ),
        **lives,
        "/reviews": {
            "get": get(
                "reviews",
                _json(reviews.Reviews) | {"text/html": {}},
                _AFTER,
                _limit(reviews.DEFAULT_LIMIT, reviews.MAX_LIMIT),
                refused=("400",),
            )
        },
        "/reviews/{id}": {
            "get": get("review_show", one, _ID, refused=("404",)),
            **post(
                "review_decide",
                bodies.ReviewDecision,
                _ok(answers.AssignedOne),
                _ID,
                missing=True,
            ),
        },
        "/reservations": {
            "get": get("reservations", _json(reservations.Reservations)),
            **post("reserve", bodies.NewReservation, _created(reserved), missing=False),
        },
        "/reservations/{id}": {
            "get": get("reservation_show", reserved, _ID, refused=("404",)),
            "delete": _operation(
                "reservation_release",
                language,
                [_ID, _query("why", _REASON), _query("document", _REASON)],
                _ok(reservations.Released) | _refused(("401", "403", "404", "409")),
            ),
        },
        **_stock(language, get),
    }


def _stock(language: str, get: Any) -> Json:
    quota = _operation("quota_set", language, [_DEPARTMENT], _ok(stock.QuotaAnswer))
    quota["responses"] |= _refused(("401", "403", "422"))
    quota["requestBody"] = _body("quota_set", language, ref(bodies.QuotaSize))
    since = _query("since", {"type": "string"}) | {
        "description": "`next` of the last answer, or `latest`; from the beginning without it"
    }
    six = {"type": "string", "pattern": "^[0-9]{6}$"}
    named = [_query(name, six) | {"required": True} for name in ("division", "class")]
    return {
        "/quotas": {"get": get("quotas", _json(stock.Quotas))},
        "/quotas/{department}": {"put": quota},
        "/leases": {
            "get": get(
                "leases",
                _json(stock.Leases),
                *named,
                _AFTER,
                _limit(stock.DEFAULT_LIMIT, stock.MAX_LIMIT),
                refused=("400",),
            )
        },
        "/changes": {
            "get": get(
                "changes",
                _json(feed.Changes),
                since,
                _limit(feed.DEFAULT_LIMIT, feed.MAX_LIMIT),
                refused=("400",),
            )
        },
    }


def _operation(name: str, language: str, parameters: list[Json], responses: Json) -> Json:
    return {
        "operationId": name,
        "summary": _TEXTS[name][language],
        "parameters": parameters,
        "responses": responses | DEFAULT,
    }


def _body(name: str, language: str, schema: Json) -> Json:
    examples = {
        english.lower().replace(" ", "_"): {
            "summary": {"zh": chinese, "en": english}[language],
            "value": value,
        }
        for chinese, english, value in EXAMPLES[name]
    }
    content = {"application/json": {"schema": schema, "examples": examples}}
    return {"required": True, "content": content}


def _json(model: type[BaseModel]) -> Json:
    return {"application/json": {"schema": ref(model)}}


def _ok(model: type[BaseModel]) -> Json:
    return {"200": {"description": "OK", "content": _json(model)}}


def _created(content: Json) -> Json:
    return {"201": {"description": "Made", "content": content, "headers": LOCATION}}


def _refused(statuses: tuple[str, ...]) -> Json:
    return {s: {"description": _REASONS[s], "content": PROBLEM} for s in statuses}


def _query(name: str, schema: Json) -> Json:
    return {"name": name, "in": "query", "required": False, "schema": schema}


def _path(name: str, schema: Json) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _limit(default: int, most: int) -> Json:
    return _query("limit", {"type": "integer", "minimum": 1, "maximum": most, "default": default})


_REASON: Json = {"type": "string", "maxLength": bodies.LONGEST}
_CODE = _path("code", {"type": "string"}) | {
    "description": "21 or 22 characters of CJ/T 553-2024, in any writing"
}
_ID = _path("id", {"type": "integer", "minimum": 1})
_DEPARTMENT = _path("department", {"type": "string", "minLength": 1})
_AFTER = _query("after", {"type": "integer", "minimum": 0, "default": 0}) | {
    "description": "The number after which the page begins, taken from a next link"
}
_ONE_OR_MANY: Json = {"oneOf": [ref(bodies.OneEntity), ref(bodies.ManyEntities)]}
_EITHER: Json = {
    "application/json": {"schema": {"oneOf": [ref(answers.AssignedOne), ref(answers.AssignedMany)]}}
}
_ASSIGNED: Json = {
    "200": {
        "description": "One that has its code already, or the outcomes of many",
        "content": _EITHER,
    },
    **_created(_json(answers.AssignedOne)),
    "202": {
        "description": "It waits for a review as a suspected duplicate",
        "content": _json(answers.AssignedOne),
    },
    **_refused(("413",)),
}
