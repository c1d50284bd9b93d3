//! `Vm`: the machine half and the startup script.

use super::machine;
use super::table::{Table, row};

pub(super) fn table() -> Table {
    let mut rows = machine::rows();
    rows.extend([
        row("startupScript", "startupScript: echo one", "startupScript: echo two"),
        row("startupScript", "startupScript: echo one", "startupScript: ''"),
        row("startupScript", "", "startupScript: {file: a.txt}"),
        row("startupScript", "startupScript: {file: a.txt}", "startupScript: {file: a.txt}")
            .file("a.txt", "three"),
        row("startupScript", "startupScript: echo one", "").nothing(),
    ]);
    Table {
        kind: "Vm",
        base: "{kind: Vm, name: m, machineType: n1-standard-1}",
        others: machine::OTHERS,
        wire: machine::WIRE,
        rows,
    }
}

#[test]
fn every_managed_field_is_tested() {
    table().covers_every_field();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_change_takes_what_the_api_says_and_arrives() {
    table().run().await;
}
