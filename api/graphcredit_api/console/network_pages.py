"""The network page: its data as JSON, paths between two parties, and saved views."""

import json
import secrets
from collections.abc import Callable
from datetime import date
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from graphcredit.exc import InputError, NotFoundError
from graphcredit.jsonable import plain
from graphcredit.network import LAYERS
from graphcredit.store import Record
from graphcredit.structure import guarantee_circles, paths
from graphcredit.viz import controllers, network_view
from graphcredit.viz.style import LAYER_STYLES
from graphcredit_api.auth.access import Analyst, Reader
from graphcredit_api.auth.roles import Principal
from graphcredit_api.console.listing import Column, Format, Listing, exported
from graphcredit_api.console.party_page import earlier_days
from graphcredit_api.console.render import address, render
from graphcredit_api.language import language_of
from graphcredit_api.routers.common import checked, seen_by
from graphcredit_api.services import Services, services_of

router = APIRouter(include_in_schema=False)
LISTED = 20
"""Circles and controllers beside a picture; how many there are is said with them."""
AsOf = Annotated[date | None, Query()]
Depth = Annotated[int, Query(ge=1, le=6)]
Most = Annotated[int, Query(ge=1, le=1000)]
Amount = Annotated[float, Query(ge=0, le=1e18)]
Words = Annotated[str, Query(max_length=400)]
VIEW = "view"
KEPT = ("depth", "limit", "layers", "min_amount", "as_of", "colour", "to", "expand")
"""What a saved or shared view holds of the page's address."""
COLOURS = ("grade", "loss", "group")
EXPANDED = 20


@router.get("/parties/{party_id}/network")
def network(
    request: Request, who: Reader, party_id: str, depth: Depth = 2, limit: Most = 150, as_of: AsOf = None
) -> Response:
    """A party's surroundings, drawn by network_page.js from the page's JSON."""
    services = services_of(request)
    found = checked(request, who, party_id, as_of)
    days = earlier_days(services.desk.day())
    if as_of is not None and as_of not in days:
        days = sorted([*days, as_of])
    asked = {name: request.query_params.get(name, "") for name in KEPT}
    return render(
        request,
        "network.html.j2",
        party=plain(found),
        depth=depth,
        limit=limit,
        days=[day.isoformat() for day in days],
        at=days.index(as_of) if as_of else len(days) - 1,
        asked=asked,
        layers=[(name, getattr(LAYER_STYLES[name], language_of(request))) for name in LAYERS],
        chosen=[name for name in asked["layers"].split(",") if name] or list(LAYERS),
        colours=COLOURS,
        views=saved_views(services, who, party_id),
    )


@router.get("/parties/{party_id}/network.json")
def network_data(
    request: Request,
    who: Reader,
    party_id: str,
    depth: Depth = 2,
    limit: Most = 150,
    layers: Words = "",
    min_amount: Amount = 0.0,
    as_of: AsOf = None,
    losses: Annotated[bool, Query()] = False,
) -> Any:
    """The picture's data: parties with all their colours, ties, circles, controllers, and what was left out."""
    checked(request, who, party_id, as_of)
    services = services_of(request)
    known = services.desk.known(as_of)
    view = network_view(
        known.network,
        party_id,
        depth=depth,
        limit=limit,
        layers=[name for name in layers.split(",") if name] or None,
        min_amount=min_amount,
        scores=services.desk.grades(as_of),
        losses=services.desk.loss_shares({party_id: 1.0}, as_of) if losses else None,
        groups=_largest_groups(services, as_of),
        language=language_of(request),
    )
    return plain(_marked(services, as_of, _only_seen(view, seen_by(request, who, as_of))) | {"stale": known.stale})


def _largest_groups(services: Services, as_of: date | None) -> Callable[[str], str | None]:
    """Names the root of the largest group of connected clients that a party belongs to."""
    groups = services.credit.book(as_of).groups

    def largest(party: str) -> str | None:
        found = groups.groups_of(party)
        return str(groups.names[found[0]]) if len(found) else None

    return largest


def _only_seen(view: dict[str, Any], seen: frozenset[str] | None) -> dict[str, Any]:
    """The view without parties outside the reader's portfolios; how many those are is said."""
    if seen is None:
        return {**view, "hidden": 0}
    nodes = [node for node in view["nodes"] if node["id"] in seen]
    kept = {node["id"] for node in nodes}
    edges = [edge for edge in view["edges"] if edge["source"] in kept and edge["target"] in kept]
    hidden = len(view["nodes"]) - len(nodes)
    return {**view, "nodes": nodes, "edges": edges, "shown": len(nodes), "hidden": hidden}


def _marked(services: Services, as_of: date | None, view: dict[str, Any]) -> dict[str, Any]:
    """The view with guarantee circles that it shows at least two parties of, and common controllers."""
    known = services.desk.known(as_of)
    shown = [node["id"] for node in view["nodes"]]
    inside = set(shown)
    found = known.once("circles", lambda: guarantee_circles(known.network, max_length=4, max_cycles=2000))
    circles = [
        {"members": list(circle.members), "amount": circle.amount, "pattern": circle.pattern}
        for circle in found.circles
        if len(inside & set(circle.members)) > 1
    ]
    behind = [one.to_json() for one in controllers(known.network, shown)]
    if view["hidden"]:
        circles = [circle for circle in circles if set(circle["members"]) <= inside]
        behind = [one for one in behind if {one["id"], *(p for path in one["paths"] for p in path)} <= inside]
    counts = {"circles": len(circles), "controllers": len(behind)}
    return {**view, "circles": circles[:LISTED], "controllers": behind[:LISTED], "counts": counts}


@router.get("/parties/{party_id}/paths.json")
def path_data(
    request: Request,
    who: Reader,
    party_id: str,
    to: Annotated[str, Query(min_length=1, max_length=400)],
    layers: Words = "",
    as_of: AsOf = None,
) -> Any:
    """The strongest paths to another party, given by id or by a name that only it has."""
    checked(request, who, party_id, as_of)
    services = services_of(request)
    known = services.desk.known(as_of)
    if to not in known.network.index:
        rows = services.store.search_parties(to, limit=2, as_of=known.day).to_pylist()
        if len(rows) != 1:
            raise NotFoundError(f"{len(rows) or 'no'} parties are called {to!r}", remedy="give the party's id")
        to = rows[0]["party_id"]
    checked(request, who, to, as_of)
    chosen = [name for name in layers.split(",") if name] or None
    found = [path for path in paths(known.network, party_id, to, layers=chosen, max_length=5) if path.strength > 0]
    seen = seen_by(request, who, as_of)
    found = [path for path in found if seen is None or set(path.parties) <= seen]
    names = known.network.attributes["name"]
    told = {p: str(names[known.network.index[p]]) for path in found for p in path.parties}
    return {
        "to": to,
        "names": told,
        "paths": [
            {"parties": list(p.parties), "layers": list(p.layers), "amounts": list(p.amounts), "strength": p.strength}
            for p in found
        ],
    }


@router.get("/parties/{party_id}/ties")
def ties(
    request: Request,
    who: Reader,
    party_id: str,
    depth: Depth = 2,
    limit: Most = 150,
    layers: Words = "",
    min_amount: Amount = 0.0,
    as_of: AsOf = None,
    format: Format = "csv",
) -> Response:
    """The ties of a picture as a file."""
    view = network_data(request, who, party_id, depth, limit, layers, min_amount, as_of)
    columns = (
        Column("source", "from"),
        Column("target", "to"),
        Column("layer", "layer", "code"),
        Column("amount", "amount", "number"),
    )
    return exported(
        Listing(f"ties-{party_id}", "network", columns, view["edges"]), format or "csv", language_of(request)
    )


def saved_views(services: Services, who: Principal, party_id: str | None = None) -> list[dict[str, Any]]:
    """Views by name that were not given up; one's own, and those shared by others."""
    found = services.store.find_records(VIEW, party_id=party_id, limit=500)
    rows = [{**record.body, "view_id": record.record_id, "at": record.at} for record in found]
    return [row for row in rows if not row["removed"] and (row["shared"] or row["by"] == who.name)]


@router.post("/views")
def save_view(
    request: Request,
    who: Analyst,
    party_id: Annotated[str, Form(max_length=400)],
    name: Annotated[str, Form(max_length=120)],
    query: Annotated[str, Form(max_length=4000)] = "{}",
    shared: Annotated[str, Form(max_length=3)] = "",
) -> Response:
    """Keep what the network page shows under a name."""
    checked(request, who, party_id, None)
    try:
        given = json.loads(query or "{}")
        kept = {key: str(given[key])[:2000] for key in KEPT if given.get(key)}
    except (ValueError, AttributeError, TypeError):
        raise InputError("the view cannot be read", remedy="reload the page and save again") from None
    if not name.strip():
        raise InputError("a view needs a name", remedy="say what it shows")
    view_id = secrets.token_hex(6)
    body = {
        "name": name.strip(),
        "party_id": party_id,
        "query": kept,
        "by": who.name,
        "shared": bool(shared),
        "removed": False,
    }
    services_of(request).store.put_records([Record(VIEW, view_id, body, party_id)])
    return RedirectResponse(f"/views/{view_id}", status_code=303)


def _view(services: Services, who: Principal, view_id: str) -> Record:
    found = services.store.get_record(VIEW, view_id)
    if found is None or found.body["removed"] or not (found.body["shared"] or found.body["by"] == who.name):
        raise NotFoundError(f"there is no view {view_id!r}", remedy="it was given up, or was never shared")
    return found


@router.get("/views/{view_id}")
def open_view(request: Request, who: Reader, view_id: str) -> Response:
    """A saved view: the network page as it was."""
    body = _view(services_of(request), who, view_id).body
    query = {name: body["query"].get(name) for name in KEPT}
    return RedirectResponse(address(f"/parties/{quote(body['party_id'], safe='')}/network", **query), status_code=303)


@router.post("/views/{view_id}/remove")
def remove_view(request: Request, who: Analyst, view_id: str) -> Response:
    """Give up a view of one's own."""
    services = services_of(request)
    found = _view(services, who, view_id)
    if found.body["by"] != who.name:
        raise NotFoundError(f"{view_id!r} is not your view", remedy="ask the one who saved it")
    body = {**found.body, "removed": True}
    services.store.put_records([Record(VIEW, view_id, body, found.party_id, revision=found.revision + 1)])
    return RedirectResponse(f"/parties/{quote(found.body['party_id'], safe='')}/network", status_code=303)
