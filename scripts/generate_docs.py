"""Write the pages that are generated: docs/cli.md from the commands' help, docs/checks/ from the checks' docstrings,
docs/clients.md from the data of the reference clients, docs/profiles.md from those of the published guidelines.
"""

from collections.abc import Iterator
from pathlib import Path

import click

from tlsaudit.app.explain import page
from tlsaudit.cli import cli
from tlsaudit.evidence import group_name
from tlsaudit.policy import ReferenceClient, reference_clients
from tlsaudit.policy.profile import Profile, profiles
from tlsaudit.registry import Registry

ROOT = Path(__file__).resolve().parent.parent

_CLIENTS = """\
# The reference clients

Generated from src/tlsaudit/policy/clients.json, which has each hello in full; scripts/capture_client_hello.py adds one.

What each of these {count} clients would get from a server is predicted by pfs-clients, and seen by pfs-clients-replayed
with `--clients`. The prediction does not look at the keys of certificates: a client that cannot verify the only one is
turned away, which the replay shows.

Where the origin is utls, curl_cffi or tls-client, the hello is that library's imitation of the client. Clients whose
hello could neither be captured nor be taken from a published source are left out, and so are those that do not send the
server's name. Groups that a client sends a key share for are bold.

| client | TLS | suites | groups | where its hello comes from |
|---|---|---|---|---|
"""


_PROFILES = """\
# Published guidelines

Generated from src/tlsaudit/policy/profiles/, which has the data of each with its source.

A profile holds everything against a guideline that somebody else published, rule by rule, and says whether it is
reached: a verdict beside those of the other checks, which stand on their own.

    tlsaudit scan --profile mozilla-intermediate www.example.org
    tlsaudit explain mozilla-intermediate

Each tier of a guideline is a check that is run where it is named: with `--profile NAME` (a tier, or the guideline for
all of its tiers; repeatable; `--select` and `--ignore` stay as they are), under `checks:` in targets.yaml, or by an
objective, so that goals, waivers, the history and every report know it:

    objectives:
      mozilla: {{checks: [mozilla-intermediate], milestones: {{2027-06-30: 100%}}}}

One rule that is not met is enough to miss a tier; else one that could not be judged makes it unknown; what does not
apply is left out. Rules that the guideline only recommends are told and do not count, and neither does a rule before
the day from which on it holds: it is announced. There is no grade. The facts of a finding have each gap with what was
found, what to do, ready lines for nginx, Apache and HAProxy, and where in the guideline the rule stands; and everything
that is served by the best tier that allows it, which `scan -v` shows.

| profile | guideline | published | tiers, best first |
|---|---|---|---|
{rows}

## A guideline of your own

`--profile FILE.yaml` takes one on the command line. Nothing in it is ever run; what is wrong with it is told with its
line. The files that come with tlsaudit are examples of all there is; the smallest:

    profile: house
    title: House rules
    publisher: The security team
    version: "1"
    url: https://www.example.org/rules
    tiers:
      good: {{id: house-good, title: what we ask of every service}}
    rules:
      - id: versions
        kind: versions
        source: page 1
        allowed: [TLS 1.2, TLS 1.3]
      - id: hsts
        kind: hsts
        source: page 2
        from: 2027-01-01
        seconds: 31536000

`from` is the day, UTC, from which on a rule holds, and `level: recommended` a rule that does not count. Where there
are several tiers, `tiers: [good]` is a rule for these alone, and a value can be given for each: of a list by tier, a
tier allows what is listed for it and for all better ones.

## M-15-13 and BOD 18-01 over data of others

The two are also a function over plain fields, for hosts that somebody else has looked at. It judges by the same rules;
what is not known is unknown, and never compliant:

    import csv
    from tlsaudit.policy import federal_fields, federal_verdict

    with open("hosts.csv", newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            assessment = federal_verdict("bod-18-01", federal_fields(row))
            print(row["Domain"], assessment.standing, *(rule.id for rule, _ in assessment.gaps))

`federal_fields` reads the columns that cisagov/dotgov-data publishes for each host; `HostFields` takes those of other
sources. Held against its data of 2020-06-08, 15,613 hosts, 15,359 verdicts are the published ones: 12,534 compliant and
2,825 not. The other 254 were published as compliant and are unknown here: of 250 hosts it has nothing on SSL, RC4 and
3DES, and of 4 nothing on RC4 and 3DES. No verdict contradicts a published one.
"""


def pages() -> dict[Path, str]:
    """Every generated page by its path below docs/."""
    checks = Registry.load()
    index = ["# The checks", "", "Generated from the files in checks/; `tlsaudit explain ID` shows the same.", ""]
    index += [f"- [{check.id}]({check.id}.md): {check.title}" for check in checks.values()]
    return {
        Path("cli.md"): "\n".join(_cli()),
        Path("clients.md"): "\n".join(_clients()) + "\n",
        Path("profiles.md"): _PROFILES.format(rows="\n".join(map(_profile, profiles()))),
        Path("checks/README.md"): "\n".join(index) + "\n",
        **{Path(f"checks/{check.id}.md"): page(check) for check in checks.values()},
    }


def _cli() -> Iterator[str]:
    yield "# The command line"
    yield ""
    yield "Generated from the commands' own help."
    yield from _command(cli, "tlsaudit", None)


def _clients() -> Iterator[str]:
    clients = reference_clients()
    yield from _CLIENTS.format(count=len(clients)).splitlines()
    for client in clients:
        versions = " ".join(version.label.removeprefix("TLS ") for version in client.versions)
        yield f"| {client.name} | {versions} | {len(client.suites)} | {_groups(client)} | {client.origin} |"


def _groups(client: ReferenceClient) -> str:
    named = {group: group_name(group) for group in client.groups or ()}
    listed = [f"**{name}**" if group in client.shares else name for group, name in named.items()]
    more = f", and {len(listed) - 6} more" if len(listed) > 6 else ""
    return ", ".join(listed[:6]) + more


def _profile(profile: Profile) -> str:
    tiers = ", ".join(f"[{tier.id}](checks/{tier.id}.md)" for tier in profile.tiers)
    dated = profile.published or "-"
    return f"| `{profile.id}` | [{profile.title}]({profile.url}), version {profile.version} | {dated} | {tiers} |"


def _command(command: click.Command, path: str, parent: click.Context | None) -> Iterator[str]:
    name = path.rpartition(" ")[2]
    context = click.Context(
        command, info_name=name, parent=parent, terminal_width=100, help_option_names=["-h", "--help"]
    )
    yield f"\n## {path}\n"
    yield "```text"
    yield command.get_help(context)
    yield "```"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            yield from _command(command.commands[name], f"{path} {name}", context)


def write(folder: Path) -> None:
    """Write the pages below a folder, and remove the pages of checks that are no more."""
    wanted = pages()
    for name, text in wanted.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    for file in (folder / "checks").glob("*.md"):
        if file.relative_to(folder) not in wanted:
            file.unlink()


if __name__ == "__main__":
    write(ROOT / "docs")
