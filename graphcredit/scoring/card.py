"""The model card: what a validator, an analyst and an auditor each look for first, as Markdown or HTML."""

from html import escape
from typing import Any

from graphcredit.scoring.model import CreditModel


def model_card(model: CreditModel) -> str:
    """A model card in Markdown."""
    meta = model.meta
    metrics, labels, recipe = model.metrics, meta["labels"], meta["recipe"]
    calibration = model.chosen.calibrator.describe()
    lines = [
        f"# Model card: {model.model_id}",
        "",
        f"A **{model.kind.replace('_', ' ')}** on **{model.feature_set}** features ({len(model.features)} of them), "
        f"trained {meta['trained_at']} on labels up to {meta['as_of']}.",
        "",
        "## What it says",
        "",
        f"The probability that a party defaults within {labels.get('horizon_months') or 'the labels’'} months of the "
        "scoring date, as PD, grade and points; with ranked reasons that add up to the points.",
        "",
        "## What it learned from",
        "",
        _table(
            ["labels", "defaults", "default rate", "split", "dates"],
            [[labels["n"], labels["defaults"], f"{labels['default_rate']:.2%}", str(labels["roles"]),
              ", ".join(labels["dates"][:6])]],
        ),
        "",
        f"Data fingerprint `{meta['data_fingerprint'][:16]}`, seed {meta['seed']}, "
        + ", ".join(f"{name} {number}" for name, number in meta["code_version"].items())
        + ".",
        "",
        "## How it was chosen",
        "",
        recipe["rule"],
        "",
        f"{recipe['folds']} folds, {recipe['repeats']} repeats, {recipe['rows_compared']:,} rows compared, "
        f"{recipe['rows_trained']:,} rows in the final fit. {recipe['feature_groups']['rule']}",
        "",
        _candidates(meta["report"]["models"]),
        "",
        "## What the graph adds",
        "",
        _graph(meta["comparison"]),
        "",
        "## Calibration",
        "",
        f"{calibration['method']} on out-of-fold scores, {calibration['philosophy']}, to a central tendency of "
        f"{calibration['central_tendency']:.2%}. Brier score {metrics['brier']:.4f}.",
        "",
        _table(["grade", "PD from", "PD to"], [[r["grade"], f"{r['pd_from']:.2%}", f"{r['pd_to']:.2%}"]
                                                  for r in model.scale.table()]),
        "",
        "## What moves it",
        "",
        _table(["feature", "share"], [[name, f"{share:.1%}"] for name, share in list(meta["importance"].items())[:15]]),
        "",
        "## What to be careful about",
        "",
        *(f"- {warning}" for warning in meta["leakage"]["warnings"]),
        *(f"- {text}" for text in ((meta.get("reject_inference") or {}).get("assumes") or {}).values()),
        f"- PDs are {calibration['philosophy']}: they speak of conditions like those of the labels.",
        "- Parties unlike any in training are scored as their nearest known values; missing values are told in reasons.",
        "- Industry overlay: " + ("on, shown as a reason of its own." if model.overlay else "off."),
        "",
    ]  # fmt: skip
    return "\n".join(lines)


def model_card_html(model: CreditModel) -> str:
    """The card as one self-contained HTML page."""
    body = []
    in_table = False
    for line in model_card(model).split("\n"):
        if line.startswith("|"):
            if set(line) <= set("|- "):
                continue
            cells = "".join(f"<td>{escape(cell.strip())}</td>" for cell in line.strip("|").split("|"))
            body.append(("" if in_table else "<table>") + f"<tr>{cells}</tr>")
            in_table = True
            continue
        if in_table:
            body.append("</table>")
            in_table = False
        if line.startswith("#"):
            level = len(line) - len(line.lstrip("#"))
            body.append(f"<h{level}>{escape(line[level:].strip())}</h{level}>")
        elif line.startswith("- "):
            body.append(f"<p>• {escape(line[2:])}</p>")
        elif line:
            body.append(f"<p>{escape(line.replace('**', '').replace('`', ''))}</p>")
    style = (
        "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#223}"
        "table{border-collapse:collapse}td{border:1px solid #ccd;padding:.25rem .6rem}"
        "tr:first-child{font-weight:600;background:#f3f5fa}"
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(model.model_id)}</title>'
        f"<style>{style}</style></head><body>{''.join(body)}{'</table>' if in_table else ''}</body></html>"
    )


def _table(head: list[str], rows: list[list[Any]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(str(cell).replace("|", "/") for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def _candidates(models: dict[str, dict[str, dict[str, Any]]]) -> str:
    rows = [
        [
            f"{kind} on {feature_set}" + (" (chosen)" if result["chosen"] else ""),
            f"{result['auc']:.4f} ± {result['auc_sd']:.4f}",
            "" if result.get("valid_auc") is None else f"{result['valid_auc']:.4f}",
            f"{result['ks']:.3f}",
            f"{result['brier']:.4f}",
        ]
        for kind, by_set in models.items()
        for feature_set, result in by_set.items()
    ]
    return _table(["candidate", "cross-validated AUC ± spread", "AUC on validation rows", "KS", "Brier"], rows)


def _graph(comparison: dict[str, Any]) -> str:
    best = comparison["best_by_feature_set"]
    rows = [
        [name, found["model"], f"{found['auc']:.4f}", f"{found['auc_ci'][0]:.4f} to {found['auc_ci'][1]:.4f}"]
        for name, found in best.items()
    ]
    uplift = comparison.get("graph_uplift")
    said = ""
    if uplift is not None:
        low, high = comparison["graph_uplift_ci"]
        said = (
            f"\n\nBest with graph against best without: {uplift:+.4f} AUC ({low:+.4f} to {high:+.4f}, paired DeLong)."
        )
    return _table(["features", "best kind", "AUC", "95% interval (DeLong)"], rows) + said
