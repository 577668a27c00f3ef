"""What a person can put right, said in French."""


class Failure(Exception):  # noqa: N818 - the command line shows its text, never its name
    """A command that cannot do what it is asked; the message says why, and what to do. The exit status is 1."""

    status = 1


class SettingsFailure(Failure):
    """A setting that is refused. The exit status is 2, that of a command ill-written."""

    status = 2
