//! The end of a bucket: the lifecycle rule by which its objects go afterwards, and the label by which that rule is known again.
//! Pure.

use jiff::{Timestamp, civil};

use super::bucket::{Bucket, BucketEnd};
use super::bucket_lifecycle::{self, LifecycleAction, LifecycleCondition, LifecycleRule};
use super::contract::{Finding, Observed};
use super::{Scope, ageing, wire};
use crate::spec::formats::{End, LabelKey, LabelValue};
use crate::spec::{Pointer, Problem};

/// The day of the end in UTC, for people and for later plans.
pub(super) const LABEL: &str = "provost-ends";

/// The time at which a bucket is over, once its spec is settled.
fn end(bucket: &Bucket) -> Option<Timestamp> {
    bucket.expires.as_ref()?.at()
}

/// What a bucket that ends cannot say beside it.
pub(super) fn check(bucket: &Bucket) -> Option<Finding> {
    let ends = bucket.expires.as_ref().is_some_and(|expires| expires.end() != Some(End::Never));
    let stays = matches!(bucket.on_destroy, Some(BucketEnd::Keep | BucketEnd::Refuse));
    let problem = Problem::new("expiry", "a bucket that ends loses what it holds");
    let help = "remove `expires`, or write `onDestroy: empty`";
    (ends && stays).then(|| (Pointer::from("onDestroy"), problem.help(help)))
}

/// Whether it is emptied in the end because it has one.
pub(super) fn empties(bucket: &Bucket) -> bool {
    end(bucket).is_some()
}

/// Writes the day of the end on it.
pub(super) fn label(bucket: &mut Bucket) {
    if let Some(end) = end(bucket) {
        let day = LabelValue::from_trusted(end.strftime("%Y-%m-%d").to_string());
        bucket.labels.get_or_insert_default().insert(LabelKey::from_trusted(LABEL), day);
    }
}

/// A bucket to be made, with the rule by which it empties.
pub(super) fn for_new(bucket: &Bucket, scope: &Scope) -> Bucket {
    let mut new = bucket.clone();
    if let Some(end) = end(bucket) {
        new.lifecycle.get_or_insert_default().push(rule(ageing::days(scope.now, end)));
    }
    new
}

/// Puts the rule among those that are wanted of a live bucket, and takes it out when the end is moved or lifted.
pub(super) fn complete(desired: &mut Bucket, live: &Observed<Bucket>) {
    let made = made(live);
    let wanted = end(desired).zip(made).map(|(end, made)| ageing::days(made, end));
    let there = ours(live);
    if wanted.is_none() && there.is_none() {
        return;
    }
    let mut rules = desired.lifecycle.take().unwrap_or_else(|| without_ours(live));
    let right = |age: &u32| wanted.is_some_and(|wanted| ageing::is_right(*age, wanted));
    rules.extend(there.filter(right).or(wanted).map(rule));
    bucket_lifecycle::normalise(&mut rules);
    desired.lifecycle = Some(rules);
}

/// The rules of a live bucket that others made.
pub(super) fn without_ours(live: &Observed<Bucket>) -> Vec<LifecycleRule> {
    let ours = ours(live).map(rule);
    let rules = live.spec.lifecycle.iter().flatten();
    rules.filter(|rule| Some(*rule) != ours.as_ref()).cloned().collect()
}

/// The age of our rule on a live bucket: the one that follows from its label.
pub(super) fn ours(live: &Observed<Bucket>) -> Option<u32> {
    let day = live.spec.labels.as_ref()?.get(&LabelKey::from_trusted(LABEL))?.as_str();
    let day = day.parse::<civil::Date>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    let wanted = ageing::days(made(live)?, day.timestamp());
    let ages = live.spec.lifecycle.iter().flatten().filter_map(|rule| rule.condition.age);
    ages.filter(|age| ageing::is_right(*age, wanted))
        .find(|age| live.spec.lifecycle.iter().flatten().any(|there| *there == rule(*age)))
}

fn made(live: &Observed<Bucket>) -> Option<Timestamp> {
    wire::text(&live.wire, "/timeCreated")?.parse().ok()
}

fn rule(age: u32) -> LifecycleRule {
    let condition = LifecycleCondition { age: Some(age), ..LifecycleCondition::default() };
    LifecycleRule { action: LifecycleAction::Delete, storage_class: None, condition }
}
