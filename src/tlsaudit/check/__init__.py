"""What a check is written with, and what runs it. Files in checks/ import this and tlsaudit.evidence, nothing else."""

from tlsaudit.check.definition import Check, CheckError, Option, PublishedTier, check
from tlsaudit.check.judge import Rule, judge_endpoint, judge_fleet, judge_link, judge_service
from tlsaudit.check.links import child_sas, concerns, declared, gaps, policies
from tlsaudit.check.outcome import (
    Fact,
    Finding,
    Outcome,
    Setting,
    Severity,
    Subject,
    SubjectKind,
    Verdict,
    failed,
    not_applicable,
    passed,
    unknown,
    worst,
)
from tlsaudit.check.sessions import forward_secrecy
from tlsaudit.check.subject import BySite, Fleet, Parent, Past
from tlsaudit.policy import (
    IssuerDomains,
    PreloadList,
    PublicSuffixes,
    ReferenceClient,
    ReferenceClients,
    Session,
    negotiate,
)

__all__ = [
    "BySite",
    "Check",
    "CheckError",
    "Fact",
    "Finding",
    "Fleet",
    "IssuerDomains",
    "Option",
    "Outcome",
    "Parent",
    "Past",
    "PreloadList",
    "PublicSuffixes",
    "PublishedTier",
    "ReferenceClient",
    "ReferenceClients",
    "Rule",
    "Session",
    "Setting",
    "Severity",
    "Subject",
    "SubjectKind",
    "Verdict",
    "check",
    "child_sas",
    "concerns",
    "declared",
    "failed",
    "forward_secrecy",
    "gaps",
    "judge_endpoint",
    "judge_fleet",
    "judge_link",
    "judge_service",
    "negotiate",
    "not_applicable",
    "passed",
    "policies",
    "unknown",
    "worst",
]
