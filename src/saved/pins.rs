//! Pins: the exact image that a plan's machines are made from, where their specs name a family.
//! Pure. What a request is of a kind's does not matter: what names the family of an image is known by its form.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::gcp::{Body, Call, Request};
use crate::plan::{Finding, Plan, Weight};

/// Images by the family that stood for each, both as paths: `projects/p/global/images/family/f`.
pub type Pins = BTreeMap<String, String>;

const FAMILY: &str = "/global/images/family/";

/// A pin that no plan of ours makes: the images of a family are in its own project. Whoever could write one into a file would
/// choose what machines run.
pub(super) fn forged(pins: &Pins) -> Option<(&str, &str)> {
    let same = |family: &str, image: &str| {
        let owner = family.split_once(FAMILY).map(|(owner, _)| owner);
        let name = owner.and_then(|owner| image.strip_prefix(owner)?.strip_prefix("/global/images/"));
        name.is_some_and(|name| !name.contains('/'))
    };
    let found = pins.iter().find(|(family, image)| !same(family, image));
    found.map(|(family, image)| (family.as_str(), image.as_str()))
}

/// The families of images that a plan's requests name.
pub fn families(plan: &Plan) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for body in plan.steps.iter().flat_map(|step| &step.calls).flat_map(bodies) {
        // Most bodies name none, and are not taken apart.
        if body.contains(FAMILY) {
            gather(&serde_json::from_str(body).unwrap_or_default(), &mut found);
        }
    }
    found
}

fn bodies(call: &Call) -> Vec<&str> {
    requests(call).into_iter().filter_map(body).collect()
}

fn body(request: &Request) -> Option<&str> {
    if let Body::Json(text) = &request.body { Some(text) } else { None }
}

fn requests(call: &Call) -> Vec<&Request> {
    match call {
        Call::Send(send) => vec![&send.request],
        Call::FirstOf(first) => first.choices.iter().map(|choice| &choice.send.request).collect(),
        Call::Each(_) | Call::Edit(_) | Call::Guard(_) => Vec::new(),
    }
}

fn requests_mut(call: &mut Call) -> Vec<&mut Request> {
    match call {
        Call::Send(send) => vec![&mut send.request],
        Call::FirstOf(first) => first.choices.iter_mut().map(|choice| &mut choice.send.request).collect(),
        Call::Each(_) | Call::Edit(_) | Call::Guard(_) => Vec::new(),
    }
}

fn gather(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if is_family(text) => drop(found.insert(text.clone())),
        Value::Array(list) => list.iter().for_each(|value| gather(value, found)),
        Value::Object(map) => map.values().for_each(|value| gather(value, found)),
        _ => {}
    }
}

fn is_family(text: &str) -> bool {
    text.starts_with("projects/")
        && text.split_once(FAMILY).is_some_and(|(project, name)| {
            project.matches('/').count() == 1 && !name.is_empty() && !name.contains('/')
        })
}

/// The path of the image of this name that a family stands for.
pub fn image_of(family: &str, name: &str) -> Option<String> {
    family.split_once(FAMILY).map(|(project, _)| format!("{project}/global/images/{name}"))
}

/// Has a plan's requests name images instead of their families.
pub fn pin(plan: &mut Plan, pins: &Pins) {
    if pins.is_empty() {
        return;
    }
    for request in plan.steps.iter_mut().flat_map(|step| &mut step.calls).flat_map(requests_mut) {
        let Some(text) = body(request).filter(|text| text.contains(FAMILY)) else { continue };
        let mut document: Value = serde_json::from_str(text).unwrap_or_default();
        put(&mut document, pins);
        *request = request.clone().json(&document);
    }
}

fn put(value: &mut Value, pins: &Pins) {
    match value {
        Value::String(text) => {
            if let Some(image) = pins.get(text.as_str()) {
                text.clone_from(image);
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|value| put(value, pins)),
        Value::Object(map) => map.values_mut().for_each(|value| put(value, pins)),
        _ => {}
    }
}

/// What a plan says of its pins.
pub fn told(pins: &Pins) -> Vec<Finding> {
    let last = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
    let of = |(family, image): (&String, &String)| Finding {
        severity: Weight::Note,
        code: "pinned-image",
        address: None,
        message: format!(
            "this plan makes machines of {} from {}, however new the family is then",
            last(family),
            last(image)
        ),
        help: None,
    };
    pins.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::gcp::{Send, Service, Verb};
    use crate::plan::Step;

    fn plan(image: &str, script: &str) -> Plan {
        let body = json!({"disks": [{"initializeParams": {"sourceImage": image}}], "script": script});
        let request = Request::new(Verb::Post, Service::Compute, "projects/p/zones/z/instances").json(&body);
        let step = Step {
            id: 0,
            doing: "create".to_owned(),
            addresses: Vec::new(),
            calls: vec![Call::Send(Send::compute(request))],
            after: Vec::new(),
            records: Vec::new(),
            intent: false,
            learns: Vec::new(),
        };
        Plan {
            course: String::new(),
            project: String::new(),
            changes: Vec::new(),
            steps: vec![step],
            records: Vec::new(),
            report: Vec::new(),
            overrides: Vec::new(),
        }
    }

    #[test]
    fn the_images_of_a_family_are_in_its_own_project() {
        let family = "projects/debian-cloud/global/images/family/debian-12";
        let is_forged = |image: &str| {
            let pins = Pins::from([(family.to_owned(), image.to_owned())]);
            forged(&pins).is_some()
        };
        assert!(!is_forged("projects/debian-cloud/global/images/debian-12-v20261101"));
        for other in ["projects/evil/global/images/debian-12-v20261101", "debian-12", family] {
            assert!(is_forged(other), "{other}");
        }
    }

    #[test]
    fn a_family_becomes_the_image_and_what_only_mentions_it_stays() {
        let family = "projects/debian-cloud/global/images/family/debian-12";
        let mut planned = plan(family, &format!("echo {family}"));
        assert_eq!(families(&planned), BTreeSet::from([family.to_owned()]));
        let image = image_of(family, "debian-12-v1").unwrap();
        pin(&mut planned, &Pins::from([(family.to_owned(), image.clone())]));
        assert_eq!(image, "projects/debian-cloud/global/images/debian-12-v1");
        assert_eq!(planned, plan(&image, &format!("echo {family}")));
        assert!(families(&planned).is_empty());
    }
}
