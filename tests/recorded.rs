//! Recorded traffic, both ways. Requests that real clients sent are replayed into the sandbox, which has to answer as Google
//! did; answers that Google gave are read by the kinds, which have to find nothing to change.
//!
//! The recordings are not part of the project. `.ci/recorded` runs these tests where they are; elsewhere they are ignored.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod rest;
mod recorded {
    pub(crate) mod compare;
    pub(crate) mod converged;
    pub(crate) mod course;
    pub(crate) mod imports;
    mod made;
    mod names;
    pub(crate) mod replay;
    pub(crate) mod scenario;
    pub(crate) mod settings;
}

use std::collections::BTreeSet;

use recorded::compare::differences;
use recorded::converged::{disks, filled, grants, object, policy, requested, resources, services};
use recorded::course::{Live, changes, marked, plan, spec_of};
use recorded::imports::{differences as left_to_do, import_of};
use recorded::replay::{Found, Line, replay};
use recorded::scenario::{self, Scenario};
use recorded::settings::Settings;
use serde_json::{Value, json};

/// Every scenario, filled in.
fn scenarios() -> Vec<Scenario> {
    let settings = Settings::load();
    scenario::all(&scenario::folder()).iter().map(|scenario| filled(scenario, &settings)).collect()
}

/// Takes what is borne out of the differences; gives the places of the tolerances that were needed.
fn bear(lines: &mut [Line], settings: &Settings) -> BTreeSet<usize> {
    let mut used = BTreeSet::new();
    for line in lines {
        if let Found::Differences(found) = &mut line.found {
            found.retain(|one| {
                let tolerated = settings.tolerated.iter();
                let borne =
                    tolerated.enumerate().find(|(_, t)| t.covers(&line.scenario, line.exchange, &one.path));
                used.extend(borne.map(|(place, _)| place));
                line.borne += usize::from(borne.is_some());
                borne.is_none()
            });
        }
    }
    used
}

#[tokio::test]
#[ignore = "needs recordings"]
async fn a_recorded_request_is_answered_as_recorded() {
    let settings = Settings::load();
    let mut lines: Vec<Line> = Vec::new();
    let mut known = BTreeSet::new();
    for scenario in scenario::all(&scenario::folder()) {
        if !settings.skipped.contains_key(&scenario.id) {
            let setting = settings.scenarios.get(&scenario.id).cloned().unwrap_or_default();
            lines.extend(replay(&scenario, &setting, &settings).await);
        }
        known.insert(scenario.id);
    }
    let used = bear(&mut lines, &settings);
    for line in &lines {
        println!("{}", line.told());
    }
    let different = |line: &&Line| matches!(&line.found, Found::Differences(found) if !found.is_empty());
    assert_eq!(lines.iter().filter(different).count(), 0, "exchanges differ from what was recorded");
    let idle = settings.tolerated.iter().enumerate().filter(|(place, _)| !used.contains(place));
    assert_eq!(
        idle.map(|(_, t)| &t.fields).collect::<Vec<_>>(),
        Vec::<&Vec<String>>::new(),
        "borne for nothing"
    );
    let told = settings.skipped.keys().chain(settings.scenarios.keys());
    assert_eq!(
        told.filter(|id| !known.contains(*id)).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "not recorded"
    );
}

#[test]
#[ignore = "needs recordings"]
fn what_google_answers_is_what_its_spec_says() {
    let all = scenarios();
    let disks: Vec<Value> = all.iter().flat_map(disks).collect();
    let mut wrong = Vec::new();
    for scenario in &all {
        for found in resources(scenario) {
            let live = found.live(&disks);
            let changes = changes(&plan(&[found.spec(&live)], &live));
            let verdict = if changes.is_empty() { "converged" } else { "differs" };
            println!("{:<42} {verdict:<10} {}", scenario.id, found.address());
            wrong.extend(changes.into_iter().map(|change| format!("{}: {change}", scenario.id)));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
#[ignore = "needs recordings"]
fn what_google_answers_is_imported_or_left_out_for_a_reason() {
    let all = scenarios();
    let disks: Vec<Value> = all.iter().flat_map(disks).collect();
    let (mut imported, mut wrong) = (0, Vec::new());
    for scenario in &all {
        for found in resources(scenario) {
            let import = import_of(found.kind, &found.live(&disks));
            for left in &import.left {
                println!("{:<42} left out   {}: {}", scenario.id, left.address, left.why);
            }
            if import.documents.is_empty() && import.left.is_empty() {
                println!("{:<42} elsewhere  {}", scenario.id, found.address());
            }
            imported += import.documents.len();
            wrong.extend(left_to_do(&import).into_iter().map(|line| format!("{}: {line}", scenario.id)));
        }
        for (live, _) in scenario.exchanges.iter().filter_map(policy) {
            let import = import_of("IamGrant", &live);
            imported += import.documents.len();
            wrong.extend(left_to_do(&import).into_iter().map(|line| format!("{}: {line}", scenario.id)));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(imported > 100, "only {imported} resources were imported");
}

#[test]
#[ignore = "needs recordings"]
fn what_was_requested_is_what_google_answers() {
    let mut count = 0;
    for scenario in scenarios() {
        let mut specs: Vec<Value> = scenario.exchanges.iter().filter_map(requested).collect();
        specs.dedup();
        for spec in specs {
            // The first read after the request; later ones may follow a change.
            let Some(found) = resources(&scenario).into_iter().find(|found| found.is(&spec)) else {
                continue;
            };
            let changes = changes(&plan(std::slice::from_ref(&spec), &found.live(&[])));
            println!("{:<42} {}", scenario.id, found.address());
            assert!(changes.is_empty(), "{}: {spec}\n{changes:#?}", scenario.id);
            count += 1;
        }
    }
    assert!(count >= 8, "only {count} requests were found again");
}

#[test]
#[ignore = "needs recordings"]
fn a_recorded_policy_is_what_its_grants_say() {
    let mut count = 0;
    for scenario in scenarios() {
        for (live, on) in scenario.exchanges.iter().filter_map(policy) {
            let grants = grants(&live.held[0].1[0], &on);
            let changes = changes(&plan(&grants, &live));
            assert!(changes.is_empty(), "{}: {changes:#?}", scenario.id);
            count += grants.len();
        }
    }
    println!("{count} bindings");
    assert!(count > 100, "only {count} bindings were recorded");
}

#[test]
#[ignore = "needs recordings"]
fn recorded_apis_and_objects_are_what_their_specs_say() {
    let mut counts = [0, 0];
    for scenario in scenarios() {
        for (place, read) in [services, object].into_iter().enumerate() {
            for (live, spec) in scenario.exchanges.iter().filter_map(read) {
                let changes = changes(&plan(std::slice::from_ref(&spec), &live));
                assert!(changes.is_empty(), "{}: {spec}\n{changes:#?}", scenario.id);
                counts[place] += 1;
            }
        }
    }
    assert!(counts[0] > 10 && counts[1] > 1, "only {counts:?} lists of APIs and objects were recorded");
}

/// A rule as Google shows it.
fn rule(port: &str) -> Value {
    json!({
        "kind": "compute#firewall", "name": "open-lamp", "description": "", "direction": "INGRESS", "priority": 1000,
        "selfLink": "https://www.googleapis.com/compute/v1/projects/be-cloud-2526/global/firewalls/open-lamp",
        "network": "https://www.googleapis.com/compute/v1/projects/be-cloud-2526/global/networks/default",
        "sourceRanges": ["0.0.0.0/0"], "allowed": [{ "IPProtocol": "tcp", "ports": [port] }], "disabled": false,
        "logConfig": { "enable": false },
    })
}

#[test]
fn only_a_live_answer_that_differs_makes_a_change() {
    let live = |port| Live::of("firewalls", marked("FirewallRule", vec![rule(port)]));
    let place = "projects/be-cloud-2526/global/firewalls/open-lamp";
    let spec = spec_of("FirewallRule", "open-lamp", place, &live("8080"));
    assert_eq!(changes(&plan(std::slice::from_ref(&spec), &live("8080"))), Vec::<String>::new());
    assert!(!changes(&plan(&[spec], &live("8081"))).is_empty());
}

#[test]
fn an_answer_may_hold_more_and_must_hold_the_same() {
    let recorded = json!({
        "name": "lamp", "id": "7", "at": "2024-01-01T00:00:00Z", "size": 3, "tags": ["a", "b"],
        "rules": [{ "role": "x", "members": ["m"] }, { "_trimmed": 4 }],
    });
    let settings = Settings::load();
    let told = |change: &dyn Fn(&mut Value)| {
        let mut given = json!({
            "name": "lamp", "id": "9", "at": "2026-11-21T10:00:00.5Z", "size": 3, "tags": ["b", "a"], "more": true,
            "rules": [{ "role": "y" }, { "role": "x", "members": ["m"] }],
        });
        change(&mut given);
        let found = differences(&settings, &recorded, &given);
        found.iter().map(|one| one.path.join(".")).collect::<Vec<_>>()
    };
    assert_eq!(told(&|_| ()), Vec::<String>::new());
    assert_eq!(told(&|given| given["name"] = json!("lamb")), ["name"]);
    assert_eq!(told(&|given| given["id"] = json!(9)), ["id"]);
    assert_eq!(told(&|given| given["at"] = json!("soon")), ["at"]);
    assert_eq!(told(&|given| given["size"] = json!("3")), ["size"]);
    assert_eq!(told(&|given| given["tags"] = json!(["a"])), ["tags"]);
    assert_eq!(told(&|given| given["rules"][1]["members"] = json!(["m", "n"])), ["rules.x.members"]);
    assert_eq!(told(&|given| given["rules"] = json!([])), ["rules.x"]);
}

#[test]
fn every_tolerance_and_omission_has_its_reason() {
    let settings = Settings::load();
    let reasons = settings.reasons();
    assert!(reasons.len() > 20, "{reasons:?}");
    assert!(reasons.iter().all(|reason| reason.len() > 10), "{reasons:?}");
    let skipped: Vec<&str> = settings.skipped.keys().map(String::as_str).collect();
    assert_eq!(skipped, ["c7n-gcp-secret-set-label"]);
}
