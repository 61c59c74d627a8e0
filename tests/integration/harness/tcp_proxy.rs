//! A TCP proxy between the application and a service. It can lose connections as a failover or a firewall does:
//! they are neither closed nor reset, but their packets do not arrive any more.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
};
use tokio_util::task::AbortOnDropHandle;

/// The proxy. It listens until the value is dropped.
#[derive(Debug)]
pub struct TcpProxy {
    address: SocketAddr,
    lost: watch::Sender<()>,
    _listening: AbortOnDropHandle<()>,
}

impl TcpProxy {
    /// Starts a proxy in front of the service with this URL.
    pub async fn in_front_of(url: &str) -> Self {
        let url = url::Url::parse(url).expect("a URL");
        let host = url.host_str().expect("a host").to_owned();
        let port = url.port().expect("a port");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("a port");
        let address = listener.local_addr().expect("an address");
        let (lost, listening) = watch::channel(());
        let accept = async move {
            loop {
                let (client, _) = listener.accept().await.expect("a connection");
                let mut lost = listening.clone();
                lost.mark_unchanged();
                let server = TcpStream::connect((host.as_str(), port)).await;
                tokio::spawn(async move {
                    if let Ok(server) = server {
                        forward(client, server, lost).await;
                    }
                });
            }
        };
        Self {
            address,
            lost,
            _listening: AbortOnDropHandle::new(tokio::spawn(accept)),
        }
    }

    /// Returns the URL that leads to the same service through the proxy.
    pub fn url(&self, url: &str) -> String {
        let mut url = url::Url::parse(url).expect("a URL");
        url.set_host(Some(&self.address.ip().to_string()))
            .expect("a host");
        url.set_port(Some(self.address.port())).expect("a port");
        url.into()
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
