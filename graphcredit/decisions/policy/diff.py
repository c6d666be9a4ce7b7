"""What changes from one policy to another, number by number."""

from dataclasses import dataclass
from typing import Any

from graphcredit.decisions.policy.model import Policy


@dataclass(frozen=True)
class Change:
    """One difference; `old` or `new` is None where the policy does not have it."""

    where: str
    old: str | None
    new: str | None


def diff_policies(old: Policy, new: Policy) -> list[Change]:
    """Every difference between two policies, by place."""
    before, after = _flat(old.model_dump(mode="json")), _flat(new.model_dump(mode="json"))
    return [
        Change(where, before.get(where), after.get(where))
        for where in sorted(before.keys() | after.keys())
        if before.get(where) != after.get(where)
    ]


def _flat(node: Any, where: str = "") -> dict[str, str]:
    if isinstance(node, dict):
        pairs = [(f"{where}.{key}" if where else str(key), value) for key, value in node.items()]
    elif isinstance(node, list):
        pairs = [(f"{where}[{_name(value, position)}]", value) for position, value in enumerate(node)]
    else:
        return {where: str(node)}
    return {name: text for key, value in pairs for name, text in _flat(value, key).items()}


def _name(value: Any, position: int) -> str:
    if isinstance(value, dict):
        for key in ("grade", "name", "kind", "level", "share_from"):
            if isinstance(value.get(key), str | int):
                return str(value[key])
    return str(position)
