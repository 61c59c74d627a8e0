//! All sentences of one language.

use super::groups::{
    AccountLetterText, AccountText, AdminText, AnnounceText, ApiKeysText, AuditActionText,
    BracketsText, BrowseText, CalendarText, CertificatesText, CheckInText, ChipText, CodesText,
    CompetitionText, ControlRoomText, DivisionsText, DomainErrorText, EditingText, EmbedText,
    FieldErrorText, FlashText, FrameText, HistoryText, HomeText, ImportText, IslandText,
    LetterText, MailboxText, MyRegistrationsText, OrganizeText, OrganizerText, PanelText,
    PeopleText, PersonText, PhaseText, PictureText, PresetsText, QuestionsText,
    RegistrationLetterText, RequestErrorText, RequestFieldText, ResultsText, SavedViewsText,
    ScheduleLetterText, SecondFactorText, StaffText, StartNumbersText, StatisticsText, TicketText,
    UnsubscribeText, WebhooksText,
};
#[cfg(test)]
use super::sentence::Sentence;
use crate::model::Language;

/// Declares the catalogue with its groups.
macro_rules! catalogue {
    ($($(#[$doc:meta])* $group:ident: $ty:ident,)+) => {
        /// All sentences of one language.
        #[derive(Debug, Clone, Copy)]
        pub struct Catalogue {
            /// The language of the sentences.
            pub language: Language,
            $($(#[$doc])* pub $group: $ty),+
        }

        impl Catalogue {
            /// Returns all sentences, group by group.
            #[cfg(test)]
            pub(in crate::text) fn sentences(&self) -> Vec<Sentence> {
                [$(self.$group.sentences()),+].concat()
            }

            /// Returns the catalogue with marks around each sentence.
            #[cfg(debug_assertions)]
            pub(in crate::text) fn marked(&self) -> Self {
                Self {
                    language: self.language,
                    $($group: self.$group.marked()),+
                }
            }
        }
    };
}

catalogue! {
    /// The frame around every page, and error pages.
    frame: FrameText,
    home: HomeText,
    browse: BrowseText,
    phases: PhaseText,
    competition: CompetitionText,
    /// The states of competitions on their cards.
    chips: ChipText,
    /// The public page of an organizer.
    organizer: OrganizerText,
    /// The registration panel of a competition.
    panel: PanelText,
    /// The form for the picture of a competition.
    picture: PictureText,
    /// The page on which an organizer announces something.
    announce: AnnounceText,
    /// The page about API keys.
    api_keys: ApiKeysText,
    webhooks: WebhooksText,
    /// The divisions of a competition.
    divisions: DivisionsText,
    /// The pages about check-in.
    check_in: CheckInText,
    start_numbers: StartNumbersText,
    /// What competitions of a kind usually have.
    presets: PresetsText,
    /// The results of participants, and what is published of them.
    results: ResultsText,
    /// Who meets whom, and who advances.
    brackets: BracketsText,
    /// The pages about certificates, and what is printed.
    certificates: CertificatesText,
    /// The questions of a competition, and their answers.
    questions: QuestionsText,
    /// The codes of a competition, and who may register.
    codes: CodesText,
    account: AccountText,
    /// The pages about two-step log-in.
    second_factor: SecondFactorText,
    registrations: MyRegistrationsText,
    /// The ticket of a registration, as a page and as a picture.
    ticket: TicketText,
    mailbox: MailboxText,
    /// The page behind the unsubscribe link of a reminder.
    unsubscribe: UnsubscribeText,
    organize: OrganizeText,
    /// The pages on which a competition is edited, closed and deleted.
    editing: EditingText,
    /// The words for the actions that the audit log records.
    audit_actions: AuditActionText,
    /// The page that says who changed what.
    history: HistoryText,
    /// The page with the participants of a competition.
    people: PeopleText,
    /// The saved views of the participants of a competition.
    saved_views: SavedViewsText,
    /// The page on which a list of participants is imported.
    import: ImportText,
    /// The page about one participant.
    person: PersonText,
    /// The page that an organizer watches while registration opens.
    control_room: ControlRoomText,
    embed: EmbedText,
    /// The people who work on a competition.
    staff: StaffText,
    /// The charts of a competition.
    statistics: StatisticsText,
    /// The pages of administrators.
    admin: AdminText,
    /// The sentences that the next page shows once.
    flash: FlashText,
    /// The sentences that islands use too.
    islands: IslandText,
    /// The sentences that explain domain errors.
    domain_errors: DomainErrorText,
    /// The sentences that say how to correct a field.
    field_errors: FieldErrorText,
    /// The sentences that say how to correct a field of a request to the API.
    request_fields: RequestFieldText,
    /// The sentences about requests that fail before or outside of the domain.
    request_errors: RequestErrorText,
    letters: LetterText,
    /// The letters about a registration.
    registration_letters: RegistrationLetterText,
    /// The letters about another time or place.
    schedule_letters: ScheduleLetterText,
    /// The letters about an account.
    account_letters: AccountLetterText,
    /// The sentences of calendar files.
    calendar: CalendarText,
}

/// Puts the groups of a language together, which are in the modules of the file that calls it.
macro_rules! groups_of_language {
    () => {
        $crate::text::catalogue::Catalogue {
            language: language::LANGUAGE,
            frame: frame::FRAME,
            home: competition::HOME,
            browse: competition::BROWSE,
            phases: panel::PHASES,
            competition: competition::COMPETITION,
            chips: competition::CHIPS,
            organizer: competition::ORGANIZER,
            panel: panel::PANEL,
            picture: picture::PICTURE,
            announce: announce::ANNOUNCE,
            api_keys: api_keys::API_KEYS,
            webhooks: webhooks::WEBHOOKS,
            divisions: divisions::DIVISIONS,
            check_in: check_in::CHECK_IN,
            start_numbers: start_numbers::START_NUMBERS,
            presets: presets::PRESETS,
            results: results::RESULTS,
            brackets: brackets::BRACKETS,
            certificates: certificates::CERTIFICATES,
            questions: questions::QUESTIONS,
            codes: codes::CODES,
            account: account::ACCOUNT,
            second_factor: second_factor::SECOND_FACTOR,
            registrations: my_registrations::MY_REGISTRATIONS,
            ticket: ticket::TICKET,
            mailbox: mailbox::MAILBOX,
            unsubscribe: mailbox::UNSUBSCRIBE,
            organize: organize::ORGANIZE,
            editing: editing::EDITING,
            audit_actions: audit_actions::AUDIT_ACTIONS,
            history: history::HISTORY,
            people: people::PEOPLE,
            saved_views: saved_views::SAVED_VIEWS,
            import: import::IMPORT,
            person: person::PERSON,
            control_room: control_room::CONTROL_ROOM,
            embed: embed::EMBED,
            staff: staff::STAFF,
            statistics: statistics::STATISTICS,
            admin: admin::ADMIN,
            flash: flash_messages::FLASH,
            islands: islands::ISLANDS,
            domain_errors: domain_errors::DOMAIN_ERRORS,
            field_errors: field_errors::FIELD_ERRORS,
            request_fields: field_errors::REQUEST_FIELDS,
            request_errors: request_errors::REQUEST_ERRORS,
            letters: letters::LETTERS,
            registration_letters: letters::REGISTRATION_LETTERS,
            schedule_letters: letters::SCHEDULE_LETTERS,
            account_letters: letters::ACCOUNT_LETTERS,
            calendar: calendar::CALENDAR,
        }
    };
}

pub(in crate::text) use groups_of_language;
