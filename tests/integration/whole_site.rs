//! An installation with something on every page and in every form, for tests that concern all of them.
//!
//! A page or a server function that is added to the application without being added here fails each of those tests.

mod forms;

pub use forms::{functions, typed};

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use image::{ImageFormat, RgbImage};
use mini_compete::{
    domain::Actor,
    model::{
        BracketFormat, BracketId, CompetitionId, CompetitionStatus, MatchId, MatchOutcome,
        PerformanceStatus, QuestionKind, RegistrationId, Role, StaffId, StaffRole, StageMetric,
        UserView, WebhookId,
        forms::{
            AnnouncementInput, BracketForm, CertificateForm, CompetitionInput, GivenAnswers,
            MatchResultInput, PerformanceInput, PublicationInput, QuestionInput, StageInput,
            WebhookInput,
        },
    },
    store::entity::{bracket, bracket_match, certificate},
};
use reqwest::{Method, header};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;

use crate::harness::{
    App, Backend, Client, Clients, FakePushService, SmtpProcess, Storage, add_staff,
    confirm_second_factor, page_templates, spawn_app_with,
};

/// A kind of visitor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Viewer {
    Anonymous,
    Participant,
    Organizer,
    Administrator,
    /// An account of which nothing else exists.
    Newcomer,
}

/// The competitions of the site, by their state.
pub struct Competitions {
    /// With a description, a picture, participants, announcements and another time zone than UTC.
    pub open: CompetitionId,
    pub few_left: CompetitionId,
    pub waitlist: CompetitionId,
    pub full: CompetitionId,
    pub soon: CompetitionId,
    pub paused: CompetitionId,
    pub draft: CompetitionId,
    pub cancelled: CompetitionId,
    pub closed: CompetitionId,
    pub running: CompetitionId,
    pub over: CompetitionId,
}

impl Competitions {
    /// Returns those that everybody can see.
    fn public(&self) -> [CompetitionId; 10] {
        let Self {
            open,
            few_left,
            waitlist,
            full,
            soon,
            paused,
            draft: _,
            cancelled,
            closed,
            running,
            over,
        } = *self;
        [
            open, few_left, waitlist, full, soon, paused, cancelled, closed, running, over,
        ]
    }
}

/// The address of the newcomer.
const NEWCOMER: &str = "nora@example.test";

/// The site, and somebody of each kind who is logged in to it.
pub struct WholeSite {
    pub app: App,
    pub server: SmtpProcess,
    pub competitions: Competitions,
    organizer: UserView,
    administrator: Client,
    organizing: Clients,
    participating: Clients,
    newcomer: Client,
    /// The participant's registration with a seat, and the one on a waitlist.
    pub registrations: [RegistrationId; 2],
    /// An account that administrators look at.
    subject: UserView,
    /// The role of a member of the staff of the open competition.
    pub staff: StaffId,
    /// A webhook of the organizer.
    pub webhook: WebhookId,
    /// What receives the events of webhooks, as long as the site exists.
    _receiver: FakePushService,
}

/// Returns a picture as a file.
fn picture() -> Vec<u8> {
    let mut file = std::io::Cursor::new(Vec::new());
    let picture = RgbImage::from_pixel(900, 700, image::Rgb([20, 120, 200]));
    picture.write_to(&mut file, ImageFormat::Png).unwrap();
    file.into_inner()
}

/// Creates a competition of an organizer whose input is `change`d.
async fn competition(
    app: &App,
    organizer: &UserView,
    title: &str,
    change: impl FnOnce(&mut CompetitionInput),
) -> CompetitionId {
    let mut input = app.competition_input(20, false);
    title.clone_into(&mut input.title);
    change(&mut input);
    let competitions = &app.services.competitions;
    let created = competitions.create(Actor::from(organizer), input).await;
    created.unwrap().id
}

/// Creates a competition in each state. Two hours later than its times, some are closed, running or over.
async fn competitions(app: &App, organizer: &UserView) -> Competitions {
    let now = app.clock.now();
    let hour = now + TimeDelta::hours(1);
    let begun = |ends_at: DateTime<Utc>| {
        move |input: &mut CompetitionInput| {
            input.reg_deadline = hour;
            input.starts_at = hour;
            input.ends_at = Some(ends_at);
        }
    };
    let of = async |title: &str, change: &dyn Fn(&mut CompetitionInput)| {
        competition(app, organizer, title, change).await
    };
    Competitions {
        open: of("Harbour Sprint", &|input| {
            input.description = "# Two days\n\n**Bring** a [laptop](https://example.org).\n\n| a | b |\n| - | - |\n| 1 | 2 |"
                .to_owned();
            input.time_zone = "Europe/Copenhagen".to_owned();
            input.ends_at = Some(input.starts_at + TimeDelta::days(1));
        })
        .await,
        few_left: of("Harbour Relay", &|input| input.capacity = 2).await,
        waitlist: of("Harbour Chess", &|input| {
            input.capacity = 1;
            input.waitlist_enabled = true;
        })
        .await,
        full: of("Harbour Quiz", &|input| input.capacity = 1).await,
        soon: of("Harbour Dive", &|input| input.opens_at = Some(now + TimeDelta::days(5))).await,
        paused: of("Harbour Rowing", &|_| {}).await,
        draft: of("Harbour Plan", &|input| {
            input.status = CompetitionStatus::Draft;
            input.publish_at = Some(now + TimeDelta::days(2));
        })
        .await,
        cancelled: of("Harbour Storm", &|_| {}).await,
        closed: of("Harbour Late", &|input| input.reg_deadline = hour).await,
        running: of("Harbour Now", &begun(now + TimeDelta::days(2))).await,
        over: of("Harbour Past", &begun(hour)).await,
    }
}

impl WholeSite {
    /// Builds the site on a storage of its own.
    pub async fn new(backend: Backend) -> Self {
        let mut server = SmtpProcess::new();
        server.start().await;
        let url = format!("--smtp-url={}", server.url("smtp", "", ""));
        let arguments = [
            url.as_str(),
            "--smtp-from=Mini Compete <post@compete.test>",
            "--web-push=on",
            "--vapid-subject=mailto:ops@club.test",
            "--webhook-allow-private=on",
        ];
        let app = spawn_app_with(Storage::create(backend).await, &arguments).await;
        let organizer = app.account("Olga Organizer", Role::Organizer).await;
        let participant = app.account("Paula", Role::Participant).await;
        let subject = app.account("Sam", Role::Participant).await;
        let competitions = competitions(&app, &organizer).await;
        app.register_all(&[Actor::from(&participant)], competitions.running)
            .await;
        app.clock.advance(TimeDelta::hours(2));
        app.run_scheduled_tasks().await;
        let registrations = register(&app, &competitions, &participant).await;
        let viewer = app.account("Stan", Role::Participant).await;
        let staff = add_staff(&app, competitions.open, viewer.id, StaffRole::Viewer).await;
        let receiver = FakePushService::start().await;
        let webhook = app.services.webhooks.create(
            Actor::from(&organizer),
            WebhookInput {
                url: format!("{}/hook", receiver.origin()),
                events: None,
            },
        );
        let webhook = webhook.await.unwrap().id;
        let site = Self {
            administrator: administrator(&app).await,
            organizing: Clients::log_in(&app, &organizer).await,
            participating: Clients::log_in(&app, &participant).await,
            newcomer: Clients::log_in(&app, &app.account("Nora", Role::Participant).await)
                .await
                .browser,
            app,
            server,
            competitions,
            organizer,
            registrations,
            staff,
            subject,
            webhook,
            _receiver: receiver,
        };
        site.add_details().await;
        site
    }

    /// Adds what organizers, participants and administrators have done.
    async fn add_details(&self) {
        let Self { app, organizer, .. } = self;
        let (services, actor) = (&app.services, Actor::from(organizer));
        let competitions = &self.competitions;
        let request = self
            .organizing
            .api
            .request(
                Method::PUT,
                &format!(
                    "/api/v1/competitions/{}/picture?alt=Boats",
                    competitions.open
                ),
            )
            .header(header::CONTENT_TYPE, "image/png")
            .body(picture());
        assert_eq!(self.organizing.api.send(request).await.status, 200);
        self.act("pause-competition", competitions.paused).await;
        self.act("call-off-competition", competitions.cancelled)
            .await;
        for send_at in [None, Some(app.clock.now() + TimeDelta::days(1))] {
            let input = AnnouncementInput {
                audience: Default::default(),
                view_id: None,
                chosen: Vec::new(),
                subject: "Parking".to_owned(),
                body: "Use gate 2.".to_owned(),
                send_at,
            };
            let announcements = &services.announcements;
            let sent = announcements.announce(actor, competitions.open, None, input);
            sent.await.unwrap();
        }
        let form = CertificateForm {
            audience: "SEATED".to_owned(),
            remark: "Boats".to_owned(),
        };
        let certificates = &services.certificates;
        let issued = certificates.issue(actor, competitions.running, &form);
        issued.await.unwrap();
        self.ask().await;
        self.publish_results().await;
        self.publish_brackets().await;
        let sam = Clients::log_in(app, &self.subject).await.browser;
        let page = sam.browse("/organize").await;
        let form = page.form("[data-testid=organizer-request-form]");
        sam.submit(&form.fill("reason", "Chess for forty people in March."))
            .await;
        // An edit for the history.
        let path = format!("/organize/{}/edit", competitions.open);
        let page = self.organizing.browser.browse(&path).await;
        let form = page.form("[data-testid=competition-form]");
        self.organizing
            .browser
            .submit(&form.fill("capacity", "21"))
            .await;
        self.invite(NEWCOMER).await;
        app.create_dead_letters(1).await;
        app.run_jobs_with_retries().await;
    }

    /// Asks the participants of the open competition, of whom one answers.
    async fn ask(&self) {
        let services = &self.app.services;
        let open = self.competitions.open;
        let mut given = GivenAnswers::new();
        for (kind, options) in [
            (QuestionKind::LongText, &[][..]),
            (QuestionKind::ShortText, &[][..]),
            (QuestionKind::Choices, &["Sprint", "Relay"][..]),
        ] {
            let question = QuestionInput {
                options: options.iter().map(|&option| option.to_owned()).collect(),
                ..QuestionInput::new(kind, "Bring laptop")
            };
            let (organizer, competitions) = (Actor::from(&self.organizer), &services.competitions);
            let asked = competitions.add_question(organizer, open, question).await;
            let answer = match kind {
                QuestionKind::Choices => json!(["Sprint"]),
                _ => json!("Boats"),
            };
            given.insert(asked.unwrap().id.to_string(), answer);
        }
        let seat = self.registrations[0];
        let api = &self.participating.api;
        let path = format!("/api/v1/registrations/{seat}");
        let answers = json!({ "answers": given });
        let request = api.request(Method::PATCH, &path).json(&answers);
        assert_eq!(api.send(request).await.status, 200);
    }

    /// Publishes results of the open competition, and a correction.
    async fn publish_results(&self) {
        let (results, open) = (&self.app.services.results, self.competitions.open);
        let organizer = Actor::from(&self.organizer);
        let input = StageInput::new(StageMetric::Time, "Sprint");
        let stage = results.add_stage(organizer, open, input).await.unwrap().id;
        let seat = self.registrations[0].to_string();
        let mut former = None;
        for value in [5_910, 5_900] {
            let input = PerformanceInput {
                code: Some(seat.clone()),
                registration_id: None,
                value: Some(value),
                status: PerformanceStatus::Ok,
                note: "Comes late".to_owned(),
                supersedes: former,
            };
            let recorded = results.record_one(organizer, stage, None, input).await;
            former = recorded.unwrap().recorded.ids.pop();
            let publication = PublicationInput::default();
            results
                .publish(organizer, stage, publication)
                .await
                .unwrap();
        }
    }

    /// Submits a form of the organizer that has nothing but the id of a competition.
    async fn act(&self, function: &str, competition: CompetitionId) {
        let id = competition.to_string();
        let browser = &self.organizing.browser;
        let done = browser
            .submit_in_background(&format!("/act/{function}"), &[("competitionId", &id)])
            .await;
        assert_eq!(done.status, 200, "{function}: {}", done.text);
    }

    /// Returns the browser of a visitor.
    pub fn browser(&self, viewer: Viewer) -> Client {
        match viewer {
            Viewer::Anonymous => self.app.client(),
            Viewer::Participant => self.participating.browser.clone(),
            Viewer::Organizer => self.organizing.browser.clone(),
            Viewer::Administrator => self.administrator.clone(),
            Viewer::Newcomer => self.newcomer.clone(),
        }
    }

    /// Returns the address of every page, and who opens it.
    ///
    /// # Panics
    /// Panics if the application has a page that is not among them.
    pub async fn pages(&self) -> Vec<(Viewer, String)> {
        use Viewer as V;
        let Self { organizer, .. } = self;
        let [seat, waiting] = self.registrations;
        let open = self.competitions.open;
        let subject = self.subject.id;
        let mailbox = self.participating.browser.browse("/me/mailbox").await;
        let message = link(&mailbox.text, "/me/mailbox?message=");
        let staff = self.staff;
        let invited = self.newcomer.browse("/organize").await;
        let invitation = link(&invited.text, "/invitations/");
        let mut pages: Vec<(Viewer, String)> = [
            (V::Anonymous, "/"),
            (V::Anonymous, "/competitions"),
            (V::Anonymous, "/competitions?search=nothing-has-this-name"),
            (
                V::Anonymous,
                "/competitions?tag=running&status=OPEN&sort=title",
            ),
            (V::Anonymous, "/competitions?page=99"),
            (V::Anonymous, "/signup"),
            (V::Anonymous, "/login"),
            (V::Anonymous, "/login?with=email"),
            (V::Anonymous, "/login?with=code"),
            (V::Anonymous, "/forgot"),
            (V::Anonymous, "/forgot?sent=1"),
            (V::Anonymous, "/reset?token=unknown"),
            (V::Anonymous, "/verify-email?token=unknown"),
            (V::Anonymous, "/unsubscribe?token=unknown"),
            (V::Anonymous, "/unsubscribe?done=1"),
            (V::Anonymous, "/offline"),
            (V::Anonymous, "/no/such/page"),
            (V::Newcomer, "/"),
            (V::Newcomer, "/me/registrations"),
            (V::Newcomer, "/me/mailbox"),
            (V::Newcomer, "/organize"),
            (V::Participant, "/confirm-password"),
            (V::Participant, "/verify-email"),
            (V::Participant, "/me/security"),
            (V::Participant, "/me/second-factor"),
            (V::Participant, "/me/data"),
            (V::Participant, "/me/sessions"),
            (V::Participant, "/me/registrations"),
            (V::Participant, "/me/mailbox"),
            (V::Participant, message),
            (V::Participant, "/me/profile"),
            (V::Organizer, "/organize"),
            (V::Organizer, "/organize?search=nobody-has-this-title"),
            (V::Organizer, "/organize/new"),
            (V::Organizer, "/organize/api-keys"),
            (V::Organizer, "/organize/webhooks"),
            (V::Organizer, "/me/profile"),
            (V::Administrator, "/admin"),
            (V::Administrator, "/admin/queues"),
            (V::Administrator, "/admin/failed-jobs"),
            (V::Administrator, "/admin/failed-jobs/delete?all=true"),
            (V::Administrator, "/admin/users"),
            (V::Administrator, "/admin/users?search=nobody-has-this-name"),
            (V::Administrator, "/admin/organizer-requests"),
            (V::Administrator, "/admin/competitions"),
            (V::Administrator, "/admin/settings"),
            (V::Administrator, "/admin/audit"),
            (V::Administrator, "/admin/audit?action=SEAT_REPAIR"),
        ]
        .map(|(viewer, path)| (viewer, path.to_owned()))
        .into();
        pages.extend([
            (V::Anonymous, format!("/organizers/{}", organizer.id)),
            (
                V::Anonymous,
                format!("/certificates/{}", self.serial().await),
            ),
            (V::Participant, self.certified().await),
            (V::Participant, format!("/me/registrations/{seat}")),
            (V::Participant, format!("/me/registrations/{waiting}")),
            (V::Participant, format!("/me/registrations/{seat}/answers")),
            (V::Participant, format!("/me/registrations/{seat}/cancel")),
            (
                V::Participant,
                format!("/me/registrations/{waiting}/cancel"),
            ),
            (V::Newcomer, invitation.to_owned()),
            (
                V::Organizer,
                format!("/organize/{open}/staff/remove?part={staff}"),
            ),
            (
                V::Organizer,
                format!("/organize/{open}/staff/hand-over?part={staff}"),
            ),
            (V::Organizer, format!("/organize/webhooks/{}", self.webhook)),
            (
                V::Organizer,
                format!("/organize/{open}/registrations/{seat}"),
            ),
            (
                V::Organizer,
                format!("/organize/{}/reopen", self.competitions.closed),
            ),
            (
                V::Organizer,
                format!("/organize/{}/delete", self.competitions.draft),
            ),
            (V::Administrator, format!("/admin/users/{subject}")),
            (V::Administrator, format!("/admin/users/{subject}/disable")),
        ]);
        let (bracket, game) = self.game().await;
        for later in ["", "&later=1"] {
            let query = format!("bracket={bracket}&match={game}{later}");
            let path = format!("/organize/{open}/brackets?{query}");
            pages.push((V::Organizer, path));
        }
        let running = self.competitions.running;
        for below in [
            "certificates",
            "certificates?search=Paula",
            "certificates?search=nobody",
        ] {
            pages.push((V::Organizer, format!("/organize/{running}/{below}")));
        }
        for id in self.competitions.public() {
            for viewer in [V::Anonymous, V::Participant, V::Organizer] {
                pages.push((viewer, format!("/competitions/{id}")));
                pages.push((viewer, format!("/competitions/{id}/results")));
                pages.push((viewer, format!("/competitions/{id}/brackets")));
            }
            pages.push((V::Organizer, format!("/organize/{id}")));
            pages.push((V::Organizer, format!("/organize/{id}/live")));
            pages.push((V::Organizer, format!("/organize/{id}/registrations")));
        }
        let draft = self.competitions.draft;
        pages.push((V::Organizer, format!("/organize/{draft}")));
        pages.push((V::Organizer, format!("/competitions/{draft}")));
        pages.push((V::Organizer, format!("/organize/{draft}/divisions")));
        for below in [
            "staff",
            "edit",
            "close",
            "import",
            "audit",
            "call-off",
            "delete",
            "pause",
            "live?span=all",
            "add-seats?seats=2",
            "waitlist",
            "announce",
            "check-in",
            "check-in?search=Paula",
            "check-in/list",
            "start-numbers",
            "start-numbers?order=NAME&from=x",
            "start-numbers?order=REGISTERED_AT&from=100",
            "questions",
            "results",
            "results?add=1",
            "codes",
            "codes?generate=on",
            "brackets",
            "brackets?add=1",
            "certificates",
            "picture",
            "registrations?search=nobody",
            "registrations/review",
        ] {
            pages.push((V::Organizer, format!("/organize/{open}/{below}")));
        }
        assert_complete(&pages);
        pages
    }

    /// Returns the certificate of the participant.
    async fn certificate(&self) -> certificate::Model {
        let all = certificate::Entity::find();
        let newest = all.order_by_desc(certificate::Column::Id);
        let found = newest.one(self.app.database().read()).await.unwrap();
        found.expect("a certificate")
    }

    /// Issues the certificate of the participant anew.
    /// Publishes a bracket of each format of the open competition, and the result of a match.
    async fn publish_brackets(&self) {
        let (brackets, open) = (&self.app.services.brackets, self.competitions.open);
        let organizer = Actor::from(&self.organizer);
        for format in BracketFormat::ALL {
            let form = BracketForm {
                name: "Relay".to_owned(),
                format: format.to_string(),
                seeding: "REGISTERED_AT".to_owned(),
                tie_rule: "SCORE".to_owned(),
                published: "on".to_owned(),
                ..BracketForm::default()
            };
            let input = form.parse().unwrap();
            brackets.add(organizer, open, &input).await.unwrap();
        }
        let (bracket, game) = self.game().await;
        let input = MatchResultInput {
            outcome: MatchOutcome::First,
            first_score: Some(3),
            second_score: Some(1),
            confirm: false,
        };
        let recorded = brackets.record(organizer, bracket, game, None, &input);
        recorded.await.unwrap();
    }

    /// Returns a match of the open competition in which both entrants are known.
    pub async fn game(&self) -> (BracketId, MatchId) {
        let database = self.app.database().read();
        let oldest = bracket::Entity::find().order_by_asc(bracket::Column::Id);
        let oldest = oldest.one(database).await.unwrap().unwrap().id;
        let first = bracket_match::Entity::find()
            .filter(bracket_match::Column::BracketId.eq(oldest))
            .order_by_asc(bracket_match::Column::Number);
        (oldest, first.one(database).await.unwrap().unwrap().id)
    }

    async fn issue_again(&self) {
        let certificates = &self.app.services.certificates;
        let (actor, newest) = (Actor::from(&self.organizer), self.certificate().await);
        let issued = certificates.issue_again(actor, newest.competition_id, newest.id);
        issued.await.unwrap();
    }

    async fn serial(&self) -> String {
        self.certificate().await.serial
    }

    /// Returns the page of the registration that has a certificate.
    async fn certified(&self) -> String {
        let id = self.certificate().await.registration_id;
        format!("/me/registrations/{id}")
    }

    /// Returns a browser in which a new account is logged in.
    pub async fn newcomer(&self, role: Role) -> (UserView, Client) {
        let name = format!("Nora {}", uuid::Uuid::now_v7());
        let account = self.app.account(&name, role).await;
        let browser = Clients::log_in(&self.app, &account).await.browser;
        (account, browser)
    }
}

/// Asserts that every page of the application is among these.
fn assert_complete(pages: &[(Viewer, String)]) {
    let matches = |template: &str, path: &str| {
        let path = path.split('?').next().unwrap_or_default();
        let (mut parts, mut segments) = (template.split('/'), path.split('/'));
        loop {
            match (parts.next(), segments.next()) {
                (None, None) => return true,
                (Some(part), Some(segment)) if part == segment || part.starts_with('{') => {}
                _ => return false,
            }
        }
    };
    // Shown after the password alone, so that no page leads there. The test of its form opens it.
    let missing: BTreeSet<_> = page_templates()
        .into_iter()
        .filter(|template| template != "/second-factor")
        .filter(|template| !pages.iter().any(|(_, path)| matches(template, path)))
        .collect();
    assert!(missing.is_empty(), "the whole site lacks {missing:?}");
}

/// Registers the participant and others, and returns the participant's registrations.
async fn register(
    app: &App,
    competitions: &Competitions,
    participant: &UserView,
) -> [RegistrationId; 2] {
    let paula = Actor::from(participant);
    let others = app.participants(2).await;
    for (who, ids) in [
        (
            others[0],
            vec![
                competitions.few_left,
                competitions.waitlist,
                competitions.full,
            ],
        ),
        (others[1], vec![competitions.waitlist, competitions.open]),
        (
            paula,
            vec![
                competitions.open,
                competitions.waitlist,
                competitions.cancelled,
            ],
        ),
    ] {
        for id in ids {
            app.register_all(&[who], id).await;
        }
    }
    let mut own = Vec::new();
    for id in [competitions.open, competitions.waitlist] {
        let live = app.services.registrations.live(paula, id).await;
        own.push(live.unwrap().unwrap().registration_id);
    }
    app.run_jobs_with_retries().await;
    own.try_into().unwrap()
}

/// Logs an administrator in, whose second factor is set up afterwards.
async fn administrator(app: &App) -> Client {
    let account = app.account("Root", Role::Admin).await;
    let browser = Clients::log_in(app, &account).await.browser;
    confirm_second_factor(app, &account).await;
    browser
}

/// Returns the first address in a page that begins like this.
fn link<'a>(page: &'a str, begin: &str) -> &'a str {
    let start = page.find(begin).expect("a link");
    let rest = &page[start..];
    rest.split(['"', '\'', '&', '<']).next().unwrap()
}
