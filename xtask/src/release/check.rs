//! Checks a finished release: starts a copy of the program alone in an empty folder, without settings
//! for the site, and reads the site over HTTP.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::Signal;

use crate::app::http::find;
use crate::files::files_under;
use crate::process::{self, Child};
use crate::services::free_ports;

/// How long a single request may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The value of `Content-Encoding` and the extension of the compressed copy beside a file.
const ENCODINGS: [(&str, &str); 2] = [("br", "br"), ("gzip", "gz")];

/// Checks that `program` serves every file of the folder `site` from inside itself, and that the setting
/// `SITE_ROOT` still comes first.
///
/// # Errors
/// Returns an error if the program does not start, or names the first response that is wrong.
pub(super) fn check(program: &Path, site: &Path) -> Result<()> {
    let dir = tempfile::tempdir()?;
    let folder = |name: &str| -> Result<PathBuf> {
        let folder = dir.path().join(name);
        std::fs::create_dir(&folder)?;
        Ok(folder)
    };
    let (installed, temporary, other_site) = (folder("bin")?, folder("tmp")?, folder("other")?);
    std::fs::write(other_site.join("robots.txt"), "other")?;
    let copy = installed.join("mini-compete");
    std::fs::copy(program, &copy)?;
    let start = |site_root: Option<&Path>| {
        let mut command = Command::new(&copy);
        command
            .env_clear()
            .env("TMPDIR", &temporary)
            .envs(site_root.map(|folder| ("SITE_ROOT", folder)))
            .current_dir(&installed);
        Server::start(command)
    };

    let server = start(None)?;
    check_pages(server.address, site)?;
    check_files(server.address, site)?;
    server.stop()?;
    ensure!(
        files_under(&temporary)?.is_empty(),
        "the unpacked site remains in TMPDIR"
    );

    let server = start(Some(&other_site))?;
    let robots = Response::to(server.address, "GET", "/robots.txt", "identity")?;
    ensure!(robots.body == b"other", "SITE_ROOT is not used");
    server.stop()
}

/// The program under test. Dropping it stops the process.
struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    /// Starts the program and waits until it is ready.
    fn start(mut command: Command) -> Result<Self> {
        let [port] = free_ports()?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        command
            .arg("serve")
            .env("BIND", address.to_string())
            .env("METRICS_BIND", "off")
            .env("RUST_LOG", "warn")
            .stdout(Stdio::inherit());
        let mut server = Self {
            child: Child::spawn(&mut command)?,
            address,
        };
        for _ in 0..600 {
            let ready = Response::to(address, "GET", "/readyz", "identity");
            if ready.is_ok_and(|response| response.has_status(200).is_ok()) {
                return Ok(server);
            }
            if server.child.poll()?.is_some() {
                break;
            }
            process::pause(Duration::from_millis(50))?;
        }
        bail!("the release does not start");
    }

    fn stop(mut self) -> Result<()> {
        self.child.signal_leader(Signal::SIGTERM);
        ensure!(
            self.child.ended_within(Duration::from_secs(30)),
            "the release does not stop"
        );
        Ok(())
    }
}

/// Checks that the start page loads the browser bundle, and that a missing file is not found.
fn check_pages(address: SocketAddr, site: &Path) -> Result<()> {
    let page = Response::to(address, "GET", "/", "identity")?;
    page.has_status(200)?;
    let hashes = std::fs::read_to_string(site.join("hash.txt"))?;
    for line in hashes.lines() {
        let (kind, hash) = line.split_once(": ").context("hash.txt")?;
        ensure!(
            find(&page.body, hash.as_bytes()).is_some(),
            "the start page does not load the {kind} file {hash}"
        );
    }
    Response::to(address, "GET", "/pkg/missing.js", "identity")?.has_status(404)
}

/// Checks every file of the site: its bytes, its compressed copies, and `HEAD`.
fn check_files(address: SocketAddr, site: &Path) -> Result<()> {
    let files = files_under(site)?;
    let is_copy = |path: &Path| {
        ENCODINGS
            .iter()
            .any(|(_, extension)| path.extension().is_some_and(|it| it == *extension))
    };
    for file in files.iter().filter(|file| !is_copy(file)) {
        let path = format!("/{}", file.strip_prefix(site)?.display());
        let expected = std::fs::read(file)?;
        let response = Response::to(address, "GET", &path, "identity")?;
        response.has_status(200)?;
        ensure!(
            response.body == expected,
            "GET {path}: not the file's bytes"
        );
        let head = Response::to(address, "HEAD", &path, "identity")?;
        head.has_status(200)?;
        ensure!(
            head.body.is_empty()
                && head.header("content-length") == response.header("content-length"),
            "HEAD {path}: not the headers of GET"
        );
        for (encoding, extension) in ENCODINGS {
            let mut copy = file.clone().into_os_string();
            copy.push(format!(".{extension}"));
            let Ok(expected) = std::fs::read(copy) else {
                continue;
            };
            let response = Response::to(address, "GET", &path, encoding)?;
            ensure!(
                response.header("content-encoding") == Some(encoding) && response.body == expected,
                "GET {path}: not the copy compressed with {encoding}"
            );
        }
    }
    Ok(())
}

/// A response and the request that it belongs to.
struct Response {
    request: String,
    head: String,
    body: Vec<u8>,
}

impl Response {
    /// Sends a request on a new connection and reads the response to the end of the connection. The body
    /// is returned as it was transferred.
    fn to(address: SocketAddr, method: &str, path: &str, accept_encoding: &str) -> Result<Self> {
        let request = format!("{method} {path}");
        let exchange = || -> Result<Vec<u8>> {
            let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
            stream.set_read_timeout(Some(TIMEOUT))?;
            write!(
                stream,
                "{request} HTTP/1.1\r\nHost: {address}\r\nAccept: text/html, */*\r\n\
                 Accept-Encoding: {accept_encoding}\r\nConnection: close\r\n\r\n"
            )?;
            let mut response = Vec::new();
            stream.read_to_end(&mut response)?;
            Ok(response)
        };
        let mut head = exchange().with_context(|| request.clone())?;
        let end = find(&head, b"\r\n\r\n")
            .with_context(|| format!("{request}: the response is incomplete"))?;
        let body = head.split_off(end + 4);
        let head = String::from_utf8(head).with_context(|| request.clone())?;
        Ok(Self {
            request,
            head,
            body,
        })
    }

    fn has_status(&self, status: u16) -> Result<()> {
        let line = self.head.lines().next().unwrap_or_default();
        match line.starts_with(&format!("HTTP/1.1 {status} ")) {
            true => Ok(()),
            false => bail!("{}: {line} instead of {status}", self.request),
        }
    }

    /// Returns the value of a header, whose `name` is in lower case.
    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}
