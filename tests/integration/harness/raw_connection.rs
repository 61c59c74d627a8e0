//! A bare connection: for what no client library would send, and for addresses of a test's own.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

/// How long anything may take that is not told otherwise.
const DEADLINE: Duration = Duration::from_secs(30);

/// A connection, and what came over it that nobody has looked at.
#[derive(Debug)]
pub struct Wire {
    stream: TcpStream,
    unread: Vec<u8>,
}

/// The head of an answer.
#[derive(Debug, Clone)]
pub struct Head {
    pub status: u16,
    lines: Vec<(String, String)>,
}

impl Head {
    pub fn header(&self, name: &str) -> Option<&str> {
        let line = self.lines.iter().find(|(n, _)| n == name);
        line.map(|(_, value)| value.as_str())
    }

    fn parse(text: &str) -> Self {
        let mut lines = text.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1));
        Self {
            status: status
                .and_then(|status| status.parse().ok())
                .unwrap_or_else(|| panic!("no answer: {text:?}")),
            lines: lines
                .filter_map(|line| line.split_once(": "))
                .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
                .collect(),
        }
    }
}

impl Wire {
    pub async fn to(address: SocketAddr) -> Self {
        Self::from(1, address).await
    }

    /// From `127.0.0.x`, which belongs to this machine like `127.0.0.1`.
    pub async fn from(x: u8, address: SocketAddr) -> Self {
        Self::try_from(x, address).await.expect("a connection")
    }

    /// For servers that may refuse it.
    pub async fn try_from(x: u8, address: SocketAddr) -> std::io::Result<Self> {
        Self::connect(TcpSocket::new_v4()?, x, address).await
    }

    /// One whose buffer holds little, so that the other side feels when nothing is read.
    pub async fn narrow(address: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(4096).expect("a small buffer");
        Self::connect(socket, 1, address)
            .await
            .expect("a connection")
    }

    async fn connect(socket: TcpSocket, x: u8, address: SocketAddr) -> std::io::Result<Self> {
        socket.bind((Ipv4Addr::new(127, 0, 0, x), 0).into())?;
        let stream = timeout(DEADLINE, socket.connect(address)).await??;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            unread: Vec::new(),
        })
    }

    pub async fn send(&mut self, text: impl AsRef<[u8]>) {
        self.try_send(text).await.expect("the other side listens");
    }

    pub async fn try_send(&mut self, text: impl AsRef<[u8]>) -> std::io::Result<()> {
        timeout(DEADLINE, self.stream.write_all(text.as_ref())).await?
    }

    /// The head of the next answer; `100 Continue` is one of its own.
    pub async fn head(&mut self) -> Head {
        self.try_head().await.expect("an answer")
    }

    pub async fn try_head(&mut self) -> std::io::Result<Head> {
        loop {
            if let Some(end) = self.unread.windows(4).position(|w| w == b"\r\n\r\n") {
                let head: Vec<u8> = self.unread.drain(..end + 4).collect();
                return Ok(Head::parse(&String::from_utf8_lossy(&head[..end])));
            }
            if self.more().await? == 0 {
                let what = format!("closed after {:?}", String::from_utf8_lossy(&self.unread));
                return Err(std::io::Error::other(what));
            }
        }
    }

    /// A whole answer whose length is announced.
    pub async fn answer(&mut self) -> (Head, String) {
        let head = self.head().await;
        let length = head
            .header("content-length")
            .map_or(0, |length| length.parse::<usize>().expect("a length"));
        while self.unread.len() < length {
            assert_ne!(self.more().await.expect("the rest"), 0, "it broke off");
        }
        let body: Vec<u8> = self.unread.drain(..length).collect();
        (head, String::from_utf8(body).expect("UTF-8"))
    }

    /// Waits until the other side closes; whether it did so within `deadline` and in order.
    pub async fn ends(&mut self, deadline: Duration) -> bool {
        let reading = async {
            while self.more().await? > 0 {
                self.unread.clear();
            }
            Ok::<_, std::io::Error>(())
        };
        matches!(timeout(deadline, reading).await, Ok(Ok(())))
    }

    /// Says that nothing more is sent.
    pub async fn finish(&mut self) {
        self.stream.shutdown().await.expect("shut down");
    }

    async fn more(&mut self) -> std::io::Result<usize> {
        timeout(DEADLINE, self.stream.read_buf(&mut self.unread)).await?
    }
}
