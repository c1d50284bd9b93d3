//! The history of a course for a person: a line for each run, or all that is known of one.
//! Pure.

use std::fmt::Write as _;

use super::sheet::{Cell, Sheet};
use crate::inventory::{RunRecord, RunState};

/// The runs of a course, a line each; `holder` is the run that has the lock, `more` are not shown.
pub fn list(course: &str, runs: &[RunRecord], holder: Option<&str>, more: usize) -> String {
    if runs.is_empty() {
        return format!("No run has changed {course} yet.\n");
    }
    let row = |run: &RunRecord| {
        let cells = [
            run.id.clone(),
            run.started.to_string(),
            run.doing.clone(),
            run.who.owner.clone(),
            word(run.state(holder)).to_owned(),
            summary(run),
        ];
        cells.map(Cell::Text).to_vec()
    };
    let columns = ["RUN", "STARTED", "WHAT", "WHO", "STATE", "CHANGES"];
    let sheet = Sheet { columns: columns.to_vec(), rows: runs.iter().map(row).collect() };
    let rest =
        if more == 0 { String::new() } else { format!("… and {more} before; `--limit` shows more\n") };
    format!("{}\n{rest}", sheet.table().trim_end())
}

/// All that is known of a run.
pub fn run(run: &RunRecord, holder: Option<&str>) -> String {
    let mut text = format!("{} {}: {}\n", run.doing, run.id, word(run.state(holder)));
    let ended = run.ended.map(|time| time.to_string());
    let lines = [
        ("course", Some(format!("{} in {}", run.course, run.project))),
        ("environment", run.environment.clone()),
        ("who", Some(run.who.to_string())),
        ("started", Some(run.started.to_string())),
        ("ended", ended),
        ("exit", run.exit.map(|code| code.to_string())),
        ("provost", Some(run.provost.clone())),
        ("commit", run.commit.clone()),
        ("plan", Some(run.plan.clone())),
        ("changes", Some(summary(run))),
        ("overrides", Some(run.overrides.join(", ")).filter(|rules| !rules.is_empty())),
        ("inventory", run.inventory.clone()),
    ];
    for (name, value) in lines {
        if let Some(value) = value {
            let _ = writeln!(text, "  {name:<12} {value}");
        }
    }
    for end in &run.steps {
        let why = end.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        let _ = writeln!(text, "  {:>12} {}{why}", end.state, end.step);
    }
    text
}

fn word(state: RunState) -> &'static str {
    match state {
        RunState::Running => "running",
        RunState::Done => "done",
        RunState::Partly => "partly done",
        RunState::Failed => "failed",
        RunState::Interrupted => "interrupted",
    }
}

/// What a plan does in a few words: `create 3, delete 1`. What is left as it is is not told.
fn summary(run: &RunRecord) -> String {
    let told = run.summary.iter().filter(|(action, _)| action.as_str() != "none");
    told.map(|(action, count)| format!("{action} {count}")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::StepEnd;
    use crate::inventory::run::tests::sample;

    #[test]
    fn runs_are_listed_with_how_they_stand() {
        let mut done = sample();
        (done.id, done.exit) = ("20261121T153104Z-0a1b2c".to_owned(), Some(0));
        insta::assert_snapshot!(list("be", &[sample(), done], Some("r"), 3), @r"
         RUN                      STARTED               WHAT   WHO  STATE    CHANGES
         r                        2026-11-21T15:31:04Z  apply  ana  running  create 2
         20261121T153104Z-0a1b2c  2026-11-21T15:31:04Z  apply  ana  done     create 2
        … and 3 before; `--limit` shows more
        ");
        assert_eq!(list("be", &[], None, 0), "No run has changed be yet.\n");
    }

    #[test]
    fn a_run_is_shown_with_what_became_of_every_step() {
        let mut failed = sample();
        let step = |step: &str, state: &str, why: Option<&str>| StepEnd {
            step: step.to_owned(),
            state: state.to_owned(),
            why: why.map(str::to_owned),
        };
        failed.exit = Some(3);
        failed.environment = Some("preprod".to_owned());
        failed.steps = vec![
            step("create FirewallRule/web", "done", None),
            step("create Vm/a", "failed", Some("403 forbidden: no")),
        ];
        insta::assert_snapshot!(run(&failed, None), @r"
            apply r: partly done
              course       be in class-2526
              environment  preprod
              who          ana on laptop
              started      2026-11-21T15:31:04Z
              exit         3
              provost      0.1.0
              plan         sha256:00
              changes      create 2
                      done create FirewallRule/web
                    failed create Vm/a: 403 forbidden: no
            ");
    }
}
