"""`graphcredit demo`: the main job on a sample network, from files to a decision and the console."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer

from graphcredit.cli.app import app
from graphcredit.cli.commands.decide import show as show_decision
from graphcredit.cli.session import Session, command

AMOUNT = Decimal("500000.00")


@command(app, "demo")
def demo(
    session: Session,
    folder: Annotated[Path, typer.Option(help="Where the demo lives; a second run reuses it.")] = Path("demo"),
    firms: Annotated[int, typer.Option(min=200, help="Size of the sample.")] = 600,
    seed: Annotated[int, typer.Option()] = 7,
    serve: Annotated[bool, typer.Option(help="Serve the console at the end, until Ctrl-C.")] = True,
    port: Annotated[int | None, typer.Option(help="Port of the console.")] = None,
) -> None:
    """A sample network through load, features, training, scoring, stress, a decision and the console.

    Example: graphcredit demo --no-serve
    """
    folder.mkdir(parents=True, exist_ok=True)
    session = Session(session.settings, f"duckdb:///{folder / 'demo.duckdb'}", session.out)
    body = Walk(session, folder, firms, seed).run()
    session.out.result(body)
    session.out.finish()
    if serve and not session.out.json_output:
        from graphcredit.cli.commands.serve import run

        session.out.line("")
        run(session, session.settings.host, port or session.settings.port)


class Walk:
    """The steps of the demo, each timed and told."""

    def __init__(self, session: Session, folder: Path, firms: int, seed: int) -> None:
        self.session, self.folder, self.firms, self.seed = session, folder, firms, seed
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[Callable[[str], None]]:
        """Time a step; call the yielded function with what it found."""
        started = time.perf_counter()
        said: list[str] = []
        yield said.append
        self.seconds[name] = round(time.perf_counter() - started, 2)
        self.session.out.line(f"{name:<9} {self.seconds[name]:6.1f} s  {'; '.join(said)}")

    def run(self) -> dict[str, Any]:
        """Everything; returns the summary."""
        from graphcredit.desk import Credit
        from graphcredit.scoring import train
        from graphcredit.viz import network_view, write_network_page
        from graphcredit_ingest import load
        from graphcredit_ingest.sample import generate

        data = self.folder / "data"
        with self.step("sample") as tell:
            made = generate(data, firms=self.firms, seed=self.seed)
            tell(f"{self.firms} firms, {made.tables['transactions']:,} documents, {made.default_rate:.1%} will default")
        with self.session.desk_or_new() as desk:
            with self.step("load") as tell:
                report = load(desk.store, [data]).to_json()
                tell(f"{report['read']:,} rows: {report['new']:,} new, {report['unchanged']:,} unchanged")
            with self.step("features") as tell:
                matrix = desk.matrix()
                tell(f"{len(matrix.features)} features of {len(matrix.frame):,} parties as of {matrix.as_of}")
            with self.step("train") as tell:
                known = desk.registry.list()
                if known and report["new"] == 0:
                    tell(f"kept {known[0]['model_id']}")
                else:
                    result = train(desk.store, models=("scorecard", "boosting"), folds=3, repeats=1)
                    desk.registry.save(result.model, by="demo")
                    tell(_figures(result.report))
            with self.step("score") as tell:
                grades = desk.grades()
                party = _applicant(Credit(desk), AMOUNT)
                score = desk.score(party)
                tell(
                    f"{len(grades):,} companies; {party}: grade {score.grade}, PD {score.pd:.2%}, {score.points:.0f} points"
                )
            for reason in score.reasons[:4]:
                self.session.out.line(
                    f"            {reason.points:+5.1f}  {reason.text[self.session.settings.language]}"
                )
            with self.step("stress") as tell:
                failing = max(grades, key=lambda p: desk.network().matrix("trade")[[desk.network().index[p]]].sum())
                shock = desk.stress({failing: 1.0}, top=3)
                tell(f"if {failing} fails, {shock['new_defaults']} others do, lenders lose {shock['book_loss']:,.0f}")
            with self.step("decide") as tell:
                application = {
                    "party_id": party,
                    "product": "loan",
                    "amount": str(AMOUNT),
                    "tenor_days": 180,
                    "payments": 6,
                }
                (self.folder / "application.json").write_text(json.dumps(application, indent=2), encoding="utf-8")
                decision = Credit(desk).decide(application, by="demo").to_json()
                tell(f"{decision['outcome'].replace('_', ' ')}: {decision['amount']} of {AMOUNT}")
            show_decision(self.session, decision)
            with self.step("network") as tell:
                view = network_view(
                    desk.network(), party, scores=desk.grades(), language=self.session.settings.language
                )
                write_network_page(view, self.folder / "network.html", language=self.session.settings.language)
                tell(f"{view['shown']} parties drawn to {self.folder / 'network.html'}")
        total = round(sum(self.seconds.values()), 1)
        self.session.out.line(f"all       {total:6.1f} s")
        return {"seconds": self.seconds, "total_seconds": total, "party_id": party, "load": report, "decision": decision,
                "score": {"grade": score.grade, "pd": score.pd, "points": score.points}}  # fmt: skip


def _figures(report: dict[str, Any]) -> str:
    chosen = report["chosen"]
    uplift = report.get("comparison", {}).get("graph_uplift")
    more = f", the graph adds {uplift:+.3f}" if uplift is not None else ""
    return f"{chosen['model']} on {chosen['feature_set']} features, cross-validated AUC {chosen['auc']:.3f}{more}"


def _applicant(credit: Any, amount: Decimal) -> str:
    """A company in the middle of the grades whose limit leaves room for the amount; else the first of the middle."""
    network, grades = credit.desk.network(), credit.desk.grades()
    ranked = sorted(grades, key=lambda party: (grades[party][1], party))
    middle = ranked[len(ranked) // 4 : 3 * len(ranked) // 4]
    trades = network.matrix("trade")
    busy = [party for party in middle if trades[[network.index[party]]].nnz >= 3]
    for party in busy:
        room = credit.headroom(party)
        if room.available >= amount and not room.blocks:
            return str(party)
    return str((busy or middle)[0])
