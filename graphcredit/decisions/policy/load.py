"""Read and check a policy file."""

from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from graphcredit.decisions.policy.model import Policy
from graphcredit.exc import PolicyError
from graphcredit.settings import get_settings

REMEDY = "mend the file; `graphcredit policy show` prints one that is valid"


class _Strict(yaml.SafeLoader):
    """YAML in which a key given twice is an error, not the last one's silent win."""


def _unique(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: dict[Any, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in seen:
            raise PolicyError(f"line {key_node.start_mark.line + 1}: {key!r} is given twice", remedy=REMEDY)
        seen[key] = loader.construct_object(value_node, deep=True)
    return seen


def _number(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> str:
    return str(loader.construct_scalar(node))  # as written: a decimal never passes through binary


_Strict.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _unique)
_Strict.add_constructor("tag:yaml.org,2002:float", _number)


def parse_policy(text: str, *, name: str = "policy") -> Policy:
    """A policy from YAML text.

    Raises:
        PolicyError: not YAML, or the policy breaks its rules; `details["faults"]` lists all of them.
    """
    try:
        content = yaml.load(text, Loader=_Strict)
    except yaml.YAMLError as error:
        raise PolicyError(f"{name} is not YAML: {error}", remedy=REMEDY) from None
    if not isinstance(content, dict):
        raise PolicyError(f"{name} holds no policy", remedy=REMEDY)
    return policy_from(content, name=name)


def policy_from(content: dict[str, Any], *, name: str = "policy") -> Policy:
    """A policy from a mapping.

    Raises:
        PolicyError: the policy breaks its rules.
    """
    try:
        return Policy.model_validate(content)
    except ValidationError as error:
        faults = [_fault(each) for each in error.errors()]
        raise PolicyError(f"{name}: {'; '.join(faults)}", remedy=REMEDY, faults=faults) from None


def _fault(error: Any) -> str:
    where = ".".join(str(part) for part in error["loc"])
    said = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "missing" and where.endswith("source"):
        said = 'lacks its source (write "house choice" where nobody prescribes it)'
    return f"{where}: {said}" if where else said


def load_policy(path: str | Path | None = None) -> Policy:
    """The policy in a file; without one, that of the settings, else the shipped one.

    Raises:
        PolicyError: no such file, or it breaks its rules.
    """
    chosen = Path(path) if path is not None else get_settings().policy
    if chosen is None:
        return default_policy()
    try:
        text = chosen.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(f"{chosen} cannot be read: {error}", remedy="check the path and the encoding") from None
    return parse_policy(text, name=str(chosen))


@lru_cache(maxsize=1)
def default_policy() -> Policy:
    """The policy shipped with the package."""
    file = resources.files("graphcredit.decisions") / "policies" / "default.yaml"
    return parse_policy(file.read_text(encoding="utf-8"), name="the shipped policy")


def check_policy(policy: Policy | str | Path) -> list[str]:
    """What a person should look at again in a policy that is valid: soft findings, empty when there are none.

    Raises:
        PolicyError: the policy breaks its rules.
    """
    checked = policy if isinstance(policy, Policy) else load_policy(policy)
    found = []
    if checked.cap("group") < checked.cap("single"):
        found.append("the cap on a connected group is below that on one party")
    if checked.blocking.overdue_days_any_amount.value < checked.blocking.overdue_days.value:
        found.append("overdue_days_any_amount is below overdue_days, so that the amount never matters")
    found += [
        f"grade {row.grade} has a max_limit but a limit_factor of 0"
        for row in checked.master_scale.grades
        if row.limit_factor == 0 and row.max_limit > 0
    ]
    for product, rule in checked.products.items():
        if checked.worse_than(rule.worst_grade, checked.blocking.worst_grade):
            found.append(f"{product} admits {rule.worst_grade}, which blocking.worst_grade stops anyway")
    if not checked.scenarios:
        found.append("no stress scenario is named")
    return found
