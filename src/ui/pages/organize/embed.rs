//! What an organizer copies to show a competition on another site.

use leptos::prelude::*;

use crate::{
    model::{CompetitionStatus, CompetitionView, html::escape},
    ui::{paths, public_url::PublicUrl, text::text},
};

/// Shows the HTML of a box and of a badge, if everyone may see the competition.
pub(super) fn embed_section(competition: &CompetitionView, site: &PublicUrl) -> Option<AnyView> {
    if competition.status == CompetitionStatus::Draft {
        return None;
    }
    let (t, ticket) = (&text().embed, &text().ticket);
    let page = site.absolute(&paths::competition(competition.id));
    let title = escape(&competition.title);
    let frame = format!(
        "<iframe src=\"{page}/embed\" title=\"{title}\" width=\"320\" height=\"150\" loading=\"lazy\" style=\"border:0\"></iframe>"
    );
    let badge = format!("<a href=\"{page}\"><img src=\"{page}/badge.svg\" alt=\"{title}\"></a>");
    let snippet = |label: &'static str, name: &'static str, html: String| {
        view! {
            <h3>{label}</h3>
            <p><code class="secret" dir="ltr" data-testid=name>{html.clone()}</code></p>
            <p><button type="button" class="button" hidden=true aria-live="polite" data-copy=html data-copied=ticket.copied>{t.copy}</button></p>
        }
    };
    Some(
        view! {
            <section class="section" aria-labelledby="embed">
                <h2 id="embed">{t.title}</h2>
                <p>{t.lead}</p>
                {snippet(t.frame, "embed-frame", frame)}
                {snippet(t.badge, "embed-badge", badge)}
            </section>
        }
        .into_any(),
    )
}
