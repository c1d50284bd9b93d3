//! Advice on what is used up, taken or gone: zones without room, quotas, names, images.

use std::collections::BTreeMap;

use super::{Advice, Case, Said, first};

/// How many names are offered for one that does not exist.
const OFFERED: usize = 3;

pub(super) fn stock_out(case: &Case<'_>) -> Option<Advice> {
    let Case { said, .. } = case;
    let codes = ["ZONE_RESOURCE_POOL_EXHAUSTED", "ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS"];
    if !said.is(&codes) {
        return None;
    }
    let zone = said.info("zone").map(str::to_owned).or_else(|| first(r"zones/([a-z0-9-]+)", said.what));
    let zone = zone.unwrap_or_else(|| "the zone".to_owned());
    let machine = said.info("vmType").map(|kind| format!(" for {kind}")).unwrap_or_default();
    let advice = Advice::new(format!("Google has no room{machine} in {zone} at the moment"));
    let stays = said.what.ends_with("/start");
    Some(match said.info("zonesAvailable") {
        _ if stays => {
            advice.help("a machine keeps its zone: start it again in a while, or make another one elsewhere")
        }
        Some(zones) => advice.help(format!("zones with room: {}; name one as `zone:`", spaced(zones))),
        None => advice.help("name another zone as `zone:`, or another machine type"),
    })
}

fn spaced(zones: &str) -> String {
    zones.split(',').map(str::trim).collect::<Vec<_>>().join(", ")
}

pub(super) fn quota(case: &Case<'_>) -> Option<Advice> {
    let Case { said, project } = case;
    if !said.is(&["QUOTA_EXCEEDED", "quotaExceeded"]) && !said.says("maximum number of") {
        return None;
    }
    let metric = first(r"Quota '([^']+)'", said.message);
    let metric = metric.or_else(|| Some(said.info("metricName")?.rsplit('/').next()?.to_uppercase()));
    let metric = metric.or_else(|| first(r"Maximum number of ([a-z ]+) on", said.message));
    let limit = said.info("limit").map(str::to_owned).or_else(|| first(r"Limit: ([0-9.]+)", said.message));
    let limit = limit.map(|limit| format!(" of {}", limit.trim_end_matches(".0"))).unwrap_or_default();
    let place =
        said.info("region").map(str::to_owned).or_else(|| first(r"in region ([a-z0-9-]+)", said.message));
    let place = place.map(|place| format!(" in {place}")).unwrap_or_default();
    let metric = metric.unwrap_or_else(|| "of resources".to_owned());
    Some(
        Advice::new(format!("the quota {metric}{limit}{place} is used up: this asks for more"))
            .help(format!(
                "ask for more: https://console.cloud.google.com/iam-admin/quotas?project={project}"
            ))
            .help("or declare fewer or smaller machines, or some of them in another region"),
    )
}

pub(super) fn of_a_day(case: &Case<'_>) -> Option<Advice> {
    let Case { said, project } = case;
    let daily = [403, 429].contains(&said.status) && said.says("per day");
    let metric = said.info("quota_metric").map(|metric| format!(" of {metric}")).unwrap_or_default();
    daily.then(|| {
        Advice::new(format!("today's quota{metric} is used up; it is given anew at midnight in California"))
            .help(format!(
                "ask for more: https://console.cloud.google.com/iam-admin/quotas?project={project}"
            ))
    })
}

pub(super) fn taken(case: &Case<'_>) -> Option<Advice> {
    let Case { said, .. } = case;
    match (said.status, said.what) {
        (409, "POST storage/b") => Some(
            Advice::new(
                "another project has a bucket of this name: bucket names are one namespace for all of Google",
            )
            .help("begin it with the project's id, which is nobody else's"),
        ),
        (409, what) if what.starts_with("DELETE storage/b/") => Some(
            Advice::new("the bucket is not empty: something was put into it after the plan was made")
                .help("run the command again to see what is in it"),
        ),
        _ => None,
    }
}

/// The image that an error misses: its project, and the family or `name:` it was named by.
pub(super) fn missing_image(said: &Said<'_>) -> Option<(String, String)> {
    let gone = said.status == 404 || said.status == 400 || said.is(&["RESOURCE_NOT_FOUND"]);
    let missing = said.says("not found") || said.says("does not exist") || said.is(&["notFound"]);
    let at = |text: &str| {
        let project =
            first(r"projects/([a-z0-9-]+)/(?:global/images|zones/[a-z0-9-]+/imageFamilyViews)/", text)?;
        let image = first(r"(?:global/images(?:/family)?|imageFamilyViews)/([a-z0-9-]+)", text);
        let image = if image.as_deref() == Some("family") { None } else { image };
        Some((project, image?))
    };
    (gone && missing).then(|| at(said.message).or_else(|| at(said.what))).flatten()
}

pub(super) fn image(case: &Case<'_>, families: &BTreeMap<String, Vec<String>>) -> Option<Advice> {
    let (project, image) = missing_image(&case.said)?;
    let advice = Advice::new(format!("the project {project} has no image {image} any more, or never had"));
    let near = families.get(&project).map(|all| nearest(&image, all)).unwrap_or_default();
    let list = format!("gcloud compute images list --project {project} --no-standard-images");
    Some(match near.as_slice() {
        [] => advice.help(format!("what it has: {list}")),
        near => advice
            .help(format!("the nearest families that exist: {}", near.join(", ")))
            .help(format!("all: {list}")),
    })
}

/// The names that somebody may have meant, the nearest first.
pub fn nearest(wanted: &str, all: &[String]) -> Vec<String> {
    let mut scored: Vec<(f64, &String)> =
        all.iter().map(|name| (strsim::jaro_winkler(wanted, name), name)).collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    scored.into_iter().take(OFFERED).map(|(_, name)| name.clone()).collect()
}
