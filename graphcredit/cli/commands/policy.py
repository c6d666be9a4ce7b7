"""`graphcredit policy`: check, show, compare, simulate and adopt credit policies."""

from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer

from graphcredit.cli.app import app
from graphcredit.cli.commands.decide import text_of
from graphcredit.cli.parse import day, existing
from graphcredit.cli.session import Session, command

policy_app = typer.Typer(help="Credit policies.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(policy_app, name="policy")
File = Annotated[Path | None, typer.Argument(help="Policy YAML (default: the shipped one).")]


@command(policy_app, "check")
def check(session: Session, file: File = None) -> None:
    """Say whether a policy keeps its own rules; exit code 2 when it does not.

    Example: graphcredit policy check my-policy.yaml
    """
    from graphcredit.decisions import check_policy, load_policy

    policy = load_policy(existing(file) if file else None)
    notes = check_policy(policy)
    session.out.result({"policy": policy.label, "notes": notes})
    for note in notes:
        session.out.line(f"note: {note}")
    session.out.line(f"{policy.label} is valid")


@command(policy_app, "show")
def show(session: Session, file: File = None) -> None:
    """Every number of a policy, with its source.

    Example: graphcredit policy show
    """
    import yaml

    from graphcredit.decisions import load_policy

    policy = load_policy(existing(file) if file else None)
    body = policy.model_dump(mode="json")
    session.out.result(body)
    session.out.line(yaml.safe_dump(body, allow_unicode=True, sort_keys=False))


@command(policy_app, "diff")
def diff(session: Session, old: Annotated[Path, typer.Argument()], new: Annotated[Path, typer.Argument()]) -> None:
    """What changed between two policies.

    Example: graphcredit policy diff 2026.yaml 2027.yaml
    """
    from graphcredit.decisions import diff_policies, load_policy

    changes = diff_policies(load_policy(existing(old)), load_policy(existing(new)))
    session.out.result(
        {"changes": [change.__dict__ if hasattr(change, "__dict__") else str(change) for change in changes]}
    )
    session.out.table(("where", "was", "is"), [(c.where, c.old, c.new) for c in changes])


@command(policy_app, "simulate")
def simulate(
    session: Session,
    file: File = None,
    every: Annotated[
        bool, typer.Option("--all", help="Every company, with a standard application; else past decisions.")
    ] = False,
    party: Annotated[list[str] | None, typer.Option(help="Only these parties, repeatable.")] = None,
    prefix: Annotated[str | None, typer.Option(help="Only parties whose id begins so.")] = None,
    amount: Annotated[str | None, typer.Option(help="Amount applied for (default: all that the limit allows).")] = None,
    as_of: Annotated[str | None, typer.Option(help="Only facts recorded by this day.")] = None,
    top: Annotated[int, typer.Option(min=1)] = 20,
) -> None:
    """What the book would look like under a policy.

    Example: graphcredit policy simulate my-policy.yaml --all
    """
    from graphcredit.decisions import load_policy
    from graphcredit.desk import Credit

    with session.desk() as desk:
        credit = Credit(desk)
        policy = load_policy(existing(file)) if file else credit.policy(day(as_of))
        network = desk.network(day(as_of))
        parties = list(party or ())
        if every or prefix:
            firms = network.ids[network.attributes["kind"] == "company"]
            parties += [str(firm) for firm in firms if str(firm).startswith(prefix or "")]
        found = credit.simulate(policy, parties, day(as_of), amount=Decimal(amount) if amount else None).to_json()
    session.out.result(found)
    rows = [
        (r["party_id"], r["grade"], r["limit"], r["outcome"], r["amount"], r["rate"],
         text_of(r["reasons"][0], session.settings.language) if r["reasons"] else "")
        for r in found["rows"][:top]
    ]  # fmt: skip
    session.out.table(("party", "grade", "limit", "decision", "amount", "rate", "first reason"), rows)
    session.out.line(f"{found['policy']}: {found['outcomes']}, {found['amount']} granted, {found['changed']} changed")


@command(policy_app, "adopt")
def adopt(
    session: Session,
    file: Annotated[Path, typer.Argument(help="Policy YAML.")],
    by: Annotated[str, typer.Option(help="Who adopts it.")],
) -> None:
    """Put a policy into force from its effective date.

    Example: graphcredit policy adopt 2027.yaml --by li.wei
    """
    from datetime import UTC, datetime

    from graphcredit.decisions import adopt_policy, load_policy

    with session.desk() as desk:
        policy = load_policy(existing(file))
        adopt_policy(desk.store, policy, by=by, today=session.settings.today or datetime.now(UTC).date())
    session.out.result({"adopted": policy.label, "by": by})
    session.out.line(f"{policy.label} is adopted by {by}")
