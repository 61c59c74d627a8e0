//! The bounds of fields, parameters and headers in the OpenAPI document, from the same constants
//! that the forms check: a client that follows the document sends no invalid texts.

use utoipa::{
    Number,
    openapi::{
        Components, OpenApi, Ref, RefOr,
        path::{Operation, Parameter, ParameterIn},
        schema::{Array, ArrayItems, KnownFormat, Object, Schema, SchemaFormat, SchemaType},
    },
};

use crate::model::{
    CONTACT_LENGTH, IdempotencyKey, Language, RESULT_DECIMALS_MAX, RESULT_VALUE_MAX,
    forms::{
        AGE_MAX, API_KEY_NAME, BODY_MAX, BRACKET_ENTRANTS_MAX, BRACKET_NAME, BULK_MAX, CODE_BATCH,
        CODE_LABEL, CODE_MAX, CODE_MIN, CODE_USES, DEVICE_MAX, DIVISION_NAME, EMAIL_DOMAIN,
        EMAIL_DOMAINS, LONGEST_CODE, MATCH_SCORE_MAX, OPTIONS_MAX, PERFORMANCES_MAX,
        PUSH_AUTH_LENGTH, PUSH_ENDPOINT_LENGTH, PUSH_KEY_LENGTH, Paging, QUESTION_HELP,
        QUESTION_LABEL, QUESTION_OPTION, QUESTIONS_MAX, REASON_MAX, RESULT_NOTE, SCAN_CODE_MAX,
        SEARCH_LENGTH, STAGE_NAME, STAGE_UNIT, STAGES_MAX, START_NUMBER_MAX, SUBJECT_MAX,
        SWISS_ROUNDS_MAX, VIEW_NAME, WEBHOOK_URL_LENGTH, WIN_POINTS_MAX, field_limits,
    },
    picture::LONGEST_SIDE,
    text_rules,
};

/// The bounds of a string.
#[derive(Clone, Default)]
struct TextBounds {
    min: usize,
    max: usize,
    pattern: String,
    format: Option<KnownFormat>,
}

impl TextBounds {
    fn line(min: usize, max: usize) -> Self {
        Self {
            min,
            max,
            pattern: text_rules::line_pattern(min, ""),
            format: None,
        }
    }

    fn block(min: usize, max: usize) -> Self {
        Self {
            min,
            max,
            pattern: text_rules::BLOCK_PATTERN.to_owned(),
            format: None,
        }
    }

    fn search() -> Self {
        Self {
            max: SEARCH_LENGTH,
            ..Self::default()
        }
    }

    fn email() -> Self {
        Self {
            min: 3,
            max: field_limits::EMAIL,
            pattern: String::new(),
            format: Some(KnownFormat::Email),
        }
    }

    fn password(min: usize) -> Self {
        Self {
            min,
            max: field_limits::PASSWORD.1,
            pattern: text_rules::PASSWORD_PATTERN.to_owned(),
            format: Some(KnownFormat::Password),
        }
    }

    fn code() -> Self {
        Self {
            min: 6,
            max: 6,
            pattern: "^[0-9]{6}$".to_owned(),
            format: None,
        }
    }

    /// A code of a competition: so many of its characters at least are letters or digits.
    fn registration_code() -> Self {
        Self {
            min: CODE_MIN,
            max: CODE_MAX,
            pattern: format!("^[ -]*([0-9A-Za-z][ -]*){{{CODE_MIN},}}$"),
            format: None,
        }
    }

    const fn text_up_to(max: usize) -> Self {
        Self {
            min: 0,
            max,
            pattern: String::new(),
            format: None,
        }
    }

    fn second_factor() -> Self {
        Self {
            min: 6,
            max: LONGEST_CODE,
            pattern: "^([0-9]{6}|([0-9A-Za-z]{4}-?){3}[0-9A-Za-z]{4})$".to_owned(),
            format: None,
        }
    }

    fn base64url((min, max): (usize, usize)) -> Self {
        Self {
            min,
            max,
            pattern: "^[A-Za-z0-9_-]*={0,2}$".to_owned(),
            format: None,
        }
    }

    fn address(max: usize) -> Self {
        Self {
            min: 9,
            max,
            pattern: "^https://[!-~]+$".to_owned(),
            format: None,
        }
    }

    fn apply(&self, object: &mut Object) {
        object.min_length = (self.min > 0).then_some(self.min);
        object.max_length = Some(self.max);
        object.pattern = (!self.pattern.is_empty()).then(|| self.pattern.clone());
        object.format = self.format.clone().map(SchemaFormat::KnownFormat);
    }
}

/// Writes every bound into the document.
///
/// # Errors
/// Returns the name of a field that the document does not have.
pub(super) fn apply(document: &mut OpenApi) -> Result<(), String> {
    let components = document.components.as_mut().ok_or("no components")?;
    schemas(components)?;
    for item in document.paths.paths.values_mut() {
        for (_, operation) in super::path_operations::operations(item) {
            parameters(operation);
        }
    }
    Ok(())
}

fn schemas(components: &mut Components) -> Result<(), String> {
    let texts = [
        (
            "SignupForm",
            "name",
            TextBounds::line(1, field_limits::NAME),
        ),
        ("SignupForm", "email", TextBounds::email()),
        (
            "SignupForm",
            "password",
            TextBounds::password(field_limits::PASSWORD.0),
        ),
        ("LoginForm", "email", TextBounds::email()),
        ("LoginForm", "password", TextBounds::password(1)),
        ("LoginForm", "code", TextBounds::code()),
        ("LoginForm", "totp", TextBounds::second_factor()),
        ("ConfirmTotpForm", "code", TextBounds::code()),
        ("RemoveTotpForm", "code", TextBounds::second_factor()),
        (
            "ProfileForm",
            "name",
            TextBounds::line(1, field_limits::NAME),
        ),
        ("ProfileForm", "email", TextBounds::email()),
        (
            "ProfileForm",
            "contact",
            TextBounds {
                max: CONTACT_LENGTH,
                ..TextBounds::default()
            },
        ),
        ("ForgotPasswordForm", "email", TextBounds::email()),
        (
            "ResetPasswordForm",
            "password",
            TextBounds::password(field_limits::PASSWORD.0),
        ),
        (
            "ChangePasswordForm",
            "currentPassword",
            TextBounds::password(1),
        ),
        (
            "ChangePasswordForm",
            "newPassword",
            TextBounds::password(field_limits::PASSWORD.0),
        ),
        ("ChangeEmailForm", "email", TextBounds::email()),
        ("ChangeEmailForm", "password", TextBounds::password(1)),
        ("ConfirmPasswordForm", "password", TextBounds::password(1)),
        (
            "PushSubscriptionForm",
            "endpoint",
            TextBounds::address(PUSH_ENDPOINT_LENGTH),
        ),
        (
            "PushKeysForm",
            "p256dh",
            TextBounds::base64url(PUSH_KEY_LENGTH),
        ),
        (
            "PushKeysForm",
            "auth",
            TextBounds::base64url(PUSH_AUTH_LENGTH),
        ),
        (
            "EndPushForm",
            "endpoint",
            TextBounds::address(PUSH_ENDPOINT_LENGTH),
        ),
        (
            "AnnouncementInput",
            "subject",
            TextBounds::line(1, SUBJECT_MAX),
        ),
        ("AnnouncementInput", "body", TextBounds::block(1, BODY_MAX)),
        ("ApiKeyInput", "name", TextBounds::line(1, API_KEY_NAME)),
        (
            "WebhookInput",
            "url",
            TextBounds::address(WEBHOOK_URL_LENGTH),
        ),
        ("DivisionInput", "name", TextBounds::line(1, DIVISION_NAME)),
        ("DivisionPatch", "name", TextBounds::line(1, DIVISION_NAME)),
        ("SavedViewInput", "name", TextBounds::line(1, VIEW_NAME)),
        ("SavedViewPatch", "name", TextBounds::line(1, VIEW_NAME)),
        ("SavedViewInput", "search", TextBounds::search()),
        (
            "QuestionInput",
            "label",
            TextBounds::line(1, QUESTION_LABEL),
        ),
        (
            "QuestionPatch",
            "label",
            TextBounds::line(1, QUESTION_LABEL),
        ),
        ("QuestionInput", "help", TextBounds::block(0, QUESTION_HELP)),
        ("QuestionPatch", "help", TextBounds::block(0, QUESTION_HELP)),
        ("BracketInput", "name", TextBounds::line(1, BRACKET_NAME)),
        ("BracketPatch", "name", TextBounds::line(1, BRACKET_NAME)),
        ("StageInput", "name", TextBounds::line(1, STAGE_NAME)),
        ("StagePatch", "name", TextBounds::line(1, STAGE_NAME)),
        ("StageInput", "unit", TextBounds::line(0, STAGE_UNIT)),
        ("StagePatch", "unit", TextBounds::line(0, STAGE_UNIT)),
        (
            "PerformanceInput",
            "code",
            TextBounds::line(1, SCAN_CODE_MAX),
        ),
        ("PerformanceInput", "note", TextBounds::line(0, RESULT_NOTE)),
        ("CodeInput", "code", TextBounds::registration_code()),
        ("CodeInput", "label", TextBounds::line(0, CODE_LABEL)),
        ("CodePatch", "label", TextBounds::line(0, CODE_LABEL)),
        ("CodeBatchInput", "label", TextBounds::line(0, CODE_LABEL)),
        ("CodeInput", "email", TextBounds::email()),
        ("CodePatch", "email", TextBounds::email()),
        (
            "RegistrationInput",
            "code",
            TextBounds::text_up_to(CODE_MAX),
        ),
        ("BulkInput", "reason", TextBounds::block(0, REASON_MAX)),
        ("CheckInInput", "code", TextBounds::line(1, SCAN_CODE_MAX)),
        ("CheckInInput", "device", TextBounds::line(0, DEVICE_MAX)),
        ("ParticipantForm", "email", TextBounds::email()),
        ("StaffForm", "email", TextBounds::email()),
        (
            "ParticipantForm",
            "name",
            TextBounds::line(1, field_limits::NAME),
        ),
    ];
    for (schema, field, text) in texts {
        text.apply(object(components, schema, field)?);
    }
    let most = |number: i64| usize::try_from(number).unwrap_or_default();
    for schema in ["DivisionInput", "DivisionPatch"] {
        let capacity = object(components, schema, "capacity")?;
        between(capacity, 1, most(field_limits::CAPACITY));
        for age in ["ageMin", "ageMax"] {
            between(object(components, schema, age)?, 1, most(AGE_MAX));
        }
        for number in ["numberFrom", "numberTo"] {
            between(
                object(components, schema, number)?,
                1,
                most(START_NUMBER_MAX),
            );
        }
    }
    for schema in ["CodeInput", "CodePatch", "CodeBatchInput"] {
        between(object(components, schema, "maxUses")?, 1, most(CODE_USES));
    }
    let count = object(components, "CodeBatchInput", "count")?;
    between(count, 1, most(CODE_BATCH));
    for age in ["ageMin", "ageMax"] {
        let age = object(components, "CompetitionPatch", age)?;
        between(age, 1, most(AGE_MAX));
    }
    let domains = array(components, "CompetitionPatch", "emailDomains")?;
    domains.max_items = Some(EMAIL_DOMAINS);
    if let ArrayItems::RefOrSchema(items) = &mut domains.items
        && let RefOr::T(Schema::Object(domain)) = &mut **items
    {
        TextBounds {
            min: 1,
            ..TextBounds::text_up_to(EMAIL_DOMAIN)
        }
        .apply(domain);
    }
    let tags = Language::ALL.map(|language| language.tag().into()).to_vec();
    let or_null = tags.iter().cloned().chain([serde_json::Value::Null]);
    object(components, "SavedViewInput", "language")?.enum_values = Some(or_null.collect());
    object(components, "SavedView", "language")?.enum_values = Some(tags);
    let from = object(components, "StartNumberInput", "from")?;
    between(from, 1, most(START_NUMBER_MAX));
    for schema in ["QuestionInput", "QuestionPatch"] {
        let options = array(components, schema, "options")?;
        (options.max_items, options.unique_items) = (Some(OPTIONS_MAX), true);
        if let ArrayItems::RefOrSchema(items) = &mut options.items
            && let RefOr::T(Schema::Object(option)) = &mut **items
        {
            TextBounds::line(1, QUESTION_OPTION).apply(option);
        }
    }
    between(
        object(components, "QuestionPatch", "position")?,
        1,
        QUESTIONS_MAX,
    );
    for schema in ["StageInput", "StagePatch"] {
        between(
            object(components, schema, "decimals")?,
            0,
            most(RESULT_DECIMALS_MAX),
        );
    }
    between(object(components, "StagePatch", "position")?, 1, STAGES_MAX);
    brackets(components)?;
    let value = object(components, "PerformanceInput", "value")?;
    value.minimum = Some(Number::Int(
        isize::try_from(-RESULT_VALUE_MAX).unwrap_or(isize::MIN),
    ));
    value.maximum = Some(Number::UInt(most(RESULT_VALUE_MAX)));
    if let Some(RefOr::T(Schema::OneOf(one_or_many))) =
        components.schemas.get_mut("PerformancesInput")
    {
        for item in &mut one_or_many.items {
            if let RefOr::T(Schema::Array(many)) = item {
                (many.min_items, many.max_items) = (Some(1), Some(PERFORMANCES_MAX));
            }
        }
    }
    let scopes = array(components, "ApiKeyInput", "scopes")?;
    scopes.min_items = Some(1);
    scopes.unique_items = true;
    let events = array(components, "WebhookInput", "events")?;
    events.min_items = Some(1);
    events.unique_items = true;
    let ids = array(components, "BulkInput", "ids")?;
    (ids.min_items, ids.max_items) = (Some(1), Some(BULK_MAX));
    let (shortest, longest) = field_limits::TITLE;
    for schema in ["CompetitionInput", "CompetitionPatch"] {
        TextBounds::line(shortest, longest).apply(object(components, schema, "title")?);
        TextBounds::block(0, field_limits::DESCRIPTION).apply(object(
            components,
            schema,
            "description",
        )?);
        TextBounds::line(0, field_limits::LOCATION).apply(object(components, schema, "location")?);
        let capacity = object(components, schema, "capacity")?;
        between(capacity, 1, most(field_limits::CAPACITY));
        let tags = array(components, schema, "tags")?;
        tags.max_items = Some(field_limits::TAGS);
        if let ArrayItems::RefOrSchema(items) = &mut tags.items
            && let RefOr::T(Schema::Object(tag)) = &mut **items
        {
            TextBounds {
                pattern: text_rules::line_pattern(1, ","),
                ..TextBounds::line(1, field_limits::TAG)
            }
            .apply(tag);
        }
    }
    Ok(())
}

/// Sets the bounds of parameters by name: a name means the same in the whole API.
fn parameters(operation: &mut Operation) {
    for parameter in operation.parameters.iter_mut().flatten() {
        let RefOr::T(parameter) = parameter else {
            continue;
        };
        if parameter.parameter_in == ParameterIn::Header {
            without_null(parameter);
        }
        let Some(RefOr::T(Schema::Object(object))) = &mut parameter.schema else {
            continue;
        };
        let most = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        match parameter.name.as_str() {
            "page" => {
                between(object, 1, most(Paging::LAST_PAGE));
                object.default = Some(1.into());
            }
            "perPage" => {
                between(object, 1, most(Paging::MOST_ROWS));
                object.default = Some(super::extract::DEFAULT_PER_PAGE.into());
            }
            "language" => {
                let tags = Language::ALL.map(|language| language.tag().into());
                object.enum_values = Some(tags.to_vec());
            }
            "w" => between(object, 1, most(u64::from(LONGEST_SIDE))),
            "Idempotency-Key" => {
                object.min_length = Some(1);
                object.max_length = Some(IdempotencyKey::MAX);
                object.pattern = Some(IdempotencyKey::PATTERN.to_owned());
            }
            _ => {}
        }
    }
}

/// Removes `null` from the types of an optional header: a header is present or absent.
fn without_null(parameter: &mut Parameter) {
    if let Some(RefOr::T(Schema::Object(object))) = &mut parameter.schema
        && let SchemaType::Array(types) = &object.schema_type
        && let Some(first) = types.first()
    {
        object.schema_type = SchemaType::Type(first.clone());
    }
}

/// Bounds the numbers of brackets, and the lists of their entrants.
fn brackets(components: &mut Components) -> Result<(), String> {
    let most = |number: i64| usize::try_from(number).unwrap_or_default();
    let entrants = array(components, "BracketInput", "entrants")?;
    (entrants.min_items, entrants.max_items) = (Some(2), Some(BRACKET_ENTRANTS_MAX));
    if let ArrayItems::RefOrSchema(items) = &mut entrants.items
        && let RefOr::T(Schema::Object(code)) = &mut **items
    {
        TextBounds::line(1, SCAN_CODE_MAX).apply(code);
    }
    let limit = object(components, "BracketInput", "limit")?;
    between(limit, 2, BRACKET_ENTRANTS_MAX);
    let rounds = object(components, "BracketInput", "rounds")?;
    between(rounds, 1, most(SWISS_ROUNDS_MAX));
    let win_points = object(components, "BracketInput", "winPoints")?;
    between(win_points, 2, most(WIN_POINTS_MAX));
    for field in ["firstScore", "secondScore"] {
        let score = object(components, "MatchResultInput", field)?;
        between(score, 0, most(MATCH_SCORE_MAX));
    }
    Ok(())
}

fn between(object: &mut Object, least: usize, most: usize) {
    object.minimum = Some(Number::UInt(least));
    object.maximum = Some(Number::UInt(most));
}

fn property<'a>(
    components: &'a mut Components,
    schema: &str,
    field: &str,
) -> Result<&'a mut Schema, String> {
    let found = match components.schemas.get_mut(schema) {
        Some(RefOr::T(Schema::Object(object))) => object.properties.get_mut(field),
        _ => None,
    };
    match found {
        Some(RefOr::T(property)) => Ok(property),
        _ => Err(format!("{schema}.{field}")),
    }
}

fn object<'a>(
    components: &'a mut Components,
    schema: &str,
    field: &str,
) -> Result<&'a mut Object, String> {
    match property(components, schema, field)? {
        Schema::Object(object) => Ok(object),
        _ => Err(format!("{schema}.{field} is no object")),
    }
}

fn array<'a>(
    components: &'a mut Components,
    schema: &str,
    field: &str,
) -> Result<&'a mut Array, String> {
    match property(components, schema, field)? {
        Schema::Array(array) => Ok(array),
        _ => Err(format!("{schema}.{field} is no array")),
    }
}

/// Lets pages refer to the schema of their rows instead of holding a copy of it.
pub(super) fn refer_from_pages(components: &mut Components) {
    let names: Vec<String> = components.schemas.keys().cloned().collect();
    for name in &names {
        let Some(listed) = name
            .strip_prefix("Page_")
            .filter(|one| names.iter().any(|n| n == one))
        else {
            continue;
        };
        if let Ok(items) = array(components, name, "items") {
            items.items =
                ArrayItems::RefOrSchema(Box::new(RefOr::Ref(Ref::from_schema_name(listed))));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    fn document() -> Value {
        serde_json::to_value(super::super::openapi()).unwrap()
    }

    #[test]
    fn fields_have_the_bounds_that_forms_check() {
        let document = document();
        let field = |path: &str| {
            document
                .pointer(&format!("/components/schemas/{path}"))
                .cloned()
        };
        let title = field("CompetitionInput/properties/title").unwrap();
        assert_eq!(
            (&title["minLength"], &title["maxLength"]),
            (&json!(3), &json!(120))
        );
        let capacity = field("CompetitionPatch/properties/capacity").unwrap();
        assert_eq!(
            (&capacity["minimum"], &capacity["maximum"]),
            (&json!(1), &json!(1_000_000))
        );
        let tags = field("CompetitionInput/properties/tags").unwrap();
        assert_eq!(
            (&tags["maxItems"], &tags["items"]["maxLength"]),
            (&json!(10), &json!(30))
        );
        let password = field("SignupForm/properties/password").unwrap();
        assert_eq!(password["minLength"], 10);
    }

    #[test]
    fn parameters_have_the_bounds_that_are_checked() {
        let document = document();
        let mut seen = 0;
        for item in document["paths"].as_object().unwrap().values() {
            for operation in item.as_object().unwrap().values() {
                for parameter in operation["parameters"].as_array().into_iter().flatten() {
                    let schema = &parameter["schema"];
                    match parameter["name"].as_str().unwrap() {
                        "page" => assert_eq!(schema["minimum"], 1),
                        "perPage" => {
                            assert_eq!(
                                (&schema["minimum"], &schema["maximum"]),
                                (&json!(1), &json!(100))
                            );
                        }
                        "Idempotency-Key" => assert_eq!(schema["maxLength"], 255),
                        "If-Match" | "If-None-Match" => assert_eq!(schema["type"], "string"),
                        _ => continue,
                    }
                    seen += 1;
                }
            }
        }
        assert!(seen >= 14, "{seen}");
    }

    #[test]
    fn pages_refer_to_the_schema_of_their_rows() {
        let document = document();
        let schemas = document["components"]["schemas"].as_object().unwrap();
        let pages: Vec<_> = schemas
            .iter()
            .filter(|(name, _)| name.starts_with("Page_"))
            .collect();
        assert!(pages.len() >= 4);
        for (name, page) in pages {
            let items = &page["properties"]["items"]["items"];
            assert!(items["$ref"].is_string(), "{name}: {items}");
        }
    }
}
