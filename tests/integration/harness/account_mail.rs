//! Applications that send mail, and the links in the mail that they send.

use super::{App, Backend, FakeSmtpServer, Storage, spawn_app_with};

/// Starts an SMTP server, and an application with rate limits that sends through it. It trusts the test as a
/// proxy at 127.0.0.1, so the test decides from which address a request comes.
pub async fn spawn_mailing_app(backend: Backend) -> (App, FakeSmtpServer) {
    let server = FakeSmtpServer::start().await;
    let url = format!("--smtp-url={}", server.url());
    let storage = Storage::create(backend).await;
    let arguments = [
        url.as_str(),
        "--smtp-from=Mini Compete <post@compete.test>",
        "--rate-limit=on",
        "--trusted-proxies=127.0.0.1",
    ];
    (spawn_app_with(storage, &arguments).await, server)
}

impl FakeSmtpServer {
    /// Returns the tokens in all links to `page` that were sent to an address, the oldest first.
    pub fn tokens(&self, page: &str, address: &str) -> Vec<String> {
        let received = self.received();
        let to = received.iter().filter(|mail| mail.to == address);
        to.filter_map(|mail| {
            let text = mail.data.replace("=\r\n", "").replace("=3D", "=");
            let (_, rest) = text.split_once(&format!("{page}?token="))?;
            let is_token = |c: &char| c.is_ascii_alphanumeric() || *c == '-' || *c == '_';
            Some(rest.chars().take_while(is_token).collect())
        })
        .collect()
    }

    /// Returns the codes of six digits that were sent to an address, the oldest first.
    pub fn codes(&self, address: &str) -> Vec<String> {
        let received = self.received();
        let to = received.iter().filter(|mail| mail.to == address);
        to.filter_map(|mail| {
            let mut lines = mail.data.lines().map(str::trim);
            let is_code = |line: &&str| line.len() == 6 && line.bytes().all(|b| b.is_ascii_digit());
            lines.find(is_code).map(str::to_owned)
        })
        .collect()
    }

    /// Returns the subjects of all mails to an address, the oldest first.
    pub fn subjects(&self, address: &str) -> Vec<String> {
        let received = self.received();
        let to = received.iter().filter(|mail| mail.to == address);
        to.filter_map(|mail| mail.header("subject")).collect()
    }
}
