//! Images of machines and of containers: what takes the place of those that are gone. Pure.

use serde_json::json;

use super::desk::Desk;
use super::draft::Draft;
use super::flags;
use super::variable::{self, Part};
use crate::kinds::dead::{self, Dead, Sort};
use crate::spec::Problem;

/// A family that holds the place of one that nobody names, by project.
const FAMILIES: &[(&str, &str)] = &[
    ("deeplearning-platform-release", "common-cpu"),
    ("ubuntu-os-cloud", "ubuntu-2404-lts-amd64"),
    ("cos-cloud", "cos-stable"),
    ("", "debian-12"),
];

/// `--image-family`.
pub(super) fn family(draft: &mut Draft, raw: &str, desk: &mut Desk<'_>) {
    let project = draft.text("image.project").unwrap_or_default();
    let row = FAMILIES.iter().find(|(of, _)| *of == project || of.is_empty());
    let sample = row.map_or("", |(_, family)| family);
    let family = desk.sampled(flags::last(raw), sample);
    draft.put("image.family", json!(family));
}

/// `--image`: a name, a path or a URL; one with `family/` in it is a family.
pub(super) fn named(draft: &mut Draft, raw: &str, desk: &mut Desk<'_>) {
    let mut before = raw.split('/').skip_while(|part| *part != "projects");
    if let Some(project) = before.nth(1) {
        let project = desk.value(project, "image.project");
        draft.put("image.project", json!(project));
    }
    if raw.contains("/family/") {
        family(draft, raw, desk);
    } else {
        let name = desk.value(flags::last(raw), "image.name");
        draft.put("image.name", json!(name));
    }
}

/// Replaces the image of a machine by one that is there.
pub(super) fn living(draft: &mut Draft, desk: &mut Desk<'_>) {
    let Some(project) = draft.text("image.project").map(str::to_owned) else { return };
    let named = [("image.family", &[Sort::Family][..]), ("image.name", &[Sort::Image, Sort::Dated][..])];
    for (field, sorts) in named {
        let Some(name) = draft.text(field).map(str::to_owned) else { continue };
        if let Some(dead) = sorts.iter().find_map(|sort| dead::find(*sort, &project, &name)) {
            tell(&name, dead, desk);
            draft.take("image");
            draft.put("image", json!({"family": dead.instead, "project": project}));
        }
    }
}

fn tell(name: &str, dead: &Dead, desk: &mut Desk<'_>) {
    let problem =
        Problem::new("replaced", format!("the image `{name}` is replaced by the family `{}`", dead.instead));
    desk.warn(name, problem.label(dead.why));
}

/// An image of a container as it is called today. What stood on a dead registry moves to the course's.
pub(super) fn of_container(raw: &str, desk: &mut Desk<'_>) -> String {
    let Some((dead, project, rest)) = dead::image_parts(raw) else { return desk.value(raw, "image") };
    let registry = &desk.options.registry;
    let better = format!("{}-docker.pkg.dev/{project}/{registry}/{rest}", dead.instead);
    let shown: String = variable::parts(&better)
        .iter()
        .map(|part| match part {
            Part::Text(text) => (*text).to_owned(),
            Part::Variable { name, .. } => format!("${name}"),
        })
        .collect();
    let problem = Problem::new("replaced", format!("the image moves from `{}` to `{shown}`", dead.name));
    let problem = problem
        .label(dead.why)
        .help(format!("push it there: `docker tag {raw} {better} && docker push {better}`"));
    desk.warn(raw, problem);
    desk.value(&better, "image")
}
