"""Roles and what each may do. A route names the permission it needs; this table says who has it."""

from dataclasses import dataclass, field
from enum import StrEnum

from graphcredit.exc import ForbiddenError


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
ROLES_ZH = {
    "viewer": "查看者",
    "analyst": "分析员",
    "approver": "审批人",
    "administrator": "管理员",
    "system": "系统接口",
}
ACTS: dict[Permission, tuple[str, str]] = {
    Permission.READ: ("look at the book", "查看数据"),
    Permission.ANALYSE: ("analyse (stress tests, what-if, saved views)", "进行分析（压力测试、试算、保存视图）"),
    Permission.WRITE: ("enter facts (parties, trades, collection steps)", "录入数据（主体、交易、催收步骤）"),
    Permission.DECIDE: ("take decisions", "作出决策"),
    Permission.APPROVE: ("approve or override decisions", "审批或推翻决策"),
    Permission.ADMINISTER: ("run the system (users, policies, models, audit)", "管理系统（用户、政策、模型、审计）"),
    Permission.BULK: ("score or decide in bulk", "批量评分或决策"),
}
"""What a permission is for, in English and Chinese."""


def refusal(role: str, permission: Permission) -> ForbiddenError:
    """The error of a role without a permission: what it is for, and which people's roles have it."""
    those = [name for name, given in ROLES.items() if permission in given and name != "system"]
    return ForbiddenError(
        f"the role {role} may not {ACTS[permission][0]}",
        remedy=f"roles that may: {', '.join(those)}; ask an administrator for another role",
        needs=permission,
    )


def refusal_zh(role: str, act: str) -> str | None:
    """The message of `refusal` in Chinese; None for an act that is not among those."""
    acts = dict(ACTS.values())
    return f"角色“{ROLES_ZH.get(role, role)}”不能{acts[act]}" if act in acts else None


def remedy_zh(roles: str) -> str:
    """The remedy of `refusal` in Chinese."""
    return (
        f"具有该权限的角色：{'、'.join(ROLES_ZH.get(name, name) for name in roles.split(', '))}；请联系管理员调整角色"
    )


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
