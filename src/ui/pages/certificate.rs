//! The public page on which a certificate is verified.

use std::sync::Arc;

use axum::http::{HeaderName, HeaderValue};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use leptos_meta::Meta;

use super::password::never_stored;
use crate::{
    model::{CertificateKind, CertificateSerial, CertificateState, CertificateView},
    text::{DateStyle, date_time},
    ui::{
        components::{Glyph, Icon, When, WhenStyle},
        page::{PageContent, page},
        page_request::{PageError, PageRequest},
        session::client_address,
        text::{language, text},
    },
};

/// The page `/certificates/{serial}`: shows what is printed on a certificate, and whether it counts.
#[component]
pub fn Certificate() -> impl IntoView {
    page(load)
}

async fn load(request: Arc<PageRequest>) -> Result<PageContent, PageError> {
    // A certificate names a person, who may delete the account: nobody keeps any of it.
    never_stored();
    if let Some(response) = use_context::<ResponseOptions>() {
        response.insert_header(
            HeaderName::from_static("x-robots-tag"),
            HeaderValue::from_static("noindex"),
        );
    }
    let serial: CertificateSerial = request.param("serial")?;
    let certificates = &request.services.certificates;
    let certificate = certificates.verify(&serial, client_address()).await?;
    let title = text().certificates.page_title(&certificate.name);
    Ok(PageContent::new(title, shown(certificate)))
}

fn shown(certificate: CertificateView) -> AnyView {
    let t = &text().certificates;
    let kind = match certificate.kind {
        CertificateKind::Participation => t.participation,
        CertificateKind::Place => t.place,
    };
    let zone = || certificate.time_zone.clone();
    let date = |time| view! { <When time=time zone=zone() style=WhenStyle::Date venue_only=true/> };
    let said = |time| date_time(language(), DateStyle::Date, time, &certificate.time_zone);
    let lead = match (certificate.state, certificate.revoked_at) {
        (CertificateState::Valid, _) | (_, None) => view! {
            <p class="lead" role="status"><Icon glyph=Glyph::Check/>{t.valid_lead}</p>
        }
        .into_any(),
        (CertificateState::Revoked, Some(at)) => view! {
            <p class="lead" role="status"><Icon glyph=Glyph::Alert/>{t.revoked_lead(&said(at))}</p>
        }
        .into_any(),
    };
    let last_day = certificate
        .ends_at
        .filter(|end| *end != certificate.starts_at);
    let last_day = last_day.map(|end| view! { " – "{date(end)} });
    let note = certificate.remark.clone().map(|remark| {
        view! { <div><dt>{t.note}</dt><dd><bdi>{remark}</bdi></dd></div> }
    });
    let issuer = text()
        .account
        .account_name(&certificate.issuer_name)
        .to_owned();
    view! {
        <Meta name="robots" content="noindex"/>
        <article class="panel" data-testid="certificate" data-state=certificate.state.as_str()>
            <h1><bdi>{certificate.name.clone()}</bdi></h1>
            {lead}
            <dl class="facts">
                <div><dt>{t.kind}</dt><dd>{kind}</dd></div>
                <div><dt>{t.competition}</dt><dd><bdi>{certificate.competition_title.clone()}</bdi></dd></div>
                <div><dt>{t.date}</dt><dd>{date(certificate.starts_at)}{last_day}</dd></div>
                {note}
                <div><dt>{t.issued_by}</dt><dd><bdi>{issuer}</bdi></dd></div>
                <div><dt>{t.issued_on}</dt><dd>{date(certificate.issued_at)}</dd></div>
                <div><dt>{t.serial}</dt><dd><code>{certificate.serial.clone()}</code></dd></div>
            </dl>
        </article>
    }
    .into_any()
}
