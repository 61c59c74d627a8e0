//! The triggers that keep the listings, terms and tag counts.

use sea_orm_migration::sea_orm::DatabaseBackend;

use super::rows::{COUNTS, LISTINGS, TERMS, insert_rows, phase_of_seats, seats_rank};

/// The columns of competitions that an edit changes and a registration does not.
const EDITED: &str = "organizer_id, status, title, location, tags, reg_deadline, starts_at, ends_at, opens_at, deleted_at";

/// Returns the statements that create the triggers.
pub(super) fn triggers(backend: DatabaseBackend) -> Vec<String> {
    let phase = |row| phase_of_seats(backend, row);
    let rank = |row| seats_rank(row);
    let delete = |row: &str| {
        format!(
            "DELETE FROM {LISTINGS} WHERE id = {row}.id; DELETE FROM {TERMS} WHERE competition_id = {row}.id;"
        )
    };
    let edited = format!("{} {}", delete("NEW"), insert_rows(backend, "= NEW.id"));
    let crossed = format!(
        "NEW.deleted_at IS NULL AND (({}) <> ({}) OR ({}) <> ({}))",
        phase("OLD"),
        phase("NEW"),
        rank("OLD"),
        rank("NEW")
    );
    let (new_phase, new_rank) = (phase("NEW"), rank("NEW"));
    let seats = format!(
        "UPDATE {LISTINGS} SET phase = CASE WHEN phase <= 3 THEN {new_phase} ELSE phase END, seats_rank = {new_rank} \
           WHERE id = NEW.id; \
         UPDATE {TERMS} SET phase = {new_phase} \
           WHERE competition_id = NEW.id AND phase <= 3 AND phase <> ({new_phase});"
    );
    let on_competitions = [
        ("list_edited", format!("UPDATE OF {EDITED}"), "", edited),
        (
            "list_seats",
            "UPDATE OF seats_left, capacity, waitlist_enabled".to_owned(),
            crossed.as_str(),
            seats,
        ),
        ("list_deleted", "DELETE".to_owned(), "", delete("OLD")),
    ];
    if backend == DatabaseBackend::Sqlite {
        let created = insert_rows(backend, "= NEW.id");
        let mut all = vec![format!(
            "CREATE TRIGGER list_created AFTER INSERT ON competitions BEGIN {created} END"
        )];
        all.extend(on_competitions.map(|(name, event, when, body)| {
            let when = if when.is_empty() {
                String::new()
            } else {
                format!("WHEN {when}")
            };
            format!("CREATE TRIGGER {name} AFTER {event} ON competitions {when} BEGIN {body} END")
        }));
        all.extend(sqlite_counts());
        return all;
    }
    let mut all = vec![
        function("list_created", &insert_rows(backend, "IN (SELECT id FROM new_rows)")),
        "CREATE TRIGGER list_created AFTER INSERT ON competitions REFERENCING NEW TABLE AS new_rows \
         FOR EACH STATEMENT EXECUTE FUNCTION list_created()"
            .to_owned(),
    ];
    for (name, event, when, body) in on_competitions {
        let when = if when.is_empty() {
            String::new()
        } else {
            format!("WHEN ({when})")
        };
        all.push(function(name, &body));
        all.push(format!(
            "CREATE TRIGGER {name} AFTER {event} ON competitions FOR EACH ROW {when} EXECUTE FUNCTION {name}()"
        ));
    }
    all.extend(postgres_counts());
    all
}

fn function(name: &str, body: &str) -> String {
    format!(
        "CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} RETURN NULL; END $$"
    )
}

/// Returns the triggers that count the tags. A change from one phase before the start to another, which a
/// registration may cause, counts nothing.
fn sqlite_counts() -> [String; 4] {
    let add = |row: &str| {
        format!(
            "INSERT INTO {COUNTS} (tag, upcoming) VALUES (substr({row}.term, 5), 1) \
             ON CONFLICT (tag) DO UPDATE SET upcoming = upcoming + 1;"
        )
    };
    let remove = |row: &str| {
        format!(
            "UPDATE {COUNTS} SET upcoming = upcoming - 1 WHERE tag = substr({row}.term, 5); \
             DELETE FROM {COUNTS} WHERE tag = substr({row}.term, 5) AND upcoming = 0;"
        )
    };
    let counted = |row: &str| format!("{row}.term LIKE 'tag:%' AND {row}.phase <= 4");
    let trigger = |name: &str, event: &str, when: &str, body: String| {
        format!("CREATE TRIGGER {name} AFTER {event} ON {TERMS} WHEN {when} BEGIN {body} END")
    };
    let moved = |from: &str, to: &str| format!("{} AND {to}.phase > 4", counted(from));
    [
        trigger("count_new_tag", "INSERT", &counted("NEW"), add("NEW")),
        trigger("count_old_tag", "DELETE", &counted("OLD"), remove("OLD")),
        trigger(
            "count_started_tag",
            "UPDATE OF phase",
            &moved("OLD", "NEW"),
            remove("NEW"),
        ),
        trigger(
            "count_postponed_tag",
            "UPDATE OF phase",
            &moved("NEW", "OLD"),
            add("NEW"),
        ),
    ]
}

fn postgres_counts() -> [String; 6] {
    let counted = "term LIKE 'tag:%' AND phase <= 4";
    // In the order of the tags, so that two transactions do not wait for each other.
    let grouped = |rows: &str, sign: &str| {
        format!(
            "SELECT substr(term, 5) AS tag, {sign}count(*) AS change FROM {rows} WHERE {counted} GROUP BY term ORDER BY term"
        )
    };
    let add = |changes: &str| {
        format!(
            "INSERT INTO {COUNTS} AS counts (tag, upcoming) {changes} \
             ON CONFLICT (tag) DO UPDATE SET upcoming = counts.upcoming + EXCLUDED.upcoming;"
        )
    };
    let removed = format!(
        "{} DELETE FROM {COUNTS} WHERE upcoming = 0 AND tag IN (SELECT substr(term, 5) FROM old_rows);",
        add(&grouped("old_rows", "-"))
    );
    let moved = format!(
        "{} DELETE FROM {COUNTS} WHERE upcoming = 0 AND tag IN (SELECT substr(term, 5) FROM new_rows);",
        add(
            "SELECT substr(n.term, 5) AS tag, sum(CASE WHEN n.phase <= 4 THEN 1 ELSE -1 END) AS change \
             FROM new_rows n JOIN old_rows o ON o.competition_id = n.competition_id AND o.term = n.term \
             WHERE n.term LIKE 'tag:%' AND (n.phase <= 4) <> (o.phase <= 4) GROUP BY n.term ORDER BY n.term"
        )
    );
    let of_statement = |name: &str, event: &str, rows: &str| {
        format!(
            "CREATE TRIGGER {name} AFTER {event} ON {TERMS} REFERENCING {rows} \
             FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        )
    };
    [
        function("count_new_tags", &add(&grouped("new_rows", ""))),
        of_statement("count_new_tags", "INSERT", "NEW TABLE AS new_rows"),
        function("count_old_tags", &removed),
        of_statement("count_old_tags", "DELETE", "OLD TABLE AS old_rows"),
        function("count_moved_tags", &moved),
        of_statement(
            "count_moved_tags",
            "UPDATE",
            "OLD TABLE AS old_rows NEW TABLE AS new_rows",
        ),
    ]
}
