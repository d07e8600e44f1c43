"""What follows on an answer (接口之间的链接): links of OpenAPI 3.0, by operation and status.

A program that has one answer finds in it what the next request needs.
"""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

_CODE, _JOB = "$response.body#/code", "$response.body#/jobID"


def _to(operation: str, **parameters: str) -> Json:
    return {"operationId": operation, "parameters": parameters}


_LINKS: dict[str, dict[str, Json]] = {
    "class_add": {
        "201": {
            "show": _to("class_show", code=_CODE),
            "change": _to("class_change", code=_CODE),
            "history": _to("class_history", code=_CODE),
            "remove": _to("class_remove", code=_CODE),
        }
    },
    "entities_assign": {
        "201": {
            "id": _to("id", code=_CODE),
            "history": _to("id_history", code=_CODE),
            "label": _to("label", code=_CODE),
            "change": _to("entity_change", code=_CODE),
            "split": _to("entity_split", code=_CODE),
            "retire": _to("entity_retire", code=_CODE),
            "void": _to("entity_void", code=_CODE),
        },
        "202": {"review": _to("review_show", id="$response.body#/review_id")},
    },
    "reserve": {
        "201": {
            "show": _to("reservation_show", id="$response.body#/id"),
            "release": _to("reservation_release", id="$response.body#/id"),
        }
    },
    "reviews": {
        "200": {
            "show": _to("review_show", id="$response.body#/reviews/0/id"),
            "decide": _to("review_decide", id="$response.body#/reviews/0/id"),
        }
    },
    "layer_load": {
        "202": {
            "job": _to("job_show", id=_JOB),
            "refused": _to("job_refused", id=_JOB),
        }
    },
    "catalog_load": {
        "201": {
            "show": _to("catalog_version", reference="$response.body#/reference"),
            "use": _to("catalog_use", reference="$response.body#/reference"),
        }
    },
    "resolve": {"200": {"id": _to("id", code=_CODE)}},
    "changes": {"200": {"next": _to("changes", since="$response.body#/next")}},
    "records": {"200": {"record": _to("record", recordId="$response.body#/features/0/id")}},
    "grid_encode": {
        "200": {
            "cell": _to("grid_cell", system="$request.path.system", code="$response.body#/code")
        }
    },
}
_FIRST = "$response.body#/features/0/id"


def of(operation: str) -> dict[str, Json]:
    """For each status of the operation its links, by name."""
    kind, _, layer = operation.partition("_")
    if kind == "items":
        return {"200": {"item": _to(f"item_{layer}", featureId=_FIRST)}}
    if kind == "make":
        return {"202": {each: _to(each, id=_JOB) for each in ("job_show", "job_file")}}
    if kind == "locations":
        return {"200": {"location": _to(f"location_{layer}", locationId=_FIRST)}}
    return _LINKS.get(operation, {})
