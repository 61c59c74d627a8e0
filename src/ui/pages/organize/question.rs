//! Pages that ask before something is done to a competition.

use leptos::prelude::*;

use crate::{
    model::{CompetitionView, Permission},
    ui::{
        page::PageContent,
        page_request::{PageError, PageRequest},
        paths,
    },
};

/// Returns the competition that a page is about, for those who may edit it.
pub(super) async fn owned(request: &PageRequest) -> Result<CompetitionView, PageError> {
    permitted(request, Permission::Edit).await
}

/// Returns the competition that a page is about, for those who may do this.
pub(super) async fn permitted(
    request: &PageRequest,
    permission: Permission,
) -> Result<CompetitionView, PageError> {
    let (_, competition, _) = request.permitted(permission).await?;
    Ok(competition)
}

/// What a page asks before it does something.
pub(super) struct Question {
    pub title: String,
    /// What will happen, with numbers.
    pub words: String,
    /// The address of the form.
    pub action: &'static str,
    /// The hidden fields of the form, besides the competition.
    pub fields: Vec<(&'static str, String)>,
    /// The label of the button that does it.
    pub yes: &'static str,
    /// The label of the link that does not.
    pub no: &'static str,
    /// The page of the competition to which both lead; empty for its overview.
    pub back: &'static str,
    /// Whether it can't be undone.
    pub is_final: bool,
}

impl Question {
    /// Renders a page that asks for confirmation. With JavaScript its form opens in a dialog instead.
    pub(super) fn ask_about(self, competition: &CompetitionView) -> PageContent {
        let back = (!self.back.is_empty()).then(|| ("back", self.back.to_owned()));
        let fields = self.fields.into_iter().chain(back);
        let fields = fields
            .map(|(name, value)| view! { <input type="hidden" name=name value=value/> })
            .collect_view();
        let class = if self.is_final {
            "button danger"
        } else {
            "button primary"
        };
        let body = view! {
            <div class="form-page" data-question="">
                <h1>{self.title.clone()}</h1>
                <p><strong>{competition.title.clone()}</strong></p>
                <p>{self.words}</p>
                <form method="post" action=self.action>
                    <input type="hidden" name="competitionId" value=competition.id.to_string()/>
                    {fields}
                    <p class="buttons">
                        <button type="submit" class=class>{self.yes}</button>
                        <a class="button" href=paths::organize(competition.id, self.back) data-close="">{self.no}</a>
                    </p>
                </form>
            </div>
        };
        PageContent::new(self.title, body)
    }
}
