"""What a team writes in an afternoon: decode, encrypt, write, index. One process, one file a medium, fsync.

    afternoon.py OUT-DIR ANSWER…
"""
import base64
import hashlib
import json
import os
import sqlite3
import sys

import nacl.secret
import nacl.utils

out, *answers = sys.argv[1:]
box = nacl.secret.Aead(nacl.utils.random(32))
index = sqlite3.connect(os.path.join(out, "index.sqlite"))
index.execute("CREATE TABLE media (answer TEXT, kind TEXT, sha256 TEXT, length INTEGER)")
for path in answers:
    with open(path) as file:
        response = json.load(file)["Response"]
    for kind in ("BestFrame", "Video", "ActionVideo"):
        if not response.get(kind):
            continue
        media = base64.b64decode(response[kind], validate=True)
        sealed = bytes(box.encrypt(media))
        name = hashlib.sha256(sealed).hexdigest()
        with open(os.path.join(out, name), "wb") as file:
            file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
        index.execute("INSERT INTO media VALUES (?, ?, ?, ?)", (path, kind, name, len(media)))
    index.commit()
