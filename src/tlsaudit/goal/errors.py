"""What can be wrong with an objective."""

from tlsaudit.errors import UserError


class ObjectiveError(UserError):
    """An objective that cannot be measured as it is written; the message says why."""
