//! A mail relay that we did not write: aiosmtpd as a process of its own, which can be killed, and
//! which has what it took read by Python's email package (`smtp_process.py`).

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

/// How the way to the relay is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// A plain connection that asks for STARTTLS before anything else.
    Starttls,
    /// From the first byte.
    Wrapped,
}

/// A message that the relay has taken.
#[derive(Debug, Clone, Deserialize)]
pub struct ReceivedMail {
    /// The recipients in the envelope.
    pub to: Vec<String>,
    /// Whether it came encrypted.
    pub encrypted: bool,
    /// Who handed it in.
    pub user: Option<String>,
    headers: Vec<(String, String)>,
    /// The kinds of its parts, from the outside in.
    pub structure: Vec<String>,
    /// The parts that hold something, decoded.
    pub parts: Vec<Part>,
    /// What is not as the standards want it.
    pub flaws: Vec<String>,
}

/// One part of a message.
#[derive(Debug, Clone, Deserialize)]
pub struct Part {
    pub kind: String,
    pub file: Option<String>,
    pub text: String,
}

impl ReceivedMail {
    /// A header, decoded; there may be one of each at most.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(header, _)| header == name);
        let value = found.next().map(|(_, value)| value.as_str());
        assert!(found.next().is_none(), "{name} stands there twice");
        value
    }

    /// What holds one kind of content.
    pub fn part(&self, kind: &str) -> &Part {
        let part = self.parts.iter().find(|part| part.kind == kind);
        part.unwrap_or_else(|| panic!("no {kind} in {:?}", self.structure))
    }
}

/// Ended with the value. What it took, it keeps when it is killed and started again.
#[derive(Debug)]
pub struct MailRelay {
    port: u16,
    options: Vec<String>,
    child: Option<Child>,
    folder: TempDir,
}

impl MailRelay {
    /// Takes everything from everybody, as soon as it is started.
    pub fn new() -> Self {
        Self {
            port: free_port(),
            options: Vec::new(),
            child: None,
            folder: tempfile::tempdir().expect("a temporary folder"),
        }
    }

    /// Wants encryption, and shows a certificate for `name`, signed by [`MailRelay::authority`].
    pub fn encrypted(mut self, tls: Tls, name: &str) -> Self {
        certify(self.folder.path(), name);
        let path = |file: &str| self.folder.path().join(file).display().to_string();
        let tls = match tls {
            Tls::Starttls => "starttls",
            Tls::Wrapped => "wrapped",
        };
        self.options.extend([
            format!("--tls={tls}"),
            format!("--certificate={}", path("certificate.pem")),
            format!("--key={}", path("key.pem")),
        ]);
        self
    }

    /// Takes mail from this account only.
    pub fn for_account(mut self, user: &str, password: &str) -> Self {
        let account = [format!("--user={user}"), format!("--password={password}")];
        self.options.extend(account);
        self
    }

    /// Starts it (again) under the same address, and waits until it listens.
    pub async fn start(&mut self) {
        self.start_with(&[]).await;
    }

    /// The same, but it leaves the senders waiting from the `count`-th message on, which it keeps.
    pub async fn start_holding_from(&mut self, count: usize) {
        self.start_with(&[format!("--hold-from={count}")]).await;
    }

    async fn start_with(&mut self, more: &[String]) {
        assert!(self.child.is_none(), "it runs");
        let mut command = Command::new(service("TEST_SMTP_PYTHON"));
        command
            .arg(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/tests/integration/harness/smtp_process.py"
            ))
            .arg(self.port.to_string())
            .arg(self.folder.path().join("letters"))
            .args(&self.options)
            .args(more);
        let log = self.folder.path().join("log");
        self.child = Some(spawn(&mut command, &log));
        eventually("the mail relay listens", DEADLINE, || async {
            let address = (Ipv4Addr::LOCALHOST, self.port);
            tokio::net::TcpStream::connect(address).await.ok()
        })
        .await;
    }

    /// SIGKILL: its connections are cut in the middle of a word.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("it was there to be killed");
            child.wait().expect("it ends");
        }
    }

    /// As `SMTP_URL`; `account` like `user:password@`.
    pub fn url(&self, scheme: &str, account: &str, more: &str) -> String {
        format!("{scheme}://{account}127.0.0.1:{}{more}", self.port)
    }

    /// Who vouches for its certificate, as `SSL_CERT_FILE`.
    pub fn authority(&self) -> PathBuf {
        self.folder.path().join("authority.pem")
    }

    /// What it has taken so far.
    pub fn received(&self) -> Vec<ReceivedMail> {
        let text = fs::read_to_string(self.folder.path().join("letters")).unwrap_or_default();
        // The last line may still be being written.
        let written = text.rfind('\n').map_or("", |end| &text[..end]);
        written
            .lines()
            .map(|line| serde_json::from_str(line).expect("a whole line"))
            .collect()
    }

    /// The Message-IDs of what each recipient got.
    pub fn ids(&self) -> HashMap<String, Vec<String>> {
        let mut ids = HashMap::<_, Vec<_>>::new();
        for letter in self.received() {
            let id = letter.header("message-id").expect("a Message-ID");
            for to in &letter.to {
                ids.entry(to.clone()).or_default().push(id.to_owned());
            }
        }
        ids
    }
}

impl Drop for MailRelay {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            eprintln!("--- mail relay ---\n{log}");
        }
    }
}

/// An authority that nobody knows, and a certificate of its for a name or address.
fn certify(folder: &Path, name: &str) {
    let openssl = |line: &str| {
        let mut command = Command::new("openssl");
        command
            .args(line.split_whitespace())
            .current_dir(folder)
            .stdin(Stdio::null());
        let output = command.output().expect("openssl");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "openssl {line}: {said}");
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
        "req -x509 {key} -days 30 -subj /CN=Authority -keyout authority.key -out authority.pem"
    ));
    openssl(&format!(
        "req {key} -subj /CN=Relay -keyout key.pem -out request.pem"
    ));
    openssl(
        "x509 -req -in request.pem -CA authority.pem -CAkey authority.key -CAcreateserial \
         -days 30 -extfile names -out certificate.pem",
    );
}
