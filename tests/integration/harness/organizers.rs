//! Drafts, roles and clients for tests about organizers.

use mini_compete::{
    domain::Actor,
    model::{
        CompetitionId, CompetitionStatus, CompetitionView, Role, StaffId, StaffRole, UserId,
        UserView,
    },
    store::entity::{staff, user},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set, sea_query::Expr};

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

/// Gives an account a role in a competition, as if it had accepted an invitation. Returns the id of its part.
pub async fn add_staff(
    app: &App,
    competition: CompetitionId,
    account: UserId,
    role: StaffRole,
) -> StaffId {
    let (id, now) = (StaffId::new(), app.clock.now());
    staff::Entity::insert(staff::ActiveModel {
        id: Set(id),
        competition_id: Set(competition),
        user_id: Set(Some(account)),
        invited_email: Set(None),
        role: Set(role),
        token_hash: Set(None),
        created_at: Set(now),
        expires_at: Set(None),
        accepted_at: Set(Some(now)),
    })
    .exec_without_returning(app.database.write())
    .await
    .unwrap();
    id
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
