//! Demo data for an empty database: realistic accounts, competitions and registrations.

mod accounts;
mod competitions;

use chrono::{DateTime, Datelike, Days, NaiveTime, SubsecRound, TimeDelta, Utc};
use sea_orm::{
    EntityTrait, PaginatorTrait, QueryFilter,
    sea_query::{Expr, ExprTrait, Func},
};

use self::{
    accounts::{ACCOUNTS, PASSWORD, PEOPLE, address_of},
    competitions::{DEMO_COMPETITIONS, DemoCompetition},
};
use super::StartError;
use crate::{
    domain::{Actor, Error, Services, accounts::Passwords, competitions::CompetitionParts},
    model::{
        CompetitionStatus, CompetitionView, IdempotencyKey, Role, UserView,
        forms::{CompetitionInput, DivisionInput, NewAccount, QuestionInput, RegistrationInput},
        time_zone,
    },
    store::{InfrastructureError, entity::user},
    web::AppState,
};

/// Fills an empty database; leaves any other unchanged.
///
/// # Errors
/// Returns the [`Error`] of the domain or the database.
pub async fn fill(state: &AppState) -> Result<(), Error> {
    if user::Entity::find().count(state.database.read()).await? > 0 {
        tracing::info!("--demo: the database is not empty, so no demo data is added");
        return Ok(());
    }
    let services = &state.services;
    let [ada, pat, alex] = ACCOUNTS;
    let ada = account(services, ada.0, ada.1, ada.2, PASSWORD).await?;
    let pat = account(services, pat.0, pat.1, pat.2, PASSWORD).await?;
    account(services, alex.0, alex.1, alex.2, PASSWORD).await?;
    let mut people = Vec::new();
    for (at, name) in PEOPLE.iter().enumerate() {
        let password = hex::encode(rand::random::<[u8; 32]>());
        let address = address_of(at);
        people.push(account(services, name, &address, Role::Participant, &password).await?);
    }
    let now = state.clock.now();
    for (at, demo) in DEMO_COMPETITIONS.iter().enumerate() {
        let competition = publish(services, &ada, demo, now).await?;
        if demo.status == CompetitionStatus::Draft {
            continue;
        }
        // Each competition begins at another place of the list, so that its participants differ.
        let mut participants: Vec<_> = people
            .iter()
            .cycle()
            .skip(at * 5)
            .take(demo.taken)
            .collect();
        if matches!(at, 0 | 2 | 6) {
            participants.push(&pat);
        }
        for (turn, participant) in participants.into_iter().enumerate() {
            register(services, participant, &competition, turn).await?;
        }
        if demo.waitlist && demo.taken >= people.len().min(16) {
            let waiting = people.iter().cycle().skip(at * 5 + demo.taken).take(3);
            for (turn, participant) in waiting.enumerate() {
                register(services, participant, &competition, turn).await?;
            }
        }
        if demo.status == CompetitionStatus::Cancelled {
            let input = input(demo, CompetitionStatus::Cancelled, now);
            services
                .competitions
                .edit(Actor::from(&ada), competition.id, input, None)
                .await?;
        }
    }
    print_accounts();
    Ok(())
}

/// Refuses to serve without `--demo` while a demo account still has its published password. Costs one
/// read by index where there is no demo account.
///
/// # Errors
/// Returns a [`StartError`] that names the account and what to do.
pub(super) async fn refuse_published_passwords(state: &AppState) -> Result<(), StartError> {
    let failed = |error: String| StartError(format!("DATABASE_URL: {error}"));
    let fixed = ACCOUNTS
        .iter()
        .map(|(_, address, ..)| (*address).to_owned());
    let addresses = fixed.chain((0..PEOPLE.len()).map(address_of));
    let accounts = user::Entity::find()
        .filter(Expr::expr(Func::lower(Expr::col(user::Column::Email))).is_in(addresses))
        .all(state.database.read())
        .await
        .map_err(|error| failed(error.to_string()))?;
    let passwords = Passwords::new(1).map_err(|error| failed(error.to_string()))?;
    for account in accounts {
        let published = passwords
            .verify(PASSWORD.to_owned(), Some(account.password_hash))
            .await
            .map_err(|error| failed(error.to_string()))?;
        if published {
            return Err(failed(format!(
                "the demo account {0} still has its published password; use another database, \
                 or give it a password of its own (mini-compete user set-password --email {0}), \
                 or start with --demo",
                account.email
            )));
        }
    }
    Ok(())
}

/// Prints the demo accounts and their password.
#[allow(clippy::print_stderr, reason = "shown on the terminal")]
fn print_accounts() {
    eprintln!("demo accounts, all with the password {PASSWORD}:");
    for (_, address, _, what) in ACCOUNTS {
        eprintln!("  {address:<24}{what}");
    }
}

async fn account(
    services: &Services,
    name: &str,
    email: &str,
    role: Role,
    password: &str,
) -> Result<UserView, Error> {
    let account = NewAccount {
        name: name.to_owned(),
        email: email.to_owned(),
        password: password.to_owned(),
    };
    services.accounts.create(account, role).await
}

fn input(
    demo: &DemoCompetition,
    status: CompetitionStatus,
    now: DateTime<Utc>,
) -> CompetitionInput {
    let starts_at = start(demo, now);
    let opens_at = demo.opens_in.map(|minutes| whole_minute(now) + minutes);
    CompetitionInput {
        title: demo.title.to_owned(),
        description: demo.description.to_owned(),
        capacity: demo.capacity,
        publish_at: None,
        opens_at,
        reg_deadline: starts_at - Days::new(demo.closes_before),
        starts_at,
        ends_at: Some(starts_at + TimeDelta::hours(demo.hours)),
        location: demo.location.to_owned(),
        time_zone: demo.time_zone.to_owned(),
        tags: demo.tags.iter().map(|tag| (*tag).to_owned()).collect(),
        waitlist_enabled: demo.waitlist,
        status,
    }
}

/// Returns the first start that is far enough ahead, on the day of the week and at the hour that the texts say.
fn start(demo: &DemoCompetition, now: DateTime<Utc>) -> DateTime<Utc> {
    let (weekday, hour) = demo.starts_at;
    let zone = time_zone::parse_or_utc(demo.time_zone);
    let earliest = now.with_timezone(&zone).date_naive() + Days::new(demo.starts_in);
    let wait = weekday.days_since(earliest.weekday());
    let day = earliest + Days::new(wait.into());
    let local = day.and_time(NaiveTime::MIN) + TimeDelta::hours(hour.into());
    // No zone of the demo changes its clocks at such an hour.
    time_zone::moment(zone, local).unwrap_or_else(|_| local.and_utc())
}

/// Returns the beginning of the minute.
fn whole_minute(now: DateTime<Utc>) -> DateTime<Utc> {
    let seconds = TimeDelta::seconds(now.timestamp().rem_euclid(60));
    now.trunc_subsecs(0) - seconds
}

async fn publish(
    services: &Services,
    organizer: &UserView,
    demo: &DemoCompetition,
    now: DateTime<Utc>,
) -> Result<CompetitionView, Error> {
    let status = match demo.status {
        CompetitionStatus::Draft => CompetitionStatus::Draft,
        _ => CompetitionStatus::Published,
    };
    let actor = Actor::from(organizer);
    let divisions = demo.divisions.iter().map(|name| DivisionInput {
        name: (*name).to_owned(),
        ..DivisionInput::default()
    });
    let questions = demo.questions.iter();
    let questions = questions.map(|(kind, label)| QuestionInput::new(*kind, label));
    let parts = CompetitionParts {
        divisions: divisions.collect(),
        questions: questions.collect(),
        ..CompetitionParts::default()
    };
    services
        .competitions
        .create_with(actor, input(demo, status, now), parts)
        .await
}

/// Registers a participant, in the division whose turn it is.
async fn register(
    services: &Services,
    participant: &UserView,
    competition: &CompetitionView,
    turn: usize,
) -> Result<(), Error> {
    let mut divisions = competition.divisions.iter().cycle().skip(turn);
    let input = RegistrationInput {
        division_id: divisions.next().map(|division| division.id),
        ..RegistrationInput::default()
    };
    let (actor, key) = (Actor::from(participant), IdempotencyKey::mint());
    let reply = services
        .registrations
        .register_with(actor, competition.id, &key, input)
        .await?;
    reply
        .outcome()?
        .registration()
        .map_err(Clone::clone)
        .map(drop)
        .map_err(|error| {
            InfrastructureError::internal(format!("{}: {error}", competition.title))
        })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use chrono::Timelike;

    use super::*;

    #[test]
    fn every_competition_starts_on_the_day_and_at_the_hour_of_its_texts() {
        let first: DateTime<Utc> = "2030-01-01T11:11:11Z".parse().unwrap();
        for day in 0..400 {
            let now = first + Days::new(day);
            for demo in DEMO_COMPETITIONS {
                let start = start(demo, now);
                let ahead = (start - now).num_days();
                let least = i64::try_from(demo.starts_in).unwrap();
                assert!(
                    (least - 1..least + 8).contains(&ahead),
                    "{}: {ahead}",
                    demo.title
                );
                let local = start.with_timezone(&time_zone::parse_or_utc(demo.time_zone));
                assert_eq!(
                    (local.weekday(), local.hour()),
                    demo.starts_at,
                    "{}",
                    demo.title
                );
                if demo.tags.contains(&"night") {
                    assert!(local.hour() >= 20, "{}", demo.title);
                }
            }
        }
    }
}
