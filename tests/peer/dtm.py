"""Builds the peer: DTM at a fixed version, from its own module."""

import fcntl
import json
import os
import re
import shutil
import subprocess

from peer.failure import PeerFailure

VERSION = "v1.19.0"
PACKAGE = "github.com/dtm-labs/dtm"
OLDEST_GO = (1, 21)


def build(cache, say):
    """Returns the path of the binary, which is built only when there is none yet."""
    directory = os.path.join(cache, "dtm-" + VERSION)
    binary = os.path.join(directory, "dtm")
    os.makedirs(directory, exist_ok=True)
    # Two at a time would write one file.
    with open(os.path.join(directory, "lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(binary):
            _build(directory, binary, say)
    return binary


def _build(directory, binary, say):
    go = _find_go()
    with open(os.path.join(directory, "go.mod"), "w", encoding="utf-8") as file:
        file.write(
            f"module peer\n\ngo {OLDEST_GO[0]}.{OLDEST_GO[1]}\n\n" f"require {PACKAGE} {VERSION}\n"
        )
    say(f"building DTM {VERSION} into {directory} (once; some minutes when nothing is cached)")
    result = subprocess.run(
        [go, "build", "-mod=mod", "-o", binary, PACKAGE],
        cwd=directory,
        capture_output=True,
        text=True,
    )
    if result.returncode != 0:
        raise PeerFailure(f"DTM could not be built in {directory}:\n{result.stderr[-2000:]}")


def mysql_schema(cache):
    """The script of its release that makes its tables in MySQL, in the database `dtm`."""
    directory = os.path.join(cache, "dtm-" + VERSION)
    command = [_find_go(), "mod", "download", "-json", PACKAGE]
    result = subprocess.run(command, cwd=directory, capture_output=True, text=True)
    if result.returncode != 0:
        raise PeerFailure(f"the sources of DTM are not there:\n{result.stderr[-2000:]}")
    source = json.loads(result.stdout)["Dir"]
    with open(os.path.join(source, "sqls", "dtmsvr.storage.mysql.sql"), encoding="utf-8") as file:
        return file.read()


def _find_go():
    go = shutil.which("go")
    advice = (
        f"DTM is built from source and needs Go {OLDEST_GO[0]}.{OLDEST_GO[1]} or newer "
        "as `go` in PATH.\nDebian 12's own golang package is older: install one from "
        "bookworm-backports\n(apt-get install -t bookworm-backports golang-go) or go.dev/dl."
    )
    if go is None:
        raise PeerFailure("go is not installed. " + advice)
    text = subprocess.run([go, "version"], capture_output=True, text=True).stdout
    found = re.search(r"go(\d+)\.(\d+)", text)
    if found is None or (int(found[1]), int(found[2])) < OLDEST_GO:
        raise PeerFailure(f"{text.strip() or go} is too old. " + advice)
    return go
