//! Adds those who work on a competition besides its owner, and the invitations that they have not answered.
//!
//! The owner has a row, too, which a trigger writes with the competition: its id is that of the competition. Who owns a
//! competition is decided by `competitions.organizer_id` alone.

use sea_orm_migration::{prelude::*, sea_orm::DatabaseBackend};

use crate::columns::{id, index, moment, moment_or_null, one_of, references, text, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLE: &str = "staff";
const ROLES: [&str; 5] = ["OWNER", "EDITOR", "CHECK_IN", "RESULTS", "VIEWER"];
const COLUMNS: &str = "id, competition_id, user_id, role, created_at, accepted_at";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut competition = references(
            TABLE,
            "competition_id",
            "competitions",
            ForeignKeyAction::Cascade,
        );
        let mut account = references(TABLE, "user_id", "users", ForeignKeyAction::Cascade);
        let is_null = |column| Expr::col(column).is_null();
        manager
            .create_table(
                Table::create()
                    .table(TABLE)
                    .col(id())
                    .col(uuid("competition_id"))
                    .col(ColumnDef::new("user_id").uuid().null())
                    .col(ColumnDef::new("invited_email").text().null())
                    .col(text("role"))
                    .col(ColumnDef::new("token_hash").text().null())
                    .col(moment("created_at"))
                    .col(moment_or_null("expires_at"))
                    .col(moment_or_null("accepted_at"))
                    .check(one_of("role", &ROLES))
                    .check(is_null("user_id").ne(is_null("invited_email")))
                    .check(is_null("accepted_at").eq(is_null("user_id")))
                    .check(
                        Expr::col("role")
                            .ne("OWNER")
                            .or(Expr::col("user_id").is_not_null()),
                    )
                    .foreign_key(&mut competition)
                    .foreign_key(&mut account)
                    .to_owned(),
            )
            .await?;
        for columns in [
            ["competition_id", "user_id"],
            ["competition_id", "invited_email"],
        ] {
            let mut unique = index(TABLE, &columns);
            manager.create_index(unique.unique().to_owned()).await?;
        }
        manager.create_index(index(TABLE, &["user_id"])).await?;
        let database = manager.get_connection();
        for sql in [
            "CREATE UNIQUE INDEX ix_staff_owner ON staff (competition_id) WHERE role = 'OWNER'",
            // An organizer may own very many competitions, and works on few others.
            "CREATE INDEX ix_staff_member ON staff (user_id, competition_id) WHERE role <> 'OWNER'",
            "CREATE INDEX ix_staff_invited_email ON staff (invited_email) WHERE invited_email IS NOT NULL",
            "CREATE INDEX ix_staff_expires_at ON staff (expires_at) WHERE expires_at IS NOT NULL",
        ] {
            database.execute_unprepared(sql).await?;
        }
        let insert = format!("INSERT INTO {TABLE} ({COLUMNS})");
        let owner = "id, id, organizer_id, 'OWNER', created_at, created_at";
        database
            .execute_unprepared(&format!("{insert} SELECT {owner} FROM competitions"))
            .await?;
        let triggers = match manager.get_database_backend() {
            DatabaseBackend::Postgres => vec![
                format!(
                    "CREATE FUNCTION add_owner() RETURNS trigger LANGUAGE plpgsql AS $$ \
                     BEGIN {insert} SELECT {owner} FROM new_rows; RETURN NULL; END $$"
                ),
                "CREATE TRIGGER add_owner AFTER INSERT ON competitions \
                 REFERENCING NEW TABLE AS new_rows \
                 FOR EACH STATEMENT EXECUTE FUNCTION add_owner()"
                    .to_owned(),
            ],
            _ => vec![format!(
                "CREATE TRIGGER add_owner AFTER INSERT ON competitions BEGIN {insert} VALUES \
                 (NEW.id, NEW.id, NEW.organizer_id, 'OWNER', NEW.created_at, NEW.created_at); END"
            )],
        };
        for trigger in triggers {
            database.execute_unprepared(&trigger).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let database = manager.get_connection();
        let statements: &[&str] = match manager.get_database_backend() {
            DatabaseBackend::Postgres => &[
                "DROP TRIGGER add_owner ON competitions",
                "DROP FUNCTION add_owner()",
            ],
            _ => &["DROP TRIGGER add_owner"],
        };
        for sql in statements {
            database.execute_unprepared(sql).await?;
        }
        manager
            .drop_table(Table::drop().table(TABLE).to_owned())
            .await
    }
}
