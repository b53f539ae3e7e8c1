"""The document, in one pass over the findings: what is kept of each is the identifier of its observation.

An objective is satisfied where its check passes wherever it applies. Where nothing fails but something is unknown OSCAL
has no state of its own: then it is not satisfied for the reason `other`, which is neither pass nor fail.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TextIO

from tlsaudit.report.document import FindingRecord, SubjectRecord
from tlsaudit.report.json import encoded
from tlsaudit.report.oscal.parts import (
    OPERATIONAL,
    Item,
    deadlines,
    end_of,
    facts,
    identifier,
    inventory_item,
    members,
    objective,
    props,
    prose,
    text,
    token,
    write_list,
)
from tlsaudit.report.renderer import Options
from tlsaudit.report.rollup import counts_of
from tlsaudit.report.text import outcomes, place
from tlsaudit.report.view import AuditView, standing

VERSION = "1.1.3"

_COMPONENTS = {"service": "service", "link": "interconnection", "fleet": "this-system"}
_NO_PLAN = "There is no OSCAL assessment plan: a targets file or a command line said what to assess."
_NO_CATALOGUE = "Controls of no catalogue: the checks of this tool, each with an objective of its own."


def render(view: AuditView, out: TextIO, options: Options) -> None:  # noqa: ARG001 every renderer has the same parameters
    audit = _Audit(view)
    out.write(f'{{"assessment-results": {{{members(audit.document())},\n"results": [{{{members(audit.result())}')
    write_list(out, "observations", audit.observations())
    write_list(out, "risks", audit.risks())
    write_list(out, "findings", audit.findings())
    out.write(f',\n"reviewed-controls": {encoded(audit.reviewed())},\n"local-definitions": {{{members(audit.assets())}')
    write_list(out, "inventory-items", audit.inventory())
    write_list(out, "components", audit.components())
    out.write("}}]}}\n")


@dataclass
class _Objective:
    """How many subjects of a check stand how, and the observations of them; of its failures by the waiver's reason,
    None without one."""

    title: str
    counts: Counter[str] = field(default_factory=Counter)
    observed: list[str] = field(default_factory=list)
    failed: dict[str | None, list[str]] = field(default_factory=lambda: defaultdict(list))


class _Audit:
    """The parts of the document. Risks, findings and components are those of what was observed before."""

    def __init__(self, view: AuditView) -> None:
        self._view, self._header = view, view.header
        self._ended = self._header.finished_at or self._header.started_at
        self._checks = {item.id: item for item in self._header.checks}
        self._objectives = {item.id: _Objective(item.title) for item in self._header.checks}
        self._components: dict[tuple[str, str], str] = {}
        self._deadlines = dict(deadlines(view))

    def _named(self, *parts: str | None) -> str:
        return identifier(self._header.started_at.isoformat(), self._header.vantage, *parts)

    def document(self) -> Item:
        plan = self._named("plan")
        objectives = [objective(check) for check in self._header.checks]
        return {
            "uuid": identifier(encoded(self._header)),
            "metadata": {
                "title": "Encryption audit", "last-modified": self._ended, "version": self._ended.isoformat(),
                "oscal-version": VERSION,
            },
            "import-ap": {"href": f"#{plan}", "remarks": _NO_PLAN},
            "back-matter": {"resources": [{"uuid": plan, "title": "No assessment plan", "description": _NO_PLAN}]},
            **({"local-definitions": {"objectives-and-methods": objectives}} if objectives else {}),
        }  # fmt: skip

    def result(self) -> Item:
        return {
            "uuid": self._named("result"), "title": "What the checks found",
            "description": f"{outcomes(self._header.summary.findings)}, seen from {text(self._header.vantage)}.",
            "start": self._header.started_at, "end": self._ended,
            "props": props(tool_version=self._header.tool.version, vantage=self._header.vantage),
        }  # fmt: skip

    def observations(self) -> Iterator[Item]:
        for finding in self._view.findings():
            of = self._objectives.setdefault(finding.check, _Objective(finding.check))
            of.counts[standing(finding)] += 1
            if finding.outcome != "not_applicable":
                uuid = self._named(finding.check, finding.subject.kind, finding.subject.id)
                of.observed.append(uuid)
                if finding.outcome == "fail":
                    of.failed[finding.waiver].append(uuid)
                yield self._observation(uuid, finding)

    def _observation(self, uuid: str, finding: FindingRecord) -> Item:
        return {
            "uuid": uuid, "title": text(f"{finding.check}: {place(finding.subject.id)}"),
            "description": text("; ".join([finding.message, *finding.also])),
            "props": props(
                check=finding.check, outcome=finding.outcome, severity=finding.severity, address=finding.address,
                waiver=finding.waiver,
            ),
            "methods": ["TEST"], "types": ["control-objective"], "subjects": [self._subject(finding.subject)],
            **(facts(finding.facts) if finding.outcome != "pass" else {}),
            "collected": self._ended,
        }  # fmt: skip

    def _subject(self, subject: SubjectRecord) -> Item:
        uuid = identifier(subject.kind, subject.id)
        if subject.kind != "endpoint":
            self._components[subject.kind, subject.id] = uuid
        kind = "inventory-item" if subject.kind == "endpoint" else "component"
        return {"subject-uuid": uuid, "type": kind, "title": text(subject.id)}

    def risks(self) -> Iterator[Item]:
        for name, of in self._objectives.items():
            for reason, observed in of.failed.items():
                yield self._risk(name, of.title, reason, observed)

    def _risk(self, name: str, title: str, reason: str | None, observed: list[str]) -> Item:
        check = self._checks.get(name)
        expiries = [item.expires for item in self._header.waivers if (item.check, item.reason) == (name, reason)]
        until = self._deadlines.get(name) if reason is None else max(expiries, default=None)
        advice = {
            "uuid": self._named("remediation", name, reason), "lifecycle": "recommendation", "title": "How to fix it",
            "description": prose(check.remediation),
        } if check else None  # fmt: skip
        return {
            "uuid": self._named("risk", name, reason), "title": text(title),
            "description": f"Seen {len(observed)} times." + ("" if reason is None else f" Excused: {text(reason)}"),
            "statement": prose(check.rationale) if check else "-",
            "status": "open" if reason is None else "deviation-approved",
            **({"deadline": end_of(until)} if until else {}),
            **({"remediations": [advice]} if advice else {}),
            "related-observations": [{"observation-uuid": each} for each in observed],
        }  # fmt: skip

    def findings(self) -> Iterator[Item]:
        for name, of in self._objectives.items():
            if of.observed:
                yield self._finding(name, of)

    def _finding(self, name: str, of: _Objective) -> Item:
        reason = "fail" if of.failed else "other" if of.counts["unknown"] else "pass"
        counts = counts_of(of.counts)
        numbers = {key: str(number) for key, number in counts.model_dump(by_alias=True).items()}
        risks = [{"risk-uuid": self._named("risk", name, waiver)} for waiver in of.failed]
        state = "satisfied" if reason == "pass" else "not-satisfied"
        return {
            "uuid": self._named("finding", name), "title": text(of.title), "description": f"{outcomes(counts)}.",
            "props": props(outcome="unknown" if reason == "other" else reason, **numbers),
            "target": {
                "type": "objective-id", "target-id": token(name), "status": {"state": state, "reason": reason}
            },
            "related-observations": [{"observation-uuid": each} for each in of.observed],
            **({"related-risks": risks} if risks else {}),
        }  # fmt: skip

    def reviewed(self) -> Item:
        controls = [{"control-id": token(name)} for name in self._objectives]
        selection: Item = {"include-controls": controls} if controls else {"include-all": {}}
        return {"control-selections": [{"description": _NO_CATALOGUE, **selection}]}

    def assets(self) -> Item:
        tool = identifier("tool", self._header.tool.name)
        software = {"uuid": tool, "type": "software", "title": "tlsaudit", "description": "The auditor."}
        platform = {"uuid": self._named("platform"), "title": text(self._header.vantage)}
        return {
            "assessment-assets": {
                "components": [{**software, "status": OPERATIONAL}],
                "assessment-platforms": [{**platform, "uses-components": [{"component-uuid": tool}]}],
            }
        }

    def inventory(self) -> Iterator[Item]:
        for endpoint in self._view.endpoints():
            item = inventory_item(endpoint)
            if endpoint.service:
                part = self._subject(SubjectRecord(kind="service", id=endpoint.service))
                item["implemented-components"] = [{"component-uuid": part["subject-uuid"]}]
            yield item

    def components(self) -> Iterator[Item]:
        for (kind, name), uuid in self._components.items():
            described = {"title": text(name), "description": f"The {kind} {text(name)}.", "status": OPERATIONAL}
            yield {"uuid": uuid, "type": _COMPONENTS[kind], **described}
