//! A mail relay on this machine: real SMTP over TCP, as much as a client needs, with moods.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// How the relay answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    /// The relay accepts every mail.
    Normal,
    /// Knows everybody but this one: 550.
    Refuses(String),
    /// Takes nothing just now: 451.
    Busy,
    /// Takes its time before each answer to a mail.
    Slow(Duration),
}

/// A mail that the relay has taken.
#[derive(Debug, Clone)]
pub struct Received {
    /// The recipient in the envelope.
    pub to: String,
    /// Header and body, as they came.
    pub data: String,
}

impl Received {
    /// Returns the unfolded value of a header.
    pub fn header(&self, name: &str) -> Option<String> {
        let head = self.data.split("\r\n\r\n").next().unwrap_or_default();
        let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
        unfolded.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found
                .eq_ignore_ascii_case(name)
                .then(|| value.trim().to_owned())
        })
    }
}

#[derive(Debug)]
struct Shared {
    mode: Mutex<Mode>,
    received: Mutex<Vec<Received>>,
    connections: Mutex<usize>,
}

/// Listens until it is dropped.
#[derive(Debug)]
pub struct SmtpServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl SmtpServer {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let shared = Arc::new(Shared {
            mode: Mutex::new(Mode::Normal),
            received: Mutex::default(),
            connections: Mutex::default(),
        });
        let task = tokio::spawn({
            let shared = Arc::clone(&shared);
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    *shared.connections.lock().unwrap() += 1;
                    let shared = Arc::clone(&shared);
                    tokio::spawn(async move {
                        // A client that goes away in the middle is its own affair.
                        let _gone = talk(stream, &shared).await;
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

    pub fn set(&self, mode: Mode) {
        *self.shared.mode.lock().unwrap() = mode;
    }

    /// What it has taken so far.
    pub fn received(&self) -> Vec<Received> {
        self.shared.received.lock().unwrap().clone()
    }

    /// How many mails each recipient got.
    pub fn counts(&self) -> HashMap<String, usize> {
        let mut counts = HashMap::new();
        for mail in self.received() {
            *counts.entry(mail.to).or_insert(0) += 1;
        }
        counts
    }

    /// How many connections were made.
    pub fn connections(&self) -> usize {
        *self.shared.connections.lock().unwrap()
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn talk(stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 test ESMTP\r\n").await?;
    let mut to = String::new();
    while let Some(line) = lines.next_line().await? {
        let mode = shared.mode.lock().unwrap().clone();
        let verb = line.split([' ', ':']).next().unwrap_or_default();
        let answer = match verb.to_ascii_uppercase().as_str() {
            "EHLO" | "HELO" => "250-test\r\n250 8BITMIME".to_owned(),
            "MAIL" if mode == Mode::Busy => "451 4.3.2 come back later".to_owned(),
            "RCPT" => {
                to = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                match &mode {
                    Mode::Refuses(who) if *who == to => {
                        format!("550 5.1.1 <{to}>: nobody here has that name")
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
                if let Mode::Slow(wait) = mode {
                    tokio::time::sleep(wait).await;
                }
                let to = to.clone();
                shared.received.lock().unwrap().push(Received { to, data });
                "250 taken".to_owned()
            }
            "QUIT" => {
                write.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => "250 fine".to_owned(),
        };
        write.write_all(answer.as_bytes()).await?;
        write.write_all(b"\r\n").await?;
    }
    Ok(())
}
