"""The stress lab: choose who fails and over which layers, compare up to four scenarios, watch the rounds."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from graphcredit.contagion import CASCADE_LAYERS
from graphcredit.exc import GraphCreditError, InputError
from graphcredit.jsonable import plain
from graphcredit_api.auth.access import Analyst
from graphcredit_api.auth.roles import Principal
from graphcredit_api.console.errors import told
from graphcredit_api.console.listing import Column, Format, Listing, exported
from graphcredit_api.console.render import render
from graphcredit_api.console.stress_notes import note_text
from graphcredit_api.console.stress_view import parse_shock, rounds_view, scenario
from graphcredit_api.language import language_of
from graphcredit_api.routers.common import checked, seen_by
from graphcredit_api.services import services_of

router = APIRouter(include_in_schema=False)
AsOf = Annotated[date | None, Query()]
Shocks = Annotated[list[Annotated[str, Query(max_length=2000)]] | None, Query(max_length=4)]
Chosen = Annotated[list[Annotated[str, Query(max_length=40)]] | None, Query(max_length=6)]
NAMES = "ABCD"


def _layers(chosen: list[str] | None) -> list[str] | None:
    unknown = set(chosen or ()) - set(CASCADE_LAYERS)
    if unknown:
        raise InputError(f"there is no layer {sorted(unknown)[0]!r}", remedy=f"one of {', '.join(CASCADE_LAYERS)}")
    return [name for name in CASCADE_LAYERS if chosen and name in chosen] or None


def _run(request: Request, who: Principal, text: str, as_of: date | None, chosen: list[str] | None) -> dict[str, Any]:
    """One scenario's results; parties outside the reader's portfolios are counted, not named."""
    shock = parse_shock(text)
    for party in shock:
        checked(request, who, party, as_of)
    found = plain(scenario(services_of(request), shock, as_of, _layers(chosen)))
    seen = seen_by(request, who, as_of)
    if seen is not None:
        kept = [row for row in found["parties"] if row["party_id"] in seen]
        found["hidden"] = len(found["parties"]) - len(kept)
        found["parties"] = [{**row, "path": row["path"] if set(row["path"]) <= seen else []} for row in kept]
    language = language_of(request)
    found["warnings"] = [note_text(note, language) for note in found["warnings"]]
    return dict(found)


@router.get("/stress")
def stress(
    request: Request,
    who: Analyst,
    shock: Shocks = None,
    layer: Chosen = None,
    as_of: AsOf = None,
) -> Response:
    """Choose who fails, see who falls and why; several shocks are compared side by side."""
    results, fault = [], None
    given = [text for text in shock or () if text.strip()]
    try:
        results = [
            {**_run(request, who, text, as_of, layer), "name": NAMES[k], "text": text} for k, text in enumerate(given)
        ]
    except GraphCreditError as error:
        fault = error
    return render(
        request,
        "stress.html.j2",
        status=fault.status if fault else 200,
        shocks=[*given, *[""] * (4 - len(given))],
        layers=CASCADE_LAYERS,
        chosen=layer or list(CASCADE_LAYERS),
        given_layers=layer,
        results=results,
        fault=told(fault, language_of(request)) if fault else None,
        as_of=as_of,
    )


@router.get("/stress/rounds.json")
def rounds(
    request: Request,
    who: Analyst,
    shock: Annotated[str, Query(min_length=1, max_length=2000)],
    layer: Chosen = None,
    as_of: AsOf = None,
) -> Any:
    """A scenario's rounds on the network of those whom it hits."""
    parsed = parse_shock(shock)
    for party in parsed:
        checked(request, who, party, as_of)
    if not parsed:
        raise InputError("nobody is shocked", remedy="write PARTY=1")
    view = rounds_view(services_of(request), parsed, as_of, _layers(layer), language_of(request))
    seen = seen_by(request, who, as_of)
    if seen is not None:
        view["nodes"] = [node for node in view["nodes"] if node["id"] in seen]
        view["edges"] = [e for e in view["edges"] if e["source"] in seen and e["target"] in seen]
        view["rounds"] = [{**step, "defaults": [p for p in step["defaults"] if p in seen]} for step in view["rounds"]]
    return plain(view)


@router.get("/stress/export")
def export(
    request: Request,
    who: Analyst,
    shock: Annotated[str, Query(min_length=1, max_length=2000)],
    layer: Chosen = None,
    as_of: AsOf = None,
    format: Format = "csv",
) -> Response:
    """A scenario's losers as a file."""
    found = _run(request, who, shock, as_of, layer)
    rows = [{**row, "loss": f"{row['loss']:.2f}"} for row in found["parties"]]
    for row in rows:
        row |= {name: f"{row['by_layer'].get(name, 0):.2f}" for name in CASCADE_LAYERS}
    columns = (
        Column("party_id", "party", "party"),
        Column("name", "name"),
        Column("loss", "amount", "money"),
        *(Column(name, f"layer_{name}", "money") for name in CASCADE_LAYERS),
        Column("round", "round", "number"),
        Column("path", "path", "path"),
    )
    return exported(Listing("stress", "stress", columns, rows), format or "csv", language_of(request))
