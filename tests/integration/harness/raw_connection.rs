//! A plain TCP connection, for requests that no HTTP library sends, and from several local addresses.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

/// How long an operation without a time limit of its own may take.
const DEADLINE: Duration = Duration::from_secs(30);

/// A connection to a server, with the received bytes that the test has not consumed yet.
#[derive(Debug)]
pub struct RawConnection {
    stream: TcpStream,
    unread: Vec<u8>,
}

/// The status and the header fields of a response.
#[derive(Debug, Clone)]
pub struct ResponseHead {
    pub status: u16,
    lines: Vec<(String, String)>,
}

impl ResponseHead {
    /// Returns the first value of a header field. The name is in lower case.
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
                .unwrap_or_else(|| panic!("no HTTP response: {text:?}")),
            lines: lines
                .filter_map(|line| line.split_once(": "))
                .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
                .collect(),
        }
    }
}

impl RawConnection {
    /// Connects to the server from `127.0.0.1`.
    pub async fn connect(address: SocketAddr) -> Self {
        Self::connect_from(1, address).await
    }

    /// Connects from `127.0.0.x`, which is another client address on the same machine.
    pub async fn connect_from(x: u8, address: SocketAddr) -> Self {
        Self::try_connect_from(x, address)
            .await
            .expect("a connection")
    }

    /// Connects from `127.0.0.x` to a server that may refuse the connection.
    pub async fn try_connect_from(x: u8, address: SocketAddr) -> std::io::Result<Self> {
        Self::connect_socket(TcpSocket::new_v4()?, x, address).await
    }

    /// Connects with a small receive buffer, so that the server is blocked soon if the test reads nothing.
    pub async fn connect_with_small_buffer(address: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(4096).expect("a small buffer");
        Self::connect_socket(socket, 1, address)
            .await
            .expect("a connection")
    }

    async fn connect_socket(
        socket: TcpSocket,
        x: u8,
        address: SocketAddr,
    ) -> std::io::Result<Self> {
        socket.bind((Ipv4Addr::new(127, 0, 0, x), 0).into())?;
        let stream = timeout(DEADLINE, socket.connect(address)).await??;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            unread: Vec::new(),
        })
    }

    /// Sends bytes as they are.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.try_send(bytes).await.expect("an open connection");
    }

    /// Sends bytes to a server that may close the connection.
    pub async fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> std::io::Result<()> {
        timeout(DEADLINE, self.stream.write_all(bytes.as_ref())).await?
    }

    /// Reads the head of the next response. `100 Continue` counts as a response.
    pub async fn read_head(&mut self) -> ResponseHead {
        self.try_read_head().await.expect("a response")
    }

    /// Reads the head of the next response of a server that may close the connection.
    pub async fn try_read_head(&mut self) -> std::io::Result<ResponseHead> {
        loop {
            if let Some(end) = self.unread.windows(4).position(|w| w == b"\r\n\r\n") {
                let head: Vec<u8> = self.unread.drain(..end + 4).collect();
                return Ok(ResponseHead::parse(&String::from_utf8_lossy(&head[..end])));
            }
            if self.read_more().await? == 0 {
                let received = String::from_utf8_lossy(&self.unread);
                let message = format!("closed after {received:?}");
                return Err(std::io::Error::other(message));
            }
        }
    }

    /// Reads the next response with its body, whose length is in `content-length`.
    pub async fn read_response(&mut self) -> (ResponseHead, String) {
        let head = self.read_head().await;
        let length = head
            .header("content-length")
            .map_or(0, |length| length.parse::<usize>().expect("a length"));
        while self.unread.len() < length {
            assert_ne!(
                self.read_more().await.expect("the rest"),
                0,
                "incomplete body"
            );
        }
        let body: Vec<u8> = self.unread.drain(..length).collect();
        (head, String::from_utf8(body).expect("UTF-8"))
    }

    /// Reads a body in chunks up to its last chunk, and returns what the chunks contain.
    pub async fn read_chunks(&mut self) -> String {
        let mut body = String::new();
        loop {
            let line = self.read_until(b"\r\n").await;
            let length = usize::from_str_radix(line.trim(), 16).expect("the length of a chunk");
            while self.unread.len() < length + 2 {
                assert_ne!(self.read_more().await.expect("a chunk"), 0, "{body}");
            }
            let chunk: Vec<u8> = self.unread.drain(..length + 2).collect();
            let (chunk, end) = chunk.split_at(length);
            assert_eq!(end, b"\r\n", "the end of a chunk");
            if length == 0 {
                return body;
            }
            body.push_str(std::str::from_utf8(chunk).expect("UTF-8"));
        }
    }

    /// Reads everything until the server closes the connection.
    pub async fn read_rest(&mut self) -> String {
        while self.read_more().await.expect("the rest") > 0 {}
        String::from_utf8(std::mem::take(&mut self.unread)).expect("UTF-8")
    }

    async fn read_until(&mut self, end: &[u8]) -> String {
        loop {
            let found = self.unread.windows(end.len()).position(|w| w == end);
            if let Some(at) = found {
                let bytes: Vec<u8> = self.unread.drain(..at + end.len()).collect();
                return String::from_utf8(bytes).expect("UTF-8");
            }
            assert_ne!(self.read_more().await.expect("a line"), 0, "closed early");
        }
    }

    /// Waits until the server closes the connection. Returns whether it did so within `deadline` and without an
    /// error.
    pub async fn closes_within(&mut self, deadline: Duration) -> bool {
        let reading = async {
            while self.read_more().await? > 0 {
                self.unread.clear();
            }
            Ok::<_, std::io::Error>(())
        };
        matches!(timeout(deadline, reading).await, Ok(Ok(())))
    }

    /// Closes the sending direction of the connection.
    pub async fn finish_sending(&mut self) {
        self.stream.shutdown().await.expect("shut down");
    }

    async fn read_more(&mut self) -> std::io::Result<usize> {
        timeout(DEADLINE, self.stream.read_buf(&mut self.unread)).await?
    }
}
