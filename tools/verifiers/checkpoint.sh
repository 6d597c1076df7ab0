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

# The text is all before the last empty line; the line of the key's name holds BASE64(key ID ‖ signature).
gap=$(grep -n '^$' "$note" | tail -n 1 | cut -d: -f1)
head -n $((gap - 1)) "$note" >"$work/text"
[ "$(head -n 1 "$work/text")" = "$name" ] || { echo "refused: of another ledger" >&2; exit 1; }
id=${rest%%+*}
found=
while read -r dash signer value; do
    [ "$dash" = '—' ] && [ "$signer" = "$name" ] || continue
    base64 -d <<<"$value" >"$work/line"
    [ "$(head -c 4 "$work/line" | od -An -tx1 | tr -d ' \n')" = "$id" ] || continue
    found=yes
    tail -c +5 "$work/line" >"$work/signature"
    openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey "$work/key.der" -in "$work/text" -sigfile "$work/signature"
done < <(tail -n +$((gap + 1)) "$note")
[ -n "$found" ] || { echo "refused: no signature by this key" >&2; exit 1; }
