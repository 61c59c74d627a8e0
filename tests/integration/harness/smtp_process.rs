//! An independent SMTP server: aiosmtpd in a process of its own, which a test can kill. Python's email package
//! parses the mails that it receives (`smtp_process.py`).

use std::{
    collections::HashMap,
    fs,
    net::Ipv4Addr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use serde::Deserialize;
use tempfile::TempDir;

use super::{
    eventually,
    process::{DEADLINE, free_port, spawn},
    storage::service,
};

/// How the connection to the server is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// The server requires STARTTLS before any other command (RFC 3207).
    Starttls,
    /// The connection is encrypted from the first byte (RFC 8314).
    Implicit,
}

/// A mail that the server has received.
#[derive(Debug, Clone, Deserialize)]
pub struct ReceivedMail {
    /// The recipients in the envelope.
    pub to: Vec<String>,
    /// Whether the connection was encrypted.
    pub encrypted: bool,
    /// The user name with which the sender authenticated.
    pub user: Option<String>,
    headers: Vec<(String, String)>,
    /// The content types of its parts, the outermost first.
    pub structure: Vec<String>,
    /// The parts that contain no other parts, decoded.
    pub parts: Vec<Part>,
    /// Violations of the standards that the parser found.
    pub defects: Vec<String>,
}

/// One part of a mail.
#[derive(Debug, Clone, Deserialize)]
pub struct Part {
    pub content_type: String,
    pub file: Option<String>,
    pub text: String,
}

impl ReceivedMail {
    /// Returns the decoded value of a header. Asserts that the mail has it at most once.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(header, _)| header == name);
        let value = found.next().map(|(_, value)| value.as_str());
        assert!(found.next().is_none(), "the mail has two headers {name}");
        value
    }

    /// Returns the first part with a content type.
    pub fn part(&self, content_type: &str) -> &Part {
        let mut parts = self.parts.iter();
        let part = parts.find(|part| part.content_type == content_type);
        part.unwrap_or_else(|| panic!("no {content_type} in {:?}", self.structure))
    }
}

/// A server on a fixed port. It keeps the received mails when it is killed and started again, and ends when
/// the value is dropped.
#[derive(Debug)]
pub struct SmtpProcess {
    port: u16,
    options: Vec<String>,
    child: Option<Child>,
    folder: TempDir,
}

impl SmtpProcess {
    /// Returns a server that is not started yet. It accepts every mail without encryption or authentication.
    pub fn new() -> Self {
        Self {
            port: free_port(),
            options: Vec::new(),
            child: None,
            folder: tempfile::tempdir().expect("a temporary folder"),
        }
    }

    /// Requires encryption, with a certificate for `name` that [`SmtpProcess::ca_certificate`] has signed.
    pub fn encrypted(mut self, tls: Tls, name: &str) -> Self {
        create_certificate(self.folder.path(), name);
        let path = |file: &str| self.folder.path().join(file).display().to_string();
        let tls = match tls {
            Tls::Starttls => "starttls",
            Tls::Implicit => "implicit",
        };
        self.options.extend([
            format!("--tls={tls}"),
            format!("--certificate={}", path("certificate.pem")),
            format!("--key={}", path("key.pem")),
        ]);
        self
    }

    /// Accepts mail from this user only.
    pub fn for_account(mut self, user: &str, password: &str) -> Self {
        let account = [format!("--user={user}"), format!("--password={password}")];
        self.options.extend(account);
        self
    }

    /// Starts the process on its port, and waits until it accepts connections.
    pub async fn start(&mut self) {
        self.start_with(&[]).await;
    }

    /// Starts the process so that it never responds to the `count`-th mail and later ones, although it stores
    /// them.
    pub async fn start_silent_from(&mut self, count: usize) {
        self.start_with(&[format!("--silent-from={count}")]).await;
    }

    async fn start_with(&mut self, options: &[String]) {
        assert!(self.child.is_none(), "the server is running");
        let mut command = Command::new(service("TEST_SMTP_PYTHON"));
        command
            .arg(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/tests/integration/harness/smtp_process.py"
            ))
            .arg(self.port.to_string())
            .arg(self.folder.path().join("mails"))
            .args(&self.options)
            .args(options);
        let log = self.folder.path().join("log");
        self.child = Some(spawn(&mut command, &log));
        eventually("the SMTP server listens", DEADLINE, || async {
            let address = (Ipv4Addr::LOCALHOST, self.port);
            tokio::net::TcpStream::connect(address).await.ok()
        })
        .await;
    }

    /// Kills the process with SIGKILL, which cuts its connections.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("a running process");
            child.wait().expect("the exit status");
        }
    }

    /// Returns the value for `SMTP_URL`. `account` is empty or has the form `user:password@`.
    pub fn url(&self, scheme: &str, account: &str, query: &str) -> String {
        format!("{scheme}://{account}127.0.0.1:{}{query}", self.port)
    }

    /// Returns the file with the certificate of its certificate authority, the value for `SSL_CERT_FILE`.
    pub fn ca_certificate(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// Returns the mails that it has received so far.
    pub fn received(&self) -> Vec<ReceivedMail> {
        let text = fs::read_to_string(self.folder.path().join("mails")).unwrap_or_default();
        // The last line may be incomplete.
        let complete = text.rfind('\n').map_or("", |end| &text[..end]);
        complete
            .lines()
            .map(|line| serde_json::from_str(line).expect("a complete line"))
            .collect()
    }

    /// Returns the Message-IDs of the mails that each recipient has received.
    pub fn message_ids(&self) -> HashMap<String, Vec<String>> {
        let mut ids = HashMap::<_, Vec<_>>::new();
        for mail in self.received() {
            let id = mail.header("message-id").expect("a Message-ID");
            for to in &mail.to {
                ids.entry(to.clone()).or_default().push(id.to_owned());
            }
        }
        ids
    }
}

impl Drop for SmtpProcess {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            eprintln!("--- SMTP server ---\n{log}");
        }
    }
}

/// Creates a certificate authority that no system trusts, and a certificate for a name or an IP address.
fn create_certificate(folder: &Path, name: &str) {
    let openssl = |line: &str| {
        let mut command = Command::new("openssl");
        command
            .args(line.split_whitespace())
            .current_dir(folder)
            .stdin(Stdio::null());
        let output = command.output().expect("openssl");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "openssl {line}: {error}");
    };
    let kind = if name.parse::<Ipv4Addr>().is_ok() {
        "IP"
    } else {
        "DNS"
    };
    fs::write(
        folder.join("names"),
        format!("subjectAltName={kind}:{name}"),
    )
    .expect("a file");
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc";
    openssl(&format!(
        "req -x509 {key} -days 30 -subj /CN=Authority -keyout ca.key -out ca.pem"
    ));
    openssl(&format!(
        "req {key} -subj /CN=Server -keyout key.pem -out request.pem"
    ));
    openssl(
        "x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial \
         -days 30 -extfile names -out certificate.pem",
    );
}
