//! The settings in force.

use std::sync::Arc;

use leptos::prelude::*;

use super::AdminPages;
use crate::{
    model::{SettingValue, SettingView},
    ui::{
        components::{PageHeader, TableBox},
        page::{PageContent, page},
        page_request::PageRequest,
        paths,
        text::text,
    },
};

/// The page `/admin/settings`: lists the settings of this process.
#[component]
pub fn SettingsPage() -> impl IntoView {
    page(async |request: Arc<PageRequest>| {
        request.require_administrator().await?;
        let t = &text().admin;
        let rows = request.services.settings.iter().map(row).collect_view();
        let body = view! {
            <PageHeader title=t.settings lead=t.settings_lead/>
            <AdminPages path=paths::ADMIN_SETTINGS/>
            <TableBox label=t.settings><table class="table dense">
                <caption class="sr-only">{t.settings}</caption>
                <thead>
                    <tr><th scope="col">{t.col_setting}</th><th scope="col">{t.col_value}</th></tr>
                </thead>
                <tbody>{rows}</tbody>
            </table></TableBox>
        };
        Ok(PageContent::new(t.settings, body))
    })
}

fn row(setting: &SettingView) -> AnyView {
    let t = &text().admin;
    let value = match &setting.value {
        SettingValue::Shown(value) => view! { <code>{value.clone()}</code> }.into_any(),
        SettingValue::Secret => view! { <span class="muted">{t.hidden}</span> }.into_any(),
        SettingValue::Unset => view! { <span class="muted">{t.unset}</span> }.into_any(),
    };
    view! {
        <tr>
            <th scope="row"><code>{setting.name}</code></th>
            <td data-label=t.col_value class="cell-text">{value}</td>
        </tr>
    }
    .into_any()
}
