"""Makes padding.json: lengths and what they are padded to, by the rule Padmé, with whole numbers alone."""
import json
import random


def padded(length):
    if length < 2:
        return length
    exponent = length.bit_length() - 1
    low = exponent - exponent.bit_length()
    return length if low <= 0 else -(-length // 2**low) * 2**low


chance = random.Random(7)
lengths = list(range(20)) + [63, 64, 65, 100, 255, 256, 257, 1000, 1023, 1024, 1025, 4095, 4096, 4097, 65535, 65536,
                             65537, 1048575, 1048577, 10**6, 12345678, 10**9, 2**40 - 1, 2**40 + 1]
lengths += [chance.randrange(1 << chance.randrange(1, 45)) for _ in range(60)]
print(json.dumps([[length, padded(length)] for length in lengths]).replace("], [", "],\n["))
