"""The report in a real browser. A package, so that its browser ends with its tests: Playwright's event loop would be in
the way of others."""
