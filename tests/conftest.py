"""What holds for all tests."""

import signal


def pytest_configure() -> None:
    """Programs under test are interrupted as in a terminal, also where whoever runs the tests ignores it.

    ``nohup`` and the ``&`` of a shell's script have these ignored, and every program below inherits that.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
