#!/usr/bin/env python3
"""Checks a ledger with tlog-scales and pymerkle (PyPI).

    ledger.py KEY DIR                            an export, a published directory, a bag, or a certificate
    ledger.py KEY --proof FILE --entry FILE      that an entry is in the ledger
    ledger.py KEY --consistency FILE --since FILE
"""
import argparse
import base64
import glob
import hashlib
import json
import os
import re
import sys
import warnings

import pymerkle
from tlog_scales.signing import Vkey
from tlog_scales.tlog import Checkpoint, ConsistencyProof, InclusionProof

warnings.simplefilter("ignore", DeprecationWarning)


def read(*path):
    with open(os.path.join(*path), "rb") as file:
        return file.read()


def checkpoint(message, key):
    head = Checkpoint.from_text(message.decode())
    head.verify(key)
    if head.origin != key.name or head.serialize().encode() != message:
        raise ValueError("not a checkpoint of " + key.name)
    return head


def decode(line):
    value = base64.b64decode(line, validate=True)
    if base64.b64encode(value).decode() != line:
        raise ValueError("Base64 that is not in its one form")
    return value


def proof(content, heads):
    front, message = content.split(b"\n\n", 1)
    lines = front.decode().split("\n")
    return lines[:heads], [decode(line) for line in lines[heads:]], message


def inclusion(file, entry, key):
    heads, hashes, message = proof(read(file), 2)
    if heads[0] != "c2sp.org/tlog-proof@v1" or not heads[1].startswith("index "):
        raise ValueError("not a tlog-proof")
    head, index = checkpoint(message, key), int(heads[1][6:])
    InclusionProof(index, head.size, hashes).check(hashlib.sha256(b"\0" + read(entry)).digest(), head.root_hash)
    return index, head


def export(folder, key):
    head = checkpoint(read(folder, "checkpoint"), key)
    content = read(folder, "entries.jsonl")
    if content and not content.endswith(b"\n"):
        raise ValueError("the last line has no end")
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    for line in content.split(b"\n")[:-1]:
        tree.append_entry(line)
    if tree.get_size() != head.size or tree.get_state() != head.root_hash:
        raise ValueError("the entries are not those that the checkpoint signs")
    strands = Strands()
    for line in content.split(b"\n")[:-1]:
        strands.apply(json.loads(line))
    if not strands.is_closed:
        raise ValueError("the ledger does not end with its strands")
    return f"{head.size} entries fit the signed checkpoint, and their {len(strands.ends)} strands what they say"


def digest(prefix, *parts):
    return hashlib.sha256(bytes([prefix]) + b"".join(parts)).digest()


def name_of(entry):
    """The strand that an entry stands in."""
    return entry["strand"] if "strand" in entry else entry["case"]


def strand_leaf(name, place, number):
    text = name.encode()
    return digest(2, bytes([len(text)]), text, place.to_bytes(8, "big"), number.to_bytes(8, "big"))


class Strands:
    """The entries about one thing, in their order, by all entries of a ledger."""

    def __init__(self):
        # A dictionary keeps its order: the archive's own strands, then cases as they came.
        self.ends = {name: (0, 0) for name in ["rules", "holds", "people", "work"]}
        self.places = {name: place for place, name in enumerate(self.ends)}
        self.grown = dict.fromkeys(self.ends)
        self.levels = [[]]
        self.number = 0
        self.is_closed = False

    def root(self):
        """Only what is above the strands that grew since the last time is hashed again."""
        changed = set()
        for name in self.grown:
            place, end = self.places[name], strand_leaf(name, *self.ends[name])
            self.levels[0][place:place + 1] = [end]
            changed.add(place // 16)
        self.grown.clear()
        level = 0
        while True:
            below = self.levels[level]
            if level + 1 == len(self.levels):
                self.levels.append([])
            above = self.levels[level + 1]
            for place in sorted(changed):
                above[place:place + 1] = [digest(3, *below[place * 16:place * 16 + 16])]
            if len(below) <= 16:
                return above[0]
            # A level that is new holds all that is below it.
            if len(above) * 16 < len(below):
                above[:] = [digest(3, *below[place:place + 16]) for place in range(0, len(below), 16)]
                changed = set(range(len(above)))
            changed = {place // 16 for place in changed}
            level += 1

    def apply(self, entry):
        name, number = name_of(entry), self.number
        self.is_closed = entry["kind"] == "strands"
        if self.is_closed and (entry["count"], entry["root"]) != (len(self.ends), self.root().hex()):
            raise ValueError(f"entry {number}: the strands before it come to another root")
        if (name not in self.ends) != (entry["kind"] == "case registered"):
            raise ValueError(f"entry {number}: a case begins with its registration, and once")
        place, last = self.ends.get(name, (0, 0))
        if entry["place"] != place + 1 or entry.get("after") != (last if place else None):
            raise ValueError(f"entry {number}: its place in the strand {name} is another")
        self.places.setdefault(name, len(self.places))
        self.ends[name] = (place + 1, number)
        self.grown[name] = None
        self.number += 1


def strand_proof(folder, head, entries, case):
    """That the entries about a case in a folder are all there are."""
    closing = entries.get(head.size - 1, {})
    if closing.get("kind") != "strands":
        raise ValueError("the last entry of the checkpoint does not close the strands")
    lines = read(folder, "custody", "case.strand-proof").decode().split("\n")
    values = [line.split(" ")[1] for line in lines[1:6]]
    if lines[0] != "strongroom/strand-proof@v1" or lines[-1] or lines[1:6] != [
            f"{word} {value}" for word, value in zip(["strand", "place", "number", "leaf", "count"], values)]:
        raise ValueError("it is not the proof of a strand")
    name, (place, number, leaf, count) = values[0], map(int, values[1:])
    if name != case or re.fullmatch("[0-9a-f]{32}", name) is None or place < 1 or number not in entries:
        raise ValueError("it is not the proof of the case")
    levels = [[decode(child) for child in line.split(" ")] for line in lines[6:-1]]
    hash, index, width = strand_leaf(name, place, number), leaf, count
    for children in levels:
        if len(children) != min(16, width - index // 16 * 16) or children[index % 16] != hash:
            raise ValueError("the proof does not lead from the strand to its root")
        hash, index, width = digest(3, *children), index // 16, (width + 15) // 16
    if width != 1 or leaf >= count or (count, hash.hex()) != (closing["count"], closing["root"]):
        raise ValueError("the proof does not lead to the root of the strands")
    end = (0, None)
    for own in sorted(number for number, entry in entries.items() if name_of(entry) == name):
        if (entries[own]["place"], entries[own].get("after")) != (end[0] + 1, end[1]):
            raise ValueError(f"entries about the case are missing before entry {own}")
        end = (end[0] + 1, own)
    if end != (place, number):
        raise ValueError("entries about the case are missing")


def bag(folder, key):
    head = checkpoint(read(folder, "checkpoint"), key)
    proofs = glob.glob(os.path.join(folder, "custody", "*.tlog-proof"))
    entries = {}
    for file in proofs:
        name = file.removesuffix(".tlog-proof")
        index, tree = inclusion(file, name + ".json", key)
        if str(index) != os.path.basename(name) or tree != head:
            raise ValueError(file + " is about another entry, or another checkpoint")
        entries[index] = json.loads(read(name + ".json"))
    if not proofs:
        raise ValueError("no proofs")
    is_bag = os.path.exists(os.path.join(folder, "bagit.txt"))
    document = json.loads(read(folder, "custody.json" if is_bag else "certificate.json"))
    # The certificate of a run is about many cases: it proves what is in it, and no more.
    if not is_bag and document["form"] == "run":
        return f"{len(proofs)} entries are in the ledger; that there are no others it does not show"
    strand_proof(folder, head, entries, document["caseUID"])
    return f"{len(proofs)} entries are in the ledger, and all that are about the case are there"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("key")
    parser.add_argument("folder", nargs="?")
    for name in ["proof", "entry", "consistency", "since"]:
        parser.add_argument("--" + name)
    options = parser.parse_args()
    try:
        key = Vkey.from_string(options.key)
        if options.proof:
            print(f"entry {inclusion(options.proof, options.entry, key)[0]} is in the ledger")
        elif options.consistency:
            heads, hashes, message = proof(read(options.consistency), 1)
            head, earlier = checkpoint(message, key), checkpoint(read(options.since), key)
            if heads[0] != f"old {earlier.size}":
                raise ValueError("the proof is about another checkpoint")
            ConsistencyProof(earlier.size, head.size, hashes).check(earlier.root_hash, head.root_hash)
            print(f"{head.size} entries extend {earlier.size}")
        elif os.path.isdir(os.path.join(options.folder, "custody")):
            print(bag(options.folder, key))
        else:
            print(export(options.folder, key))
    except Exception as error:
        print(f"refused: {type(error).__name__} {error}", file=sys.stderr)
        sys.exit(1)


main()
