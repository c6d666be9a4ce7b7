"""`graphcredit structure`: guarantee circles, connected groups, dependence, concentration."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from graphcredit.cli.app import app
from graphcredit.cli.parse import day
from graphcredit.cli.session import Session, command
from graphcredit.exc import InputError

if TYPE_CHECKING:
    from graphcredit.desk import CreditDesk

structure_app = typer.Typer(
    help="Who hangs together, and who depends on whom.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(structure_app, name="structure")
MOST_MEMBERSHIPS, MOST_LINES = 200_000, 1_000  # what one answer lists of overlapping groups, and of one of them
AsOf = Annotated[str | None, typer.Option(help="Only facts recorded by this day (default: the last day known).")]
Top = Annotated[int, typer.Option(min=1, help="Lines to show.")]


@command(structure_app, "circles")
def circles(
    session: Session, as_of: AsOf = None, top: Top = 20, length: Annotated[int, typer.Option(min=2)] = 6
) -> None:
    """Guarantee circles: who guarantees for whom in a ring, largest amount first.

    Example: graphcredit structure circles
    """
    from graphcredit.structure import guarantee_circles

    with session.desk() as desk:
        found = guarantee_circles(desk.network(day(as_of)), max_length=length)
    session.out.result({"count": len(found.circles), "truncated": found.truncated, "circles": found.circles})
    rows = [(c.pattern, len(c.members), c.amount, len(c.cycles), ", ".join(c.members[:6])) for c in found.circles[:top]]
    session.out.table(("pattern", "members", "amount", "cycles", "who"), rows)
    if found.truncated:
        session.out.warn("the cap on cycles was reached; shorter ones are complete only up to it")


@command(structure_app, "spread")
def spread(
    session: Session,
    as_of: AsOf = None,
    top: Top = 20,
    worlds: Annotated[
        int, typer.Option(min=0, help="Possible worlds drawn; 0: closed form, obligors independent.")
    ] = 20_000,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same answer.")] = 0,
) -> None:
    """PDs of guarantors on their own and with the guarantees that they gave, largest addition first.

    Example: graphcredit structure spread --top 10
    """
    from graphcredit.desk import pd_with_guarantees

    with session.desk() as desk:
        found = pd_with_guarantees(desk, day(as_of), worlds=worlds, seed=seed)
    session.out.result(found)
    rows = [
        (p["party_id"], p["name"], f"{p['own_pd']:.2%}", f"{p['pd']:.2%}", f"{p['lower']:.2%} - {p['upper']:.2%}",
         p["guarantees"])
        for p in found["parties"][:top]
    ]  # fmt: skip
    session.out.table(("party", "name", "own PD", "with guarantees", "95% interval", "guarantees given"), rows)
    if found["unscored"]:
        session.out.line(f"{found['unscored']:,} parties have no score: they never fail of themselves here")


@command(structure_app, "groups")
def groups(session: Session, party: Annotated[str | None, typer.Option(help="Only groups with this party.")] = None,
           as_of: AsOf = None, top: Top = 20) -> None:  # fmt: skip
    """Groups of connected clients: control and economic dependence, overlapping where two roots share a member.

    Example: graphcredit structure groups --party F000012
    """
    from graphcredit.desk import Credit

    with session.desk() as desk:
        book = Credit(desk).book(day(as_of))
    if party is not None:
        book.position(party)  # an unknown one is an error, not an empty answer
    found = book.groups.clients
    numbers = range(len(found.groups)) if party is None else found.groups_of(party)
    listed: list[object] = []
    room = MOST_MEMBERSHIPS
    for number in numbers:
        room -= int(found.sizes[number])
        if room < 0 and listed:
            session.out.warn(
                f"only the {len(listed):,} largest of {len(numbers):,} groups are listed; ask with --party"
            )
            break
        if session.out.json_output or len(listed) < top:
            listed.append(found.groups[number])
        else:
            break
    session.out.result({"count": len(numbers), "truncated": len(listed) < len(numbers), "groups": listed})
    for number in numbers[:top]:
        group = found.groups[number]
        session.out.title(f"group of {group.root}: {group.size:,} members")
        rows = [(m.party, m.reason, " > ".join(m.path)) for m in group.members[:MOST_LINES]]
        session.out.table(("party", "reason", "path"), rows)
        if group.size > MOST_LINES:
            session.out.line(f"and {group.size - MOST_LINES:,} more")


@command(structure_app, "dependence")
def dependence_command(session: Session, as_of: AsOf = None, top: Top = 20) -> None:
    """Who depends most on a single partner, single points of failure, tiers.

    Example: graphcredit structure dependence
    """
    import numpy as np

    from graphcredit.structure import dependence

    with session.desk() as desk:
        network = desk.network(day(as_of))
        found = dependence(network)
    order = np.argsort(-np.nan_to_num(found.backward))[:top]
    rows = [
        (
            network.ids[k],
            found.top_customer[k],
            found.top_supplier[k],
            found.backward[k],
            found.forward[k],
            int(found.tier[k]),
        )
        for k in order
    ]
    columns = ("party", "largest customer", "largest supplier", "backward", "forward", "tier")
    session.out.result(
        {
            "parties": [dict(zip(columns, row, strict=True)) for row in rows],
            "single_points_of_failure": [network.ids[k] for k in found.single_points],
        }
    )
    session.out.table(columns, rows)
    session.out.line(f"{len(found.single_points):,} parties are single points of failure in the supply layer")


@command(structure_app, "motifs")
def motifs_command(session: Session, as_of: AsOf = None, top: Top = 20) -> None:
    """The fifteen small patterns of guarantees, with what was published of their risk, and who is in the riskiest.

    Example: graphcredit structure motifs --top 10
    """
    import numpy as np

    from graphcredit.structure import motifs

    with session.desk() as desk:
        network = desk.network(day(as_of))
        found = motifs(network)
    scores, taken = found.party_scores, found.per_party.sum(axis=1)
    order = np.lexsort((-taken, -scores))
    parties = [
        {"party": str(network.ids[k]), "score": float(scores[k]), "motifs": int(taken[k])}
        for k in order[:top]
        if taken[k] > 0
    ]
    session.out.result({"counts": found.counts, "evidence": found.evidence, "score": found.score, "parties": parties})
    sign = {1: "risky", -1: "stable", 0: "not stated"}
    rows = [(name, count, sign[found.evidence[name]]) for name, count in found.counts.items()]
    session.out.table(("motif", "count", "published evidence"), rows)
    session.out.table(("party", "score", "motifs"), [tuple(party.values()) for party in parties])
    session.out.line(f"balance {found.score:+.3f}, from -1 (all in stable motifs) to +1 (all in risky ones)")


KEYS = {  # key: whose amounts, and by which end of them
    "borrower": ("lending", 1), "lender": ("lending", 0), "industry": ("lending", 1), "region": ("lending", 1),
    "seller": ("trade", 0), "buyer": ("trade", 1), "guarantor": ("guarantee", 0), "obligor": ("guarantee", 1),
}  # fmt: skip


@command(structure_app, "concentration")
def concentration_command(
    session: Session,
    by: Annotated[
        str, typer.Option(help="industry, region, borrower or lender of loans; seller or buyer; guarantor or obligor.")
    ] = "industry",
    as_of: AsOf = None,
    top: Top = 15,
) -> None:
    """Concentration of loans, trade or guarantees, with the granularity adjustment of the loans where PDs are known.

    Example: graphcredit structure concentration --by region
    """
    from graphcredit.structure import concentration

    if by not in KEYS:
        raise InputError(f"--by {by!r} is not known", remedy=f"use one of {', '.join(KEYS)}")
    layer, end = KEYS[by]
    with session.desk() as desk:
        network = desk.network(day(as_of))
        ties = network.matrix(layer).tocoo()
        who = ties.coords[end]
        keys = network.attributes[by][who] if by in network.attributes else network.ids[who]
        found = concentration(ties.data, keys.astype(str))
        adjustment = _granularity(desk, as_of) if layer == "lending" else None
    session.out.result({**asdict(found), "granularity": adjustment})
    session.out.table((by, "share"), list(found.shares.items())[:top])
    session.out.line(f"HHI {found.hhi:.4f}, as if {found.effective:.1f} equal ones")
    if adjustment:
        session.out.line(
            f"granularity adjustment {adjustment['adjustment']:.2%} of the exposure, over {adjustment['borrowers']:,} "
            f"borrowers with a PD ({adjustment['without_pd']:,} without one are left out), LGD {adjustment['lgd']:.0%}"
        )


def _granularity(desk: "CreditDesk", as_of: str | None) -> dict[str, float] | None:
    """Adjustment of the loans to scored firms; None without a model, or loans to them."""
    import numpy as np

    from graphcredit.desk import Credit
    from graphcredit.structure import granularity_adjustment

    network, grades = desk.network(day(as_of)), desk.grades(day(as_of))
    owed = np.asarray(network.matrix("lending").sum(axis=0)).ravel()
    borrowers = [k for k in np.flatnonzero(owed) if network.ids[k] in grades]
    if not borrowers:
        return None
    lgd = float(Credit(desk).policy(day(as_of)).pricing.lgd_unsecured.value)
    pd = [min(max(grades[network.ids[k]][1], 1e-6), 1.0) for k in borrowers]
    found = granularity_adjustment(owed[borrowers], pd, lgd)
    return {
        "adjustment": found.adjustment, "book_capital": found.book_capital, "lgd": lgd,
        "borrowers": len(borrowers), "without_pd": int(np.count_nonzero(owed)) - len(borrowers),
    }  # fmt: skip


@command(structure_app, "paths")
def paths_command(
    session: Session,
    source: Annotated[str, typer.Argument(help="A party.")],
    target: Annotated[str, typer.Argument(help="Another one.")],
    length: Annotated[int, typer.Option(min=1, max=6, help="Longest path, in ties.")] = 4,
    as_of: AsOf = None,
    top: Top = 5,
) -> None:
    """The strongest exposure paths between two parties, over every layer.

    Example: graphcredit structure paths F000012 F000034
    """
    from graphcredit.structure import paths

    with session.desk() as desk:
        found = paths(desk.network(day(as_of)), source, target, max_length=length, top=top)
    session.out.result({"paths": found, "truncated": found.truncated, "warnings": found.warnings})
    rows = [(path.strength, " > ".join(path.parties), ", ".join(path.layers)) for path in found]
    session.out.table(("strength", "path", "layers"), rows)
    for warning in found.warnings:
        session.out.warn(warning)
