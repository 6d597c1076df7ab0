"""The power goes: takes back what faults.c noted and no sync made durable.

    power.py FILE [SEED]     with a seed, each change that is not durable is taken back or not

What a disk has kept of changes that were not synced is anything between nothing and all of them: without a seed it is
nothing. Shared memory of an index is gone in any case."""
import os
import random
import shutil
import struct
import sys

HEADER = struct.Struct("<c7xQQQQQQQ")


def records(path):
    with open(path, "rb") as journal:
        while True:
            header = journal.read(HEADER.size)
            if len(header) < HEADER.size:
                return
            op, inode, offset, count, size, length, path_length, other_length = HEADER.unpack(header)
            name = journal.read(path_length).decode()
            other = journal.read(other_length).decode()
            yield op.decode(), inode, offset, count, size, journal.read(length), name, other


def names_of(inode, roots):
    for root in roots:
        for folder, _, files in os.walk(root):
            for name in files:
                path = os.path.join(folder, name)
                try:
                    if os.lstat(path).st_ino == inode:
                        return path
                except OSError:
                    pass
    return None


def put_back(path, inode, content, roots):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    other = names_of(inode, roots) if inode else None
    if other:
        os.link(other, path)
    else:
        with open(path, "wb") as file:
            file.write(content)
        os.chmod(path, 0o600)


journal = sys.argv[1]
chance = random.Random(int(sys.argv[2])) if len(sys.argv) > 2 else None
everything = list(records(journal)) if os.path.exists(journal) else []
roots = [os.path.dirname(os.path.abspath(journal))]
synced, synced_folders, undone = set(), set(), 0
kept = {}  # of an inode: from where to where what was written later stays
for op, inode, offset, count, size, content, path, other in reversed(everything):
    if op == "S":
        synced.add(inode)
    elif op == "F":
        # What was written before it is lost, whichever sync came later; what was written after it is not.
        synced.discard(inode)
    elif op == "D":
        synced_folders.add(path.rstrip("/"))
    elif op in "WT":
        end = offset + count if op == "W" else 1 << 62
        if inode in synced or (chance and chance.random() < 0.5):
            kept.setdefault(inode, []).append((offset, end))
            continue
        found = names_of(inode, roots)
        if not found:
            continue
        with open(found, "r+b") as file:
            now = os.fstat(file.fileno()).st_size
            # Where the file ends is known from what stays; without that it is as it was.
            until = min(end, max(now, size)) if inode in kept else max(offset, size)
            old = content[: max(0, until - offset)]
            old += bytes(max(0, min(until, now) - offset - len(old)))
            place = offset
            for start, stop in sorted(kept.get(inode, [])) + [(1 << 62, 1 << 62)]:
                if place < min(start, offset + len(old)):
                    file.seek(place)
                    file.write(old[place - offset : min(start, offset + len(old)) - offset])
                place = max(place, stop)
            file.truncate(now if inode in kept else size)
        undone += 1
    else:
        folder = os.path.dirname(other or path)
        if folder in synced_folders or (chance and chance.random() < 0.5):
            continue
        if os.path.basename(path).endswith("-shm"):
            continue
        undone += 1
        if op == "C" and os.path.lexists(path):
            os.remove(path)
        elif op == "L" and os.path.lexists(other):
            os.remove(other)
        elif op == "M" and os.path.isdir(path):
            shutil.rmtree(path)
        elif op == "U" and inode and not os.path.lexists(path):
            put_back(path, inode, content, roots)
        elif op == "R" and os.path.lexists(other) and not os.path.lexists(path):
            os.rename(other, path)
            if inode:
                put_back(other, inode, content, roots)
for root in roots:
    for folder, _, files in os.walk(root):
        for name in files:
            if name.endswith("-shm"):
                os.remove(os.path.join(folder, name))
print(undone)
