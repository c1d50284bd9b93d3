//! Drift for a person and for a program: what was changed behind our back, by whom and when.
//! Pure. Secrets are hidden before anything comes here.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use serde_json::{Value, json};

use super::text::{finding, styled};
use crate::drift::{Drift, Drifted, Trace, What};
use crate::kinds::FieldChange;
use crate::plan::{Action, Finding, Plan, Weight};
use crate::spec::Address;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const YELLOW: Style = AnsiColor::Yellow.on_default();
const RED: Style = AnsiColor::Red.on_default();

/// Longer values are cut: a startup script says nothing in a line.
const LONGEST: usize = 60;

/// Everything, for a person.
pub fn text(plan: &Plan, drift: &Drift) -> String {
    let mut text = format!("{} {} in {}\n", styled(BOLD, "Drift of"), plan.course, plan.project);
    for one in &drift.resources {
        text.push('\n');
        text.push_str(&resource(one));
    }
    if !drift.untold.is_empty() {
        text.push('\n');
    }
    for address in &drift.untold {
        let _ = writeln!(text, "{DIM}? {address}{DIM:#}\n    {UNTOLD}");
    }
    for why in &drift.unread {
        let _ = writeln!(text, "\nwho changed it cannot be told: {why}");
    }
    let refusals: Vec<String> = refusals(plan).map(finding).collect();
    if !refusals.is_empty() {
        let _ = write!(text, "\n{}", refusals.concat());
    }
    let _ = writeln!(text, "\n{}", summary(plan, drift));
    text
}

const UNTOLD: &str =
    "it differs, and its spec has changed since the last apply: which difference is whose cannot be told";

fn resource(one: &Drifted) -> String {
    let (sign, style) = match one.what {
        What::Changed => ("~", YELLOW),
        What::Deleted => ("-", RED),
        What::Taken(_) | What::Unrecorded => ("!", RED),
    };
    let place = one.project.as_ref().map(|project| format!(" in {project}")).unwrap_or_default();
    let mut text =
        format!("{style}{sign} {}{style:#}  {BOLD}{}{BOLD:#}{place}\n", one.what.key(), one.address);
    for line in details(one) {
        let _ = writeln!(text, "    {line}");
    }
    let _ = writeln!(text, "    {DIM}{}{DIM:#}", who(one.trace.as_ref()));
    text
}

/// What happened to a resource, a line for each fact.
pub(super) fn details(one: &Drifted) -> Vec<String> {
    let mut lines: Vec<String> = one.fields.iter().map(field).collect();
    match &one.what {
        What::Changed => {}
        What::Deleted => lines.push("it is gone".to_owned()),
        What::Taken(reason) => lines.push(reason.clone()),
        What::Unrecorded => {
            lines.push("it bears the mark of this course, and the inventory does not know it".to_owned());
        }
    }
    if one.spec_changed {
        lines.push("its spec has changed as well: what else differs is not listed".to_owned());
    }
    lines
}

/// Every drifted resource in a line: for a log.
pub fn lines(drift: &Drift) -> Vec<String> {
    let line =
        |one: &Drifted| format!("{}: {}; {}", one.address, details(one).join("; "), who(one.trace.as_ref()));
    drift.resources.iter().map(line).collect()
}

/// `machineType: spec n1-standard-1, live n1-standard-2`. Of lists only the members that differ.
fn field(change: &FieldChange) -> String {
    let FieldChange { path, before: live, after: spec } = change;
    if let (Value::Array(live), Value::Array(spec)) = (live, spec) {
        let minus =
            |a: &[Value], b: &[Value]| a.iter().filter(|m| !b.contains(m)).map(value).collect::<Vec<_>>();
        let (lacks, besides) = (minus(spec, live), minus(live, spec));
        let words = [("lacks", lacks), ("has besides", besides)].into_iter().filter(|(_, of)| !of.is_empty());
        let words: Vec<String> = words.map(|(what, of)| format!("{what} {}", of.join(", "))).collect();
        if !words.is_empty() {
            return format!("{path}: {}", words.join("; "));
        }
    }
    format!("{path}: spec {}, live {}", value(spec), value(live))
}

fn value(value: &Value) -> String {
    let text = match value {
        Value::Null => "nothing".to_owned(),
        Value::String(text) => text.lines().next().unwrap_or("\"\"").to_owned(),
        other => other.to_string(),
    };
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// Who did it and when, or that nobody knows.
pub(super) fn who(trace: Option<&Trace>) -> String {
    let Some(Trace { user, at, operation }) = trace else {
        return "who did it and when is not known: its API does not tell".to_owned();
    };
    let at = at.strftime("%Y-%m-%d at %H:%M UTC");
    match (operation, user) {
        (Some(operation), Some(user)) => format!("{operation} by {user} on {at}"),
        (Some(operation), None) => format!("{operation} on {at}; by whom is not known"),
        (None, _) => format!("last changed on {at}; by whom is not known: its API does not tell"),
    }
}

fn summary(plan: &Plan, drift: &Drift) -> String {
    let resources = plan.changes.len();
    if drift.is_empty() {
        return format!(
            "{BOLD}No drift:{BOLD:#} nothing was changed outside Provost ({resources} resources)."
        );
    }
    format!("{BOLD}Drift:{BOLD:#} {}. `provost apply` makes it as the specs say.", counts(drift))
}

/// How many resources drifted in which way.
pub(super) fn counts(drift: &Drift) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for one in &drift.resources {
        match counts.iter_mut().find(|(key, _)| *key == one.what.key()) {
            Some((_, count)) => *count += 1,
            None => counts.push((one.what.key(), 1)),
        }
    }
    let counts: Vec<String> = counts.into_iter().map(|(key, count)| format!("{count} {key}")).collect();
    counts.join(", ")
}

/// What stands in the way of mending drift. What is held back of a resource that is only to be made says nothing of drift.
pub fn refusals(plan: &Plan) -> impl Iterator<Item = &Finding> {
    let made = |address: &Address| {
        plan.changes.iter().any(|change| change.address == *address && change.action == Action::Create)
    };
    let stands = move |finding: &&Finding| finding.address.as_ref().is_some_and(|address| !made(address));
    plan.report.iter().filter(|finding| finding.severity == Weight::Refusal).filter(stands)
}

/// Everything, for a program. Fields are added, never renamed.
pub fn json(plan: &Plan, drift: &Drift) -> Value {
    json!({
        "course": plan.course,
        "project": plan.project,
        "resources": plan.changes.len(),
        "drift": drift.resources.iter().map(resource_json).collect::<Vec<_>>(),
        "untold": drift.untold,
        "unread": drift.unread,
        "report": refusals(plan).collect::<Vec<_>>(),
    })
}

fn resource_json(one: &Drifted) -> Value {
    let field = |field: &FieldChange| json!({"path": field.path, "spec": field.after, "live": field.before});
    let trace = one.trace.as_ref();
    let reason = match &one.what {
        What::Taken(reason) => Some(reason),
        _ => None,
    };
    json!({
        "address": one.address,
        "project": one.project,
        "what": one.what.key(),
        "reason": reason,
        "fields": one.fields.iter().map(field).collect::<Vec<_>>(),
        "specChanged": one.spec_changed,
        "who": trace.and_then(|trace| trace.user.as_ref()),
        "when": trace.map(|trace| trace.at),
        "operation": trace.and_then(|trace| trace.operation.as_ref()),
    })
}
