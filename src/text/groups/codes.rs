//! Sentences about codes, and about who may register.

use crate::model::{CodeKind, forms::CodeProblem};

sentences! {
    /// Sentences about codes and conditions: those of the organizer's page, and those that participants read.
    CodesText {
        code;
        title;
        lead;
        none_title;
        none;
        add;
        generate;
        generate_lead;
        count;
        code_hint;
        label;
        kind;
        kind_eligibility;
        kind_reserved;
        max_uses;
        email;
        email_hint;
        expires_at;
        expires_hint;
        any_division;
        save;
        change;
        change_of(code: &str);
        remove;
        remove_of(code: &str);
        link_of(code: &str);
        used(used: u64, most: u64);
        until(when: &str);
        expired;
        only_for(email: &str);
        added_flash;
        generated_flash;
        saved_flash;
        removed_flash;
        who_title;
        who_lead;
        required;
        domains;
        domains_hint;
        ages_hint;
        ages_unchecked;
        who_flash;
        your_code;
        code_needed;
        domains_only(domains: &str);
        form;
        taken;
        too_many(n: u64);
        not_enough_seats(n: u64);
        below_uses(n: u64);
        other_division;
        too_many_domains(n: u64);
        not_a_domain;
        birth_date_is_fixed;
        limits_reserved(n: u64);
        unused_reserved(n: u64);
    }
}

impl CodesText {
    /// Returns the words for a kind of code.
    #[must_use]
    pub const fn kind_name(&self, kind: CodeKind) -> &'static str {
        match kind {
            CodeKind::Eligibility => self.kind_eligibility,
            CodeKind::Reserved => self.kind_reserved,
        }
    }

    /// Returns the sentence that says how to correct a code or a condition.
    #[must_use]
    pub fn problem(&self, problem: &CodeProblem) -> String {
        match problem {
            CodeProblem::Form => self.form,
            CodeProblem::Taken => self.taken,
            CodeProblem::TooManyCodes(most) => return self.too_many(*most),
            CodeProblem::NotEnoughSeats(most) => return self.not_enough_seats(*most),
            CodeProblem::BelowUses(uses) => return self.below_uses(*uses),
            CodeProblem::OtherDivision => self.other_division,
            CodeProblem::TooManyDomains(most) => return self.too_many_domains(*most),
            CodeProblem::NotADomain => self.not_a_domain,
            CodeProblem::BirthDateIsFixed => self.birth_date_is_fixed,
        }
        .to_owned()
    }
}
