"""Manual pages (mdoc) from what the program says of its commands."""

import json
import pathlib
import re
import subprocess
import sys
import textwrap

OUT = pathlib.Path(sys.argv[1])
EXITS = [
    (0, "Done."), (1, "Failed; nothing was changed."), (2, "Refused, or waiting for a second person."), (3, "Not found."),
    (4, "Stored bytes, keys, index or ledger do not fit together."), (5, "Partly done, or not finished yet."),
    (6, "It is not known whether it was done."), (64, "Wrong usage, or a value that cannot be read."),
]
VARIABLES = [
    ("STRONGROOM_ARCHIVE", "The archive's directory."), ("STRONGROOM_CONFIG", "Its configuration on this machine."),
    ("STRONGROOM_ROOT_KEY_FILE", "The root key file."),
    ("STRONGROOM_PASSPHRASE_FILE", "A file whose first line is the passphrase, instead."),
    ("STRONGROOM_ACTOR", "Who acts."), ("STRONGROOM_TOKEN", "A personal token, which says who acts."),
    ("TENCENTCLOUD_SECRET_ID", "With TENCENTCLOUD_SECRET_KEY, the vendor's credentials."),
    ("NO_COLOR", "Where it is set, nothing is coloured."),
]


def text(words):
    """Text of a page: what mdoc would read as its own is escaped, and each sentence begins a line."""
    words = re.sub(r"\s+", " ", words or "").strip()
    words = words.replace("\\", "\\e").replace(" · ", ", ").replace("…", "...")
    lines = re.sub(r"([\w)\"'][.:?]) (?=\S)", "\\1\n", words).split("\n")
    lines = [part for line in lines for part in textwrap.wrap(line, 78, break_long_words=False, break_on_hyphens=False)]
    return "\n".join("\\&" + line if line[:1] in (".", "'") else line for line in lines)


def flags(argument):
    """The long name of an option, with what it takes."""
    names = [name["name"] for name in argument.get("names") or [] if name["kind"] != "short"]
    return names[0] if names else None


def usage(argument):
    value = argument.get("valueName", "value")
    name = flags(argument)
    word = f"Fl \\-{name}" + (f" Ar {value}" if argument["kind"] == "option" else "") if name else f"Ar {value}"
    more = " ..." if argument.get("isRepeating") else ""
    return f".Op {word}{more}" if argument.get("isOptional") else f".{word}{more}"


def page(words, command, date):
    name = "-".join(words)
    arguments = [one for one in command.get("arguments", []) if one.get("shouldDisplay", True)]
    lines = [
        f".Dd {date}", f".Dt {name.upper()} 1", ".Os", ".Sh NAME", f".Nm {name}",
        f".Nd {(command.get('abstract') or '').rstrip('.').lower()[:1] + (command.get('abstract') or '').rstrip('.')[1:]}",
        ".Sh SYNOPSIS", f".Nm {' '.join(words)}",
    ]
    below = [one for one in command.get("subcommands", []) if one["commandName"] != "help"]
    lines += [".Ar command ..."] if below else [usage(one) for one in arguments if flags(one) not in ("help", "version")]
    lines += [".Sh DESCRIPTION", text((command.get("abstract") or "") + " " + (command.get("discussion") or ""))]
    if below:
        lines += [".Pp", "The commands:", ".Bl -tag -width indent"]
        for one in below:
            lines += [f".It Cm {one['commandName']}", text(one.get("abstract"))]
        lines += [".El", ".Pp", f"Each has a page of its own, called like {name}-{below[0]['commandName']}."]
    elif arguments:
        lines += [".Pp", "The options:", ".Bl -tag -width indent"]
        for one in arguments:
            value = one.get("valueName", "value")
            option = flags(one)
            head = f"Fl \\-{option}" + (f" Ar {value}" if one["kind"] == "option" else "") if option else f"Ar {value}"
            lines += [f".It {head}", text(one.get("abstract")) or "Show it."]
        lines += [".El"]
    if not below or len(words) == 1:
        lines += [".Sh ENVIRONMENT", ".Bl -tag -width indent"]
        for variable, says in VARIABLES:
            lines += [f".It Ev {variable}", text(says)]
        lines += [".El", ".Sh EXIT STATUS", ".Bl -tag -width indent"]
        for code, says in EXITS:
            lines += [f".It {code}", text(says)]
        lines += [".El"]
    (OUT / f"{name}.1").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for one in below:
        page(words + [one["commandName"]], one, date)


def main():
    for old in OUT.glob("*.1"):
        old.unlink()
    # The day of the last change, so that the same sources give the same pages.
    shown = subprocess.run(["git", "log", "-1", "--format=%cs"], capture_output=True, text=True, check=False).stdout.strip()
    year, month, day = (shown or "2026-01-01").split("-")
    months = "January February March April May June July August September October November December".split()
    page(["strongroom"], json.load(sys.stdin)["command"], f"{months[int(month) - 1]} {int(day)}, {year}")


main()
