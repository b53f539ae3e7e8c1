"""The checks, as a list or one in full: what `tlsaudit explain` and the documentation show."""

from collections.abc import Iterator

from tlsaudit.check import Check
from tlsaudit.registry import Registry


def listing(registry: Registry) -> str:
    """One line a check: id, severity, title."""
    width = max((len(name) for name in registry), default=0)
    return "\n".join(f"{check.id:{width}}  {check.severity.label:8}  {check.title}" for check in registry.values())


def page(check: Check) -> str:
    """All there is to say of a check, in Markdown."""
    return "\n".join(_lines(check)).rstrip() + "\n"


def _lines(check: Check) -> Iterator[str]:
    yield f"# {check.id}: {check.title}"
    yield ""
    yield f"Severity {check.severity.label} · judged for each {check.subject_kind.value} · tags {_list(check.tags)}"
    yield ""
    yield check.documentation
    if check.options:
        yield ""
        yield "## Options"
        yield ""
        yield f"In targets.yaml: `checks: {{{check.id}: {{OPTION: VALUE}}}}`."
        yield ""
        for option in check.options.values():
            yield f"- `{option.name}`, {option.default} unless set"
    if check.references:
        yield ""
        yield "## References"
        yield ""
        for reference in check.references:
            yield f"- {reference}"


def _list(names: frozenset[str]) -> str:
    return ", ".join(sorted(names)) or "none"
