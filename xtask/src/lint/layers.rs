//! Checks the layer rule: a module of `src/` uses only modules of lower layers.
//!
//! ```text
//! main → startup → web → { api, ui } → domain → jobs → { store, external } → text → { model, ops }
//! ```
//!
//! Modules of one layer do not use each other. Beyond the layers, some modules may not use certain modules
//! of lower layers ([`BARRED`]): `api`, `ui` and `web` use no entity of the store, and what pages show are
//! views of `model` and not types of the domain.

use super::graph::{Graph, Node};

/// The layers from the bottom up.
const LAYERS: [&[&str]; 9] = [
    &["model", "ops"],
    &["text"],
    &["store", "external"],
    &["jobs"],
    &["domain"],
    &["api", "ui"],
    &["web"],
    &["startup"],
    &["main"],
];

/// The crates that a layer must not use, because they belong to the purpose of another layer.
const FORBIDDEN_CRATES: [(&str, &[&str]); 4] = [
    ("model", &["axum", "http", "redis", "tokio"]),
    ("text", &["axum", "http", "leptos", "redis", "tokio"]),
    (
        "domain",
        &[
            "axum",
            "http",
            "leptos",
            "lettre",
            "redis",
            "deadpool_redis",
            "tower_sessions",
        ],
    ),
    (
        "jobs",
        &[
            "axum",
            "http",
            "leptos",
            "lettre",
            "redis",
            "deadpool_redis",
        ],
    ),
];

/// Modules that must not use certain modules of a lower layer.
const BARRED: [(&[&str], &[&str]); 7] = [
    (&["api"], &["store", "entity"]),
    (&["ui"], &["store", "entity"]),
    (&["web"], &["store", "entity"]),
    (&["ui", "components"], &["domain"]),
    (&["ui", "islands"], &["domain"]),
    (&["ui", "pages"], &["domain"]),
    (&["ui", "text"], &["domain"]),
];

/// Returns a sentence for each dependency on a module of the same or a higher layer, or on one that is
/// barred.
pub fn violations(graph: &Graph) -> Vec<String> {
    let mut found = Vec::new();
    for node in &graph.files {
        let Some(from) = node.module.first() else {
            // The library's root declares the modules.
            continue;
        };
        if layer(from).is_none() {
            found.push(format!(
                "{}: the module {from} belongs to no layer",
                node.path
            ));
        }
        for (target, names) in node.dependencies.iter().chain(&node.re_exports) {
            let target = &graph.files[*target];
            if let Some(to) = target.module.first()
                && !may_use(node, target)
            {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                found.push(format!(
                    "{} uses {} of {}: {from} must not depend on {to}",
                    node.path,
                    names.join(", "),
                    target.path,
                ));
            }
        }
        let forbidden = FORBIDDEN_CRATES.iter().filter(|(module, _)| module == from);
        for name in forbidden.flat_map(|(_, crates)| *crates) {
            if node.crates.contains(*name) {
                found.push(format!(
                    "{} uses the crate {name}, which {from} must not use",
                    node.path
                ));
            }
        }
    }
    found
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

fn may_use(from: &Node, to: &Node) -> bool {
    let (Some(upper), Some(lower)) = (from.module.first(), to.module.first()) else {
        return true;
    };
    let is_barred = BARRED
        .iter()
        .any(|(user, used)| belongs_to(from, user) && belongs_to(to, used));
    if is_barred {
        return false;
    }
    upper == lower || layer(upper) > layer(lower)
}

/// Returns whether a file belongs to the module with this path.
fn belongs_to(node: &Node, module: &[&str]) -> bool {
    node.module.len() >= module.len() && node.module.iter().zip(module).all(|(a, b)| a == b)
}

#[cfg(test)]
mod tests {
    use super::super::graph::Graph;
    use super::super::sources::SourceFile;
    use super::violations;

    fn graph(files: &[(&str, &str)]) -> anyhow::Result<Graph> {
        Graph::new(&sources(files), "app")
    }

    fn sources(files: &[(&str, &str)]) -> Vec<SourceFile> {
        let source = |(module, text): &(&str, &str)| SourceFile {
            path: format!("src/{}.rs", module.replace("::", "/")),
            module: module.split("::").map(str::to_owned).collect(),
            text: (*text).to_owned(),
        };
        files.iter().map(source).collect()
    }

    #[test]
    fn entities_are_not_used_above_the_domain() -> anyhow::Result<()> {
        let entity = ("store::entity", "pub struct User;");
        let page = ("ui", "use crate::store::entity::User;");
        assert_eq!(violations(&graph(&[entity, page])?).len(), 1);
        let domain = ("domain", "use crate::store::entity::User;");
        assert!(violations(&graph(&[entity, domain])?).is_empty());
        Ok(())
    }

    #[test]
    fn pages_use_views_of_the_model_and_no_types_of_the_domain() -> anyhow::Result<()> {
        let domain = ("domain", "pub struct Report;");
        let page = ("ui::pages::home", "use crate::domain::Report;");
        assert_eq!(violations(&graph(&[domain, page])?).len(), 1);
        let action = ("ui::actions", "use crate::domain::Report;");
        assert!(violations(&graph(&[domain, action])?).is_empty());
        Ok(())
    }

    #[test]
    fn a_layer_uses_lower_layers_only() -> anyhow::Result<()> {
        let below = (
            "domain",
            "use crate::store::Lock; fn f() { crate::ops::now() }",
        );
        let others = [("store", "pub struct Lock;"), ("ops", "pub fn now() {}")];
        let graph_of = |last| graph(&[below, others[0], others[1], last]);
        assert!(violations(&graph_of(("web", "use crate::domain::f;"))?).is_empty());
        let upward = graph_of(("model", "use crate::store::Lock;"))?;
        assert_eq!(violations(&upward).len(), 1);
        let sideways = graph_of(("external", "fn g() { crate::store::Lock; }"))?;
        assert_eq!(
            violations(&sideways),
            ["src/external.rs uses Lock of src/store.rs: external must not depend on store"]
        );
        Ok(())
    }

    #[test]
    fn a_module_without_a_layer_is_reported() -> anyhow::Result<()> {
        assert_eq!(violations(&graph(&[("helpers", "")])?).len(), 1);
        Ok(())
    }

    #[test]
    fn the_domain_does_not_use_http_crates() -> anyhow::Result<()> {
        let domain = graph(&[("domain", "use axum::http::StatusCode;")])?;
        assert_eq!(violations(&domain).len(), 1);
        Ok(())
    }
}
