"""What axe objects to in a page, by the rules of WCAG 2.2 AA and its own best practices."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

_OPTIONS = {
    "resultTypes": ["violations"],
    "rules": {"target-size": {"enabled": True}},  # new in WCAG 2.2, and off unless asked for
    "preload": False,
}


def objections(page: Page) -> list[str]:
    """Each rule that is broken, with the first element that does."""
    found = Axe().run(page, options=_OPTIONS).response["violations"]
    return [f"{rule['id']}: {rule['help']}: {rule['nodes'][0]['html']}" for rule in found]
