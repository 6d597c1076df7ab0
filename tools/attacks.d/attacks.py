#!/usr/bin/env python3
"""Alters archives as somebody can who may write the index and every file of an archive, and has no key.

    attacks.py [--random N] [--only WORD]

Each alteration is played against a fresh copy of an archive with cases, policies, events of cases, holds, tokens and
destructions. Then the program is asked to destroy, to show and to hand out. It is right where it refuses, or where
nothing comes of the alteration and `audit reconcile` names it. It is wrong where something is destroyed that was to be
kept, where media comes back, where something untrue is shown with exit code 0, or where nobody notices.

`strongroom` and `faceid-simulator` are found by PATH.
"""
import argparse
import datetime
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile

POLICY = """policy: house
version: {version}
title: What the attacks are about
basis:
  - cite: nothing but these attacks
applies-to: {{ jurisdiction: [HK, SG] }}
events: {{ relationship-ended: once }}
rules:
  - name: evidence
    media: [best-frame, result]
    outcome: passed
    retain: {{ from: relationship-ended, at-least: P1Y, at-most: P18M }}
  - name: videos
    media: [video, action-video]
    outcome: passed
    retain: {{ from: captured, at-most: {videos} }}
  - name: failures
    outcome: failed
    retain: {{ from: captured, at-least: P10Y }}
"""

# The index's word, as the page *Threats* of `Vault` lists it: what no key vouches for, and no promise rests on.
UNVOUCHED = {
    # Counted for people.
    ("verification", "attempts"), ("verification", "last_problem"), ("verification", "last_asked_at"),
    ("archive", "refused_openings"), ("archive", "refused_first"), ("archive", "refused_last"),
    ("archive", "compacted_at"), ("archive", "hold_revision"), ("archive", "created_at"),
    # How far publication had come, where the place says the same.
    ("ledger_origin", "published"),
    # Which objects have the same bytes; and rows that only change their number.
    ("object", "content_tag"), ("object", "content_tag_key"), ("object", "id"), ("archive", "id"), ("hold", "id"), ("actor", "id"),
    # Hints, which make work go on, or be done again.
    ("verification", "deadline"), ("blob_removal", "noted_at"), ("object", "holds_seen"), ("hold_clause", "compiled_upto"),
    ("hold_clause", "compile_to"), ("archive", "standing_set"), ("object", "policy_set"),
    ("object", "changes_at"), ("object", "due_at"), ("hold_scope", "stale"),
}


def days_ago(days):
    return (datetime.date.today() - datetime.timedelta(days=days)).isoformat() + "T12:00:00Z"


class Archive:
    """A folder with an archive, its root key, what it published, and answers to import. It is put back again and again
    under the same name, because the published place is named by its path."""

    def __init__(self, folder):
        self.folder = os.path.join(folder, "place")
        self.kept = os.path.join(folder, "kept")
        os.mkdir(self.folder)
        self.path = os.path.join(self.folder, "archive")
        self.index = os.path.join(self.path, "index.sqlite")
        self.environment = dict(
            os.environ, STRONGROOM_ARCHIVE=self.path, STRONGROOM_ROOT_KEY_FILE=os.path.join(self.folder, "root.key"),
            XDG_STATE_HOME=os.path.join(self.folder, "state"),
            XDG_CONFIG_HOME=os.path.join(self.folder, "config"), STRONGROOM_ACTOR="operator")

    def run(self, *arguments, code=None):
        done = subprocess.run(["strongroom", *arguments], env=self.environment, capture_output=True)
        if code is not None and done.returncode != code:
            sys.exit(f"strongroom {' '.join(arguments)}: exit code {done.returncode}\n"
                     + (done.stdout + done.stderr).decode())
        return done

    def file(self, name, content):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(content)
        return path

    def load(self, case, token, captured, place):
        answer = subprocess.run(["faceid-simulator", "answer", token], check=True, capture_output=True).stdout
        path = self.file(case + ".json", answer)
        self.run("import", "--confirm", "--case", case, path, "--captured-at", captured, "--jurisdiction", place, "--subject",
                 "S-" + case, "--consent", "C-" + case, "--purpose", "onboarding", code=0)

    def activate(self, **values):
        path = self.file("house.yaml", POLICY.format(**values).encode())
        digest = json.loads(self.run("policy", "simulate", path, "--json", code=0).stdout)["digest"]
        self.run("policy", "activate", path, "--accept-impact", digest, code=0)

    def event(self, case, *options):
        done = self.run("case", "event", case, "relationship-ended", *options, "--json", code=0)
        return str(json.loads(done.stdout)["entry"])

    def keep(self):
        """From here on it can be put back."""
        with sqlite3.connect(self.index) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copytree(self.folder, self.kept, symlinks=True)

    def keep_index(self):
        self.older = os.path.join(os.path.dirname(self.kept), "older.sqlite")
        with sqlite3.connect(self.index) as database:
            database.execute("VACUUM INTO ?", (self.older,))

    def put_back(self):
        shutil.rmtree(self.folder)
        shutil.copytree(self.kept, self.folder, symlinks=True, ignore=shutil.ignore_patterns("reserve"))

    def open(self):
        """The index, with nothing in the way of who writes it: no trigger, no reference, no check."""
        database = sqlite3.connect(self.index, isolation_level=None)
        database.execute("PRAGMA foreign_keys = OFF")
        database.execute("PRAGMA ignore_check_constraints = ON")
        return database

    def alter(self, change):
        """Plays a change, and puts the triggers back as they were.

        Returns what SQLite said where it could not be done."""
        database = self.open()
        triggers = database.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        try:
            for name, _ in triggers:
                database.execute(f"DROP TRIGGER {name}")
            try:
                change(database)
            except (sqlite3.Error, OverflowError) as error:
                return str(error)
        finally:
            for _, statement in triggers:
                database.execute(statement)
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            database.close()
        return None

    def blobs(self):
        return {name for _, _, names in os.walk(os.path.join(self.path, "objects")) for name in names}


def prepare(folder):
    """The archive that all are copies of: what is destroyed next, what is kept by rules, and what by a hold."""
    archive = Archive(folder)
    archive.run("init", "--origin", "attacks.example.com/archive", code=0)
    archive.activate(version=1, videos="P3Y")
    for number in range(1, 9):
        old = number in (5, 6)
        archive.load(f"K-{number}", ("result=1004~" if number == 8 else "") + f"attack-{number}",
                     days_ago(1200 if old else 690), "HK" if number % 2 else "SG")
    # A success without media, whose time of capture and places were said wrong, and were put right.
    path = archive.file("K-9.json", b'{"Response":{"Result":"0","Description":"Success","RequestId":"r"}}')
    archive.run("import", "--confirm", "--case", "K-9", path, "--captured-at", days_ago(600), "--jurisdiction", "HK", code=5)
    archive.run("case", "correct", "K-9", "--captured-at", days_ago(690), "--jurisdiction", "SG", "--jurisdiction", "MY",
                "--reason", "attack", code=0)
    archive.run("case", "confirm", "K-9", "--reason", "attack", code=0)
    # K-1 is kept by its event; that of K-2 never happened, and that of K-3 was a mistake of years.
    archive.event("K-1", "--at", days_ago(300))
    archive.event("K-2", "--withdraw", archive.event("K-2", "--at", days_ago(600)))
    archive.event("K-3", "--correct", archive.event("K-3", "--at", days_ago(600)), "--at", days_ago(200))
    # Of K-5 a part goes, and K-6 goes as a whole.
    archive.event("K-6", "--at", days_ago(800))
    archive.run("purge", "run", code=0)
    archive.run("hold", "place", "--matter", "M-1", "--reason", "attack", "--review-by", "2040-01-01", "--case", "K-4",
                "--case", "K-unknown", code=0)
    archive.run("hold", "place", "--matter", "M-2", "--reason", "attack", "--review-by", "2040-01-01", "--where",
                "jurisdiction = SG and media in (video)", code=0)
    # What somebody may have kept of it.
    archive.keep_index()
    archive.activate(version=2, videos="P1Y")
    for name, role in [("ann", "legal"), ("ben", "approver")]:
        archive.run("token", "create", "--actor", name, "--role", role, "--reason", "attack", code=0)
    # An access that nobody has closed yet.
    archive.run("retrieve", "K-1", "--media", "video", "--range", "0-9", "--output", os.path.join(folder, "range"),
                "--reason", "attack", code=0)
    archive.keep()
    return archive


LOOKS = [["audit", "log", "--from-start", "--limit", "1000", "--json"], ["audit", "log", "--case", "K-1", "--json"]] + [
    ["policy", "list", "--json"], ["policy", "show", "house", "--version", "1", "--json"]] + [
    ["case", "show", f"K-{number}", "--json"] for number in (1, 2, 4, 5, 6, 8, 9)] + [
    ["explain", f"K-{number}", "--json"] for number in (1, 2, 3, 4, 5, 9)]


def looked(done):
    """What was shown, without the time at which it was."""
    if done.returncode:
        return (done.returncode, b"")
    try:
        shown = json.loads(done.stdout)
    except json.JSONDecodeError:
        # JSON lines.
        return (0, done.stdout)
    if isinstance(shown, dict):
        shown.pop("asOf", None)
    return (0, json.dumps(shown, sort_keys=True).encode())


def media(archive, case):
    done = archive.run("retrieve", case, "--media", "best-frame", "--output", "-", "--reason", "attack")
    return (done.returncode, done.stdout)


class Judge:
    """Knows what an archive does that nobody altered."""

    def __init__(self, archive):
        self.archive = archive
        self.shown = [looked(archive.run(*look)) for look in LOOKS]
        self.media = {case: media(archive, case) for case in ("K-1", "K-2", "K-4")}
        before = archive.blobs()
        archive.run("purge", "run", code=0)
        self.due = before - archive.blobs()
        self.before = before
        self.again = {case: self.bring_back(case) for case in ("K-6", "K-5")}
        archive.run("audit", "reconcile", code=0)
        if not self.due or any(code == 0 for code in self.again.values()) or any(code for code, _ in self.media.values()):
            sys.exit("the archive is not one to attack")

    def bring_back(self, case):
        """Imports again what was destroyed."""
        path = os.path.join(self.archive.folder, case + ".json")
        return self.archive.run("import", "--case", case + "-again", path, "--captured-at", days_ago(1), "--jurisdiction",
                                "HK", "--consent", "C", "--purpose", "onboarding").returncode

    def judge(self, isVouched=True, isWord=False):
        """What went wrong after an alteration: sentences. And whether anything refused, or named it.

        isVouched: what was altered is more than the index's word.
        isWord: some of it is the index's word, which is shown."""
        archive, wrong, noticed = self.archive, [], []
        lies = (0, 3)
        # An alteration may stop the archive; it may not make it lie.
        for look, expected in zip(LOOKS, self.shown):
            done = archive.run(*look)
            shown = looked(done)
            if shown == expected:
                continue
            if shown[0] in lies and isVouched and not isWord:
                wrong.append(f"{' '.join(look)} showed something else with exit code {shown[0]}")
            else:
                noticed.append(look[0])
        for case, expected in self.media.items():
            found = media(archive, case)
            if found != expected and found[0] in lies:
                wrong.append(f"retrieve {case} gave something else with exit code {found[0]}")
            elif found != expected:
                noticed.append("retrieve")
        # What cannot be written now is seen by who reconciles.
        reconciled = archive.run("audit", "reconcile")
        if reconciled.returncode:
            noticed.append("reconcile")
        elif isVouched:
            wrong.append("audit reconcile named nothing")
        if archive.run("purge", "run").returncode == 4:
            noticed.append("purge")
        gone = self.before - archive.blobs() - self.due
        if gone:
            wrong.append(f"{len(gone)} objects were destroyed that were to be kept")
        for case, expected in self.again.items():
            if self.bring_back(case) == 0:
                wrong.append(f"what was destroyed of {case} came back")
        return wrong, noticed


def names(database, table):
    return [row[1] for row in database.execute(f"PRAGMA table_info({table})")]


def columns(archive):
    """An alteration for each column of each table: of its first row and of its last, and to nothing."""
    database = archive.open()
    for table in sorted(tables_of(database)):
        keys = [row[1] for row in database.execute(f"PRAGMA table_info({table})") if row[5]]
        rows = database.execute(f"SELECT {', '.join(keys)} FROM {table} ORDER BY {', '.join(keys)}").fetchall()
        if not rows:
            continue
        where = " AND ".join(f"{key} IS ?" for key in keys)
        for column in names(database, table):
            vouched = (table, column) not in UNVOUCHED
            for place, row in {0: rows[0], len(rows) - 1: rows[-1]}.items():
                old = database.execute(f"SELECT {column} FROM {table} WHERE {where}", row).fetchone()[0]
                for new in {int: [0, 1 << 40, None], str: ["x", None], bytes: [None]}.get(type(old), [1]):
                    if new != old:
                        yield (f"{table}.{column} of row {place} becomes {new}", vouched, update(table, column, where, new, row))
                if isinstance(old, int):
                    yield (f"{table}.{column} of row {place} + 1", vouched, update(table, column, where, old + 1, row))
                if isinstance(old, bytes) and old:
                    flipped = old[:-1] + bytes([old[-1] ^ 1])
                    yield (f"{table}.{column} of row {place} with one bit flipped", vouched,
                           update(table, column, where, flipped, row))
                other = database.execute(
                    f"SELECT {column} FROM {table} WHERE {column} IS NOT ? LIMIT 1", (old,)).fetchone()
                if other:
                    yield (f"{table}.{column} of row {place} becomes another row's", vouched,
                           update(table, column, where, other[0], row))
    database.close()


def update(table, column, where, value, row):
    def change(database):
        changed = database.execute(f"UPDATE OR REPLACE {table} SET {column} = ? WHERE {where}", (value, *row)).rowcount
        if changed != 1:
            raise sqlite3.Error("no row was changed")
    return change


def rows(archive):
    """The first row, the last and all rows of each table deleted, and one doubled where its key allows it."""
    database = archive.open()
    for table in sorted(tables_of(database)):
        keys = [row[1] for row in database.execute(f"PRAGMA table_info({table})") if row[5]]
        found = database.execute(f"SELECT {', '.join(keys)} FROM {table} ORDER BY {', '.join(keys)}").fetchall()
        if not found:
            continue
        where = " AND ".join(f"{key} IS ?" for key in keys)
        vouched = table not in ("archive",)
        yield (f"the first row of {table} is deleted", True, statement(f"DELETE FROM {table} WHERE {where}", *found[0]))
        yield (f"the last row of {table} is deleted", True, statement(f"DELETE FROM {table} WHERE {where}", *found[-1]))
        yield (f"all rows of {table} are deleted", vouched, statement(f"DELETE FROM {table}"))
    database.close()


def statement(text, *values):
    def change(database):
        if database.execute(text, values).rowcount == 0:
            raise sqlite3.Error("no row was changed")
    return change


def script(*texts):
    def change(database):
        for text in texts:
            database.execute(text)
    return change


def named(archive):
    """Attacks that once worked, or that somebody thought of."""
    hidden = "UPDATE ledger_entry SET {} WHERE number = (SELECT max(number) FROM ledger_entry WHERE kind = '{}')"
    for kind in ["case event recorded", "hold placed", "hold covers", "configuration changed", "policy activated",
                 "token created", "actor introduced", "object archived", "object destroyed", "case destroyed",
                 "purge started", "verification ended", "strands"]:
        yield f"the newest '{kind}' gets another kind", True, statement(hidden.format("kind = 'archive verified'", kind))
        yield (f"the newest '{kind}' goes to another strand", True,
               statement(hidden.format("strand = CAST('work' AS BLOB)", kind)) if kind not in ("object destroyed", "strands", "purge started")
               else statement(hidden.format("strand = CAST('rules' AS BLOB)", kind)))
        yield (f"the newest '{kind}' is deleted, and those behind it move up", True, remove_entry(kind))
    yield "the withdrawal of an event is hidden with its row", True, script(
        hidden.format("kind = 'archive verified', strand = CAST('work' AS BLOB)", "case event recorded"),
        "DELETE FROM case_event WHERE withdraws IS NOT NULL")
    yield "the withdrawal is gone, ledger, row and all", True, forget_withdrawal
    yield "an event is invented", True, statement(
        "INSERT INTO case_event (entry, case_id, name, time) SELECT 3, id, 'relationship-ended', 1500000000000 FROM cases "
        "ORDER BY id DESC LIMIT 1")
    yield "everything is due by its standing", True, statement("UPDATE object SET status = 'due', due_at = 1, changes_at = NULL")
    yield "nothing is due by its standing", True, statement(
        "UPDATE object SET status = 'kept', due_at = NULL, changes_at = NULL")
    yield "every case was captured long ago", True, statement(
        "UPDATE verification SET captured_from = 1000000000000, captured_until = 1000000000000")
    yield "every result failed", True, statement("UPDATE verification SET outcome = 'failed', result_code = '1004'")
    yield "a result code is another", True, statement("UPDATE verification SET result_code = '9'")
    yield "an active policy has other rules", True, statement(
        "UPDATE policy_file SET text = replace(text, 'P1Y', 'P1D')")
    yield "an active policy has other rules and their digest", True, other_policy
    yield "an older policy is active again", True, statement("UPDATE policy_set_member SET version = 1 WHERE set_number = 2")
    yield "the newest set of policies is gone", True, script(
        "DELETE FROM policy_set_member WHERE set_number = 2", "DELETE FROM policy_set WHERE number = 2")
    yield "all holds are gone", True, script(*[f"DELETE FROM {table}" for table in [
        "hold_case", "hold_pin", "hold_clause_value", "hold_clause", "hold_expectation", "hold_scope", "hold"]])
    yield "all holds have ended", True, script(
        "UPDATE hold SET state = 'ended'", "UPDATE hold_scope SET state = 'ended'", "DELETE FROM hold_case",
        "DELETE FROM hold_pin")
    yield "a case is taken out of its hold", True, script(
        "INSERT INTO hold_exclusion SELECT hold.id, hold_case.case_id, 2, 'ended', 1 FROM hold, hold_case LIMIT 1",
        "DELETE FROM hold_case")
    yield "the IDs of two cases are exchanged", True, swap("cases", "case_id_tag")
    yield "the particulars of two cases are exchanged", True, swap("cases", "particulars")
    yield "the keys of two cases are exchanged", True, swap("cases", "wrapped_key")
    yield "the UIDs of two cases are exchanged", True, swap("cases", "uid")
    yield "the keys of two objects are exchanged", True, swap("object", "wrapped_key")
    yield "what two answers are recognised by is exchanged", True, swap("verification", "answer_tag")
    yield "what was counted of an access is another", True, statement("UPDATE open_access SET bytes = 1, ranges = 9")
    yield "a count is more than can be counted", True, statement("UPDATE tally SET number = 9223372036854775807")
    yield "what entries commit to cannot be opened", True, statement(
        "DELETE FROM ledger_opening WHERE member = 'exactCommitment'")
    yield "what opens two entries is exchanged", True, script(
        "CREATE TEMP TABLE t AS SELECT entry, sealed FROM ledger_opening WHERE member = 'exactCommitment' ORDER BY entry LIMIT 2",
        "UPDATE ledger_opening SET sealed = (SELECT sealed FROM t WHERE t.entry <> ledger_opening.entry) "
        "WHERE member = 'exactCommitment' AND entry IN (SELECT entry FROM t)")
    yield "the blobs of two objects are exchanged", True, swap("object", "address")
    yield "the verifications of two cases are exchanged", True, swap("verification", "case_id")
    yield "a blob is to be removed that nobody destroyed", True, statement(
        "INSERT INTO blob_removal (address, object_uid, case_uid, noted_at) SELECT object.address, object.uid, cases.uid, 1 "
        "FROM object JOIN verification ON verification.id = verification_id JOIN cases ON cases.id = case_id LIMIT 1")
    yield "a blob is to be removed, and its object is elsewhere", True, script(
        "INSERT INTO blob_removal (address, object_uid, case_uid, noted_at) SELECT object.address, object.uid, cases.uid, 1 "
        "FROM object JOIN verification ON verification.id = verification_id JOIN cases ON cases.id = case_id LIMIT 1",
        "UPDATE object SET address = randomblob(32) WHERE address IN (SELECT address FROM blob_removal)")
    yield "an object's row is gone", True, statement("DELETE FROM object WHERE id = (SELECT min(id) FROM object)")
    yield "a request, a vote and a token are invented", True, statement(
        "INSERT INTO actor (uid, known, name_tag, name_tag_key, name) SELECT randomblob(16), known, randomblob(32), 1, name "
        "FROM actor LIMIT 1")
    yield "the epoch is destroyed", True, statement("UPDATE epoch SET state = 'destroyed'")
    yield "entries are appended that were never written", True, append_entry
    yield "the head counts another change", True, edit_head(b'"counter":', b'"counter":1')
    yield "the head says that the clock was never later", True, edit_head(b'"newestTime":"2', b'"newestTime":"1')
    yield "the head says that little was destroyed", True, edit_head(b'"objects":', b'"objects":9')
    yield "the mark of the head is nothing", True, statement("UPDATE head SET mac = zeroblob(32)")
    yield "a million objects make five percent much", True, many_objects
    yield "the index is an older copy", True, older(archive, ())
    yield "all is older but the entries", True, older(archive, ("ledger_entry", "ledger_node"))
    yield "all is older but the entries and the head", True, older(archive, ("ledger_entry", "ledger_node", "head"))
    for table in ["head", "cases", "object", "verification", "hold", "hold_scope", "policy_set", "destroyed_tag", "tag_node", "strand",
                  "strand_node", "case_event"]:
        yield f"the table {table} is an older one", True, older_table(archive, table)
    yield "the settings name a program", True, settings(archive, "ledger:\n", "ledger:\n  command: [/bin/false]\n")
    yield "the settings name a place", True, settings(archive, "ledger:\n", "ledger:\n  directory: /tmp\n")
    yield "the settings name a host", True, settings(archive, "retention:\n", "vendor:\n  endpoint: https://127.0.0.1\nretention:\n")
    yield "the settings let everything go", False, settings(
        archive, "limit-percent: 5", "limit-percent: 100", "grace-hours: 24", "grace-hours: 999999", "clock-ahead-days: 30",
        "clock-ahead-days: 9999")
    yield "what is remembered of a destruction is another case's", True, swap("destroyed_tag", "case_uid")
    yield "the tags of two destructions are exchanged", True, swap("destroyed_tag", "tag")
    yield "a living case's tag is remembered as destroyed", True, statement(
        "UPDATE destroyed_tag SET tag = (SELECT case_id_tag FROM cases ORDER BY id LIMIT 1) WHERE purpose = 'case'")
    yield "what was destroyed is remembered no more", True, statement("DELETE FROM destroyed_tag")
    yield "what was destroyed is forgotten too soon", True, statement("UPDATE destroyed_tag SET forget_at = 1")
    yield "a case is found by nothing", True, statement(
        "UPDATE cases SET case_id_tag = randomblob(32), subject_tag = randomblob(32) WHERE id = (SELECT min(id) FROM cases)")
    yield "an answer is found by nothing", True, statement("UPDATE verification SET answer_tag = randomblob(32)")
    yield "a case is gone with what it is found by", True, remove_case
    yield "the tree over tags is gone", True, statement("DELETE FROM tag_node")
    yield "the tree over tags is empty", True, statement("UPDATE tag_node SET children = zeroblob(0)")
    yield "a tag is taken out of the tree", True, remove_tag
    yield "two tags of the tree have each other's case", True, exchange_tags


def settings(archive, *changes):
    """strongroom.yaml with texts replaced."""
    def change(database):
        path = os.path.join(archive.path, "strongroom.yaml")
        with open(path) as file:
            text = file.read()
        for old, new in zip(changes[::2], changes[1::2]):
            if old not in text:
                raise sqlite3.Error(f"the settings have no {old}")
            text = text.replace(old, new)
        with open(path, "w") as file:
            file.write(text)
    return change


def remove_case(database):
    number, = database.execute("SELECT min(id) FROM cases").fetchone()
    for table, where in [
            ("object", "verification_id IN (SELECT id FROM verification WHERE case_id = ?)"), ("verification", "case_id = ?"),
            ("case_jurisdiction", "case_id = ?"), ("case_event", "case_id = ?"), ("ledger_opening", "case_id = ?"),
            ("cases", "id = ?")]:
        database.execute(f"DELETE FROM {table} WHERE {where}", (number,))


def children(stored):
    """The children of a branch over tags, each with its half-byte and its kind in front."""
    while stored:
        length = 2 + (70 if stored[1] == 0 else 32)
        yield stored[:length]
        stored = stored[length:]


def remove_tag(database):
    tag, = database.execute("SELECT case_id_tag FROM cases ORDER BY id LIMIT 1").fetchone()
    for prefix, stored in database.execute("SELECT prefix, children FROM tag_node").fetchall():
        left = [child for child in children(stored) if child[2:34] != tag]
        database.execute("UPDATE tag_node SET children = ? WHERE prefix = ?", (b"".join(left), prefix))


def exchange_tags(database):
    (first, a), (second, b) = database.execute("SELECT case_id_tag, uid FROM cases ORDER BY id LIMIT 2").fetchall()
    for prefix, stored in database.execute("SELECT prefix, children FROM tag_node").fetchall():
        for tag, old, new in [(first, a, b), (second, b, a)]:
            stored = stored.replace(tag + old, tag + new)
        database.execute("UPDATE tag_node SET children = ? WHERE prefix = ?", (stored, prefix))


def tables_of(database):
    return [row[0] for row in database.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'grdb%'")]


def older(archive, newer):
    """All tables as they were, but for some."""
    def change(database):
        database.execute("ATTACH ? AS older", (archive.older,))
        for table in tables_of(database):
            if table not in newer:
                database.execute(f"DELETE FROM main.{table}")
                database.execute(f"INSERT INTO main.{table} SELECT * FROM older.{table}")
        database.execute("DETACH older")
    return change


def older_table(archive, table):
    def change(database):
        newer = [name for name in tables_of(database) if name != table]
        before = database.execute(f"SELECT * FROM {table}").fetchall()
        older(archive, newer)(database)
        if before == database.execute(f"SELECT * FROM {table}").fetchall():
            raise sqlite3.Error("it is the same")
    return change


def edit_head(old, new):
    def change(database):
        body, = database.execute("SELECT body FROM head").fetchone()
        if old not in body:
            raise sqlite3.Error("the head has no such member")
        database.execute("UPDATE head SET body = ?", (body.replace(old, new, 1),))
    return change


def other_policy(database):
    import hashlib
    name, version, text = database.execute("SELECT name, version, text FROM policy_file ORDER BY version DESC").fetchone()
    text = text.replace("P1Y", "P1D").replace("P10Y", "P1D")
    database.execute("UPDATE policy_file SET text = ?, digest = ? WHERE name = ? AND version = ?",
                     (text, hashlib.sha256(text.encode()).digest(), name, version))


def forget_withdrawal(database):
    number, = database.execute("SELECT entry FROM case_event WHERE withdraws IS NOT NULL").fetchone()
    database.execute("DELETE FROM case_event WHERE withdraws IS NOT NULL")
    database.execute(
        "UPDATE ledger_entry SET entry = (SELECT entry FROM ledger_entry WHERE kind = 'archive verified' OR kind = 'strands' "
        "ORDER BY number LIMIT 1), kind = 'strands', strand = CAST('work' AS BLOB) WHERE number = ?", (number,))
    database.execute(
        "UPDATE strand SET place = place - 1 WHERE name = (SELECT uid FROM cases ORDER BY id LIMIT 1 OFFSET 1)")


def remove_entry(kind):
    def change(database):
        number, = database.execute("SELECT max(number) FROM ledger_entry WHERE kind = ?", (kind,)).fetchone()
        if number is None:
            raise sqlite3.Error("there is none")
        last, = database.execute("SELECT max(number) FROM ledger_entry").fetchone()
        database.execute("DELETE FROM ledger_entry WHERE number = ?", (number,))
        for place in range(number + 1, last + 1):
            database.execute("UPDATE ledger_entry SET number = ? WHERE number = ?", (place - 1, place))
    return change


def append_entry(database):
    number, = database.execute("SELECT max(number) + 1 FROM ledger_entry").fetchone()
    entry, time, actor = database.execute(
        "SELECT entry, time, actor_uid FROM ledger_entry WHERE kind = 'policy activated' ORDER BY number DESC").fetchone()
    text = entry.decode().replace('"set":2', '"set":3').replace('"policyVersion":2', '"policyVersion":3')
    database.execute("INSERT INTO ledger_entry SELECT ?, ?, line_start + 1000, 'policy activated', time, newest, actor_uid, strand "
                     "FROM ledger_entry WHERE kind = 'policy activated' LIMIT 1", (number, text.encode()))
    database.execute("INSERT INTO policy_set (number, entry) VALUES (3, ?)", (number,))
    database.execute("INSERT INTO policy_set_member SELECT 3, name, version FROM policy_set_member WHERE set_number = 2")


def many_objects(database):
    row = database.execute("SELECT * FROM object LIMIT 1").fetchone()
    fields = names(database, "object")
    first = database.execute("SELECT max(id) + 1 FROM object").fetchone()[0]
    for number in range(2000):
        values = dict(zip(fields, row), id=first + number, uid=os.urandom(16), address=os.urandom(32),
                      content_tag=os.urandom(32), kind=f"kind-{number}", status="kept", due_at=None, changes_at=None)
        database.execute(f"INSERT INTO object ({', '.join(fields)}) VALUES ({', '.join('?' * len(fields))})",
                         [values[field] for field in fields])
    database.execute("UPDATE tally SET number = 1000000 WHERE what = 'object'")


def swap(table, column):
    def change(database):
        rowids = {"destroyed_tag": "tag"}.get(table, "id")
        (a, first), (b, second) = database.execute(
            f"SELECT {rowids}, {column} FROM {table} GROUP BY {column} ORDER BY {rowids} LIMIT 2").fetchall()
        # In between, a value that nobody has.
        between = os.urandom(len(first)) if isinstance(first, bytes) else -1
        for key, value in [(a, between), (b, first), (a, second)]:
            database.execute(f"UPDATE {table} SET {column} = ? WHERE {rowids} = ?", (value, key))
    return change


def play(archive, judge, attacks, counts):
    for name, vouched, change, *word in attacks:
        archive.put_back()
        if archive.alter(change) is not None:
            counts["impossible"] += 1
            continue
        wrong, noticed = judge.judge(vouched, *word)
        counts["wrong" if wrong else "noticed" if noticed else "harmless"] += 1
        if wrong:
            print(f"WRONG  {name}: {'; '.join(wrong)}", flush=True)
        elif OPTIONS.verbose:
            print(f"       {name}: {', '.join(noticed) or 'nothing came of it'}", flush=True)


def is_remade(*names):
    """Pins that go together with the note that they were made are still to be made: until then what they would say is
    computed, and the next work on holds makes them again."""
    return any("hold_clause.compiled_upto" in name for name in names) and any("of hold_pin " in name for name in names)


def main():
    global OPTIONS
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--random", type=int, default=0, help="so many alterations of two places at once")
    parser.add_argument("--every", type=int, default=1, help="of the alterations of columns and rows only every Nth")
    parser.add_argument("--only", default="", help="only alterations whose name has this in it")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--verbose", action="store_true", help="say of each what came of it")
    OPTIONS = parser.parse_args()
    print(f"seed {OPTIONS.seed}", flush=True)
    chance = random.Random(OPTIONS.seed)
    counts = {"noticed": 0, "harmless": 0, "impossible": 0, "wrong": 0}
    with tempfile.TemporaryDirectory() as folder:
        archive = prepare(folder)
        judge = Judge(archive)
        archive.put_back()
        whole = list(named(archive))
        single = list(columns(archive)) + list(rows(archive))
        chosen = chance.sample(single, len(single) // OPTIONS.every)
        play(archive, judge, [attack for attack in whole + chosen if OPTIONS.only in attack[0]], counts)
        for _ in range(OPTIONS.random):
            (a, isFirst, first), (b, isSecond, second) = chance.sample(single, 2)

            def both(database, first=first, second=second):
                first(database)
                second(database)
            isVouched = (isFirst or isSecond) and not is_remade(a, b)
            play(archive, judge, [(f"{a}; {b}", isVouched, both, not (isFirst and isSecond))], counts)
    print(", ".join(f"{number} {name}" for name, number in counts.items()))
    sys.exit(1 if counts["wrong"] else 0)


main()
