"""What to choose from with --for, schedules and alerts: which files each has, and what is left to do by hand."""

import os
import re
import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata, resources
from pathlib import Path

from tlsaudit.errors import UserError

_HOMES = (Path("/home"), Path("/root"), Path("/Users"))
_FOR_ALL = Path("/usr/local/bin/tlsaudit")
_PLAIN_PATH = re.compile(r"[A-Za-z0-9._/-]+")


@dataclass(frozen=True, slots=True)
class Schedule:
    """`files` maps where a file goes, below the folder that tlsaudit is run in, to its template. `program` and
    `config` spell the path of tlsaudit and of the targets file as the files need it, `steps` are for the user.
    """

    files: dict[str, str]
    steps: str
    program: Callable[[Path], str] = str
    config: Callable[[Path], str] = str

    def written(self, config: Path) -> dict[Path, str]:
        """The text of each file. Raises UserError for a path that a file cannot name."""
        known = {
            "@program@": self.program(this_program()),
            "@config@": self.config(config),
            "@version@": metadata.version("tlsaudit"),
        }
        texts = {}
        for place, template in self.files.items():
            text = resources.files(__package__).joinpath("files", template).read_text("utf-8")
            for name, value in known.items():
                text = text.replace(name, value)
            texts[Path(place)] = text
        return texts

    def next_steps(self, config: Path) -> list[str]:
        """What is left to do by hand."""
        return self.steps.format(config=shlex.quote(str(config)), program=self.program(this_program())).splitlines()


def this_program() -> Path:
    """The path of the tlsaudit that runs."""
    return Path(sys.argv[0]).absolute()


def _for_systemd(program: Path) -> str:
    # A unit with a user of its own cannot look into homes.
    found = _FOR_ALL if any(program.is_relative_to(home) for home in _HOMES) else program
    return '"' + re.sub(r'(["\\])', r"\\\1", str(found)).replace("%", "%%").replace("$", "$$") + '"'


def _for_cron(path: Path) -> str:
    return shlex.quote(str(path.absolute())).replace("%", r"\%")  # a bare % ends the command: crontab(5)


def _in_repository(config: Path) -> str:
    here, file = Path.cwd(), Path(os.path.normpath(config.absolute()))
    if not file.is_relative_to(here):
        raise UserError(f"{config}: is not below {here}: run this in the root of the repository, with the file in it")
    path = str(file.relative_to(here))
    if not _PLAIN_PATH.fullmatch(path):
        raise UserError(f"{path}: name the targets file with letters, digits, dots, dashes and underscores alone")
    return path


SCHEDULES = {
    "systemd": Schedule(
        {"tlsaudit.service": "tlsaudit.service", "tlsaudit.timer": "tlsaudit.timer"},
        """\
{program} --version    # what the unit runs: outside of homes, as by pipx install --global tlsaudit
sudo install -D -m 644 {config} /etc/tlsaudit/targets.yaml
sudo install -m 644 tlsaudit.service tlsaudit.timer /etc/systemd/system/
sudo systemctl daemon-reload
sudo systemctl enable --now tlsaudit.timer    # and now: sudo systemctl start tlsaudit.service""",
        program=_for_systemd,
    ),
    "cron": Schedule(
        {"tlsaudit.cron": "tlsaudit.cron"},
        "(crontab -l; cat tlsaudit.cron) | crontab -",
        program=_for_cron,
        config=_for_cron,
    ),
    "k8s": Schedule(
        {"tlsaudit-cronjob.yaml": "tlsaudit-cronjob.yaml"},
        """\
kubectl create configmap tlsaudit --from-file=targets.yaml={config}
kubectl apply -f tlsaudit-cronjob.yaml
kubectl create job --from=cronjob/tlsaudit tlsaudit-first    # an audit now""",
    ),
    "github": Schedule(
        {".github/workflows/tlsaudit.yml": "github.yml"},
        "git add {config} .github/workflows/tlsaudit.yml    # it runs once this is on the default branch",
        config=_in_repository,
    ),
    "gitlab": Schedule(
        {"tlsaudit.gitlab-ci.yml": "gitlab.yml"},
        """\
in .gitlab-ci.yml:    include: [{{local: tlsaudit.gitlab-ci.yml}}]
git add {config} tlsaudit.gitlab-ci.yml .gitlab-ci.yml
in GitLab: Build, Pipeline schedules, New schedule    # such as 15 2 * * *""",
        config=_in_repository,
    ),
    "prometheus": Schedule(
        {"tlsaudit.rules.yml": "tlsaudit.rules.yml"},
        """\
tlsaudit watch -c {config} --listen 127.0.0.1:9469
in prometheus.yml:    rule_files: [tlsaudit.rules.yml], and a scrape of 127.0.0.1:9469""",
    ),
}
