//! The branches of a list and their conditions.

use super::{
    list_query::{
        Branch, ListQuery, ListSection, OwnCompetitions, SORTED_MAX, STARTS_AT, SelectiveCondition,
        Source,
    },
    listing_phases::{LATE_ROWS, OPENING_ROWS, begins_by_itself, has_begun, phase_number},
    sql_text::SqlText,
};
use crate::{
    domain::staff::MOST_COMPETITIONS,
    model::{Phase, StaffRole},
};

impl ListQuery<'_> {
    /// Returns the branches of a section: in each, the rows follow each other in an index.
    pub(super) fn branches(
        &self,
        sql: &mut SqlText,
        source: Source,
        section: ListSection,
        order: &str,
    ) -> Vec<Branch> {
        let listings = |condition: String| Branch {
            id: "l.id",
            rows: format!("competition_listings AS l WHERE {condition}"),
        };
        let others = self.conditions(sql, source, section, order);
        match source {
            Source::Organizer => {
                let phases = self.phase_condition(sql, order);
                let mut rows = Vec::new();
                if let Some(own) = self.organizer {
                    if own.is_organizer {
                        let owned = sql.bind(own.account.0);
                        rows.push(listings(format!(
                            "l.organizer_id = {owned}{phases}{others}"
                        )));
                    }
                    let members = members(sql, own);
                    let among = sql.among(&members);
                    rows.push(listings(format!("l.id {among}{phases}{others}")));
                }
                rows
            }
            Source::SelectiveCondition(number) => {
                let ids = self.selection(sql, number, SORTED_MAX + 1);
                let among = sql.among(&ids);
                vec![listings(format!(
                    "l.id {among}{}{others}",
                    self.phase_condition(sql, order)
                ))]
            }
            Source::Listings if self.public_condition().is_some() => {
                let phases = self.public_condition().unwrap_or_default();
                vec![listings(format!("{phases}{others}"))]
            }
            Source::Listings | Source::Term(_) => {
                let mut branches = Vec::new();
                let of_listings = self.conditions(sql, Source::Listings, section, order);
                for &phase in &self.phases {
                    let (number, begun) = (phase_number(phase), has_begun(sql, phase, order));
                    if phase == Phase::OpensSoon {
                        let opening = sql.among(OPENING_ROWS);
                        branches.push(listings(format!(
                            "l.id {opening} AND +l.phase >= 0 AND +l.phase <= 3{begun}{of_listings}"
                        )));
                        continue;
                    }
                    branches.push(match source {
                        Source::Term(term) => Branch {
                            id: "l.competition_id",
                            rows: format!(
                                "competition_terms AS l WHERE {} AND l.phase = {number}{begun}{others}",
                                sql.is_one_of("l.term", &self.terms[term])
                            ),
                        },
                        _ => listings(format!("l.phase = {number}{begun}{others}")),
                    });
                    if begins_by_itself(phase) {
                        let late = sql.among(LATE_ROWS);
                        branches.push(listings(format!(
                            "l.id {late} AND +l.phase <= 5 AND +l.phase <> {number}{begun}{of_listings}"
                        )));
                    }
                }
                branches
            }
        }
    }

    /// Returns the condition on the phases, if an index of all public competitions fulfils it by itself or
    /// nearly.
    fn public_condition(&self) -> Option<&'static str> {
        let all =
            |phases: usize| self.phases.len() == phases && !self.phases.contains(&Phase::Draft);
        if all(Phase::ALL.len() - 1) {
            Some("l.phase < 8")
        } else if all(Phase::ALL.len() - 2) && !self.phases.contains(&Phase::Cancelled) {
            Some("l.phase < 8 AND l.phase < 7")
        } else {
            None
        }
    }

    /// Returns the condition on the phases for rows that are found by their ids or their organizer, and may be
    /// late. The unary plus keeps the planner from finding them by their phase.
    fn phase_condition(&self, sql: &SqlText, order: &str) -> String {
        if self.phases.len() == Phase::ALL.len() {
            return String::new();
        }
        if let Some(condition) = self.public_condition() {
            return format!(" AND {}", condition.replace("l.phase", "+l.phase"));
        }
        let phases: Vec<_> = self
            .phases
            .iter()
            .map(|phase| {
                let begun = has_begun(sql, *phase, order);
                match phase_number(*phase) {
                    _ if *phase == Phase::OpensSoon => {
                        format!("(+l.phase >= 0 AND +l.phase <= 3{begun})")
                    }
                    _ if begins_by_itself(*phase) => format!("(+l.phase <= 6{begun})"),
                    number => format!("(+l.phase = {number}{begun})"),
                }
            })
            .collect();
        format!(" AND ({})", phases.join(" OR "))
    }

    /// Returns the conditions that `source` does not fulfil by itself, each after ` AND `.
    fn conditions(
        &self,
        sql: &mut SqlText,
        source: Source,
        section: ListSection,
        order: &str,
    ) -> String {
        let mut conditions = String::new();
        let id = match source {
            Source::Term(_) => "l.competition_id",
            _ => "l.id",
        };
        let time = sql.compared(self.time(), order);
        match section {
            ListSection::Whole => {}
            ListSection::Ahead => conditions += &format!(" AND {time} > {}", SqlText::NOW),
            ListSection::Past => conditions += &format!(" AND {time} <= {}", SqlText::NOW),
        }
        conditions += &self.range(sql, order);
        let chosen = match source {
            Source::Term(term) => Some(SelectiveCondition::Term(term)),
            Source::SelectiveCondition(number) => self.selections.get(number).copied(),
            Source::Listings | Source::Organizer => None,
        };
        for (number, term) in self.terms.iter().enumerate() {
            if chosen != Some(SelectiveCondition::Term(number)) {
                let is_term = sql.is_one_of("t.term", term);
                conditions += &format!(
                    " AND (SELECT 1 FROM competition_terms AS t WHERE t.competition_id = {id} \
                     AND {is_term} LIMIT 1) = 1"
                );
            }
        }
        if source != Source::Organizer && self.organizer.is_some() {
            conditions += &format!(" AND {}", self.of_organizer(sql));
        }
        conditions
    }

    fn range(&self, sql: &mut SqlText, order: &str) -> String {
        let mut range = String::new();
        let starts_at = sql.compared(STARTS_AT, order);
        if let Some(from) = self.filter.from {
            range += &format!(" AND {starts_at} >= {}", sql.bind(from));
        }
        if let Some(to) = self.filter.to {
            range += &format!(" AND {starts_at} < {}", sql.bind(to));
        }
        range
    }

    fn of_organizer(&self, sql: &mut SqlText) -> String {
        let Some(own) = self.organizer else {
            return "l.phase < 8".to_owned();
        };
        let members = members(sql, own);
        let works = format!("l.id {}", sql.among(&members));
        match own.is_organizer {
            true => format!("(l.organizer_id = {} OR {works})", sql.bind(own.account.0)),
            false => works,
        }
    }

    /// Returns the query for the ids of a selection, in the order of an index like a count.
    pub(super) fn selection(&self, sql: &mut SqlText, number: usize, most: u64) -> String {
        let listings = "SELECT l.id FROM competition_listings AS l WHERE";
        match self.selections.get(number) {
            Some(SelectiveCondition::Term(term)) => format!(
                "SELECT l.competition_id FROM competition_terms AS l WHERE {} ORDER BY l.phase, l.starts_at",
                sql.is_one_of("l.term", &self.terms[*term])
            ),
            Some(SelectiveCondition::Organizer) => {
                let Some(own) = self.organizer else {
                    return format!("{listings} l.phase < 8 ORDER BY l.starts_at");
                };
                let members = members(sql, own);
                let works = format!("SELECT id FROM ({members}) AS works");
                if !own.is_organizer {
                    return works;
                }
                let owned = sql.bind(own.account.0);
                format!(
                    "SELECT id FROM ({listings} l.organizer_id = {owned} \
                     ORDER BY l.starts_at LIMIT {most}) AS owned UNION ALL {works}"
                )
            }
            Some(SelectiveCondition::Range) => {
                format!(
                    "{listings} l.phase < 8{} ORDER BY l.starts_at",
                    self.range(sql, STARTS_AT)
                )
            }
            Some(SelectiveCondition::Phases) => {
                let of_phase = |phase: &Phase| {
                    let begun = has_begun(sql, *phase, STARTS_AT);
                    let number = phase_number(*phase);
                    format!(
                        "SELECT id FROM ({listings} l.phase = {number}{begun} \
                         ORDER BY l.starts_at LIMIT {most}) AS branch"
                    )
                };
                let branches: Vec<_> = self.phases.iter().map(of_phase).collect();
                branches.join(" UNION ALL ")
            }
            Some(SelectiveCondition::Everything) | None => {
                format!("{listings} l.phase < 8 ORDER BY l.starts_at")
            }
        }
    }
}

/// Returns the query for the ids of the competitions of others on which an account works.
fn members(sql: &mut SqlText, own: OwnCompetitions) -> String {
    let roles = StaffRole::INVITED.iter().map(|role| format!("'{role}'"));
    let roles = roles.collect::<Vec<_>>().join(", ");
    format!(
        "SELECT s.competition_id AS id FROM staff AS s WHERE s.user_id = {} AND s.role IN ({roles}) \
         LIMIT {MOST_COMPETITIONS}",
        sql.bind(own.account.0)
    )
}
