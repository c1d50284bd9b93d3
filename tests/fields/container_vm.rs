//! `ContainerVm`: the machine half and its containers, a change of which restarts the machine.

use super::machine;
use super::table::{Table, row};

const TWO: &str = "containers: [{image: nginx:1}, {image: redis:7}]";

pub(super) fn table() -> Table {
    let mut rows = machine::rows();
    rows.extend([
        row("containers", "", "containers: [{image: nginx:2}]").stops().paths(&["containers[0].image"]),
        row("containers", "", TWO).stops(),
        row("containers", TWO, "").stops(),
        row("containers", "", "containers: [{image: nginx:1, env: {A: x}}]")
            .stops()
            .paths(&["containers[0].env"]),
        row(
            "containers",
            "containers: [{image: nginx:1, env: {A: x, B: z}}]",
            "containers: [{image: nginx:1, env: {A: y}}]",
        )
        .stops()
        .paths(&["containers[0].env.A", "containers[0].env.B"]),
        row("containers", "", "containers: [{image: nginx:1, secretEnv: {KEY: {secret: key}}}]")
            .stops()
            .paths(&["containers[0].secretEnv"]),
        row("containers", "containers: [{image: nginx:1, ports: ['80:80']}]", "")
            .stops()
            .paths(&["containers[0].ports"]),
        row(
            "containers",
            "desiredStatus: TERMINATED",
            "{desiredStatus: RUNNING, containers: [{image: nginx:2}]}",
        )
        .stops()
        .paths(&["desiredStatus", "containers[0].image"])
        .wire("/status", r#""RUNNING""#),
    ]);
    Table {
        kind: "ContainerVm",
        base: "{kind: ContainerVm, name: m, machineType: n1-standard-1, containers: [{image: nginx:1}]}",
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
