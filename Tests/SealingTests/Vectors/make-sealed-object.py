"""Makes sealed-object.json with PyNaCl and hashlib, from the format's page alone.

    python3 make-sealed-object.py > sealed-object.json
"""
import hashlib
import json
import struct

import nacl.bindings as sodium

CHUNK = 65536


def subkey(key, number):
    # crypto_kdf_derive_from_key: BLAKE2b with the number as salt and the context as personalization.
    return hashlib.blake2b(b"", digest_size=32, key=key, salt=struct.pack("<QQ", number, 0),
                           person=b"strongrm" + bytes(8)).digest()


def plaintext(length):
    return bytes((i * 7 + i // 256) % 256 for i in range(length))


def seal(key, prefix, text):
    front = b"\x89SRM\r\n\x1a\n" + bytes([1, 1]) + bytes(6) + prefix
    commitment = hashlib.blake2b(front, digest_size=32, key=subkey(key, 1)).digest()
    chunks = [text[i:i + CHUNK] for i in range(0, len(text), CHUNK)] or [b""]
    out = front + commitment
    for index, chunk in enumerate(chunks):
        nonce = prefix + index.to_bytes(7, "big") + bytes([index == len(chunks) - 1])
        out += sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(chunk, commitment, nonce, subkey(key, 2))
    return out


good = []
for name, length in [("empty", 0), ("one byte", 1), ("short", 1000), ("one less than a chunk", 65535),
                     ("one chunk", 65536), ("one more than a chunk", 65537), ("two chunks", 131072),
                     ("three chunks and a bit", 200000)]:
    key = hashlib.sha256(b"key " + name.encode()).digest()
    prefix = hashlib.sha256(b"prefix " + name.encode()).digest()[:16]
    sealed = seal(key, prefix, plaintext(length))
    good.append({"name": name, "objectKey": key.hex(), "noncePrefix": prefix.hex(), "plaintextLength": length,
                 "sealedSHA256": hashlib.sha256(sealed).hexdigest(), "sealedHead": sealed[:144].hex()})

bits = "three chunks and a bit"
bad = [
    {"name": "other magic", "of": "short", "set": {"0": 0x88}, "error": "not a sealed object"},
    {"name": "line endings translated", "of": "short", "set": {"4": 0x0A}, "error": "not a sealed object"},
    {"name": "version 2", "of": "short", "set": {"8": 2}, "error": "sealed in version 2"},
    {"name": "suite 2", "of": "short", "set": {"9": 2}, "error": "suite 2;"},
    {"name": "first reserved byte", "of": "short", "set": {"10": 1}, "error": "reserved bytes"},
    {"name": "last reserved byte", "of": "short", "set": {"15": 0x80}, "error": "reserved bytes"},
    {"name": "nonce prefix", "of": "short", "set": {"16": 0}, "error": "does not fit the object's key"},
    {"name": "commitment", "of": "short", "set": {"63": 0}, "error": "does not fit the object's key"},
    {"name": "first byte of a chunk", "of": bits, "set": {"64": 0}, "error": "chunk 0 was altered"},
    {"name": "middle chunk", "of": bits, "set": {"70000": 0}, "error": "chunk 1 was altered"},
    {"name": "a tag", "of": "one byte", "set": {"80": 0}, "error": "chunk 0 was altered"},
    {"name": "chunks exchanged", "of": bits, "swapChunks": [0, 1], "error": "chunk 0 was altered"},
    {"name": "last chunk dropped", "of": bits, "cutTo": 64 + 3 * 65552, "error": "chunk 2 was altered"},
    {"name": "cut inside a chunk", "of": bits, "cutTo": 150000, "error": "chunk 2 was altered"},
    {"name": "cut inside a tag", "of": bits, "cutTo": 64 + 65552 + 10, "error": "cannot be a sealed object"},
    {"name": "cut behind the header", "of": "short", "cutTo": 64, "error": "cannot be a sealed object"},
    {"name": "cut inside the header", "of": "short", "cutTo": 40, "error": "cannot be a sealed object"},
    {"name": "nothing", "of": "short", "cutTo": 0, "error": "cannot be a sealed object"},
    {"name": "a byte more", "of": "short", "append": "00", "error": "chunk 0 was altered"},
    {"name": "an empty last chunk more", "of": "one chunk", "append": "00" * 16, "error": "cannot be a sealed object"},
    {"name": "another length in the index", "of": "short", "expectedLength": 999, "error": "holds 1000 bytes where the index says 999"},
]
print(json.dumps({"good": good, "bad": bad}, indent=1))
