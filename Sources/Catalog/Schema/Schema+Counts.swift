/// Counts that the transactions keep which change what is counted: to look at them takes the same time however much
/// there is. `audit reconcile` counts anew and compares.
extension Schema {
    static let counts = """
        -- `case`, those that are `lacking` what terms ask for, `verification` by state (or `continued`, where
        -- another one of the case goes on from it), `object` by kind, `status` by
        -- the status of objects, and of media that is in more than one case: `repeated` contents and the cases that
        -- they are in.
        CREATE TABLE tally (
            what TEXT NOT NULL,
            which TEXT NOT NULL,
            number INTEGER NOT NULL,
            -- Of the plaintext.
            bytes INTEGER NOT NULL,
            PRIMARY KEY (what, which)
        ) STRICT, WITHOUT ROWID;

        -- Contents that are in more than one case.
        CREATE TABLE repeated_content (
            content_tag BLOB NOT NULL CHECK (length(content_tag) = 32),
            content_tag_key INTEGER NOT NULL,
            kind TEXT NOT NULL,
            cases INTEGER NOT NULL CHECK (cases >= 2),
            -- The last object that brought them into another case.
            newest INTEGER NOT NULL,
            PRIMARY KEY (content_tag, content_tag_key)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX repeated_content_newest ON repeated_content (newest);

        -- Cases with such contents, and with how many.
        CREATE TABLE repeated_case (
            case_id INTEGER PRIMARY KEY REFERENCES cases,
            contents INTEGER NOT NULL CHECK (contents >= 1)
        ) STRICT;

        CREATE TRIGGER case_tallied AFTER INSERT ON cases
        BEGIN
            INSERT INTO tally (what, which, number, bytes) VALUES ('case', '', 1, 0)
            ON CONFLICT (what, which) DO UPDATE SET number = tally.number + 1;
            INSERT INTO tally (what, which, number, bytes) SELECT 'lacking', '', 1, 0 WHERE NEW.lacks_terms = 1
            ON CONFLICT (what, which) DO UPDATE SET number = tally.number + 1;
        END;
        CREATE TRIGGER case_untallied AFTER DELETE ON cases
        BEGIN
            UPDATE tally SET number = number - 1 WHERE what = 'case' AND which = '';
            UPDATE tally SET number = number - OLD.lacks_terms WHERE what = 'lacking' AND which = '';
        END;
        CREATE TRIGGER case_retallied AFTER UPDATE OF lacks_terms ON cases WHEN NEW.lacks_terms <> OLD.lacks_terms
        BEGIN
            INSERT INTO tally (what, which, number, bytes) VALUES ('lacking', '', NEW.lacks_terms - OLD.lacks_terms, 0)
            ON CONFLICT (what, which) DO UPDATE SET number = tally.number + excluded.number;
        END;

        CREATE TRIGGER verification_tallied AFTER INSERT ON verification
        BEGIN
            INSERT INTO tally (what, which, number, bytes)
            VALUES ('verification', CASE NEW.goes_on WHEN 1 THEN 'continued' ELSE NEW.state END, 1, 0)
            ON CONFLICT (what, which) DO UPDATE SET number = tally.number + 1;
        END;
        CREATE TRIGGER verification_untallied AFTER DELETE ON verification
        BEGIN
            UPDATE tally SET number = number - 1
            WHERE which = CASE OLD.goes_on WHEN 1 THEN 'continued' ELSE OLD.state END AND what = 'verification';
        END;
        CREATE TRIGGER verification_retallied AFTER UPDATE OF state, goes_on ON verification
        WHEN NEW.state <> OLD.state OR NEW.goes_on <> OLD.goes_on
        BEGIN
            INSERT INTO tally (what, which, number, bytes)
            VALUES ('verification', CASE OLD.goes_on WHEN 1 THEN 'continued' ELSE OLD.state END, -1, 0),
                ('verification', CASE NEW.goes_on WHEN 1 THEN 'continued' ELSE NEW.state END, 1, 0)
            ON CONFLICT (what, which) DO UPDATE SET number = tally.number + excluded.number;
        END;

        CREATE TRIGGER object_tallied AFTER INSERT ON object
        BEGIN
            INSERT INTO tally (what, which, number, bytes) VALUES ('object', NEW.kind, 1, NEW.length)
            ON CONFLICT (what, which) DO UPDATE SET number = tally.number + 1, bytes = tally.bytes + excluded.bytes;
            INSERT INTO tally (what, which, number, bytes) VALUES ('status', NEW.status, 1, 0)
            ON CONFLICT (what, which) DO UPDATE SET number = tally.number + 1;
        END;
        CREATE TRIGGER object_untallied AFTER DELETE ON object
        BEGIN
            UPDATE tally SET number = number - 1, bytes = bytes - OLD.length WHERE what = 'object' AND which = OLD.kind;
            UPDATE tally SET number = number - 1 WHERE what = 'status' AND which = OLD.status;
        END;
        CREATE TRIGGER object_retallied AFTER UPDATE OF status ON object WHEN NEW.status <> OLD.status
        BEGIN
            INSERT INTO tally (what, which, number, bytes)
            VALUES ('status', OLD.status, -1, 0), ('status', NEW.status, 1, 0)
            ON CONFLICT (what, which) DO UPDATE SET number = tally.number + excluded.number;
        END;

        -- An object that brings contents into a case that others have already, and its own had not.
        CREATE TRIGGER content_repeated AFTER INSERT ON object
        WHEN NEW.kind <> 'result' AND EXISTS (
            SELECT 1 FROM object AS o WHERE o.content_tag = NEW.content_tag AND o.kind <> 'result'
                AND o.content_tag_key = NEW.content_tag_key AND o.id <> NEW.id)
            AND NOT EXISTS (
                SELECT 1 FROM verification AS own JOIN verification AS v ON v.case_id = own.case_id
                    JOIN object AS o ON o.verification_id = v.id
                WHERE own.id = NEW.verification_id AND o.content_tag = NEW.content_tag
                    AND o.content_tag_key = NEW.content_tag_key AND o.kind <> 'result' AND o.id <> NEW.id)
        BEGIN
            INSERT INTO repeated_case (case_id, contents)
            SELECT case_id, 1 FROM verification WHERE id = NEW.verification_id
            ON CONFLICT (case_id) DO UPDATE SET contents = repeated_case.contents + 1;
            -- The one case that had them before.
            INSERT INTO repeated_case (case_id, contents)
            SELECT DISTINCT v.case_id, 1 FROM object AS o JOIN verification AS v ON v.id = o.verification_id
            WHERE o.content_tag = NEW.content_tag AND o.content_tag_key = NEW.content_tag_key
                AND o.kind <> 'result' AND o.id <> NEW.id AND NOT EXISTS (
                    SELECT 1 FROM repeated_content AS r
                    WHERE r.content_tag = NEW.content_tag AND r.content_tag_key = NEW.content_tag_key)
            ON CONFLICT (case_id) DO UPDATE SET contents = repeated_case.contents + 1;
            INSERT INTO repeated_content (content_tag, content_tag_key, kind, cases, newest)
            VALUES (NEW.content_tag, NEW.content_tag_key, NEW.kind, 2, NEW.id)
            ON CONFLICT (content_tag, content_tag_key) DO UPDATE SET
                cases = repeated_content.cases + 1, newest = excluded.newest;
        END;
        -- The last object of its case with contents that other cases have, too.
        CREATE TRIGGER content_unrepeated AFTER DELETE ON object
        WHEN OLD.kind <> 'result' AND EXISTS (
            SELECT 1 FROM repeated_content AS r
            WHERE r.content_tag = OLD.content_tag AND r.content_tag_key = OLD.content_tag_key)
            AND NOT EXISTS (
                SELECT 1 FROM verification AS own JOIN verification AS v ON v.case_id = own.case_id
                    JOIN object AS o ON o.verification_id = v.id
                WHERE own.id = OLD.verification_id AND o.content_tag = OLD.content_tag
                    AND o.content_tag_key = OLD.content_tag_key AND o.kind <> 'result')
        BEGIN
            DELETE FROM repeated_case
            WHERE contents = 1 AND case_id = (SELECT case_id FROM verification WHERE id = OLD.verification_id);
            UPDATE repeated_case SET contents = contents - 1
            WHERE case_id = (SELECT case_id FROM verification WHERE id = OLD.verification_id);
            -- Of two cases the other is alone with them now.
            DELETE FROM repeated_case WHERE contents = 1 AND case_id IN (\(lonelyCase));
            UPDATE repeated_case SET contents = contents - 1 WHERE case_id IN (\(lonelyCase));
            DELETE FROM repeated_content
            WHERE content_tag = OLD.content_tag AND content_tag_key = OLD.content_tag_key AND cases = 2;
            UPDATE repeated_content SET cases = cases - 1
            WHERE content_tag = OLD.content_tag AND content_tag_key = OLD.content_tag_key;
        END;

        CREATE TRIGGER repeated_content_tallied AFTER INSERT ON repeated_content
        BEGIN
            INSERT INTO tally (what, which, number, bytes) VALUES ('repeated', 'contents', 1, 0)
            ON CONFLICT (what, which) DO UPDATE SET number = tally.number + 1;
        END;
        CREATE TRIGGER repeated_content_untallied AFTER DELETE ON repeated_content
        BEGIN UPDATE tally SET number = number - 1 WHERE what = 'repeated' AND which = 'contents'; END;
        CREATE TRIGGER repeated_case_tallied AFTER INSERT ON repeated_case
        BEGIN
            INSERT INTO tally (what, which, number, bytes) VALUES ('repeated', 'cases', 1, 0)
            ON CONFLICT (what, which) DO UPDATE SET number = tally.number + 1;
        END;
        CREATE TRIGGER repeated_case_untallied AFTER DELETE ON repeated_case
        BEGIN UPDATE tally SET number = number - 1 WHERE what = 'repeated' AND which = 'cases'; END;
        """

    /// The case that is left of two with the contents of an object that was deleted. The one that lost them still has
    /// its row, and no object with them.
    private static let lonelyCase = """
        SELECT v.case_id FROM object AS o JOIN verification AS v ON v.id = o.verification_id
        WHERE o.content_tag = OLD.content_tag AND o.content_tag_key = OLD.content_tag_key AND o.kind <> 'result'
            AND EXISTS (SELECT 1 FROM repeated_content AS r WHERE r.content_tag = OLD.content_tag
                AND r.content_tag_key = OLD.content_tag_key AND r.cases = 2)
        """

    /// What the table of counts must say, counted one by one.
    static let recount = """
        SELECT 'case' AS what, '' AS which, count(*) AS number, 0 AS bytes FROM cases
        UNION ALL SELECT 'lacking', '', count(*), 0 FROM cases WHERE lacks_terms = 1
        UNION ALL SELECT 'verification', CASE goes_on WHEN 1 THEN 'continued' ELSE state END, count(*), 0
            FROM verification GROUP BY 2
        UNION ALL SELECT 'object', kind, count(*), CAST(coalesce(sum(length), 0) AS BIGINT) FROM object GROUP BY kind
        UNION ALL SELECT 'status', status, count(*), 0 FROM object GROUP BY status
        UNION ALL SELECT 'repeated', 'contents', count(*), 0 FROM (\(repeats)) AS repeats
        UNION ALL SELECT 'repeated', 'cases', count(DISTINCT v.case_id), 0
            FROM (\(repeats)) AS r JOIN object AS o ON o.content_tag = r.content_tag
                AND o.content_tag_key = r.content_tag_key AND o.kind <> 'result'
            JOIN verification AS v ON v.id = o.verification_id
        """

    private static let repeats = """
        SELECT o.content_tag, o.content_tag_key FROM object AS o JOIN verification AS v ON v.id = o.verification_id
        WHERE o.kind <> 'result' GROUP BY o.content_tag, o.content_tag_key HAVING count(DISTINCT v.case_id) > 1
        """
}
