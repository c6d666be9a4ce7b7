"""Headroom: the least of what party, connected groups, guarantors and concentration caps leave, naming the one that binds.

A `HeadroomBook` is prepared once per day and version of the facts: capacities, what facts use, groups, cover. What decisions
have claimed since is read from the store's claims in one query, so that an answer is always current.
"""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from datetime import date
from decimal import ROUND_UP, Decimal
from typing import Any

import numpy as np

from graphcredit.decisions.amounts import ZERO, Units, amount_text, cents_down, from_units, plain, sum_by
from graphcredit.decisions.cover import CoverIndex
from graphcredit.decisions.groups import ClientGroups, client_groups
from graphcredit.decisions.limits import Limit, LimitInputs, PartyScore, capacity_facts, limit_from, party_score
from graphcredit.decisions.policy.model import Policy
from graphcredit.decisions.positions import Book, read_book
from graphcredit.decisions.texts import Frozen, Reason, Text, Weight, figure, reason
from graphcredit.decisions.vulnerability import expected_losses, largest_shares
from graphcredit.model.asof import as_of_moment
from graphcredit.network import Network, build_network
from graphcredit.store import AsOf, CreditStore

SHARE, ONE = Decimal("0.0001"), Decimal(1)
KINDS = ("party", "group", "guarantor", "industry", "region", "debtor")


class Line(Frozen):
    """One cap: what it allows, what facts and decisions use, what is left (negative = overdrawn)."""

    kind: str
    name: str
    cap: Decimal
    used: Decimal
    claimed: Decimal
    available: Decimal
    share: Decimal = Decimal(1)  # part of each unit lent that counts here
    path: tuple[Text, ...] = ()
    source: str

    @property
    def resource(self) -> str:
        """The scarce thing that decisions claim."""
        return resource(self.kind, self.name)


class Headroom(Frozen):
    """What may still be lent to a party; `binding` is the line with the least left."""

    party_id: str
    as_of: date
    available: Decimal
    binding: Line
    lines: tuple[Line, ...]
    blocks: tuple[Reason, ...]

    def to_json(self) -> dict[str, Any]:
        """JSON-able, decimals as text."""
        return dict(plain(self.model_dump()))


def resource(kind: str, name: str) -> str:
    """Name of the resource on which decisions claim."""
    return f"limit:{kind}:{name}"


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
        self.groups: ClientGroups = client_groups(
            network,
            book.equity,
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
        """The own limit of a party (kept, where the book's score is meant)."""
        if score is not None and score != self.scores.get(party_id):
            return limit_from(self.limit_inputs(party_id, score), self.policy)
        kept = self._limits.get(party_id)
        if kept is None:
            kept = self._limits[party_id] = limit_from(self.limit_inputs(party_id), self.policy)
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
        lines = [_line("party", party_id, limit.amount, used, "limit of the party")]
        cap = policy.cap("group")
        for group in self.groups.groups_of(party_id):
            source, used_by_all = f"policy {policy.label} caps.group", from_units(self.group_used[group])
            path = self.groups.path(group, party_id)
            lines.append(_line("group", self.groups.names[group], cap, used_by_all, source, path))
        lines += self._guarantor_lines(limit, used)
        for kind, code, totals in (
            ("industry", str(self.book.industry[party]), self._industry),
            ("region", str(self.book.region[party]), self._region),
        ):
            if code:
                lines.append(
                    _line(kind, code, policy.cap(kind), from_units(totals[code]), f"policy {policy.label} caps.{kind}")
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
            made.append(_line("guarantor", giver, self.policy.cap("guarantor"), elsewhere, source, (text,), share))
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
        return _line("debtor", debtor_id, self.policy.cap("debtor"), used, f"policy {self.policy.label} caps.debtor")

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
                left = _left(cap - line.used - taken, line.share)
                current.append(line.model_copy(update={"claimed": taken, "cap": cap, "available": left}))
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


def _line(
    kind: str, name: str, cap: Decimal, used: Decimal, source: str, path: tuple[Text, ...] = (), share: Decimal = ONE
) -> Line:
    return Line(
        kind=kind,
        name=name,
        cap=cap,
        used=used,
        claimed=ZERO,
        available=_left(cap - used, share),
        share=share,
        path=path,
        source=source,
    )


def _left(room: Decimal, share: Decimal) -> Decimal:
    """What may be lent when `share` of each unit counts against the room."""
    return room if share == 1 else cents_down(room / share)


def overdrawn(line: Line) -> Reason:
    """The block that a line with less than nothing left is."""
    words = {
        "party": "额度",
        "group": "关联客户组额度",
        "guarantor": "担保人额度",
        "industry": "行业集中度",
        "region": "区域集中度",
        "debtor": "买方集中度",
    }
    over = amount_text(-line.available)
    return reason(
        f"over_{line.kind}_limit",
        Weight.BLOCK,
        f"the {line.kind} limit of {line.name} is overdrawn by {over}",
        f"{line.name} 的{words[line.kind]}已超用 {over}",
        figure("cap", line.cap, line.source),
        figure("used", line.used + line.claimed, "facts and decisions"),
        path=(step.en for step in line.path),
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
