//! An application that runs in the test process.

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

use super::{Backend, Client, Storage, TableSnapshot, process::SECRET, seat_invariant::open_jobs};

/// A running application, with access to its services and control over its clock and jobs.
#[derive(Debug)]
pub struct App {
    pub address: SocketAddr,
    pub clock: Clock,
    pub storage: Storage,
    state: AppState,
    pub(super) worker: mini_compete::jobs::worker::Worker,
    pub(super) scheduler: mini_compete::jobs::scheduler::Scheduler,
    relay: mini_compete::jobs::relay::Relay,
    stop: CancellationToken,
    running: Option<JoinHandle<()>>,
}

/// Gives tests direct access to the services, the database and the ports of the application.
impl Deref for App {
    type Target = AppState;

    fn deref(&self) -> &AppState {
        &self.state
    }
}

#[derive(Parser)]
#[command(args_override_self = true)]
struct CommandLine {
    #[command(flatten)]
    settings: Settings,
}

/// Starts an application on a storage of its own. It does jobs only when the test asks it to
/// ([`App::run_ready_jobs`]).
pub async fn spawn_app(backend: Backend) -> App {
    spawn_app_with(Storage::create(backend).await, &[]).await
}

/// Starts an application on an existing storage, with further command-line arguments.
pub async fn spawn_app_with(storage: Storage, arguments: &[&str]) -> App {
    spawn_app_with_clock(Clock::manual(initial_time()), storage, arguments).await
}

/// Starts an application with another clock than the default manual one. Tests with several processes use
/// the clock of the machine.
pub async fn spawn_app_with_clock(clock: Clock, storage: Storage, arguments: &[&str]) -> App {
    let mut command_line = vec![
        "test",
        "--bind=127.0.0.1:0",
        "--metrics-bind=off",
        "--rate-limit=off",
        "--jwt-secret",
        SECRET,
        "--database-url",
        &storage.database_url,
        "--redis-prefix",
        &storage.redis_prefix,
        "--storage-url",
        &storage.storage_url,
    ];
    if let Some(url) = &storage.redis_url {
        command_line.extend(["--redis-url", url]);
    }
    command_line.extend(arguments);
    let parsed = CommandLine::try_parse_from(command_line).expect("settings");
    let settings = parsed.settings;
    let components = Components {
        web: true,
        worker: false,
        scheduler: false,
        migrate: true,
        demo: false,
    };
    let application = Application::build(&settings, components, clock.clone())
        .await
        .expect("the application starts");
    let stop = CancellationToken::new();
    App {
        address: application.address().expect("bound"),
        clock,
        storage,
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

/// Returns the time that manual clocks start with: a Tuesday morning. Tokens are checked against the clock
/// that issued them, so it may be in the future.
fn initial_time() -> DateTime<Utc> {
    "2030-01-01T09:00:00Z".parse().expect("a time")
}

impl App {
    /// Returns a new HTTP client with an empty cookie jar.
    pub fn client(&self) -> Client {
        Client::new(self.address)
    }

    /// Does every job that is ready, and returns the number of jobs taken from the queues.
    pub async fn run_ready_jobs(&self) -> usize {
        let mut taken = 0;
        loop {
            match self.worker.tick().await.expect("worker") {
                0 => return taken,
                n => taken += n,
            }
        }
    }

    /// Runs the relay once, and returns the number of jobs that it pushed.
    pub async fn run_relay(&self) -> u64 {
        let result = self.relay.sweep(&CancellationToken::new()).await;
        result.expect("relay").pushed
    }

    /// Runs the relay once in a process that has received the shutdown signal.
    pub async fn run_relay_after_shutdown_signal(&self) -> u64 {
        let stop = CancellationToken::new();
        stop.cancel();
        self.relay.sweep(&stop).await.expect("relay").pushed
    }

    /// Creates an account with a role. Its e-mail address is derived from the name, its password is
    /// [`PASSWORD`].
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

    /// Inserts accounts of participants, and returns them as actors. They have no valid password.
    pub async fn participants(&self, count: usize) -> Vec<Actor> {
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
            .expect("participants");
        ids.into_iter()
            .map(|id| Actor {
                email_confirmed: true,
                ..Actor::new(id, Role::Participant)
            })
            .collect()
    }

    /// Returns an access token of an account.
    pub async fn token(&self, actor: Actor) -> String {
        let pair = self.tokens.pair(actor, String::new());
        pair.expect("a token").access
    }

    /// Verifies the password of a test account, as a log-in does before it issues anything.
    pub async fn verify_password(&self, email: &str) -> VerifiedAccount {
        let form = LoginForm {
            email: email.to_owned(),
            password: PASSWORD.to_owned(),
            code: None,
            totp: None,
        };
        let accounts = &self.services.accounts;
        let verified = accounts.log_in(&form, &Origin::default()).await;
        verified.expect("the right password")
    }

    /// Creates a published competition of a new organizer.
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
            .create(
                Actor::from(organizer),
                self.competition_input(capacity, waitlist),
            )
            .await
            .expect("a competition")
    }

    /// Returns valid input for a competition that starts in eight days.
    pub fn competition_input(&self, capacity: i64, waitlist: bool) -> CompetitionInput {
        let now = self.clock.now();
        CompetitionInput {
            title: "Spring Sprint".to_owned(),
            description: "A **short** race.".to_owned(),
            capacity,
            publish_at: None,
            opens_at: None,
            reg_deadline: now + TimeDelta::days(7),
            starts_at: now + TimeDelta::days(8),
            ends_at: None,
            location: "Town hall".to_owned(),
            time_zone: "UTC".to_owned(),
            tags: vec!["running".to_owned()],
            waitlist_enabled: waitlist,
            status: CompetitionStatus::Published,
        }
    }

    /// Asserts the seat invariant for every competition, and returns the number of taken seats (see
    /// [`TableSnapshot::assert_seat_invariant`]).
    pub async fn assert_seat_invariant(&self) -> i32 {
        TableSnapshot::read(&self.database)
            .await
            .assert_seat_invariant()
    }

    /// Returns the number of jobs in the outbox.
    pub async fn open_jobs(&self) -> u64 {
        open_jobs(&self.database).await
    }

    /// Does jobs until the outbox is empty. The clock stays, so a failed job would not be retried.
    pub async fn run_open_jobs(&self) {
        while self.open_jobs().await > 0 {
            self.run_ready_jobs().await;
        }
    }

    pub fn database(&self) -> &Database {
        &self.state.database
    }

    /// Stops the application as SIGTERM does, waits for its end, and returns its storage.
    pub async fn shut_down(mut self) -> Storage {
        self.stop.cancel();
        let running = self.running.take().expect("running");
        tokio::time::timeout(Duration::from_secs(30), running)
            .await
            .expect("stops in time")
            .expect("stops cleanly");
        let placeholder = Storage::placeholder(self.storage.backend);
        std::mem::replace(&mut self.storage, placeholder)
    }
}

/// The password of every test account.
pub const PASSWORD: &str = "correct horse battery";

impl Drop for App {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
