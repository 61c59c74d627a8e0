//! The routes of the application.

/// Returns the path of every page, from the routes of the application, with parameters as in the API (`{id}`).
pub fn page_templates() -> Vec<String> {
    let template = |path: &str| {
        let segments = path
            .split('/')
            .map(|segment| match segment.strip_prefix(':') {
                Some(name) => format!("{{{name}}}"),
                None => segment.to_owned(),
            });
        segments.collect::<Vec<_>>().join("/")
    };
    let routes = leptos_axum::generate_route_list(mini_compete::ui::App);
    routes.iter().map(|route| template(route.path())).collect()
}
