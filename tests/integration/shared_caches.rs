//! A shared cache between people and the application: nginx, which keeps what responses allow.

use std::{
    net::{Ipv4Addr, SocketAddr},
    process::{Child, Command},
    time::Duration,
};

use mini_compete::model::Role;
use reqwest::{StatusCode, header, redirect::Policy};
use tempfile::TempDir;

use crate::harness::{
    App, Backend, Client, PASSWORD, eventually, process::free_port, service, spawn_app,
};

/// How long nginx may take to start.
const DEADLINE: Duration = Duration::from_secs(20);

/// nginx as a shared cache in front of an application. It ends when the value is dropped.
struct SharedCache {
    address: SocketAddr,
    child: Child,
    _folder: TempDir,
}

impl SharedCache {
    /// Starts nginx with the rules of RFC 9111 for shared caches, which are its own, and waits until it
    /// responds. A header of each response says whether it came from the cache.
    async fn in_front_of(app: &App) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let root = folder.path().display();
        let configuration = format!(
            "daemon off; master_process off; pid {root}/pid; error_log {root}/error.log;
             events {{ worker_connections 256; }}
             http {{
               access_log off;
               client_body_temp_path {root}/body; proxy_temp_path {root}/proxy;
               fastcgi_temp_path {root}/fastcgi; uwsgi_temp_path {root}/uwsgi;
               scgi_temp_path {root}/scgi;
               proxy_cache_path {root}/cache keys_zone=documents:1m;
               server {{
                 listen {address};
                 location / {{
                   proxy_pass http://{upstream};
                   proxy_set_header Host $http_host;
                   proxy_cache documents;
                   add_header X-Cache $upstream_cache_status always;
                 }}
               }}
             }}",
            upstream = app.address
        );
        let file = folder.path().join("nginx.conf");
        std::fs::write(&file, configuration).unwrap();
        let child = Command::new(service("TEST_NGINX"))
            .arg("-c")
            .arg(&file)
            .arg("-p")
            .arg(folder.path())
            .spawn()
            .unwrap();
        let cache = Self {
            address,
            child,
            _folder: folder,
        };
        eventually("nginx responds", DEADLINE, || async {
            let response = Client::new(address).try_get("/healthz").await;
            response.ok().filter(|reply| reply.status == StatusCode::OK)
        })
        .await;
        cache
    }

    fn client(&self) -> Client {
        Client::new(self.address)
    }
}

impl Drop for SharedCache {
    fn drop(&mut self) {
        // It may have ended by itself, which the test has noticed then.
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}

/// Logs in and returns the session cookie. The log-in goes past nginx, whose address is another origin.
async fn session_cookie(app: &App, email: &str) -> String {
    let origin = format!("http://{}", app.address);
    let browser = reqwest::Client::builder()
        .redirect(Policy::none())
        .build()
        .unwrap();
    let response = browser
        .post(format!("{origin}/act/login"))
        .header(header::ORIGIN, &origin)
        .form(&[("email", email), ("password", PASSWORD), ("next", "")])
        .send()
        .await
        .unwrap();
    let cookies = response.headers().get_all(header::SET_COOKIE);
    let mut pairs = cookies
        .iter()
        .filter_map(|cookie| cookie.to_str().ok()?.split(';').next());
    let session = pairs.find(|pair| pair.starts_with("mc_session="));
    session.expect("a session").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shared_cache_serves_anonymous_visitors_and_never_one_persons_page_to_another() {
    let app = spawn_app(Backend::Sqlite).await;
    let competition = app.competition(5, false).await;
    let cache = SharedCache::in_front_of(&app).await;
    let [ada, grace] = ["Ada Example", "Grace Example"];
    let mut browsers = Vec::new();
    for (name, other) in [(ada, grace), (grace, ada)] {
        let account = app.account(name, Role::Participant).await;
        let browser = cache.client();
        let session = session_cookie(&app, &account.email).await;
        browsers.push((name, other, browser, session));
    }
    let anonymous = cache.client();
    for path in [
        "/",
        "/competitions",
        &format!("/competitions/{}", competition.id),
    ] {
        let mut hits = 0;
        for _ in 0..5 {
            let page = anonymous.get(path).await;
            assert!(
                !page.text.contains(ada) && !page.text.contains(grace),
                "{path}"
            );
            hits += usize::from(page.header("x-cache") == Some("HIT"));
            for (name, other, browser, session) in &browsers {
                let request = browser.request(reqwest::Method::GET, path);
                let page = browser.send(request.header("cookie", session)).await;
                assert!(
                    page.text.contains(name) && !page.text.contains(other),
                    "{path}"
                );
                assert_ne!(page.header("x-cache"), Some("HIT"), "{path}");
            }
        }
        assert!(hits > 0, "{path} never came from the shared cache");
    }
}
