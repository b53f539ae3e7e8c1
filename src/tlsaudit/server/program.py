"""The servers that are installed here."""

import shutil

from tlsaudit.server.daemon import PATH
from tlsaudit.server.problem import MissingDaemonError


def program(given: str | None, *names: str, title: str, package: str) -> str:
    """The path of the program that was given, else of the first of these names that is installed. Raises
    MissingDaemonError.
    """
    if given:
        found = shutil.which(given)
        if found is None:
            raise MissingDaemonError(f"{given}: there is no such program")
        return found
    for name in names:
        if found := shutil.which(name, path=PATH):
            return found
    raise MissingDaemonError(f"{title} is not installed: apt-get install {package}")
