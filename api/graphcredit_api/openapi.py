"""What the API's description says beyond its routes: problems in both languages, who signs in how, what leads to what."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from graphcredit_api.described import describe
from graphcredit_api.titles import TITLES

PROBLEM = {
    "title": "Problem",
    "description": "RFC 9457: what happened, what to do, and the request's id; title in the reader's language.",
    "type": "object",
    "required": ["type", "title", "status", "code", "detail", "instance"],
    "properties": {
        "type": {"type": "string", "pattern": "^urn:graphcredit:problem:"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "code": {"type": "string", "enum": sorted(TITLES)},
        "detail": {"type": "string"},
        "remedy": {"type": "string"},
        "instance": {"type": "string", "pattern": "^urn:request:"},
        "errors": {"type": "array", "items": {"type": "object"}},
    },
}
TELLS: dict[int, tuple[str, str, str]] = {
    400: ("bad_request", "the body is not JSON, or a header is not allowed", "There was an error parsing the body"),
    401: ("unauthenticated", "nobody known asks", "please sign in"),
    403: ("forbidden", "the role may not do this", "the role viewer may not take decisions"),
    404: ("not_found", "no such thing, or not for the caller's eyes", "party 'F999999' is not known as of 2026-06-30"),
    409: ("conflict", "contradicts what is recorded", "the idempotency key 'order-1' was used with other content"),
    413: ("body_too_large", "the body is too large", "a body may have 20,000,000 bytes at most"),
    422: ("bad_input", "a value is not understood or out of range", "query.limit: Input should be less than 500"),
    429: ("rate_limited", "too many requests; see Retry-After", "slow down and try again"),
    503: ("store_unavailable", "the store is away; see Retry-After", "Neo4j does not answer"),
}
"""Status -> (code, when, detail of the example)."""
PUBLIC = frozenset({"/v1/health", "/v1/ready", "/metrics", "/v1/auth/token", "/v1/auth/refresh"})
_MADE = "$response.body#/"
LINKS: dict[tuple[str, str, str], dict[str, dict[str, Any]]] = {
    ("/v1/parties", "get", "200"): {
        name: {"operationRef": f"#/paths/~1v1~1parties~1{{party_id}}{path}/get", "parameters": {"party_id": party}}
        for party in (f"{_MADE}parties/0/party_id",)
        for name, path in (("party", ""), ("score", "~1score"), ("headroom", "~1headroom"), ("network", "~1network"))
    },
    ("/v1/decisions", "post", "201"): {
        name: {
            "operationRef": f"#/paths/~1v1~1decisions~1{{decision_id}}{path}/{method}",
            "parameters": {"decision_id": f"{_MADE}decision_id"},
        }
        for name, path, method in (
            ("decision", "", "get"),
            ("replay", "~1replay", "get"),
            ("approve", "~1approve", "post"),
            ("override", "~1override", "post"),
        )
    },
    ("/v1/stress/jobs", "post", "202"): {
        name: {
            "operationRef": f"#/paths/~1v1~1jobs~1{{job_id}}{path}/{method}",
            "parameters": {"job_id": f"{_MADE}job_id"},
        }
        for name, path, method in (("job", "", "get"), ("result", "~1result", "get"), ("cancel", "~1cancel", "post"))
    },
    ("/v1/auth/token", "post", "200"): {
        "refresh": {
            "operationRef": "#/paths/~1v1~1auth~1refresh/post",
            "requestBody": {"refresh_token": f"{_MADE}refresh_token"},
        }
    },
}
"""(path, method, status) -> what can be asked next with what was answered."""


def install(app: FastAPI) -> None:
    """Let `app.openapi()` say all of this."""

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _complete(
                get_openapi(
                    title=app.title,
                    version=app.version,
                    description=app.description,
                    routes=app.routes,
                    openapi_version=app.openapi_version,
                )
            )
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]  # FastAPI's documented way to extend the description


def _complete(schema: dict[str, Any]) -> dict[str, Any]:
    parts = schema.setdefault("components", {})
    kept = {k: v for k, v in parts.get("schemas", {}).items() if k not in ("HTTPValidationError", "ValidationError")}
    parts["schemas"] = {**kept, "Problem": PROBLEM}
    parts["responses"] = {f"Problem{status}": _problem(status) for status in TELLS}
    parts["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
        "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    }
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            for status in TELLS:
                operation["responses"][str(status)] = {"$ref": f"#/components/responses/Problem{status}"}
            if path not in PUBLIC:
                operation["security"] = [{"token": []}, {"key": []}]
            for answer, links in ((a, links) for (p, m, a), links in LINKS.items() if (p, m) == (path, method)):
                found = {k: v for k, v in links.items() if _leads_somewhere(schema, v["operationRef"])}
                operation["responses"][answer]["links"] = found
    return describe(schema)


def _leads_somewhere(schema: dict[str, Any], reference: str) -> bool:
    *_, path, method = reference.split("/")
    return method in schema["paths"].get(path.replace("~1", "/"), {})


def _problem(status: int) -> dict[str, Any]:
    code, when, detail = TELLS[status]
    examples = {
        language: {
            "summary": title,
            "value": {
                "type": f"urn:graphcredit:problem:{code}",
                "title": title,
                "status": status,
                "code": code,
                "detail": detail,
                "instance": "urn:request:5f1d0c9ae3b27c44",
            },
        }
        for language, title in TITLES[code].items()
    }
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": examples}}
    told: dict[str, Any] = {"description": when, "content": content}
    if status in (429, 503):
        told["headers"] = {"Retry-After": {"description": "seconds", "schema": {"type": "integer", "minimum": 1}}}
    return told
