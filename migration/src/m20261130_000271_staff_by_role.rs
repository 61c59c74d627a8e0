//! Orders the staff of competitions by account and role, so that the competitions of others on which an account works
//! are found at once, also if it owns very many. SQLite has preferred the index of accounts alone to the one of those
//! roles.

use sea_orm_migration::prelude::*;

use crate::columns::index;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const FORMER: [(&str, &str); 2] = [
    ("ix_staff_user_id", "staff (user_id)"),
    (
        "ix_staff_member",
        "staff (user_id, competition_id) WHERE role <> 'OWNER'",
    ),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let by_role = index("staff", &["user_id", "role", "competition_id"]);
        manager.create_index(by_role).await?;
        let database = manager.get_connection();
        for (name, _) in FORMER {
            let sql = format!("DROP INDEX {name}");
            database.execute_unprepared(&sql).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let database = manager.get_connection();
        for (name, columns) in FORMER {
            let sql = format!("CREATE INDEX {name} ON {columns}");
            database.execute_unprepared(&sql).await?;
        }
        database
            .execute_unprepared("DROP INDEX ix_staff_user_id_role_competition_id")
            .await?;
        Ok(())
    }
}
