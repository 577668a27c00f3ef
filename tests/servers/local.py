"""What every local server needs: an account that is not root, a directory, a free port, an end.

A run that is killed ends nothing itself. On Linux the kernel then ends its servers (`dying_with_us`); their
directories, which are named after its process, are removed by the next run (`own_directory`).
"""

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, flock
from pathlib import Path

ACCOUNT = "annuaire-tests"
OUTPUT = "output.log"
"""Where a server's output goes, in its directory."""


class Unavailable(Exception):  # noqa: N818 - a fact about the machine, said to a person
    """A server that cannot be had on this machine; the message says what to install."""


def free_port() -> int:
    """A TCP port nobody listens to on 127.0.0.1."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def engine_answers() -> bool:
    """Whether a container engine can start containers here."""
    if shutil.which("docker") is None:
        return False
    asked = subprocess.run(["docker", "version"], capture_output=True, check=False, timeout=30)
    return asked.returncode == 0


def account() -> str | None:
    """The user to run servers as: None for oneself, a dedicated one for root, whom servers refuse."""
    if os.geteuid() != 0:
        return None
    with Path("/etc/passwd").open() as accounts:
        flock(accounts, LOCK_EX)  # two servers may start at once
        try:
            pwd.getpwnam(ACCOUNT)
        except KeyError:
            subprocess.run(
                ["useradd", "--system", "--no-create-home", "--user-group", "--shell", "/usr/sbin/nologin", ACCOUNT],
                check=True,
            )
    return ACCOUNT


def own_directory(prefix: str) -> Path:
    """A new directory under the system's temporary one, owned by the servers' account; what dead runs left goes."""
    for left in Path(tempfile.gettempdir()).glob(f"{prefix}-*-*"):
        if not is_running(left.name.removeprefix(f"{prefix}-").partition("-")[0]):
            shutil.rmtree(left, ignore_errors=True)
    directory = Path(tempfile.mkdtemp(prefix=f"{prefix}-{os.getpid()}-"))
    give(directory)
    return directory


def is_running(process: str) -> bool:
    """Whether a process, written as its pid, is there; what is no pid may be anybody's, and counts as there."""
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except (ValueError, OverflowError, PermissionError):
        return True
    return True


def give(directory: Path) -> None:
    """Make the servers' account own a directory and all it holds."""
    if owner := account():
        subprocess.run(["chown", "-R", f"{owner}:{owner}", str(directory)], check=True)


def dying_with_us(command: list[str]) -> list[str]:
    """The same command, which Linux ends when the thread that starts it is gone, however that comes."""
    setpriv = shutil.which("setpriv") if sys.platform == "linux" else None
    return [setpriv, "--pdeathsig", "TERM", "--", *command] if setpriv else command


def start(command: list[str], directory: Path, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start a server as its account, away from this terminal's signals, with its output in `output.log`."""
    owner = account()
    with (directory / OUTPUT).open("wb") as output:
        return subprocess.Popen(
            dying_with_us(command),
            cwd=directory,
            env={"PATH": os.environ["PATH"], "HOME": str(directory), "LC_ALL": "C.UTF-8", **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=owner,
            group=owner,
            extra_groups=[] if owner else None,
        )


def wait_until(ready: Callable[[], bool], process: subprocess.Popen[bytes], output: Path, seconds: float) -> None:
    """Return when the server is ready; raise with the end of its output, a file, when it ends or takes too long."""
    deadline = time.monotonic() + seconds
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            said = output.read_text(errors="replace")
            raise RuntimeError(f"the server did not become ready; its last words:\n{said[-3000:]}")
        time.sleep(0.2)


@contextmanager
def held(process: subprocess.Popen[bytes], directory: Path) -> Iterator[None]:
    """Keep a server for the time of a block, then end it by its pid and remove its directory."""
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        shutil.rmtree(directory, ignore_errors=True)
