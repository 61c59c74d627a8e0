//! Sentences of the page about API keys.

use crate::model::ApiKeyScope;

sentences! {
    /// Sentences of the page about API keys.
    ApiKeysText {
        title;
        lead;
        none_title;
        none;
        new_title;
        name;
        name_hint;
        enter_name;
        may;
        no_scope;
        competitions_read;
        competitions_write;
        registrations_read;
        announcements_write;
        expires;
        expires_days(n: u64);
        never;
        create;
        too_many(n: u64);
        confirm;
        confirm_lead;
        created_title;
        created_lead;
        saved;
        yours;
        last_used;
        never_used;
        expired;
        expires_on;
        delete;
        delete_words;
        delete_yes(name: &str);
        deleted;
    }
}

impl ApiKeysText {
    /// Says what a scope allows.
    #[must_use]
    pub const fn scope(&self, scope: ApiKeyScope) -> &'static str {
        match scope {
            ApiKeyScope::CompetitionsRead => self.competitions_read,
            ApiKeyScope::CompetitionsWrite => self.competitions_write,
            ApiKeyScope::RegistrationsRead => self.registrations_read,
            ApiKeyScope::AnnouncementsWrite => self.announcements_write,
        }
    }
}
