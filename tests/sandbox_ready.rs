//! Machines of the sandbox boot and answer: what their consoles say, and what somebody who knocks at them is told.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod rest;

use rest::{Cloud, FIREWALLS, ZONE, vm};
use serde_json::{Value, json};

const UNIT: &str = "ExecStart=/usr/bin/docker run --name=app -p 8501:80 -p 127.0.0.1:8502:80 nginx:1";
const WEB: &str = r#"{"name": "web", "allowed": [{"IPProtocol": "tcp", "ports": ["8500-8600"]}]}"#;

/// A machine with that metadata and the tag `web`.
async fn machine(cloud: &Cloud, key: &str, text: &str) {
    let mut body = vm("x");
    body["metadata"] = json!({ "items": [{ "key": key, "value": text }] });
    body["tags"] = json!({ "items": ["web"] });
    body["networkInterfaces"] = json!([{ "accessConfigs": [{}] }]);
    let (status, answer) = cloud.post(&format!("{ZONE}/instances"), &body).await;
    assert_eq!(status, 200, "{answer}");
}

async fn knock(cloud: &Cloud, port: u16) -> Value {
    let (_, vm) = cloud.get(&format!("{ZONE}/instances/x")).await;
    let address = vm["networkInterfaces"][0]["accessConfigs"][0]["natIP"].as_str().unwrap_or("203.0.113.1");
    cloud.get(&format!("/sandbox/reach?address={address}&port={port}")).await.1["answer"].clone()
}

/// A rule of the network with these changes.
async fn rule(cloud: &Cloud, change: &Value) {
    let mut body: Value = serde_json::from_str(WEB).unwrap();
    body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    assert_eq!(cloud.post(FIREWALLS, &body).await.0, 200, "{body}");
}

async fn console(cloud: &Cloud) -> String {
    let (_, output) = cloud.get(&format!("{ZONE}/instances/x/serialPort")).await;
    output["contents"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_port_answers_where_a_container_publishes_it_and_a_rule_lets_the_world_in() {
    let cloud = Cloud::with(&["compute"]).await;
    machine(&cloud, "user-data", UNIT).await;
    assert_eq!(knock(&cloud, 8501).await, "silent");
    rule(&cloud, &json!({ "targetTags": ["web"] })).await;
    // Published, published to the machine itself only, and not published.
    for (port, answer) in [(8501, "open"), (8502, "refused"), (8503, "refused"), (80, "silent"), (22, "open")]
    {
        assert_eq!(knock(&cloud, port).await, answer, "{port}");
    }
}

#[tokio::test]
async fn rules_for_others_let_nobody_in() {
    let changes = [
        json!({ "targetTags": ["other"] }),
        json!({ "sourceRanges": ["10.0.0.0/8"] }),
        json!({ "disabled": true }),
        json!({ "allowed": [{ "IPProtocol": "udp" }] }),
    ];
    for change in changes {
        let cloud = Cloud::with(&["compute"]).await;
        machine(&cloud, "user-data", UNIT).await;
        rule(&cloud, &change).await;
        assert_eq!(knock(&cloud, 8501).await, "silent", "{change}");
    }
}

#[tokio::test]
async fn of_two_rules_the_first_by_priority_counts() {
    let cloud = Cloud::with(&["compute"]).await;
    machine(&cloud, "user-data", UNIT).await;
    rule(&cloud, &json!({})).await;
    let deny =
        json!({ "name": "deny", "priority": 900, "denied": [{ "IPProtocol": "all" }], "allowed": null });
    rule(&cloud, &deny).await;
    assert_eq!(knock(&cloud, 8501).await, "silent");
}

#[tokio::test]
async fn who_is_stopped_or_nowhere_does_not_answer() {
    let cloud = Cloud::with(&["compute"]).await;
    assert_eq!(knock(&cloud, 22).await, "silent");
    machine(&cloud, "user-data", UNIT).await;
    assert_eq!(knock(&cloud, 22).await, "open");
    cloud.post(&format!("{ZONE}/instances/x/stop"), &Value::Null).await;
    assert_eq!(knock(&cloud, 22).await, "silent");
}

#[tokio::test]
async fn a_console_tells_the_end_of_the_script_once_the_machine_has_booted() {
    let script = "#!/bin/sh\npython3 -m http.server 8501 &\n";
    let slow = Cloud::troubled(&["compute"], "bootTime: 1h").await;
    machine(&slow, "startup-script", script).await;
    let said = console(&slow).await;
    assert!(said.contains("Found startup-script") && !said.contains("exit status"), "{said}");
    rule(&slow, &json!({})).await;
    assert_eq!(knock(&slow, 8501).await, "refused");
    let quick = Cloud::with(&["compute"]).await;
    machine(&quick, "startup-script", script).await;
    assert!(console(&quick).await.contains("startup-script exit status 0\r\n"));
}

#[tokio::test]
async fn a_machine_that_is_reset_boots_anew() {
    let cloud = Cloud::troubled(&["compute"], "operationTimes: { compute.instances.reset: 1h }").await;
    machine(&cloud, "startup-script", "#!/bin/sh\n").await;
    assert!(console(&cloud).await.contains("Finished running startup scripts."));
    cloud.post(&format!("{ZONE}/instances/x/reset"), &Value::Null).await;
    assert!(!console(&cloud).await.contains("Finished running startup scripts."));
}
