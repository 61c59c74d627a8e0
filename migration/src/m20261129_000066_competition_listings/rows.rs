//! The rows of the tables: the views that define them, and the statements that insert them.

use sea_orm_migration::sea_orm::DatabaseBackend;

pub(super) const LISTINGS: &str = "competition_listings";
pub(super) const TERMS: &str = "competition_terms";
pub(super) const COUNTS: &str = "tag_counts";

/// Returns the phase of a published competition, as far as it follows from its seats.
pub(super) fn phase_of_seats(backend: DatabaseBackend, row: &str) -> String {
    let greatest = match backend {
        DatabaseBackend::Sqlite => "max",
        _ => "greatest",
    };
    format!(
        "CASE WHEN {row}.seats_left > {greatest}({row}.capacity / 10, 1) THEN 0 \
         WHEN {row}.seats_left > 0 THEN 1 WHEN {row}.waitlist_enabled THEN 2 ELSE 3 END"
    )
}

/// Returns the number of binary digits of the number of free seats.
pub(super) fn seats_rank(row: &str) -> String {
    let cases: String = (0..20)
        .rev()
        .map(|bit| format!(" WHEN {row}.seats_left >= {} THEN {}", 1 << bit, bit + 1))
        .collect();
    format!("CASE{cases} ELSE 0 END")
}

/// Returns the views that define the rows of a competition.
pub(super) fn views(backend: DatabaseBackend) -> [String; 2] {
    let sqlite = backend == DatabaseBackend::Sqlite;
    let phase = phase_of_seats(backend, "c");
    let rank = seats_rank("c");
    let least = if sqlite { "min" } else { "least" };
    let listings = format!(
        "CREATE VIEW listed_competitions AS \
         SELECT c.id, c.organizer_id, \
           CASE c.status WHEN 'DRAFT' THEN 8 WHEN 'CANCELLED' THEN 7 ELSE {phase} END AS phase, \
           {rank} AS seats_rank, c.starts_at, coalesce(c.ends_at, c.starts_at) AS ends_at, \
           {least}(c.reg_deadline, c.starts_at) AS reg_deadline, coalesce(c.opens_at, c.created_at) AS opens_at, c.created_at, \
           substr(lower(c.title), 1, 60) AS title_key \
         FROM competitions c WHERE c.deleted_at IS NULL"
    );
    let terms = if sqlite {
        sqlite_terms()
    } else {
        postgres_terms()
    };
    [listings, terms]
}

/// Returns the view of terms. Words of the location are separated by what ASCII has besides letters and
/// digits.
fn postgres_terms() -> String {
    "CREATE VIEW listed_terms AS \
     SELECT l.id AS competition_id, t.term, l.phase, l.starts_at, l.ends_at, l.reg_deadline, l.opens_at \
     FROM listed_competitions l JOIN competitions c ON c.id = l.id CROSS JOIN LATERAL ( \
       SELECT 'tag:' || tag AS term FROM jsonb_array_elements_text( \
         CASE jsonb_typeof(c.tags) WHEN 'array' THEN c.tags ELSE '[]' END) AS tag \
       UNION \
       SELECT 'place:' || word FROM regexp_split_to_table(lower(c.location), \
         '[\\x01-\\x2f\\x3a-\\x40\\x5b-\\x60\\x7b-\\x7f]+') AS word WHERE word <> '' \
     ) AS t"
        .to_owned()
}

/// SQLite splits a text by reading it as JSON, once every separator is a blank. It reads no expression that
/// is nested as deeply as there are separators, so they are replaced in steps.
fn sqlite_terms() -> String {
    let separators: Vec<char> = (0x21..0x7f)
        .map(char::from)
        .filter(|character| !character.is_ascii_alphanumeric())
        .collect();
    let mut steps = String::new();
    for (number, some) in separators.chunks(8).enumerate() {
        let replaced = some.iter().fold("location".to_owned(), |text, separator| {
            let quoted = separator.to_string().replace('\'', "''");
            format!("replace({text}, '{quoted}', ' ')")
        });
        steps += &format!(
            "step{next} AS (SELECT id, {replaced} AS location FROM step{number}), ",
            next = number + 1
        );
    }
    let last = separators.chunks(8).len();
    format!(
        "CREATE VIEW listed_terms AS \
         WITH step0 AS (SELECT id, lower(location) AS location FROM competitions), {steps} \
         words AS (SELECT id, '[\"' || replace(location, ' ', '\",\"') || '\"]' AS list FROM step{last}) \
         SELECT l.id AS competition_id, 'tag:' || t.value AS term, l.phase, l.starts_at, l.ends_at, l.reg_deadline, l.opens_at \
         FROM listed_competitions l JOIN competitions c ON c.id = l.id \
           JOIN json_each(CASE json_type(c.tags) WHEN 'array' THEN c.tags ELSE '[]' END) t \
         UNION ALL \
         SELECT l.id, 'place:' || w.value, l.phase, l.starts_at, l.ends_at, l.reg_deadline, l.opens_at \
         FROM listed_competitions l JOIN words ON words.id = l.id \
           JOIN json_each(CASE json_valid(list) WHEN 1 THEN list ELSE '[]' END) w WHERE w.value <> ''"
    )
}

/// The columns of the tables, in the order of the views.
const LISTING_COLUMNS: &str = "id, organizer_id, phase, seats_rank, starts_at, ends_at, reg_deadline, opens_at, created_at, title_key";
const TERM_COLUMNS: &str =
    "competition_id, term, phase, starts_at, ends_at, reg_deadline, opens_at";

/// Returns the statements that insert the rows of the competitions whose id is `chosen`: the rest of a
/// condition.
pub(super) fn insert_rows(backend: DatabaseBackend, chosen: &str) -> String {
    // A location may contain a word twice.
    let insert = match backend {
        DatabaseBackend::Sqlite => "INSERT OR IGNORE INTO",
        _ => "INSERT INTO",
    };
    format!(
        "INSERT INTO {LISTINGS} ({LISTING_COLUMNS}) SELECT {LISTING_COLUMNS} FROM listed_competitions WHERE id {chosen}; \
         {insert} {TERMS} ({TERM_COLUMNS}) SELECT {TERM_COLUMNS} FROM listed_terms WHERE competition_id {chosen};"
    )
}

/// Returns the statements that list the competitions that exist already, in the phases of this moment.
pub(super) fn fill(backend: DatabaseBackend) -> String {
    let now = match backend {
        DatabaseBackend::Sqlite => "strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')",
        _ => "now()",
    };
    let rows = insert_rows(backend, "IS NOT NULL");
    let phase = format!(
        "SET phase = CASE WHEN ends_at < {now} THEN 6 WHEN starts_at <= {now} THEN 5 ELSE 4 END \
         WHERE phase <= 3 AND reg_deadline <= {now}"
    );
    format!(
        "{rows} UPDATE {LISTINGS} {phase}; UPDATE {TERMS} {phase}; \
         INSERT INTO {COUNTS} (tag, upcoming) SELECT substr(term, 5), count(*) FROM {TERMS} \
         WHERE phase <= 4 AND term LIKE 'tag:%' GROUP BY term"
    )
}
