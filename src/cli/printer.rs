//! Printing: results on stdout, everything else on stderr, colours only where somebody looks, secrets nowhere.

use std::collections::BTreeSet;
use std::io::{ErrorKind, IsTerminal, Write};

use crate::gcp::ApiError;
use crate::live::LiveError;
use crate::plan::Plan;
use crate::report::advice::advice;
use crate::report::{Advice, Known, Secrets};

/// Where a command prints.
#[derive(Clone, Debug, Default)]
pub(super) struct Printer {
    secrets: Secrets,
}

impl Printer {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Notes what must not be shown from here on.
    pub(super) fn hide(&mut self, value: &serde_json::Value) {
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

    /// The secrets of a run, with those of a plan.
    pub(super) fn secrets(&self, plan: &Plan) -> Secrets {
        let mut secrets = self.secrets.clone();
        secrets.gather_plan(plan);
        secrets
    }

    /// A result.
    pub(super) fn out(&self, text: &str) {
        write(&mut anstream::stdout(), &self.secrets.hide(text));
    }

    /// A result without secrets, to be kept elsewhere.
    pub(super) fn hidden(&self, text: &str) -> String {
        self.secrets.hide(text)
    }

    /// A remark.
    pub(super) fn note(&self, text: &str) {
        write(&mut anstream::stderr(), &self.secrets.hide(text));
    }

    /// An error with its causes, and what to do about it.
    pub(super) fn error(&self, error: &anyhow::Error) {
        let told = crate::gcp::error::told(error.as_ref());
        let style = anstyle::AnsiColor::Red.on_default().bold();
        self.note(&format!("{style}error{style:#}: {told}\n"));
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
