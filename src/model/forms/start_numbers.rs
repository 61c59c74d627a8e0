//! The rule by which start numbers are given.

use serde::{Deserialize, Serialize};

use super::{
    division::START_NUMBER_MAX, errors::FieldErrors, field_problem::FieldProblem,
    whole_number::optional_whole,
};
use crate::model::StartNumberOrder;

/// How start numbers are given to those with a seat who have none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StartNumberInput {
    /// The order within a division, or within the competition where there are none; by name if it is absent.
    #[serde(default)]
    pub order: StartNumberOrder,
    /// The first number for those whose division has no numbers of its own, 1 to 99,999; 1 if it is absent or `null`.
    #[serde(default, deserialize_with = "optional_whole")]
    pub from: Option<i64>,
    /// Whether the response only says what would happen: nothing is changed then.
    #[serde(default)]
    pub dry_run: bool,
}

impl StartNumberInput {
    /// Returns the first number.
    ///
    /// # Errors
    /// Returns an error if it is out of bounds.
    pub fn first(&self) -> Result<u32, FieldErrors> {
        let from = self.from.unwrap_or(1);
        let from = u32::try_from(from)
            .ok()
            .filter(|_| (1..=START_NUMBER_MAX).contains(&from));
        from.ok_or_else(|| FieldErrors::one("from", bounds()))
    }
}

/// The rule as it is typed in the browser.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StartNumberForm {
    /// The name of the order; by name if it is empty.
    pub order: String,
    /// The first number; 1 if it is empty.
    pub from: String,
}

impl StartNumberForm {
    /// Parses every field.
    ///
    /// # Errors
    /// Returns an error for each field that is malformed or out of bounds.
    pub fn parse(&self, dry_run: bool) -> Result<StartNumberInput, FieldErrors> {
        let mut errors = FieldErrors::default();
        let order = match self.order.as_str() {
            "" => Ok(StartNumberOrder::default()),
            name => name.parse().map_err(|_| FieldProblem::NotInList),
        };
        let order = errors.check("order", order);
        let from = match self.from.trim() {
            "" => None,
            text => errors.check("from", text.parse().map_err(|_| bounds())),
        };
        let Some(order) = order.filter(|_| errors.is_empty()) else {
            return Err(errors);
        };
        let input = StartNumberInput {
            order,
            from,
            dry_run,
        };
        input.first()?;
        Ok(input)
    }
}

fn bounds() -> FieldProblem {
    FieldProblem::NumberOutOfBounds(START_NUMBER_MAX.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_has_an_order_and_a_first_number_within_bounds() {
        let parse = |order: &str, from: &str| {
            let form = StartNumberForm {
                order: order.to_owned(),
                from: from.to_owned(),
            };
            form.parse(true)
        };
        let plain = parse("", " ").unwrap();
        assert_eq!(
            (plain.order, plain.first()),
            (StartNumberOrder::Name, Ok(1))
        );
        let other = parse("REGISTERED_AT", "500").unwrap();
        assert_eq!(other.first(), Ok(500));
        assert!(parse("SHOE_SIZE", "1").unwrap_err().of("order").is_some());
        for from in ["0", "-1", "100000", "many", "1.5"] {
            assert!(
                parse("NAME", from).unwrap_err().of("from").is_some(),
                "{from}"
            );
        }
    }
}
