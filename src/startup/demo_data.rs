//! Believable data for an empty database, so that the first look is not at an empty page.

use chrono::{DateTime, Days, TimeDelta, Timelike, Utc};
use sea_orm::{
    EntityTrait, PaginatorTrait, QueryFilter,
    sea_query::{Expr, ExprTrait, Func},
};

use super::StartError;
use crate::{
    domain::{Actor, Error, Services, accounts::Passwords},
    model::{
        CompetitionStatus, CompetitionView, IdempotencyKey, Role, UserView,
        forms::{CompetitionInput, NewAccount},
    },
    store::{InfrastructureError, entity::user},
    web::AppState,
};

/// The password of the demo accounts that somebody is to log in with.
const PASSWORD: &str = "demo-demo-demo";

/// Who those are: name, address, role, and what for.
const ACCOUNTS: [(&str, &str, Role, &str); 3] = [
    (
        "Ada Organizer",
        "organizer@demo.test",
        Role::Organizer,
        "runs the competitions",
    ),
    (
        "Pat Participant",
        "participant@demo.test",
        Role::Participant,
        "takes seats",
    ),
    (
        "Alex Admin",
        "admin@demo.test",
        Role::Admin,
        "runs the installation",
    ),
];

/// Everybody else. They log in with nothing: nobody knows their passwords. (Until release 0.1 they
/// had the same one.)
const PEOPLE: &[&str] = &[
    "Amara Okafor",
    "Jonas Lindqvist",
    "Mei Tanaka",
    "Sofia Rossi",
    "Liam Murphy",
    "Zeynep Kaya",
    "Mateo Fernández",
    "Priya Raman",
    "Noah Schneider",
    "Chloé Martin",
    "Tomasz Nowak",
    "Ingrid Haugen",
    "Samuel Mensah",
    "Elif Demir",
    "Lucas Pereira",
    "Hana Novotná",
    "Oliver Clarke",
    "Yara Haddad",
    "Kenji Sato",
    "Marta Kowalska",
    "Daniel Weber",
    "Aisha Bello",
    "Pablo Ortega",
    "Freja Nielsen",
    "Viktor Horvath",
    "Leila Farahani",
    "Ben Carter",
    "Nina Petrova",
];

struct Sketch {
    title: &'static str,
    location: &'static str,
    tags: &'static [&'static str],
    capacity: i64,
    taken: usize,
    waitlist: bool,
    /// Days until the start, and how many days before it registration closes.
    starts_in: u64,
    closes_before: u64,
    hours: i64,
    status: CompetitionStatus,
    description: &'static str,
}

const SKETCHES: &[Sketch] = &[
    Sketch {
        title: "Harbour Hack 48",
        location: "Dokk1, Aarhus",
        tags: &["hackathon", "climate", "teams"],
        capacity: 24,
        taken: 22,
        waitlist: true,
        starts_in: 12,
        closes_before: 3,
        hours: 48,
        status: CompetitionStatus::Published,
        description: "Two days, one harbour, and a question: **how does a port city stop burning things?**\n\nBring a laptop and curiosity. We bring data from the port authority, mentors from three shipping companies, soup, and far too much coffee.\n\n- Friday 17:00 doors open, teams form\n- Saturday all day: build\n- Sunday 15:00: five minutes a team, then the jury\n\nYou keep everything you make.",
    },
    Sketch {
        title: "Riverside 10K",
        location: "Parc de la Tête d'Or, Lyon",
        tags: &["running", "outdoor", "10k"],
        capacity: 60,
        taken: 14,
        waitlist: false,
        starts_in: 26,
        closes_before: 5,
        hours: 4,
        status: CompetitionStatus::Published,
        description: "Flat, fast, and finished with crêpes. The course follows the Rhône twice and is closed to cars.\n\nStart in three waves by expected time. **Bring your own cup**: there are no plastic ones.",
    },
    Sketch {
        title: "City Rapid Chess Open",
        location: "Biblioteka Główna, Kraków",
        tags: &["chess", "tournament", "indoor"],
        capacity: 16,
        taken: 16,
        waitlist: true,
        starts_in: 9,
        closes_before: 1,
        hours: 7,
        status: CompetitionStatus::Published,
        description: "Seven rounds Swiss, 15 minutes plus 10 seconds. FIDE-rated.\n\nBoards and clocks are there. Prizes for the first three, the best junior and the best game, chosen by everyone at the bar afterwards.",
    },
    Sketch {
        title: "Intro to Letterpress",
        location: "Werkstatt Nord, Hamburg",
        tags: &["workshop", "craft"],
        capacity: 8,
        taken: 8,
        waitlist: false,
        starts_in: 5,
        closes_before: 1,
        hours: 5,
        status: CompetitionStatus::Published,
        description: "Eight people, two presses, one afternoon. You set a line, ink it, and take home a small poster that smells of linseed oil.",
    },
    Sketch {
        title: "Regional Robotics Cup",
        location: "Technical University, Brno",
        tags: &["robotics", "students", "teams"],
        capacity: 32,
        taken: 11,
        waitlist: true,
        starts_in: 40,
        closes_before: 14,
        hours: 9,
        status: CompetitionStatus::Published,
        description: "Line following, maze, and the infamous *bring me the red ball*. For teams of two to four, 14 and older.\n\nRobots are weighed in at 8:30. Spare batteries are not a luxury.",
    },
    Sketch {
        title: "Night Orienteering",
        location: "Nordmarka, Oslo",
        tags: &["running", "outdoor", "night"],
        capacity: 40,
        taken: 3,
        waitlist: false,
        starts_in: 18,
        closes_before: 2,
        hours: 4,
        status: CompetitionStatus::Published,
        description: "A map, a compass, a headlamp. Short (3 km), middle (6 km) and long (9 km). Beginners are welcome on the short one, and walking is allowed.",
    },
    Sketch {
        title: "Algorithms Exam Sprint",
        location: "Online",
        tags: &["exam", "online", "students"],
        capacity: 120,
        taken: 25,
        waitlist: false,
        starts_in: 3,
        closes_before: 1,
        hours: 3,
        status: CompetitionStatus::Published,
        description: "Three hours, five problems, any language. A practice round for the regional olympiad, with written feedback from last year's winners.",
    },
    Sketch {
        title: "Latte Art Throwdown",
        location: "Kaffeverket, Stockholm",
        tags: &["coffee", "tournament"],
        capacity: 16,
        taken: 6,
        waitlist: true,
        starts_in: 33,
        closes_before: 4,
        hours: 4,
        status: CompetitionStatus::Published,
        description: "One on one, best pour wins, the jug goes round. Milk of every kind is there.",
    },
    Sketch {
        title: "Spring Photo Walk",
        location: "Alfama, Lisbon",
        tags: &["photography", "outdoor"],
        capacity: 20,
        taken: 9,
        waitlist: false,
        starts_in: 21,
        closes_before: 3,
        hours: 3,
        status: CompetitionStatus::Cancelled,
        description: "Three hours, twelve frames, one theme that is told at the start.",
    },
    Sketch {
        title: "Summer Game Jam",
        location: "To be decided",
        tags: &["hackathon", "games"],
        capacity: 50,
        taken: 0,
        waitlist: true,
        starts_in: 90,
        closes_before: 10,
        hours: 48,
        status: CompetitionStatus::Draft,
        description: "Notes so far: 48 hours, one theme, solo or teams. Need a venue with showers.",
    },
];

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
        let unknowable = hex::encode(rand::random::<[u8; 32]>());
        let address = address_of(at);
        people.push(account(services, name, &address, Role::Participant, &unknowable).await?);
    }
    let now = state.clock.now();
    for (at, sketch) in SKETCHES.iter().enumerate() {
        let competition = publish(services, &ada, sketch, now).await?;
        if sketch.status == CompetitionStatus::Draft {
            continue;
        }
        // Each competition starts elsewhere in the list, so that its participants differ.
        let mut participants: Vec<_> = people
            .iter()
            .cycle()
            .skip(at * 5)
            .take(sketch.taken)
            .collect();
        if matches!(at, 0 | 2 | 6) {
            participants.push(&pat);
        }
        for participant in participants {
            register(services, participant, &competition).await?;
        }
        if sketch.waitlist && sketch.taken >= people.len().min(16) {
            for participant in people.iter().cycle().skip(at * 5 + sketch.taken).take(3) {
                register(services, participant, &competition).await?;
            }
        }
        if sketch.status == CompetitionStatus::Cancelled {
            let input = input(sketch, CompetitionStatus::Cancelled, now);
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

/// Returns the e-mail address of one of [`PEOPLE`].
fn address_of(at: usize) -> String {
    format!("p{at}@demo.test")
}

#[allow(clippy::print_stderr, reason = "shown on the terminal")]
/// Prints the demo accounts and their password.
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

fn input(sketch: &Sketch, status: CompetitionStatus, now: DateTime<Utc>) -> CompetitionInput {
    let morning = now
        .with_hour(9)
        .and_then(|t| t.with_minute(0))
        .and_then(|t| t.with_second(0));
    let starts_at = morning.unwrap_or(now) + Days::new(sketch.starts_in);
    CompetitionInput {
        title: sketch.title.to_owned(),
        description: sketch.description.to_owned(),
        capacity: sketch.capacity,
        reg_deadline: starts_at - Days::new(sketch.closes_before),
        starts_at,
        ends_at: Some(starts_at + TimeDelta::hours(sketch.hours)),
        location: sketch.location.to_owned(),
        tags: sketch.tags.iter().map(|tag| (*tag).to_owned()).collect(),
        waitlist_enabled: sketch.waitlist,
        status,
    }
}

async fn publish(
    services: &Services,
    organizer: &UserView,
    sketch: &Sketch,
    now: DateTime<Utc>,
) -> Result<CompetitionView, Error> {
    let status = match sketch.status {
        CompetitionStatus::Draft => CompetitionStatus::Draft,
        _ => CompetitionStatus::Published,
    };
    let actor = Actor::from(organizer);
    services
        .competitions
        .create(actor, input(sketch, status, now))
        .await
}

async fn register(
    services: &Services,
    participant: &UserView,
    competition: &CompetitionView,
) -> Result<(), Error> {
    let answer = services
        .registrations
        .register(
            Actor::from(participant),
            competition.id,
            &IdempotencyKey::mint(),
        )
        .await?;
    answer
        .outcome()?
        .registration()
        .map_err(Clone::clone)
        .map(drop)
        .map_err(|error| {
            InfrastructureError::internal(format!("{}: {error}", competition.title))
        })?;
    Ok(())
}
