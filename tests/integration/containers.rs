//! Properties of `compose.yaml` and the `Dockerfile` that can be checked without starting containers.

use std::collections::BTreeMap;

const COMPOSE: &str = include_str!("../../compose.yaml");
const DOCKERFILE: &str = include_str!("../../Dockerfile");
const WORKSPACE: &str = include_str!("../../Cargo.toml");

/// Returns the lines of each service.
fn services() -> BTreeMap<&'static str, Vec<&'static str>> {
    let mut services: BTreeMap<_, Vec<_>> = BTreeMap::new();
    let mut current = "";
    let lines = COMPOSE.lines().skip_while(|line| *line != "services:");
    for line in lines
        .skip(1)
        .take_while(|line| line.starts_with(' ') || line.is_empty())
    {
        match line
            .strip_prefix("  ")
            .filter(|rest| !rest.starts_with(' '))
        {
            Some(name) => current = name.trim_end_matches(':'),
            None => services.entry(current).or_default().push(line.trim()),
        }
    }
    services
}

#[test]
fn every_service_is_hardened_and_publishes_ports_on_loopback_only() {
    let services = services();
    assert_eq!(
        services.keys().copied().collect::<Vec<_>>(),
        ["app", "postgres", "redis", "worker"]
    );
    for hardened in [
        "no-new-privileges:true",
        "cap_drop: [ALL]",
        "read_only: true",
    ] {
        assert!(COMPOSE.contains(hardened), "{hardened}");
    }
    for (name, lines) in services {
        assert!(lines.contains(&"<<: *hardened"), "{name}");
        for ports in lines.iter().filter(|line| line.starts_with("ports:")) {
            assert!(ports.starts_with("ports: [\"127.0.0.1:"), "{name}: {ports}");
        }
    }
}

#[test]
fn secrets_come_from_files_that_git_and_images_ignore() {
    for secret in [
        "JWT_SECRET:",
        "DATABASE_URL:",
        "REDIS_URL:",
        "POSTGRES_PASSWORD:",
    ] {
        assert!(!COMPOSE.contains(secret), "{secret}");
    }
    let git = include_str!("../../.gitignore");
    let image = include_str!("../../.dockerignore");
    for name in [".env", "secrets"] {
        assert!(git.lines().any(|line| line.trim_start_matches('/') == name));
        assert!(image.lines().any(|line| line == name));
    }
}

#[test]
fn images_are_pinned_to_a_release() {
    let of_compose = COMPOSE
        .lines()
        .filter_map(|line| line.trim().strip_prefix("image: "));
    let of_dockerfile = DOCKERFILE
        .lines()
        .filter_map(|line| line.strip_prefix("FROM "))
        .filter_map(|rest| rest.split(' ').next());
    let images: Vec<_> = of_compose.chain(of_dockerfile).collect();
    assert_eq!(images.len(), 4, "{images:?}");
    for image in images {
        let tag = image.split_once(':').map_or("", |(_, tag)| tag);
        let release = tag.split('-').next().unwrap_or_default();
        let exact = release.contains('.') && release.split('.').all(|n| n.parse::<u32>().is_ok());
        assert!(exact, "{image}");
    }
}

#[test]
fn the_layer_of_dependencies_has_the_manifest_of_every_package() {
    let members = WORKSPACE
        .lines()
        .find_map(|line| line.strip_prefix("members = ["))
        .map(|rest| rest.trim_end_matches(']').split(", "))
        .unwrap();
    let members: Vec<_> = members.map(|name| name.trim_matches('"')).collect();
    assert!(members.contains(&"xtask"), "{members:?}");
    for name in &members {
        let copied = format!("COPY {name}/Cargo.toml {name}/");
        assert!(DOCKERFILE.lines().any(|line| line == copied), "{copied}");
    }
    let stubs = format!("RUN for package in . {}; do \\", members.join(" "));
    assert!(DOCKERFILE.lines().any(|line| line == stubs), "{stubs}");
}
