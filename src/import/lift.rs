//! What the resources of a project share is said once, in the Course: zones, region, labels.

use std::collections::BTreeMap;

use serde_json::Value;

use super::draft::Draft;
use crate::spec::Course;
use crate::spec::formats::{self, LabelKey, LabelValue, Region, Zone};

/// The course with what its resources share.
pub(super) fn course(of: &Course, drafts: &[Draft]) -> Course {
    let zones = by_frequency(drafts.iter().filter_map(|draft| text(draft, "zone")));
    let places = drafts.iter().filter_map(|draft| text(draft, "location"));
    let regions = zones.iter().filter_map(|zone| zone.rsplit_once('-')).map(|(region, _)| region);
    let regions = by_frequency(places.chain(regions).filter(|place| is("region", place)));
    Course {
        region: regions.first().and_then(|region| Region::try_from(*region).ok()),
        zones: zones.iter().filter_map(|zone| Zone::try_from(*zone).ok()).collect(),
        labels: labels(drafts),
        ..of.clone()
    }
}

fn text<'a>(draft: &'a Draft, field: &str) -> Option<&'a str> {
    draft.spec.get(field)?.as_str()
}

fn is(format: &str, text: &str) -> bool {
    matches!(formats::check(format, text), Some(Ok(())))
}

/// Each once, the most frequent first.
fn by_frequency<'a>(all: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    all.for_each(|one| *counts.entry(one).or_default() += 1);
    let mut each: Vec<(&str, usize)> = counts.into_iter().collect();
    each.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    each.into_iter().map(|(one, _)| one).collect()
}

/// Labels that everything with labels has; one resource alone shares nothing.
fn labels(drafts: &[Draft]) -> BTreeMap<LabelKey, LabelValue> {
    let mut all = drafts.iter().filter_map(|draft| draft.spec.get("labels")?.as_object());
    let Some(first) = all.next() else { return BTreeMap::new() };
    let others: Vec<_> = all.collect();
    let shared =
        |(key, value): &(&String, &Value)| others.iter().all(|labels| labels.get(*key) == Some(*value));
    let shared = first.iter().filter(|pair| !others.is_empty() && shared(pair));
    let label = |(key, value): (&String, &Value)| {
        Some((LabelKey::try_from(key.as_str()).ok()?, LabelValue::try_from(value.as_str()?).ok()?))
    };
    shared.filter_map(label).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_frequent_comes_first_and_ties_keep_the_order_of_names() {
        assert_eq!(by_frequency(["b", "a", "b", "c"].into_iter()), ["b", "a", "c"]);
    }
}
