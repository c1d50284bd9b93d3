//! The layers: what each part of the program must not use. Read off the source, so that a review need not.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

/// Parts that are pure: values in, values out.
const PURE: &[&str] = &[
    "spec/",
    "kinds/",
    "diff/",
    "drift/",
    "import/",
    "plan/",
    "preflight/",
    "reconcile/",
    "report/",
    "saved/",
    "sweep/",
    "ready/doors.rs",
    "ready/serial.rs",
    "ready/standing.rs",
    "translate/",
    "inventory/lease.rs",
    "inventory/record.rs",
    "inventory/run.rs",
    "gcp/request.rs",
    "gcp/call.rs",
    "gcp/splice.rs",
    "gcp/policy.rs",
    "gcp/limit.rs",
];
/// The one file of a pure folder that reads files.
const LOADS: &str = "spec/load.rs";
/// What would make them something else.
const IMPURE: &[&str] = &[
    "tokio::",
    "reqwest::",
    "axum::",
    "futures_util::",
    "std::fs",
    "fs_err",
    "std::env",
    "std::process",
    "std::net::Tcp",
    "std::net::Udp",
    "std::thread",
    // Nested, it would hide what it names.
    "use std::{",
    "SystemTime",
    "Instant",
    "RandomState",
    "Zoned::now",
    "Timestamp::now",
    "tempfile",
];

/// The sources of the program, without their unit tests, by path below `src`.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of src") {
            let path: PathBuf = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = std::fs::read_to_string(&path).expect("a source");
                let name = path.strip_prefix(&root).expect("below src").to_string_lossy().replace('\\', "/");
                found.push((name, text));
            }
        }
    }
    found.sort();
    found
}

fn program(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap_or(text)
}

/// The lines of code (no comments) of matching files that hold one of the needles.
fn offences(of: impl Fn(&str) -> bool, needles: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for (name, text) in sources().iter().filter(|(name, _)| of(name) && !name.contains("tests")) {
        for line in program(text).lines().filter(|line| !line.trim_start().starts_with("//")) {
            if needles.iter().any(|needle| line.contains(needle)) {
                found.push(format!("{name}: {}", line.trim()));
            }
        }
    }
    found
}

fn none(offences: &[String]) {
    assert_eq!(offences, [] as [String; 0]);
}

#[test]
fn the_pure_part_does_no_io_and_knows_no_clock_and_no_chance() {
    let pure = |name: &str| PURE.iter().any(|p| name.starts_with(p)) && name != LOADS;
    none(&offences(pure, IMPURE));
}

#[test]
fn the_sandbox_shares_nothing_with_the_client() {
    let own = ["use crate::", "crate::kinds", "crate::diff", "crate::plan", "crate::gcp", "crate::spec"];
    let found = offences(|name| name.starts_with("sandbox/"), &own);
    none(&found.into_iter().filter(|line| !line.contains("crate::sandbox")).collect::<Vec<_>>());
}

#[test]
fn requests_know_no_kinds_and_kinds_know_no_plans() {
    none(&offences(
        |name| name.starts_with("gcp/"),
        &["crate::kinds", "crate::diff", "crate::plan", "crate::spec"],
    ));
    none(&offences(
        |name| name.starts_with("kinds/"),
        &["crate::diff", "crate::plan", "crate::live", "crate::apply", "crate::cli"],
    ));
    none(&offences(
        |name| name.starts_with("spec/"),
        &["crate::kinds", "crate::gcp", "crate::plan", "crate::report"],
    ));
}

#[test]
fn kinds_are_named_in_their_own_files_and_the_registry_only() {
    let names = [
        "\"ApiServices\"",
        "\"IamGrant\"",
        "\"FirewallRule\"",
        "\"ContainerVm\"",
        "\"Vm\"",
        "\"Bucket\"",
        "\"Registry\"",
    ];
    none(&offences(|name| !name.starts_with("kinds/") && !name.starts_with("sandbox/"), &names));
}

#[test]
fn only_the_command_line_prints_asks_and_exits() {
    let speaks = [
        "println!",
        "eprintln!",
        "print!(",
        "anstream::stdout",
        "anstream::stderr",
        "process::exit",
        "stdin()",
    ];
    none(&offences(|name| !name.starts_with("cli/"), &speaks));
    none(&offences(|name| !name.starts_with("cli/"), &["std::env::var"]));
}

#[test]
fn every_file_says_what_it_is_for_and_is_short_enough_to_read() {
    let mut found = Vec::new();
    for (name, text) in sources() {
        let lines = text.lines().count();
        if !text.starts_with("//!") {
            found.push(format!("{name} does not say what it is for"));
        }
        if lines > 500 {
            found.push(format!("{name} has {lines} lines"));
        }
    }
    none(&found);
}

#[test]
fn these_tests_see_what_they_look_for() {
    assert!(!offences(|name| name == "gcp/client.rs", IMPURE).is_empty());
    assert!(!offences(|name| name == "diff/verdict.rs", &["crate::kinds"]).is_empty());
    assert!(!offences(|name| name.starts_with("cli/"), &["anstream::stdout"]).is_empty());
    assert!(sources().len() > 100);
}
