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
import os
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
    return f"{head.size} entries fit the signed checkpoint"


def bag(folder, key):
    head = checkpoint(read(folder, "checkpoint"), key)
    proofs = glob.glob(os.path.join(folder, "custody", "*.tlog-proof"))
    for file in proofs:
        name = file.removesuffix(".tlog-proof")
        index, tree = inclusion(file, name + ".json", key)
        if str(index) != os.path.basename(name) or tree != head:
            raise ValueError(file + " is about another entry, or another checkpoint")
    if not proofs:
        raise ValueError("no proofs")
    return f"{len(proofs)} entries are in the ledger"


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
