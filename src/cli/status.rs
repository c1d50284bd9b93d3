//! `provost status`: every resource of the course, whether it is as declared and ready, and how to reach it.

use serde_json::{Value, json};

use crate::plan::{Action, Change, Plan};
use crate::ready::{Standings, standing};
use crate::report::outcome::ssh;
use crate::report::sheet::{Cell, Sheet};
use crate::report::{page, text};

use super::args::{SheetFormat, StatusArgs};
use super::exit::Exit;
use super::outputs::made;
use super::printer::Printer;
use super::wait::Look;
use super::{connection, course, wait};

pub(super) async fn run(args: &StatusArgs, printer: &mut Printer) -> anyhow::Result<Exit> {
    let Some(loaded) = course::load(&args.target.course, printer)? else {
        return Ok(Exit::Failed);
    };
    let connection = connection::connect(&args.target, &loaded).await?;
    let looked = if args.watch {
        wait::until_ready(&connection, &loaded, wait::patience(&args.patience), printer).await
    } else {
        wait::look(&connection, &loaded).await
    };
    connection.close().await?;
    let Look { plan, standings } = looked?;
    let status = Status { plan: printer.showable(&plan), standings };
    printer.out(&status.written(args.format)?);
    let missing = args.watch && !standing::all_ready(&status.standings);
    Ok(if missing { Exit::Failed } else { Exit::Done })
}

/// The project, without secrets, and how those stand that are waited for.
struct Status {
    plan: Plan,
    standings: Standings,
}

impl Status {
    fn written(&self, format: SheetFormat) -> anyhow::Result<String> {
        let head = format!("{} in {}", self.plan.course, self.plan.project);
        let findings: String = self.plan.report.iter().map(text::finding).collect();
        Ok(match format {
            SheetFormat::Table => format!(
                "{head}\n{}\n{findings}",
                self.sheet(["RESOURCE", "STATE", "READY", "ENDS", "WHERE AND HOW"]).table().trim_end()
            ),
            SheetFormat::Csv => self.rows(["resource", "state", "ready", "ends", "where"]).csv(),
            SheetFormat::Markdown => {
                format!(
                    "## {head}\n\n{}",
                    self.sheet(["Resource", "State", "Ready", "Ends", "Where and how"]).markdown()
                )
            }
            SheetFormat::Json => format!("{:#}\n", self.json()),
            SheetFormat::Html => page::status(&self.page(), &made())?,
        })
    }

    /// How a resource is, in a word.
    fn state(&self, change: &Change) -> &'static str {
        let of =
            |f: &crate::plan::Finding| f.code == "conflict" && f.address.as_ref() == Some(&change.address);
        match change.action {
            _ if self.plan.report.iter().any(of) => "not ours",
            Action::None if change.before.is_null() && change.ends.is_some() => "expired",
            Action::Delete if change.ends.is_some() => "expired",
            Action::None => "ok",
            Action::Create => "missing",
            Action::Update | Action::UpdateWithStop | Action::Replace => "differs",
            Action::Delete | Action::Release => "not declared",
            Action::Adopt => "not ours",
        }
    }

    fn ready(&self, change: &Change) -> String {
        self.standings.get(&change.address).map(|seen| seen.standing.text()).unwrap_or_default()
    }

    fn rows(&self, columns: [&'static str; 5]) -> Sheet {
        let row = |change: &Change| {
            vec![
                Cell::Text(change.address.to_string()),
                Cell::from(self.state(change)),
                Cell::Text(self.ready(change)),
                Cell::Text(ends(change)),
                Cell::Text(details(change)),
            ]
        };
        Sheet { columns: columns.to_vec(), rows: self.plan.changes.iter().map(row).collect() }
    }

    /// The same for people: without columns of readiness and ends where nothing declares them.
    fn sheet(&self, columns: [&'static str; 5]) -> Sheet {
        let mut sheet = self.rows(columns);
        let ending = self.plan.changes.iter().any(|change| change.ends.is_some());
        for (column, stays) in [(3, ending), (2, !self.standings.is_empty())] {
            if !stays {
                sheet.columns.remove(column);
                sheet.rows.iter_mut().for_each(|row| drop(row.remove(column)));
            }
        }
        sheet
    }

    fn page(&self) -> Value {
        let row = |change: &Change| {
            json!({
                "address": change.address,
                "state": self.state(change),
                "ready": self.ready(change),
                "ends": ends(change),
                "where": place(change),
                "line": line(change),
            })
        };
        json!({
            "course": self.plan.course,
            "project": self.plan.project,
            "rows": self.plan.changes.iter().map(row).collect::<Vec<_>>(),
            "findings": self.plan.report.iter().map(|finding| &finding.message).collect::<Vec<_>>(),
        })
    }

    fn json(&self) -> Value {
        let row = |change: &Change| {
            json!({
                "address": change.address,
                "state": self.state(change),
                "ready": self.standings.get(&change.address).map(|seen| seen.standing.json()),
                "externalIp": change.address_of,
                "ends": change.ends,
                "live": change.before,
            })
        };
        json!({
            "course": self.plan.course,
            "project": self.plan.project,
            "resources": self.plan.changes.iter().map(row).collect::<Vec<_>>(),
            "report": self.plan.report,
        })
    }
}

/// Where a resource is: its address, its place.
fn place(change: &Change) -> String {
    let live = if change.before.is_null() { &change.after } else { &change.before };
    let text = |key: &str| live.get(key).and_then(Value::as_str).map(str::to_owned);
    match (line(change), &change.address_of) {
        (Some(_), address) => address.clone().unwrap_or_default(),
        (None, Some(address)) => address.clone(),
        (None, None) => text("location").or_else(|| text("zone")).unwrap_or_default(),
    }
}

/// The line that leads to a machine.
fn line(change: &Change) -> Option<String> {
    let machine = [&change.before, &change.after].into_iter().any(|side| side.get("machineType").is_some());
    machine.then(|| ssh(change))
}

/// When it ends, if it does.
fn ends(change: &Change) -> String {
    change.ends.map(|time| time.strftime("%Y-%m-%d %H:%M UTC").to_string()).unwrap_or_default()
}

/// What a person wants to know of it: where it is and how to reach it.
fn details(change: &Change) -> String {
    let parts = [place(change), line(change).unwrap_or_default()];
    parts.iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join("  ")
}
