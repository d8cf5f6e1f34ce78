"""A network of its own for the run.

DTM listens on all interfaces and has no option against it. So that a run opens nothing to the
outside, the whole run moves into a network namespace that holds only the loopback interface.
"""

import fcntl
import os
import shutil
import socket
import struct
import subprocess
import sys

from peer.failure import PeerFailure

MARK = "SAGA_PEER_NAMESPACE"
SIOCSIFFLAGS = 0x8914
IFF_UP = 0x1
IFF_RUNNING = 0x40


def enter(script, otherwise=""):
    """Restarts the script inside a namespace; returns at once when it already is in one.

    `otherwise` is further advice for a user whose machine allows none.
    """
    if os.environ.get(MARK):
        _raise_loopback()
        return
    unshare = shutil.which("unshare")
    for flags in (["-n"], ["-rn"]):
        if (
            unshare
            and subprocess.run([unshare, *flags, "true"], capture_output=True).returncode == 0
        ):
            os.environ[MARK] = "1"
            sys.stdout.flush()
            os.execv(unshare, [unshare, *flags, sys.executable, script, *sys.argv[1:]])
    raise PeerFailure(
        "DTM listens on all interfaces, so it is only started in a network namespace, and none\n"
        "can be made here (unshare -n and unshare -rn both fail). Run as root, or allow user\n"
        f"namespaces{otherwise}"
    )


def _raise_loopback():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        fcntl.ioctl(sock, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP | IFF_RUNNING))
