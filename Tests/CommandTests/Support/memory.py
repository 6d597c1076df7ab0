"""Counts how often secrets stand in the memory of a process, without what a core dump leaves out.

    memory.py PID NAME=TEXT…     prints NAME COUNT, a line each; TEXT may be hex:DIGITS

`gcore` writes what has no `dd` among the flags of its mapping: this reads the same."""
import re
import sys

pid, secrets = sys.argv[1], [argument.split("=", 1) for argument in sys.argv[2:]]
counts = {name: 0 for name, _ in secrets}
mappings, current = [], None
with open(f"/proc/{pid}/smaps") as smaps:
    for line in smaps:
        found = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+\s*(.*)", line)
        if found:
            current = (int(found[1], 16), int(found[2], 16), found[3], found[4])
        elif line.startswith("VmFlags:") and current:
            flags = line.split()[1:]
            if current[2].startswith("r") and "dd" not in flags and current[3] not in ("[vvar]", "[vsyscall]"):
                mappings.append(current)
needles = [(name, bytes.fromhex(text[4:]) if text.startswith("hex:") else text.encode()) for name, text in secrets]
with open(f"/proc/{pid}/mem", "rb", 0) as memory:
    for start, end, _, _ in mappings:
        kept, place = b"", start
        while place < end:
            try:
                memory.seek(place)
                piece = memory.read(min(1 << 20, end - place))
            except OSError:
                break
            if not piece:
                break
            place += len(piece)
            joined = kept + piece
            for name, needle in needles:
                counts[name] += joined.count(needle)
            # A secret that lies across two pieces is found once.
            longest = max(len(needle) for _, needle in needles) - 1
            kept = joined[-longest:]
            for name, needle in needles:
                counts[name] -= kept.count(needle)
        for name, needle in needles:
            counts[name] += kept.count(needle)
for name, count in counts.items():
    print(name, count)
