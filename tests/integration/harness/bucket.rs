//! A service that is compatible with Amazon S3 and has one bucket: the server of the crate `s3s-fs`, which keeps files in
//! a folder and checks the signature of each request.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
};

use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use s3s::{auth::SimpleAuth, service::S3ServiceBuilder};
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinHandle};

const NAME: &str = "pictures-of-tests";
const ACCESS_KEY: &str = "an-access-key";
const SECRET_KEY: &str = "a-secret-key-of-tests";

/// A bucket, which ends when the value is dropped.
#[derive(Debug)]
pub struct Bucket {
    address: SocketAddr,
    folder: TempDir,
    serving: JoinHandle<()>,
}

impl Bucket {
    /// Starts the service with an empty bucket.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir(folder.path().join(NAME)).expect("an empty folder");
        let files = s3s_fs::FileSystem::new(folder.path()).expect("an existing folder");
        let mut builder = S3ServiceBuilder::new(files);
        builder.set_auth(SimpleAuth::from_single(ACCESS_KEY, SECRET_KEY));
        let service = builder.build();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.expect("a free port");
        let address = listener.local_addr().expect("the port");
        let serving = tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let connection = http1::Builder::new()
                    .serve_connection(TokioIo::new(connection), service.clone());
                tokio::spawn(async move {
                    if let Err(error) = connection.await {
                        eprintln!("a connection to the bucket ended: {error}");
                    }
                });
            }
        });
        Self {
            address,
            folder,
            serving,
        }
    }

    /// Returns the environment variables of processes that keep pictures in the bucket.
    pub fn settings(&self) -> [(&'static str, String); 3] {
        self.settings_with_secret(SECRET_KEY)
    }

    /// Returns the environment variables of processes that know another secret than the service.
    pub fn settings_with_secret(&self, secret: &str) -> [(&'static str, String); 3] {
        let url = format!(
            "s3://{NAME}/of/this/site?region=eu-north-1&endpoint=http://{}",
            self.address
        );
        [
            ("STORAGE_URL", url),
            ("AWS_ACCESS_KEY_ID", ACCESS_KEY.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", secret.to_owned()),
        ]
    }

    /// Returns the number of files in the bucket.
    pub fn files(&self) -> usize {
        fn count(folder: &Path) -> usize {
            let entries = fs::read_dir(folder).into_iter().flatten().flatten();
            entries
                .map(|entry| match entry.path() {
                    path if path.is_dir() => count(&path),
                    _ => 1,
                })
                .sum()
        }
        count(&self.folder.path().join(NAME))
    }
}

impl Drop for Bucket {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
