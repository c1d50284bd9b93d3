//! `provost status`: every resource of the course, whether it is as declared, and how to reach it.

use comfy_table::Table;
use serde_json::{Value, json};

use crate::diff::Intent;
use crate::plan::{Action, Change, Plan};
use crate::report::outcome::ssh;
use crate::report::text;

use super::args::{Format, StatusArgs};
use super::exit::Exit;
use super::printer::Printer;
use super::{connection, course, plan};

pub(super) async fn run(args: &StatusArgs, printer: &mut Printer) -> anyhow::Result<Exit> {
    let Some(loaded) = course::load(&args.target.course, printer)? else {
        return Ok(Exit::Failed);
    };
    let connection = connection::connect(&args.target, &loaded).await?;
    let planned = plan::plan(&connection, &loaded, &Intent::default()).await;
    connection.close().await?;
    let (plan, _) = planned?;
    let shown = printer.showable(&plan);
    printer.out(&match args.format {
        Format::Text => table(&shown),
        Format::Json => format!("{:#}\n", rows(&shown)),
    });
    Ok(Exit::Done)
}

/// How a resource is, in a word.
fn state(change: &Change, plan: &Plan) -> &'static str {
    let conflict =
        plan.report.iter().any(|f| f.code == "conflict" && f.address.as_ref() == Some(&change.address));
    match change.action {
        _ if conflict => "not ours",
        Action::None if change.before.is_null() && change.ends.is_some() => "expired",
        Action::Delete if change.ends.is_some() => "expired",
        Action::None => "ok",
        Action::Create => "missing",
        Action::Update | Action::UpdateWithStop | Action::Replace => "differs",
        Action::Delete | Action::Release => "not declared",
        Action::Adopt => "not ours",
    }
}

/// What a person wants to know of it: where it is and how to reach it.
fn details(change: &Change, plan: &Plan) -> String {
    let live = if change.before.is_null() { &change.after } else { &change.before };
    let text = |key: &str| live.get(key).and_then(Value::as_str).map(str::to_owned);
    if live.get("machineType").is_some() {
        let address = change.address_of.as_deref().map(|ip| format!("{ip}  ")).unwrap_or_default();
        return format!("{address}{}", ssh(&plan.project, change));
    }
    text("location").or_else(|| text("zone")).unwrap_or_default()
}

/// When it ends, if it does.
fn ends(change: &Change) -> String {
    change.ends.map(|time| time.strftime("%Y-%m-%d %H:%M UTC").to_string()).unwrap_or_default()
}

fn table(plan: &Plan) -> String {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    let ending = plan.changes.iter().any(|change| change.ends.is_some());
    let header = ["RESOURCE", "STATE", "ENDS", "WHERE AND HOW"].into_iter();
    table.set_header(header.filter(|title| ending || *title != "ENDS"));
    for change in &plan.changes {
        let mut row = vec![change.address.to_string(), state(change, plan).to_owned()];
        row.extend(ending.then(|| ends(change)));
        row.push(details(change, plan));
        table.add_row(row);
    }
    let findings: String = plan.report.iter().map(text::finding).collect();
    format!("{} in {}\n{table}\n{findings}", plan.course, plan.project)
}

fn rows(plan: &Plan) -> Value {
    let row = |change: &Change| {
        json!({
            "address": change.address,
            "state": state(change, plan),
            "externalIp": change.address_of,
            "ends": change.ends,
            "live": change.before,
        })
    };
    json!({
        "course": plan.course,
        "project": plan.project,
        "resources": plan.changes.iter().map(row).collect::<Vec<_>>(),
        "report": plan.report,
    })
}
