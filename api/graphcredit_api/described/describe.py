"""Add sentences and examples to the description of the API."""

import json
from functools import lru_cache
from importlib import resources
from typing import Any

from graphcredit_api.described.sentences import ZH

LANGUAGES = {"en": "English", "zh": "简体中文"}


@lru_cache(maxsize=1)
def recorded() -> dict[str, dict[str, Any]]:
    """Examples as a server gave them, shortened: "METHOD path" -> request and answer by language.

    Made by `python -m scripts.api_examples` from the sample of the demo.
    """
    text = (resources.files("graphcredit_api.described") / "examples.json").read_text(encoding="utf-8")
    found: dict[str, dict[str, Any]] = json.loads(text)
    return found


def describe(schema: dict[str, Any]) -> dict[str, Any]:
    """The description with a sentence in both languages and examples in both for every operation."""
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            said = str(operation.get("description") or operation.get("summary", ""))
            operation["summary"] = said.split("\n", 1)[0].rstrip(".")
            chinese = ZH.get((method, path))
            if chinese:
                operation["x-summary"] = {"en": operation["summary"], "zh": chinese.rstrip("。")}
                operation["description"] = f"{said}\n\n{chinese}"
            example = recorded().get(f"{method.upper()} {path}")
            if example:
                _add(operation, example)
    return schema


def _add(operation: dict[str, Any], example: dict[str, Any]) -> None:
    asked = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if asked is not None and "request" in example:
        asked["examples"] = _by_language(example["request"])
    answer = operation["responses"].get(str(example["status"]))
    for kind, content in (answer or {}).get("content", {}).items():
        if kind == "application/json":
            content["examples"] = _by_language(example["answer"])


def _by_language(values: dict[str, Any]) -> dict[str, Any]:
    return {
        language: {"summary": name, "value": values.get(language, values["en"])} for language, name in LANGUAGES.items()
    }
