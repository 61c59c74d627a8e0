//! The settings of push messages to browsers.

use clap::Args;
use url::Url;

use super::values::{Switch, vapid_subject};

/// Whether promotions and reminders are sent to browsers. The key that identifies the installation to push services is
/// derived from its secret.
#[derive(Debug, Clone, Args)]
pub struct WebPushSettings {
    /// Push messages to browsers that ask for them: `on` or `off` [default: `on` if PUBLIC_URL is https, which browsers
    /// require]
    #[arg(long, env = "WEB_PUSH", value_name = "WEB_PUSH", global = true)]
    pub(super) web_push: Option<Switch>,

    /// How push services reach the people who run this site: an address that begins with `mailto:` or `https:`
    /// [default: PUBLIC_URL, if it is https]
    #[arg(long, env = "VAPID_SUBJECT", value_name = "VAPID_SUBJECT", global = true, value_parser = vapid_subject)]
    pub(super) vapid_subject: Option<Url>,

    /// Whether requests to addresses that accounts have named, such as those of push subscriptions, may go to private
    /// networks: `on` for tests, or `off`
    #[arg(
        long,
        env = "WEBHOOK_ALLOW_PRIVATE",
        value_name = "WEBHOOK_ALLOW_PRIVATE",
        global = true,
        default_value = "off"
    )]
    pub webhook_allow_private: Switch,
}

impl WebPushSettings {
    /// Returns the subject of the identification (RFC 8292, section 2.1) if push messages are sent.
    #[must_use]
    pub fn subject(&self, public_url: &Url) -> Option<String> {
        let is_https = public_url.scheme() == "https";
        let is_on = self.web_push.map_or(is_https, |switch| switch.0);
        let subject = self.vapid_subject.as_ref().unwrap_or(public_url);
        is_on.then(|| subject.as_str().trim_end_matches('/').to_owned())
    }

    /// Returns whether push messages are on by a setting, rather than by default.
    #[must_use]
    pub fn is_asked_for(&self) -> bool {
        self.web_push.is_some_and(|switch| switch.0)
    }

    /// Checks the rules that concern several settings.
    ///
    /// # Errors
    /// Returns one line that names the variable.
    pub(super) fn check(&self, is_https: bool) -> Result<(), String> {
        let is_on = self.web_push.map_or(is_https, |switch| switch.0);
        match &self.vapid_subject {
            None if is_on && !is_https => Err(
                "VAPID_SUBJECT: required with WEB_PUSH=on, unless PUBLIC_URL is https".to_owned(),
            ),
            Some(_) if !is_on => {
                Err("VAPID_SUBJECT: set, but WEB_PUSH is off, or not on by itself".to_owned())
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct PushLine {
        #[command(flatten)]
        settings: WebPushSettings,
    }

    fn settings(arguments: &[&str]) -> WebPushSettings {
        let line = ["test"].iter().chain(arguments);
        PushLine::try_parse_from(line).unwrap().settings
    }

    #[test]
    fn push_messages_are_on_with_https_and_otherwise_when_asked_for() {
        let https: Url = "https://compete.test".parse().unwrap();
        let http: Url = "http://127.0.0.1:3000".parse().unwrap();
        let none = settings(&[]);
        assert_eq!(
            none.subject(&https).as_deref(),
            Some("https://compete.test")
        );
        assert_eq!(none.subject(&http), None);
        assert_eq!(settings(&["--web-push=off"]).subject(&https), None);
        let asked = settings(&["--web-push=on", "--vapid-subject=mailto:ops@club.test"]);
        assert_eq!(
            asked.subject(&http).as_deref(),
            Some("mailto:ops@club.test")
        );
    }

    #[test]
    fn settings_that_contradict_each_other_are_named() {
        let checked = |arguments: &[&str], is_https| settings(arguments).check(is_https);
        assert!(checked(&[], true).is_ok() && checked(&[], false).is_ok());
        assert!(
            checked(&["--web-push=on"], false)
                .unwrap_err()
                .starts_with("VAPID_SUBJECT: ")
        );
        let subject = "--vapid-subject=mailto:ops@club.test";
        assert!(checked(&[subject], true).is_ok());
        assert!(
            checked(&[subject], false)
                .unwrap_err()
                .starts_with("VAPID_SUBJECT: ")
        );
        assert!(checked(&[subject, "--web-push=off"], true).is_err());
        assert!(PushLine::try_parse_from(["test", "--vapid-subject=ops@club.test"]).is_err());
    }
}
