//! A running application in this process.

use std::{net::SocketAddr, ops::Deref, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use clap::Parser;
use mini_compete::{
    domain::{
        Actor,
        accounts::{Origin, VerifiedAccount},
    },
    model::{
        CompetitionStatus, CompetitionView, Role, UserView,
        forms::{CompetitionInput, LoginForm, NewAccount},
    },
    ops::{Clock, settings::Settings},
    startup::{Application, Components},
    store::Database,
    web::AppState,
};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{Backend, Client, Place, TableSnapshot, process::SECRET, seat_invariant::open_jobs};

/// A running application and everything a test asks of it.
#[derive(Debug)]
pub struct App {
    pub address: SocketAddr,
    pub clock: Clock,
    pub place: Place,
    state: AppState,
    pub(super) worker: mini_compete::jobs::worker::Worker,
    pub(super) scheduler: mini_compete::jobs::scheduler::Scheduler,
    relay: mini_compete::jobs::relay::Relay,
    stop: CancellationToken,
    running: Option<JoinHandle<()>>,
}

/// So that `app.services`, `app.database` read as one would say it.
impl Deref for App {
    type Target = AppState;

    fn deref(&self) -> &AppState {
        &self.state
    }
}

#[derive(Parser)]
#[command(args_override_self = true)]
struct Line {
    #[command(flatten)]
    settings: Settings,
}

/// An application with the worker driven by the test ([`App::work`]).
pub async fn spawn_app(backend: Backend) -> App {
    spawn_app_with(Place::fresh(backend).await, &[]).await
}

/// The same at a given place, with more settings as on the command line.
pub async fn spawn_app_with(place: Place, more: &[&str]) -> App {
    spawn_app_by(Clock::manual(start_of_time()), place, more).await
}

/// The same by another clock: the machine's, where other processes take part.
pub async fn spawn_app_by(clock: Clock, place: Place, more: &[&str]) -> App {
    let mut line = vec![
        "test",
        "--bind=127.0.0.1:0",
        "--metrics-bind=off",
        "--rate-limit=off",
        "--jwt-secret",
        SECRET,
        "--database-url",
        &place.database_url,
        "--redis-prefix",
        &place.redis_prefix,
    ];
    if let Some(url) = &place.redis_url {
        line.extend(["--redis-url", url]);
    }
    line.extend(more);
    let settings = Line::try_parse_from(line).expect("settings").settings;
    let components = Components {
        web: true,
        worker: false,
        scheduler: false,
        migrate: true,
    };
    let application = Application::build(&settings, components, clock.clone())
        .await
        .expect("the application starts");
    let stop = CancellationToken::new();
    App {
        address: application.address().expect("bound"),
        clock,
        place,
        state: application.state().clone(),
        worker: application.worker().clone(),
        relay: application.relay(),
        scheduler: application.scheduler().clone(),
        stop: stop.clone(),
        running: Some(tokio::spawn(async move {
            application.run(stop).await.expect("runs until stopped");
        })),
    }
}

/// A Tuesday morning. (Tokens are checked against the clock that issued them.)
fn start_of_time() -> DateTime<Utc> {
    "2030-01-01T09:00:00Z".parse().expect("a time")
}

impl App {
    /// A browser or API client with a cookie jar.
    pub fn client(&self) -> Client {
        Client::new(self.address)
    }

    /// Does every job that can be done now; how many were taken.
    pub async fn work(&self) -> usize {
        let mut taken = 0;
        loop {
            match self.worker.tick().await.expect("worker") {
                0 => return taken,
                n => taken += n,
            }
        }
    }

    /// Lets the relay look once; how many jobs it pushed.
    pub async fn sweep(&self) -> u64 {
        let swept = self.relay.sweep(&CancellationToken::new()).await;
        swept.expect("relay").pushed
    }

    /// The same in a process that was told to stop.
    pub async fn sweep_after_the_signal(&self) -> u64 {
        let stop = CancellationToken::new();
        stop.cancel();
        self.relay.sweep(&stop).await.expect("relay").pushed
    }

    /// An account of some role, straight from the domain.
    pub async fn account(&self, name: &str, role: Role) -> UserView {
        let account = NewAccount {
            name: name.to_owned(),
            email: format!("{}@example.test", name.to_lowercase().replace(' ', ".")),
            password: PASSWORD.to_owned(),
        };
        self.services
            .accounts
            .create(account, role)
            .await
            .expect("an account")
    }

    /// Creates that many participants.
    pub async fn people(&self, count: usize) -> Vec<Actor> {
        use mini_compete::store::bulk::{self, Cells};
        let ids: Vec<_> = (0..count)
            .map(|_| mini_compete::model::UserId::new())
            .collect();
        let now = self.clock.now();
        let columns = vec![
            ("id", Cells::Uuid(ids.iter().map(|id| id.0).collect())),
            (
                "name",
                Cells::Text((0..count).map(|n| format!("Person {n}")).collect()),
            ),
            (
                "email",
                Cells::Text(ids.iter().map(|id| format!("{id}@example.test")).collect()),
            ),
            ("password_hash", Cells::Text(vec!["!".to_owned(); count])),
            (
                "role",
                Cells::Text(vec![Role::Participant.to_string(); count]),
            ),
            ("created_at", Cells::Moment(vec![now; count])),
            ("updated_at", Cells::Moment(vec![now; count])),
        ];
        bulk::insert(self.database.write(), "users", columns, "")
            .await
            .expect("people");
        ids.into_iter()
            .map(|id| Actor {
                id,
                role: Role::Participant,
                address: None,
            })
            .collect()
    }

    /// An access token, as a login would give.
    pub async fn token(&self, actor: Actor) -> String {
        let pair = self.tokens.pair(actor, String::new());
        pair.expect("a token").access
    }

    /// Has the password of a test account verified, as a log-in does before anything is issued.
    pub async fn verify_password(&self, email: &str) -> VerifiedAccount {
        let form = LoginForm {
            email: email.to_owned(),
            password: PASSWORD.to_owned(),
        };
        let accounts = &self.services.accounts;
        let verified = accounts.log_in(&form, &Origin::default()).await;
        verified.expect("the right password")
    }

    /// A published competition of a new organizer.
    pub async fn competition(&self, capacity: i64, waitlist: bool) -> CompetitionView {
        let organizer = self
            .account(
                &format!("Organizer {}", uuid::Uuid::now_v7()),
                Role::Organizer,
            )
            .await;
        self.competition_of(&organizer, capacity, waitlist).await
    }

    /// Creates a published competition of an organizer.
    pub async fn competition_of(
        &self,
        organizer: &UserView,
        capacity: i64,
        waitlist: bool,
    ) -> CompetitionView {
        self.services
            .competitions
            .create(Actor::from(organizer), self.input(capacity, waitlist))
            .await
            .expect("a competition")
    }

    /// What an organizer would type.
    pub fn input(&self, capacity: i64, waitlist: bool) -> CompetitionInput {
        let now = self.clock.now();
        CompetitionInput {
            title: "Spring Sprint".to_owned(),
            description: "A **short** race.".to_owned(),
            capacity,
            reg_deadline: now + TimeDelta::days(7),
            starts_at: now + TimeDelta::days(8),
            ends_at: None,
            location: "Town hall".to_owned(),
            tags: vec!["running".to_owned()],
            waitlist_enabled: waitlist,
            status: CompetitionStatus::Published,
        }
    }

    /// See [`TableSnapshot::assert_seat_invariant`]. Returns the seats taken.
    pub async fn assert_seat_invariant(&self) -> i32 {
        TableSnapshot::read(&self.database)
            .await
            .assert_seat_invariant()
    }

    /// Jobs that are not done.
    pub async fn open_jobs(&self) -> u64 {
        open_jobs(&self.database).await
    }

    /// Does jobs until none is left.
    pub async fn work_off(&self) {
        while self.open_jobs().await > 0 {
            self.work().await;
        }
    }

    pub fn database(&self) -> &Database {
        &self.state.database
    }

    /// Stops the application as SIGTERM would, and waits for it. The place stays.
    pub async fn shut_down(mut self) -> Place {
        self.stop.cancel();
        let running = self.running.take().expect("running");
        tokio::time::timeout(Duration::from_secs(30), running)
            .await
            .expect("stops in time")
            .expect("stops cleanly");
        let empty = Place::nowhere(self.place.backend);
        std::mem::replace(&mut self.place, empty)
    }
}

/// Every test account's password.
pub const PASSWORD: &str = "correct horse battery";

impl Drop for App {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
