//! What only all commands together say: one draft for each resource, the registry and the APIs that they need, the course.
//! Pure.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::Translation;
use super::access::APIS;
use super::desk::{Desk, UNKNOWN_PROJECT};
use super::draft::Draft;
use crate::kinds::{ApiServices, ContainerVm, FirewallRule, IamGrant, KindRegistry, Registry, Resource, Vm};
use crate::spec::{Diagnostic, Problem, Severity, SourceId, Sources, Span};

/// The place of what nobody wrote.
const NOWHERE: Span = Span { source: SourceId(0), start: 0, end: 0 };
const REGION: &str = "europe-west1";
/// The field that every machine has which a command makes.
const MADE: &str = "machineType";
const ZONES: [&str; 2] = ["europe-west1-b", "europe-west1-c"];

/// Everything that was read, as a course.
pub(super) fn finish(drafts: Vec<Draft>, mut desk: Desk<'_>, sources: Sources) -> Translation {
    let mut drafts = joined(drafts);
    unmade(&mut drafts, &mut desk);
    tunnels(&mut drafts, &mut desk);
    ports(&mut drafts, &mut desk);
    registries(&mut drafts, &mut desk);
    apis(&mut drafts);
    desk.tell_unset();
    let course = course(&desk);
    tell_project(&drafts, &mut desk);
    let mut diagnostics = desk.found;
    if drafts.is_empty() && !diagnostics.iter().any(Diagnostic::is_error) {
        let problem = Problem::new("nothing-translated", "nothing here makes a resource");
        let help = "`provost from-gcloud --help` names the commands that do";
        diagnostics.push(problem.help(help).without_place());
    }
    diagnostics.sort_by_key(|found| (found.severity, found.span));
    Translation { sources, course, drafts, diagnostics }
}

/// One draft for each resource: what several commands say of one, and all roles of a member, come together.
fn joined(drafts: Vec<Draft>) -> Vec<Draft> {
    let mut joined: Vec<Draft> = Vec::new();
    for mut draft in drafts {
        let machine = [Vm::FACTS.kind, ContainerVm::FACTS.kind];
        let one = |a: &str, b: &str| a == b || (machine.contains(&a) && machine.contains(&b));
        let same = |other: &&mut Draft| one(other.kind, draft.kind) && other.name() == draft.name();
        let grant = draft.kind == IamGrant::FACTS.kind;
        match joined.iter_mut().find(same) {
            Some(first) if !grant || same_grant(first, &draft) => {
                if first.get(MADE).is_none() {
                    first.kind = draft.kind;
                }
                first.merge(draft);
            }
            Some(_) => {
                let name = format!("{}-{}", draft.name(), joined.len());
                draft.put("name", json!(name));
                joined.push(draft);
            }
            None => joined.push(draft),
        }
    }
    joined
}

/// What is said of a machine that no command makes.
fn unmade(drafts: &mut Vec<Draft>, desk: &mut Desk<'_>) {
    for draft in drafts.iter().filter(|draft| is_machine(draft) && draft.get(MADE).is_none()) {
        let problem =
            Problem::new("not-a-resource", format!("no command here makes the machine `{}`", draft.name()));
        desk.warn_at(
            draft.span,
            problem.label("it is left out").help("write it into the spec of the machine"),
        );
    }
    drafts.retain(|draft| !is_machine(draft) || draft.get(MADE).is_some());
}

fn same_grant(one: &Draft, other: &Draft) -> bool {
    ["on", "members", "condition"].into_iter().all(|field| one.get(field) == other.get(field))
}

/// Ports that somebody forwards belong to the machine's spec.
fn tunnels(drafts: &mut [Draft], desk: &mut Desk<'_>) {
    for (name, ports, span) in std::mem::take(&mut desk.tunnels) {
        if let Some(draft) = drafts.iter_mut().find(|draft| is_machine(draft) && draft.name() == name) {
            draft.put("tunnels", json!(ports));
            continue;
        }
        let problem = Problem::new("not-a-resource", format!("no command here makes the machine `{name}`"));
        desk.warn_at(
            span,
            problem.help(format!("write its tunnels into its spec: `tunnels: {}`", json!(ports))),
        );
    }
}

fn is_machine(draft: &Draft) -> bool {
    [Vm::FACTS.kind, ContainerVm::FACTS.kind].contains(&draft.kind)
}

/// The old agent gave containers the machine's own network: all their ports were the machine's. Those that the rules beside
/// them open are published; others nobody could reach.
fn ports(drafts: &mut [Draft], desk: &mut Desk<'_>) {
    let open: Vec<(BTreeSet<String>, Vec<Value>)> = drafts.iter().filter_map(opened).collect();
    for draft in drafts.iter_mut().filter(|draft| draft.kind == ContainerVm::FACTS.kind) {
        let tags = texts(draft.get("tags"));
        let reach = open.iter().filter(|(targets, _)| targets.is_empty() || !targets.is_disjoint(&tags));
        let ports: Vec<Value> = reach.flat_map(|(_, ports)| ports.clone()).collect();
        let span = draft.span;
        let Some(Value::Array(containers)) = draft.fields.get_mut("containers") else { continue };
        let [Value::Object(container)] = containers.as_mut_slice() else { continue };
        if container.contains_key("ports") || container.contains_key("name") {
            continue;
        }
        let shown = json!(ports).to_string();
        let (label, help) = if ports.is_empty() {
            (
                "no firewall rule here says which it listens on",
                "add them to the container: `ports: [8501]`".to_owned(),
            )
        } else {
            container.insert("ports".to_owned(), json!(ports));
            ("they are those that the firewall rules open", format!("check them: `ports: {shown}`"))
        };
        let problem = Problem::new(
            "ports-of-container",
            "the old agent gave containers every port of the machine; here they are listed",
        );
        desk.warn_at(span, problem.label(label).help(help));
    }
}

/// The machines a rule is for, by tag, and the ports it opens one by one.
fn opened(rule: &Draft) -> Option<(BTreeSet<String>, Vec<Value>)> {
    if rule.kind != FirewallRule::FACTS.kind {
        return None;
    }
    let port = |text: &String| {
        let (protocol, ports) = text.split_once(':')?;
        let port = ports.parse::<u16>().ok().filter(|port| *port != 22)?;
        let suffix = if protocol == "udp" { "/udp" } else { "" };
        Some(json!(format!("{port}:{port}{suffix}")))
    };
    let ports: Vec<Value> = texts(rule.get("allow")).iter().filter_map(port).collect();
    (!ports.is_empty()).then(|| (texts(rule.get("targetTags")), ports))
}

fn texts(list: Option<&Value>) -> BTreeSet<String> {
    list.and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

/// Images come from somewhere: the project's own registries are declared, those of others are told.
fn registries(drafts: &mut Vec<Draft>, desk: &mut Desk<'_>) {
    let project = desk.course_project();
    for (image, span) in images(drafts) {
        let mut parts = image.split('/');
        let location = parts.next().and_then(|host| host.strip_suffix("-docker.pkg.dev"));
        let (Some(location), Some(owner), Some(name)) = (location, parts.next(), parts.next()) else {
            continue;
        };
        if owner != project && owner != "{{ course.project }}" {
            let problem =
                Problem::new("image-elsewhere", format!("`{image}` lies in the registry of another project"));
            let help = format!(
                "let its owner grant roles/artifactregistry.reader there, or push it to `{location}-docker.pkg.dev/{project}/{name}`"
            );
            desk.warn_at(span, problem.help(help));
        } else if !drafts.iter().any(|draft| draft.kind == Registry::FACTS.kind && draft.name() == name) {
            let mut draft = Draft::new(Registry::FACTS.kind, name, span).implied();
            draft.put("location", json!(location));
            draft.put("format", json!("DOCKER"));
            drafts.insert(0, draft);
        }
    }
}

fn images(drafts: &[Draft]) -> Vec<(String, Span)> {
    let containers =
        |draft: &Draft| draft.get("containers").and_then(Value::as_array).cloned().unwrap_or_default();
    let of = |draft: &Draft| {
        let span = draft.span;
        let image = |container: Value| Some((container.get("image")?.as_str()?.to_owned(), span));
        let served = draft.text("image").map(|image| (image.to_owned(), span));
        containers(draft).into_iter().filter_map(image).chain(served).collect::<Vec<_>>()
    };
    drafts.iter().flat_map(of).collect()
}

/// The APIs of the kinds that are there, before everything that needs them; in a list of its own unless there is one.
fn apis(drafts: &mut Vec<Draft>) {
    if drafts.is_empty() {
        return;
    }
    let kinds = KindRegistry::standard();
    let needed: BTreeSet<&str> =
        drafts.iter().filter_map(|draft| Some(kinds.find(draft.kind)?.facts().service.api())).collect();
    let place = drafts.iter().position(|draft| draft.kind == ApiServices::FACTS.kind);
    let mut list = match place {
        Some(place) => drafts.remove(place),
        None => Draft::new(ApiServices::FACTS.kind, APIS, NOWHERE).implied(),
    };
    // What enables APIs need not be enabled by them.
    let own = ApiServices::FACTS.service.api();
    let needed: Vec<Value> = needed.into_iter().filter(|api| *api != own).map(|api| json!(api)).collect();
    list.put("services", list.get("services").cloned().unwrap_or_else(|| json!([])));
    list.put("services", json!(needed));
    if list.get("services").and_then(Value::as_array).is_some_and(|all| !all.is_empty()) {
        drafts.insert(0, list);
    }
}

fn course(desk: &Desk<'_>) -> Map<String, Value> {
    let project = desk.course_project();
    let mut zones: Vec<String> = desk.options.zones.iter().chain(&desk.zones).cloned().collect();
    let mut seen = BTreeSet::new();
    zones.retain(|zone| seen.insert(zone.clone()));
    if zones.is_empty() {
        zones = ZONES.map(str::to_owned).to_vec();
    }
    let region = zones.first().and_then(|zone| zone.rsplit_once('-')).map_or(REGION, |(region, _)| region);
    let mut course = Map::new();
    course.insert("name".to_owned(), json!(desk.options.course));
    course.insert("project".to_owned(), json!(project));
    course.insert("region".to_owned(), json!(region));
    course.insert("zones".to_owned(), json!(zones));
    let vars = desk.variables.values(&project);
    if !vars.is_empty() {
        course.insert("vars".to_owned(), Value::Object(vars));
    }
    course
}

fn tell_project(drafts: &[Draft], desk: &mut Desk<'_>) {
    if desk.course_project() != UNKNOWN_PROJECT || drafts.is_empty() {
        return;
    }
    let problem = Problem::new("project-unknown", "nothing here says which project this is for");
    let help =
        format!("give it with `--project`, or write it into the Course in place of `{UNKNOWN_PROJECT}`");
    desk.found.push(Diagnostic { severity: Severity::Warning, ..problem.help(help).without_place() });
}
