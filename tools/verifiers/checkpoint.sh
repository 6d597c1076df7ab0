#!/usr/bin/env bash
# Checks the signature of a checkpoint with openssl alone.
#
#     checkpoint.sh KEY CHECKPOINT
set -euo pipefail
key=$1
note=$2
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT

# NAME+KEYID+BASE64(01 ‖ public key), as the DER that openssl reads.
name=${key%%+*}
rest=${key#*+}
{
    printf '\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00'
    base64 -d <<<"${rest#*+}" | tail -c +2
} >"$work/key.der"

# The text is all before the empty line; the line of the key's name holds BASE64(key ID ‖ signature).
sed '/^$/,$d' "$note" >"$work/text"
[ "$(head -n 1 "$work/text")" = "$name" ] || { echo "refused: of another ledger" >&2; exit 1; }
sed -n "/^$/,\$s|^— $name ||p" "$note" | head -n 1 | base64 -d | tail -c +5 >"$work/signature"
openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey "$work/key.der" -in "$work/text" -sigfile "$work/signature"
