//! What is printed on a certificate, in a language.

use chrono::{DateTime, Utc};
use pdf::Certificate;

use crate::{
    domain::pdf_printer::{qr_code, script},
    model::{CertificateKind, CertificateView, Language},
    text::{DateStyle, catalogue, date_time},
};

/// Returns the certificate in a language. `address` is where it is verified.
pub(super) fn document(
    certificate: &CertificateView,
    language: Language,
    address: String,
) -> Certificate {
    let t = &catalogue(language).certificates;
    let (title, reason) = match certificate.kind {
        CertificateKind::Participation => (t.participation, t.for_participation),
        CertificateKind::Place => (t.place, t.for_place),
    };
    let date = |time| date_time(language, DateStyle::Date, time, &certificate.time_zone);
    Certificate {
        script: script(language),
        title: title.to_owned(),
        awarded_to: t.awarded_to.to_owned(),
        name: t.holder(&certificate.name),
        reason: reason.to_owned(),
        competition: certificate.competition_title.clone(),
        dates: dates(certificate, language),
        place: None,
        remark: certificate.remark.clone(),
        issuer: catalogue(language)
            .account
            .account_name(&certificate.issuer_name)
            .to_owned(),
        issuer_role: t.issuer_role.to_owned(),
        issued: t.issued(&date(certificate.issued_at)),
        verification: t.verify_at.to_owned(),
        code: qr_code(&address),
        address,
    }
}

/// Returns the day on which the competition took place, or the first and the last one.
fn dates(certificate: &CertificateView, language: Language) -> String {
    let zone = &certificate.time_zone;
    let date = |time: DateTime<Utc>| date_time(language, DateStyle::Date, time, zone);
    let first = date(certificate.starts_at);
    match certificate.ends_at.map(date) {
        Some(last) if last != first => catalogue(language).certificates.dates(&first, &last),
        _ => first,
    }
}
