//! Adds the brackets of competitions, their entrants and matches, and the history of the matches.
//!
//! A row of `bracket_matches` has the result that counts. A row of `match_changes` never changes: it is added with each
//! change of a result.

use sea_orm_migration::prelude::*;

use crate::columns::{id, index, int, moment, moment_or_null, one_of, references, text, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const BRACKETS: &str = "brackets";
const ENTRANTS: &str = "bracket_entrants";
const MATCHES: &str = "bracket_matches";
const CHANGES: &str = "match_changes";

const FORMATS: [&str; 4] = [
    "SINGLE_ELIMINATION",
    "DOUBLE_ELIMINATION",
    "ROUND_ROBIN",
    "SWISS",
];
const TIE_RULES: [&str; 4] = ["HEAD_TO_HEAD", "BUCHHOLZ", "SONNEBORN_BERGER", "SCORE"];
const OUTCOMES: [&str; 3] = ["FIRST", "SECOND", "DRAW"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_brackets(manager).await?;
        create_entrants(manager).await?;
        create_matches(manager).await?;
        create_changes(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [CHANGES, MATCHES, ENTRANTS, BRACKETS] {
            manager
                .drop_table(Table::drop().table(table).to_owned())
                .await?;
        }
        Ok(())
    }
}

/// Defines a number that may be null.
fn number_or_null(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).big_integer().null().to_owned()
}

fn yes_or_no(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).boolean().not_null().to_owned()
}

fn outcome() -> ColumnDef {
    ColumnDef::new("outcome").text().null().to_owned()
}

fn known_outcome() -> SimpleExpr {
    Expr::col("outcome")
        .is_null()
        .or(one_of("outcome", &OUTCOMES))
}

async fn create_brackets(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let cascade = ForeignKeyAction::Cascade;
    let mut competition = references(BRACKETS, "competition_id", "competitions", cascade);
    let set_null = ForeignKeyAction::SetNull;
    let mut division = references(BRACKETS, "division_id", "divisions", set_null);
    let seedings = ["START_NUMBER", "REGISTERED_AT", "STANDINGS", "LIST"];
    manager
        .create_table(
            Table::create()
                .table(BRACKETS)
                .col(id())
                .col(uuid("competition_id"))
                .col(ColumnDef::new("division_id").uuid().null().to_owned())
                .col(text("name"))
                .col(text("format"))
                .col(text("seeding"))
                .col(text("state"))
                .col(yes_or_no("third_place"))
                .col(yes_or_no("reset"))
                .col(int("rounds"))
                .col(int("win_points"))
                .col(text("tie_rule"))
                .col(int("entrants"))
                .col(int("revision"))
                .col(moment("created_at"))
                .check(one_of("format", &FORMATS))
                .check(one_of("seeding", &seedings))
                .check(one_of("state", &["DRAFT", "PUBLISHED"]))
                .check(one_of("tie_rule", &TIE_RULES))
                .foreign_key(&mut competition)
                .foreign_key(&mut division)
                .to_owned(),
        )
        .await?;
    for columns in [&["competition_id", "id"][..], &["division_id"]] {
        manager.create_index(index(BRACKETS, columns)).await?;
    }
    Ok(())
}

async fn create_entrants(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let cascade = ForeignKeyAction::Cascade;
    let mut bracket = references(ENTRANTS, "bracket_id", BRACKETS, cascade);
    let set_null = ForeignKeyAction::SetNull;
    let mut registration = references(ENTRANTS, "registration_id", "registrations", set_null);
    manager
        .create_table(
            Table::create()
                .table(ENTRANTS)
                .col(uuid("bracket_id"))
                .col(int("seed"))
                .col(ColumnDef::new("registration_id").uuid().null().to_owned())
                .col(moment_or_null("withdrawn_at"))
                .primary_key(Index::create().col("bracket_id").col("seed"))
                .foreign_key(&mut bracket)
                .foreign_key(&mut registration)
                .to_owned(),
        )
        .await?;
    let of_registration = index(ENTRANTS, &["registration_id"]);
    manager.create_index(of_registration).await
}

async fn create_matches(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let cascade = ForeignKeyAction::Cascade;
    let mut bracket = references(MATCHES, "bracket_id", BRACKETS, cascade);
    manager
        .create_table(
            Table::create()
                .table(MATCHES)
                .col(id())
                .col(uuid("bracket_id"))
                .col(int("number"))
                .col(int("round"))
                .col(number_or_null("first"))
                .col(number_or_null("second"))
                .col(outcome())
                .col(number_or_null("first_score"))
                .col(number_or_null("second_score"))
                .check(known_outcome())
                .check(Expr::cust(
                    "outcome IS NULL OR (\"first\" IS NOT NULL AND \"second\" IS NOT NULL)",
                ))
                .foreign_key(&mut bracket)
                .to_owned(),
        )
        .await?;
    // Two rounds can't be paired at the same time.
    let mut numbers = index(MATCHES, &["bracket_id", "number"]);
    manager.create_index(numbers.unique().to_owned()).await
}

async fn create_changes(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let cascade = ForeignKeyAction::Cascade;
    let mut bracket = references(CHANGES, "bracket_id", BRACKETS, cascade);
    let mut helper = references(CHANGES, "by", "users", ForeignKeyAction::SetNull);
    manager
        .create_table(
            Table::create()
                .table(CHANGES)
                .col(id())
                .col(uuid("bracket_id"))
                .col(int("number"))
                .col(text("kind"))
                .col(number_or_null("first"))
                .col(number_or_null("second"))
                .col(outcome())
                .col(number_or_null("first_score"))
                .col(number_or_null("second_score"))
                .col(ColumnDef::new("by").uuid().null().to_owned())
                .col(moment("at"))
                .check(one_of("kind", &["RECORDED", "UNDONE", "VOIDED"]))
                .check(known_outcome())
                .foreign_key(&mut bracket)
                .foreign_key(&mut helper)
                .to_owned(),
        )
        .await?;
    for columns in [&["bracket_id", "id"][..], &["by"]] {
        manager.create_index(index(CHANGES, columns)).await?;
    }
    Ok(())
}
