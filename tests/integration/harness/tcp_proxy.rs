//! A TCP proxy between the application and a service. It can lose connections as a failover or a firewall does:
//! they are neither closed nor reset, but their packets do not arrive any more.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
};
use tokio_util::task::AbortOnDropHandle;

/// Accepts connections in front of a service and hands each to a function, with one to the service, until the
/// value is dropped.
#[derive(Debug)]
pub(super) struct Listening {
    address: SocketAddr,
    _task: AbortOnDropHandle<()>,
}

impl Listening {
    /// Listens in front of the service with this URL.
    pub(super) async fn in_front_of<F>(
        url: &str,
        forward: impl Fn(TcpStream, TcpStream) -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let url = url::Url::parse(url).expect("a URL");
        let host = url.host_str().expect("a host").to_owned();
        let port = url.port().expect("a port");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("a port");
        let address = listener.local_addr().expect("an address");
        let accept = async move {
            loop {
                let (client, _) = listener.accept().await.expect("a connection");
                // While the service is away, its clients' connections are closed.
                if let Ok(server) = TcpStream::connect((host.as_str(), port)).await {
                    tokio::spawn(forward(client, server));
                }
            }
        };
        Self {
            address,
            _task: AbortOnDropHandle::new(tokio::spawn(accept)),
        }
    }

    /// Returns the URL that leads to the same service through this address.
    pub(super) fn url(&self, url: &str) -> String {
        let mut url = url::Url::parse(url).expect("a URL");
        url.set_host(Some(&self.address.ip().to_string()))
            .expect("a host");
        url.set_port(Some(self.address.port())).expect("a port");
        url.into()
    }
}

/// The proxy. It listens until the value is dropped.
#[derive(Debug)]
pub struct TcpProxy {
    listening: Listening,
    lost: watch::Sender<()>,
}

impl TcpProxy {
    /// Starts a proxy in front of the service with this URL.
    pub async fn in_front_of(url: &str) -> Self {
        let (lost, connections) = watch::channel(());
        let listening = Listening::in_front_of(url, move |client, server| {
            let mut lost = connections.clone();
            lost.mark_unchanged();
            forward(client, server, lost)
        });
        Self {
            listening: listening.await,
            lost,
        }
    }

    /// Returns the URL that leads to the same service through the proxy.
    pub fn url(&self, url: &str) -> String {
        self.listening.url(url)
    }

    /// Discards all packets of the connections that are open. New connections work.
    pub fn black_hole_open_connections(&self) {
        self.lost.send_replace(());
    }
}

/// Forwards bytes in both directions until the connection is lost. Then both ends stay open without data as
/// long as the proxy exists.
async fn forward(mut client: TcpStream, mut server: TcpStream, mut lost: watch::Receiver<()>) {
    tokio::select! {
        _ended = copy_bidirectional(&mut client, &mut server) => return,
        lost = lost.changed() => if lost.is_err() {
            return;
        }
    }
    while lost.changed().await.is_ok() {}
}
