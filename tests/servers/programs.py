"""Programs that the tests run but do not bring along."""

import os
import shutil
from typing import NoReturn

# Daemons live where the PATH of an ordinary user does not look.
_SEARCH_PATH = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"


def require(program: str, package: str) -> str:
    """The path of a program. Where it is missing the test fails if CI=true, else is skipped, and the package named."""
    found = shutil.which(program, path=_SEARCH_PATH)
    return found or missing(f"{program} is not installed: apt-get install {package}, or scripts/install-test-servers")


def missing(message: str) -> NoReturn:
    """Something that the tests need is not here: they fail if CI=true, else are skipped."""
    import pytest

    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)
