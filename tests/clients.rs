//! Google's own clients against the sandbox: gcloud, gsutil and the Python libraries create, read, change, list and
//! delete, and Provost and they see each other's work.
//!
//! They are slow, so `cargo test` passes over them; `.ci/clients` runs them. A client that is not installed is
//! skipped, and says so. What each needs of a server is kept without it in `sandbox_clients.rs`.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod support;

mod clients {
    mod both_ways;
    mod gcloud;
    mod gcloud_machines;
    mod gcloud_sweep;
    pub(crate) mod ground;
    mod gsutil;
    mod python;
}

use clients::ground;

#[test]
fn the_readme_names_only_commands_that_are_run() {
    let readme = include_str!("../README.md");
    let sources = [
        include_str!("clients/gcloud.rs"),
        include_str!("clients/gcloud_machines.rs"),
        include_str!("clients/gcloud_sweep.rs"),
        include_str!("clients/gsutil.rs"),
    ];
    let rows = ground::commands(readme);
    assert!(rows.len() > 40, "{rows:?}");
    for command in rows {
        let run = format!("\"{command}");
        assert!(sources.iter().any(|source| source.contains(&run)), "no test runs `{command}`");
    }
}
