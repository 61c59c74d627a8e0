//! The rules: for whom each operation, page and server function is.

use reqwest::Method;

use super::Visitor;

/// For whom something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Everybody, with an account or without.
    Anyone,
    /// Everybody who is logged in.
    Account,
    /// The participant whose registration it is.
    Registered,
    /// The participant whose registration it is, and those who see the addresses of participants.
    RegisteredOrContacts,
    /// Every organizer, and the administrators.
    Organizers,
    /// Every organizer, everybody who works on a competition, and the administrators.
    OrganizersAndStaff,
    /// The owner of the competition, and administrators.
    Owner,
    /// The owner and the editors of the competition, and administrators.
    Editors,
    /// Those who may see what happens while registration opens.
    ControlRoom,
    /// Those who may see the names of participants.
    People,
    /// Those who check participants in.
    CheckIn,
    /// Those who record results.
    Results,
    /// Everybody who works on the competition, and administrators.
    Staff,
    /// The administrators of the installation.
    Administrators,
}

impl Rule {
    /// Returns whether it is for this visitor.
    pub const fn allows(self, visitor: Visitor) -> bool {
        use Visitor as V;
        match self {
            Self::Anyone => true,
            Self::Account => !matches!(visitor, V::Anonymous),
            Self::Registered => matches!(visitor, V::Registered),
            Self::RegisteredOrContacts => {
                matches!(visitor, V::Registered) || Self::ControlRoom.allows(visitor)
            }
            Self::Organizers => {
                matches!(visitor, V::OtherOrganizer | V::Owner | V::Administrator)
            }
            Self::OrganizersAndStaff => {
                Self::Organizers.allows(visitor) || Self::Staff.allows(visitor)
            }
            Self::Owner => matches!(visitor, V::Owner | V::Administrator),
            Self::Editors => matches!(visitor, V::Owner | V::Editor | V::Administrator),
            Self::ControlRoom => matches!(visitor, V::Viewer) || Self::Editors.allows(visitor),
            Self::People => matches!(visitor, V::CheckIn) || Self::ControlRoom.allows(visitor),
            Self::CheckIn => matches!(visitor, V::CheckIn) || Self::Editors.allows(visitor),
            Self::Results => matches!(visitor, V::Results) || Self::Editors.allows(visitor),
            Self::Staff => matches!(visitor, V::Results) || Self::People.allows(visitor),
            Self::Administrators => matches!(visitor, V::Administrator),
        }
    }
}

/// The operations of the API: methods, template below `/api/v1`, rule.
const OPERATIONS: &[(&str, &str, Rule)] = &[
    ("GET", "/admin/audit", Rule::Administrators),
    ("GET DELETE", "/admin/failed-jobs", Rule::Administrators),
    ("GET", "/admin/failed-jobs/groups", Rule::Administrators),
    ("POST", "/admin/failed-jobs/retry", Rule::Administrators),
    ("DELETE", "/admin/failed-jobs/{id}", Rule::Administrators),
    (
        "POST",
        "/admin/failed-jobs/{id}/retry",
        Rule::Administrators,
    ),
    ("GET", "/admin/health", Rule::Administrators),
    ("GET", "/admin/organizer-requests", Rule::Administrators),
    (
        "POST",
        "/admin/organizer-requests/{id}/approve",
        Rule::Administrators,
    ),
    (
        "POST",
        "/admin/organizer-requests/{id}/decline",
        Rule::Administrators,
    ),
    ("GET", "/admin/queues", Rule::Administrators),
    ("POST", "/admin/queues/{name}/pause", Rule::Administrators),
    ("POST", "/admin/queues/{name}/resume", Rule::Administrators),
    ("POST", "/admin/seat-drift/repair", Rule::Administrators),
    ("GET", "/admin/users", Rule::Administrators),
    ("PATCH", "/admin/users/{id}", Rule::Administrators),
    ("POST", "/admin/users/{id}/sign-out", Rule::Administrators),
    (
        "POST",
        "/admin/users/{id}/verify-email",
        Rule::Administrators,
    ),
    ("GET POST", "/api-keys", Rule::Organizers),
    ("DELETE", "/api-keys/{id}", Rule::Organizers),
    ("POST", "/auth/code", Rule::Anyone),
    ("POST", "/auth/forgot", Rule::Anyone),
    ("POST", "/auth/login", Rule::Anyone),
    ("POST", "/auth/logout", Rule::Anyone),
    ("POST", "/auth/refresh", Rule::Anyone),
    ("POST", "/auth/reset", Rule::Anyone),
    ("POST", "/auth/signup", Rule::Anyone),
    ("POST", "/auth/verify-email", Rule::Anyone),
    ("GET", "/competitions", Rule::Anyone),
    ("POST", "/competitions", Rule::Organizers),
    ("GET", "/competitions/suggest", Rule::Anyone),
    ("GET", "/competitions/{id}", Rule::Anyone),
    ("PATCH", "/competitions/{id}", Rule::Editors),
    ("DELETE", "/competitions/{id}", Rule::Owner),
    (
        "GET POST",
        "/competitions/{id}/announcements",
        Rule::Editors,
    ),
    (
        "DELETE",
        "/competitions/{id}/announcements/{announcementId}",
        Rule::Editors,
    ),
    ("GET", "/competitions/{id}/audit", Rule::Owner),
    ("POST", "/competitions/{id}/check-ins", Rule::CheckIn),
    ("POST", "/competitions/{id}/check-ins/batch", Rule::CheckIn),
    ("GET", "/competitions/{id}/check-ins/events", Rule::CheckIn),
    ("GET", "/competitions/{id}/check-ins/offline", Rule::CheckIn),
    (
        "DELETE",
        "/competitions/{id}/check-ins/{registrationId}",
        Rule::CheckIn,
    ),
    ("GET POST", "/competitions/{id}/codes", Rule::Editors),
    ("POST", "/competitions/{id}/codes/generate", Rule::Editors),
    (
        "PATCH DELETE",
        "/competitions/{id}/codes/{partId}",
        Rule::Editors,
    ),
    ("GET", "/competitions/{id}/cover.png", Rule::Anyone),
    ("GET", "/competitions/{id}/cover.svg", Rule::Anyone),
    ("GET", "/competitions/{id}/divisions", Rule::Anyone),
    ("POST", "/competitions/{id}/divisions", Rule::Editors),
    (
        "PATCH DELETE",
        "/competitions/{id}/divisions/{partId}",
        Rule::Editors,
    ),
    ("POST", "/competitions/{id}/duplicate", Rule::Editors),
    ("GET", "/competitions/{id}/events", Rule::Anyone),
    ("POST", "/competitions/{id}/participants", Rule::Editors),
    ("POST", "/competitions/{id}/pause", Rule::Editors),
    ("PUT DELETE", "/competitions/{id}/picture", Rule::Editors),
    ("GET", "/competitions/{id}/picture.jpg", Rule::Anyone),
    ("GET", "/competitions/{id}/questions", Rule::Anyone),
    ("POST", "/competitions/{id}/questions", Rule::Editors),
    (
        "PATCH DELETE",
        "/competitions/{id}/questions/{partId}",
        Rule::Editors,
    ),
    ("GET", "/competitions/{id}/registrations", Rule::People),
    ("POST", "/competitions/{id}/registrations", Rule::Account),
    (
        "POST",
        "/competitions/{id}/registrations/bulk",
        Rule::Editors,
    ),
    ("POST", "/competitions/{id}/resume", Rule::Editors),
    ("POST", "/competitions/{id}/start-numbers", Rule::Editors),
    ("GET", "/competitions/{id}/badges.pdf", Rule::CheckIn),
    ("GET", "/certificates/{serial}", Rule::Anyone),
    ("GET", "/competitions/{id}/staff", Rule::Staff),
    ("POST", "/competitions/{id}/staff", Rule::Owner),
    (
        "PATCH DELETE",
        "/competitions/{id}/staff/{partId}",
        Rule::Owner,
    ),
    ("GET", "/competitions/{id}/stages", Rule::Anyone),
    ("POST", "/competitions/{id}/stages", Rule::Editors),
    (
        "PATCH DELETE",
        "/competitions/{id}/stages/{partId}",
        Rule::Editors,
    ),
    ("GET", "/competitions/{id}/standings", Rule::Anyone),
    ("GET", "/competitions/{id}/brackets", Rule::Anyone),
    ("POST", "/competitions/{id}/brackets", Rule::Results),
    ("GET", "/competitions/{id}/stats", Rule::Staff),
    ("GET", "/competitions/{id}/views", Rule::People),
    ("POST", "/competitions/{id}/views", Rule::Editors),
    (
        "PATCH DELETE",
        "/competitions/{id}/views/{partId}",
        Rule::Editors,
    ),
    ("GET PATCH DELETE", "/me", Rule::Account),
    ("POST", "/me/email", Rule::Account),
    ("GET", "/me/events", Rule::Account),
    ("GET", "/me/export", Rule::Account),
    ("GET", "/me/invitations", Rule::Account),
    ("POST", "/me/invitations/{id}/accept", Rule::Account),
    ("POST", "/me/invitations/{id}/decline", Rule::Account),
    ("GET", "/me/mailbox", Rule::Account),
    ("POST", "/me/mailbox/{id}/read", Rule::Account),
    ("POST", "/me/password", Rule::Account),
    ("GET", "/me/push", Rule::Account),
    ("POST DELETE", "/me/push-subscriptions", Rule::Account),
    ("GET", "/me/registrations", Rule::Account),
    ("GET DELETE", "/me/sessions", Rule::Account),
    ("DELETE", "/me/sessions/{id}", Rule::Account),
    ("POST DELETE", "/me/totp", Rule::Account),
    ("POST", "/me/totp/confirm", Rule::Account),
    ("POST", "/me/totp/recovery-codes", Rule::Account),
    ("POST", "/me/verify-email", Rule::Account),
    ("GET", "/registrations/{id}", Rule::RegisteredOrContacts),
    ("PATCH DELETE", "/registrations/{id}", Rule::Registered),
    (
        "GET",
        "/registrations/{id}/certificate.pdf",
        Rule::Registered,
    ),
    ("GET", "/registrations/{id}/ticket.png", Rule::Registered),
    ("GET", "/registrations/{id}/ticket.svg", Rule::Registered),
    ("GET", "/brackets/{id}", Rule::Anyone),
    ("PATCH DELETE", "/brackets/{id}", Rule::Results),
    (
        "PUT DELETE",
        "/brackets/{id}/matches/{matchId}",
        Rule::Results,
    ),
    ("PATCH", "/brackets/{id}/entrants/{seed}", Rule::Results),
    ("GET POST", "/stages/{id}/performances", Rule::Results),
    ("POST", "/stages/{id}/publish", Rule::Results),
    ("GET", "/time", Rule::Anyone),
    ("GET POST", "/webhooks", Rule::Organizers),
    ("DELETE", "/webhooks/{id}", Rule::Organizers),
    ("GET", "/webhooks/{id}/deliveries", Rule::Organizers),
    (
        "POST",
        "/webhooks/{id}/deliveries/{deliveryId}/replay",
        Rule::Organizers,
    ),
    ("POST", "/webhooks/{id}/secret", Rule::Organizers),
];

/// The pages, with the downloads that are none.
const PAGES: &[(&str, Rule)] = &[
    ("/", Rule::Anyone),
    ("/competitions", Rule::Anyone),
    ("/competitions/{id}", Rule::Anyone),
    ("/competitions/{id}/results", Rule::Anyone),
    ("/competitions/{id}/brackets", Rule::Anyone),
    ("/competitions/{id}/calendar.ics", Rule::Anyone),
    ("/competitions/{id}/opening.ics", Rule::Anyone),
    ("/competitions/{id}/embed", Rule::Anyone),
    ("/competitions/{id}/badge.svg", Rule::Anyone),
    ("/organizers/{id}", Rule::Anyone),
    ("/signup", Rule::Anyone),
    ("/login", Rule::Anyone),
    ("/forgot", Rule::Anyone),
    ("/reset", Rule::Anyone),
    ("/verify-email", Rule::Anyone),
    ("/second-factor", Rule::Anyone),
    ("/unsubscribe", Rule::Anyone),
    ("/offline", Rule::Anyone),
    ("/confirm-password", Rule::Account),
    ("/me/security", Rule::Account),
    ("/me/second-factor", Rule::Account),
    ("/me/data", Rule::Account),
    ("/me/sessions", Rule::Account),
    ("/me/registrations", Rule::Account),
    ("/me/registrations/{id}", Rule::Registered),
    ("/me/registrations/{id}/answers", Rule::Registered),
    ("/me/registrations/{id}/cancel", Rule::Registered),
    ("/me/mailbox", Rule::Account),
    ("/me/profile", Rule::Account),
    ("/organize", Rule::OrganizersAndStaff),
    ("/organize/new", Rule::Organizers),
    ("/organize/api-keys", Rule::Organizers),
    ("/organize/webhooks", Rule::Organizers),
    ("/organize/webhooks/{id}", Rule::Organizers),
    ("/organize/{id}", Rule::Staff),
    ("/organize/{id}/edit", Rule::Editors),
    ("/organize/{id}/audit", Rule::Owner),
    ("/organize/{id}/call-off", Rule::Owner),
    ("/organize/{id}/delete", Rule::Owner),
    ("/organize/{id}/close", Rule::Editors),
    ("/organize/{id}/reopen", Rule::Editors),
    ("/organize/{id}/import", Rule::Editors),
    ("/organize/{id}/pause", Rule::Editors),
    ("/organize/{id}/live", Rule::ControlRoom),
    ("/organize/{id}/add-seats", Rule::Editors),
    ("/organize/{id}/waitlist", Rule::Editors),
    ("/organize/{id}/announce", Rule::Editors),
    ("/organize/{id}/check-in", Rule::CheckIn),
    ("/organize/{id}/check-in/list", Rule::CheckIn),
    ("/organize/{id}/codes", Rule::Editors),
    ("/organize/{id}/codes.csv", Rule::Editors),
    ("/organize/{id}/divisions", Rule::Editors),
    ("/organize/{id}/questions", Rule::Editors),
    ("/organize/{id}/picture", Rule::Editors),
    ("/organize/{id}/start-numbers", Rule::Editors),
    ("/organize/{id}/results", Rule::Results),
    ("/organize/{id}/brackets", Rule::Results),
    ("/organize/{id}/certificates", Rule::Editors),
    ("/organize/{id}/badges.pdf", Rule::CheckIn),
    ("/certificates/{serial}", Rule::Anyone),
    ("/registrations/{id}/certificate.pdf", Rule::Registered),
    ("/organize/{id}/registrations", Rule::People),
    ("/organize/{id}/staff", Rule::Staff),
    ("/organize/{id}/staff/remove", Rule::Staff),
    ("/organize/{id}/staff/hand-over", Rule::Owner),
    ("/invitations/{id}", Rule::Account),
    ("/organize/{id}/registrations.csv", Rule::Editors),
    ("/organize/{id}/registrations.xlsx", Rule::Editors),
    ("/organize/{id}/registrations/review", Rule::Editors),
    ("/organize/{id}/registrations/{registration}", Rule::Editors),
    ("/admin", Rule::Administrators),
    ("/admin/queues", Rule::Administrators),
    ("/admin/failed-jobs", Rule::Administrators),
    ("/admin/failed-jobs/delete", Rule::Administrators),
    ("/admin/users", Rule::Administrators),
    ("/admin/users/{id}", Rule::Administrators),
    ("/admin/users/{id}/disable", Rule::Administrators),
    ("/admin/organizer-requests", Rule::Administrators),
    ("/admin/competitions", Rule::Administrators),
    ("/admin/settings", Rule::Administrators),
    ("/admin/audit", Rule::Administrators),
];

/// The server functions, by their rule.
const FUNCTIONS: &[(Rule, &[&str])] = &[
    (
        Rule::Anyone,
        &[
            "before-log-in",
            "forgot",
            "login",
            "login-code",
            "logout",
            "reset",
            "second-factor",
            "signup",
            "verify-email",
        ],
    ),
    (
        Rule::Account,
        &[
            "accept-invitation",
            "change-answers",
            "confirm-password",
            "confirm-second-factor",
            "decline-invitation",
            "delete-account",
            "email",
            "end-other-sessions",
            "end-session",
            "mark-read",
            "new-recovery-codes",
            "password",
            "profile",
            "recovery-codes-saved",
            "register",
            "remind-me",
            "remove-second-factor",
            "request-organizer-role",
            "send-confirmation",
            "set-up-second-factor",
        ],
    ),
    (Rule::Registered, &["cancel-registration"]),
    (
        Rule::Organizers,
        &[
            "api-key-saved",
            "create-api-key",
            "create-competition",
            "create-webhook",
            "delete-api-key",
            "delete-webhook",
            "replace-webhook-secret",
            "replay-webhook-delivery",
            "webhook-secret-saved",
        ],
    ),
    (
        Rule::Owner,
        &[
            "call-off-competition",
            "change-staff-role",
            "delete-competition",
            "invite-staff",
            "remove-staff",
        ],
    ),
    (
        Rule::Editors,
        &[
            "act-on-registrations-of-competition",
            "add-code",
            "add-common-question",
            "add-division",
            "add-note-to-registration-of-competition",
            "add-participant-to-competition",
            "add-question",
            "add-stage",
            "announce",
            "archive-question",
            "change-capacity-of-competition",
            "change-code",
            "change-division",
            "change-eligibility",
            "change-question",
            "change-stage",
            "change-waitlist-of-competition",
            "close-registration-of-competition",
            "delete-note-of-registration-of-competition",
            "delete-view-of-competition",
            "duplicate-competition",
            "edit-competition",
            "generate-codes",
            "give-start-numbers-of-competition",
            "issue-certificate-again",
            "issue-certificates",
            "import-participants-to-competition",
            "move-question",
            "pause-competition",
            "publish-competition",
            "read-import-of-competition",
            "remove-code",
            "remove-division",
            "remove-picture",
            "remove-stage",
            "rename-view-of-competition",
            "reopen-registration-of-competition",
            "restore-question",
            "resume-competition",
            "review-announcement",
            "review-registrations-of-competition",
            "revoke-certificate",
            "save-view-of-competition",
            "test-announcement",
            "upload-picture",
            "withdraw-announcement",
        ],
    ),
    (
        Rule::CheckIn,
        &["check-in-to-competition", "undo-check-in-to-competition"],
    ),
    (
        Rule::Results,
        &[
            "add-bracket",
            "change-entrant",
            "publish-bracket",
            "publish-results",
            "read-bracket",
            "read-results",
            "record-match",
            "record-result",
            "record-results",
            "remove-bracket",
            "undo-match",
            "undo-removal-of-competition",
        ],
    ),
    (
        Rule::Administrators,
        &[
            "approve-organizer-request",
            "change-account",
            "confirm-account-email",
            "decline-organizer-request",
            "delete-failed-jobs",
            "pause-queue",
            "repair-seats",
            "resume-queue",
            "retry-failed-jobs",
            "sign-out-account",
        ],
    ),
];

/// The server functions that change nothing in the scene, although they are allowed: every address is confirmed in it,
/// no counter is wrong, and nothing is scheduled or paused; a review changes nothing, a picture is no field of a form,
/// nobody has an API key or a webhook or asks to become an organizer, no participant is named, nobody is checked in or was
/// removed, and the competition has not begun and has registrations, and no divisions, questions, codes, saved views,
/// stages or brackets.
pub const WITHOUT_EFFECT: &[&str] = &[
    "act-on-registrations-of-competition",
    "add-bracket",
    "add-division",
    "add-participant-to-competition",
    "api-key-saved",
    "approve-organizer-request",
    "archive-question",
    "change-code",
    "change-division",
    "change-entrant",
    "change-question",
    "change-stage",
    "confirm-account-email",
    "create-api-key",
    "import-participants-to-competition",
    "issue-certificate-again",
    "issue-certificates",
    "move-question",
    "publish-bracket",
    "publish-results",
    "read-bracket",
    "read-import-of-competition",
    "read-results",
    "record-match",
    "record-result",
    "record-results",
    "remove-bracket",
    "remove-stage",
    "undo-match",
    "delete-competition",
    "delete-note-of-registration-of-competition",
    "delete-view-of-competition",
    "decline-organizer-request",
    "delete-api-key",
    "reopen-registration-of-competition",
    "create-webhook",
    "delete-webhook",
    "remove-code",
    "remove-division",
    "rename-view-of-competition",
    "repair-seats",
    "replace-webhook-secret",
    "replay-webhook-delivery",
    "request-organizer-role",
    "restore-question",
    "resume-competition",
    "review-announcement",
    "review-registrations-of-competition",
    "revoke-certificate",
    "undo-check-in-to-competition",
    "undo-removal-of-competition",
    "upload-picture",
    "webhook-secret-saved",
    "withdraw-announcement",
];

/// The server functions that do not say whom they refuse in the scene.
const NOT_TOLD: &[&str] = &[
    // They forget what this browser was shown once, whoever uses it.
    "api-key-saved",
    "recovery-codes-saved",
    "webhook-secret-saved",
    // What they are about is not in the scene, or is not found by those whose it is not.
    "cancel-registration",
    "change-code",
    "change-entrant",
    "publish-bracket",
    "publish-results",
    "record-match",
    "record-result",
    "record-results",
    "remove-bracket",
    "remove-code",
    "undo-match",
    // They read their input first, and the forms of the scene are empty.
    "add-bracket",
    "delete-competition",
    "read-bracket",
    "read-import-of-competition",
    "read-results",
    "review-registrations-of-competition",
    "upload-picture",
];

/// Returns whether the message of a function does not tell who may use it.
pub fn is_not_told(function: &str) -> bool {
    NOT_TOLD.iter().any(|name| function.ends_with(name))
}

/// Operations that are not tried by those whom they are for: they end the log-in, or they ask for a proof, such
/// as a password or a token, whose absence has the status of a refusal.
const NOT_TRIED: &[(&str, &str)] = &[
    ("POST", "/auth/login"),
    ("POST", "/auth/logout"),
    ("POST", "/auth/refresh"),
    ("DELETE", "/me"),
    ("POST", "/me/email"),
    ("POST", "/me/password"),
    ("DELETE", "/me/sessions"),
    ("DELETE", "/me/totp"),
    ("POST", "/me/totp/confirm"),
    ("POST", "/me/totp/recovery-codes"),
];

/// Operations and pages whose object is not in the scene, so that they answer 404 to those whom they are for.
const MISSING: &[(&str, &str)] = &[
    ("GET", "/competitions/{id}/opening.ics"),
    ("GET", "/certificates/{serial}"),
    ("GET", "/registrations/{id}/certificate.pdf"),
    ("GET", "/unsubscribe"),
    ("GET", "/organize/webhooks/{id}"),
    ("DELETE", "/admin/failed-jobs/{id}"),
    ("POST", "/admin/failed-jobs/{id}/retry"),
    ("POST", "/admin/organizer-requests/{id}/approve"),
    ("POST", "/admin/organizer-requests/{id}/decline"),
    ("DELETE", "/api-keys/{id}"),
    (
        "DELETE",
        "/competitions/{id}/announcements/{announcementId}",
    ),
    ("PATCH", "/competitions/{id}/codes/{partId}"),
    ("DELETE", "/competitions/{id}/codes/{partId}"),
    ("PATCH", "/competitions/{id}/divisions/{partId}"),
    ("DELETE", "/competitions/{id}/divisions/{partId}"),
    ("PATCH", "/competitions/{id}/views/{partId}"),
    ("DELETE", "/competitions/{id}/views/{partId}"),
    ("GET", "/competitions/{id}/picture.jpg"),
    ("PATCH", "/competitions/{id}/questions/{partId}"),
    ("DELETE", "/competitions/{id}/questions/{partId}"),
    ("PATCH", "/competitions/{id}/stages/{partId}"),
    ("DELETE", "/competitions/{id}/stages/{partId}"),
    ("GET", "/brackets/{id}"),
    ("PATCH", "/brackets/{id}"),
    ("DELETE", "/brackets/{id}"),
    ("PUT", "/brackets/{id}/matches/{matchId}"),
    ("DELETE", "/brackets/{id}/matches/{matchId}"),
    ("PATCH", "/brackets/{id}/entrants/{seed}"),
    ("GET", "/stages/{id}/performances"),
    ("POST", "/stages/{id}/performances"),
    ("POST", "/stages/{id}/publish"),
    ("GET", "/invitations/{id}"),
    ("POST", "/me/invitations/{id}/accept"),
    ("POST", "/me/invitations/{id}/decline"),
    ("POST", "/me/mailbox/{id}/read"),
    ("POST", "/me/push-subscriptions"),
    ("DELETE", "/me/push-subscriptions"),
    ("DELETE", "/me/sessions/{id}"),
    ("DELETE", "/webhooks/{id}"),
    ("GET", "/webhooks/{id}/deliveries"),
    ("POST", "/webhooks/{id}/deliveries/{deliveryId}/replay"),
    ("POST", "/webhooks/{id}/secret"),
];

fn below_base(template: &str) -> &str {
    template.strip_prefix("/api/v1").unwrap_or(template)
}

fn names(list: &[(&str, &str)], method: &Method, template: &str) -> bool {
    list.contains(&(method.as_str(), below_base(template)))
}

/// Returns the rule of an operation.
///
/// # Panics
/// Panics if it has none.
pub fn operation_rule(method: &Method, template: &str) -> Rule {
    let path = below_base(template);
    let found = OPERATIONS.iter().find(|(methods, known, _)| {
        *known == path && methods.split(' ').any(|one| one == method.as_str())
    });
    found.map_or_else(
        || panic!("{method} {template} has no rule: say in OPERATIONS whom it is for"),
        |(_, _, rule)| *rule,
    )
}

/// Returns the rule of a page.
///
/// # Panics
/// Panics if it has none.
pub fn page_rule(template: &str) -> Rule {
    let found = PAGES.iter().find(|(known, _)| *known == template);
    found.map_or_else(
        || panic!("{template} has no rule: say in PAGES whom it is for"),
        |(_, rule)| *rule,
    )
}

/// Returns the rule of a server function.
///
/// # Panics
/// Panics if it has none.
pub fn function_rule(path: &str) -> Rule {
    let name = path.strip_prefix("/act/").unwrap_or(path);
    let found = FUNCTIONS.iter().find(|(_, names)| names.contains(&name));
    found.map_or_else(
        || panic!("{path} has no rule: say in FUNCTIONS whom it is for"),
        |(rule, _)| *rule,
    )
}

/// Returns whether an operation is not tried by those whom it is for.
pub fn is_not_tried(method: &Method, template: &str) -> bool {
    names(NOT_TRIED, method, template)
}

/// Returns whether the object of an operation is not in the scene.
pub fn is_missing(method: &Method, template: &str) -> bool {
    names(MISSING, method, template)
}

/// Returns the number of rules, to find those of routes that are gone.
pub fn count() -> [usize; 3] {
    let operations = OPERATIONS
        .iter()
        .map(|(methods, _, _)| methods.split(' ').count());
    let functions = FUNCTIONS.iter().map(|(_, names)| names.len());
    [operations.sum(), PAGES.len(), functions.sum()]
}
