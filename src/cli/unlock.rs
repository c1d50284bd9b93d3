//! `provost unlock`: takes the lock of a course away from a run that is dead, after a look at whose it is.

use serde_json::json;

use crate::inventory::lease::whole;
use crate::inventory::lock::Found;
use crate::inventory::{Lock, StoreError};

use super::args::{Format, UnlockArgs};
use super::connection::{self, Connection};
use super::course::{self, Loaded};
use super::exit::{Exit, Refusal};
use super::plan;
use super::printer::{self, Printer};

pub(super) async fn run(args: &UnlockArgs, printer: &mut Printer) -> anyhow::Result<Exit> {
    let Some(loaded) = course::load(&args.target.course, printer)? else {
        return Ok(Exit::Failed);
    };
    let connection = connection::connect(&args.target, &loaded).await?;
    let exit = unlocked(&connection, &loaded, args, printer).await;
    connection.close().await?;
    exit
}

async fn unlocked(
    connection: &Connection,
    loaded: &Loaded,
    args: &UnlockArgs,
    printer: &Printer,
) -> anyhow::Result<Exit> {
    let lock = Lock::of(&plan::store(connection, loaded), connection.now);
    let course = &loaded.scope.course;
    let Some(found) = lock.look().await? else {
        say(args.format, None, false, &format!("The course {course} is not locked.\n"), printer);
        return Ok(Exit::Done);
    };
    if args.format == Format::Text {
        printer.out(&holder(course, &found));
    }
    confirm(args, printer)?;
    match lock.remove(&found).await {
        Err(StoreError::Raced { .. }) => return Err(alive(course).into()),
        removed => removed?,
    }
    say(
        args.format,
        Some(&found),
        true,
        "Unlocked. If that run lives, it stops before its next step.\n",
        printer,
    );
    Ok(Exit::Done)
}

fn holder(course: &str, found: &Found) -> String {
    let (lease, ends) = (&found.lease, whole(found.lease.expires));
    let state = if found.over { format!("let it run out at {ends}") } else { format!("has it until {ends}") };
    format!("The course {course} is locked by {}, which {state}.\n", lease.told())
}

/// A lock that moved between the look and the removal is one that somebody renews.
fn alive(course: &str) -> Refusal {
    Refusal::Locked(format!(
        "the lock of the course {course} was renewed meanwhile, so its run is alive: stop that run instead; nothing was changed"
    ))
}

fn confirm(args: &UnlockArgs, printer: &Printer) -> Result<(), Refusal> {
    if args.yes {
        return Ok(());
    }
    if !printer::somebody_there() {
        return Err(Refusal::Usage(
            "nobody is there to ask: add `--yes` to unlock without a question".to_owned(),
        ));
    }
    let question = "Take the lock away? Two runs at once spoil each other's work.";
    if printer.confirm(question) { Ok(()) } else { Err(Refusal::NotConfirmed("you did not say yes")) }
}

fn say(format: Format, found: Option<&Found>, unlocked: bool, words: &str, printer: &Printer) {
    match format {
        Format::Text => printer.out(words),
        Format::Json => {
            let lease = found.map(|found| &found.lease);
            let value = json!({"unlocked": unlocked, "lock": lease, "over": found.map(|found| found.over)});
            printer.out(&format!("{value:#}\n"));
        }
    }
}
