"""Policies and models: versions, differences, what another policy would decide, and how models were validated."""

from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Query, Request, Response, UploadFile

from graphcredit.decisions import Policy, default_policy, diff_policies
from graphcredit.decisions.policy.load import parse_policy, policy_from
from graphcredit.decisions.policy.sources import source_text
from graphcredit.exc import GraphCreditError, NotFoundError, PolicyError
from graphcredit.jsonable import plain
from graphcredit_api.auth.access import Analyst, Reader
from graphcredit_api.console.errors import told
from graphcredit_api.console.listing import Column, Format, Listing, PageNumber, respond
from graphcredit_api.console.render import render
from graphcredit_api.console.validation_pages import models_of
from graphcredit_api.language import language_of
from graphcredit_api.routers.common import seen_by
from graphcredit_api.services import Services, services_of

router = APIRouter(include_in_schema=False)
Label = Annotated[str, Query(max_length=200)]
SHIPPED, CURRENT = "shipped", "current"
LARGEST, SHOWN = 1_000_000, 50


def versions(services: Services) -> list[dict[str, Any]]:
    """Every policy that can be looked at: in force, shipped, adopted; newest first."""
    rows = [
        {
            "label": record.record_id,
            "policy": record.record_id,
            "effective_from": str(record.body["effective_from"]),
            "by": record.body["adopted_by"],
            "at": str(record.at)[:16],
        }
        for record in services.store.find_records("policy", limit=1000)
    ]
    shipped = default_policy()
    return [
        *rows,
        {
            "label": SHIPPED,
            "policy": shipped.label,
            "effective_from": shipped.effective_from.isoformat(),
            "by": "",
            "at": "",
        },
    ]


def named(services: Services, label: str) -> Policy:
    """A policy by its label.

    Raises:
        NotFoundError: there is none.
    """
    if label == CURRENT:
        return services.credit.policy()
    if label == SHIPPED:
        return default_policy()
    found = services.store.get_record("policy", label)
    if found is None:
        raise NotFoundError(f"no policy {label!r}", remedy="choose one of the list")
    return policy_from(dict(found.body["policy"]), name=label)


def _page(request: Request, **more: Any) -> Response:
    services = services_of(request)
    models, champion = models_of(services)
    current = services.credit.policy()
    values: dict[str, Any] = {
        "old": "",
        "new": "",
        "changes": None,
        "simulation": None,
        "fault": None,
        "file": "",
        "status": 200,
    }
    return render(
        request,
        "policy.html.j2",
        **{**values, **more},
        rows=list(numbers(current.model_dump(mode="json"))),
        policy_label=current.label,
        versions=versions(services),
        models=models,
        champion=champion,
        promotions=plain([{**p.body, "at": p.at} for p in services.desk.registry.promotions()])[::-1],
    )


@router.get("/policy")
def policy(request: Request, who: Reader, old: Label = "", new: Label = "") -> Response:  # noqa: ARG001  (who may read is checked)
    """The policy in force, its versions, the difference of two, and the models."""
    services = services_of(request)
    changes = (
        plain(
            [
                c.__dict__ if hasattr(c, "__dict__") else {"where": c.where, "old": c.old, "new": c.new}
                for c in diff_policies(named(services, old), named(services, new))
            ]
        )
        if old and new
        else None
    )
    return _page(request, old=old, new=new, changes=changes)


@router.get("/policy/lists/{name}")
def policy_list(
    request: Request,
    who: Reader,
    name: str,
    old: Label = CURRENT,
    new: Label = SHIPPED,
    page: PageNumber = 1,
    format: Format = "",
) -> Response:
    """Numbers of the policy in force, differences of two policies, versions, or models, as a list or file."""
    del who
    services = services_of(request)
    columns: tuple[Column, ...]
    if name == "numbers":
        rows = [
            {"where": a, "value": b, "source": c}
            for a, b, c in numbers(services.credit.policy().model_dump(mode="json"))
        ]
        columns = (Column("where", "where"), Column("value", "value"), Column("source", "source"))
    elif name == "differences":
        rows = [
            {"where": c.where, "old": c.old, "new": c.new}
            for c in diff_policies(named(services, old), named(services, new))
        ]
        columns = (Column("where", "where"), Column("old", "old"), Column("new", "new"))
    elif name == "versions":
        rows = versions(services)
        columns = (
            Column("policy", "policy_one"),
            Column("effective_from", "from_day"),
            Column("by", "by"),
            Column("at", "at"),
        )
    elif name == "models":
        rows = [{**m, **{k: m["metrics"].get(k) for k in ("auc", "ks", "brier", "n")}} for m in models_of(services)[0]]
        columns = (
            Column("model_id", "model"),
            Column("kind", "kind", "code"),
            Column("feature_set", "features", "code"),
            Column("auc", "auc", "number"),
            Column("ks", "ks", "number"),
            Column("brier", "brier", "number"),
            Column("n", "n", "number"),
            Column("trained_at", "at"),
        )
    else:
        raise NotFoundError(f"there is no list {name!r}", remedy="numbers, differences, versions or models")
    return respond(
        request,
        Listing(f"policy-{name}", "policy", columns, rows),
        form=format,
        page=page,
        filters={},
        day=services.desk.day(),
    )


@router.post("/policy/simulate")
def simulate(
    request: Request,
    who: Analyst,
    label: Annotated[str, Form(max_length=200)] = CURRENT,
    file: Annotated[UploadFile | None, File()] = None,
    parties: Annotated[str, Form(max_length=4000)] = "",
    amount: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """What another policy would decide: on past applications, or on standard loans to parties; nothing is recorded."""
    services, language = services_of(request), language_of(request)
    name = file.filename if file is not None and file.filename else ""
    try:
        rules = _uploaded(file, name) if file is not None and name else named(services, label)
        asked = [part.strip() for part in parties.replace("，", ",").split(",") if part.strip()]
        services.desk.network().positions(asked)
        wanted = _amount(amount)
        found = services.credit.simulate(rules, asked, amount=wanted).to_json()
    except GraphCreditError as error:
        faults = error.details.get("faults", [])
        return _page(request, status=error.status, fault=told(error, language), faults=faults[:20], file=name)
    seen = seen_by(request, who, None)
    found["rows"] = [row for row in found["rows"] if seen is None or row["party_id"] in seen]
    changes = [{"where": c.where, "old": c.old, "new": c.new} for c in diff_policies(services.credit.policy(), rules)]
    return _page(request, simulation=found, shown=SHOWN, changes=changes, old=CURRENT, new=rules.label, file=name)


def _uploaded(file: UploadFile, name: str) -> Policy:
    content = file.file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise PolicyError(f"{name} is larger than {LARGEST:,} bytes", remedy="send the policy only")
    try:
        return parse_policy(content.decode("utf-8-sig"), name=name)
    except UnicodeDecodeError:
        raise PolicyError(f"{name} is not UTF-8 text", remedy="save it as UTF-8") from None


def _amount(text: str) -> Decimal | None:
    from decimal import InvalidOperation

    from graphcredit.exc import InputError

    try:
        value = Decimal(text) if text.strip() else None
    except InvalidOperation:
        value = Decimal(0)
    if value is not None and not (value.is_finite() and value > 0):
        raise InputError(f"{text!r} is not an amount", remedy="write 500000.00")
    return value


def numbers(node: Any, where: str = "") -> Any:
    """(where, value, source in both languages) of a policy, flattened; a section's own source stands alone in its row."""
    if isinstance(node, dict):
        if "value" in node:
            yield where, str(node["value"]), _said(node.get("source"))
            return
        for key, value in node.items():
            yield from numbers(value, f"{where}.{key}" if where else str(key))
    elif isinstance(node, list):
        for position, value in enumerate(node):
            name = value.get("grade") or value.get("kind") or position if isinstance(value, dict) else position
            yield from numbers(value, f"{where}[{name}]")
    elif node is not None and where.endswith("source"):
        yield where, "", _said(node)
    elif node is not None:
        yield where, str(node), ""


def _said(source: str | None) -> dict[str, str] | str:
    return source_text(source).model_dump() if source else ""
