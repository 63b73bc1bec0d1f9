"""The walls around one submission: what a fork of the warm parent does to itself before student code runs.

It gets namespaces of its own (processes, mounts, network, IPC, host name), a file system that holds only what it is
shown, an unprivileged user id, no capabilities and no way to gain any. Linux system calls by their man pages:
unshare(2), pivot_root(2), mount_setattr(2), capabilities(7), prctl(2).
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import struct
import traceback
from collections.abc import Callable
from dataclasses import dataclass

from coursebridge.limits import TEMPORARY_BYTES, limit_this_process
from coursebridge.process import die_with_parent, libc
from coursebridge.seccomp import refuse_system_calls

NEW_MOUNTS, NEW_HOSTNAME, NEW_IPC, NEW_USER = 0x00020000, 0x04000000, 0x08000000, 0x10000000
NEW_PROCESSES, NEW_NETWORK = 0x20000000, 0x40000000
NAMESPACES = NEW_MOUNTS | NEW_HOSTNAME | NEW_IPC | NEW_PROCESSES | NEW_NETWORK
READ_ONLY, NO_SUID, NO_DEVICES, NO_EXEC, REMOUNT = 1, 2, 4, 8, 32
BIND, RECURSIVE, PRIVATE, SLAVE = 4096, 16384, 1 << 18, 1 << 19
DETACH = 2
AT_RECURSIVE, MOUNT_SETATTR = 0x8000, 442
PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
CAPSET = {"x86_64": 126, "aarch64": 91}
CAPABILITY_VERSION = 0x20080522
DROP_BOUND, NO_NEW_PRIVILEGES = 24, 38
LAST_CAPABILITY = 63
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
DEVICE_LINKS = {
    "fd": "/proc/self/fd",
    "stdin": "fd/0",
    "stdout": "fd/1",
    "stderr": "fd/2",
    "ptmx": "pts/ptmx",  # IPython runs `!commands` on a terminal
}
STUDENT_IDS, MANY = 1_900_000_000, 10_000_000  # user ids that no distribution gives to anybody

_machine = platform.machine()


@dataclass(frozen=True)
class View:
    """What a submission sees of the file system.

    visible: paths that it can read.  links: symbolic links, as path and target.  devices: nodes in /dev besides the
    usual ones.  home: its own directory, empty and in memory.  switch_user: run as a user of its own (the parent is
    root).
    """

    visible: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    devices: tuple[str, ...]
    home: str
    switch_user: bool


def fork_behind_walls(view: View, number: int, run: Callable[[], None]) -> int:
    """Fork a process that puts itself behind walls and then runs ``run``; gives its process id.

    number: of this fork, for its user id. The fork in between is needed because a process id namespace begins with a
    child. The caller must be a subreaper (see ``adopt_orphans``). ``run`` is not called if a wall cannot be put up.
    """
    telling, told = os.pipe()
    waiting, go = os.pipe()
    between = os.fork()
    if between == 0:
        try:
            _enter_namespaces()
            pid = os.fork()
            if pid:
                os.write(told, str(pid).encode())
                os._exit(0)
            os.close(go)
            os.read(waiting, 1)  # the parent has adopted this process: die_with_parent means the right one
            die_with_parent()
            for fd in (telling, told, waiting):
                os.close(fd)
            _shut_in(view, number)
            run()
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)
    for fd in (told, waiting):
        os.close(fd)
    pid = int(os.read(telling, 32) or b"0")
    os.waitpid(between, 0)
    for fd in (telling, go):
        os.close(fd)
    if not pid:
        raise OSError("the system gave no namespaces")
    return pid


def walls_hold(view: View) -> str | None:
    """Put a fork behind walls and see whether they stand; the reason if they do not."""
    reading, writing = os.pipe()

    def report() -> None:
        os.write(writing, b"ok")
        os._exit(0)

    said = os.dup(2)
    os.dup2(writing, 2)
    try:
        pid = fork_behind_walls(view, 0, report)
        os.waitpid(pid, 0)
    except OSError as error:
        return str(error)
    finally:
        os.dup2(said, 2)
        os.close(said)
        os.close(writing)
        with os.fdopen(reading, "rb") as file:
            words = file.read().decode(errors="replace")
    return None if words == "ok" else (words.strip().splitlines() or ["the probe died"])[-1]


def _enter_namespaces() -> None:
    user, group = os.geteuid(), os.getegid()
    try:
        _check(libc.unshare(NAMESPACES), "unshare")
    except PermissionError:
        _check(libc.unshare(NAMESPACES | NEW_USER), "unshare")
        for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)


def _shut_in(view: View, number: int) -> None:
    os.umask(0o022)
    os.nice(5)  # the grader and the watcher come first
    user = STUDENT_IDS + number % MANY if view.switch_user else None
    os.setsid()
    libc.sethostname(b"kernel", 6)
    _build_root(view, user)
    os.environ["HOME"] = view.home
    limit_this_process(gpu=bool(view.devices))
    give_up_privileges(user)
    refuse_system_calls()
    os.chdir(view.home)


def _build_root(view: View, user: int | None) -> None:
    """A file system of what is visible, on memory of its own, in the place of the old one."""
    root = "/tmp"
    _mount("none", "/", None, RECURSIVE | PRIVATE)
    shown = {path: os.open(path, os.O_PATH) for path in view.visible if os.path.exists(path)}  # /tmp will be covered
    _mount("tmpfs", root, "tmpfs", NO_SUID | NO_DEVICES, "mode=755,size=1m")
    _make_private_folders(root, view.home, user)
    for path, handle in shown.items():
        source = f"/proc/self/fd/{handle}"
        _bind(source, root + path, os.path.isdir(source))
        os.close(handle)
    for path, target in view.links:
        os.makedirs(os.path.dirname(root + path), exist_ok=True)
        os.symlink(target, root + path)
    _make_devices(root, (*DEVICES, *view.devices))
    os.makedirs(f"{root}/proc")
    with contextlib.suppress(OSError):  # refused where the old one is not wholly visible; then there is none
        _mount("proc", f"{root}/proc", "proc", NO_SUID | NO_DEVICES | NO_EXEC)
    _move_to(root)


def _make_private_folders(root: str, home: str, user: int | None) -> None:
    """Folders that can be written to, each of a size that files in it cannot exceed together."""
    for place, size in TEMPORARY_BYTES.items():
        path, mode, owner = root + place, 1777, ""
        if place == "home":
            path, mode = root + home, 700
            owner = f",uid={user},gid={user}" if user is not None else ""
        os.makedirs(path, exist_ok=True)
        _mount("tmpfs", path, "tmpfs", NO_SUID | NO_DEVICES, f"mode={mode},size={size},nr_inodes=20k{owner}")


def _make_devices(root: str, devices: tuple[str, ...]) -> None:
    for device in devices:
        _bind(device, root + device, os.path.isdir(device), NO_SUID | NO_EXEC)
    for name, target in DEVICE_LINKS.items():
        os.symlink(target, f"{root}/dev/{name}")
    os.makedirs(f"{root}/dev/pts")
    _mount("devpts", f"{root}/dev/pts", "devpts", NO_SUID | NO_EXEC, "newinstance,ptmxmode=0666,mode=620,max=16")


def _bind(source: str, place: str, directory: bool, flags: int = NO_SUID | NO_DEVICES) -> None:
    """Show something at another place, read-only with everything below it."""
    os.makedirs(place if directory else os.path.dirname(place), exist_ok=True)
    if not directory:
        open(place, "w").close()
    _mount(source, place, None, BIND | RECURSIVE)
    attributes = struct.pack("QQQQ", READ_ONLY | flags, 0, 0, 0)  # MOUNT_ATTR_* have the values of MS_*
    result = libc.syscall(MOUNT_SETATTR, -100, place.encode(), AT_RECURSIVE, attributes, len(attributes))
    _check(result, f"mount_setattr {place}")


def _move_to(root: str) -> None:
    old = os.open("/", os.O_DIRECTORY)
    os.chdir(root)
    _check(libc.syscall(PIVOT_ROOT[_machine], b".", b"."), "pivot_root")
    os.fchdir(old)
    os.close(old)
    _mount("none", ".", None, RECURSIVE | SLAVE)
    _check(libc.umount2(b".", DETACH), "umount")
    os.chdir("/")
    _mount("none", "/", None, REMOUNT | BIND | READ_ONLY | NO_SUID | NO_DEVICES)


def give_up_privileges(user: int | None) -> None:
    """No capability now or later; another user, if one is given."""
    for capability in range(LAST_CAPABILITY + 1):
        libc.prctl(DROP_BOUND, capability, 0, 0, 0)
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    header, nothing = struct.pack("Ii", CAPABILITY_VERSION, 0), bytes(24)
    _check(libc.syscall(CAPSET[_machine], header, nothing), "capset")
    _check(libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0), "no_new_privs")


def _mount(source: str, place: str, kind: str | None, flags: int, options: str = "") -> None:
    result = libc.mount(
        source.encode(), place.encode(), kind.encode() if kind else None, ctypes.c_ulong(flags), options.encode()
    )
    _check(result, f"mount {place}")


def _check(result: int, what: str) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
