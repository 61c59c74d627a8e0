//! A throw-away nginx that serves files from its own directory, as fast as nginx can: what a server
//! of this machine can do at best with the same bytes.

use std::fmt::Write as _;
use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};
use nix::sys::signal::Signal;
use nix::unistd::geteuid;

use super::server::{ServiceDir, free_port, wait_until_ready, with_parent_death_signal};
use crate::packages;
use crate::process::Child;

/// The directory with the files, below the directory of the service.
const FILES: &str = "files";

/// A file that nginx serves.
#[derive(Debug, Clone)]
pub struct StaticFile {
    /// The name, which is also the path without the slash at its beginning.
    pub name: String,
    /// The headers of the response. nginx adds `Content-Length`, `ETag`, `Last-Modified`, `Date` and
    /// `Server` itself.
    pub headers: Vec<(String, String)>,
    /// The bytes of the file, and so of the response.
    pub content: Vec<u8>,
}

/// A running nginx. Dropping the value stops it.
pub struct Nginx {
    server: Child,
    port: u16,
    _dir: ServiceDir,
}

impl Nginx {
    /// Writes the files and starts nginx with `workers` worker processes.
    ///
    /// # Errors
    /// Returns an error if nginx is not installed or does not start, or if a header can't be written
    /// in its configuration.
    pub fn start(files: &[StaticFile], workers: usize) -> Result<Self> {
        let program = packages::located(&packages::NGINX)?;
        let dir = ServiceDir::create("nginx")?;
        let port = free_port()?;
        std::fs::create_dir(dir.path().join(FILES))?;
        for file in files {
            std::fs::write(dir.path().join(FILES).join(&file.name), &file.content)?;
        }
        let configuration = dir.path().join("nginx.conf");
        let text = configuration_of(dir.path(), port, files, workers)?;
        std::fs::write(&configuration, text)?;
        let log_path = dir.path().join("error.log");
        let log = File::create(&log_path)?;
        let mut command = with_parent_death_signal(&program, "TERM");
        command
            .arg("-p")
            .arg(dir.path())
            .arg("-c")
            .arg(&configuration)
            .stdout(log.try_clone()?)
            .stderr(log);
        let mut server = Child::spawn(&mut command)?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        wait_until_ready("nginx", &mut server, &log_path, || {
            TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok()
        })?;
        Ok(Self {
            server,
            port,
            _dir: dir,
        })
    }

    /// Returns the address on which nginx listens.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
    }

    /// Returns the id of the master process, the parent of the workers.
    pub fn pid(&self) -> i32 {
        self.server.pid().as_raw()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // The master stops the workers.
        self.server.signal_leader(Signal::SIGTERM);
        self.server.ended_within(Duration::from_secs(5));
    }
}

/// Returns a configuration in which nginx does nothing but serve the files: no log, no limit of
/// requests per connection, and open files are kept open.
fn configuration_of(
    root: &Path,
    port: u16,
    files: &[StaticFile],
    workers: usize,
) -> Result<String> {
    let mut locations = String::new();
    for file in files {
        write!(locations, "location = /{} {{ ", file.name)?;
        for (name, value) in &file.headers {
            let value = quoted(value)?;
            if name.eq_ignore_ascii_case("content-type") {
                write!(locations, "default_type {value}; ")?;
            } else {
                write!(locations, "add_header {name} {value}; ")?;
            }
        }
        locations.push_str("}\n");
    }
    // A master that runs as root gives its workers another account, which can't read the files.
    let user = if geteuid().is_root() {
        "user root;"
    } else {
        ""
    };
    let root = root.display();
    Ok(format!(
        "daemon off; {user} worker_processes {workers}; pid {root}/pid; error_log {root}/error.log;
events {{ worker_connections 4096; }}
http {{
access_log off;
client_body_temp_path {root}/body; proxy_temp_path {root}/proxy; fastcgi_temp_path {root}/fastcgi;
uwsgi_temp_path {root}/uwsgi; scgi_temp_path {root}/scgi;
types {{ }}
sendfile on; tcp_nopush on;
keepalive_timeout 75s; keepalive_requests 1000000000;
open_file_cache max=1000 inactive=1h; open_file_cache_valid 1h; open_file_cache_errors on;
server {{
listen 127.0.0.1:{port} reuseport backlog=1024;
root {root}/{FILES};
{locations}}}
}}
"
    ))
}

/// Returns a value as a string of nginx's configuration.
///
/// # Errors
/// Returns an error if the value contains a dollar sign, which begins the name of a variable.
fn quoted(value: &str) -> Result<String> {
    ensure!(!value.contains('$'), "nginx can't send the header {value}");
    let value = value.replace('\\', "\\\\").replace('"', "\\\"");
    Ok(format!("\"{value}\""))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{StaticFile, configuration_of, quoted};

    #[test]
    fn a_file_has_a_location_with_its_headers() -> anyhow::Result<()> {
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let file = StaticFile {
            name: "landing".to_owned(),
            headers: vec![
                header("content-type", "text/html; charset=utf-8"),
                header("Vary", "cookie"),
            ],
            content: Vec::new(),
        };
        let text = configuration_of(Path::new("/tmp/x"), 1234, &[file], 2)?;
        let location = "location = /landing { default_type \"text/html; charset=utf-8\"; \
                        add_header Vary \"cookie\"; }";
        assert!(text.contains(location), "{text}");
        assert!(text.contains("worker_processes 2;"));
        Ok(())
    }

    #[test]
    fn a_value_keeps_its_quotation_marks_and_a_variable_is_refused() {
        assert_eq!(quoted("a \"b\"").ok().as_deref(), Some("\"a \\\"b\\\"\""));
        assert!(quoted("$host").is_err());
    }
}
