"""What a profile may fail with."""

from prtip_guide.error import GuideError


class ProfileError(GuideError):
    """A profile that cannot be made, read or compared; one line with what, why and the remedy."""


class RequestError(ProfileError):
    """A request that makes no sense, such as a scenario that nobody knows; nothing was run."""

    exit = 2
