//! The routes: which page is shown at which path.

use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::{
    SsrMode,
    components::{FlatRoutes, Route, Router},
    path,
};

use super::pages::{
    account::{Login, Profile, Signup},
    admin::{
        account::{Account, DisableAccount},
        accounts::Accounts,
        audit::Audit,
        competitions::AllCompetitions,
        failed_jobs::{DeleteFailedJobs, FailedJobs},
        health::Health,
        organizer_requests::OrganizerRequests,
        queues::QueuesPage,
        settings::SettingsPage,
    },
    answers::OwnAnswers,
    brackets::PublicBrackets,
    browse::Browse,
    cancel::CancelRegistration,
    certificate::Certificate,
    competition::Competition,
    confirm_password::ConfirmPassword,
    data::Data,
    home::Home,
    invitation::Invitation,
    mailbox::Mailbox,
    not_found::NotFound,
    offline::Offline,
    organize::{
        announce::AnnouncementPage,
        api_keys::ApiKeys,
        audit::CompetitionAudit,
        brackets::BracketsPage,
        certificates::Certificates,
        check_in::{CheckIn, CheckInList},
        closing::{CloseRegistration, ReopenRegistration},
        codes::Codes,
        competition::{CallOff, OrganizedCompetition, Pause},
        control_room::{AddSeats, ControlRoom, Waitlist},
        deletion::Delete,
        divisions::Divisions,
        edit::{EditCompetition, NewCompetition},
        import::Import,
        overview::Overview,
        participants::Participants,
        person::Person,
        picture::CompetitionPicture,
        questions::QuestionsPage,
        results::ResultsPage,
        review::RegistrationsReview,
        staff::{HandOver, RemoveStaff, StaffPage},
        start_numbers::StartNumbers,
        webhook_deliveries::WebhookDeliveries,
        webhooks::Webhooks,
    },
    organizer::Organizer,
    password::{Forgot, Reset},
    registrations::MyRegistrations,
    second_factor::{SecondFactor, SecondStep},
    security::Security,
    sessions::Sessions,
    standings::Standings,
    ticket::Ticket,
    unsubscribe::Unsubscribe,
    verify_email::VerifyEmail,
};

/// Renders the page of the requested path. All routes are [`SsrMode::Async`]: the response is a
/// whole document with the right status code.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let ssr = SsrMode::Async;
    view! {
        <Router>
            <FlatRoutes fallback=|| view! { <NotFound/> }>
                <Route ssr=ssr.clone() path=path!("/") view=Home/>
                <Route ssr=ssr.clone() path=path!("/competitions") view=Browse/>
                <Route ssr=ssr.clone() path=path!("/competitions/:id") view=Competition/>
                <Route ssr=ssr.clone() path=path!("/competitions/:id/results") view=Standings/>
                <Route ssr=ssr.clone() path=path!("/competitions/:id/brackets") view=PublicBrackets/>
                <Route ssr=ssr.clone() path=path!("/organizers/:id") view=Organizer/>
                <Route ssr=ssr.clone() path=path!("/certificates/:serial") view=Certificate/>
                <Route ssr=ssr.clone() path=path!("/signup") view=Signup/>
                <Route ssr=ssr.clone() path=path!("/login") view=Login/>
                <Route ssr=ssr.clone() path=path!("/forgot") view=Forgot/>
                <Route ssr=ssr.clone() path=path!("/reset") view=Reset/>
                <Route ssr=ssr.clone() path=path!("/verify-email") view=VerifyEmail/>
                <Route ssr=ssr.clone() path=path!("/confirm-password") view=ConfirmPassword/>
                <Route ssr=ssr.clone() path=path!("/second-factor") view=SecondStep/>
                <Route ssr=ssr.clone() path=path!("/me/security") view=Security/>
                <Route ssr=ssr.clone() path=path!("/me/second-factor") view=SecondFactor/>
                <Route ssr=ssr.clone() path=path!("/me/data") view=Data/>
                <Route ssr=ssr.clone() path=path!("/me/sessions") view=Sessions/>
                <Route ssr=ssr.clone() path=path!("/me/registrations") view=MyRegistrations/>
                <Route ssr=ssr.clone() path=path!("/me/registrations/:id") view=Ticket/>
                <Route ssr=ssr.clone() path=path!("/me/registrations/:id/answers") view=OwnAnswers/>
                <Route ssr=ssr.clone() path=path!("/me/registrations/:id/cancel") view=CancelRegistration/>
                <Route ssr=ssr.clone() path=path!("/me/mailbox") view=Mailbox/>
                <Route ssr=ssr.clone() path=path!("/me/profile") view=Profile/>
                <Route ssr=ssr.clone() path=path!("/unsubscribe") view=Unsubscribe/>
                <Route ssr=ssr.clone() path=path!("/offline") view=Offline/>
                <Route ssr=ssr.clone() path=path!("/organize") view=Overview/>
                <Route ssr=ssr.clone() path=path!("/organize/new") view=NewCompetition/>
                <Route ssr=ssr.clone() path=path!("/organize/api-keys") view=ApiKeys/>
                <Route ssr=ssr.clone() path=path!("/organize/webhooks") view=Webhooks/>
                <Route ssr=ssr.clone() path=path!("/organize/webhooks/:id") view=WebhookDeliveries/>
                <Route ssr=ssr.clone() path=path!("/organize/:id") view=OrganizedCompetition/>
                <Route ssr=ssr.clone() path=path!("/organize/:id/edit") view=EditCompetition/>
                <Route ssr=ssr.clone() path=path!("/organize/:id/call-off") view=CallOff/>
                <Route ssr=ssr.clone() path=path!("/organize/:id/pause") view=Pause/>
                <Route ssr=ssr.clone() path=path!("/organize/:id/close") view=CloseRegistration/>
                <Route ssr=ssr.clone() path=path!("/organize/:id/reopen") view=ReopenRegistration/>
                <Route ssr=ssr.clone() path=path!("/organize/:id/audit") view=CompetitionAudit/>
                <Route ssr=ssr.clone() path=path!("/organize/:id/live") view=ControlRoom/>
                <Route ssr=ssr.clone() path=path!("/organize/:id/add-seats") view=AddSeats/>
                <Route ssr=ssr.clone() path=path!("/organize/:id/waitlist") view=Waitlist/>
                <Route ssr=ssr.clone() path=path!("/organize/:id/delete") view=Delete/>
                <Route ssr=ssr.clone() path=path!("/organize/:id/staff") view=StaffPage/>
                <Route ssr=ssr.clone() path=path!("/organize/:id/staff/remove") view=RemoveStaff/>
                <Route ssr=ssr.clone() path=path!("/organize/:id/staff/hand-over") view=HandOver/>
                <Route ssr=ssr.clone() path=path!("/invitations/:id") view=Invitation/>
                <Route ssr=ssr.clone() path=path!("/organize/:id/announce") view=AnnouncementPage/>
                <Route ssr=ssr.clone() path=path!("/organize/:id/divisions") view=Divisions/>
                <Route ssr=ssr.clone() path=path!("/organize/:id/check-in") view=CheckIn/>
                <Route ssr=ssr.clone() path=path!("/organize/:id/check-in/list") view=CheckInList/>
                <Route ssr=ssr.clone() path=path!("/organize/:id/start-numbers") view=StartNumbers/>
                <Route ssr=ssr.clone() path=path!("/organize/:id/certificates") view=Certificates/>
                <Route ssr=ssr.clone() path=path!("/organize/:id/questions") view=QuestionsPage/>
                <Route ssr=ssr.clone() path=path!("/organize/:id/results") view=ResultsPage/>
                <Route ssr=ssr.clone() path=path!("/organize/:id/codes") view=Codes/>
                <Route ssr=ssr.clone() path=path!("/organize/:id/brackets") view=BracketsPage/>
                <Route ssr=ssr.clone() path=path!("/organize/:id/picture") view=CompetitionPicture/>
                <Route ssr=ssr.clone() path=path!("/organize/:id/registrations") view=Participants/>
                <Route ssr=ssr.clone() path=path!("/organize/:id/import") view=Import/>
                <Route ssr=ssr.clone() path=path!("/organize/:id/registrations/review") view=RegistrationsReview/>
                <Route ssr=ssr.clone() path=path!("/organize/:id/registrations/:registration") view=Person/>
                <Route ssr=ssr.clone() path=path!("/admin") view=Health/>
                <Route ssr=ssr.clone() path=path!("/admin/queues") view=QueuesPage/>
                <Route ssr=ssr.clone() path=path!("/admin/failed-jobs") view=FailedJobs/>
                <Route ssr=ssr.clone() path=path!("/admin/failed-jobs/delete") view=DeleteFailedJobs/>
                <Route ssr=ssr.clone() path=path!("/admin/users") view=Accounts/>
                <Route ssr=ssr.clone() path=path!("/admin/users/:id") view=Account/>
                <Route ssr=ssr.clone() path=path!("/admin/users/:id/disable") view=DisableAccount/>
                <Route ssr=ssr.clone() path=path!("/admin/organizer-requests") view=OrganizerRequests/>
                <Route ssr=ssr.clone() path=path!("/admin/competitions") view=AllCompetitions/>
                <Route ssr=ssr.clone() path=path!("/admin/settings") view=SettingsPage/>
                <Route ssr=ssr path=path!("/admin/audit") view=Audit/>
            </FlatRoutes>
        </Router>
    }
}
