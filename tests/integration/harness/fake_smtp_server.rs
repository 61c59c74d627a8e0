//! An SMTP server in the test process. It speaks as much of the protocol as the application needs, and can be
//! slow, busy or refuse a recipient.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// How the server responds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SmtpMode {
    /// The server accepts every mail.
    Normal,
    /// The server rejects this recipient with 550.
    Rejects(String),
    /// The server rejects every mail for now with 451.
    Busy,
    /// The server accepts so many mails, and then rejects every mail with 450 until the mode changes.
    Allows(usize),
    /// The server waits this long before it accepts a mail.
    Slow(Duration),
}

/// A mail that the server has received.
#[derive(Debug, Clone)]
pub struct Received {
    /// The recipient in the envelope.
    pub to: String,
    /// The header and the body as they were sent.
    pub data: String,
}

impl Received {
    /// Returns the unfolded and decoded value of a header.
    pub fn header(&self, name: &str) -> Option<String> {
        let head = self.data.split("\r\n\r\n").next().unwrap_or_default();
        let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
        unfolded.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found
                .eq_ignore_ascii_case(name)
                .then(|| decoded(value.trim()))
        })
    }
}

/// Returns the text of a header, of which words may be encoded (RFC 2047); the mail library encodes them in base64.
fn decoded(value: &str) -> String {
    let mut text = Vec::new();
    let mut after_encoded = None;
    for word in value.split(' ') {
        let encoded = word.strip_prefix("=?utf-8?b?");
        let encoded = encoded.and_then(|word| word.strip_suffix("?="));
        // A space between two encoded words belongs to neither.
        if after_encoded.is_some_and(|after| !(after && encoded.is_some())) {
            text.push(b' ');
        }
        after_encoded = Some(encoded.is_some());
        match encoded {
            Some(encoded) => text.extend(STANDARD.decode(encoded).expect("base64")),
            None => text.extend(word.bytes()),
        }
    }
    String::from_utf8(text).expect("UTF-8")
}

#[derive(Debug)]
struct Shared {
    mode: Mutex<SmtpMode>,
    received: Mutex<Vec<Received>>,
    connections: Mutex<usize>,
    /// The mails that were rejected because there were too many.
    refusals: Mutex<usize>,
}

impl Shared {
    /// Returns whether one more mail may be sent, and counts it.
    fn admits(&self) -> bool {
        match &mut *self.mode.lock().unwrap() {
            SmtpMode::Allows(0) => {
                *self.refusals.lock().unwrap() += 1;
                false
            }
            SmtpMode::Allows(mails) => {
                *mails -= 1;
                true
            }
            _ => true,
        }
    }
}

/// The server. It listens until the value is dropped.
#[derive(Debug)]
pub struct FakeSmtpServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl FakeSmtpServer {
    /// Starts a server on a free port, which accepts every mail.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let shared = Arc::new(Shared {
            mode: Mutex::new(SmtpMode::Normal),
            received: Mutex::default(),
            connections: Mutex::default(),
            refusals: Mutex::default(),
        });
        let task = tokio::spawn({
            let shared = Arc::clone(&shared);
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    *shared.connections.lock().unwrap() += 1;
                    let shared = Arc::clone(&shared);
                    tokio::spawn(async move {
                        // An error means that the client has disconnected, which a test may intend.
                        let _disconnected = handle_connection(stream, &shared).await;
                    });
                }
            }
        });
        Self {
            address,
            shared,
            task,
        }
    }

    /// Returns the value for `SMTP_URL`.
    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    /// Changes how the server responds from now on.
    pub fn set_mode(&self, mode: SmtpMode) {
        *self.shared.mode.lock().unwrap() = mode;
    }

    /// Returns the mails that it has received so far.
    pub fn received(&self) -> Vec<Received> {
        self.shared.received.lock().unwrap().clone()
    }

    /// Returns how many mails each recipient has received.
    pub fn counts_by_recipient(&self) -> HashMap<String, usize> {
        let mut counts = HashMap::new();
        for mail in self.received() {
            *counts.entry(mail.to).or_insert(0) += 1;
        }
        counts
    }

    /// Returns how many mails were rejected because there were too many.
    pub fn refusals(&self) -> usize {
        *self.shared.refusals.lock().unwrap()
    }

    /// Returns how many connections have been opened.
    pub fn connections(&self) -> usize {
        *self.shared.connections.lock().unwrap()
    }
}

impl Drop for FakeSmtpServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Executes the commands of one connection.
async fn handle_connection(stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 test ESMTP\r\n").await?;
    let mut to = String::new();
    while let Some(line) = lines.next_line().await? {
        let mode = shared.mode.lock().unwrap().clone();
        let verb = line.split([' ', ':']).next().unwrap_or_default();
        let response = match verb.to_ascii_uppercase().as_str() {
            "EHLO" | "HELO" => "250-test\r\n250 8BITMIME".to_owned(),
            "MAIL" if mode == SmtpMode::Busy => "451 4.3.2 come back later".to_owned(),
            "MAIL" if !shared.admits() => "450 4.7.0 too many mails".to_owned(),
            "RCPT" => {
                to = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                match &mode {
                    SmtpMode::Rejects(recipient) if *recipient == to => {
                        format!("550 5.1.1 <{to}>: no such mailbox")
                    }
                    _ => "250 fine".to_owned(),
                }
            }
            "DATA" => {
                write.write_all(b"354 go on\r\n").await?;
                let mut data = String::new();
                while let Some(line) = lines.next_line().await? {
                    if line == "." {
                        break;
                    }
                    data += line.strip_prefix('.').unwrap_or(&line);
                    data += "\r\n";
                }
                if let SmtpMode::Slow(wait) = mode {
                    tokio::time::sleep(wait).await;
                }
                let to = to.clone();
                shared.received.lock().unwrap().push(Received { to, data });
                "250 accepted".to_owned()
            }
            "QUIT" => {
                write.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => "250 fine".to_owned(),
        };
        write.write_all(response.as_bytes()).await?;
        write.write_all(b"\r\n").await?;
    }
    Ok(())
}
