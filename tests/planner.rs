//! The planner: in which order things are done, what is done in one go, and how much work planning itself is.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use provost::diff::{self, Intent};
use provost::gcp::{Call, Request};
use provost::inventory::Record;
use provost::kinds::{Ask, Desired, KindRegistry, Owned, Reads, Scope};
use provost::plan::{self, Action, Plan, Step};
use provost::spec::Address;
use serde_json::{Value, json};
use world::proxy::{Proxy, Silence};
use world::{Cloud, World, change, words};

/// What steps do to which resources, in the order of the plan.
fn titles(plan: &Plan) -> Vec<String> {
    plan.steps.iter().map(Step::title).collect()
}

/// Whether the step that does one thing to an address comes, by its edges, after the one that does another to another.
fn follows(plan: &Plan, later: &str, earlier: &str) -> bool {
    let id = |title: &str| {
        let found = plan
            .steps
            .iter()
            .find(|step| step.addresses.iter().any(|a| format!("{} {a}", step.doing) == title));
        found.unwrap_or_else(|| panic!("no step `{title}` in {:?}", titles(plan))).id
    };
    let (later, earlier) = (id(later), id(earlier));
    let mut reached = BTreeSet::from([later]);
    let mut at = vec![later];
    while let Some(id) = at.pop() {
        for before in &plan.steps[id].after {
            if reached.insert(*before) {
                at.push(*before);
            }
        }
    }
    later != earlier && reached.contains(&earlier)
}

fn writes(lines: &[String]) -> Vec<&String> {
    lines.iter().filter(|line| line.ends_with(":setIamPolicy") || line.ends_with("/iam")).collect()
}

/// A course in which everything needs something.
const TOWER: &str = "
kind: ContainerVm
name: app
machineType: e2-medium
serviceAccount: app-bot
containers: [{ image: europe-west1-docker.pkg.dev/PROJECT/images/app:1 }]
---
kind: IamGrant
name: pull
on: { registry: images }
roles: [roles/artifactregistry.reader]
members: ['serviceAccount:app-bot@PROJECT.iam.gserviceaccount.com']
---
kind: IamGrant
name: read
on: { bucket: PROJECT-data }
roles: [roles/storage.objectViewer]
members: ['serviceAccount:app-bot@PROJECT.iam.gserviceaccount.com']
---
kind: FirewallRule
name: web
allow: [tcp:80]
---
kind: Registry
name: images
---
kind: Bucket
name: PROJECT-data
---
kind: ServiceAccount
name: app-bot
";
const APIS: &str = "---
kind: ApiServices
name: apis
services: [compute.googleapis.com, iam.googleapis.com, artifactregistry.googleapis.com]
";

#[tokio::test]
async fn what_is_needed_is_made_first_and_goes_last() {
    let world = Cloud::new().await.bare_project("class-2526");
    let specs = format!("{TOWER}{APIS}");
    let plan = world.plan(&specs).await;
    let needs = [
        ("create ContainerVm/app", "create ServiceAccount/app-bot"),
        ("create ContainerVm/app", "create Registry/images"),
        ("create IamGrant/pull", "create Registry/images"),
        ("create IamGrant/pull", "create ServiceAccount/app-bot"),
        ("create IamGrant/read", "create Bucket/class-2526-data"),
        ("create Registry/images", "create ApiServices/apis"),
        ("create ServiceAccount/app-bot", "create ApiServices/apis"),
        ("create FirewallRule/web", "create ApiServices/apis"),
    ];
    for (later, earlier) in needs {
        assert!(follows(&plan, later, earlier), "{later} before {earlier}: {:?}", titles(&plan));
    }
    assert!(
        !follows(&plan, "create FirewallRule/web", "create Registry/images"),
        "nothing waits without need"
    );
    world.converge(&specs).await;
    let destroy = Intent { destroy: true, ..Intent::default() };
    let planned = world.plan_for(&specs, &destroy).await;
    for (later, earlier) in needs {
        let (first, last) = (later.replace("create", "delete"), earlier.replace("create", "delete"));
        assert!(follows(&planned.plan, &last, &first), "{last} before {first}: {:?}", titles(&planned.plan));
    }
    let outcome = world.carry_out(&planned).await;
    assert!(outcome.is_complete(), "{:?}", words(&outcome));
}

#[tokio::test]
async fn what_is_taken_from_a_bucket_goes_after_its_change() {
    let world = World::new().await;
    let bucket = "kind: Bucket\nname: PROJECT-data\nlabels: { lamp: LAMP }\n";
    let grant = "---\nkind: IamGrant\nname: read\non: { bucket: PROJECT-data }\n\
                 roles: [roles/storage.objectViewer]\nmembers: ['user:ada@example.edu']\n";
    world.converge(&format!("{bucket}{grant}").replace("LAMP", "on")).await;
    let plan = world.plan(&bucket.replace("LAMP", "off")).await;
    let (last, first) = ("delete IamGrant/read", "update Bucket/class-2526-data");
    assert!(follows(&plan, last, first), "{:?}", titles(&plan));
    world.converge(&bucket.replace("LAMP", "off")).await;
}

#[tokio::test]
async fn every_step_comes_after_those_it_waits_for() {
    let world = Cloud::new().await.bare_project("class-2526");
    let plan = world.plan(&format!("{TOWER}{APIS}")).await;
    for (place, step) in plan.steps.iter().enumerate() {
        assert_eq!(step.id, place);
        assert!(step.after.iter().all(|before| *before < place), "{}", step.title());
    }
}

#[tokio::test]
async fn all_grants_on_one_project_are_one_read_and_one_write() {
    let world = World::new().await;
    let mut specs = String::new();
    for i in 0..360 {
        let _ = writeln!(
            specs,
            "---\n{{kind: IamGrant, name: s{i}, on: project, roles: [roles/viewer], members: ['user:s{i}@x.edu']}}"
        );
    }
    let planned = world.plan_for(&specs, &Intent::default()).await;
    assert_eq!(planned.plan.steps.len(), 1, "{:?}", titles(&planned.plan));
    let proxy = Proxy::before(&world.cloud.url(), Silence::Never).await;
    let outcome = world.through(&proxy.url).carry_out(&planned).await;
    assert!(outcome.is_complete(), "{:?}", words(&outcome));
    let lines = proxy.lines();
    assert_eq!(
        lines,
        ["POST /v1/projects/class-2526:getIamPolicy", "POST /v1/projects/class-2526:setIamPolicy"]
    );
    assert_eq!(world.inventory(&specs).await.entries.len(), 360);
    let proxy = Proxy::before(&world.cloud.url(), Silence::Never).await;
    let through = world.through(&proxy.url);
    assert!(through.plan(&specs).await.is_converged());
    assert_eq!(proxy.lines(), ["POST /v1/projects/class-2526:getIamPolicy"]);
    through.destroy(&specs).await;
    assert_eq!(writes(&proxy.lines()).len(), 1, "{:?}", proxy.lines());
}

#[tokio::test]
async fn a_replaced_bucket_gets_its_grants_again_in_the_same_run() {
    let world = World::new().await;
    let specs = |location: &str| {
        format!(
            "{{kind: Bucket, name: PROJECT-data, location: {location}}}\n---\n{{kind: IamGrant, name: read, \
             on: {{bucket: PROJECT-data}}, roles: [roles/storage.objectViewer], members: ['user:ana@x.edu']}}"
        )
    };
    world.converge(&specs("EU")).await;
    let plan = world.converge(&specs("europe-west4")).await;
    assert_eq!(change(&plan, "Bucket/class-2526-data").action, Action::Replace);
    let grant = change(&plan, "IamGrant/read");
    assert_eq!(grant.action, Action::Create);
    assert!(grant.reason.contains("Bucket/class-2526-data is replaced"), "{}", grant.reason);
    assert!(follows(&plan, "create IamGrant/read", "create to replace Bucket/class-2526-data"));
    let policy = world.get("/storage/v1/b/PROJECT-data/iam").await;
    assert!(policy.to_string().contains("user:ana@x.edu"), "{policy}");
}

#[tokio::test]
async fn a_replaced_machine_gets_its_grants_again_and_keeps_its_rule() {
    let world = World::new().await;
    let specs = |zone: &str| {
        format!(
            "{{kind: Vm, name: m, machineType: e2-medium, zone: europe-west1-{zone}}}\n---\n{{kind: IamGrant, \
             name: use, on: {{vm: m}}, roles: [roles/compute.instanceAdmin.v1], members: ['user:ana@x.edu']}}"
        )
    };
    world.converge(&specs("b")).await;
    world.converge(&specs("c")).await;
    let path = "/compute/v1/projects/PROJECT/zones/europe-west1-c/instances/m/getIamPolicy";
    let policy = world.get(path).await;
    assert!(policy.to_string().contains("user:ana@x.edu"), "{policy}");
}

#[tokio::test]
async fn a_service_is_turned_off_after_its_last_user_has_gone() {
    let world = Cloud::new().await.bare_project("class-2526");
    let apis =
        "{kind: ApiServices, name: apis, services: [compute.googleapis.com, iam.googleapis.com]}\n---\n";
    let rule = "{kind: FirewallRule, name: web, allow: [tcp:80]}\n---\n";
    let bot = "{kind: ServiceAccount, name: ci-bot}";
    world.converge(&format!("{apis}{rule}{bot}")).await;
    let fewer = apis.replace("compute.googleapis.com, ", "");
    let plan = world.converge(&format!("{fewer}{bot}")).await;
    assert!(follows(&plan, "update ApiServices/apis", "delete FirewallRule/web"), "{:?}", titles(&plan));
    let state = world.get("/v1/projects/PROJECT/services/compute.googleapis.com").await;
    assert_eq!(state["state"], "DISABLED");
}

#[tokio::test]
async fn a_member_goes_before_its_account_is_deleted_and_a_machine_changes_before_its_account_goes() {
    let world = World::new().await;
    let account = |name: &str| format!("{{kind: ServiceAccount, name: {name}}}\n---\n");
    let uses = |name: &str| {
        format!(
            "{{kind: Vm, name: m, machineType: e2-medium, serviceAccount: {name}}}\n---\n{{kind: IamGrant, name: g, \
             on: project, roles: [roles/viewer], members: ['serviceAccount:{name}@PROJECT.iam.gserviceaccount.com']}}"
        )
    };
    world.converge(&format!("{}{}", account("old-bot"), uses("old-bot"))).await;
    let plan = world.converge(&format!("{}{}", account("new-bot"), uses("new-bot"))).await;
    for user in ["update IamGrant/g", "update with stop Vm/m"] {
        assert!(follows(&plan, user, "create ServiceAccount/new-bot"), "{:?}", titles(&plan));
        assert!(follows(&plan, "delete ServiceAccount/old-bot", user), "{:?}", titles(&plan));
    }
}

#[tokio::test]
async fn a_machine_that_changes_its_kind_is_deleted_before_it_is_made() {
    let world = World::new().await;
    world.converge("{kind: Vm, name: m, machineType: e2-medium}").await;
    let plan = world
        .converge("{kind: ContainerVm, name: m, machineType: e2-medium, containers: [{image: nginx:1}]}")
        .await;
    assert!(follows(&plan, "create ContainerVm/m", "delete Vm/m"), "{:?}", titles(&plan));
}

#[tokio::test]
async fn grants_of_a_run_that_wait_for_different_things_are_still_one_write() {
    let world = World::new().await;
    let mut specs = String::new();
    for i in 0..4 {
        let _ = write!(
            specs,
            "{{kind: ServiceAccount, name: robot-{i}}}\n---\n{{kind: IamGrant, name: g{i}, on: project, \
             roles: [roles/viewer], members: ['serviceAccount:robot-{i}@PROJECT.iam.gserviceaccount.com']}}\n---\n"
        );
    }
    specs.push_str(
        "{kind: IamGrant, name: ana, on: project, roles: [roles/viewer], members: ['user:ana@x.edu']}",
    );
    let plan = world.converge(&specs).await;
    assert_eq!(plan.steps.len(), 5, "{:?}", titles(&plan));
    for i in 0..4 {
        assert!(plan.steps[4].after.contains(&i), "{:?}", plan.steps[4].after);
    }
}

/// Many machines and as many grants, with their live sides.
struct School {
    desired: Vec<Desired>,
    scope: Scope,
    reads: Reads,
}

const PROJECT: &str = "class-2526";
const ZONE: &str = "https://www.googleapis.com/compute/v1/projects/class-2526/zones/europe-west1-b";

fn school(count: usize, exists: bool) -> School {
    let scope = Scope {
        course: "be".into(),
        project: PROJECT.into(),
        region: Some("europe-west1".into()),
        zones: vec!["europe-west1-b".into()],
        ..Scope::default()
    };
    let pairs = (0..count / 2).flat_map(|i| {
        let machine =
            json!({"name": format!("m{i}"), "machineType": "e2-medium", "labels": {"team": format!("t{i}")}});
        let members = [format!("user:s{i}@x.edu")];
        let grant =
            json!({"name": format!("g{i}"), "on": "project", "roles": ["roles/viewer"], "members": members});
        [desired("Vm", &machine, &scope), desired("IamGrant", &grant, &scope)]
    });
    let desired: Vec<Desired> = pairs.collect();
    let mut reads = Reads::default();
    for resource in desired.iter().take(if exists { 2 } else { 0 }) {
        let ask = ask(resource);
        for read in resource.kind.reads(&ask, &scope).unwrap() {
            let items = answer(&read.request, count / 2);
            reads.insert(read, items);
        }
    }
    School { desired, scope, reads }
}

fn desired(kind: &str, spec: &Value, scope: &Scope) -> Desired {
    let kind = KindRegistry::standard().find(kind).unwrap();
    let resolved = kind.desire(spec, scope).unwrap();
    let address = Address::new(kind.facts().kind, spec["name"].as_str().unwrap());
    Desired {
        address,
        kind,
        project: None,
        resolved,
        digest: String::new(),
        named: Vec::new(),
        of_whom: Vec::new(),
    }
}

fn ask(desired: &Desired) -> Ask<&Value> {
    let (name, value) = (desired.address.name.clone(), Some(&desired.resolved.value));
    Ask { name, desired: value, resource: None, owned: Owned::default().into(), leaving: false }
}

/// What a project with all of it answers.
fn answer(request: &Request, count: usize) -> Vec<Value> {
    match request.path.as_str() {
        path if path.ends_with("instances") => (0..count).map(machine).collect(),
        path if path.ends_with("disks") => (0..count).map(disk).collect(),
        _ => {
            let members: Vec<String> = (0..count).map(|i| format!("user:s{i}@x.edu")).collect();
            vec![json!({"etag": "x", "bindings": [{"role": "roles/viewer", "members": members}]})]
        }
    }
}

fn machine(i: usize) -> Value {
    let name = |scope: &str| format!("https://www.googleapis.com/auth/{scope}");
    let scopes = [
        "devstorage.read_only",
        "logging.write",
        "monitoring.write",
        "pubsub",
        "service.management.readonly",
    ];
    let scopes: Vec<String> =
        scopes.into_iter().chain(["servicecontrol", "trace.append"]).map(name).collect();
    json!({
        "id": i.to_string(), "name": format!("m{i}"), "zone": ZONE, "status": "RUNNING",
        "machineType": format!("{ZONE}/machineTypes/e2-medium"),
        "labels": {"managed-by": "provost", "provost-course": "be", "team": format!("t{i}")},
        "networkInterfaces": [{"name": "nic0", "accessConfigs": [{"type": "ONE_TO_ONE_NAT"}]}],
        "disks": [{"boot": true, "source": format!("{ZONE}/disks/m{i}")}],
        "serviceAccounts": [{"email": "1-compute@developer.gserviceaccount.com", "scopes": scopes}],
    })
}

fn disk(i: usize) -> Value {
    let image =
        "https://www.googleapis.com/compute/v1/projects/debian-cloud/global/images/debian-12-bookworm-v1";
    json!({"name": format!("m{i}"), "zone": ZONE, "sizeGb": "10", "sourceImage": image})
}

/// Plans from what was read, as `live` does, and says how long that took.
fn planned(school: &School) -> (Plan, Duration) {
    let (registry, intent) = (KindRegistry::standard(), Intent::default());
    let record = Record::empty("be", PROJECT);
    let began = Instant::now();
    let asks = diff::asks(&registry, &school.desired, &record, &intent);
    let mut items = Vec::new();
    for of_kind in &asks {
        for ask in &of_kind.asks {
            of_kind.kind.reads(ask, &school.scope).unwrap();
        }
        assert!(of_kind.kind.more_reads(&of_kind.asks, &school.reads, &school.scope).unwrap().is_empty());
        let seen = of_kind.kind.observe(&of_kind.asks, &school.reads, &school.scope).unwrap();
        items.extend(diff::diff(of_kind, seen, &intent, &school.scope).unwrap());
    }
    diff::verdict::cascade(&mut items).unwrap();
    let input = plan::Input { scope: &school.scope, items, intent: &intent, disabled: BTreeMap::new() };
    (plan::build(input).unwrap(), began.elapsed())
}

/// The budget is a tenth of a second, and a second, in a release build on an idle machine. A test must not fail on a busy one, and
/// still tell a loop inside a loop, which takes minutes, from work that grows with the resources.
#[test]
fn a_thousand_resources_are_planned_at_once_and_ten_thousand_soon() {
    for (count, bound) in [(1_000, Duration::from_secs(6)), (10_000, Duration::from_secs(40))] {
        let (plan, took) = planned(&school(count, true));
        assert!(took < bound, "{count} resources took {took:?}");
        let busy: Vec<_> = plan.changes.iter().filter(|c| c.action != Action::None).collect();
        assert!(busy.is_empty() && plan.changes.len() == count, "{busy:#?}");
    }
    let (plan, took) = planned(&school(1_000, false));
    assert!(took < Duration::from_secs(6), "{took:?}");
    assert_eq!(plan.steps.len(), 501, "the grants are one step");
}

#[test]
fn needs_in_a_circle_are_named_and_nothing_is_done() {
    use provost::plan::order::Graph;
    let mut graph = Graph::default();
    for (node, earlier) in [(0, 1), (1, 2), (2, 0), (3, 0)] {
        graph.node(earlier);
        graph.after(node, earlier);
    }
    let cycle: BTreeSet<usize> = graph.sorted().unwrap_err().into_iter().collect();
    assert_eq!(cycle, BTreeSet::from([0, 1, 2]));
}

#[tokio::test]
async fn calls_are_sent_as_they_stand_in_the_plan() {
    let world = World::new().await;
    let planned =
        world.plan_for("{kind: FirewallRule, name: web, allow: [tcp:80]}", &Intent::default()).await;
    let sent = planned.plan.steps.iter().flat_map(|step| &step.calls).filter_map(|call| match call {
        Call::Send(send) => Some(format!("{} /compute/v1/{}", send.request.verb, send.request.path)),
        _ => None,
    });
    let proxy = Proxy::before(&world.cloud.url(), Silence::Never).await;
    world.through(&proxy.url).carry_out(&planned).await;
    let mutations: Vec<String> = proxy.lines().into_iter().filter(|line| !line.ends_with("/wait")).collect();
    assert_eq!(mutations, sent.collect::<Vec<_>>());
}
