"""The one kind of error that is shown to the user as it stands."""


class UserError(Exception):
    """Something that the user can mend: each line of the message says what is wrong, where, and what to do.

    The command line prints it on standard error and exits with its code; no other exception is expected there.
    """

    code = 2
