//! `provost history`: who changed the course, when, and what became of it.

use serde_json::{Value, json};

use crate::inventory::history::Listed;
use crate::inventory::{History, Lock, RunRecord};
use crate::report::history as report;

use super::args::{Format, HistoryArgs, HistoryCommand, ShowArgs, TargetArgs};
use super::connection::{self, Connection};
use super::course;
use super::exit::{Exit, Refusal};
use super::plan;
use super::printer::{self, Printer};

pub(super) async fn run(args: &HistoryArgs, printer: &mut Printer) -> anyhow::Result<Exit> {
    let target = match &args.command {
        Some(HistoryCommand::Show(show)) => &show.target,
        None => &args.target,
    };
    let Some((connection, past)) = past(target, printer).await? else { return Ok(Exit::Failed) };
    let exit = match &args.command {
        Some(HistoryCommand::Show(show)) => past.show(show, printer).await,
        None if args.delete => past.delete(args, printer).await,
        None => past.list(args, printer).await,
    };
    connection.close().await?;
    exit
}

/// A course's history and its lock: a run without an end is running if it has the lock.
struct Past {
    course: String,
    history: History,
    lock: Lock,
}

async fn past(target: &TargetArgs, printer: &mut Printer) -> anyhow::Result<Option<(Connection, Past)>> {
    let Some(loaded) = course::load(&target.course, printer)? else { return Ok(None) };
    let connection = connection::connect(target, &loaded).await?;
    let store = plan::store(&connection, &loaded);
    let (history, lock) = (History::of(&store), Lock::of(&store, connection.now));
    Ok(Some((connection, Past { course: loaded.scope.course, history, lock })))
}

impl Past {
    /// The run that has the lock.
    async fn holder(&self) -> anyhow::Result<Option<String>> {
        Ok(self.lock.look().await?.filter(|found| !found.over).map(|found| found.lease.run))
    }

    async fn list(&self, args: &HistoryArgs, printer: &Printer) -> anyhow::Result<Exit> {
        let listed = self.history.list().await?;
        let wanted = listed.get(..args.limit.min(listed.len())).unwrap_or_default();
        let (runs, holder) = tokio::join!(self.history.read(wanted), self.holder());
        let (runs, holder) = (runs?, holder?);
        let more = listed.len() - wanted.len();
        printer.out(&match args.format {
            Format::Text => report::list(&self.course, &runs, holder.as_deref(), more),
            Format::Json => {
                let runs: Vec<Value> = runs.iter().map(|run| json(run, holder.as_deref())).collect();
                format!("{:#}\n", json!({"course": self.course, "runs": runs, "more": more}))
            }
        });
        Ok(Exit::Done)
    }

    async fn show(&self, args: &ShowArgs, printer: &Printer) -> anyhow::Result<Exit> {
        let run = found(&self.history.list().await?, &args.run)?;
        let (runs, holder) = tokio::join!(self.history.read(std::slice::from_ref(&run)), self.holder());
        let (runs, holder) = (runs?, holder?);
        let Some(run) = runs.first() else { return Err(Refusal::Usage(none(&args.run)).into()) };
        printer.out(&match args.format {
            Format::Text => report::run(run, holder.as_deref()),
            Format::Json => format!("{:#}\n", json(run, holder.as_deref())),
        });
        Ok(Exit::Done)
    }

    async fn delete(&self, args: &HistoryArgs, printer: &Printer) -> anyhow::Result<Exit> {
        let listed = self.history.list().await?;
        let old = listed.get(args.keep.min(listed.len())..).unwrap_or_default();
        // A run that is under way writes its end over its beginning.
        let holder = self.holder().await?;
        let old: Vec<Listed> = old.iter().filter(|run| Some(&run.id) != holder.as_ref()).cloned().collect();
        if !old.is_empty() && !args.yes {
            confirm(&self.course, old.len(), printer)?;
        }
        self.history.delete(&old).await?;
        printer.out(&match args.format {
            Format::Text => format!("{} of {} runs deleted.\n", old.len(), listed.len()),
            Format::Json => {
                let ids: Vec<&str> = old.iter().map(|run| run.id.as_str()).collect();
                format!("{:#}\n", json!({"course": self.course, "deleted": ids}))
            }
        });
        Ok(Exit::Done)
    }
}

fn confirm(course: &str, count: usize, printer: &Printer) -> Result<(), Refusal> {
    if !printer::somebody_there() {
        return Err(Refusal::Usage(
            "nobody is there to ask: add `--yes` to delete without a question".to_owned(),
        ));
    }
    let question = format!("Delete the records of {count} runs of {course}? There is no way back.");
    if printer.confirm(&question) { Ok(()) } else { Err(Refusal::NotConfirmed("you did not say yes")) }
}

/// A record with how it stands.
fn json(run: &RunRecord, holder: Option<&str>) -> Value {
    let mut value = json!(run);
    if let Some(map) = value.as_object_mut() {
        map.insert("state".to_owned(), json!(run.state(holder)));
    }
    value
}

/// The one run whose name begins so, or the latest.
fn found(runs: &[Listed], wanted: &str) -> Result<Listed, Refusal> {
    let named: Vec<&Listed> = match wanted {
        "latest" => runs.first().into_iter().collect(),
        wanted => runs.iter().filter(|run| run.id.starts_with(wanted)).collect(),
    };
    match named.as_slice() {
        [run] => Ok((*run).clone()),
        [] => Err(Refusal::Usage(none(wanted))),
        several => {
            let ids: Vec<&str> = several.iter().map(|run| run.id.as_str()).take(NAMED).collect();
            Err(Refusal::Usage(format!("several runs begin with {wanted}: {}", ids.join(", "))))
        }
    }
}

/// Runs of one beginning that are named.
const NAMED: usize = 5;

fn none(wanted: &str) -> String {
    match wanted {
        "latest" => "no run has changed this course yet".to_owned(),
        wanted => format!("no run begins with {wanted}; `provost history` lists them"),
    }
}
