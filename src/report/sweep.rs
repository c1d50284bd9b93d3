//! A sweep as text and JSON: what would go, with its age, its maker and the reason; what is left alone, by reason.
//! Pure: the time is given.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use comfy_table::Table;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::text::styled;
use crate::sweep::{Found, Survey, Verdict, age};

const BOLD: anstyle::Style = anstyle::Style::new().bold();
/// So many things are named in a line of what is left alone; the rest is counted.
const NAMED: usize = 4;

/// A sweep for a person.
pub fn text(survey: &Survey, project: &str, now: Timestamp) -> String {
    let (goes, stays) = (survey.goes().count(), survey.stays().count());
    let verb = if goes == 1 { "belongs" } else { "belong" };
    let counts = format!("{goes} of {} things {verb} to no spec", goes + stays);
    let mut text = format!("{} of {project}: {counts}\n", styled(BOLD, "Sweep"));
    if goes > 0 {
        let _ = writeln!(text, "\n{}", table(survey, now));
    }
    text.push_str(&left(survey));
    text
}

fn table(survey: &Survey, now: Timestamp) -> String {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_header(["WOULD GO", "AGE", "MADE BY", "WHY", "WHAT IT IS"]);
    for found in survey.goes() {
        table.add_row([
            found.address.to_string(),
            age(found.created, now),
            maker(found).to_owned(),
            found.reason.clone(),
            found.details.clone(),
        ]);
    }
    table.trim_fmt()
}

fn maker(found: &Found) -> &str {
    found.creator.as_deref().unwrap_or("unknown")
}

/// What stays, by reason; what patterns keep comes first, as somebody asked for it.
pub fn left(survey: &Survey) -> String {
    let mut reasons: BTreeMap<(bool, &str), Vec<String>> = BTreeMap::new();
    for found in survey.stays() {
        let by_rule = found.verdict != Verdict::Keep;
        reasons.entry((by_rule, &found.reason)).or_default().push(found.address.to_string());
    }
    if reasons.is_empty() {
        return String::new();
    }
    let mut text = format!("\n{}\n", styled(BOLD, "Left alone"));
    for ((_, reason), names) in reasons {
        let more = names.len().saturating_sub(NAMED);
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        let named = names.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
        let _ = writeln!(text, "  {reason}\n      {named}{more}");
    }
    text
}

/// A sweep for a program.
pub fn json(survey: &Survey, project: &str, now: Timestamp) -> Value {
    let row = |found: &Found| {
        json!({
            "address": found.address,
            "verdict": found.verdict.key(),
            "reason": found.reason,
            "created": found.created.map(|created| created.to_string()),
            "age": age(found.created, now),
            "creator": found.creator,
            "details": found.details,
            "resource": found.place,
        })
    };
    json!({
        "project": project,
        "summary": {
            "remove": survey.goes().count(),
            "left": survey.stays().count(),
        },
        "found": survey.found.iter().map(row).collect::<Vec<_>>(),
    })
}
