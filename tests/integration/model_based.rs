//! Random actions of participants and organizers, compared with a small reference model.
//!
//! All random choices depend on a seed. A failed assertion names its seed; `MODEL_SEED=n` runs that seed alone.

use std::{collections::HashMap, env};

use chrono::{DateTime, TimeDelta, Utc};
use mini_compete::{
    domain::{self, Actor, registration::RegistrationReply},
    model::{
        CodeKind, CompetitionId, DivisionId, DomainError, IdempotencyKey, QuestionId, QuestionKind,
        RegistrationId, UserView,
        forms::{
            CodeInput, CompetitionInput, DivisionInput, DivisionPatch, GivenAnswers, QuestionInput,
            RegistrationInput,
        },
    },
};
use rand::{SeedableRng, rngs::StdRng};

use self::reference::{
    Action, COMPETITIONS, DIVISIONS, ExpectedReply, PARTICIPANTS, ReferenceCompetition, Request,
};
use crate::{
    harness::{App, TableSnapshot},
    on_both_backends,
};

mod reference;

on_both_backends!(
    sequential_actions_end_as_the_reference_model_predicts,
    concurrent_actions_keep_the_seat_invariant_and_repeat_first_responses,
);

/// The number of actions for one seed.
const ACTIONS: usize = 250;

/// Returns the seeds to test.
fn seeds() -> Vec<u64> {
    match env::var("MODEL_SEED") {
        Ok(seed) => vec![seed.parse().expect("MODEL_SEED is a number")],
        Err(_) => vec![1, 2, 3],
    }
}

/// The application with new competitions and participants, to which actions refer by index.
struct Setup<'a> {
    app: &'a App,
    organizer: UserView,
    competitions: Vec<CompetitionId>,
    /// The divisions of the last competition.
    divisions: Vec<DivisionId>,
    /// What the last competition asks.
    question: QuestionId,
    participants: Vec<Actor>,
    /// Whether the first competition has codes, which half of the participants use.
    has_codes: bool,
}

impl<'a> Setup<'a> {
    async fn new(app: &'a App, seed: u64) -> Self {
        let organizer = app
            .account(
                &format!("Model {seed}"),
                mini_compete::model::Role::Organizer,
            )
            .await;
        let mut competitions = Vec::new();
        for _ in 0..COMPETITIONS {
            competitions.push(app.competition_of(&organizer, 3, true).await.id);
        }
        let mut divisions = Vec::new();
        for (number, capacity) in (1..).zip(DIVISIONS) {
            let input = DivisionInput {
                name: format!("Division {number}"),
                capacity: capacity.map(|capacity| capacity.try_into().unwrap()),
                ..DivisionInput::default()
            };
            let last = competitions[COMPETITIONS - 1];
            let service = &app.services.competitions;
            let added = service.add_division(Actor::from(&organizer), last, input);
            divisions.push(added.await.unwrap().id);
        }
        let question = QuestionInput {
            required: true,
            ..QuestionInput::new(QuestionKind::Number, "Number")
        };
        let (owner, last) = (Actor::from(&organizer), competitions[COMPETITIONS - 1]);
        let service = &app.services.competitions;
        let question = service.add_question(owner, last, question).await.unwrap();
        Self {
            app,
            organizer,
            question: question.id,
            divisions,
            competitions,
            participants: app.participants(PARTICIPANTS).await,
            has_codes: false,
        }
    }

    /// Adds a code with a limit to the first competition, and one for which a seat is set aside.
    async fn with_codes(self) -> Self {
        for (code, kind, max_uses) in [
            ("LIMITED", CodeKind::Eligibility, 2),
            ("SPONSOR", CodeKind::Reserved, 1),
        ] {
            let input = CodeInput {
                code: Some(code.to_owned()),
                label: String::new(),
                kind,
                max_uses,
                email: None,
                expires_at: None,
                division_id: None,
            };
            let (owner, first) = (Actor::from(&self.organizer), self.competitions[0]);
            let service = &self.app.services.competitions;
            service.add_code(owner, first, input).await.unwrap();
        }
        Self {
            has_codes: true,
            ..self
        }
    }

    /// Returns the code that a request names.
    fn code(&self, request: &Request) -> Option<String> {
        let code = match request.participant % 4 {
            0 => "limited",
            1 => "sponsor",
            _ => return None,
        };
        (self.has_codes && request.competition == 0).then(|| code.to_owned())
    }

    async fn register(&self, request: &Request) -> domain::Result<RegistrationReply> {
        let key = IdempotencyKey::parse(&format!("key-{}", request.key)).unwrap();
        let participant = self.participants[request.participant];
        let competition = self.competitions[request.competition];
        let (divisions, answers) = match request.competition == COMPETITIONS - 1 {
            true => (&self.divisions[..], self.answers(request.participant)),
            false => (&[][..], GivenAnswers::new()),
        };
        let choice = request.division(divisions.len());
        let input = RegistrationInput {
            division_id: choice.map(|division| divisions[division]),
            answers,
            code: self.code(request),
        };
        let registrations = &self.app.services.registrations;
        registrations
            .register_with(participant, competition, &key, input)
            .await
    }

    /// Returns the answers of a participant, which are others for each.
    fn answers(&self, participant: usize) -> GivenAnswers {
        [(self.question.to_string(), participant.into())].into()
    }

    /// Asserts that each registration has the answers of its participant, and those where nothing is asked have none.
    fn assert_answers(&self, tables: &TableSnapshot, context: &str) {
        for row in tables.registrations.values() {
            let is_own = |actor: &Actor| actor.id == row.user_id;
            let Some(participant) = self.participants.iter().position(is_own) else {
                continue;
            };
            let is_asked = row.competition_id == self.competitions[COMPETITIONS - 1];
            let expected = is_asked.then(|| serde_json::json!(self.answers(participant)));
            assert_eq!(row.answers, expected, "{context}");
        }
    }

    async fn edit_division(&self, division: usize, capacity: Option<usize>) -> domain::Result<()> {
        let patch = DivisionPatch {
            capacity: Some(capacity.map(|capacity| capacity.try_into().unwrap())),
            ..DivisionPatch::default()
        };
        let (organizer, last) = (
            Actor::from(&self.organizer),
            self.competitions[COMPETITIONS - 1],
        );
        let competitions = &self.app.services.competitions;
        competitions
            .edit_division(organizer, last, self.divisions[division], patch)
            .await
            .map(|_| ())
    }

    async fn cancel(&self, participant: usize, id: RegistrationId) -> domain::Result<()> {
        self.app
            .services
            .registrations
            .cancel(self.participants[participant], id)
            .await
    }

    async fn set_paused(&self, competition: usize, paused: bool) -> domain::Result<()> {
        let competitions = &self.app.services.competitions;
        let (organizer, id) = (Actor::from(&self.organizer), self.competitions[competition]);
        match paused {
            true => competitions.pause(organizer, id).await,
            false => competitions.resume(organizer, id).await,
        }
    }

    async fn edit(
        &self,
        competition: usize,
        capacity: i64,
        waitlist_enabled: bool,
        opens_at: Option<DateTime<Utc>>,
    ) -> domain::Result<()> {
        let competitions = &self.app.services.competitions;
        let view = competitions
            .get(self.competitions[competition], None)
            .await?;
        let input = CompetitionInput {
            capacity,
            waitlist_enabled,
            opens_at,
            ..CompetitionInput::from(&view)
        };
        let organizer = Actor::from(&self.organizer);
        competitions
            .edit(organizer, view.id, input, None)
            .await
            .map(|_| ())
    }
}

/// Panics at an infrastructure error.
fn domain_result<T>(result: domain::Result<T>) -> Result<T, DomainError> {
    result.map_err(|error| match error {
        domain::Error::Domain(error) => error,
        domain::Error::Infrastructure(error) => panic!("{error}"),
    })
}

/// The first reply to a key of a participant, the competition that it was for, and the time until which the
/// reply is stored.
struct StoredReply {
    competition: usize,
    reply: RegistrationReply,
    expires_at: DateTime<Utc>,
}

async fn sequential_actions_end_as_the_reference_model_predicts(app: App) {
    for seed in seeds() {
        let setup = Setup::new(&app, seed).await;
        let mut random = StdRng::seed_from_u64(seed);
        let view = app
            .services
            .competitions
            .get(setup.competitions[0], None)
            .await;
        let reference = ReferenceCompetition {
            capacity: 3,
            waitlist_enabled: true,
            opens_at: None,
            paused: false,
            reg_deadline: view.unwrap().reg_deadline,
            seated: Vec::new(),
            waitlist: Vec::new(),
            divisions: Vec::new(),
            choices: HashMap::new(),
        };
        let divided = ReferenceCompetition {
            divisions: DIVISIONS.to_vec(),
            ..reference.clone()
        };
        let mut references = [reference.clone(), reference, divided];
        let mut requests: Vec<Request> = Vec::new();
        let mut stored: HashMap<(usize, u32), StoredReply> = HashMap::new();
        let mut registrations: Vec<(usize, usize, RegistrationId)> = Vec::new();

        for step in 0..ACTIONS {
            let mut action = Action::random(&mut random);
            let context = format!("MODEL_SEED={seed} step {step}: {action:?}");
            if let Action::Repeat(number) = action {
                let Some(earlier) = requests.get(number % requests.len().max(1)) else {
                    continue;
                };
                action = Action::Register(*earlier);
            }
            let now = app.clock.now();
            match action {
                Action::Register(request) => {
                    let Request {
                        participant,
                        competition,
                        key,
                    } = request;
                    let result = domain_result(setup.register(&request).await);
                    let first = stored
                        .get(&(participant, key))
                        .filter(|first| now < first.expires_at);
                    match (first, result) {
                        (Some(first), Ok(reply)) if first.competition == competition => {
                            let (reply_response, first_response) =
                                (reply.response(), first.reply.response());
                            assert!(reply.replayed, "{context}");
                            assert_eq!(reply_response.body, first_response.body, "{context}");
                            assert_eq!(reply_response.status, first_response.status, "{context}");
                        }
                        (Some(_), result) => {
                            let reused = Err(DomainError::IdempotencyKeyReused);
                            assert_eq!(result, reused, "{context}");
                        }
                        // A refusal before the opening or during a pause is not stored: the key is as good as new.
                        (
                            None,
                            Err(
                                error @ (DomainError::NotOpenYet { .. }
                                | DomainError::RegistrationPaused { .. }),
                            ),
                        ) => {
                            let expected = references[competition].register(&request, now);
                            assert_eq!(ExpectedReply::Refused(error), expected, "{context}");
                        }
                        (None, result) => {
                            let reply = result.unwrap_or_else(|error| panic!("{error}, {context}"));
                            assert!(!reply.replayed, "{context}");
                            let expected = references[competition].register(&request, now);
                            assert_eq!(ExpectedReply::from(&reply), expected, "{context}");
                            if let Ok(view) = reply.outcome().unwrap().registration() {
                                registrations.push((
                                    participant,
                                    competition,
                                    view.registration_id,
                                ));
                            }
                            let first = StoredReply {
                                competition,
                                reply,
                                expires_at: now + TimeDelta::hours(24),
                            };
                            stored.insert((participant, key), first);
                        }
                    }
                    requests.push(request);
                }
                Action::Repeat(_) => unreachable!("replaced above"),
                Action::Cancel(number) => {
                    let count = registrations.len().max(1);
                    let Some((participant, competition, id)) =
                        registrations.get(number % count).copied()
                    else {
                        continue;
                    };
                    let live = app
                        .services
                        .registrations
                        .live(
                            setup.participants[participant],
                            setup.competitions[competition],
                        )
                        .await
                        .unwrap();
                    let result = domain_result(setup.cancel(participant, id).await);
                    assert_eq!(result, Ok(()), "{context}");
                    if live.is_some_and(|live| live.registration_id == id) {
                        references[competition].cancel(participant);
                    }
                }
                Action::Edit {
                    competition,
                    capacity,
                    waitlist_enabled,
                    opens_in,
                } => {
                    let reference = &mut references[competition];
                    let opens_at = opens_in
                        .map(|hours| now + TimeDelta::hours(hours))
                        .filter(|opening| *opening < reference.reg_deadline);
                    let edit = setup.edit(competition, capacity, waitlist_enabled, opens_at);
                    let result = edit.await;
                    let expected =
                        reference.edit(capacity.try_into().unwrap(), waitlist_enabled, opens_at);
                    assert_eq!(domain_result(result), expected, "{context}");
                }
                Action::EditDivision { division, capacity } => {
                    let result = setup.edit_division(division, capacity).await;
                    let reference = &mut references[COMPETITIONS - 1];
                    let expected = reference.edit_division(division, capacity);
                    assert_eq!(domain_result(result), expected, "{context}");
                }
                Action::SetPaused {
                    competition,
                    paused,
                } => {
                    let result = domain_result(setup.set_paused(competition, paused).await);
                    let expected = references[competition].set_paused(paused, now);
                    assert_eq!(result, expected, "{context}");
                }
                Action::AdvanceClock => app.clock.advance(TimeDelta::hours(9)),
            }
            assert_counters_match(&setup, &references, &context).await;
        }
        assert_registrations_match(&setup, &references, seed).await;
        app.assert_seat_invariant().await;
        let tables = TableSnapshot::read(&app.database).await;
        setup.assert_answers(&tables, &format!("MODEL_SEED={seed}"));
    }
}

/// Asserts that the counters of each competition are those of its reference model.
async fn assert_counters_match(
    setup: &Setup<'_>,
    references: &[ReferenceCompetition],
    context: &str,
) {
    for (id, reference) in setup.competitions.iter().zip(references) {
        let view = setup.app.services.competitions.get(*id, None);
        let view = view.await.unwrap();
        let counters = [view.capacity, view.seats_left, view.waitlisted];
        let (seated, waitlisted) = (reference.seated.len(), reference.waitlist.len());
        let expected = [reference.capacity, reference.capacity - seated, waitlisted];
        assert_eq!(counters.map(|n| n as usize), expected, "{context}");
        for (number, division) in view.divisions.iter().enumerate() {
            let taken = reference.taken(number);
            let counters = (
                division.taken as usize,
                division.capacity.map(|n| n as usize),
            );
            assert_eq!(counters, (taken, reference.divisions[number]), "{context}");
        }
    }
}

/// Asserts that each participant has a live registration and a waitlist position where the reference model has
/// them.
async fn assert_registrations_match(
    setup: &Setup<'_>,
    references: &[ReferenceCompetition],
    seed: u64,
) {
    for (competition, reference) in references.iter().enumerate() {
        for participant in 0..PARTICIPANTS {
            let live = setup
                .app
                .services
                .registrations
                .live(
                    setup.participants[participant],
                    setup.competitions[competition],
                )
                .await
                .unwrap();
            let is_waiting = reference.waitlist.contains(&participant);
            let position = is_waiting
                .then(|| reference.position(participant))
                .flatten();
            let context =
                format!("MODEL_SEED={seed}: participant {participant}, competition {competition}");
            assert_eq!(
                live.as_ref().and_then(|live| live.waitlist_position),
                position,
                "{context}"
            );
            let expected = is_waiting || reference.seated.contains(&participant);
            assert_eq!(live.is_some(), expected, "{context}");
        }
    }
}

/// Performs random actions one after the other, and returns the accepted requests with their replies.
async fn perform_actions(setup: &Setup<'_>, seed: u64) -> Vec<(Request, RegistrationReply)> {
    let mut random = StdRng::seed_from_u64(seed);
    let (mut requests, mut replies, mut registrations) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ACTIONS / 4 {
        let mut action = Action::random(&mut random);
        if let Action::Repeat(number) = action {
            let Some(earlier) = requests.get(number % requests.len().max(1)).copied() else {
                continue;
            };
            action = Action::Register(earlier);
        }
        match action {
            Action::Register(request) => {
                match domain_result(setup.register(&request).await) {
                    Ok(reply) => {
                        if let Ok(view) = reply.outcome().unwrap().registration() {
                            registrations.push((request.participant, view.registration_id));
                        }
                        replies.push((request, reply));
                    }
                    Err(
                        DomainError::NotOpenYet { .. }
                        | DomainError::RegistrationPaused { .. }
                        | DomainError::IdempotencyKeyReused,
                    ) => {}
                    Err(error) => panic!("{error}"),
                }
                requests.push(request);
            }
            Action::Cancel(number) => {
                let count = registrations.len().max(1);
                if let Some((participant, id)) = registrations.get(number % count) {
                    let result = setup.cancel(*participant, *id).await;
                    assert_eq!(domain_result(result), Ok(()));
                }
            }
            Action::Edit {
                competition,
                capacity,
                waitlist_enabled,
                opens_in,
            } => {
                let now = setup.app.clock.now();
                let opens_at = opens_in.map(|hours| now + TimeDelta::hours(hours));
                let edit = setup.edit(competition, capacity, waitlist_enabled, opens_at);
                let result = edit.await;
                if let Err(error) = domain_result(result) {
                    assert_eq!(error, DomainError::CapacityBelowRegistrations);
                }
            }
            Action::EditDivision { division, capacity } => {
                let result = setup.edit_division(division, capacity).await;
                if let Err(error) = domain_result(result) {
                    assert_eq!(error, DomainError::CapacityBelowRegistrations);
                }
            }
            Action::SetPaused {
                competition,
                paused,
            } => {
                let result = setup.set_paused(competition, paused).await;
                assert_eq!(domain_result(result), Ok(()));
            }
            Action::Repeat(_) | Action::AdvanceClock => {}
        }
    }
    replies
}

async fn concurrent_actions_keep_the_seat_invariant_and_repeat_first_responses(app: App) {
    for seed in seeds() {
        let setup = Setup::new(&app, seed).await.with_codes().await;
        let tasks = (0..8).map(|task| perform_actions(&setup, seed * 1_000 + task));
        let replies = futures::future::join_all(tasks).await.concat();
        let tables = TableSnapshot::read(&app.database).await;
        tables.assert_seat_invariant();
        setup.assert_answers(&tables, &format!("MODEL_SEED={seed}"));
        let mut first = HashMap::new();
        for (request, reply) in replies {
            let context = format!("MODEL_SEED={seed}: {request:?}");
            let (competition, body) = first
                .entry((request.participant, request.key))
                .or_insert_with(|| (request.competition, reply.response().body.clone()));
            assert_eq!(
                (*competition, &*body),
                (request.competition, &reply.response().body),
                "{context}"
            );
            if let Ok(view) = reply.outcome().unwrap().registration() {
                let row = tables.registrations.get(&view.registration_id);
                let participant = setup.participants[request.participant];
                assert_eq!(row.unwrap().user_id, participant.id, "{context}");
            }
        }
        app.run_open_jobs().await;
    }
    TableSnapshot::read(&app.database)
        .await
        .assert_messages(&app.database)
        .await;
}
