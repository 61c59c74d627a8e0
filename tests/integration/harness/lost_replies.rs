//! A TCP proxy in front of PostgreSQL that loses the reply to a commit: the transaction has been committed, and
//! the application is not told.

use std::sync::Arc;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::{Mutex, Notify, oneshot},
};

use super::tcp_proxy::Listening;

/// The message that commits, as the driver sends it.
const COMMIT: &[u8] = b"COMMIT\0";

/// The proxy. It listens until the value is dropped.
#[derive(Debug)]
pub struct ReplyLosingProxy {
    listening: Listening,
    armed: Armed,
}

/// A commit that has taken effect, and whose connection is closed without its reply when this is released or
/// dropped.
#[derive(Debug)]
pub struct UnconfirmedCommit {
    committed: oneshot::Receiver<()>,
    release: Arc<Notify>,
}

/// What becomes of the next commit, if anything.
type Armed = Arc<Mutex<Option<(oneshot::Sender<()>, Arc<Notify>)>>>;

impl ReplyLosingProxy {
    /// Starts a proxy in front of the PostgreSQL server with this URL.
    pub async fn in_front_of(url: &str) -> Self {
        let armed = Armed::default();
        let connections = Arc::clone(&armed);
        let listening = Listening::in_front_of(url, move |client, server| {
            let armed = Arc::clone(&connections);
            async move {
                // A connection that breaks is closed on both sides.
                let _closed = forward(client, server, armed).await;
            }
        });
        Self {
            listening: listening.await,
            armed,
        }
    }

    /// Returns the URL that leads to the same server through the proxy.
    pub fn url(&self, url: &str) -> String {
        self.listening.url(url)
    }

    /// Loses the reply to the next commit.
    pub async fn lose_reply_to_next_commit(&self) -> UnconfirmedCommit {
        let (sender, committed) = oneshot::channel();
        let release = Arc::new(Notify::new());
        *self.armed.lock().await = Some((sender, Arc::clone(&release)));
        UnconfirmedCommit { committed, release }
    }
}

impl UnconfirmedCommit {
    /// Waits until the transaction has been committed.
    pub async fn committed(&mut self) {
        (&mut self.committed).await.expect("a commit");
    }

    /// Closes the connection of the transaction, at once or as soon as it is committed.
    pub fn close(&self) {
        self.release.notify_one();
    }
}

async fn forward(
    mut client: TcpStream,
    mut server: TcpStream,
    armed: Armed,
) -> std::io::Result<()> {
    let (mut asked, mut replied) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        tokio::select! {
            count = client.read(&mut asked) => {
                let asked = &asked[..count?];
                if asked.is_empty() {
                    return Ok(());
                }
                server.write_all(asked).await?;
                if asked.windows(COMMIT.len()).any(|part| part == COMMIT)
                    && let Some((committed, release)) = armed.lock().await.take()
                {
                    // PostgreSQL replies after the transaction has been committed.
                    let _reply = server.read(&mut replied).await?;
                    let _gone = committed.send(());
                    release.notified().await;
                    return Ok(());
                }
            }
            count = server.read(&mut replied) => {
                let replied = &replied[..count?];
                if replied.is_empty() {
                    return Ok(());
                }
                client.write_all(replied).await?;
            }
        }
    }
}
