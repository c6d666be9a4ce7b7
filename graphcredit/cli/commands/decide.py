"""`graphcredit decide`, `decisions`, `limits`, `exposure`: a financing decision and what it rests on."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from graphcredit.cli.app import app
from graphcredit.cli.parse import day, existing
from graphcredit.cli.session import Session, command
from graphcredit.exc import InputError

decisions_app = typer.Typer(help="Decisions that were taken.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(decisions_app, name="decisions")
SHOWN = 8  # reasons a person reads at once
AsOf = Annotated[str | None, typer.Option(help="Only facts recorded by this day (default: the last day known).")]


@command(app, "decide")
def decide_command(
    session: Session,
    application: Annotated[str | None, typer.Argument(help="JSON file of the application, - for stdin.")] = None,
    replay: Annotated[
        str | None, typer.Option(help="Id of an earlier decision to judge again from its own inputs.")
    ] = None,
    by: Annotated[str, typer.Option(help="Who asks.")] = "command line",
    as_of: AsOf = None,
) -> None:
    """Decide an application by the policy in force, or replay an earlier decision.

    Example: graphcredit decide application.json
    """
    if (application is None) == (replay is None):
        raise InputError("nothing to decide", remedy="give an application's JSON file, or --replay ID")
    from graphcredit.decisions import replay as replay_decision
    from graphcredit.desk import Credit

    with session.desk() as desk:
        if replay is not None:
            again = replay_decision(desk.store, replay)
            session.out.result(again.to_json())
            session.out.line(
                f"{replay}: {'the same answer' if again.same else 'ANOTHER ANSWER'} from the recorded inputs"
            )
            for difference in again.differences:
                session.out.line(f"corrected since: {difference}")
            return
        made = Credit(desk).decide(_read(application or "-"), day(as_of), by=by)
    session.out.result(made.to_json())
    show(session, made.to_json())


def _read(source: str) -> dict[str, Any]:
    """An application's JSON.

    Raises:
        InputError: not a JSON object.
    """
    text = sys.stdin.read() if source == "-" else existing(Path(source)).read_text(encoding="utf-8")
    try:
        content = json.loads(text, parse_float=str)
    except ValueError as error:
        raise InputError(f"{source} is not JSON: {error}", remedy="write one JSON object") from None
    if not isinstance(content, dict):
        raise InputError(f"{source} is not a JSON object", remedy='write {"party_id": ..., "product": ..., ...}')
    return content


def show(session: Session, body: dict[str, Any]) -> None:
    """A decision for a person."""
    language = session.settings.language
    session.out.title(
        f"{body['decision_id']}: {body['outcome'].replace('_', ' ')}, {body['amount']} {body['currency']} for "
        f"{body['tenor_days']} days at {body['rate'] if body['rate'] is not None else 'no'} rate ({body['approval']['state']})"
    )
    for name in ("conditions", "reasons"):
        told = [text_of(entry, language) for entry in body.get(name) or ()]
        if told:
            session.out.line(f"{name}:")
        for text in told[:SHOWN]:
            session.out.line(f"  - {text}")
        if len(told) > SHOWN:
            session.out.line(f"  - and {len(told) - SHOWN} more (--json shows all)")
    session.out.line(f"policy {body['policy']}, model {body['model_id']}, inputs {body['inputs_hash'][:12]}")


def text_of(entry: Any, language: str) -> str:
    """A reason's or condition's text in a language."""
    text = entry.get("text", entry) if isinstance(entry, dict) else entry
    return str(text.get(language, text)) if isinstance(text, dict) else str(text)


@command(decisions_app, "list")
def list_command(
    session: Session,
    party: Annotated[str | None, typer.Option(help="Only of this party.")] = None,
    outcome: Annotated[str | None, typer.Option(help="approve, approve_with_conditions, refer or decline.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 20,
) -> None:
    """Decisions, newest first.

    Example: graphcredit decisions list --party F000012
    """
    from graphcredit.decisions import list_decisions

    with session.desk() as desk:
        found = [made.to_json() for made in list_decisions(desk.store, party_id=party, outcome=outcome, limit=limit)]
    session.out.result({"decisions": found})
    columns = ("decision_id", "at", "party_id", "product", "outcome", "amount", "policy")
    session.out.table(columns, [tuple(body[name] for name in columns) for body in found])


@command(decisions_app, "show")
def show_command(session: Session, decision: Annotated[str, typer.Argument(help="Decision id.")]) -> None:
    """One decision with its reasons.

    Example: graphcredit decisions show DEC-20260630-0123456789ab
    """
    from graphcredit.decisions import show_decision

    with session.desk() as desk:
        body = show_decision(desk.store, decision).to_json()
    session.out.result(body)
    show(session, body)


@command(app, "limits")
def limits(session: Session, party: Annotated[str, typer.Argument(help="Party id.")], as_of: AsOf = None) -> None:
    """A party's limit and headroom, with the cap that binds and its path.

    Example: graphcredit limits F000012
    """
    from graphcredit.desk import Credit

    with session.desk() as desk:
        credit = Credit(desk)
        limit, room = credit.limit(party, day(as_of)).to_json(), credit.headroom(party, day(as_of)).to_json()
    session.out.result({"limit": limit, "headroom": room})
    session.out.title(f"{party}: grade {limit['grade']}, limit {limit['amount']} (bound by {limit['bound_by']})")
    rows = [
        (line["kind"], line["name"], line["cap"], line["used"], line["claimed"], line["available"])
        for line in room["lines"]
    ]
    session.out.table(("cap", "of", "allows", "used", "decided", "left"), rows)
    binding = room["binding"]
    session.out.line(f"headroom {room['available']}, bound by {binding['kind']} {binding['name']}")
    for step in binding["path"]:
        session.out.line(f"  {text_of(step, session.settings.language)}")
    for block in room["blocks"]:
        session.out.warn(text_of(block, session.settings.language))


@command(app, "exposure")
def exposure(session: Session, party: Annotated[str, typer.Argument(help="Party id.")], as_of: AsOf = None) -> None:
    """What uses up a party's limit, in both its roles.

    Example: graphcredit exposure F000012
    """
    from graphcredit.desk import Credit

    with session.desk() as desk:
        body = Credit(desk).exposure(party, day(as_of)).to_json()
    session.out.result(body)
    rows = [(use["kind"], use["amount"], use["weight"], use["used"]) for use in body["owed"]]
    session.out.table(("document", "open", "weight", "uses"), rows)
    session.out.line(
        f"owed to the party {body['receivable']}, set off {body['set_off']}, decided {body['decided']}, "
        f"overdue {body['overdue']} ({body['overdue_days']} days)"
    )
