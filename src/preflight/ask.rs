//! What is asked of the projects: few questions, each once, whatever the number of machines. What the plan's own reads have
//! answered is not asked again, and a plan that takes nothing asks nothing. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::Known;
use super::deed::Deed;
use super::exist;
use super::facts::Facts;
use super::offer::{Catalog, named};
use super::secret;
use crate::gcp::{Read, Request, Service};
use crate::kinds::wire::{last, relative, text_or_empty};
use crate::plan::{Finding, Weight};
use crate::report::Advice;

const COMPUTE: Service = Service::Compute;

/// What is to be read of the projects, with the project that each read looks into.
pub(super) fn wants(deeds: &[&Deed], known: Known<'_>) -> BTreeMap<Read, String> {
    let projects = open(deeds, known);
    if projects.is_empty() {
        return BTreeMap::new();
    }
    let facts = Facts::of(known.reads);
    let mut wanted: BTreeMap<Read, String> = BTreeMap::new();
    for project in projects {
        wanted.extend(of_project(project, deeds, &facts).into_iter().map(|read| (read, project.to_owned())));
    }
    wanted.extend(exist::second_look(deeds, &facts, known));
    wanted
}

/// The projects in which something is taken, and which Compute can tell about.
fn open<'a>(deeds: &[&'a Deed], known: Known<'a>) -> BTreeSet<&'a str> {
    deeds
        .iter()
        .filter(|deed| deed.takes())
        .map(|deed| deed.project())
        .filter(|project| !is_off(project, known))
        .collect()
}

fn is_off(project: &str, known: Known<'_>) -> bool {
    known.disabled.get(project).is_some_and(|apis| apis.contains(COMPUTE.api()))
}

fn of_project(project: &str, deeds: &[&Deed], facts: &Facts<'_>) -> Vec<Read> {
    let of_it: Vec<&Deed> = deeds.iter().copied().filter(|deed| deed.project() == project).collect();
    let regions = of_it
        .iter()
        .filter(|deed| deed.takes())
        .flat_map(|deed| deed.zones())
        .map(|at| at.region().to_owned());
    let regions: BTreeSet<String> = regions.collect();
    let mut reads = vec![of_whole(project)];
    if !regions.is_empty() {
        reads.push(of_regions(project, &regions));
    }
    reads.extend(catalog(&of_it, facts).reads().into_iter().map(|(read, _)| read));
    reads.extend(exist::images(&of_it).into_keys().map(|path| image(&path)));
    let unknown = |path: &String| !facts.has_network(path);
    reads.extend(exist::networks(&of_it).into_keys().filter(unknown).map(|path| network(&path)));
    reads
}

/// What zones must offer, and what the machines that change are.
pub(super) fn catalog(deeds: &[&Deed], facts: &Facts<'_>) -> Catalog {
    let mut catalog = Catalog::of(deeds);
    for deed in deeds {
        if let Deed::Change { at, resource, .. } = deed
            && let Some(live) = facts.zonal(resource)
        {
            catalog.count(at, last(&text_or_empty(live, "/machineType")));
        }
    }
    catalog
}

fn of_whole(project: &str) -> Read {
    Read::document(Request::get(COMPUTE, format!("projects/{project}")).fields("quotas"))
}

fn of_regions(project: &str, regions: &BTreeSet<String>) -> Read {
    let request =
        Request::get(COMPUTE, format!("projects/{project}/regions")).query("filter", named(regions));
    Read::list(request.fields("items(name,quotas),nextPageToken"), "items")
}

/// An image, or the newest one of a family.
pub fn image(path: &str) -> Read {
    Read::document(Request::get(COMPUTE, relative(path)).fields("name,diskSizeGb,deprecated"))
}

/// A network or a subnetwork.
pub(super) fn network(path: &str) -> Read {
    Read::document(Request::get(COMPUTE, relative(path)).fields("name"))
}

/// What could not be asked, and why.
pub(super) fn unanswered(deeds: &[&Deed], known: Known<'_>) -> Vec<Finding> {
    let makes = deeds.iter().filter(|deed| matches!(deed, Deed::Make { .. }));
    let off: BTreeSet<&str> =
        makes.map(|deed| deed.project()).filter(|project| is_off(project, known)).collect();
    let refused = known.unread.iter().filter(|(read, _)| !secret::tells(read, known));
    let refused = refused.map(|(read, why)| unread(read, why));
    off.into_iter().map(turned_off).chain(refused).collect()
}

fn turned_off(project: &str) -> Finding {
    let api = COMPUTE.api();
    Finding {
        severity: Weight::Note,
        code: "not-checked",
        address: None,
        message: format!("whether the machines fit into {project} cannot be told before {api} is on"),
        help: Some(format!(
            "to know beforehand, turn it on: `gcloud services enable {api} --project {project}`"
        )),
    }
}

fn unread(read: &Read, why: &Advice) -> Finding {
    Finding {
        severity: Weight::Note,
        code: "not-checked",
        address: None,
        message: format!("{} could not be checked: {}", subject(&read.request.path), why.what),
        help: why.help.first().cloned(),
    }
}

/// What a read was to tell.
fn subject(path: &str) -> String {
    let parts: Vec<&str> = path.split(['/', ':']).collect();
    match parts.as_slice() {
        [.., "testIamPermissions"] => "what you may do".to_owned(),
        ["projects", project] => format!("the quotas of {project}"),
        ["projects", project, "regions"] => format!("the quotas of regions in {project}"),
        ["projects", .., "machineTypes"] | ["projects", .., "machineTypes", _] => "machine types".to_owned(),
        ["projects", .., "diskTypes"] => "disk types".to_owned(),
        ["projects", .., "acceleratorTypes"] => "accelerators".to_owned(),
        ["projects", project, "global", "images", .., name] => format!("the image {name} of {project}"),
        [_, "projects", project, "secrets", id, ..] => format!("the secret {id} of {project}"),
        [.., kind, name] => format!("{} {name}", kind.trim_end_matches('s')),
        _ => path.to_owned(),
    }
}
