//! Drafts, roles and clients for tests about organizers.

use mini_compete::{
    domain::Actor,
    model::{CompetitionStatus, CompetitionView, Role, UserView},
    store::entity::user,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};

use super::{App, Client};

/// Changes the role of an account in the database, so that its sessions and tokens stay valid.
pub async fn set_role(app: &App, account: &UserView, role: Role) {
    user::Entity::update_many()
        .col_expr(user::Column::Role, Expr::value(role))
        .filter(user::Column::Id.eq(account.id))
        .exec(app.database.write())
        .await
        .unwrap();
}

/// Sets up the second factor of an administrator, without which their pages are closed.
pub async fn confirm_second_factor(app: &App, account: &UserView) {
    user::Entity::update_many()
        .col_expr(user::Column::SecondFactorAt, Expr::value(app.clock.now()))
        .filter(user::Column::Id.eq(account.id))
        .exec(app.database.write())
        .await
        .unwrap();
}

/// Creates a draft of an organizer.
pub async fn draft_of(app: &App, organizer: &UserView) -> CompetitionView {
    let mut input = app.competition_input(10, false);
    input.status = CompetitionStatus::Draft;
    input.title = format!("Draft of {}", organizer.name);
    let competitions = &app.services.competitions;
    competitions
        .create(Actor::from(organizer), input)
        .await
        .unwrap()
}

/// The clients of an account: a browser in which it is logged in, and an API client with its access token.
pub struct Clients {
    pub browser: Client,
    pub api: Client,
}

impl Clients {
    /// Logs the account in.
    pub async fn log_in(app: &App, account: &UserView) -> Self {
        let browser = app.client();
        browser.log_in(&account.email).await;
        let token = app.token(Actor::from(account)).await;
        Self {
            browser,
            api: app.client().with_token(token),
        }
    }
}
