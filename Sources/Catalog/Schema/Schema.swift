/// The tables, the rules that the database itself keeps, and the views that these ask: in SQLite's words. Another
/// engine puts types and triggers into its own.
///
/// In the clear stands only what must be searched: UIDs, keyed tags, jurisdictions, purpose, outcome,
/// kinds, sizes, times, states. Times are milliseconds since 1970-01-01 UTC. Row IDs are sequential and
/// never leave this target.
enum Schema {
    /// In the order in which they are made.
    static let parts = [archive, ledger, retention, holds, counts]

    private static let archive = """
        CREATE TABLE epoch (
            number INTEGER PRIMARY KEY,
            state TEXT NOT NULL CHECK (state IN ('open', 'closing', 'destroyed')),
            created_at INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE archive (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            uid BLOB NOT NULL CHECK (length(uid) = 16),
            created_at INTEGER NOT NULL,
            keyring_generation INTEGER NOT NULL,
            epoch INTEGER NOT NULL REFERENCES epoch,
            wrapped_key BLOB NOT NULL CHECK (length(wrapped_key) = 72),
            -- Openings with a wrong root key that are not on the ledger yet.
            refused_openings INTEGER NOT NULL DEFAULT 0,
            refused_first INTEGER,
            refused_last INTEGER,
            -- The set of policies by which every object's standing was computed.
            standing_set INTEGER NOT NULL DEFAULT 0,
            compacted_at INTEGER,
            -- Another number after every change of what holds take in.
            hold_revision INTEGER NOT NULL DEFAULT 0
        ) STRICT;

        -- What the keys vouch for: the one row that each transaction writes anew.
        CREATE TABLE head (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            body BLOB NOT NULL CHECK (length(body) <= 65535),
            mac BLOB NOT NULL CHECK (length(mac) = 32)
        ) STRICT;

        CREATE TABLE cases (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            uid BLOB NOT NULL UNIQUE CHECK (length(uid) = 16),
            case_id_tag BLOB NOT NULL CHECK (length(case_id_tag) = 32),
            case_id_tag_key INTEGER NOT NULL,
            registered_at INTEGER NOT NULL,
            purpose TEXT,
            epoch INTEGER NOT NULL REFERENCES epoch,
            wrapped_key BLOB NOT NULL CHECK (length(wrapped_key) = 72),
            particulars BLOB NOT NULL,
            subject_tag BLOB CHECK (length(subject_tag) = 32),
            subject_tag_key INTEGER,
            has_consent INTEGER NOT NULL DEFAULT 0 CHECK (has_consent IN (0, 1)),
            age TEXT,
            -- It was kept although it lacked what the active terms asked for.
            lacks_terms INTEGER NOT NULL DEFAULT 0 CHECK (lacks_terms IN (0, 1)),
            -- What its ID looks like: a hint, by which others that look the same are found.
            likeness_tag BLOB CHECK (length(likeness_tag) = 32),
            UNIQUE (case_id_tag, case_id_tag_key)
        ) STRICT;
        CREATE INDEX cases_likeness ON cases (likeness_tag) WHERE likeness_tag IS NOT NULL;
        CREATE INDEX cases_subject ON cases (subject_tag) WHERE subject_tag IS NOT NULL;

        CREATE TABLE case_jurisdiction (
            case_id INTEGER NOT NULL REFERENCES cases,
            code TEXT NOT NULL,
            PRIMARY KEY (case_id, code)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX case_jurisdiction_code ON case_jurisdiction (code, case_id);

        CREATE TABLE verification (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            uid BLOB NOT NULL UNIQUE CHECK (length(uid) = 16),
            case_id INTEGER NOT NULL REFERENCES cases,
            number INTEGER NOT NULL CHECK (number >= 1),
            origin TEXT NOT NULL CHECK (origin IN ('pull', 'import')),
            -- Who makes the verification, and what is asked of it.
            vendor TEXT NOT NULL,
            api TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN (
                'awaiting', 'archived', 'incomplete', 'unreadable', 'expired', 'rejected')),
            region TEXT,
            token_tag BLOB CHECK (length(token_tag) = 32),
            token_tag_key INTEGER,
            sealed_token BLOB,
            token_issued_at INTEGER,
            token_issue_assumed INTEGER NOT NULL CHECK (token_issue_assumed IN (0, 1)),
            deadline INTEGER,
            captured_from INTEGER,
            captured_until INTEGER,
            registered_at INTEGER NOT NULL,
            attempts INTEGER NOT NULL,
            last_asked_at INTEGER,
            last_problem TEXT,
            -- Since when the vendor answers with a success without media, or with what cannot be read, and nothing
            -- else.
            odd_since INTEGER,
            -- Of what ended so: when the vendor was asked about it again last.
            asked_again_at INTEGER,
            -- It goes on as another verification of the case.
            goes_on INTEGER NOT NULL CHECK (goes_on IN (0, 1)),
            ended_at INTEGER,
            outcome TEXT CHECK (outcome IN ('passed', 'failed')),
            -- The vendor's own word for it.
            result_code TEXT,
            details BLOB,
            answer_tag BLOB CHECK (length(answer_tag) = 32),
            answer_tag_key INTEGER,
            UNIQUE (case_id, number),
            UNIQUE (token_tag, token_tag_key),
            CHECK ((state = 'awaiting') = (ended_at IS NULL)),
            CHECK (state <> 'awaiting' OR (sealed_token IS NOT NULL AND deadline IS NOT NULL)),
            CHECK ((outcome IS NULL) = (result_code IS NULL))
        ) STRICT;
        CREATE INDEX verification_awaiting ON verification (deadline, id) WHERE state = 'awaiting';
        CREATE INDEX verification_state ON verification (state, case_id);
        CREATE INDEX verification_problem ON verification (last_problem)
            WHERE state = 'awaiting' AND last_problem IS NOT NULL;
        -- What perhaps has a better answer by now.
        CREATE INDEX verification_odd ON verification (registered_at)
            WHERE sealed_token IS NOT NULL AND state IN ('incomplete', 'unreadable');
        -- Tokens of what ended, until its hours are over.
        CREATE INDEX verification_token_left ON verification (registered_at)
            WHERE sealed_token IS NOT NULL AND state <> 'awaiting';

        CREATE TABLE object (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            uid BLOB NOT NULL UNIQUE CHECK (length(uid) = 16),
            verification_id INTEGER NOT NULL REFERENCES verification,
            kind TEXT NOT NULL,
            media_type TEXT NOT NULL,
            length INTEGER NOT NULL CHECK (length >= 0),
            address BLOB NOT NULL UNIQUE CHECK (length(address) = 32),
            content_tag BLOB NOT NULL CHECK (length(content_tag) = 32),
            content_tag_key INTEGER NOT NULL,
            epoch INTEGER NOT NULL REFERENCES epoch,
            wrapped_key BLOB NOT NULL CHECK (length(wrapped_key) = 72),
            archived_at INTEGER NOT NULL,
            -- What was decided about it, when that changes, and the set of policies that it was decided by.
            status TEXT NOT NULL DEFAULT 'uncovered',
            changes_at INTEGER,
            due_at INTEGER,
            policy_set INTEGER NOT NULL DEFAULT 0,
            -- Clauses of holds up to this one were asked when the object came, and those that fit are pinned.
            holds_seen INTEGER NOT NULL DEFAULT 0,
            -- It was due when it came, and waits for a person's word.
            unconfirmed INTEGER NOT NULL DEFAULT 0 CHECK (unconfirmed IN (0, 1)),
            UNIQUE (verification_id, kind)
        ) STRICT;
        CREATE INDEX object_content ON object (content_tag) WHERE kind <> 'result';

        CREATE TRIGGER case_key_epoch BEFORE INSERT ON cases
        WHEN (SELECT state FROM epoch WHERE number = NEW.epoch) IS DISTINCT FROM 'open'
        BEGIN SELECT RAISE(ABORT, 'epoch not open'); END;
        CREATE TRIGGER object_key_epoch BEFORE INSERT ON object
        WHEN (SELECT state FROM epoch WHERE number = NEW.epoch) IS DISTINCT FROM 'open'
        BEGIN SELECT RAISE(ABORT, 'epoch not open'); END;
        """

    /// Entries and nodes are only ever added, entries without a gap; what stands beside an entry's bytes is
    /// taken from them.
    private static let ledger = """
        CREATE TABLE actor (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            uid BLOB NOT NULL UNIQUE CHECK (length(uid) = 16),
            known TEXT NOT NULL CHECK (known IN ('claimed', 'os-user', 'token')),
            name_tag BLOB NOT NULL CHECK (length(name_tag) = 32),
            name_tag_key INTEGER NOT NULL,
            name BLOB NOT NULL,
            UNIQUE (name_tag, name_tag_key, known)
        ) STRICT;

        CREATE TABLE ledger_origin (
            number INTEGER PRIMARY KEY CHECK (number >= 1),
            origin TEXT NOT NULL UNIQUE,
            first_entry INTEGER NOT NULL,
            published INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE ledger_entry (
            number INTEGER PRIMARY KEY,
            entry BLOB NOT NULL CHECK (length(entry) <= 65535),
            -- Where its line begins in an export.
            line_start INTEGER NOT NULL,
            kind TEXT NOT NULL,
            time INTEGER NOT NULL,
            -- The newest time of this entry and all before it.
            newest INTEGER NOT NULL,
            actor_uid BLOB NOT NULL CHECK (length(actor_uid) = 16),
            -- What it is about: a case's UID, or the name of one of the archive's own strands.
            strand BLOB NOT NULL CHECK (length(strand) BETWEEN 4 AND 16)
        ) STRICT;
        CREATE INDEX ledger_entry_kind ON ledger_entry (kind, number);
        CREATE INDEX ledger_entry_newest ON ledger_entry (newest, number);
        CREATE INDEX ledger_entry_behind ON ledger_entry (number) WHERE time < newest;
        CREATE INDEX ledger_entry_actor ON ledger_entry (actor_uid, number);
        CREATE INDEX ledger_entry_strand ON ledger_entry (strand, number);

        CREATE TABLE ledger_node (
            position INTEGER PRIMARY KEY,
            hash BLOB NOT NULL CHECK (length(hash) = 32)
        ) STRICT;

        -- How far each strand has come: the leaves of the tree below, from 0.
        CREATE TABLE strand (
            ordinal INTEGER PRIMARY KEY,
            name BLOB NOT NULL UNIQUE CHECK (length(name) BETWEEN 4 AND 16),
            place INTEGER NOT NULL,
            number INTEGER NOT NULL
        ) STRICT;

        -- The nodes of the tree over strands, each with the hashes of its children.
        CREATE TABLE strand_node (
            position INTEGER PRIMARY KEY,
            children BLOB NOT NULL CHECK (length(children) BETWEEN 32 AND 512)
        ) STRICT;

        -- The branches of the tree over tags, by the half-bytes that all below begin with, one a byte.
        CREATE TABLE tag_node (
            prefix BLOB PRIMARY KEY CHECK (length(prefix) <= 95),
            children BLOB NOT NULL CHECK (length(children) <= 1152)
        ) STRICT, WITHOUT ROWID;

        -- Salts and texts of commitments, under the case's key, or under the archive's where there is no case.
        CREATE TABLE ledger_opening (
            entry INTEGER NOT NULL REFERENCES ledger_entry,
            member TEXT NOT NULL,
            case_id INTEGER REFERENCES cases,
            sealed BLOB NOT NULL,
            PRIMARY KEY (entry, member)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE open_access (
            entry INTEGER PRIMARY KEY REFERENCES ledger_entry DEFERRABLE INITIALLY DEFERRED,
            actor_uid BLOB NOT NULL CHECK (length(actor_uid) = 16),
            case_uid BLOB NOT NULL CHECK (length(case_uid) = 16),
            object_uid BLOB CHECK (length(object_uid) = 16),
            reason_tag BLOB CHECK (length(reason_tag) = 32),
            reason_tag_key INTEGER,
            opened_at INTEGER NOT NULL,
            bytes INTEGER NOT NULL,
            ranges INTEGER NOT NULL,
            unfinished INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX open_access_time ON open_access (opened_at);

        CREATE TRIGGER ledger_entry_order BEFORE INSERT ON ledger_entry
        WHEN NEW.number <> (SELECT coalesce(max(number), -1) + 1 FROM ledger_entry)
        BEGIN SELECT RAISE(ABORT, 'the ledger has no gaps'); END;
        CREATE TRIGGER ledger_entry_kept BEFORE DELETE ON ledger_entry
        BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
        CREATE TRIGGER ledger_entry_fixed BEFORE UPDATE ON ledger_entry
        BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
        CREATE TRIGGER strand_kept BEFORE DELETE ON strand
        BEGIN SELECT RAISE(ABORT, 'a strand only grows'); END;
        CREATE TRIGGER strand_grows BEFORE UPDATE ON strand
        WHEN NEW.ordinal <> OLD.ordinal OR NEW.name <> OLD.name OR NEW.place < OLD.place OR NEW.number < OLD.number
        BEGIN SELECT RAISE(ABORT, 'a strand only grows'); END;
        CREATE TRIGGER strand_node_kept BEFORE DELETE ON strand_node
        BEGIN SELECT RAISE(ABORT, 'the tree over strands only grows'); END;
        CREATE TRIGGER strand_node_grows BEFORE UPDATE ON strand_node
        WHEN NEW.position <> OLD.position OR length(NEW.children) < length(OLD.children)
        BEGIN SELECT RAISE(ABORT, 'the tree over strands only grows'); END;
        CREATE TRIGGER ledger_node_kept BEFORE DELETE ON ledger_node
        BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
        CREATE TRIGGER ledger_node_fixed BEFORE UPDATE ON ledger_node
        BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
        """

    /// Rules, what retention counts from, and what is left of what was destroyed. Each object has the decision
    /// about it beside it, with the set of policies that it was made by.
    private static let retention = """
        CREATE TABLE policy_file (
            name TEXT NOT NULL,
            version INTEGER NOT NULL CHECK (version >= 1),
            form TEXT NOT NULL CHECK (form IN ('policy', 'terms')),
            text TEXT NOT NULL,
            digest BLOB NOT NULL CHECK (length(digest) = 32),
            entry INTEGER NOT NULL REFERENCES ledger_entry DEFERRABLE INITIALLY DEFERRED,
            PRIMARY KEY (name, version)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE policy_set (
            number INTEGER PRIMARY KEY CHECK (number >= 1),
            entry INTEGER NOT NULL REFERENCES ledger_entry DEFERRABLE INITIALLY DEFERRED
        ) STRICT;

        CREATE TABLE policy_set_member (
            set_number INTEGER NOT NULL REFERENCES policy_set,
            name TEXT NOT NULL,
            version INTEGER NOT NULL,
            PRIMARY KEY (set_number, name),
            FOREIGN KEY (name, version) REFERENCES policy_file
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE resolution (
            entry INTEGER PRIMARY KEY REFERENCES ledger_entry DEFERRABLE INITIALLY DEFERRED,
            lower_policy TEXT NOT NULL,
            lower_version INTEGER NOT NULL,
            lower_rule TEXT NOT NULL,
            upper_policy TEXT NOT NULL,
            upper_version INTEGER NOT NULL,
            upper_rule TEXT NOT NULL,
            winner TEXT NOT NULL CHECK (winner IN ('keep', 'destroy'))
        ) STRICT;

        CREATE TABLE case_event (
            entry INTEGER PRIMARY KEY REFERENCES ledger_entry DEFERRABLE INITIALLY DEFERRED,
            case_id INTEGER NOT NULL REFERENCES cases,
            name TEXT NOT NULL,
            -- When it happened: a day, in days since 1970-01-01, or a time.
            day INTEGER,
            time INTEGER,
            corrects INTEGER,
            withdraws INTEGER,
            CHECK ((withdraws IS NULL) = (day IS NOT NULL OR time IS NOT NULL)),
            CHECK (day IS NULL OR time IS NULL),
            CHECK (corrects IS NULL OR withdraws IS NULL)
        ) STRICT;
        CREATE INDEX case_event_case ON case_event (case_id);

        CREATE INDEX object_changes ON object (changes_at) WHERE changes_at IS NOT NULL;
        CREATE INDEX object_due ON object (due_at) WHERE due_at IS NOT NULL;

        -- Blobs whose key is gone and which are to follow it.
        CREATE TABLE blob_removal (
            address BLOB PRIMARY KEY CHECK (length(address) = 32),
            object_uid BLOB NOT NULL CHECK (length(object_uid) = 16),
            case_uid BLOB NOT NULL CHECK (length(case_uid) = 16),
            noted_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX blob_removal_order ON blob_removal (noted_at, case_uid);

        -- Keyed tags of what was destroyed, so that it does not come back and can be asked about, for a time.
        CREATE TABLE destroyed_tag (
            tag BLOB NOT NULL CHECK (length(tag) = 32),
            tag_key INTEGER NOT NULL,
            purpose TEXT NOT NULL CHECK (purpose IN ('case', 'token', 'answer')),
            case_uid BLOB NOT NULL CHECK (length(case_uid) = 16),
            entry INTEGER NOT NULL,
            destroyed_at INTEGER NOT NULL,
            forget_at INTEGER NOT NULL,
            PRIMARY KEY (tag, tag_key, purpose, case_uid)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX destroyed_tag_forget ON destroyed_tag (forget_at);
        CREATE INDEX ledger_opening_case ON ledger_opening (case_id) WHERE case_id IS NOT NULL;

        CREATE TRIGGER policy_file_fixed BEFORE UPDATE ON policy_file
        BEGIN SELECT RAISE(ABORT, 'a policy never changes'); END;
        CREATE TRIGGER policy_file_kept BEFORE DELETE ON policy_file
        BEGIN SELECT RAISE(ABORT, 'a policy never changes'); END;
        CREATE TRIGGER policy_set_fixed BEFORE UPDATE ON policy_set
        BEGIN SELECT RAISE(ABORT, 'a set of policies never changes'); END;
        CREATE TRIGGER policy_set_kept BEFORE DELETE ON policy_set
        BEGIN SELECT RAISE(ABORT, 'a set of policies never changes'); END;
        CREATE TRIGGER policy_set_member_fixed BEFORE UPDATE ON policy_set_member
        BEGIN SELECT RAISE(ABORT, 'a set of policies never changes'); END;
        CREATE TRIGGER policy_set_member_kept BEFORE DELETE ON policy_set_member
        BEGIN SELECT RAISE(ABORT, 'a set of policies never changes'); END;
        CREATE TRIGGER resolution_fixed BEFORE UPDATE ON resolution
        BEGIN SELECT RAISE(ABORT, 'what was decided stays decided'); END;
        CREATE TRIGGER resolution_kept BEFORE DELETE ON resolution
        BEGIN SELECT RAISE(ABORT, 'what was decided stays decided'); END;
        CREATE TRIGGER case_event_fixed BEFORE UPDATE ON case_event
        BEGIN SELECT RAISE(ABORT, 'a record of an event never changes'); END;
        CREATE TRIGGER object_fixed BEFORE UPDATE OF uid, verification_id, kind, media_type, length, address,
            content_tag, content_tag_key, archived_at ON object
        BEGIN SELECT RAISE(ABORT, 'an object stays what was archived'); END;
        CREATE TRIGGER case_remembered BEFORE DELETE ON cases
        WHEN EXISTS (SELECT 1 FROM verification AS v WHERE v.case_id = OLD.id AND v.state = 'awaiting')
            OR EXISTS (SELECT 1 FROM verification AS v JOIN object AS o ON o.verification_id = v.id
                WHERE v.case_id = OLD.id)
            OR NOT EXISTS (SELECT 1 FROM destroyed_tag AS t WHERE t.case_uid = OLD.uid AND t.purpose = 'case')
        BEGIN SELECT RAISE(ABORT, 'a case goes when nothing is left of it, and is remembered'); END;
        CREATE TRIGGER blob_removal_fixed BEFORE UPDATE ON blob_removal
        BEGIN SELECT RAISE(ABORT, 'a blob that is to be removed is removed'); END;
        CREATE TRIGGER object_destroyed BEFORE DELETE ON object
        WHEN NOT EXISTS (SELECT 1 FROM blob_removal WHERE address = OLD.address)
        BEGIN SELECT RAISE(ABORT, 'an object is destroyed, not deleted'); END;
        """
}
