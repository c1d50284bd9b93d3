//! A course over several projects on the sandbox: every resource is read, compared and changed in the project it names.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeSet;

use insta::assert_snapshot;
use serde_json::{Value, json};
use support::{APIS, COURSE, PROJECT, Room};

/// Two teams with a project each, beside the course's own.
const TEAMS: &str = "vars:
  teams:
    - { name: owl, project: team-owl-2526 }
    - { name: cat, project: team-cat-2526 }
";

const SPECS: &str = r#"---
kind: ApiServices
forEach: { team: vars.teams }
name: apis-{{ team.name }}
project: "{{ team.project }}"
services: [compute.googleapis.com, artifactregistry.googleapis.com, iam.googleapis.com]
---
kind: ServiceAccount
forEach: { team: vars.teams }
name: bot-{{ team.name }}
project: "{{ team.project }}"
---
kind: Registry
forEach: { team: vars.teams }
name: images-{{ team.name }}
project: "{{ team.project }}"
---
kind: Bucket
forEach: { team: vars.teams }
name: data-{{ team.project }}
project: "{{ team.project }}"
---
kind: FirewallRule
forEach: { team: vars.teams }
name: open-{{ team.name }}
project: "{{ team.project }}"
allow: [tcp:8501]
---
kind: Vm
forEach: { team: vars.teams }
name: vm-{{ team.name }}
project: "{{ team.project }}"
machineType: e2-small
serviceAccount: bot-{{ team.name }}
---
kind: IamGrant
forEach: { team: vars.teams }
name: editors-{{ team.name }}
project: "{{ team.project }}"
on: project
roles: [roles/compute.viewer]
members: ["serviceAccount:bot-{{ team.name }}@{{ team.project }}.iam.gserviceaccount.com"]
---
kind: IamGrant
forEach: { team: vars.teams }
name: readers-{{ team.name }}
on: { bucket: "data-{{ team.project }}" }
roles: [roles/storage.objectViewer]
members: ["serviceAccount:bot-{{ team.name }}@{{ team.project }}.iam.gserviceaccount.com"]
---
kind: Vm
name: teacher
machineType: e2-small
"#;

fn course(teams: &str) -> String {
    format!("{COURSE}{teams}{APIS}{SPECS}")
}

fn class() -> Room {
    let room = Room::with(&course(TEAMS));
    room.apply();
    room
}

/// What is planned, one line for each resource that is not left as it is.
fn planned(room: &Room) -> String {
    let plan = room.run("plan", &["--format", "json"]).code(0).json();
    let changes = plan["changes"].as_array().unwrap().iter().filter(|change| change["action"] != "none");
    let place = |change: &Value| change["project"].as_str().map(|p| format!(" in {p}")).unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let line = |c: &Value| {
        format!("{} {}{}: {}", text(&c["action"]), text(&c["address"]), place(c), text(&c["reason"]))
    };
    changes.map(line).collect::<Vec<_>>().join("\n")
}

/// The paths of what a project holds that it did not hold when it was new.
fn held(room: &Room, project: &str) -> Vec<String> {
    let names = ["/instances/", "/firewalls/", "/repositories/", "/serviceAccounts/bot"];
    let here = |path: &String| path.contains(&format!("projects/{project}/")) && !path.contains("policies/");
    let made = |path: &String| names.iter().any(|name| path.contains(name)) && !path.contains("/default-");
    room.resources().into_keys().filter(|path| here(path) && made(path)).collect()
}

#[test]
fn every_resource_is_made_in_the_project_it_names_and_planned_again_to_nothing() {
    let room = class();
    room.converged();
    assert_snapshot!(held(&room, "team-owl-2526").join("\n"), @"
    artifactregistry/projects/team-owl-2526/locations/europe-west1/repositories/images-owl
    compute/projects/team-owl-2526/global/firewalls/open-owl
    compute/projects/team-owl-2526/zones/europe-west1-b/instances/vm-owl
    iam/projects/team-owl-2526/serviceAccounts/bot-owl@team-owl-2526.iam.gserviceaccount.com
    ");
    assert_snapshot!(held(&room, "be-cloud-2526").join("\n"), @"compute/projects/be-cloud-2526/zones/europe-west1-b/instances/teacher");
    let machine = room.resource("instances/vm-owl");
    let account = "bot-owl@team-owl-2526.iam.gserviceaccount.com";
    assert_eq!(machine["serviceAccounts"][0]["email"], json!(account));
    let policy = room.resource("policies/projects/team-owl-2526");
    let granted = json!({"role": "roles/compute.viewer", "members": [format!("serviceAccount:{account}")]});
    assert!(policy["bindings"].as_array().unwrap().contains(&granted), "{policy}");
    let own = room.resource("policies/projects/be-cloud-2526").to_string();
    assert!(!own.contains("compute.viewer"), "{own}");
}

#[test]
fn a_team_that_leaves_takes_what_was_in_its_project_and_the_others_keep_theirs() {
    let room = class();
    room.write("course.yaml", &course(&TEAMS.replace("    - { name: cat, project: team-cat-2526 }\n", "")));
    assert_snapshot!(planned(&room), @"
    delete ApiServices/apis-cat in team-cat-2526: no spec declares it any more
    delete ServiceAccount/bot-cat in team-cat-2526: no spec declares it any more
    delete IamGrant/readers-cat: no spec declares it any more
    delete IamGrant/editors-cat in team-cat-2526: no spec declares it any more
    delete Bucket/data-team-cat-2526 in team-cat-2526: no spec declares it any more
    delete Registry/images-cat in team-cat-2526: no spec declares it any more
    delete FirewallRule/open-cat in team-cat-2526: no spec declares it any more
    delete Vm/vm-cat in team-cat-2526: no spec declares it any more
    ");
    room.apply();
    room.converged();
    assert_eq!(held(&room, "team-cat-2526"), [] as [&str; 0]);
    assert!(!held(&room, "team-owl-2526").is_empty());
}

#[test]
fn a_resource_that_names_another_project_goes_here_and_is_made_there() {
    let text = |project: &str| {
        let api = |name: &str, project: &str| {
            format!(
                "---\nkind: ApiServices\nname: {name}\nproject: {project}\nservices: [compute.googleapis.com]\n"
            )
        };
        let (a, b) = (api("one", "team-owl-2526"), api("two", "team-cat-2526"));
        let rule = "---\nkind: FirewallRule\nname: open\nallow: [tcp:80]\n";
        let grant = "---\nkind: IamGrant\nname: see\non: project\nroles: [roles/viewer]\nmembers: [\"user:a@x.edu\"]\n";
        format!("{COURSE}{a}{b}{rule}project: {project}\n{grant}project: {project}\n")
    };
    let room = Room::with(&text("team-owl-2526"));
    room.apply();
    room.write("course.yaml", &text("team-cat-2526"));
    assert_snapshot!(planned(&room), @"
    create IamGrant/see in team-cat-2526: it does not exist
    delete IamGrant/see in team-owl-2526: it moves from team-owl-2526 to team-cat-2526
    create FirewallRule/open in team-cat-2526: it does not exist
    delete FirewallRule/open in team-owl-2526: it moves from team-owl-2526 to team-cat-2526
    ");
    room.apply();
    room.converged();
    assert_eq!(held(&room, "team-owl-2526"), [] as [&str; 0]);
    assert_eq!(held(&room, "team-cat-2526").len(), 1);
    let policy = |project: &str| room.resource(&format!("policies/projects/{project}")).to_string();
    assert!(!policy("team-owl-2526").contains("a@x.edu"));
    assert!(policy("team-cat-2526").contains("a@x.edu"));
}

/// A course whose grants, in its own project, are on things of a team's project.
fn grants_across(grants: bool) -> String {
    let apis = APIS.replace("name: apis", "name: there\nproject: team-owl-2526");
    let apis = apis.replace("storage.googleapis.com", "iam.googleapis.com, artifactregistry.googleapis.com");
    let there = |kind: &str, name: &str, more: &str| {
        format!("---\nkind: {kind}\nname: {name}\nproject: team-owl-2526\n{more}")
    };
    let bot = there("ServiceAccount", "bot-owl", "");
    let registry = there("Registry", "images", "");
    let vm = there("Vm", "tool", "machineType: e2-small\n");
    let grant = |name: &str, on: &str, role: &str| {
        format!(
            "---\nkind: IamGrant\nname: {name}\non: {{ {on} }}\nroles: [{role}]\n\
             members: [\"serviceAccount:bot-owl@team-owl-2526.iam.gserviceaccount.com\"]\n"
        )
    };
    let on = [
        grant("on-bot", "serviceAccount: bot-owl", "roles/iam.serviceAccountUser"),
        grant("on-registry", "registry: images", "roles/artifactregistry.reader"),
        grant("on-vm", "vm: tool", "roles/compute.viewer"),
    ];
    format!("{COURSE}{apis}{bot}{registry}{vm}{}", if grants { on.concat() } else { String::new() })
}

#[test]
fn a_grant_is_found_again_on_what_another_project_of_the_course_holds() {
    let room = Room::with(&grants_across(true));
    room.apply();
    room.converged();
    let granted = |room: &Room| {
        let policies = room.resources().into_iter().filter(|(path, _)| path.starts_with("policies/"));
        policies.filter(|(_, policy)| policy.to_string().contains("bot-owl@")).count()
    };
    assert_eq!(granted(&room), 3);
    room.write("course.yaml", &grants_across(false));
    assert_snapshot!(planned(&room), @"
    delete IamGrant/on-bot: no spec declares it any more
    delete IamGrant/on-registry: no spec declares it any more
    delete IamGrant/on-vm: no spec declares it any more
    ");
    room.apply();
    room.converged();
    assert_eq!(granted(&room), 0);
    room.write("course.yaml", &grants_across(true));
    room.apply();
    // All of it at once, the grants before what they are on.
    room.write("course.yaml", COURSE);
    room.apply();
    room.converged();
    assert_eq!((granted(&room), held(&room, "team-owl-2526").len()), (0, 0));
}

#[tokio::test]
async fn what_is_gone_already_where_it_was_is_made_where_it_goes() {
    let text = |project: &str| {
        let apis = APIS.replace("name: apis", "name: there\nproject: team-owl-2526");
        let rule = "---\nkind: FirewallRule\nname: open\nallow: [tcp:80]\n";
        format!("{COURSE}{APIS}{apis}{rule}project: {project}\n")
    };
    let room = Room::with(&text("team-owl-2526"));
    room.apply();
    room.cloud().await.delete("/compute/v1/projects/team-owl-2526/global/firewalls/open").await;
    room.write("course.yaml", &text("be-cloud-2526"));
    assert_eq!(planned(&room), "create FirewallRule/open: it does not exist");
    room.apply();
    room.converged();
    room.write("course.yaml", &format!("{COURSE}{APIS}"));
    room.apply();
    assert_eq!(held(&room, "be-cloud-2526"), [] as [&str; 0]);
}

#[tokio::test]
async fn destroy_clears_every_project_and_touches_nothing_foreign() {
    let room = Room::with(&course(TEAMS));
    let cloud = room.cloud().await;
    let foreign: BTreeSet<String> = {
        for project in ["team-owl-2526", "be-cloud-2526"] {
            cloud
                .post(&format!("/v1/projects/{project}/services/compute.googleapis.com:enable"), &json!({}))
                .await;
            let rule = json!({"name": "theirs", "allowed": [{"IPProtocol": "tcp"}]});
            cloud.post(&format!("/compute/v1/projects/{project}/global/firewalls"), &rule).await;
        }
        room.resources().into_keys().collect()
    };
    drop(cloud);
    room.apply();
    room.run("destroy", &["--yes"]).code(0);
    let left: BTreeSet<String> = room.resources().into_keys().collect();
    // What the cloud remembers of what is gone, a project that was new to it, and the history, which outlives its course.
    let kept = |path: &&String| {
        ["/deleted/", "storage/last", "team-cat-2526", "be-cloud-2526-provost"]
            .iter()
            .any(|part| path.contains(part))
    };
    let more: Vec<&String> = left.difference(&foreign).filter(|path| !kept(path)).collect();
    let less: Vec<&String> = foreign.difference(&left).collect();
    assert_eq!((more, less), (Vec::new(), Vec::new()));
    assert_eq!(held(&room, "team-cat-2526"), [] as [&str; 0]);
}

#[test]
fn what_lost_its_record_is_found_by_its_mark_in_every_project() {
    let room = Room::with(&course(TEAMS).replacen("region:", "inventory: inventory.json\nregion:", 1));
    room.apply();
    room.remove("inventory.json");
    room.run("destroy", &["--yes"]).code(0);
    for project in ["team-owl-2526", "team-cat-2526", "be-cloud-2526"] {
        assert_eq!(held(&room, project), [] as [&str; 0]);
    }
}

#[test]
fn an_api_of_one_project_serves_no_other() {
    let rule = "---\nkind: FirewallRule\nname: open\nproject: team-owl-2526\nallow: [tcp:80]\n";
    let room = Room::with(&format!("{COURSE}{APIS}{rule}"));
    let said = room.run("plan", &[]).code(4);
    assert!(
        said.out.contains("compute.googleapis.com is not enabled in the project team-owl-2526"),
        "{}",
        said.out
    );
    assert!(said.out.contains("ApiServices resource with `project: team-owl-2526`"), "{}", said.out);
}

#[test]
fn the_plan_and_the_lines_to_machines_name_the_project() {
    let room = Room::with(&course(TEAMS));
    let plan = room.run("plan", &[]).code(0).out;
    assert!(plan.contains("create  Vm/vm-owl in team-owl-2526\n"), "{plan}");
    let next = room.apply().out;
    assert!(next.contains("gcloud compute ssh vm-owl --project team-owl-2526"), "{next}");
    assert!(next.contains("gcloud compute ssh teacher --project be-cloud-2526"), "{next}");
}

#[test]
fn an_inventory_of_another_project_is_not_taken_for_this_ones() {
    let text = format!("{COURSE}inventory: inventory.json\n{APIS}");
    let room = Room::with(&text);
    room.apply();
    room.write("course.yaml", &text.replace("be-cloud-2526", "be-cloud-2627"));
    let said = room.run("plan", &[]).code(4);
    assert!(said.err.contains("the inventory of this course in the project be-cloud-2526"), "{}", said.err);
}

#[test]
fn an_import_of_one_project_of_several_is_refused() {
    let room = class();
    let sandbox = format!("--sandbox={}", room.state().display());
    let said = support::provost(&["import", "--project", PROJECT, "--name", "be-cloud", &sandbox]).code(4);
    assert!(said.err.contains("has resources in"), "{}", said.err);
}
