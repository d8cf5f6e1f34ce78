"""The one exception of this package, for its users to turn into a message."""


class PeerFailure(Exception):
    """The peer cannot be built or started here; the text says why and what to do."""
