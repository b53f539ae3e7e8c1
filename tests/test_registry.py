"""Finding, selecting and setting checks; a third party's check from a folder and from an installed package."""

import subprocess
import sys
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from tlsaudit.registry import Registry, RegistryError, Selection, UnknownCheckError, digest, rule, sources

FIXED_IDS = {
    "pfs-suites",
    "pfs-clients",
    "tls-versions",
    "hsts-max-age",
    "redirect-https",
    "canonical-https",
    "certificate-trust",
    "certificate-name",
    "certificate-validity",
}

OWN_CHECK = '''"""No TLS 1.2 either.

## Rationale
House rule.

## Remediation
- nginx: `ssl_protocols TLSv1.3;`
"""

from collections.abc import Iterator
from datetime import timedelta

from tlsaudit.check import Severity, Verdict, check, failed, passed
from tlsaudit.evidence import TlsOffer, TlsVersion


@check(title="Only TLS 1.3", severity=Severity.LOW, tags={"house"})
def only_tls13(tls: TlsOffer, *, grace: timedelta = timedelta(days=1), strict: bool = False) -> Iterator[Verdict]:
    old = [offer for offer in tls.versions if offer.version < TlsVersion.TLS1_3]
    yield failed("TLS 1.2 or older is served") if old else passed("only TLS 1.3")
'''


def _folder(tmp_path: Path, **files: str) -> Path:
    for name, text in files.items():
        (tmp_path / f"{name}.py").write_text(text, "utf-8")
    return tmp_path


def test_the_fixed_ids_are_installed() -> None:
    assert set(Registry.load()) >= FIXED_IDS | {"site-parity"}


@pytest.mark.parametrize("name", sorted(FIXED_IDS | {"site-parity"}))
def test_every_check_says_why_and_what_to_do(name: str) -> None:
    check = Registry.load()[name]
    assert check.summary.endswith(".")
    assert check.section("Rationale")
    assert check.section("Remediation")
    assert check.tags
    assert check.settings


def test_a_check_from_a_folder(tmp_path: Path) -> None:
    check = Registry.load([_folder(tmp_path, only_tls13=OWN_CHECK)])["only-tls13"]
    assert check.title == "Only TLS 1.3"
    assert check.fixes == {"nginx": "ssl_protocols TLSv1.3;"}
    assert len(digest(check)) == 12


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("hsts-max-age", ["hsts_max_age.py"]),
        ("keys-shared", ["keys_shared.py", "sharing.py"]),
        ("site-parity", ["site_parity.py", "parity.py"]),
        ("vantage-parity", ["vantage_parity.py", "parity.py"]),
        ("ipsec-coverage", ["ipsec_coverage.py", "links.py"]),
        ("pfs-clients", ["pfs_clients.py", "sessions.py", "negotiate.py"]),
    ],
)
def test_a_rule_is_another_where_what_several_checks_judge_by_is(name: str, files: list[str]) -> None:
    assert [file.name for file in sources(Registry.load()[name])] == files


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"tls_versions": OWN_CHECK.replace("only_tls13", "tls_versions")}, "two checks are called tls-versions"),
        ({"broken": "def ("}, "broken.py: SyntaxError"),
        ({"empty": ""}, "no @check function called empty"),
        ({"only_tls13": OWN_CHECK.split('"""')[2]}, "docstring is missing"),
        ({"renamed": OWN_CHECK}, "renamed.py"),
        ({"exits": "raise SystemError('no')"}, "exits.py: SystemError: no"),
        ({"leaves": "raise SystemExit"}, "leaves.py: SystemExit: "),
    ],
)
def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path, files: dict[str, str], message: str) -> None:
    with pytest.raises(RegistryError, match=message):
        Registry.load([_folder(tmp_path, **files)])


def test_a_folder_that_does_not_exist() -> None:
    with pytest.raises(RegistryError, match="no such folder"):
        Registry.load([Path("no-such-folder")])


def test_select_and_ignore_by_id_and_tag() -> None:
    registry = Registry.load()
    assert [check.id for check in registry.select(["hsts"])] == ["hsts-max-age", "site-parity"]
    assert [check.id for check in registry.select(["hsts", "tls-versions"], ["site-parity"])] == [
        "hsts-max-age",
        "tls-versions",
    ]
    assert [check.id for check in registry.select(["preload"])] == ["hsts-preload-eligible", "hsts-preloaded"]


def test_what_is_opt_in_is_selected_only_by_name() -> None:
    registry = Registry.load()
    profiles = {check.id for check in registry.select(["profile"])}
    opt_in = {name for name, check in registry.items() if check.opt_in}
    others = opt_in - {"hsts-preload-eligible"}
    assert profiles < opt_in
    assert {check.id for check in registry.select()} == set(registry) - opt_in
    asked = ["hsts-preload-eligible", "tls-versions", "not-installed"]
    assert {check.id for check in registry.select(asked=asked)} == set(registry) - others
    assert {check.id for check in registry.select(ignore=["preload"], asked=asked)} == set(registry) - others - {
        "hsts-preload-eligible",
        "hsts-preloaded",
    }
    assert [check.id for check in registry.select(["tls-versions"], asked=asked)] == ["tls-versions"]
    assert [check.id for check in registry.select(["hsts-preload-eligible"])] == ["hsts-preload-eligible"]


def test_a_profile_is_asked_for_beside_the_others_by_tier_or_as_a_whole() -> None:
    registry = Registry.load()
    every = {check.id for check in registry.select()}
    of = partial(Selection.of, registry, (), ())
    assert {check.id for check in of(("m-15-13",)).checks()} == every | {"m-15-13"}
    assert {check.id for check in of(("mozilla",)).checks()} == every | {"mozilla-modern", "mozilla-intermediate"}
    only = Selection.of(registry, ("tls-versions",), (), ("m-15-13",))
    assert [check.id for check in only.checks()] == ["m-15-13", "tls-versions"]
    assert only.named == {"m-15-13", "tls-versions"}
    with pytest.raises(RegistryError, match="no profile is called mozila-modern: did you mean mozilla-modern"):
        of(("mozila-modern",))


@pytest.mark.parametrize(
    ("name", "suggestion"), [("pfs-suits", "pfs-suites"), ("redirect-http", "redirect-https"), ("qqqqq", None)]
)
def test_an_unknown_check_comes_with_the_nearest(name: str, suggestion: str | None) -> None:
    with pytest.raises(UnknownCheckError) as raised:
        Registry.load().select([name])
    assert raised.value.suggestion == suggestion


def test_options_are_read_as_written_in_targets_yaml(tmp_path: Path) -> None:
    check = Registry.load([_folder(tmp_path, only_tls13=OWN_CHECK)])["only-tls13"]
    assert rule(check, {}).options == {"grace": timedelta(days=1), "strict": False}
    assert rule(check, {"grace": "12h", "strict": True}).options == {"grace": timedelta(hours=12), "strict": True}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"grace": "soon"}, "only-tls13, option grace: 'soon': .*soon.* is no duration: write 7d, 12h or 30m"),
        ({"grace": 12}, "12 is no duration"),
        ({"strict": "perhaps"}, "option strict: 'perhaps'"),
        ({"max": 1}, "only-tls13 has no option max: it has grace, strict"),
    ],
)
def test_a_bad_option_is_one_line(tmp_path: Path, settings: dict[str, object], message: str) -> None:
    check = Registry.load([_folder(tmp_path, only_tls13=OWN_CHECK)])["only-tls13"]
    with pytest.raises(RegistryError, match=message) as raised:
        rule(check, settings)
    assert "\n" not in str(raised.value)


def test_a_check_from_an_installed_package(tmp_path: Path) -> None:
    """A third party's package, installed with pip into a folder of its own, adds a check by its entry point."""
    source = tmp_path / "source"
    source.mkdir()
    _folder(source, only_tls13=OWN_CHECK)
    (source / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
        '[project]\nname = "house-rules"\nversion = "1.0"\n'
        '[project.entry-points."tlsaudit.checks"]\nonly_tls13 = "only_tls13"\n'
        '[tool.setuptools]\npy-modules = ["only_tls13"]\n',
        "utf-8",
    )
    installed = tmp_path / "installed"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*pip, "--target", installed, source], check=True, capture_output=True, timeout=120)
    listed = subprocess.run(
        [sys.executable, "-c", "from tlsaudit.registry import Registry; print(*Registry.load())"],
        env={"PYTHONPATH": str(installed)},
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "only-tls13" in listed.stdout.split()
