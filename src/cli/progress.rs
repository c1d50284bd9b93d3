//! Progress on stderr: bars where somebody looks, plain lines where nobody does. Also counts the user's interrupts.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use tokio::sync::watch;

use crate::apply::Event;
use crate::plan::Plan;

use super::printer::Printer;
use super::signal;

/// Tells how far an apply is.
pub(super) struct Progress {
    titles: Vec<String>,
    bars: Option<MultiProgress>,
    running: Mutex<BTreeMap<usize, ProgressBar>>,
    total: ProgressBar,
    printer: Box<dyn Fn(&str) + Send + Sync>,
}

impl Progress {
    pub(super) fn new(plan: &Plan, printer: &Printer) -> Self {
        let hide = printer.clone();
        let titles = plan.steps.iter().map(crate::plan::Step::title).collect();
        let bars = std::io::stderr().is_terminal().then(MultiProgress::new);
        let total = ProgressBar::new(u64::try_from(plan.steps.len()).unwrap_or_default());
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} steps, {elapsed}");
        total.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        let total = bars.as_ref().map_or_else(ProgressBar::hidden, |bars| bars.add(total));
        let printer = Box::new(move |line: &str| hide.note(line));
        Self { titles, bars, running: Mutex::default(), total, printer }
    }

    fn title(&self, step: usize) -> &str {
        self.titles.get(step).map_or("", String::as_str)
    }

    /// Hears what happened and shows it.
    pub(super) fn hear(&self, event: Event) {
        match event {
            Event::Started(step) => self.started(step),
            Event::Waiting(step, what) => self.waiting(step, what),
            Event::Elsewhere(step, full, next) => {
                self.line(&format!("      {}: no room in {full}, trying {next}", self.title(step)));
            }
            Event::Done(step) => self.ended(step, "done", ""),
            Event::Failed(step, why) => self.ended(step, "failed", &why),
            Event::HeldBack(step) => self.ended(step, "held back", ""),
            // Nothing a person waits for.
            Event::InventoryWritten => {}
        }
    }

    fn started(&self, step: usize) {
        let Some(bars) = &self.bars else {
            return self.line(&format!("      {}…", self.title(step)));
        };
        let bar = bars.add(ProgressBar::new_spinner().with_message(self.title(step).to_owned()));
        bar.enable_steady_tick(Duration::from_millis(120));
        self.running.lock().unwrap_or_else(PoisonError::into_inner).insert(step, bar);
    }

    fn waiting(&self, step: usize, what: &str) {
        let text = format!("{}: waiting for {what}", self.title(step));
        match self.running.lock().unwrap_or_else(PoisonError::into_inner).get(&step) {
            Some(bar) => bar.set_message(text),
            None => self.line(&format!("      {text}")),
        }
    }

    fn ended(&self, step: usize, how: &str, why: &str) {
        if let Some(bar) = self.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&step) {
            bar.finish_and_clear();
        }
        self.total.inc(1);
        let why = if why.is_empty() { String::new() } else { format!(": {why}") };
        self.line(&format!("{how:>9} {}{why}", self.title(step)));
    }

    fn line(&self, text: &str) {
        match &self.bars {
            Some(bars) => bars.suspend(|| (self.printer)(&format!("{text}\n"))),
            None => (self.printer)(&format!("{text}\n")),
        }
    }

    /// Takes the bars away.
    pub(super) fn finish(&self) {
        self.total.finish_and_clear();
    }
}

/// Counts interrupts: the first lets what runs end, the second does not.
pub(super) async fn count_interrupts(stop: watch::Sender<u8>, progress: Arc<Progress>) {
    for (count, told) in
        [(1, "stopping: what runs is finished and recorded; Ctrl-C again stops now"), (2, "stopping now")]
    {
        signal::interrupted().await;
        progress.line(told);
        let _ = stop.send(count);
    }
    // Once stopped, a further interrupt has nothing left to stop; the channel must live until the run has seen it.
    std::future::pending::<()>().await;
}
