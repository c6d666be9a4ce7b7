"""Roles and what each may do. A route names the permission it needs; this table says who has it."""

from dataclasses import dataclass, field
from enum import StrEnum


class Permission(StrEnum):
    """Something a route allows."""

    READ = "read"  # look at parties, networks, scores, limits
    ANALYSE = "analyse"  # stress, simulate, what-if, save views
    WRITE = "write"  # facts, applications, holds
    DECIDE = "decide"  # take decisions by the policy
    APPROVE = "approve"  # approve, override, release
    ADMINISTER = "administer"  # users, keys, policies, models, audit
    BULK = "bulk"  # bulk score and decide


ROLES: dict[str, frozenset[Permission]] = {
    "viewer": frozenset({Permission.READ}),
    "analyst": frozenset({Permission.READ, Permission.ANALYSE, Permission.WRITE, Permission.DECIDE, Permission.BULK}),
    "approver": frozenset({Permission.READ, Permission.ANALYSE, Permission.DECIDE, Permission.APPROVE}),
    "administrator": frozenset({Permission.READ, Permission.ANALYSE, Permission.ADMINISTER}),
    "system": frozenset({Permission.READ, Permission.ANALYSE, Permission.WRITE, Permission.DECIDE, Permission.BULK}),
}
"""An administrator runs the system and takes no credit decisions; an approver cannot enter what it approves."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks: a user or an API key.

    `portfolios` limits what it sees to parties whose attribute `portfolio` is among them; empty = all.
    """

    name: str
    role: str
    permissions: frozenset[Permission] = field(default_factory=frozenset)
    portfolios: frozenset[str] = frozenset()
    via: str = "password"

    def may(self, permission: Permission) -> bool:
        """Whether the principal has a permission."""
        return permission in self.permissions


LOCAL = Principal("local", "local", frozenset(Permission), via="loopback")
"""The only principal while GRAPHCREDIT_AUTH=local: everything is allowed, and only on the loopback address."""
