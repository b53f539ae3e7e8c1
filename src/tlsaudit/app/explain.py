"""The checks, as a list or one in full: what `tlsaudit explain` and the documentation show."""

from collections.abc import Iterator, Sequence

from tlsaudit.app.applicable import option_for
from tlsaudit.check import Check
from tlsaudit.check.profile import TAG
from tlsaudit.registry import Registry
from tlsaudit.report.text import plural

_OPT_IN = """\
## Only where asked for
This check is run where it is named: with `--select`, by an objective, or under `checks:` in targets.yaml."""


_PROFILE = """\
## Only where asked for
This profile is judged where it is named: with `--profile`, by an objective, or under `checks:` in targets.yaml."""


def explanation(name: str | None, registry: Registry) -> str:
    """The list, or what there is to say of one check, tier or guideline. Raises UnknownCheckError."""
    if name is None:
        return listing(registry)
    tiers = (
        [] if name in registry else [check for check in registry.values() if check.tier and name in check.tags - {TAG}]
    )
    return guideline(name, tiers) if tiers else page(registry[name]).rstrip()


def listing(registry: Registry) -> str:
    """One line a check: id, severity, title, and whether it takes more than to be installed. Then the profiles."""
    width = max((len(name) for name in registry), default=0)
    checks = [check for check in registry.values() if check.tier is None]
    tiers = [check for check in registry.values() if check.tier]
    return "\n".join(
        (
            *(
                f"{check.id:{width}}  {check.severity.label:8}  {check.title}{_only_where_asked(check)}"
                for check in checks
            ),
            "",
            "Published guidelines, each with --profile NAME:",
            *(f"{check.id:{width}}  {check.title}" for check in tiers),
        )
    )


def _only_where_asked(check: Check) -> str:
    if option := option_for(check):
        return f" (only with {option})"
    return " (only where asked for)" if check.opt_in else ""


def guideline(name: str, tiers: Sequence[Check]) -> str:
    """A published guideline as a whole: its tiers, and where to read on."""
    return "\n".join(
        (
            f"# {name}: {plural(len(tiers), 'tier')}",
            "",
            *(f"- {check.id}: {check.title}" for check in tiers),
            "",
            f"tlsaudit explain {tiers[0].id} has its rules; --profile {name} is all of them.",
        )
    )


def page(check: Check) -> str:
    """All there is to say of a check, in Markdown."""
    return "\n".join(_lines(check)).rstrip() + "\n"


def _lines(check: Check) -> Iterator[str]:
    yield f"# {check.id}: {check.title}"
    yield ""
    yield f"Severity {check.severity.label} · judged for each {check.subject_kind.value} · tags {_list(check.tags)}"
    yield ""
    yield check.documentation
    if check.opt_in:
        yield ""
        yield _PROFILE if check.tier else _OPT_IN
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
