//! Which lines of which scripts have run. A line counts when bash has traced a command that stands on it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::path::Path;

use super::file::{self, Action, Step, Workflow};

/// Lines that have run, by file and step.
#[derive(Clone, Debug, Default)]
pub(crate) struct Coverage(BTreeMap<(String, String), BTreeSet<usize>>);

impl Coverage {
    /// Takes down what bash has traced of a step: `+12 command`, with a plus for every shell it is inside.
    pub(crate) fn trace(&mut self, file: &str, step: &str, trace: &str) {
        let line =
            |line: &str| -> Option<usize> { line.trim_start_matches('+').split(' ').next()?.parse().ok() };
        let lines = trace.lines().filter(|line| line.starts_with('+')).filter_map(line);
        self.0.entry((file.to_owned(), step.to_owned())).or_default().extend(lines);
    }

    pub(crate) fn add(&mut self, other: Self) {
        for (step, lines) in other.0 {
            self.0.entry(step).or_default().extend(lines);
        }
    }

    /// The commands of these files that have never run.
    pub(crate) fn missing(&self, root: &Path, files: &[&str]) -> Vec<String> {
        files
            .iter()
            .flat_map(|file| steps(root, file).into_iter().map(move |step| (*file, step)))
            .flat_map(|(file, (job, step))| self.missing_of(file, &job, &step))
            .collect()
    }

    fn missing_of(&self, file: &str, job: &str, step: &Step) -> Vec<String> {
        let Some(script) = &step.run else { return Vec::new() };
        let ran = self.0.get(&(file.to_owned(), format!("{job}/{}", step.name)));
        let lines: Vec<&str> = script.lines().collect();
        let lacks = |command: &RangeInclusive<usize>| {
            ran.is_none_or(|ran| !command.clone().any(|line| ran.contains(&line)))
        };
        let told = |command: RangeInclusive<usize>| {
            format!("{file}: {job}/{}: {}", step.name, lines[command.start() - 1].trim())
        };
        commands(&lines).into_iter().filter(lacks).map(told).collect()
    }
}

/// Every step of a file, with its job.
fn steps(root: &Path, file: &str) -> Vec<(String, Step)> {
    let path = root.join(file);
    if file.ends_with("action.yml") {
        let action: Action = file::read(&path);
        return action.runs.steps.into_iter().map(|step| ("action".to_owned(), step)).collect();
    }
    let workflow: Workflow = file::read(&path);
    let of = |(job, steps): (String, Vec<Step>)| steps.into_iter().map(move |step| (job.clone(), step));
    workflow.jobs.into_iter().map(|(name, job)| (name, job.steps)).flat_map(of).collect()
}

/// The commands of a script as ranges of lines, counted from one. What only ends or divides other commands is none.
fn commands(lines: &[&str]) -> Vec<RangeInclusive<usize>> {
    const STRUCTURE: &[&str] = &["fi", "done", "else", "esac", "then", "do", ";;", "{", "*)"];
    let mut commands = Vec::new();
    let mut start = 1;
    for (line, number) in lines.iter().map(|line| line.trim()).zip(1..) {
        if [r"\", "|", "&&"].iter().any(|end| line.ends_with(end)) {
            continue;
        }
        let first = lines[start - 1].trim();
        if !(first.is_empty() || first.starts_with(['#', '}']) || STRUCTURE.contains(&first)) {
            commands.push(start..=number);
        }
        start = number + 1;
    }
    commands
}

#[test]
fn what_has_not_run_is_missed_and_what_only_divides_is_not() {
    let script =
        ["one \\", "  --more", "# why", "if two; then", "  three", "else", "  four |", "    five", "fi"];
    let found: Vec<(usize, usize)> =
        commands(&script).iter().map(|range| (*range.start(), *range.end())).collect();
    assert_eq!(found, [(1, 2), (4, 4), (5, 5), (7, 8)]);
    let mut coverage = Coverage::default();
    coverage.trace("f", "job/step", "+1 one --more\n++4 two\n4 said by a command\n+5 three\n");
    let lines: Vec<usize> = coverage.0.values().flatten().copied().collect();
    assert_eq!(lines, [1, 4, 5]);
}
