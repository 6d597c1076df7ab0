/// The tables of holds, and the rules that the database itself keeps about holds. See <doc:Holds>.
extension Schema {
    /// An object, its verification and its case, a clause and its scope: whether the clause takes the object in. What
    /// is not known fits, unless the scope takes in only what can be judged. The cheap conditions come first.
    static let takesIn = """
        (hold_clause.archived_from IS NULL OR object.archived_at >= hold_clause.archived_from)
        AND (hold_clause.archived_before IS NULL OR object.archived_at < hold_clause.archived_before)
        AND (hold_clause.captured_from IS NULL OR verification.captured_until >= hold_clause.captured_from
            OR (verification.captured_until IS NULL AND hold_clause.judged_only = 0))
        AND (hold_clause.captured_before IS NULL OR verification.captured_from < hold_clause.captured_before
            OR (verification.captured_from IS NULL AND hold_clause.judged_only = 0))
        AND (hold_clause.any_media = 1 OR EXISTS (SELECT 1 FROM hold_clause_value AS v
            WHERE v.clause_id = hold_clause.id AND v.part = 'media' AND v.value = object.kind))
        AND (hold_clause.any_purpose = 1 OR (cases.purpose IS NULL AND hold_clause.judged_only = 0)
            OR EXISTS (SELECT 1 FROM hold_clause_value AS v
                WHERE v.clause_id = hold_clause.id AND v.part = 'purpose' AND v.value = cases.purpose))
        AND (hold_clause.any_outcome = 1 OR (verification.outcome IS NULL AND hold_clause.judged_only = 0)
            OR EXISTS (SELECT 1 FROM hold_clause_value AS v WHERE v.clause_id = hold_clause.id AND v.part = 'outcome'
                AND v.value IN (verification.outcome, verification.result_code)))
        AND (hold_clause.any_jurisdiction = 1
            OR EXISTS (SELECT 1 FROM case_jurisdiction AS j JOIN hold_clause_value AS v ON v.clause_id = hold_clause.id
                AND v.part = 'jurisdiction' AND v.value IN (j.code, substr(j.code, 1, 2)) WHERE j.case_id = cases.id)
            OR (hold_clause.judged_only = 0
                AND NOT EXISTS (SELECT 1 FROM case_jurisdiction AS j WHERE j.case_id = cases.id)))
        AND hold_scope.state <> 'ended'
        AND NOT EXISTS (SELECT 1 FROM hold_exclusion AS x WHERE x.hold_id = hold_scope.hold_id
            AND x.case_id = cases.id AND x.revision > hold_scope.revision AND x.state = 'ended')
        """

    static let holds = """
        CREATE TABLE hold (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            uid BLOB NOT NULL UNIQUE CHECK (length(uid) = 16),
            matter_tag BLOB NOT NULL CHECK (length(matter_tag) = 32),
            matter_tag_key INTEGER NOT NULL,
            -- Matter and reason, under the archive key.
            sealed BLOB NOT NULL,
            confidential INTEGER NOT NULL CHECK (confidential IN (0, 1)),
            author_uid BLOB NOT NULL CHECK (length(author_uid) = 16),
            placed_at INTEGER NOT NULL,
            review_by INTEGER NOT NULL,
            revision INTEGER NOT NULL CHECK (revision >= 1),
            state TEXT NOT NULL CHECK (state IN ('placing', 'standing', 'released', 'ended')),
            cooling_until INTEGER,
            CHECK (state <> 'released' OR cooling_until IS NOT NULL)
        ) STRICT;
        CREATE UNIQUE INDEX hold_in_force ON hold (matter_tag, matter_tag_key) WHERE state IN ('placing', 'standing');
        CREATE INDEX hold_matter ON hold (matter_tag);
        CREATE INDEX hold_cooling ON hold (cooling_until) WHERE state = 'released';

        -- What one revision of a hold adds.
        CREATE TABLE hold_scope (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            hold_id INTEGER NOT NULL REFERENCES hold,
            revision INTEGER NOT NULL CHECK (revision >= 1),
            form TEXT NOT NULL CHECK (form IN ('cases', 'where', 'everything')),
            judged_only INTEGER NOT NULL CHECK (judged_only IN (0, 1)),
            state TEXT NOT NULL CHECK (state IN ('placing', 'standing', 'cooling', 'ended')),
            cooling_until INTEGER,
            -- Decisions about what it takes in are still to be computed anew.
            stale INTEGER NOT NULL CHECK (stale IN (0, 1)),
            UNIQUE (hold_id, revision),
            CHECK (state <> 'cooling' OR cooling_until IS NOT NULL)
        ) STRICT;
        -- By its form, so that a search of it is preferred to reading every scope in force.
        CREATE INDEX hold_scope_everything ON hold_scope (form) WHERE form = 'everything' AND state <> 'ended';
        CREATE INDEX hold_scope_binding ON hold_scope (id) WHERE state <> 'ended';
        CREATE INDEX hold_scope_cooling ON hold_scope (cooling_until) WHERE state = 'cooling';

        CREATE TABLE hold_clause (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            scope_id INTEGER NOT NULL REFERENCES hold_scope,
            judged_only INTEGER NOT NULL CHECK (judged_only IN (0, 1)),
            any_media INTEGER NOT NULL CHECK (any_media IN (0, 1)),
            any_jurisdiction INTEGER NOT NULL CHECK (any_jurisdiction IN (0, 1)),
            any_purpose INTEGER NOT NULL CHECK (any_purpose IN (0, 1)),
            any_outcome INTEGER NOT NULL CHECK (any_outcome IN (0, 1)),
            captured_from INTEGER,
            captured_before INTEGER,
            archived_from INTEGER,
            archived_before INTEGER,
            -- What it takes in of the objects up to this row is pinned.
            compiled_upto INTEGER NOT NULL DEFAULT 0,
            -- The last object that was there when the clause was made: those behind it were pinned when they came.
            compile_to INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX hold_clause_compiled ON hold_clause (compiled_upto);
        CREATE INDEX hold_clause_open ON hold_clause (id) WHERE compiled_upto < compile_to;
        CREATE INDEX hold_clause_scope ON hold_clause (scope_id);

        CREATE TABLE hold_clause_value (
            clause_id INTEGER NOT NULL REFERENCES hold_clause,
            part TEXT NOT NULL CHECK (part IN ('media', 'jurisdiction', 'purpose', 'outcome')),
            value TEXT NOT NULL,
            PRIMARY KEY (clause_id, part, value)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE hold_pin (
            object_id INTEGER NOT NULL REFERENCES object,
            scope_id INTEGER NOT NULL REFERENCES hold_scope,
            PRIMARY KEY (object_id, scope_id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX hold_pin_scope ON hold_pin (scope_id, object_id);

        CREATE TABLE hold_case (
            case_id INTEGER NOT NULL REFERENCES cases,
            scope_id INTEGER NOT NULL REFERENCES hold_scope,
            PRIMARY KEY (case_id, scope_id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX hold_case_scope ON hold_case (scope_id, case_id);

        -- Cases and persons that are held when they come.
        CREATE TABLE hold_expectation (
            tag BLOB NOT NULL CHECK (length(tag) = 32),
            tag_key INTEGER NOT NULL,
            purpose TEXT NOT NULL CHECK (purpose IN ('case', 'subject')),
            scope_id INTEGER NOT NULL REFERENCES hold_scope,
            PRIMARY KEY (tag, tag_key, purpose, scope_id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX hold_expectation_scope ON hold_expectation (scope_id);

        -- Cases that a hold is no longer about, from the end of their cooling on.
        CREATE TABLE hold_exclusion (
            hold_id INTEGER NOT NULL REFERENCES hold,
            case_id INTEGER NOT NULL REFERENCES cases,
            revision INTEGER NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('cooling', 'ended')),
            cooling_until INTEGER NOT NULL,
            PRIMARY KEY (hold_id, case_id, revision)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX hold_exclusion_case ON hold_exclusion (case_id);
        CREATE INDEX hold_exclusion_cooling ON hold_exclusion (cooling_until) WHERE state = 'cooling';

        CREATE INDEX ledger_entry_destroyed ON ledger_entry (strand, number) WHERE kind = 'object destroyed';

        -- Objects that may go although the event that their keeping counts from never came.
        CREATE TABLE backstop_approval (
            object_id INTEGER PRIMARY KEY REFERENCES object,
            approved_at INTEGER NOT NULL,
            entry INTEGER NOT NULL REFERENCES ledger_entry DEFERRABLE INITIALLY DEFERRED
        ) STRICT;

        CREATE VIEW hold_match AS
        SELECT object.id AS object_id, object.holds_seen AS holds_seen, cases.id AS case_id,
            verification.id AS verification_id, hold_clause.id AS clause_id, hold_clause.scope_id AS scope_id,
            hold_clause.compiled_upto AS compiled_upto
        FROM object JOIN verification ON verification.id = object.verification_id
            JOIN cases ON cases.id = verification.case_id
            CROSS JOIN hold_clause JOIN hold_scope ON hold_scope.id = hold_clause.scope_id
        WHERE \(takesIn);

        -- Scopes that bind an object by a pin, by its case, or by being about everything.
        CREATE VIEW hold_pinned AS
        SELECT hold_pin.object_id AS object_id, hold_pin.scope_id AS scope_id
        FROM hold_pin JOIN hold_scope ON hold_scope.id = hold_pin.scope_id WHERE hold_scope.state <> 'ended'
        UNION ALL
        SELECT object.id, hold_case.scope_id FROM object
            JOIN verification ON verification.id = object.verification_id
            JOIN hold_case ON hold_case.case_id = verification.case_id
            JOIN hold_scope ON hold_scope.id = hold_case.scope_id WHERE hold_scope.state <> 'ended'
        UNION ALL
        SELECT object.id, hold_scope.id FROM object JOIN verification ON verification.id = object.verification_id
            CROSS JOIN hold_scope
        WHERE hold_scope.form = 'everything' AND hold_scope.state <> 'ended'
            AND NOT EXISTS (SELECT 1 FROM hold_exclusion AS x WHERE x.hold_id = hold_scope.hold_id
                AND x.case_id = verification.case_id AND x.revision > hold_scope.revision AND x.state = 'ended');

        -- The same with what is not compiled yet: what the guards ask.
        CREATE VIEW hold_binding AS
        SELECT object_id, scope_id FROM hold_pinned
        UNION ALL
        -- The plus keeps the search on compiled_upto, behind which few clauses are: not on the clauses' numbers.
        SELECT object_id, scope_id FROM hold_match WHERE compiled_upto < object_id AND clause_id + 0 > holds_seen;

        -- Cases that are held themselves: named by a hold, or held with everything.
        CREATE VIEW hold_case_binding AS
        SELECT hold_case.case_id AS case_id FROM hold_case JOIN hold_scope ON hold_scope.id = hold_case.scope_id
        WHERE hold_scope.state <> 'ended'
        UNION ALL
        SELECT cases.id FROM cases CROSS JOIN hold_scope
        WHERE hold_scope.form = 'everything' AND hold_scope.state <> 'ended'
            AND NOT EXISTS (SELECT 1 FROM hold_exclusion AS x WHERE x.hold_id = hold_scope.hold_id
                AND x.case_id = cases.id AND x.revision > hold_scope.revision AND x.state = 'ended');

        -- What is held is not destroyed.
        CREATE TRIGGER object_held BEFORE DELETE ON object
        WHEN EXISTS (SELECT 1 FROM hold_binding WHERE object_id = OLD.id)
        BEGIN SELECT RAISE(ABORT, 'the object is held'); END;
        CREATE TRIGGER blob_held BEFORE INSERT ON blob_removal
        WHEN EXISTS (SELECT 1 FROM hold_binding
            WHERE object_id = (SELECT id FROM object WHERE address = NEW.address))
        BEGIN SELECT RAISE(ABORT, 'the object is held'); END;
        CREATE TRIGGER case_held BEFORE DELETE ON cases
        WHEN EXISTS (SELECT 1 FROM hold_case_binding WHERE case_id = OLD.id)
        BEGIN SELECT RAISE(ABORT, 'the case is held'); END;
        CREATE TRIGGER verification_held BEFORE DELETE ON verification
        WHEN EXISTS (SELECT 1 FROM hold_case_binding WHERE case_id = OLD.case_id)
        BEGIN SELECT RAISE(ABORT, 'the case is held'); END;
        CREATE TRIGGER details_held BEFORE UPDATE OF details ON verification
        WHEN OLD.details IS NOT NULL AND NEW.details IS DISTINCT FROM OLD.details AND (
            EXISTS (SELECT 1 FROM hold_case_binding WHERE case_id = OLD.case_id)
            OR EXISTS (SELECT 1 FROM hold_binding WHERE object_id IN (
                SELECT id FROM object WHERE verification_id = OLD.id)))
        BEGIN SELECT RAISE(ABORT, 'the case is held'); END;

        -- Keys are only wrapped again, under a newer epoch that is open, and an epoch goes last.
        CREATE TRIGGER object_key_fixed BEFORE UPDATE OF wrapped_key, epoch ON object
        WHEN NEW.epoch <= OLD.epoch OR (SELECT state FROM epoch WHERE number = NEW.epoch) IS DISTINCT FROM 'open'
        BEGIN SELECT RAISE(ABORT, 'a key is only wrapped again, under a newer epoch'); END;
        CREATE TRIGGER case_key_fixed BEFORE UPDATE OF wrapped_key, epoch ON cases
        WHEN NEW.epoch <= OLD.epoch OR (SELECT state FROM epoch WHERE number = NEW.epoch) IS DISTINCT FROM 'open'
        BEGIN SELECT RAISE(ABORT, 'a key is only wrapped again, under a newer epoch'); END;
        CREATE TRIGGER epoch_in_use BEFORE UPDATE OF state ON epoch
        WHEN NEW.state = 'destroyed' AND OLD.state <> 'destroyed' AND (
            EXISTS (SELECT 1 FROM object WHERE epoch = OLD.number)
            OR EXISTS (SELECT 1 FROM cases WHERE epoch = OLD.number)
            OR EXISTS (SELECT 1 FROM archive WHERE epoch = OLD.number))
        BEGIN SELECT RAISE(ABORT, 'keys are wrapped under this epoch'); END;
        CREATE TRIGGER epoch_kept BEFORE DELETE ON epoch
        BEGIN SELECT RAISE(ABORT, 'an epoch is destroyed, not deleted'); END;

        -- Cases that come are held where they are expected.
        CREATE TRIGGER case_expected AFTER INSERT ON cases
        BEGIN
            INSERT INTO hold_case (case_id, scope_id)
            SELECT NEW.id, e.scope_id FROM hold_expectation AS e JOIN hold_scope AS s ON s.id = e.scope_id
            WHERE s.state <> 'ended' AND e.tag = NEW.case_id_tag AND e.tag_key = NEW.case_id_tag_key
                AND e.purpose = 'case' ON CONFLICT DO NOTHING;
            INSERT INTO hold_case (case_id, scope_id)
            SELECT NEW.id, e.scope_id FROM hold_expectation AS e JOIN hold_scope AS s ON s.id = e.scope_id
            WHERE s.state <> 'ended' AND e.tag = NEW.subject_tag AND e.tag_key = NEW.subject_tag_key
                AND e.purpose = 'subject' ON CONFLICT DO NOTHING;
        END;
        CREATE TRIGGER subject_expected AFTER UPDATE OF subject_tag, subject_tag_key ON cases
        WHEN NEW.subject_tag IS DISTINCT FROM OLD.subject_tag
        BEGIN
            INSERT INTO hold_case (case_id, scope_id)
            SELECT NEW.id, e.scope_id FROM hold_expectation AS e JOIN hold_scope AS s ON s.id = e.scope_id
            WHERE s.state <> 'ended' AND e.tag = NEW.subject_tag AND e.tag_key = NEW.subject_tag_key
                AND e.purpose = 'subject' AND NOT EXISTS (SELECT 1 FROM hold_exclusion AS x WHERE x.hold_id = s.hold_id
                    AND x.case_id = NEW.id AND x.revision > s.revision AND x.state = 'ended') ON CONFLICT DO NOTHING;
        END;

        -- What was covered stays covered: before a fact changes what fits is pinned, and after it what fits then.
        CREATE TRIGGER purpose_before BEFORE UPDATE OF purpose ON cases WHEN NEW.purpose IS DISTINCT FROM OLD.purpose
        BEGIN INSERT INTO hold_pin (object_id, scope_id)
            SELECT object_id, scope_id FROM hold_match WHERE case_id = OLD.id ON CONFLICT DO NOTHING; END;
        CREATE TRIGGER purpose_after AFTER UPDATE OF purpose ON cases WHEN NEW.purpose IS DISTINCT FROM OLD.purpose
        BEGIN INSERT INTO hold_pin (object_id, scope_id)
            SELECT object_id, scope_id FROM hold_match WHERE case_id = NEW.id ON CONFLICT DO NOTHING; END;
        CREATE TRIGGER jurisdiction_before BEFORE INSERT ON case_jurisdiction
        BEGIN INSERT INTO hold_pin (object_id, scope_id)
            SELECT object_id, scope_id FROM hold_match WHERE case_id = NEW.case_id ON CONFLICT DO NOTHING; END;
        CREATE TRIGGER jurisdiction_after AFTER INSERT ON case_jurisdiction
        BEGIN INSERT INTO hold_pin (object_id, scope_id)
            SELECT object_id, scope_id FROM hold_match WHERE case_id = NEW.case_id ON CONFLICT DO NOTHING; END;
        CREATE TRIGGER jurisdiction_gone BEFORE DELETE ON case_jurisdiction
        BEGIN INSERT INTO hold_pin (object_id, scope_id)
            SELECT object_id, scope_id FROM hold_match WHERE case_id = OLD.case_id ON CONFLICT DO NOTHING; END;
        CREATE TRIGGER jurisdiction_fixed BEFORE UPDATE ON case_jurisdiction
        BEGIN SELECT RAISE(ABORT, 'a jurisdiction is deleted and inserted'); END;
        CREATE TRIGGER answer_before BEFORE UPDATE OF outcome, result_code, captured_from, captured_until
        ON verification
        WHEN NEW.outcome IS DISTINCT FROM OLD.outcome OR NEW.result_code IS DISTINCT FROM OLD.result_code
            OR NEW.captured_from IS DISTINCT FROM OLD.captured_from
            OR NEW.captured_until IS DISTINCT FROM OLD.captured_until
        BEGIN INSERT INTO hold_pin (object_id, scope_id)
            SELECT object_id, scope_id FROM hold_match WHERE verification_id = OLD.id ON CONFLICT DO NOTHING; END;
        CREATE TRIGGER answer_after AFTER UPDATE OF outcome, result_code, captured_from, captured_until ON verification
        WHEN NEW.outcome IS DISTINCT FROM OLD.outcome OR NEW.result_code IS DISTINCT FROM OLD.result_code
            OR NEW.captured_from IS DISTINCT FROM OLD.captured_from
            OR NEW.captured_until IS DISTINCT FROM OLD.captured_until
        BEGIN INSERT INTO hold_pin (object_id, scope_id)
            SELECT object_id, scope_id FROM hold_match WHERE verification_id = NEW.id ON CONFLICT DO NOTHING; END;

        -- What a hold has taken in stays so until it has ended, or the case was taken out of it.
        CREATE TRIGGER pin_kept BEFORE DELETE ON hold_pin
        WHEN (SELECT state FROM hold_scope WHERE id = OLD.scope_id) <> 'ended' AND NOT EXISTS (
            SELECT 1 FROM hold_exclusion AS x JOIN hold_scope AS s ON s.hold_id = x.hold_id
            JOIN verification AS v ON v.case_id = x.case_id JOIN object AS o ON o.verification_id = v.id
            WHERE s.id = OLD.scope_id AND o.id = OLD.object_id AND x.revision > s.revision AND x.state = 'ended')
        BEGIN SELECT RAISE(ABORT, 'the object is held'); END;
        CREATE TRIGGER pin_fixed BEFORE UPDATE ON hold_pin
        BEGIN SELECT RAISE(ABORT, 'a pin never changes'); END;
        CREATE TRIGGER held_case_kept BEFORE DELETE ON hold_case
        WHEN (SELECT state FROM hold_scope WHERE id = OLD.scope_id) <> 'ended' AND NOT EXISTS (
            SELECT 1 FROM hold_exclusion AS x JOIN hold_scope AS s ON s.hold_id = x.hold_id
            WHERE s.id = OLD.scope_id AND x.case_id = OLD.case_id AND x.revision > s.revision AND x.state = 'ended')
        BEGIN SELECT RAISE(ABORT, 'the case is held'); END;
        CREATE TRIGGER held_case_fixed BEFORE UPDATE ON hold_case
        BEGIN SELECT RAISE(ABORT, 'a held case never changes'); END;
        CREATE TRIGGER expectation_kept BEFORE DELETE ON hold_expectation
        WHEN (SELECT state FROM hold_scope WHERE id = OLD.scope_id) <> 'ended'
        BEGIN SELECT RAISE(ABORT, 'the case is expected'); END;
        CREATE TRIGGER expectation_fixed BEFORE UPDATE ON hold_expectation
        BEGIN SELECT RAISE(ABORT, 'an expectation never changes'); END;
        CREATE TRIGGER clause_kept BEFORE DELETE ON hold_clause
        WHEN (SELECT state FROM hold_scope WHERE id = OLD.scope_id) <> 'ended'
        BEGIN SELECT RAISE(ABORT, 'a clause of a hold stays'); END;
        CREATE TRIGGER clause_fixed BEFORE UPDATE OF id, scope_id, judged_only, any_media, any_jurisdiction,
            any_purpose,
            any_outcome, captured_from, captured_before, archived_from, archived_before ON hold_clause
        BEGIN SELECT RAISE(ABORT, 'a clause of a hold never changes'); END;
        CREATE TRIGGER clause_value_kept BEFORE DELETE ON hold_clause_value
        WHEN (SELECT s.state FROM hold_scope AS s JOIN hold_clause AS k ON k.scope_id = s.id WHERE k.id = OLD.clause_id)
            <> 'ended'
        BEGIN SELECT RAISE(ABORT, 'a clause of a hold stays'); END;
        CREATE TRIGGER clause_value_fixed BEFORE UPDATE ON hold_clause_value
        BEGIN SELECT RAISE(ABORT, 'a clause of a hold never changes'); END;
        CREATE TRIGGER clause_compiled BEFORE UPDATE OF compiled_upto ON hold_clause
        WHEN NEW.compiled_upto > OLD.compiled_upto AND EXISTS (
            SELECT 1 FROM hold_match AS m WHERE m.clause_id = OLD.id AND m.object_id > OLD.compiled_upto
                AND m.object_id <= NEW.compiled_upto AND NOT EXISTS (SELECT 1 FROM hold_pin AS p
                    WHERE p.object_id = m.object_id AND p.scope_id = m.scope_id))
        BEGIN SELECT RAISE(ABORT, 'what the clause takes in is not pinned'); END;
        CREATE TRIGGER scope_state BEFORE UPDATE OF state ON hold_scope
        WHEN NEW.state <> OLD.state AND NOT (
            (OLD.state = 'placing' AND NEW.state IN ('standing', 'ended'))
            OR (OLD.state = 'standing' AND NEW.state = 'cooling') OR (OLD.state = 'cooling' AND NEW.state = 'ended'))
        BEGIN SELECT RAISE(ABORT, 'a hold cools before it ends'); END;
        CREATE TRIGGER hold_state BEFORE UPDATE OF state ON hold
        WHEN NEW.state <> OLD.state AND NOT (
            (OLD.state = 'placing' AND NEW.state IN ('standing', 'ended'))
            OR (OLD.state = 'standing' AND NEW.state = 'released') OR (OLD.state = 'released' AND NEW.state = 'ended'))
        BEGIN SELECT RAISE(ABORT, 'a hold cools before it ends'); END;
        CREATE TRIGGER case_named BEFORE INSERT ON hold_case
        WHEN (SELECT state FROM hold_scope WHERE id = NEW.scope_id) = 'ended'
        BEGIN SELECT RAISE(ABORT, 'the hold has ended'); END;
        CREATE TRIGGER case_awaited BEFORE INSERT ON hold_expectation
        WHEN (SELECT state FROM hold_scope WHERE id = NEW.scope_id) = 'ended'
        BEGIN SELECT RAISE(ABORT, 'the hold has ended'); END;
        CREATE TRIGGER scope_fixed BEFORE UPDATE OF id, hold_id, revision, form, judged_only ON hold_scope
        BEGIN SELECT RAISE(ABORT, 'a revision of a hold never changes'); END;
        CREATE TRIGGER scope_kept BEFORE DELETE ON hold_scope
        BEGIN SELECT RAISE(ABORT, 'a hold stays on record'); END;
        CREATE TRIGGER hold_kept BEFORE DELETE ON hold
        BEGIN SELECT RAISE(ABORT, 'a hold stays on record'); END;
        CREATE TRIGGER exclusion_state BEFORE UPDATE ON hold_exclusion
        WHEN NOT (OLD.state = 'cooling' AND NEW.state = 'ended' AND NEW.hold_id = OLD.hold_id
            AND NEW.case_id = OLD.case_id
            AND NEW.revision = OLD.revision)
        BEGIN SELECT RAISE(ABORT, 'what is taken out of a hold cools'); END;
        CREATE TRIGGER exclusion_born BEFORE INSERT ON hold_exclusion WHEN NEW.state <> 'cooling'
        BEGIN SELECT RAISE(ABORT, 'what is taken out of a hold cools'); END;
        """
}
