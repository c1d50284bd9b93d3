//! The rules of a sweep, over answers that are made up: what no sandbox has, and what takes a certain caller.

use serde_json::{Value, json};

use super::catalog::CATALOG;
use super::wanted::Places;
use super::{Rules, Survey, Verdict, grants, survey};
use crate::gcp::Caller;
use crate::kinds::{Reads, Scope};

const PROJECT: &str = "projects/be-cloud";

fn scope() -> Scope {
    Scope { project: "be-cloud".to_owned(), ..Scope::default() }
}

/// The survey of a project that holds these things, by kind, and this policy.
fn surveyed(items: &[(&str, Value)], bindings: &Value, caller: Caller) -> Survey {
    let scope = scope();
    let mut reads = Reads::default();
    for row in &CATALOG {
        let of_kind = items.iter().filter(|(kind, _)| *kind == row.kind).map(|(_, item)| item.clone());
        let of_kind: Vec<Value> = of_kind.collect();
        row.reads(&scope, &Places::default())
            .into_iter()
            .for_each(|read| reads.insert(read, of_kind.clone()));
    }
    for read in grants::read(PROJECT, &scope) {
        reads.insert(read, vec![json!({ "bindings": bindings })]);
    }
    let rules = Rules {
        scope: &scope,
        desired: &[],
        record: None,
        keep: &[],
        older_than: None,
        now: jiff::Timestamp::UNIX_EPOCH,
        caller,
    };
    survey(&rules, &reads).unwrap()
}

fn link(rest: &str) -> String {
    format!("https://www.googleapis.com/compute/v1/{PROJECT}/{rest}")
}

fn ruling(survey: &Survey, name: &str) -> (Verdict, String) {
    let found = survey.found.iter().find(|found| found.address.name == name).unwrap();
    (found.verdict, found.reason.clone())
}

#[test]
fn what_something_uses_that_is_not_swept_stays() {
    let address = json!({ "id": "1", "name": "web", "status": "IN_USE", "users": [link("regions/r/forwardingRules/web")],
        "selfLink": link("regions/r/addresses/web") });
    let seen = surveyed(&[("Address", address)], &json!([]), Caller::Nobody);
    let reason = "projects/be-cloud/regions/r/forwardingRules/web uses it, and stays".to_owned();
    assert_eq!(ruling(&seen, "web"), (Verdict::Leave, reason));
}

#[test]
fn what_stays_holds_all_that_it_leads_to() {
    let subnetwork = link("regions/r/subnetworks/b");
    let machine = json!({ "id": "1", "name": "vm", "zone": link("zones/z"), "selfLink": link("zones/z/instances/vm"),
        "labels": { "managed-by": "provost", "provost-course": "other" }, "networkInterfaces": [{ "subnetwork": subnetwork }] });
    let things = [
        ("Vm", machine),
        (
            "Subnetwork",
            json!({ "name": "b", "network": link("global/networks/lab"), "selfLink": subnetwork }),
        ),
        (
            "Network",
            json!({ "name": "lab", "autoCreateSubnetworks": false, "selfLink": link("global/networks/lab") }),
        ),
    ];
    let seen = surveyed(&things, &json!([]), Caller::Nobody);
    assert_eq!(ruling(&seen, "b"), (Verdict::Leave, "Vm/vm uses it, and stays".to_owned()));
    assert_eq!(ruling(&seen, "lab"), (Verdict::Leave, "Subnetwork/b uses it, and stays".to_owned()));
}

#[test]
fn a_bucket_whose_retention_keeps_objects_stays() {
    let bucket = json!({ "name": "be-exam", "retentionPolicy": { "retentionPeriod": "86400" } });
    let (verdict, reason) = ruling(&surveyed(&[("Bucket", bucket)], &json!([]), Caller::Nobody), "be-exam");
    assert_eq!(verdict, Verdict::Leave);
    assert!(reason.contains("gs://be-exam --clear-retention-period"), "{reason}");
}

#[test]
fn nobody_is_locked_out() {
    let ci = "serviceAccount:ci-bot@be-cloud.iam.gserviceaccount.com";
    for (role, member, goes) in [
        ("roles/owner", "user:friend@x.edu", false),
        ("roles/resourcemanager.projectIamAdmin", "user:friend@x.edu", false),
        ("projects/be-cloud/roles/own", "user:friend@x.edu", false),
        ("roles/editor", "user:friend@x.edu", true),
        ("roles/editor", ci, false),
        ("roles/editor", "serviceAccount:1-compute@developer.gserviceaccount.com", false),
        ("roles/viewer", "serviceAccount:1-compute@developer.gserviceaccount.com", true),
        ("roles/run.serviceAgent", "serviceAccount:service-1@x.iam.gserviceaccount.com", false),
        ("roles/viewer", "deleted:user:gone@x.edu?uid=1", true),
    ] {
        let caller = Caller::Account("ci-bot@be-cloud.iam.gserviceaccount.com".to_owned());
        let seen = surveyed(&[], &json!([{ "role": role, "members": [member] }]), caller);
        assert_eq!(seen.goes().count() == 1, goes, "{role} {member}: {:?}", seen.found);
    }
}

#[test]
fn an_account_that_may_be_the_callers_stays() {
    let email = "ci-bot@be-cloud.iam.gserviceaccount.com";
    let account =
        json!({ "name": format!("{PROJECT}/serviceAccounts/{email}"), "email": email, "uniqueId": "1" });
    for (caller, goes) in [
        (Caller::Nobody, true),
        (Caller::Person, true),
        (Caller::Account("ann@x.edu".to_owned()), true),
        (Caller::Account(email.to_owned()), false),
        (Caller::Unknown, false),
    ] {
        let seen = surveyed(&[("ServiceAccount", account.clone())], &json!([]), caller.clone());
        assert_eq!(ruling(&seen, "ci-bot").0 == Verdict::Remove, goes, "{caller:?}");
    }
}
