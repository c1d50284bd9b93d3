//! Printing: results on stdout, everything else on stderr, colours only where somebody looks, secrets nowhere.

use std::collections::BTreeSet;
use std::io::{ErrorKind, IsTerminal, Write};

use super::github::Github;
use crate::drift::Drift;
use crate::gcp::ApiError;
use crate::live::LiveError;
use crate::plan::Plan;
use crate::report::advice::advice;
use crate::report::github::{Annotation, commands, harmless};
use crate::report::markdown::JOB_SUMMARY;
use crate::report::{Advice, Known, Secrets};
use serde_json::Value;

/// Where a command prints.
#[derive(Clone, Debug, Default)]
pub(super) struct Printer {
    secrets: Secrets,
    /// Whether everything goes to the log, an event for each text.
    logs: bool,
    github: Github,
    annotations: Vec<Annotation>,
}

/// What a command that runs for long logs under, whatever else is traced.
pub(super) const LOG: &str = "provost::reconcile";

impl Printer {
    pub(super) fn new() -> Self {
        Self { github: Github::of(|name| std::env::var_os(name)), ..Self::default() }
    }

    /// Whether lines of what is written may be taken for commands.
    pub(super) fn is_read_by_github(&self) -> bool {
        self.github.reads
    }

    /// One that writes into the log what others print.
    pub(super) fn logging(&self) -> Self {
        Self { logs: true, ..self.clone() }
    }

    /// Notes what must not be shown from here on.
    pub(super) fn hide(&mut self, value: &Value) {
        self.secrets.gather(value);
    }

    /// Notes the secrets of a plan, and gives the plan without them.
    pub(super) fn showable(&mut self, plan: &Plan) -> Plan {
        self.secrets.gather_plan(plan);
        self.secrets.hide_plan(plan)
    }

    /// Notes the secrets of a plan that nobody wants to apply, and hides them in it.
    pub(super) fn make_showable(&mut self, plan: &mut Plan) {
        self.secrets.gather_plan(plan);
        self.secrets.hide_all(plan);
    }

    /// Hides the secrets of a plan's drift, once those of the plan are known.
    pub(super) fn make_drift_showable(&self, drift: &mut Drift) {
        drift.resources.iter_mut().for_each(|one| self.secrets.hide_fields(&mut one.fields));
    }

    /// The secrets of a run, with those of a plan.
    pub(super) fn secrets(&self, plan: &Plan) -> Secrets {
        let mut secrets = self.secrets.clone();
        secrets.gather_plan(plan);
        secrets
    }

    /// A result.
    pub(super) fn out(&self, text: &str) {
        if self.logs {
            return self.note(text);
        }
        write(&mut anstream::stdout(), &self.safe(text));
    }

    /// A result for programs. What GitHub would take for a command is written otherwise and means the same.
    pub(super) fn json(&self, value: &Value) {
        self.out(&format!("{value:#}\n").replace("##[", "#\\u0023["));
    }

    /// A result without secrets, to be kept elsewhere.
    pub(super) fn hidden(&self, text: &str) -> String {
        self.secrets.hide(text)
    }

    /// A remark.
    pub(super) fn note(&self, text: &str) {
        match self.plain(text) {
            Some(text) => tracing::info!(target: LOG, "{text}"),
            None => write(&mut anstream::stderr(), &self.safe(text)),
        }
    }

    /// Something that is not as it should be.
    pub(super) fn warn(&self, text: &str) {
        match self.plain(text) {
            Some(text) => tracing::warn!(target: LOG, "{text}"),
            None => write(&mut anstream::stderr(), &self.safe(text)),
        }
    }

    /// A text as a log takes it: without colours and the spaces around it.
    fn plain(&self, text: &str) -> Option<String> {
        let hidden = || anstream::adapter::strip_str(&self.secrets.hide(text)).to_string();
        self.logs.then(|| hidden().trim().to_owned())
    }

    /// A text without secrets, and without commands where GitHub would obey them.
    fn safe(&self, text: &str) -> String {
        let hidden = self.secrets.hide(text);
        if self.github.reads { harmless(&hidden).into_owned() } else { hidden }
    }

    /// Notes findings for GitHub, which shows them at their lines. Nothing elsewhere.
    pub(super) fn annotate(&mut self, found: impl IntoIterator<Item = Annotation>) {
        if self.github.reads {
            let known = |one: Annotation| Annotation {
                place: one.place.and_then(|place| self.github.in_repository(&place)),
                message: self.secrets.hide(&one.message),
                ..one
            };
            let found: Vec<Annotation> = found.into_iter().map(known).collect();
            self.annotations.extend(found);
        }
    }

    /// Tells GitHub what was noted: on stderr, which it reads as well, so that stdout holds results alone.
    pub(super) fn close(&mut self) {
        write(&mut anstream::stderr(), &commands(&std::mem::take(&mut self.annotations)));
    }

    /// Adds to the summary of GitHub's job, where there is one, a text of so many bytes at most. A summary that cannot be written
    /// is no reason to fail.
    pub(super) fn summarise(&self, text: impl FnOnce(usize) -> String) {
        let hidden = |room| self.secrets.hide(&text(room));
        if let Err(error) = self.github.summarise(JOB_SUMMARY, hidden) {
            self.note(&format!("warning: the summary of the job is not written: {error}\n"));
        }
    }

    /// An error with its causes, and what to do about it.
    pub(super) fn error(&mut self, error: &anyhow::Error) {
        let told = crate::gcp::error::told(error.as_ref());
        self.annotate([Annotation::failure(told.as_str())]);
        let style = anstyle::AnsiColor::Red.on_default().bold();
        self.warn(&format!("{style}error{style:#}: {told}\n"));
        let known = Known::default();
        let all: BTreeSet<Advice> = failures(error).into_iter().filter_map(|e| advice(e, &known)).collect();
        for Advice { what, help } in all {
            self.note(&format!("{what}\n"));
            for line in help {
                self.note(&format!("    help: {line}\n"));
            }
        }
    }

    /// Asks for a yes. False without a terminal.
    pub(super) fn confirm(&self, question: &str) -> bool {
        self.asks_for(question, "yes")
    }

    /// Asks for a word by which somebody shows that they know what they do. False without a terminal.
    pub(super) fn asks_for(&self, question: &str, word: &str) -> bool {
        self.note(&format!("{question} Type `{word}` to go on: "));
        let mut answer = String::new();
        let read = std::io::stdin().read_line(&mut answer);
        read.is_ok() && answer.trim() == word
    }
}

/// The errors of the API behind an error.
fn failures(error: &anyhow::Error) -> Vec<&ApiError> {
    if let Some(LiveError::Unread(all)) = error.downcast_ref() {
        return all.iter().collect();
    }
    error.chain().filter_map(|cause| cause.downcast_ref()).collect()
}

/// Whether somebody can be asked.
pub(super) fn somebody_there() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// A reader that went away (`| head`) is no error of ours.
fn write(stream: &mut impl Write, text: &str) {
    match stream.write_all(text.as_bytes()).and_then(|()| stream.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => tracing::warn!(%error, "cannot print"),
        _ => {}
    }
}
