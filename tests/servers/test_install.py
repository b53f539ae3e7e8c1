"""The script that installs what the tests run, in a pretended system: it must not touch the real one."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "install-test-servers"
PACKAGES = {
    "nginx": "nginx-light",
    "/usr/lib/nginx/modules/ngx_stream_module.so": "libnginx-mod-stream",
    "apache2": "apache2",
    "haproxy": "haproxy",
    "openssl": "openssl",
    "curl": "curl",
    "sslscan": "sslscan",
    "setpriv": "util-linux",
    "ip": "iproute2",
    "gnutls-serv": "gnutls-bin",
    "selfserv": "libnss3-tools",
    "lighttpd": "lighttpd",
    "/usr/lib/lighttpd/mod_gnutls.so": "lighttpd-mod-gnutls",
    "/usr/lib/lighttpd/mod_mbedtls.so": "lighttpd-mod-mbedtls",
    "/usr/lib/lighttpd/mod_nss.so": "lighttpd-mod-nss",
    "javac": "openjdk-17-jdk-headless",
    "caddy": "caddy",
    "gtlsclient": "ngtcp2-client",
    "gtlsserver": "ngtcp2-server",
    "nmap": "nmap",
    "tinyproxy": "tinyproxy",
    "microsocks": "microsocks",
    "postfix": "postfix",
    "/usr/share/doc/libsasl2-modules/copyright": "libsasl2-modules",
    "/usr/lib/dovecot/imap-login": "dovecot-imapd",
    "/usr/lib/dovecot/pop3-login": "dovecot-pop3d",
    "/usr/lib/dovecot/managesieve-login": "dovecot-managesieved",
    "vsftpd": "vsftpd",
    "prosody": "prosody",
    "slapd": "slapd",
    "pg_createcluster": "postgresql",
    "mariadbd": "mariadb-server-core",
    "varnishd": "varnish",
    "promtool": "prometheus",
    "systemd-analyze": "systemd",
    "chromium": "chromium",
    "pdfinfo": "poppler-utils",
    "knotd": "knot",
    "unbound": "unbound",
    "/usr/share/doc/libpangoft2-1.0-0/copyright": "libpangoft2-1.0-0",
    "/usr/share/doc/libharfbuzz-subset0/copyright": "libharfbuzz-subset0",
    "/usr/share/doc/fonts-dejavu-core/copyright": "fonts-dejavu-core",
    "/usr/lib/ipsec/charon": "strongswan-charon",
    "swanctl": "strongswan-swanctl",
    "/usr/lib/ipsec/plugins/libstrongswan-kernel-libipsec.so": "libcharon-extra-plugins",
    "/usr/lib/ipsec/plugins/libstrongswan-gcm.so": "libstrongswan-standard-plugins",
    "/usr/lib/ipsec/plugins/libstrongswan-curve25519.so": "libstrongswan-extra-plugins",
}
TOOLS = ("sh", "mv", "rm", "cat", "chmod", "grep", "flock", "touch", "ln")
BEFORE = "#!/bin/sh\nexit 0\n"

# Pretends to install: writes down what it was asked for and which policy it saw, then puts the programs there.
APT_GET = """#!/bin/sh
echo "$@" >>"$LOG"
[ "$1" = install ] || exit 0
cat "$TLSAUDIT_TEST_ROOT/usr/sbin/policy-rc.d" >>"$LOG"
case " $* " in *" $UNAVAILABLE "*) exit 100 ;; esac
[ -z "$INTERRUPT" ] || kill -TERM "$PPID"
for package in "$@"; do
    for pair in $PACKAGES; do
        [ "${pair#*=}" != "$package" ] || case $pair in
        /*) ln -sf "$TRUE" "$TLSAUDIT_TEST_ROOT${pair%%=*}" ;;
        *) ln -sf "$TRUE" "$BIN/${pair%%=*}" ;;
        esac
    done
done
"""


class System:
    """A pretended machine: a bin folder, an sbin folder, a user id."""

    def __init__(self, folder: Path) -> None:
        self.bin = folder / "bin"
        self.sbin = folder / "usr" / "sbin"
        self.log = folder / "log"
        self.policy = self.sbin / "policy-rc.d"
        self.bin.mkdir()
        self.sbin.mkdir(parents=True)
        self.folder = folder
        for program in PACKAGES:
            if program.startswith("/"):
                (folder / program[1:]).parent.mkdir(parents=True, exist_ok=True)
        for tool in TOOLS:
            (self.bin / tool).symlink_to(self._real(tool))
        self.program("id", "#!/bin/sh\necho 0\n")
        self.environment = {
            "PATH": str(self.bin),
            "TLSAUDIT_TEST_ROOT": str(folder),
            "LOG": str(self.log),
            "PACKAGES": " ".join(f"{program}={package}" for program, package in PACKAGES.items()),
            "BIN": str(self.bin),
            "TRUE": self._real("true"),
            "UNAVAILABLE": "none",
            "INTERRUPT": "",
        }

    def program(self, name: str, text: str = "#!/bin/sh\n") -> None:
        path = self.folder / name.removeprefix("/") if name.startswith("/") else self.bin / name
        path.write_text(text)
        path.chmod(0o755)

    def run(self, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [SCRIPT],
            env=self.environment | (environment or {}),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    @property
    def asked(self) -> str:
        return self.log.read_text() if self.log.exists() else ""

    @staticmethod
    def _real(tool: str) -> str:
        path = shutil.which(tool)
        assert path, tool
        return os.path.realpath(path)


@pytest.fixture
def system(tmp_path: Path) -> System:
    return System(tmp_path)


def test_apt_is_not_asked_when_nothing_is_missing(system: System) -> None:
    system.program("apt-get", APT_GET)
    for program in PACKAGES:
        system.program(program)
    done = system.run()
    assert (done.returncode, done.stdout, done.stderr, system.asked) == (0, "", "", "")


def test_only_what_is_missing_is_installed_and_no_daemon_started(system: System) -> None:
    system.program("apt-get", APT_GET)
    system.program("openssl")
    (system.sbin / "apache2").symlink_to(system.environment["TRUE"])
    done = system.run()
    assert done.returncode == 0
    assert "missing" not in done.stderr
    assert "-y --no-install-recommends" in system.asked
    others = [package for program, package in PACKAGES.items() if program not in ("openssl", "apache2")]
    assert f"{' '.join(others)}\n" in system.asked
    assert "exit 101" in system.asked
    assert not system.policy.exists()


def test_the_policy_that_was_there_is_restored(system: System) -> None:
    system.program("apt-get", APT_GET)
    system.policy.write_text(BEFORE)
    system.policy.chmod(0o750)
    assert system.run().returncode == 0
    assert "exit 101" in system.asked
    assert system.policy.read_text() == BEFORE
    assert system.policy.stat().st_mode & 0o777 == 0o750
    assert [path.name for path in system.sbin.iterdir()] == ["policy-rc.d"]


def test_the_policy_is_restored_when_the_run_is_interrupted(system: System) -> None:
    system.program("apt-get", APT_GET)
    system.policy.write_text(BEFORE)
    assert system.run({"INTERRUPT": "yes"}).returncode == 143
    assert "exit 101" in system.asked
    assert system.policy.read_text() == BEFORE


def test_the_policy_is_restored_after_a_run_that_was_killed(system: System) -> None:
    system.program("apt-get", APT_GET.replace('kill -TERM "$PPID"', 'kill -KILL "$PPID"'))
    system.policy.write_text(BEFORE)
    assert system.run({"INTERRUPT": "yes"}).returncode == -9
    assert system.policy.read_text() != BEFORE
    (system.bin / "nginx").unlink(missing_ok=True)
    assert system.run().returncode == 0
    assert system.policy.read_text() == BEFORE


def test_one_package_that_cannot_be_had_does_not_cost_the_others(system: System) -> None:
    system.program("apt-get", APT_GET)
    done = system.run({"UNAVAILABLE": "sslscan"})
    assert done.returncode == 0
    assert (system.bin / "nginx").exists()
    assert "missing, so the tests that need it are skipped (with CI=true they fail): sslscan\n" in done.stderr
    assert not system.policy.exists()


@pytest.mark.parametrize("without", ["root", "apt", "leave"])
def test_otherwise_it_says_what_is_missing_and_how_to_install_it(system: System, without: str) -> None:
    for program in PACKAGES:
        if program not in ("apache2", "/usr/lib/lighttpd/mod_nss.so"):
            system.program(program)
    if without != "apt":
        system.program("apt-get", APT_GET)
    if without == "root":
        system.program("id", "#!/bin/sh\necho 1000\n")
    done = system.run({"TLSAUDIT_APT": "0"} if without == "leave" else {})
    assert done.returncode == 0
    assert done.stderr == (
        "missing, so the tests that need it are skipped (with CI=true they fail): apache2 lighttpd-mod-nss\n"
        "install with: apt-get install --no-install-recommends apache2 lighttpd-mod-nss\n"
    )
    assert system.asked == ""
