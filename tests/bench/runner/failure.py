"""The one exception that `run` turns into a message and exit code 1."""


class BenchFailure(Exception):
    """Something outside prevents the measurement; the text says what and what to do."""
