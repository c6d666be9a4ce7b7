"""Headroom: the least of what party, connected groups, guarantors and concentration caps leave, naming the one that binds.

A `HeadroomBook` is prepared once per day and version of the facts: capacities, what facts use, groups, cover. What decisions
have claimed since is read from the store's claims in one query, so that an answer is always current.
"""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from decimal import ROUND_UP, Decimal
from typing import Any

import numpy as np

from graphcredit.decisions.amounts import ZERO, Units, from_units, sum_by
from graphcredit.decisions.cover import OFFERED, Cover, CoverIndex, CoverPart
from graphcredit.decisions.groups import ClientGroups, client_groups
from graphcredit.decisions.headroom_lines import SHARE, Headroom, Line, left_of, make_line, overdrawn, resource
from graphcredit.decisions.limits import (
    Limit,
    LimitInputs,
    LimitSums,
    PartyScore,
    capacity_facts,
    limit_from,
    limit_sums,
    party_score,
)
from graphcredit.decisions.policy.model import Policy
from graphcredit.decisions.positions import Book, read_book
from graphcredit.decisions.texts import Text
from graphcredit.decisions.vulnerability import expected_losses, largest_shares
from graphcredit.model.asof import as_of_moment
from graphcredit.network import Network, build_network
from graphcredit.settings import get_settings
from graphcredit.store import AsOf, CreditStore


class HeadroomBook:
    """Everything that headroom needs, prepared; safe for many readers."""

    def __init__(
        self, store: CreditStore, policy: Policy, book: Book, network: Network, scores: Mapping[str, PartyScore]
    ) -> None:
        self.store, self.policy, self.book, self.network = store, policy, book, network
        self.scores = dict(scores)
        worthless = {row.grade for row in policy.master_scale.grades if row.cover_factor == 0}
        failed = frozenset(book.index[p] for p, s in self.scores.items() if s.grade in worthless and p in book.index)
        self.cover = CoverIndex(book, policy, failed)
        years = get_settings().trade_window_months / 12
        revenue = book.yearly("revenue")
        self.groups: ClientGroups = client_groups(
            network,
            book.equity,
            receipts=revenue * years,
            expenditure=(revenue - book.yearly("operating_profit")) * years,
            control_share=float(policy.connected.control_share.value),
            dependence_share=float(policy.connected.dependence_share.value),
        )
        self.used: Units = book.used(policy.exposure)
        creditors = policy.exposure.creditors
        own = self.used if "*" in creditors else book.of_creditors(creditors).used(policy.exposure)
        self.group_used: Units = self.groups.sums(own)
        self._industry, self._region = _by_text(book.industry, own), _by_text(book.region, own)
        self.own_used = own
        self.contagion = expected_losses(network, book, self.scores, policy)
        self.dependence = largest_shares(network)
        self._by_root = {name: group for group, name in enumerate(self.groups.names)}
        self._limits: dict[str, Limit] = {}
        self._sums: dict[str, LimitSums] = {}
        self._lines: dict[str, tuple[Line, ...]] = {}
        self._drift: dict[int, Decimal] | None = None
        self._lock = threading.Lock()

    def position(self, party_id: str) -> int:
        """Position of a party.

        Raises:
            NotFoundError: it is not known as of the book's day.
        """
        return self.book.position(party_id)

    def limit_inputs(self, party_id: str, score: PartyScore | None = None) -> LimitInputs:
        """What the limit of a party is computed from."""
        party = self.position(party_id)
        contagion = self.contagion[party]
        return LimitInputs(
            party_id,
            score or self.scores.get(party_id),
            capacity_facts(self.book, party),
            self.cover.cover_of(party),
            None if np.isnan(contagion) else _share(contagion),
            _share(self.dependence[party]),
        )

    def limit(self, party_id: str, score: PartyScore | None = None) -> Limit:
        """The own limit of a party (kept, where the score says what the book's does: PD and grade are all that counts)."""
        own = self.scores.get(party_id)
        if score is not None and (own is None or (own.pd, own.grade) != (score.pd, score.grade)):
            return limit_from(self.limit_inputs(party_id, score), self.policy)
        kept = self._limits.get(party_id)
        if kept is None:
            kept = self._limits[party_id] = limit_from(self.limit_inputs(party_id), self.policy)
        return kept

    def limit_sums(self, party_id: str) -> Limit | LimitSums:
        """The figures of a party's own limit: quicker than all of it, for whoever asks about everybody."""
        kept = self._limits.get(party_id) or self._sums.get(party_id)
        if kept is None:
            kept = self._sums[party_id] = limit_sums(self.limit_inputs(party_id), self.policy)
        return kept

    def prepared(self, party_id: str) -> tuple[Line, ...]:
        """The lines of a party without claims, kept."""
        kept = self._lines.get(party_id)
        if kept is None:
            kept = self._lines[party_id] = self._prepare(party_id, self.limit(party_id))
        return kept

    def _prepare(self, party_id: str, limit: Limit) -> tuple[Line, ...]:
        party, policy = self.position(party_id), self.policy
        used = from_units(self.used[party])
        lines = [make_line("party", party_id, limit.amount, used, "limit of the party")]
        cap = policy.cap("group")
        for group in self.groups.groups_of(party_id):
            source, used_by_all = f"policy {policy.label} caps.group", from_units(self.group_used[group])
            path = self.groups.path(group, party_id)
            lines.append(make_line("group", self.groups.names[group], cap, used_by_all, source, path))
        lines += self._guarantor_lines(limit, used)
        for kind, code, totals in (
            ("industry", str(self.book.industry[party]), self._industry),
            ("region", str(self.book.region[party]), self._region),
        ):
            if code:
                lines.append(
                    make_line(
                        kind, code, policy.cap(kind), from_units(totals[code]), f"policy {policy.label} caps.{kind}"
                    )
                )
        return tuple(lines)

    def _guarantor_lines(self, limit: Limit, used: Decimal) -> list[Line]:
        """The cap on each guarantor whose cover the limit counts; each unit lent relies on it in proportion."""
        made, seen = [], set[str]()
        for part in limit.cover_parts:
            giver = part["giver"]
            if part["kind"] == "collateral" or giver in seen or giver not in self.book.index or giver == limit.party_id:
                continue
            seen.add(giver)
            here = sum((Decimal(p["counted"]) for p in limit.cover_parts if p["giver"] == giver), ZERO)
            if here <= 0 or limit.amount <= 0:
                continue
            share = min(here / limit.amount, Decimal(1)).quantize(SHARE, ROUND_UP)
            others = from_units(sum(self.cover.given.get(self.book.index[giver], {}).values()))
            elsewhere = max(others - here, ZERO) + (used * share).quantize(SHARE, ROUND_UP)
            text = Text(en=f"{giver} guarantees {limit.party_id}", zh=f"{giver} 为 {limit.party_id} 提供担保")
            source = f"policy {self.policy.label} caps.guarantor"
            made.append(make_line("guarantor", giver, self.policy.cap("guarantor"), elsewhere, source, (text,), share))
        return made

    def under_control_with(self, party_id: str) -> list[str]:
        """A party and all under common control with it, sorted."""
        spot = self.network.index.get(party_id)
        if spot is None:
            return [party_id]
        same = np.flatnonzero(self.groups.owner == self.groups.owner[spot])
        return [str(party) for party in self.network.ids[same]]

    def controller_of(self, party_id: str) -> str:
        """The one that stands for all under common control with a party: the first by id."""
        return self.under_control_with(party_id)[0]

    def debtor_line(self, debtor_id: str) -> Line:
        """The concentration cap on one debtor of financed receivables."""
        used = from_units(self.own_used[self.position(debtor_id)])
        return make_line(
            "debtor", debtor_id, self.policy.cap("debtor"), used, f"policy {self.policy.label} caps.debtor"
        )

    @property
    def settled(self) -> bool:
        """Whether all that headroom needs beside the current claims is in memory."""
        return self._drift is not None or not self.groups.names

    def drift(self, group: int) -> Decimal:
        """What members claimed before they belonged to the group; computed once."""
        if self._drift is None:
            with self._lock:
                if self._drift is None:
                    self._drift = self._drifts()
        return self._drift.get(group, ZERO)

    def drift_by_name(self, name: str) -> Decimal:
        """`drift` of the group with that root."""
        return self.drift(self._by_root[name])

    def _drifts(self) -> dict[int, Decimal]:
        claims: dict[str, Decimal] = {}
        for claim in self.store.every_claim():
            if claim.resource.startswith(("limit:party:", "limit:group:")):
                claims[claim.resource] = claims.get(claim.resource, ZERO) + claim.amount
        by_group: dict[int, Decimal] = {}
        for name, amount in claims.items():
            if name.startswith("limit:party:"):
                for group in self.groups.groups_of(name.removeprefix("limit:party:")):
                    by_group[group] = by_group.get(group, ZERO) + amount
        return {
            group: max(total - claims.get(resource("group", self.groups.names[group]), ZERO), ZERO)
            for group, total in by_group.items()
        }

    def headroom(
        self, party_id: str, *, limit: Limit | None = None, debtor_id: str | None = None, share: Decimal = Decimal(1)
    ) -> Headroom:
        """What may still be lent to a party, current claims included.

        Args:
            party_id: who bears the risk.
            limit: its limit where another than the book's is meant (a new score, more cover).
            debtor_id: debtor of the receivable financed, whose concentration cap counts, too.
            share: share of the party's own line that is open.
        """
        return self.room(party_id, limit=limit, debtor_id=debtor_id, share=share)[0]

    def room(
        self, party_id: str, *, limit: Limit | None = None, debtor_id: str | None = None, share: Decimal = Decimal(1)
    ) -> tuple[Headroom, Limit]:
        """Headroom and the limit it rests on; see `headroom`.

        Where a guarantor's cap binds below what there is without its cover, that cover is left out: having it never hurts.
        """
        whole = limit or self.limit(party_id)
        best = tried = self._at(party_id, limit, debtor_id, share)
        rests_on, out = whole, tuple[str, ...]()
        while tried.binding.kind == "guarantor":
            out = (*out, tried.binding.name)
            less = self.limit_without(whole, out)
            tried = self._at(party_id, less, debtor_id, share)
            if tried.available > best.available:
                best, rests_on = tried.model_copy(update={"left_out": out}), less
        return best, rests_on

    def limit_without(self, limit: Limit, givers: tuple[str, ...]) -> Limit:
        """A limit as if some gave no cover; cover offered in an application stays, but theirs."""
        party = self.position(limit.party_id)
        cover = self.cover.cover_of(party, without=frozenset(self.book.index[giver] for giver in givers))
        offered = [part for part in limit.cover_parts if part["source"] == OFFERED and part["giver"] not in givers]
        parts = [
            CoverPart(p["kind"], p["source"], p["giver"], Decimal(p["stated"]), Decimal(p["counted"])) for p in offered
        ]
        score = None
        if limit.grade is not None and limit.pd is not None:
            score = PartyScore(party_id=limit.party_id, pd=limit.pd, grade=limit.grade, model_id="")
        base = self.limit_inputs(limit.party_id)
        made = Cover((*cover.parts, *parts), cover.circular, cover.circle)
        return limit_from(replace(base, score=score, cover=made), self.policy)

    def _at(self, party_id: str, limit: Limit | None, debtor_id: str | None, share: Decimal) -> Headroom:
        kept = self._limits.get(party_id)
        lines = self.prepared(party_id) if limit is None or limit is kept else self._prepare(party_id, limit)
        if debtor_id is not None:
            lines = (*lines, self.debtor_line(debtor_id))
        claimed = self.store.claimed([line.resource for line in lines])
        current = []
        for line in lines:
            taken = claimed[line.resource]
            if line.kind == "group":
                taken += self.drift_by_name(line.name)
            cap = line.cap * share if line.kind == "party" and share != 1 else line.cap
            if taken or cap != line.cap:
                left = left_of(cap - line.used - taken, line.share)
                current.append(line.but(claimed=taken, cap=cap, available=left))
            else:
                current.append(line)
        binding = min(current, key=lambda line: line.available)
        blocks = tuple(overdrawn(line) for line in current if line.available < 0)
        return Headroom.model_construct(
            party_id=party_id,
            as_of=self.book.day,
            available=binding.available,
            binding=binding,
            lines=tuple(current),
            blocks=blocks,
        )


def _by_text(labels: Any, units: Units) -> dict[str, int]:
    names, inverse = np.unique(np.asarray(labels, dtype=object).astype(str), return_inverse=True)
    total = sum_by(inverse.astype(np.int64), units, len(names))
    return dict(zip(names.tolist(), total.tolist(), strict=True))


def _share(value: float) -> Decimal:
    return Decimal(f"{float(value):.6f}")


_KEPT: "OrderedDict[tuple[Any, ...], HeadroomBook]" = OrderedDict()
_LOCK = threading.RLock()
KEEP = 4


def headroom_book(
    store: CreditStore,
    policy: Policy,
    *,
    as_of: AsOf = None,
    network: Network | None = None,
    scores: Mapping[str, Any] | None = None,
) -> HeadroomBook:
    """The prepared book of a day; kept per store, day, version of the facts and policy.

    Args:
        scores: party -> score; the store's latest score records as of the day when absent.
    """
    day = as_of_moment(as_of).date()
    given = network is not None or scores is not None
    stamp = [(r.record_id, r.revision, r.at) for r in store.find_records("score", limit=1)]
    key = (id(store), as_of, day, store.version(), policy.label, hash(policy.model_dump_json()), str(stamp))
    with _LOCK:
        kept = None if given else _KEPT.get(key)
        if kept is not None and kept.store is store:
            _KEPT.move_to_end(key)
            return kept
        book = read_book(store, as_of, currency=policy.currency)
        if network is None or not np.array_equal(network.ids, book.ids):  # another day's network would misname parties
            network = build_network(store, as_of, currency=policy.currency)
        made = HeadroomBook(
            store,
            policy,
            book,
            network,
            scores_of(store, policy, as_of)
            if scores is None
            else {p: party_score(s, policy) for p, s in scores.items()},
        )
        if not given:
            _KEPT[key] = made
            while len(_KEPT) > KEEP:
                _KEPT.popitem(last=False)
    return made


def scores_of(store: CreditStore, policy: Policy, as_of: AsOf) -> dict[str, PartyScore]:
    """The latest recorded score of every party as of a moment."""
    return {
        party: party_score(record.body, policy) for party, record in store.latest_records("score", as_of=as_of).items()
    }


__all__ = ["SHARE", "Headroom", "HeadroomBook", "Line", "headroom_book", "overdrawn", "resource", "scores_of"]
