//! Waiting until machines are ready: what `status --watch` and `apply --wait-ready` share. In a terminal the state is drawn in
//! place; elsewhere every change of it is a line.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::IsTerminal;
use std::time::Duration;

use crate::diff::Intent;
use crate::plan::Plan;
use crate::ready::{self, Patience, Seen, Standing, Standings};
use crate::spec::Address;
use indicatif::{ProgressBar, ProgressStyle};

use super::args::PatienceArgs;
use super::connection::Connection;
use super::course::Loaded;
use super::plan;
use super::printer::Printer;

/// What one look has seen: the project, and how those stand that are waited for.
pub(super) struct Look {
    /// The project; with its secrets.
    pub(super) plan: Plan,
    /// How they stand.
    pub(super) standings: Standings,
}

/// Machines that are drawn by name; of the others there is a number.
const DRAWN: usize = 15;
const NOTHING: &str = "no machine of this course says when it is ready: add `ready: { http: { port: 8501 } }`, \
                       `{ tcp: 8501 }` or `{ startupScript: true }` to one\n";

/// The patience that was typed.
pub(super) fn patience(args: &PatienceArgs) -> Patience {
    Patience { every: args.every, most: args.timeout }
}

/// Looks once.
pub(super) async fn look(connection: &Connection, loaded: &Loaded) -> anyhow::Result<Look> {
    let (plan, _) = plan::plan(connection, loaded, &Intent::default()).await?;
    let awaited = ready::awaited(&plan, &loaded.desired, &loaded.scope);
    let standings = ready::look(&connection.client, &awaited, &loaded.scope).await;
    Ok(Look { plan, standings })
}

/// Looks until everything is ready or has had its time.
pub(super) async fn until_ready(
    connection: &Connection,
    loaded: &Loaded,
    patience: Patience,
    printer: &Printer,
) -> anyhow::Result<Look> {
    let mut last = None;
    let mut drawing = Drawing::new(printer);
    let look = async || {
        let Look { plan, standings } = look(connection, loaded).await?;
        last = Some(plan);
        anyhow::Ok(standings)
    };
    let pace = connection.client.pace();
    let standings = ready::until_ready(pace.as_ref(), patience, look, |seen| drawing.hear(seen)).await?;
    drawing.finish(&standings);
    let plan = last.ok_or_else(|| anyhow::anyhow!("nothing was looked at"))?;
    Ok(Look { plan, standings })
}

/// Tells how far the waiting is.
struct Drawing<'a> {
    printer: &'a Printer,
    bar: Option<ProgressBar>,
    /// What was last said of each.
    said: BTreeMap<Address, String>,
}

impl<'a> Drawing<'a> {
    fn new(printer: &'a Printer) -> Self {
        let bar = std::io::stderr().is_terminal().then(ProgressBar::new_spinner);
        if let Some(bar) = &bar {
            let style = ProgressStyle::with_template("{spinner} {msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
            bar.enable_steady_tick(Duration::from_millis(120));
        }
        Self { printer, bar, said: BTreeMap::new() }
    }

    fn hear(&mut self, standings: &Standings) {
        match &self.bar {
            Some(bar) => bar.set_message(self.printer.hidden(&drawn(standings))),
            None => self.tell(standings),
        }
    }

    /// A line for each that is no longer as it was.
    fn tell(&mut self, standings: &Standings) {
        for (address, seen) in standings {
            let text = line(address, seen);
            if self.said.get(address) != Some(&text) {
                self.printer.note(&text);
                self.said.insert(address.clone(), text);
            }
        }
    }

    fn finish(&mut self, standings: &Standings) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
            let missing = standings.iter().filter(|(_, seen)| seen.standing != Standing::Ready);
            missing.for_each(|(address, seen)| self.printer.note(&line(address, seen)));
        }
        self.printer.note(&match standings.len() {
            0 => NOTHING.to_owned(),
            _ => format!("{}\n", count(standings)),
        });
    }
}

fn line(address: &Address, seen: &Seen) -> String {
    let why = seen.standing.why();
    let why = if why.is_empty() { String::new() } else { format!(": {why}") };
    format!("{:>9} {address}{why}\n", seen.standing.word())
}

fn count(standings: &Standings) -> String {
    let ready = standings.values().filter(|seen| seen.standing == Standing::Ready).count();
    format!("{ready} of {} machines are ready", standings.len())
}

/// The count, and who is missing.
fn drawn(standings: &Standings) -> String {
    let mut text = count(standings);
    let missing: Vec<_> = standings.iter().filter(|(_, seen)| seen.standing != Standing::Ready).collect();
    for (address, seen) in missing.iter().take(DRAWN) {
        let _ = write!(text, "\n  {address}: {}", seen.standing.why());
    }
    if missing.len() > DRAWN {
        let _ = write!(text, "\n  … and {} more", missing.len() - DRAWN);
    }
    text
}
