"""An independent checker of holds: from an export of the ledger, the names of its actors, and the index as it is.

    holds.py EXPORT NAMES INDEX [LOG…]

NAMES is what `audit log --json` prints of every entry: who an actor is. It finds: an object destroyed while a hold covered it;
an object that an order reported as destroyed and that was not; a request that its author allowed, or that too few did; a hold
lifted without a request where two persons were needed; a hold that ended before it had cooled; an index whose holds are not
those of the entries."""
import datetime
import json
import sqlite3
import sys

export, names_file, index_file, logs = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]
entries = [json.loads(line) for line in open(export + "/entries.jsonl", "rb")]
lines = [json.loads(line) for line in open(names_file)]
name = {line["entry"]["actor"]["uid"]: (line["actor"], line["known"]) for line in lines}
problems = []
db = sqlite3.connect(f"file:{index_file}?mode=ro", uri=True)
# How a verification ended and when it was captured stands in the entries as a commitment. Of a case that is gone nobody knows it any
# more: then only what is known accuses.
exact = {(uid.hex(), number): (outcome and (outcome, code), since, until) for uid, number, outcome, code, since, until in db.execute(
    "SELECT cases.uid, number, outcome, result_code, captured_from, captured_until FROM verification "
    "JOIN cases ON cases.id = case_id")}


def time(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def milliseconds(text):
    return round(time(text).timestamp() * 1000)


def fits(clause, judged_only, facts, is_gone):
    """Whether a clause takes in what is known; what is not known fits, unless only what can be judged counts."""
    def known(value, test):
        return (not judged_only and not is_gone) if value is None else test(value)
    media, places, purpose, outcome, since, until, archived = facts
    if "media" in clause and media not in clause["media"]:
        return False
    if "purposes" in clause and not known(purpose, lambda value: value in clause["purposes"]):
        return False
    if "outcomes" in clause and not known(outcome, lambda words: any(word in clause["outcomes"] for word in words)):
        return False
    if "jurisdictions" in clause and not known(places or None, lambda found: any(
            place in clause["jurisdictions"] or place[:2] in clause["jurisdictions"] for place in found)):
        return False
    for member, value, test in (
            ("capturedFrom", until, lambda a, b: a >= b), ("capturedBefore", since, lambda a, b: a < b),
            ("archivedFrom", archived, lambda a, b: a >= b), ("archivedBefore", archived, lambda a, b: a < b)):
        if member in clause and not known(value, lambda found: test(found, milliseconds(clause[member]))):
            return False
    return True


cases, objects, holds, tokens, requests = {}, {}, {}, {}, {}
needs_two = False
destroyed_entries, destroyed_objects = set(), {}
counts = {"destroyed": 0, "placed": 0, "lifted": 0, "votes": 0, "ended": 0, "covers": 0}


def scope(entry, number):
    hold = holds.setdefault(entry["hold"], {"scopes": {}, "out": {}, "ended": False, "cooling": None})
    return hold["scopes"].setdefault(entry["revision"], {
        "entry": number, "form": "cases", "clauses": [], "judged": False, "cases": set(), "narrowed": None, "cooling": None,
        "ended": False})


def covers(hold, number, found, obj):
    """Whether one revision of a hold covers an object, or did at any time since both were there."""
    if found["ended"] or any(
            out["ended"] and out["revision"] > number for out in hold["out"].get(obj["case"], [])):
        return False
    if found["form"] == "everything" or obj["case"] in found["cases"]:
        return True
    start = max(found["entry"], obj["entry"])
    case = cases[obj["case"]]
    is_gone = (obj["case"], obj["verification"]) not in exact
    outcome, since, until = exact.get((obj["case"], obj["verification"]), (None, None, None))
    for place, (begin, places, purpose) in enumerate(case["facts"]):
        end = case["facts"][place + 1][0] if place + 1 < len(case["facts"]) else None
        if end is not None and end <= start:
            continue
        facts = (obj["media"], places, purpose, outcome, since, until, milliseconds(obj["archived"]))
        if any(fits(clause, found["judged"], facts, is_gone) for clause in found["clauses"]):
            return True
    return False


def binding(uid):
    obj = objects[uid]
    return {key for key, hold in holds.items() if not hold["ended"] and any(
        covers(hold, number, found, obj) for number, found in hold["scopes"].items())}


def allowed(entry, verbs, number):
    """A guarded verb was allowed by enough others, or nobody had to."""
    if "request" not in entry:
        if needs_two:
            problems.append(f"entry {number}: {entry['kind']} by one person alone")
        return
    request = requests[entry["request"]]
    if request["verb"] not in verbs or len(request["approvals"]) < request["quorum"]:
        problems.append(f"entry {number}: {entry['kind']} that nobody, or too few, allowed")


for number, entry in enumerate(entries):
    kind, actor = entry["kind"], entry["actor"]["uid"]
    if kind == "case registered":
        cases[entry["case"]] = {"facts": [(number, entry["jurisdictions"], entry.get("purpose"))]}
    elif kind in ("case completed", "case corrected"):
        _, places, purpose = cases[entry["case"]]["facts"][-1]
        if "jurisdictions" in entry or "purpose" in entry:
            cases[entry["case"]]["facts"].append(
                (number, entry.get("jurisdictions", places), entry.get("purpose", purpose)))
    elif kind == "object archived":
        objects[entry["object"]] = {
            "case": entry["case"], "verification": entry["verification"], "media": entry["media"], "entry": number,
            "archived": entry["time"]}
    elif kind == "object destroyed":
        counts["destroyed"] += 1
        bound = binding(entry["object"])
        if bound:
            problems.append(f"entry {number}: object {entry['object']} was destroyed while held by {sorted(bound)}")
        destroyed_entries.add(number)
        destroyed_objects[entry["object"]] = number
        del objects[entry["object"]]
    elif kind == "case destroyed":
        destroyed_entries.add(number)
    elif kind == "access opened":
        for uid in entry["objects"]:
            if uid in destroyed_objects:
                problems.append(f"entry {number}: object {uid} was read after it was destroyed")
    elif kind == "hold covers":
        counts["covers"] += 1
        scope(entry, number)["cases"] |= set(entry["cases"])
    elif kind == "hold expects":
        scope(entry, number)
    elif kind == "hold placed":
        counts["placed"] += 1
        if entry["form"] != "review":
            found = scope(entry, number)
            found["form"], found["clauses"], found["judged"] = entry["form"], entry.get("clauses", []), entry.get("judgedOnly", False)
    elif kind == "hold narrowed":
        counts["lifted"] += 1
        allowed(entry, ("hold narrow",), number)
        hold = holds[entry["hold"]]
        for uid in entry.get("cases", []):
            hold["out"].setdefault(uid, []).append(
                {"revision": entry["revision"], "cooling": entry["coolingUntil"], "ended": False})
        if "scope" in entry:
            hold["scopes"][entry["scope"]].update(narrowed=entry["revision"], cooling=entry["coolingUntil"])
    elif kind == "hold released":
        counts["lifted"] += 1
        allowed(entry, ("hold release",), number)
        holds[entry["hold"]]["cooling"] = entry["coolingUntil"]
    elif kind == "hold ended":
        counts["ended"] += 1
        hold, early = holds[entry["hold"]], False
        if entry["cause"] == "narrowed":
            for found in hold["scopes"].values():
                if found["narrowed"] == entry["revision"]:
                    early |= time(found["cooling"]) > time(entry["time"])
                    found["ended"] = True
            for outs in hold["out"].values():
                for out in outs:
                    if out["revision"] == entry["revision"]:
                        early |= time(out["cooling"]) > time(entry["time"])
                        out["ended"] = True
        else:
            early = entry["cause"] == "released" and (hold["cooling"] is None or time(hold["cooling"]) > time(entry["time"]))
            hold["ended"] = True
        if early:
            problems.append(f"entry {number}: a hold ended before it had cooled")
    elif kind == "token created":
        tokens[entry["token"]] = {"holder": entry["holder"], "roles": set(entry["roles"]), "maker": actor, "revoked": False}
        approving = {token["holder"] for token in tokens.values() if token["roles"] & {"approver", "legal", "privacy"}
                     and not token["revoked"]}
        needs_two |= len(approving) >= 2
    elif kind == "token revoked":
        tokens[entry["token"]]["revoked"] = True
    elif kind == "request made":
        requests[entry["request"]] = {
            "verb": entry["verb"], "author": actor, "quorum": entry["quorum"], "roles": set(entry["roles"]),
            "approvals": set(), "expires": entry["expires"]}
    elif kind == "vote cast":
        counts["votes"] += 1
        request, token = requests[entry["request"]], tokens[entry["token"]]
        who, author = name[actor][0].casefold(), name[request["author"]][0].casefold()
        if who == author or name[token["maker"]][0].casefold() == author:
            problems.append(f"entry {number}: request {entry['request']} was voted on by its author, or by the author's making")
        if token["holder"] != actor or token["revoked"] or not token["roles"] & request["roles"]:
            problems.append(f"entry {number}: a vote by a token that does not decide")
        if time(entry["time"]) >= time(request["expires"]):
            problems.append(f"entry {number}: a vote on a request that had expired")
        if entry["vote"] == "approve":
            request["approvals"].add(who)

# What orders said was destroyed before them.
for log in logs:
    for text in open(log):
        try:
            line = json.loads(text)
        except ValueError:
            continue  # a killed worker's last line
        if line.get("integrity"):
            problems.append(f"a worker met an index that does not fit: {text.strip()}")
        for number in line.get("destroyedBefore", "").split():
            if int(number) not in destroyed_entries or (line["entry"] and int(number) >= int(line["entry"])):
                problems.append(f"an order called entry {number} a destruction before it")

# The index as it is: which holds bind which objects, by its own tables.
there = {row[0].hex(): row[1] for row in db.execute("SELECT uid, id FROM object")}
if set(there) != set(objects):
    problems.append("the index has other objects than the entries leave")
bound = {uid: set() for uid in there}
for uid, hold in db.execute(
        "SELECT object.uid, hold.uid FROM hold_binding JOIN object ON object.id = object_id "
        "JOIN hold_scope ON hold_scope.id = scope_id JOIN hold ON hold.id = hold_scope.hold_id"):
    bound[uid.hex()].add(hold.hex())
for uid in sorted(set(there) & set(objects)):
    expected = binding(uid)
    if bound[uid] != expected:
        problems.append(f"object {uid}: the index has holds {sorted(bound[uid])}, the entries say {sorted(expected)}")

for problem in problems[:20]:
    print(problem)
print(json.dumps({"entries": len(entries), "problems": len(problems), "held": sum(1 for uid in objects if binding(uid)), "objects": len(objects), **counts}))
sys.exit(1 if problems else 0)
