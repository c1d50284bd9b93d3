//! From the text of a faults file to rules: what is wrong is refused with its place, its reason and a remedy. A fault
//! that could never strike is wrong too, since whoever wrote it would believe that it did.

use std::sync::LazyLock;

use serde_saphyr::{Location, Spanned};

use super::file::{ErrorAnswer, Failure, Fault, File, Flicker, NotReady, UnknownMember};
use super::glob;
use super::rule::{Rule, Served, What};
use crate::sandbox::compute;
use crate::sandbox::limits::LimitsError;
use crate::sandbox::surface::Surface;

/// What is wrong with a faults file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{line}:{column}: {reason}{}", hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default())]
pub struct FaultsError {
    /// The line, from 1.
    pub line: u64,
    /// The column, from 1.
    pub column: u64,
    /// What is wrong there.
    pub reason: String,
    /// What to write instead.
    pub hint: Option<String>,
}

type Wrong = (String, Option<String>);

/// The names of the things that a fault can do.
pub(super) const WHATS: [&str; 10] = [
    "status",
    "latency",
    "drop",
    "hang",
    "garbage",
    "operation",
    "notReady",
    "flicker",
    "unknownMember",
    "foreignWrite",
];

/// All regions have the same quotas.
const SOME_REGION: &str = "europe-west1";

/// The methods of the sandbox.
static SERVED: LazyLock<Vec<Served>> = LazyLock::new(|| match Surface::load() {
    Ok(surface) => surface.served().collect(),
    // Starting the sandbox tells of it.
    Err(_) => Vec::new(),
});

/// The file in that text. An empty text is a file without faults.
pub(super) fn file(text: &str) -> Result<File, FaultsError> {
    let mut options = serde_saphyr::Options::default();
    options.with_snippet = false;
    options.strict_booleans = true;
    let read = serde_saphyr::from_str_with_options::<Option<File>>(text, options);
    let file = read.map_err(|error| syntax(&error))?.unwrap_or_default();
    for pattern in file.operation_times.keys() {
        let begins = |method: &&Served| method.begins_operation && glob::fits(pattern, &method.id);
        if !SERVED.iter().any(|method| begins(&method)) {
            let (line, column) = place_of(text, pattern);
            let reason = format!("no method that begins an operation fits `{pattern}`");
            return Err(FaultsError { line, column, reason, hint: near(pattern) });
        }
    }
    file.limits.check().map_err(|error| {
        let (line, column) = place_of(text, name_in(&error));
        FaultsError { line, column, reason: error.to_string(), hint: None }
    })?;
    Ok(file)
}

/// The name that is none of Google's.
fn name_in(error: &LimitsError) -> &str {
    match error {
        LimitsError::Quota { metric, .. } => metric,
        LimitsError::Region(name)
        | LimitsError::Zone(name)
        | LimitsError::Family(name)
        | LimitsError::Accelerator(name) => name,
    }
}

/// The first place where a key is written, for what the parser gives no place of.
fn place_of(text: &str, key: &str) -> (u64, u64) {
    let found = text.lines().enumerate().find_map(|(at, line)| Some((at, line.find(key)?)));
    let (line, column) = found.unwrap_or_default();
    (line as u64 + 1, column as u64 + 1)
}

/// The rule that a fault means.
pub(super) fn rule(written: &Spanned<Fault>) -> Result<Rule, FaultsError> {
    checked(&written.value).map_err(|(reason, hint)| at(written.referenced, reason, hint))
}

fn at(place: Location, reason: String, hint: Option<String>) -> FaultsError {
    FaultsError { line: place.line().max(1), column: place.column().max(1), reason, hint }
}

fn checked(fault: &Fault) -> Result<Rule, Wrong> {
    let rule = Rule {
        method: fault.method.clone(),
        resource: fault.resource.clone(),
        after: fault.after,
        times: fault.times,
        probability: fault.probability,
        each: fault.each,
        what: what(fault)?,
    };
    if rule.probability.is_some_and(|probability| !(0.0..=1.0).contains(&probability)) {
        return Err(wrong("`probability` is a number from 0 to 1", ""));
    }
    if rule.times == Some(0) {
        return Err(wrong("with `times: 0` this fault never strikes", "leave the fault out"));
    }
    let known = |method: &&Served| glob::fits(&rule.method, &method.id);
    if !SERVED.iter().any(|method| known(&method)) {
        return Err((format!("no method fits `{}`", rule.method), near(&rule.method)));
    }
    if !SERVED.iter().any(|method| rule.is_about(method)) {
        let reason = format!("`{}` cannot strike any call of `{}`", rule.what.name(), rule.method);
        return Err((reason, Some(strikes(&rule.what).to_owned())));
    }
    Ok(rule)
}

fn strikes(what: &What) -> &'static str {
    match what {
        What::Operation(_) => "it is for methods that begin an operation, such as `compute.instances.insert`",
        What::NotReady(_) => "it is for the methods of an API that can be disabled, such as `compute.*`",
        What::Flicker(_) => "it is for reads of one resource, such as `iam.projects.serviceAccounts.get`",
        What::UnknownMember(_) => "it is for writes of policies, such as `*.setIamPolicy`",
        What::ForeignWrite(_) => "it is for writes under an etag, a fingerprint or a precondition",
        _ => "give another method",
    }
}

fn wrong(reason: &str, hint: &str) -> Wrong {
    (reason.to_owned(), Some(hint.to_owned()).filter(|hint| !hint.is_empty()))
}

/// The one thing that the fault does.
fn what(fault: &Fault) -> Result<What, Wrong> {
    let fault = fault.clone();
    let all = [
        fault.status.map(What::Status),
        fault.latency.map(What::Latency),
        fault.drop.map(What::Drop),
        fault.hang.map(What::Hang),
        fault.garbage.map(What::Garbage),
        fault.operation.map(What::Operation),
        fault.not_ready.map(What::NotReady),
        fault.flicker.map(What::Flicker),
        fault.unknown_member.map(What::UnknownMember),
        fault.foreign_write.map(What::ForeignWrite),
    ];
    let mut given = all.into_iter().flatten();
    let Some(one) = given.next() else {
        return Err((
            "this fault does nothing".to_owned(),
            Some(format!("give one of {}", WHATS.map(|name| format!("`{name}`")).join(", "))),
        ));
    };
    if let Some(other) = given.next() {
        let reason =
            format!("a fault does one thing, and this one has `{}` and `{}`", one.name(), other.name());
        return Err((reason, Some("make it two faults".to_owned())));
    }
    match &one {
        What::Status(status) => check_status(status)?,
        What::Operation(failure) => check_failure(failure)?,
        What::NotReady(NotReady { calls: 0, lasts }) if lasts.0.is_zero() => {
            return Err(wrong("this API is ready at once", "give `calls` or `lasts`"));
        }
        What::Flicker(flicker) => check_flicker(flicker)?,
        What::UnknownMember(UnknownMember { writes: 0 }) => {
            return Err(wrong("with `writes: 0` this fault never strikes", "leave the fault out"));
        }
        _ => (),
    }
    Ok(one)
}

fn check_code(code: u16, what: &str) -> Result<(), Wrong> {
    if (400..=599).contains(&code) {
        return Ok(());
    }
    Err((format!("`{what}: {code}` is no error"), Some("give a status from 400 to 599".to_owned())))
}

fn check_status(status: &ErrorAnswer) -> Result<(), Wrong> {
    check_code(status.code, "code")?;
    let has_words = status.reason.is_some() || status.status.is_some() || status.error_info.is_some();
    if status.html && (has_words || status.message.is_some()) {
        return Err(wrong(
            "an HTML page has no reason, status, message or details",
            "leave them or `html` out",
        ));
    }
    Ok(())
}

fn check_failure(failure: &Failure) -> Result<(), Wrong> {
    if failure.code.is_empty() {
        return Err(wrong("`code` is empty", "give a code such as `QUOTA_EXCEEDED`"));
    }
    if let Some(metric) = failure.metric.as_ref()
        && !["", SOME_REGION].iter().any(|region| compute::is_metric(region, metric))
    {
        return Err((
            format!("there is no quota `{metric}`"),
            Some("metrics are named like `N2_CPUS`".to_owned()),
        ));
    }
    failure.http_status.map_or(Ok(()), |status| check_code(status, "httpStatus"))
}

fn check_flicker(flicker: &Flicker) -> Result<(), Wrong> {
    if flicker.reads == 0 {
        return Err(wrong("with `reads: 0` this fault never strikes", "leave the fault out"));
    }
    if ![403, 404].contains(&flicker.status) {
        return Err(wrong("a resource that is not found is 403 or 404", ""));
    }
    let Some(pattern) = &flicker.pattern else { return Ok(()) };
    if !pattern.chars().all(|c| matches!(c, '-' | '+')) {
        return Err(wrong("`pattern` is made of `-` (not found) and `+` (found)", "write it like \"-+-\""));
    }
    if !pattern.contains('-') {
        return Err(wrong("with this `pattern` the fault never strikes", "`-` is a read that finds nothing"));
    }
    Ok(())
}

/// The method that was probably meant.
fn near(pattern: &str) -> Option<String> {
    let score = |id: &str| strsim::jaro_winkler(pattern, id);
    let best = SERVED.iter().max_by(|one, other| score(&one.id).total_cmp(&score(&other.id)))?;
    (score(&best.id) > 0.85).then(|| format!("did you mean `{}`?", best.id))
}

/// What the parser found, in one line.
fn syntax(error: &serde_saphyr::Error) -> FaultsError {
    let error = error.without_snippet();
    let text = error.to_string();
    let place = error.location().unwrap_or(Location::UNKNOWN);
    let (reason, hint) = match error {
        serde_saphyr::Error::SerdeUnknownField { field, expected, .. } => {
            let score = |name: &&&str| strsim::damerau_levenshtein(field, name);
            let near = expected.iter().min_by_key(score).filter(|near| score(near) <= 2);
            let all = || format!("there are {}", expected.join(", "));
            let hint = near.map_or_else(all, |near| format!("did you mean `{near}`?"));
            (format!("there is no field `{field}` here"), Some(hint))
        }
        // The place is told apart from the reason.
        _ => (
            text.lines()
                .next()
                .and_then(|line| line.split(" at line ").next())
                .unwrap_or_default()
                .to_owned(),
            None,
        ),
    };
    at(place, reason, hint)
}
