"""The audit log: who saw and did what, append-only and tamper-evident, kept in the store."""

from graphcredit.audit.chain import GENESIS, Verdict, entry_hash, verify_chain
from graphcredit.audit.log import AuditLog, read_audit, verify_audit
from graphcredit.audit.trail import AuditTrail

__all__ = ["GENESIS", "AuditLog", "AuditTrail", "Verdict", "entry_hash", "read_audit", "verify_audit", "verify_chain"]
