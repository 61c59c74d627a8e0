//! What can be wrong with a question of a competition, or with an answer to one.

use serde::{Deserialize, Serialize};

/// What is wrong with a question or an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum QuestionProblem {
    /// The question is missing.
    NoLabel,
    /// The competition has as many questions as it may have.
    TooManyQuestions(u64),
    /// The question has nothing to choose from.
    NoOptions,
    /// There are more options than this.
    TooManyOptions(u64),
    /// An option occurs twice.
    RepeatedOption,
    /// Questions of this kind have no options.
    OptionsOfOtherKind,
    /// There is no question at this place.
    NoSuchPlace(u64),
    /// The answer is missing.
    NoAnswer,
    /// Nobody registers without this agreement.
    NoConsent,
    /// The words to agree to are others by now.
    WordingChanged,
    /// The competition does not ask this, or not any more.
    NotAsked,
    /// The answer is none of the options.
    NotAnOption,
    /// The answer is no day like `2001-12-31`.
    NotADay,
    /// The answer is no country of ISO 3166-1.
    NotACountry,
    /// The answer is no telephone number.
    NotAPhone,
    /// The answer is no number, or too large a one.
    NotANumber,
    /// All answers together are longer than may be stored.
    AnswersTooLong,
}
