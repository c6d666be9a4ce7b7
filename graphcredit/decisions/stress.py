"""Named stresses of a book: PDs multiplied, LGDs raised, the largest names failed outright."""

import numpy as np

from graphcredit.decisions.book import BookRisk, Lines, measure
from graphcredit.decisions.policy.model import Policy, Scenario
from graphcredit.decisions.texts import Frozen, Text
from graphcredit.exc import NotFoundError


class StressResult(Frozen):
    """A book before and after a scenario; `hit` = lines whose PD or LGD changed."""

    scenario: str
    text: Text
    before: BookRisk
    after: BookRisk
    hit: int


def scenario_of(policy: Policy, name: str) -> Scenario:
    """A scenario by name.

    Raises:
        NotFoundError: the policy names no such scenario.
    """
    found = next((each for each in policy.scenarios if each.name == name), None)
    if found is None:
        raise NotFoundError(
            f"scenario {name!r} is not in policy {policy.label}",
            remedy=f"one of {', '.join(each.name for each in policy.scenarios)}",
        )
    return found


def stressed(lines: Lines, scenario: Scenario) -> Lines:
    """The book's lines under a scenario; industries match by the beginning of their code."""
    hit = np.ones(lines.n, dtype=bool)
    if scenario.industries:
        hit = np.array([str(code).startswith(scenario.industries) for code in lines.industry], dtype=bool).reshape(
            lines.n
        )
    pd = np.where(hit, np.minimum(lines.pd * float(scenario.pd_multiplier), 1.0), lines.pd)
    lgd = np.where(hit, np.minimum(lines.lgd + float(scenario.lgd_add), 1.0), lines.lgd)
    exposure = np.where(hit, lines.exposure * float(scenario.exposure_multiplier), lines.exposure)
    if scenario.failed and lines.n:
        merged = lines.by_party()
        largest = merged.party[np.argsort(-merged.exposure, kind="stable")[: scenario.failed]]
        pd = np.where(np.isin(lines.party.astype(str), largest.astype(str)), 1.0, pd)
    return Lines(lines.party, exposure, pd, lgd, lines.industry)


def stress_book(lines: Lines, policy: Policy, names: tuple[str, ...] = ()) -> list[StressResult]:
    """The book under some (all) scenarios of a policy.

    Raises:
        NotFoundError: an unknown scenario.
    """
    chosen = [scenario_of(policy, name) for name in names] if names else list(policy.scenarios)
    confidence = float(policy.pricing.confidence.value)
    before = measure(lines, confidence=confidence)
    results = []
    for scenario in chosen:
        after = stressed(lines, scenario)
        changed = int(((after.pd != lines.pd) | (after.lgd != lines.lgd) | (after.exposure != lines.exposure)).sum())
        results.append(
            StressResult(
                scenario=scenario.name,
                text=scenario.text,
                before=before,
                after=measure(after, confidence=confidence),
                hit=changed,
            )
        )
    return results
