"""The API's description as a page: no script, no foreign host, in the reader's language."""

import json
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, HTMLResponse
from jinja2 import Environment, PackageLoader, select_autoescape

from graphcredit_api.language import language_of

router = APIRouter(include_in_schema=False)
_templates = Environment(loader=PackageLoader("graphcredit_api.described", "."), autoescape=select_autoescape(["j2"]))
WORDS = {
    "en": {
        "title": "graphcredit API", "other": "简体中文", "parameters": "Parameters", "request": "Request", "answer": "Answer",
        "problems": "Problems", "name": "name", "where": "where", "what": "what", "required": "required",
        "machine": "The same for machines", "contents": "Contents",
    },
    "zh": {
        "title": "graphcredit 接口", "other": "English", "parameters": "参数", "request": "请求", "answer": "应答",
        "problems": "错误", "name": "名称", "where": "位置", "what": "说明", "required": "必填",
        "machine": "机器可读版本", "contents": "目录",
    },
}  # fmt: skip


ORDER = ("health", "sign-in", "parties", "facts", "risk", "decisions")
"""Subjects that come first, in this order."""


@router.get("/v1/docs")
def docs(request: Request) -> Response:
    """Every route with its parameters, examples and problems."""
    language = language_of(request)
    schema = request.app.openapi()
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            tag = (operation.get("tags") or ["other"])[0]
            groups.setdefault(tag, []).append(_entry(path, method, operation, language))
    in_order = {
        tag: groups[tag] for tag in sorted(groups, key=lambda tag: ORDER.index(tag) if tag in ORDER else len(ORDER))
    }
    page = _templates.get_template("page.html.j2").render(
        t=WORDS[language], language=language, groups=in_order, version=schema["info"]["version"]
    )
    return HTMLResponse(page)


@router.get("/v1/docs.css")
def style() -> Response:
    """The page's style."""
    return FileResponse(Path(__file__).parent / "page.css", media_type="text/css")


def _entry(path: str, method: str, operation: dict[str, Any], language: str) -> dict[str, Any]:
    """One operation, as the page shows it."""
    said = operation.get("x-summary", {}).get(language) or operation.get("summary", "")
    asked = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    good = next((code for code in sorted(operation["responses"]) if code < "300"), "200")
    answer = operation["responses"].get(good, {}).get("content", {}).get("application/json", {})
    return {
        "id": f"{method}{path}".replace("/", "-").replace("{", "").replace("}", ""),
        "method": method.upper(),
        "path": path,
        "summary": said,
        "parameters": [
            {
                "name": each["name"],
                "where": each["in"],
                "required": each.get("required", False),
                "what": each.get("description") or each.get("schema", {}).get("description", ""),
            }
            for each in operation.get("parameters", ())
        ],
        "request": _example(asked, language),
        "status": good,
        "answer": _example(answer, language),
        "problems": [code for code in sorted(operation["responses"]) if code >= "400"],
    }


def _example(content: dict[str, Any], language: str) -> str:
    shown = content.get("examples", {}).get(language)
    return json.dumps(shown["value"], ensure_ascii=False, indent=2) if shown else ""
