"""What can go wrong with a history."""

from tlsaudit.errors import UserError


class StoreError(UserError):
    """The history cannot be opened, read or written, or does not hold what was asked for."""


class StoreAwayError(StoreError):
    """There is no connection to the database: it may be there again in a while."""
