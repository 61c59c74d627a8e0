//! The registrations of a competition: searched, filtered, sorted, in pages, or all as CSV. Those that are chosen can
//! be cancelled, promoted or notified, and participants can be added.

use std::sync::Arc;

use leptos::prelude::*;

use super::{person_drawer::person_drawer, saved_views::saved_views};
use crate::{
    model::{
        BulkAction, CompetitionId, CompetitionStatus, CompetitionView, IdempotencyKey, Language,
        Permission, RegistrationId, RegistrationSort, RegistrationStatus, RegistrationView,
        StaffRole,
        forms::{COUNTED_REGISTRATIONS, Paging, RegistrationFilter},
    },
    ui::{
        actions::{MESSAGE, PARTICIPANT_FORM, VIEW_FORM},
        components::{
            EmptyState, ErrorSummary, Field, Glyph, Icon, PageHeader, SearchField, Select,
            StatusBadge, When, WhenStyle,
        },
        flash::FormInput,
        islands::LiveSeatsData,
        page::{PageContent, page},
        page_request::{PageError, PageRequest},
        paths::{self, with_query},
        text::text,
    },
};

/// The number of registrations on a page.
const ROWS: u64 = 50;

/// The value of the parameter `select` with which everybody on the page is selected.
const SELECT_PAGE: &str = "page";

/// The page `/organize/{id}/registrations`: lists a competition's registrations.
#[component]
pub fn Participants() -> impl IntoView {
    page(load)
}

/// Returns the path of the list of a competition's registrations.
pub fn participants_url(id: CompetitionId) -> String {
    paths::organize(id, "registrations")
}

async fn load(request: Arc<PageRequest>) -> Result<PageContent, PageError> {
    let (actor, competition, role) = request.permitted(Permission::SeePeople).await?;
    let services = &request.services;
    let filter = RegistrationFilter {
        status: request.query_as("status"),
        search: request.query("search"),
        language: request.query_as("language"),
        checked_in: request.query_as("checkedIn"),
        sort: request.query_as("sort"),
        after: request.query_as("after"),
    };
    let paging = Paging::new(request.query_as("page"), None, ROWS);
    let people = services
        .registrations
        .of_competition(actor, competition.id, &filter, paging)
        .await?;
    request.within(&people)?;
    let form_input = request.form_input(PARTICIPANT_FORM);
    let views = services
        .registrations
        .saved_views(actor, competition.id)
        .await?;
    let t = &text().organize;
    let list = PeopleList {
        competition: competition.id,
        filter,
        page: people.page,
        pages: people.pages(),
        role,
        selects_page: request.query("select").as_deref() == Some(SELECT_PAGE),
    };
    let total = people.total;
    let count = match total {
        COUNTED_REGISTRATIONS if list.filter.has_conditions() => {
            text().people.more_than(COUNTED_REGISTRATIONS - 1)
        }
        total => t.count(total),
    };
    let is_all = list.query(|_| true).is_empty();
    let last = people.items.last().map(|last| last.registration_id);
    let listed = if people.items.is_empty() {
        let words = if is_all {
            t.people_none
        } else {
            t.people_no_match
        };
        view! { <EmptyState glyph=Glyph::User title=t.people_none_title words=words/> }.into_any()
    } else {
        list.form(&competition.title, people.items, &count)
    };
    let seats = LiveSeatsData {
        competition: competition.id,
        live: competition.live(request.now),
    };
    let query = list.query(|_| true);
    let pairs: Vec<_> = query
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let download = |extension: &str, words: &'static str| {
        let path = format!("{}.{extension}", participants_url(competition.id));
        let href = with_query(&path, &pairs);
        view! { <a class="button" href=href download=""><Icon glyph=Glyph::Download/>{words}</a> }
    };
    let downloads = role
        .permits(Permission::ExportPeople)
        .then(|| [download("csv", t.csv), download("xlsx", t.xlsx)].collect_view());
    let badges = role.permits(Permission::CheckIn).then(|| {
        let href = paths::organize(competition.id, "check-in/list");
        view! { <a class="button" href=href>{text().certificates.badges}</a> }
    });
    let saved_views = saved_views(
        competition.id,
        &list.filter,
        views,
        role.permits(Permission::ManagePeople),
        &request.form_input(VIEW_FORM),
    );
    let addition = role
        .permits(Permission::ManagePeople)
        .then(|| addition(&competition, &form_input));
    let drawer = role
        .permits(Permission::ManagePeople)
        .then(|| person_drawer(participants_url(competition.id)));
    let body = view! {
        <p class="crumb"><a href=paths::organize(competition.id, "")><bdi>{competition.title.clone()}</bdi></a></p>
        <PageHeader title=t.people><div id="downloads" class="buttons">{downloads}{badges}</div></PageHeader>
        {saved_views}
        {list.filters()}
        {seats.show()}
        <div data-own-list="">
            <p id="result-count" class="result-count" role="status">{count}</p>
            <div id="results">
                {listed}
                {list.pages(last)}
            </div>
        </div>
        {addition}
        {drawer}
        <script src=paths::PEOPLE_SCRIPT defer=true></script>
    };
    Ok(PageContent::new(
        format!("{} · {}", t.people, competition.title),
        body,
    ))
}

/// What a list of registrations shows.
struct PeopleList {
    competition: CompetitionId,
    filter: RegistrationFilter,
    page: u64,
    pages: u64,
    /// What the viewer may see and do.
    role: StaffRole,
    /// Whether everybody on the page is selected.
    selects_page: bool,
}

impl PeopleList {
    /// Returns the parameters of the list that are set and wanted.
    fn query(&self, wanted: impl Fn(&str) -> bool) -> Vec<(&'static str, String)> {
        let all = self.filter.query().into_iter();
        all.filter(|(name, _)| wanted(name)).collect()
    }

    /// Returns the address of the list with other values of parameters.
    fn address(&self, others: &[(&'static str, String)]) -> String {
        let mut query = self.query(|name| others.iter().all(|(other, _)| *other != name));
        query.extend(others.iter().cloned());
        let pairs: Vec<_> = query
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        with_query(&participants_url(self.competition), &pairs)
    }

    fn filters(&self) -> AnyView {
        let (t, people, me) = (&text().organize, &text().people, &text().registrations);
        let filter = &self.filter;
        let status = filter.status.map_or("", RegistrationStatus::as_str);
        let language = filter.language.map_or("", Language::tag);
        let statuses = vec![
            ("", t.any_status),
            (RegistrationStatus::Pending.as_str(), me.pending),
            (RegistrationStatus::Confirmed.as_str(), me.confirmed),
            (RegistrationStatus::Waitlisted.as_str(), me.waitlisted),
            (RegistrationStatus::Cancelled.as_str(), me.cancelled),
        ];
        let names = Language::ALL
            .iter()
            .map(|language| (language.tag(), language.own_name()));
        let languages = std::iter::once(("", people.any_language))
            .chain(names)
            .collect();
        let here = match filter.checked_in {
            None => "",
            Some(true) => "true",
            Some(false) => "false",
        };
        let check_in = &text().check_in;
        let attendance = vec![
            ("", check_in.filter_any),
            ("true", check_in.filter_here),
            ("false", check_in.filter_missing),
        ];
        let sort = filter.sort.map(|sort| {
            view! { <input type="hidden" name="sort" value=sort.as_str()/> }
        });
        view! {
            <search>
                <form class="filters three-choices" method="get" action=participants_url(self.competition) data-live="result-count results saved-views downloads">
                    <SearchField value=filter.search.clone() placeholder=t.search_people/>
                    <Select name="status" label=t.col_status value=status choices=statuses/>
                    <Select name="language" label=people.col_language value=language choices=languages of_languages=true/>
                    <Select name="checkedIn" label=check_in.title value=here choices=attendance/>
                    {sort}
                    <button type="submit" class="button">{text().browse.show}</button>
                </form>
            </search>
        }
        .into_any()
    }

    /// Shows registrations with a checkbox each, and what can be done with those that are chosen.
    /// `count` says how many the list shows on all pages.
    fn form(&self, title: &str, people: Vec<RegistrationView>, count: &str) -> AnyView {
        if !self.role.permits(Permission::ManagePeople) {
            return self.table(title, people);
        }
        let t = &text().people;
        let action = |action: BulkAction, words: &'static str, class: &'static str| {
            view! { <button type="submit" class=class name="action" value=action.as_str()>{words}</button> }
        };
        let message = self.role.permits(Permission::Edit).then(|| {
            view! { <button type="submit" class="button" name="action" value=MESSAGE>{t.message}</button> }
        });
        let hidden = self.query(|name| name != "sort").into_iter();
        let hidden = hidden.map(|(name, value)| {
            view! { <input type="hidden" name=name value=value/> }
        });
        let everybody = (self.pages > 1).then(|| {
            let words = format!("{}: {count}", t.everybody);
            view! {
                <div class="checkbox">
                    <label for="everybody"><input id="everybody" type="checkbox" name="everybody" value="on" autocomplete="off"/>{words}</label>
                </div>
            }
        });
        let mut here = vec![
            ("select", SELECT_PAGE.to_owned()),
            ("page", self.page.to_string()),
        ];
        here.extend(self.filter.after.map(|last| ("after", last.to_string())));
        let select_page = self.address(&here);
        view! {
            <form method="post" action="/act/review-registrations-of-competition" data-testid="people-form">
                <input type="hidden" name="competitionId" value=self.competition.to_string()/>
                {hidden.collect_view()}
                {self.table(title, people)}
                <fieldset class="people-actions">
                    <legend>{t.with_selected}</legend>
                    <p><a class="button quiet" href=select_page>{t.select_page}</a></p>
                    {everybody}
                    <p class="buttons">
                        {action(BulkAction::Resend, t.resend, "button")}
                        {action(BulkAction::Promote, t.promote, "button")}
                        {message}
                        {action(BulkAction::Cancel, t.cancel, "button danger")}
                    </p>
                </fieldset>
            </form>
        }
        .into_any()
    }

    fn table(&self, title: &str, people: Vec<RegistrationView>) -> AnyView {
        let t = &text().organize;
        use RegistrationSort as Sort;
        let chooses = self.role.permits(Permission::ManagePeople);
        let choice = chooses.then_some(self.selects_page);
        let shows_email = self.role.permits(Permission::SeeContacts);
        view! {
            <table class="table">
                <caption class="sr-only">{t.people_caption(title)}</caption>
                <thead>
                    <tr>
                        {chooses.then(|| view! {
                            <td class="cell-check">
                                <input type="checkbox" hidden=true data-select-page="" checked=self.selects_page autocomplete="off" aria-label=text().people.select_page/>
                            </td>
                        })}
                        {self.column(t.col_name, Sort::Name, Sort::NameDescending)}
                        {shows_email.then(|| self.column(t.col_email, Sort::Email, Sort::EmailDescending))}
                        {self.column(t.col_status, Sort::Status, Sort::StatusDescending)}
                        {self.column(t.col_registered, Sort::RegisteredAt, Sort::RegisteredAtDescending)}
                    </tr>
                </thead>
                <tbody>{people.into_iter().map(|person| row(person, choice, chooses, shows_email)).collect_view()}</tbody>
            </table>
        }
        .into_any()
    }

    /// Shows the head of a column, whose link sorts by it, or the other way round if the list is sorted by it.
    fn column(&self, words: &'static str, up: RegistrationSort, down: RegistrationSort) -> AnyView {
        let now = self.filter.sort.unwrap_or_default();
        let (sorted, next) = match now {
            now if now == up => (Some("ascending"), down),
            now if now == down => (Some("descending"), up),
            _ => (None, up),
        };
        let arrow = match sorted {
            Some("ascending") => " ↑",
            Some(_) => " ↓",
            None => "",
        };
        let address = self.address(&[("sort", next.to_string())]);
        view! {
            <th scope="col" aria-sort=sorted>
                <a href=address>{words}<span aria-hidden="true">{arrow}</span></a>
            </th>
        }
        .into_any()
    }

    /// Shows links to the other pages. The next one begins behind the last registration of this one, so it is found
    /// at once however long the list is, and nobody is left out whoever registers meanwhile.
    fn pages(&self, last: Option<RegistrationId>) -> Option<AnyView> {
        let t = &text().frame;
        (self.pages > 1).then(|| {
            let next = last.filter(|_| self.page < self.pages).map(|last| {
                let address = self.address(&[
                    ("after", last.to_string()),
                    ("page", (self.page + 1).to_string()),
                ]);
                view! { <a class="button" rel="next" href=address>{t.next}</a> }
            });
            let previous = (self.page > 1).then(|| {
                let address = self.address(&[("page", (self.page - 1).to_string())]);
                view! { <a class="button" rel="prev" href=address>{t.previous}</a> }
            });
            view! {
                <nav class="pagination" aria-label=t.pages>
                    {previous}
                    <span>{t.page_of(self.page, self.pages)}</span>
                    {next}
                </nav>
            }
            .into_any()
        })
    }
}

/// Shows a participant, with a checkbox if there is a `choice`: whether it is checked. Only those who may act on
/// participants open their pages.
fn row(person: RegistrationView, choice: Option<bool>, opens: bool, shows_email: bool) -> AnyView {
    let t = &text().organize;
    let position = person.waitlist_position.map(|n| format!(" {n}"));
    let name = person.user_name.unwrap_or_default();
    let name = text().account.account_name(&name).to_owned();
    let page = paths::person(person.competition_id, person.registration_id);
    let id = person.registration_id.to_string();
    let division = person.division_name.map(|division| {
        view! { <br/><span class="muted small"><bdi>{division}</bdi></span> }
    });
    let start_number = person.start_number.map(|it| {
        let words = text().start_numbers.column;
        view! { <span class="muted small">" "{words}" "{it.to_string()}</span> }
    });
    let checked_in = person.checked_in_at.map(|at| {
        let words = text().check_in.filter_here;
        view! { <br/><span class="muted small">{words}" "<When time=at style=WhenStyle::Recent/></span> }
    });
    let choice = choice.map(|checked| {
        view! {
            <td class="cell-check">
                <input type="checkbox" name="ids[]" value=id checked=checked autocomplete="off" aria-label=text().people.select(&name)/>
            </td>
        }
    });
    let email = shows_email.then(|| {
        view! { <td class="cell-text" data-label=t.col_email>{person.user_email}</td> }
    });
    let name = match opens {
        true => view! { <a href=page data-person=""><bdi>{name}</bdi></a> }.into_any(),
        false => view! { <bdi>{name}</bdi> }.into_any(),
    };
    view! {
        <tr>
            {choice}
            <th scope="row">{name}{start_number}{division}</th>
            {email}
            <td data-label=t.col_status><StatusBadge status=person.status/>{position}{checked_in}</td>
            <td data-label=t.col_registered><When time=person.registered_at style=WhenStyle::Short/></td>
        </tr>
    }
    .into_any()
}

/// Shows registrations as a table of participants and their status.
pub fn participants_table(title: &str, people: Vec<RegistrationView>, role: StaffRole) -> AnyView {
    let t = &text().organize;
    let shows_email = role.permits(Permission::SeeContacts);
    let opens = role.permits(Permission::ManagePeople);
    let email = shows_email.then(|| view! { <th scope="col">{t.col_email}</th> });
    view! {
        <table class="table">
            <caption class="sr-only">{t.people_caption(title)}</caption>
            <thead>
                <tr>
                    <th scope="col">{t.col_name}</th>
                    {email}
                    <th scope="col">{t.col_status}</th>
                    <th scope="col">{t.col_registered}</th>
                </tr>
            </thead>
            <tbody>{people.into_iter().map(|person| row(person, None, opens, shows_email)).collect_view()}</tbody>
        </table>
    }
    .into_any()
}

/// Shows the form that adds a participant.
fn addition(competition: &CompetitionView, form_input: &Arc<FormInput>) -> Option<AnyView> {
    let t = &text().people;
    let division = division_field(competition, form_input);
    let form_input = || Arc::clone(form_input);
    (competition.status == CompetitionStatus::Published).then(|| {
        view! {
            <section class="section" aria-labelledby="add">
                <h2 id="add">{t.add_title}</h2>
                <p class="muted">{t.add_lead}</p>
                <p><a href=paths::organize(competition.id, "import")>{text().import.title}</a></p>
                <form class="form" method="post" action="/act/add-participant-to-competition" data-testid="participant-form">
                    <ErrorSummary form_input=form_input()/>
                    <input type="hidden" name="competitionId" value=competition.id.to_string()/>
                    <input type="hidden" name="idempotencyKey" value=IdempotencyKey::mint().to_string()/>
                    <Field form_input=form_input() name="name" label=text().organize.col_name max_length="100"/>
                    <Field form_input=form_input() name="email" kind="email" label=text().organize.col_email max_length="254"/>
                    {division}
                    <button type="submit" class="button primary">{t.add_button}</button>
                </form>
            </section>
        }
        .into_any()
    })
}

/// Asks for the division of a participant, where there are any.
fn division_field(competition: &CompetitionView, form_input: &FormInput) -> Option<AnyView> {
    let t = &text().divisions;
    let chosen = form_input.value("divisionId");
    let choices = competition.divisions.iter().map(|division| {
        let id = division.id.to_string();
        let selected = id == chosen;
        view! { <option value=id selected=selected>{division.name.clone()}</option> }
    });
    let choices = choices.collect_view();
    (!competition.divisions.is_empty()).then(|| {
        let error = form_input.error("divisionId");
        let described = error.is_some().then_some("divisionId-error");
        view! {
            <div class="field">
                <label for="divisionId">{t.division}</label>
                <select id="divisionId" name="divisionId" required=true aria-describedby=described>
                    <option value="">{t.choose}</option>
                    {choices}
                </select>
                {error.map(|words| view! { <p class="field-error" id="divisionId-error">{words}</p> })}
            </div>
        }
        .into_any()
    })
}
