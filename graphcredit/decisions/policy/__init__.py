"""The policy as data: model, loading, comparing, versions in force."""

from graphcredit.decisions.policy.adopt import adopt_policy, policy_in_force
from graphcredit.decisions.policy.diff import Change, diff_policies
from graphcredit.decisions.policy.load import check_policy, default_policy, load_policy
from graphcredit.decisions.policy.model import Policy, ProductRule

__all__ = [
    "Change",
    "Policy",
    "ProductRule",
    "adopt_policy",
    "check_policy",
    "default_policy",
    "diff_policies",
    "load_policy",
    "policy_in_force",
]
