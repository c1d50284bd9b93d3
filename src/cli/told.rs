//! What a run that changes a project says when it is over: to programs, under a pull request, and to GitHub.

use crate::plan::{Plan, Step};
use crate::ready::Standings;
use crate::report::github::{Annotation, Level};
use crate::report::json::{self, OutcomeOutput, PlanOutput, ReadyOutput, RunOutput, StepOutput, StepState};
use crate::report::markdown::COMMENT;

use super::args::ReportFormat;
use super::course::Loaded;
use super::plan::paper;
use super::printer::Printer;

/// A run that is over.
pub(super) struct Told<'a> {
    pub(super) loaded: &'a Loaded,
    /// The plan, without secrets.
    pub(super) plan: &'a Plan,
    /// What became of it; none where it was refused.
    pub(super) outcome: Option<&'a OutcomeOutput>,
    /// How the machines stand that were waited for.
    pub(super) standings: Option<&'a Standings>,
}

impl Told<'_> {
    /// Says it as it is wanted; text was said while it ran.
    pub(super) fn say(&self, format: ReportFormat, printer: &Printer) {
        printer.summarise(|room| self.markdown(room));
        match format {
            ReportFormat::Text => {}
            ReportFormat::Json => printer.json(&json::value(&self.output())),
            ReportFormat::Markdown => printer.out(&self.markdown(COMMENT)),
        }
    }

    fn output(&self) -> RunOutput<'_> {
        let ready = self.standings.map(ReadyOutput::all);
        RunOutput { plan: PlanOutput::of(self.plan), outcome: self.outcome, ready }
    }

    fn markdown(&self, room: usize) -> String {
        let paper = paper(self.loaded, room);
        let ready = self.standings.map(ReadyOutput::all).unwrap_or_default();
        let ready: Vec<(String, ReadyOutput)> = ready.into_iter().collect();
        match self.outcome {
            Some(outcome) => paper.outcome(self.plan, outcome, &ready),
            None => paper.plan(self.plan),
        }
    }
}

/// Steps that failed, at the places where their resources are declared.
pub(super) fn annotations(steps: &[Step], outcome: &OutcomeOutput, loaded: &Loaded) -> Vec<Annotation> {
    let failed = steps.iter().zip(&outcome.steps).filter(|(_, told)| told.state == StepState::Failed);
    let annotation = |(step, told): (&Step, &StepOutput)| Annotation {
        level: Level::Error,
        title: "step-failed".to_owned(),
        message: message(told),
        place: step.addresses.iter().find_map(|address| loaded.place(address)),
    };
    failed.map(annotation).collect()
}

fn message(told: &StepOutput) -> String {
    let what = told.step.as_deref().unwrap_or_default();
    match &told.advice {
        Some(advice) => {
            let help = advice.help.iter().map(|line| format!("\nhelp: {line}"));
            format!("{what}: {}{}", advice.what, help.collect::<String>())
        }
        None => format!("{what}: {}", told.why.as_deref().unwrap_or_default()),
    }
}
