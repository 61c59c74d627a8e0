//! Renders the OpenAPI document as a static HTML page without scripts and without anything from other
//! hosts.

use std::{fmt::Write, sync::Arc};

use axum::{
    http::{HeaderValue, header},
    response::{Html, IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::model::html::escape;

mod example;

const STYLE: &str = include_str!("docs_page.css");
const METHODS: [&str; 4] = ["get", "post", "patch", "delete"];

/// The page, and the content security policy with which it is sent.
#[derive(Debug, Clone)]
pub(super) struct DocsPage {
    html: Arc<str>,
    policy: HeaderValue,
}

/// `GET /api/docs`: returns the page.
pub(super) async fn serve(page: DocsPage) -> Response {
    (
        [(header::CONTENT_SECURITY_POLICY, page.policy)],
        Html(page.html.to_string()),
    )
        .into_response()
}

/// Renders the documentation as a page.
pub(super) fn page(document: &utoipa::openapi::OpenApi) -> DocsPage {
    let document = serde_json::to_value(document).unwrap_or_default();
    let mut out = String::with_capacity(64 * 1024);
    // Writing to a String cannot fail.
    if write_page(&mut out, &document).is_err() {
        tracing::error!("Could not render the page of the OpenAPI document");
    }
    let hash = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    DocsPage {
        html: out.into(),
        policy: HeaderValue::try_from(policy)
            .unwrap_or(HeaderValue::from_static("default-src 'none'")),
    }
}

fn write_page(out: &mut String, document: &Value) -> std::fmt::Result {
    let title = text(&document["info"]["title"]);
    write!(
        out,
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{title} · API</title><style>{STYLE}</style></head><body>\
         <header><h1>{title} API</h1>{}<p><a href=\"/api/openapi.json\">openapi.json</a></p>\
         <p>The examples are commands for a terminal. They use variables: <code>export URL=</code> the address of \
         this site, <code>TOKEN=</code> an access token, <code>ID=</code> the id in the path.</p></header>\
         <nav aria-label=\"Contents\">",
        paragraphs(&document["info"]["description"]),
    )?;
    let tags: Vec<&Value> = document["tags"].as_array().into_iter().flatten().collect();
    for tag in &tags {
        write!(out, "<h2>{}</h2><ul>", text(&tag["name"]))?;
        for (path, method, operation) in of_tag(document, &tag["name"]) {
            let (id, path) = (text(&operation["operationId"]), escape(path));
            write!(
                out,
                "<li><a href=\"#{id}\"><b class=\"{method}\">{method}</b> <code>{path}</code></a></li>"
            )?;
        }
        out.push_str("</ul>");
    }
    out.push_str("<h2><a href=\"#schemas\">Schemas</a></h2></nav><main>");
    for tag in &tags {
        write!(
            out,
            "<section><h2>{}</h2><p>{}</p>",
            text(&tag["name"]),
            text(&tag["description"])
        )?;
        for (path, method, operation) in of_tag(document, &tag["name"]) {
            write_operation(out, document, path, method, operation)?;
        }
        out.push_str("</section>");
    }
    out.push_str("<section id=\"schemas\"><h2>Schemas</h2>");
    for (name, schema) in entries(&document["components"]["schemas"]) {
        write_schema(out, name, schema)?;
    }
    out.push_str("</section></main></body></html>");
    Ok(())
}

fn of_tag<'a>(
    document: &'a Value,
    tag: &'a Value,
) -> impl Iterator<Item = (&'a str, &'static str, &'a Value)> {
    entries(&document["paths"]).flat_map(move |(path, item)| {
        METHODS
            .into_iter()
            .filter_map(move |method| Some((path, method, item.get(method)?)))
            .filter(move |(_, _, operation)| {
                operation["tags"]
                    .as_array()
                    .is_some_and(|tags| tags.contains(tag))
            })
    })
}

fn write_operation(
    out: &mut String,
    document: &Value,
    path: &str,
    method: &str,
    operation: &Value,
) -> std::fmt::Result {
    let id = text(&operation["operationId"]);
    write!(
        out,
        "<article id=\"{id}\"><h3>{}</h3><p><b class=\"{method}\">{method}</b> <code>{}</code></p>{}",
        text(&operation["summary"]),
        escape(path),
        paragraphs(&operation["description"]),
    )?;
    if let Some(ways) = operation["security"].as_array() {
        let names: Vec<_> = ways
            .iter()
            .map(|way| way.as_object().and_then(|way| way.keys().next()))
            .map(|name| name.map_or("anonymous", String::as_str))
            .collect();
        write!(out, "<p>As: {}</p>", escape(&names.join(", ")))?;
    }
    let parameters: Vec<_> = operation["parameters"]
        .as_array()
        .into_iter()
        .flatten()
        .collect();
    if !parameters.is_empty() {
        out.push_str("<table><caption>Parameters</caption><tbody>");
        for parameter in parameters {
            write!(
                out,
                "<tr><th scope=\"row\"><code>{}</code>{}</th><td>{}</td><td>{}</td><td>{}</td></tr>",
                text(&parameter["name"]),
                if parameter["required"] == true {
                    " *"
                } else {
                    ""
                },
                text(&parameter["in"]),
                type_of(&parameter["schema"]),
                text(&parameter["description"]),
            )?;
        }
        out.push_str("</tbody></table>");
    }
    for (media, content) in entries(&operation["requestBody"]["content"]) {
        write!(
            out,
            "<p>Body: {} as <code>{}</code></p>",
            type_of(&content["schema"]),
            escape(media)
        )?;
    }
    let example = escape(&example::command(document, path, method, operation));
    write!(
        out,
        "<details><summary>Example</summary><pre tabindex=\"0\"><code>{example}</code></pre></details>"
    )?;
    out.push_str("<table><caption>Answers</caption><tbody>");
    for (status, response) in entries(&operation["responses"]) {
        let bodies: Vec<_> = entries(&response["content"])
            .map(|(media, content)| {
                format!(
                    "{} <small>{}</small>",
                    type_of(&content["schema"]),
                    escape(media)
                )
            })
            .collect();
        write!(
            out,
            "<tr><th scope=\"row\" class=\"status\">{}</th><td>{}</td><td>{}</td></tr>",
            escape(status),
            with_code(&text(&response["description"])),
            bodies.join("<br>"),
        )?;
    }
    out.push_str("</tbody></table></article>");
    Ok(())
}

fn write_schema(out: &mut String, name: &str, schema: &Value) -> std::fmt::Result {
    let name = escape(name);
    write!(
        out,
        "<article id=\"schema-{name}\"><h3><code>{name}</code></h3>{}",
        paragraphs(&schema["description"])
    )?;
    let names: Vec<_> = schema["enum"].as_array().into_iter().flatten().collect();
    if !names.is_empty() {
        let names: Vec<_> = names
            .into_iter()
            .map(|name| format!("<code>{}</code>", text(name)))
            .collect();
        write!(out, "<p>One of {}</p>", names.join(" · "))?;
    }
    let required: Vec<&str> = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if schema["properties"].is_object() {
        out.push_str("<table><tbody>");
        for (field, property) in entries(&schema["properties"]) {
            write!(
                out,
                "<tr><th scope=\"row\"><code>{}</code>{}</th><td>{}</td><td>{}</td></tr>",
                escape(field),
                if required.contains(&field) { " *" } else { "" },
                type_of(property),
                text(&property["description"]),
            )?;
        }
        out.push_str("</tbody></table>");
    }
    out.push_str("</article>");
    Ok(())
}

/// Returns the type of a schema's values in a few words.
fn type_of(schema: &Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = escape(reference.rsplit('/').next().unwrap_or(reference));
        return format!("<a href=\"#schema-{name}\">{name}</a>");
    }
    for choice in ["oneOf", "anyOf", "allOf"] {
        if let Some(kinds) = schema[choice].as_array() {
            let kinds: Vec<_> = kinds.iter().map(type_of).collect();
            return kinds.join(" or ");
        }
    }
    let names = match &schema["type"] {
        Value::Array(names) => names.iter().map(text).collect::<Vec<_>>().join(" or "),
        name => text(name),
    };
    if schema["items"].is_object() {
        return format!("{names} of {}", type_of(&schema["items"]));
    }
    match schema["format"].as_str() {
        Some(format) => format!("{names} ({})", escape(format)),
        None => names,
    }
}

fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.as_str(), value))
}

/// Returns a JSON string as escaped text; empty for any other value.
fn text(value: &Value) -> String {
    escape(value.as_str().unwrap_or_default())
}

fn paragraphs(value: &Value) -> String {
    text(value)
        .split("\n\n")
        .filter(|paragraph| !paragraph.is_empty())
        .map(|paragraph| format!("<p>{}</p>", with_code(paragraph)))
        .collect()
}

/// Turns backticks into `<code>`; the text must be escaped already.
fn with_code(text: &str) -> String {
    let mut parts = text.split('`');
    let mut out = parts.next().unwrap_or_default().to_owned();
    let mut code = true;
    for part in parts {
        out.push_str(if code { "<code>" } else { "</code>" });
        out.push_str(part);
        code = !code;
    }
    if !code {
        out.push_str("</code>");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_and_every_schema_is_on_the_page() {
        let document = super::super::openapi();
        let page = page(&document);
        let value = serde_json::to_value(&document).unwrap();
        let mut operations = 0;
        for (path, item) in entries(&value["paths"]) {
            for (_, operation) in entries(item).filter(|(method, _)| METHODS.contains(method)) {
                let id = operation["operationId"].as_str().unwrap();
                assert!(
                    page.html.contains(&format!("<article id=\"{id}\">")),
                    "{path}"
                );
                operations += 1;
            }
        }
        assert!(operations >= 18, "{operations}");
        for (name, _) in entries(&value["components"]["schemas"]) {
            assert!(
                page.html.contains(&format!("id=\"schema-{name}\"")),
                "{name}"
            );
        }
    }

    #[test]
    fn the_page_loads_nothing_and_runs_nothing() {
        let page = page(&super::super::openapi());
        for word in ["<script", "src=", "<link", "@import", "url("] {
            assert!(!page.html.contains(word), "{word}");
        }
    }

    #[test]
    fn backticks_become_code_even_if_one_is_missing() {
        assert_eq!(with_code("a `b` c"), "a <code>b</code> c");
        assert_eq!(with_code("a `b"), "a <code>b</code>");
    }
}
