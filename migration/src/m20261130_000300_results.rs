//! Adds the stages of competitions, the results of participants in them, and the standings that were published.
//!
//! A row of `performances` never changes: a correction is another row that supersedes it. A row of `competitions` counts
//! the changes of its stages and standings, so that nothing is read about a competition that never had any.

use sea_orm_migration::prelude::*;

use crate::columns::{
    add, drop, id, index, int, json, moment, moment_or_null, one_of, references, text, uuid,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const STAGES: &str = "stages";
const PERFORMANCES: &str = "performances";
const STANDINGS: &str = "standings";

const STATES: [&str; 4] = ["DRAFT", "OPEN", "PROVISIONAL", "OFFICIAL"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_stages(manager).await?;
        create_performances(manager).await?;
        create_standings(manager).await?;
        let revision = int("results_revision").default(0).to_owned();
        add(manager, "competitions", revision).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, "competitions", "results_revision").await?;
        for table in [STANDINGS, PERFORMANCES, STAGES] {
            manager
                .drop_table(Table::drop().table(table).to_owned())
                .await?;
        }
        Ok(())
    }
}

async fn create_stages(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let cascade = ForeignKeyAction::Cascade;
    let mut competition = references(STAGES, "competition_id", "competitions", cascade);
    let metrics = ["TIME", "SCORE", "POINTS", "ATTENDANCE"];
    let aggregates = ["BEST", "SUM", "LAST", "MEAN"];
    let tie_rules = ["SHARED", "DENSE", "COUNTBACK", "EARLIEST"];
    manager
        .create_table(
            Table::create()
                .table(STAGES)
                .col(id())
                .col(uuid("competition_id"))
                .col(int("position"))
                .col(text("name"))
                .col(text("metric"))
                .col(text("direction"))
                .col(text("unit"))
                .col(int("decimals"))
                .col(text("aggregate"))
                .col(text("tie_rule"))
                .col(text("state"))
                .col(moment_or_null("freeze_at"))
                .col(int("revision"))
                .col(moment("created_at"))
                .check(one_of("metric", &metrics))
                .check(one_of("direction", &["ASC", "DESC"]))
                .check(one_of("aggregate", &aggregates))
                .check(one_of("tie_rule", &tie_rules))
                .check(one_of("state", &STATES))
                .foreign_key(&mut competition)
                .to_owned(),
        )
        .await?;
    let of_competition = index(STAGES, &["competition_id", "position"]);
    manager.create_index(of_competition).await
}

async fn create_performances(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let cascade = ForeignKeyAction::Cascade;
    let mut stage = references(PERFORMANCES, "stage_id", STAGES, cascade);
    let mut registration = references(
        PERFORMANCES,
        "registration_id",
        "registrations",
        ForeignKeyAction::Cascade,
    );
    let mut helper = references(PERFORMANCES, "by", "users", ForeignKeyAction::SetNull);
    manager
        .create_table(
            Table::create()
                .table(PERFORMANCES)
                .col(id())
                .col(uuid("stage_id"))
                .col(uuid("registration_id"))
                .col(ColumnDef::new("value").big_integer().null().to_owned())
                .col(text("status"))
                .col(text("note"))
                .col(ColumnDef::new("by").uuid().null().to_owned())
                .col(moment("at"))
                .col(ColumnDef::new("supersedes").uuid().null().to_owned())
                .check(one_of("status", &["OK", "DNF", "DNS", "DSQ"]))
                .check(Expr::cust("(status = 'OK') = (value IS NOT NULL)"))
                .foreign_key(&mut stage)
                .foreign_key(&mut registration)
                .foreign_key(&mut helper)
                .to_owned(),
        )
        .await?;
    for columns in [&["stage_id", "id"][..], &["registration_id"], &["by"]] {
        manager.create_index(index(PERFORMANCES, columns)).await?;
    }
    // Two corrections of one result can't both count.
    let once = "CREATE UNIQUE INDEX ux_performances_supersedes ON performances (supersedes) \
                WHERE supersedes IS NOT NULL";
    manager.get_connection().execute_unprepared(once).await?;
    Ok(())
}

async fn create_standings(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut stage = references(STANDINGS, "stage_id", STAGES, ForeignKeyAction::Cascade);
    let mut publisher = references(STANDINGS, "by", "users", ForeignKeyAction::SetNull);
    manager
        .create_table(
            Table::create()
                .table(STANDINGS)
                .col(uuid("stage_id"))
                .col(int("version"))
                .col(text("state"))
                .col(moment("published_at"))
                .col(ColumnDef::new("by").uuid().null().to_owned())
                .col(int("participants"))
                .col(int("changed"))
                .col(json("rows"))
                .col(json("changes"))
                .primary_key(Index::create().col("stage_id").col("version"))
                .check(one_of("state", &STATES))
                .foreign_key(&mut stage)
                .foreign_key(&mut publisher)
                .to_owned(),
        )
        .await?;
    manager.create_index(index(STANDINGS, &["by"])).await
}
