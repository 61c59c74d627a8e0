//! Kinds of jobs: values that a job's module declares, and the registry of those that are known.
//!
//! Nothing here names a kind. Each is declared beside the handler that does its jobs and is put into
//! [`JobKinds`] when the process starts.

use std::{fmt, sync::Arc};

/// The names of the queues.
#[derive(Debug, Clone, Copy)]
pub struct Queues;

impl Queues {
    /// The queue of jobs that follow a registration at once, such as confirmations.
    pub const REGISTRATION: &'static str = "registration";
    /// The queue of jobs that are not urgent or concern many people, such as reminders.
    pub const REMINDER: &'static str = "reminder";
    /// The queue of jobs that send mail over SMTP, which is slow and may fail for hours.
    pub const MAIL: &'static str = "mail";
    /// The queue of jobs that send events to webhooks. A receiver that is slow or down delays no mail.
    pub const WEBHOOK: &'static str = "webhook";
    /// The names of all queues.
    pub const ALL: &'static [&'static str] = &[
        Self::REGISTRATION,
        Self::REMINDER,
        Self::MAIL,
        Self::WEBHOOK,
    ];

    /// Returns whether the jobs of a queue wait for other services, which may take long or be down for hours.
    #[must_use]
    pub fn waits_for_others(queue: &str) -> bool {
        [Self::MAIL, Self::WEBHOOK].contains(&queue)
    }
}

/// A kind of job: what its payload means, and in which queue it waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobKind {
    /// The name in rows, envelopes and metrics; never changes.
    pub name: &'static str,
    /// The queue in which jobs of this kind wait, one of [`Queues::ALL`].
    pub queue: &'static str,
    /// The version of the payload's shape. A worker refuses versions that it does not know.
    pub version: i32,
    /// Which other service does the jobs, by a name of our own; that of the queue, unless the queue has several.
    pub service: &'static str,
}

impl JobKind {
    /// Returns a kind whose payload has its first shape.
    #[must_use]
    pub const fn new(name: &'static str, queue: &'static str) -> Self {
        Self {
            name,
            queue,
            version: 1,
            service: queue,
        }
    }

    /// Returns the kind with another service than the other kinds of its queue have.
    #[must_use]
    pub const fn by_service(self, service: &'static str) -> Self {
        Self { service, ..self }
    }
}

impl fmt::Display for JobKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// The kinds of jobs that this release knows, whether or not this process handles them. Cheap to
/// clone.
#[derive(Debug, Clone)]
pub struct JobKinds(Arc<[JobKind]>);

impl JobKinds {
    /// Creates a registry of these kinds.
    #[must_use]
    pub fn new(kinds: impl IntoIterator<Item = JobKind>) -> Self {
        Self(kinds.into_iter().collect())
    }

    /// Returns the kind with this name and version.
    ///
    /// # Errors
    /// Returns a sentence that says what is not known: the name or its version.
    pub fn find(&self, name: &str, version: i32) -> Result<JobKind, String> {
        let Some(kind) = self.0.iter().find(|kind| kind.name == name) else {
            let name: String = name.chars().take(40).collect();
            return Err(format!("unknown job kind {name:?}"));
        };
        if kind.version != version {
            return Err(format!(
                "{kind} has version {} here, not {version}",
                kind.version
            ));
        }
        Ok(*kind)
    }
}
