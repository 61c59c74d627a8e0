//! What can be wrong with a field. The sentences are in the catalogue, in each language.

use serde::{Deserialize, Serialize};

use super::{
    bracket_problem::BracketProblem, code_problem::CodeProblem, question_problem::QuestionProblem,
    result_problem::ResultProblem,
};
use crate::model::{picture::PictureError, text_rules::TextError};

/// What is wrong with a field of a form or of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum FieldProblem {
    /// The name of an account is missing.
    NoName,
    /// The e-mail address is missing.
    NoEmail,
    /// The title is missing.
    NoTitle,
    /// A tag is empty.
    NoTag,
    /// The subject is missing.
    NoSubject,
    /// The text of an announcement is missing.
    NoBody,
    /// The present password is missing.
    NoPassword,
    /// The new password is missing.
    NoNewPassword,
    /// The number of seats is missing.
    NoSeats,
    /// A time is missing.
    NoTime,
    /// The text breaks a rule for texts.
    Text(TextError),
    /// The text is no e-mail address.
    NotAnEmail,
    /// Another account has the e-mail address.
    EmailTaken,
    /// The password is too easy to guess.
    WeakPassword,
    /// The password is not that of the account.
    WrongPassword,
    /// The password is not that of the account with this e-mail address.
    WrongCredentials,
    /// The code is not the one that was sent to this e-mail address, or it was used or is too old.
    WrongLogInCode,
    /// The text is no code of six digits.
    NotACode,
    /// The text is no code of an authenticator app.
    NotAnAppCode,
    /// The text is neither a code of an authenticator app nor a recovery code.
    NotASecondFactor,
    /// The code is not the right one, or was used.
    WrongSecondFactor,
    /// The request has a password and a code.
    PasswordAndCode,
    /// The text is no date with a time.
    NotATime,
    /// The clocks of the zone skip the time.
    SkippedTime,
    /// The time is not in the future.
    PastTime,
    /// The time of something that has happened is in the future.
    FutureTime,
    /// The time is more than this number of days ago.
    TimeTooOld(u64),
    /// The year is not plausible.
    ImplausibleYear,
    /// The competition would be published after its registration closes.
    PublishesAfterClosing,
    /// The competition is no draft, so that it is not published later.
    NoDraftToPublish,
    /// Registration would open after it closes.
    OpensAfterClosing,
    /// Registration would close after the start.
    ClosesAfterStart,
    /// The competition would end before it starts.
    EndsBeforeStart,
    /// No zone has this name.
    UnknownTimeZone,
    /// The number is not from 1 to this.
    NumberOutOfBounds(u64),
    /// There are more tags than this.
    TooManyTags(u64),
    /// A tag contains a comma.
    CommaInTag,
    /// The competition has as many announcements as it may have.
    TooManyAnnouncements(u64),
    /// No division was chosen although the competition has some.
    NoDivision,
    /// The competition has no such division.
    UnknownDivision,
    /// Another division of the competition has the name.
    DivisionNameTaken,
    /// The competition has as many divisions as it may have.
    TooManyDivisions(u64),
    /// The highest age is lower than the lowest.
    AgesOutOfOrder,
    /// The last start number is lower than the first.
    StartNumbersOutOfOrder,
    /// A range of start numbers has only one of its ends.
    HalfARange,
    /// The name of an API key is missing.
    NoKeyName,
    /// Nothing was chosen that the API key may do.
    NoScope,
    /// The account has as many API keys as it may have.
    TooManyApiKeys(u64),
    /// The registration has as many notes as it may have.
    TooManyNotes(u64),
    /// The name of a saved view is missing.
    NoViewName,
    /// Another saved view of the competition has the name.
    ViewNameTaken,
    /// The competition has as many saved views as it may have.
    TooManyViews(u64),
    /// The competition has no such saved view.
    UnknownView,
    /// This line of a file is not in UTF-8.
    NotUtf8(u64),
    /// The list has more lines than this.
    TooManyLines(u64),
    /// The list is larger than this, in KiB.
    ListTooLarge(u64),
    /// This line of a list is longer than any line may be.
    LongLine(u64),
    /// The line has more fields than this, the number of columns.
    RaggedLine(u64),
    /// The line is about a registration that was cancelled.
    CancelledLine,
    /// The address is in this earlier line, too.
    RepeatedLine(u64),
    /// No line has an e-mail address.
    EmptyList,
    /// The text is no address of a webhook.
    NotAWebhookAddress,
    /// The address does not lead to a public one.
    NotAPublicAddress,
    /// No event was chosen.
    NoEvent,
    /// The account has as many webhooks as it may have.
    TooManyWebhooks(u64),
    /// The form does not offer this choice.
    NotInList,
    /// The status of what people have seen can't become this one.
    StatusIsFinal,
    /// A draft has nobody who could get an announcement.
    DraftHasNobody,
    /// Certificates can't be issued for a competition that has not begun, or was cancelled.
    CertificatesBeforeStart,
    /// More seats are taken than the capacity.
    SeatsTaken,
    /// Somebody else saved this value meanwhile; it may be empty.
    SavedMeanwhile(String),
    /// No picture was chosen.
    NoPicture,
    /// The picture or its description is not accepted.
    Picture(PictureError),
    /// No registration was chosen.
    NobodyChosen,
    /// More registrations than this were chosen.
    TooManyChosen(u64),
    /// A removal is undone too late: after some minutes, or after the competition has begun or was cancelled.
    UndoTooLate,
    /// The request has more scans of tickets than this.
    TooManyScans(u64),
    /// The account with this e-mail address can't take part.
    UnusableAddress,
    /// The account with this e-mail address works on the competition already.
    AlreadyStaff,
    /// As many people work on the competition as may, or are invited to.
    TooManyStaff(u64),
    /// The person has not accepted the invitation.
    InvitationOpen,
    /// The person is no organizer, so that the competition can't be handed over to them.
    SuccessorIsNoOrganizer,
    /// The text is neither an e-mail address nor the address of a page.
    NoContact,
    /// A question or an answer is not accepted.
    Question(QuestionProblem),
    /// A stage or a result is not accepted.
    Result(ResultProblem),
    /// A code is not accepted, or a condition of registrations.
    Code(CodeProblem),
    /// A bracket or the result of a match is not accepted.
    Bracket(BracketProblem),
    /// A field of a request to the API does not read.
    Request(RequestProblem),
}

/// What is wrong with a field of a request to the API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RequestProblem {
    /// The field is missing.
    Required,
    /// There is no field of this name.
    Unknown,
    /// The field occurs twice.
    Twice,
    /// The value is no string.
    NotAString,
    /// The value is neither true nor false.
    NotABoolean,
    /// The value is no whole number.
    NotAWholeNumber,
    /// The value is no number.
    NotANumber,
    /// The value is no array.
    NotAnArray,
    /// The value is no object.
    NotAnObject,
    /// The value is no time like this example.
    NotATime(String),
    /// The value is neither a day nor a time like these examples.
    NotADay(String, String),
    /// The value is none of these names.
    NoneOf(String),
    /// The value is no UUID.
    NotAnId,
    /// The text has half a character.
    BrokenCharacter,
    /// The value is of another kind.
    OtherKind,
    /// The value is none of the names in the documentation.
    UnknownName,
    /// The number is not a whole one from 1 to this.
    WholeNumberOutOfBounds(u64),
    /// The value is no id of an account.
    NotAnAccount,
    /// The address is not that of a push service.
    NotAPushEndpoint,
    /// The value is no key of a push subscription.
    NotAPushKey,
    /// The request names neither a group nor all groups.
    NoGroup,
    /// The job can't be tried again for this reason.
    NotRetryable(String),
}

impl From<RequestProblem> for FieldProblem {
    fn from(problem: RequestProblem) -> Self {
        Self::Request(problem)
    }
}

impl From<CodeProblem> for FieldProblem {
    fn from(problem: CodeProblem) -> Self {
        Self::Code(problem)
    }
}

impl From<QuestionProblem> for FieldProblem {
    fn from(problem: QuestionProblem) -> Self {
        Self::Question(problem)
    }
}

impl From<BracketProblem> for FieldProblem {
    fn from(problem: BracketProblem) -> Self {
        Self::Bracket(problem)
    }
}

impl From<ResultProblem> for FieldProblem {
    fn from(problem: ResultProblem) -> Self {
        Self::Result(problem)
    }
}

/// Returns the text of a list, whose first line that is not in UTF-8 is named.
///
/// # Errors
/// Returns [`FieldProblem::NotUtf8`].
pub fn utf8_lines(list: &[u8]) -> Result<&str, FieldProblem> {
    std::str::from_utf8(list).map_err(|error| {
        let before = list.get(..error.valid_up_to()).unwrap_or_default();
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        FieldProblem::NotUtf8(line as u64)
    })
}
