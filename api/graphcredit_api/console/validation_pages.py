"""A model's page: how it was validated; the validation report, made by a job, kept, shown and taken away as a file."""

import json
import re
from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from graphcredit.exc import ForbiddenError, LabelError, NoModelError, NotFoundError
from graphcredit.jsonable import plain
from graphcredit.scoring.validation import validate
from graphcredit.store import Record
from graphcredit.viz.validation_page import validation_html
from graphcredit_api.audit import note
from graphcredit_api.auth.access import Analyst, Reader
from graphcredit_api.auth.roles import Permission, Principal
from graphcredit_api.console.render import address, render
from graphcredit_api.language import language_of
from graphcredit_api.routers.jobs import start_once
from graphcredit_api.services import Services, services_of

router = APIRouter(include_in_schema=False)
KIND = "validation"
Label = Annotated[str, Query(max_length=200)]


def models_of(services: Services) -> tuple[list[dict[str, Any]], str | None]:
    """All models, newest first, and the one that scores."""
    try:
        return plain(services.desk.registry.list()), services.desk.model().model_id
    except NoModelError:
        return [], None


def _known(services: Services, model_id: str) -> tuple[dict[str, dict[str, Any]], str | None]:
    rows, champion = models_of(services)
    found = {row["model_id"]: row for row in rows}
    if model_id not in found:
        raise NotFoundError(f"no model {model_id!r}", remedy="choose one of the list")
    return found, champion


@router.get("/models/{model_id}")
def model(request: Request, who: Reader, model_id: str, other: Label = "", job: Label = "") -> Response:
    """One model: how it was validated, and beside another one where asked."""
    services = services_of(request)
    found, _ = _known(services, model_id)
    compared = plain(services.desk.registry.compare(model_id, other)) if other else None
    kept = None if who.portfolios else services.store.get_record(KIND, model_id)
    return render(
        request,
        "model.html.j2",
        model=found[model_id],
        others=[name for name in found if name != model_id],
        other=other,
        compared=compared,
        titles=_titles(services, model_id),
        report=None if kept is None else {**kept.body, "at": str(kept.at)[:16]},
        job=job,
        may_validate=who.may(Permission.ANALYSE) and not who.portfolios,
    )


def _titles(services: Services, model_id: str) -> dict[str, dict[str, str]]:
    """What a person reads for each feature of a model."""
    features = services.desk.model(model_id).features
    return {info.name: {"en": info.label("en"), "zh": info.label("zh")} for info in features}


@router.post("/models/{model_id}/validation")
def make(request: Request, who: Analyst, model_id: str) -> Response:
    """Validate a model on the labels of the store, beside the one that scores (or the newest other one): a job."""
    _whole_book(who)
    services = services_of(request)
    found, champion = _known(services, model_id)
    rivals = [name for name in (champion, *found) if name is not None and name != model_id]
    brief = {"model_id": model_id, "against": rivals[0] if rivals else None}
    work = _work(services, model_id, brief["against"], who.name)
    job = start_once(request, who, None, brief, KIND, brief, work)
    return RedirectResponse(address(f"/models/{model_id}", job=job["job_id"]), status_code=303)


def _work(services: Services, model_id: str, against: str | None, by: str) -> Callable[[Any], dict[str, Any]]:
    def work(progress: Any) -> dict[str, Any]:
        desk = services.desk
        chosen, rival = desk.model(model_id), desk.model(against) if against else None
        progress(0, 1)
        try:
            report = validate(chosen, services.store, against=rival).to_dict()
        except (
            LabelError
        ):  # the labels have no rows set aside: all of them, and the report says which were learned from
            report = validate(chosen, services.store, split="all", against=rival).to_dict()
        progress(1, 1)
        before = services.store.get_record(KIND, model_id)
        revision = 1 if before is None else before.revision + 1
        services.store.put_records([Record(KIND, model_id, {"report": report, "by": by}, revision=revision)])
        return {"kind": KIND, "model_id": model_id, "n": report["n"], "split": report["split"]}

    return work


@router.get("/models/{model_id}/validation")
def validation(
    request: Request, who: Reader, model_id: str, format: Annotated[Literal["html", "json"], Query()] = "html"
) -> Response:
    """The report as one file that needs nothing else, or as JSON; for readers of the whole book."""
    _whole_book(who)
    services, language = services_of(request), language_of(request)
    _known(services, model_id)
    kept = services.store.get_record(KIND, model_id)
    if kept is None:
        raise NotFoundError(f"model {model_id!r} has no validation report yet", remedy="make it on the model's page")
    name = re.sub(r"[^A-Za-z0-9._-]", "_", f"validation-{model_id}")[:80]
    note(request, model_id=model_id, report="validation")
    keep = {"Content-Disposition": f'attachment; filename="{name}.{format}"'}
    report = dict(kept.body["report"])
    if format == "json":
        return Response(json.dumps(report, ensure_ascii=False), media_type="application/json", headers=keep)
    return Response(validation_html(report, language=language), media_type="text/html; charset=utf-8", headers=keep)


def _whole_book(who: Principal) -> None:
    if who.portfolios:
        raise ForbiddenError("the report is about the whole book", remedy="ask an administrator for another role")
