"""System calls that no lesson needs and that would get around a limit or a wall, refused by a seccomp filter.

A second line of defence: memory that belongs to no process (and so escapes the memory watcher), new namespaces, other
processes' memory, and the parts of Linux from which most of its escapes came. See seccomp(2) and
linux/filter.h; numbers from the tables in linux/arch/*/entry/syscalls.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct

from coursebridge.process import libc

REFUSED: dict[str, tuple[int, int]] = {  # number on x86_64, on aarch64
    "memfd_create": (319, 279), "memfd_secret": (447, 447),
    "shmget": (29, 194), "shmctl": (31, 195), "shmat": (30, 196), "semget": (64, 190), "semop": (65, 193),
    "semctl": (66, 191), "msgget": (68, 186), "msgsnd": (69, 189), "msgrcv": (70, 188), "msgctl": (71, 187),
    "mq_open": (240, 180),
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41),
    "chroot": (161, 51), "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430),
    "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442),
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272),
    "pidfd_getfd": (438, 438),
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282), "keyctl": (250, 219),
    "add_key": (248, 217), "request_key": (249, 218), "io_uring_setup": (425, 425), "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
}  # fmt: skip
CLONE, CLONE3 = (56, 220), (435, 435)
ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
NEW_NAMESPACES = 0x7E020000  # of clone(2): any CLONE_NEW* flag
FIRST_X32_NUMBER = 0x40000000
LOAD, EQUAL, AT_LEAST, ANY_BIT, ANSWER = 0x20, 0x15, 0x35, 0x45, 0x06  # BPF instructions
NUMBER, ARCH, FIRST_ARGUMENT = 0, 4, 16  # offsets in struct seccomp_data
ALLOW, KILL, ERROR = 0x7FFF0000, 0x80000000, 0x00050000
SET_SECCOMP, FILTER = 22, 2


def refuse_system_calls() -> None:
    """Install the filter in this process and all that it starts. Needs no_new_privs; other machines get none."""
    machine = platform.machine()
    if machine not in ARCHITECTURE:
        return
    code = _program(["x86_64", "aarch64"].index(machine), ARCHITECTURE[machine])
    program = b"".join(struct.pack("HBBI", *instruction) for instruction in code)
    buffer = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("HxxxxxxQ", len(code), ctypes.addressof(buffer))
    if libc.prctl(SET_SECCOMP, FILTER, header, 0, 0):
        number = ctypes.get_errno()
        raise OSError(number, "the seccomp filter was refused")


def _program(column: int, architecture: int) -> list[tuple[int, int, int, int]]:
    """Instructions as (code, jump if true, jump if false, operand); a jump of 0 goes to the next one."""
    refuse = ERROR | errno.EPERM
    code = [
        (LOAD, 0, 0, ARCH),
        (EQUAL, 1, 0, architecture),
        (ANSWER, 0, 0, KILL),
        (LOAD, 0, 0, NUMBER),
        (AT_LEAST, 0, 1, FIRST_X32_NUMBER),
        (ANSWER, 0, 0, refuse),
        (EQUAL, 0, 1, CLONE3[column]),
        (ANSWER, 0, 0, ERROR | errno.ENOSYS),  # its flags cannot be read from here; the C library then uses clone
    ]
    for numbers in REFUSED.values():
        code += [(EQUAL, 0, 1, numbers[column]), (ANSWER, 0, 0, refuse)]
    code += [
        (EQUAL, 0, 3, CLONE[column]),
        (LOAD, 0, 0, FIRST_ARGUMENT),
        (ANY_BIT, 0, 1, NEW_NAMESPACES),
        (ANSWER, 0, 0, refuse),
        (ANSWER, 0, 0, ALLOW),
    ]
    return code
