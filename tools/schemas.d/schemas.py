"""JSON Schemas (2020-12) of the documents that the program prints, from the Swift types that it encodes."""

import json
import pathlib
import re
import sys

FOLDER = pathlib.Path("Sources/strongroom/strongroom.docc/Schemas")

# What a command prints: a type, or several that it is one of; `lines` where each line is a document. A command that
# waits for a second person prints the request; every command that fails prints a failure.
GUARDED = "RequestSummary"
COMMANDS = {
    "init": ["InitializeCommand.Report"],
    "pull": {"lines": ["ReportLine"]},
    "import": {"lines": ["ReportLine"]},
    "retrieve": {"lines": ["RetrievalReport"]},
    "status": ["ArchiveStatus", "ConditionReport"],
    "verify": ["StoreReport"],
    "explain": ["Explanation", "[ConflictClass]"],
    "case list": {"lines": ["CaseSummary"]},
    "case show": ["CaseDetails"],
    "case event": {"lines": ["RecordedEvent", "[RecordedEvent]", "ReportLine"]},
    "case correct": ["CorrectedCase"],
    "case confirm": {"lines": ["ConfirmedDue"]},
    "case reopen": ["CaseReopenCommand.Document"],
    "case reread": {"lines": ["ReportLine"]},
    "policy new": ["PolicyNewCommand.Document"],
    "policy check": ["[PolicyCheckCommand.Line]"],
    "policy test": ["PolicyTestCommand.Result"],
    "policy simulate": ["PolicyImpact"],
    "policy activate": ["PolicyImpact", GUARDED],
    "policy retire": ["PolicyImpact", GUARDED],
    "policy resolve": ["ResolvedConflict", GUARDED],
    "policy list": ["[PolicySummary]"],
    "policy show": ["PolicySummary"],
    "policy terms": ["TermsReport"],
    "policy refresh": ["PolicyRefreshCommand.Document"],
    "purge plan": ["PurgePlanSummary"],
    "purge apply": ["PurgeReport", GUARDED],
    "purge run": ["PurgeReport", GUARDED],
    "purge certificate": ["CertificateSummary"],
    "purge backstop": ["EntryDocument", GUARDED],
    "purge compact": ["Compaction"],
    "hold place": ["HoldAnswer", GUARDED],
    "hold extend": ["HoldAnswer", GUARDED],
    "hold narrow": ["HoldChange", GUARDED],
    "hold release": ["HoldChange", GUARDED],
    "hold withdraw": ["HoldChange", GUARDED],
    "hold list": ["[HoldSummary]"],
    "hold show": ["HoldSummary"],
    "hold report": ["HoldReport"],
    "hold notice": ["HoldNoticeCommand.Letter"],
    "hold acknowledge": ["EntryDocument"],
    "requests list": ["[RequestSummary]"],
    "requests show": ["RequestSummary"],
    "approve": ["VoteReport"],
    "deny": ["VoteReport"],
    "token create": ["TokenCreateCommand.Report", GUARDED],
    "token list": ["[TokenSummary]"],
    "token revoke": ["TokenSummary", GUARDED],
    "token single-person": [GUARDED],
    "settings show": ["[LoosenedSetting]"],
    "settings apply": ["EntryDocument", GUARDED],
    "keys copy": ["KeysCopyCommand.Report"],
    "clock accept": ["ClockStatus", GUARDED],
    "audit log": {"lines": ["LedgerLine"]},
    "audit checkpoint": ["AuditCheckpointCommand.Document"],
    "audit export": ["LedgerExport"],
    "audit prove": ["LedgerExport"],
    "audit verify": ["EvidenceCheck"],
    "audit reconcile": ["Reconciliation"],
    "audit accept-fork": ["ForkReport"],
}

TIME = {"type": "string", "format": "date-time", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"}
KNOWN = {
    "String": {"type": "string"},
    "Bool": {"type": "boolean"},
    "Int": {"type": "integer"},
    "Int32": {"type": "integer"},
    "UInt8": {"type": "integer", "minimum": 0},
    "UInt32": {"type": "integer", "minimum": 0},
    "UInt64": {"type": "integer", "minimum": 0},
    "Double": {"type": "number"},
    "TimeInterval": {"type": "number"},
    # An entry of the ledger: the page Entries of the Ledger target says what is in it.
    "CanonicalJSON": {"type": "object"},
    "Date": TIME,
    "DayOrTime": {"anyOf": [{"type": "string", "format": "date", "pattern": r"^\d{4}-\d\d-\d\d$"}, TIME]},
}


class Sources:
    """The structs and enums of the sources, by their qualified names."""

    def __init__(self):
        self.structs, self.enums = {}, {}
        for path in sorted(pathlib.Path("Sources").rglob("*.swift")):
            self.read(path.read_text(encoding="utf-8").split("\n"))

    def read(self, lines):
        scopes, depth, comment, begun = [], 0, [], ""
        for line in lines:
            text = begun + line.strip()
            # A list of cases may go on.
            begun = text + " " if text.startswith("case ") and text.endswith(",") else ""
            if begun:
                continue
            if text.startswith("///"):
                comment.append(text[3:].strip())
                continue
            opening = re.match(
                r"(?:@\w+(?:\([^)]*\))? )*(?:(?:public|package|private|fileprivate|indirect|final) )*"
                r"(struct|enum|extension|class)\s+([\w.]+)([^{]*)\{", text)
            if opening:
                kind, name, bases = opening.groups()
                full = ".".join([scope[0] for scope in scopes] + [name])
                if kind == "struct":
                    self.structs.setdefault(full, {"says": " ".join(comment), "members": []})
                elif kind == "enum" and re.search(r":\s*(String|CodingKey)\b", bases):
                    self.enums.setdefault(full, [])
                scopes.append((name, depth, kind, full))
            elif scopes and depth == scopes[-1][1] + 1:
                full, kind = scopes[-1][3], scopes[-1][2]
                member = re.match(
                    r"(@OrNull )?(?:(?:public|package|internal|private|fileprivate)(?:\(set\))? )*(let|var) (\w+)"
                    r"(?:: ([^={]+?))?(?: = (.+?))?(\s*\{.*)?$", text)
                if member and kind == "struct" and full in self.structs and not member[6]:
                    optional, _, name, type_name, value, _ = member.groups()
                    self.structs[full]["members"].append(
                        (name, type_name or self.literal(value), bool(optional), " ".join(comment)))
                if kind == "enum" and full in self.enums and text.startswith("case "):
                    for case in text[5:].split(","):
                        name, _, value = case.partition("=")
                        word = name.strip().strip("`")
                        self.enums[full].append((word, value.strip().strip('"') or word))
            if not text.startswith(("@", "//")) or text.endswith("}"):
                comment = []
            bare = re.sub(r'"(\\.|[^"\\])*"', '""', text)
            depth += bare.count("{") - bare.count("}")
            while scopes and depth <= scopes[-1][1]:
                scopes.pop()

    @staticmethod
    def literal(value):
        if value is None:
            return None
        if re.fullmatch(r"\d+", value):
            return "Int"
        if value.startswith('"'):
            return "String"
        return {"true": "Bool", "false": "Bool"}.get(value, "Double" if re.fullmatch(r"[\d.]+", value) else value)

    def find(self, name, table, inside):
        parts = inside.split(".")
        for count in range(len(parts), -1, -1):
            full = ".".join(parts[:count] + [name])
            if full in table:
                return full
        return next((full for full in sorted(table) if full.endswith("." + name)), None)


class Writer:
    def __init__(self, sources):
        self.sources, self.definitions = sources, {}

    def schema(self, name, inside=""):
        name = name.strip()
        if name.endswith("?"):
            return {"anyOf": [self.schema(name[:-1], inside), {"type": "null"}]}
        pair = re.fullmatch(r"\[\s*([\w.]+)\s*:\s*(.+)\]", name)
        if pair:
            return {"type": "object", "additionalProperties": self.schema(pair[2], inside)}
        if name.startswith("["):
            return {"type": "array", "items": self.schema(name[1:-1], inside)}
        if name in KNOWN:
            return dict(KNOWN[name])
        enum = self.sources.find(name, self.sources.enums, inside)
        if enum:
            return {"type": "string", "enum": [value for _, value in self.sources.enums[enum]]}
        struct = self.sources.find(name, self.sources.structs, inside)
        if not struct or not self.sources.structs[struct]["members"]:
            sys.exit(f"{name} in {inside}: not known how it is written")
        if struct not in self.definitions:
            self.definitions[struct] = {}
            self.definitions[struct] = self.object(struct)
        return {"$ref": f"#/$defs/{struct}"}

    def object(self, struct):
        found = self.sources.structs[struct]
        properties, required = {}, []
        # Where the type says which members it writes, and how they are called, that counts.
        keys = dict(self.sources.enums.get(struct + ".CodingKeys", [(member[0], member[0]) for member in found["members"]]))
        for name, type_name, or_null, says in found["members"]:
            if name not in keys:
                continue
            name = keys[name]
            member = self.schema(type_name, struct)
            if or_null or not type_name.endswith("?"):
                required.append(name)
            if says:
                member["description"] = says
            properties[name] = member
        result = {"type": "object", "properties": properties, "required": sorted(required), "additionalProperties": False}
        return {"description": found["says"], **result} if found["says"] else result


def documents(sources):
    for command, printed in COMMANDS.items():
        lines = isinstance(printed, dict)
        types = (printed["lines"] if lines else printed) + ["FailureDocument"]
        writer = Writer(sources)
        choices = [writer.schema(name) for name in types]
        yield command.replace(" ", "-") + ".json", {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": f"strongroom {command} --json" + (", each line" if lines else ""),
            "anyOf": choices,
            "$defs": dict(sorted(writer.definitions.items())),
        }


def main():
    check = sys.argv[1:] == ["--check"]
    FOLDER.mkdir(exist_ok=True)
    written = set()
    for name, schema in documents(Sources()):
        written.add(name)
        path = FOLDER / name
        text = json.dumps(schema, indent=1, ensure_ascii=False) + "\n"
        if check and (not path.exists() or path.read_text(encoding="utf-8") != text):
            sys.exit(f"{path} is not what the sources say: run tools/schemas")
        if not check:
            path.write_text(text, encoding="utf-8")
    for path in FOLDER.iterdir():
        if path.name not in written:
            if check:
                sys.exit(f"{path}: no command prints it")
            path.unlink()


main()
