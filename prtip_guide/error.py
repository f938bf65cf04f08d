"""What every error that is told to a person has in common."""


class GuideError(Exception):
    """Something went wrong; the message is one line that says where, what, and the remedy."""

    exit = 1
    """What a door ends with: 1 when a check failed, 2 on wrong use."""
