//! Verdicts: what is to become of each resource, and why.
//! Pure. The rules of ownership are here and nowhere else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::ask::{Intent, KindAsks};
use super::compare::compare;
use crate::inventory::Entry;
use crate::kinds::{
    Ask, Class, DecodeError, Desired, FieldChange, How, Kind, MarkPlace, Observation, Observed, OnDestroy,
    Scope,
};
use crate::spec::{Address, Reference};

/// What is to become of a resource.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It is made.
    Create,
    /// It is changed where it stands.
    Update,
    /// It is changed, and stops or restarts for it.
    UpdateWithStop,
    /// It is deleted and made anew.
    Replace,
    /// It is deleted.
    Delete,
    /// It exists unmarked and becomes ours.
    Adopt,
    /// It stays, and is ours no longer.
    Release,
    /// Nothing is left to do.
    None,
    /// It is gone already; only the inventory still names it.
    Forget,
    /// It exists and is not ours.
    Conflict,
}

/// One resource with both sides, its verdict and its reason.
#[derive(Clone)]
pub struct Item<'a> {
    /// Its address.
    pub address: Address,
    /// Its kind.
    pub kind: &'static dyn Kind,
    /// The project it is in, if that is not the course's own.
    pub project: Option<&'a str>,
    /// The course as it is seen from there.
    pub scope: &'a Scope,
    /// What is wanted; the value is completed with what only the live side knows.
    pub desired: Option<Desired>,
    /// What is there.
    pub live: Option<Observed<Value>>,
    /// What the inventory knows.
    pub entry: Option<&'a Entry>,
    /// What was asked.
    pub ask: Ask<&'a Value>,
    /// What is to become of it.
    pub verdict: Verdict,
    /// Why.
    pub reason: String,
    /// The fields that differ.
    pub fields: Vec<FieldChange>,
    /// What it names and what has no value, with the reason.
    pub blank: Option<(Reference, &'static str)>,
}

/// The verdicts over one kind in one project, whose scope is given.
pub fn diff<'a>(
    asks: &KindAsks<'a>,
    seen: Observation<Value>,
    intent: &Intent,
    scope: &'a Scope,
) -> Result<Vec<Item<'a>>, DecodeError> {
    let mut items = Vec::new();
    for ((ask, sides), live) in asks.asks.iter().zip(&asks.sides).zip(seen.found) {
        items.push(one(asks, ask, *sides, live, intent, scope)?);
    }
    let ours = |(name, live): (String, Observed<Value>)| {
        let marked = live.mark.as_deref() == Some(scope.course.as_str());
        marked.then(|| lost(asks, name, live, intent, scope))
    };
    items.extend(seen.others.into_iter().filter_map(ours));
    Ok(items)
}

/// A resource with our mark that neither a spec nor the inventory names.
fn lost<'a>(
    asks: &KindAsks<'a>,
    name: String,
    live: Observed<Value>,
    intent: &Intent,
    scope: &'a Scope,
) -> Item<'a> {
    let (kind, project) = (asks.kind, asks.project);
    let address = Address { kind: kind.facts().kind.to_owned(), name: name.clone() };
    let ask = Ask {
        name,
        desired: None,
        resource: Some(live.resource.clone()),
        owned: Arc::default(),
        leaving: true,
    };
    let (verdict, reason) = leave(&address, None, None, intent);
    Item {
        address,
        kind,
        project,
        scope,
        desired: None,
        live: Some(live),
        entry: None,
        ask,
        verdict,
        reason,
        fields: Vec::new(),
        blank: None,
    }
}

fn one<'a>(
    asks: &KindAsks<'a>,
    ask: &Ask<&'a Value>,
    (desired, entry): (Option<&Desired>, Option<&'a Entry>),
    live: Option<Observed<Value>>,
    intent: &Intent,
    scope: &'a Scope,
) -> Result<Item<'a>, DecodeError> {
    let (kind, project) = (asks.kind, asks.project);
    let address = Address { kind: kind.facts().kind.to_owned(), name: ask.name.clone() };
    let mut item = Item {
        address,
        kind,
        project,
        scope,
        // As this run knows it: with the places of the resources it is about.
        desired: desired.map(|desired| desired.with(&desired.resolved.value, scope)).transpose()?,
        live,
        entry,
        ask: ask.clone(),
        verdict: Verdict::None,
        reason: String::new(),
        fields: Vec::new(),
        blank: None,
    };
    judge(&mut item, intent, scope)?;
    Ok(item)
}

/// Finds what is to become of a resource, from both of its sides.
pub(super) fn judge(item: &mut Item<'_>, intent: &Intent, scope: &Scope) -> Result<(), DecodeError> {
    let (verdict, reason) = if item.desired.as_ref().is_none_or(|desired| intent.removes(desired)) {
        gone(item, intent, scope)
    } else {
        wanted(item, intent, scope)?
    };
    (item.verdict, item.reason) = (verdict, reason);
    if item.verdict == Verdict::Replace {
        made_anew(item, scope)?;
    }
    Ok(())
}

/// What is made anew is made where its spec says, or where there is room: the place of the old one binds nobody.
fn made_anew(item: &mut Item<'_>, scope: &Scope) -> Result<(), DecodeError> {
    let (Some(desired), Some(stated)) = (&item.desired, item.ask.desired) else { return Ok(()) };
    let open = item.kind.reopened(&desired.resolved.value, stated)?;
    let open = open
        .map(|open| Ok((item.kind.choices(&open, scope)?.places.len() > 1).then_some(open)))
        .transpose()?;
    if let Some(open) = open.flatten() {
        item.desired = Some(desired.with(&open, scope)?);
    }
    Ok(())
}

type Ruling = (Verdict, String);

fn gone(item: &Item<'_>, intent: &Intent, scope: &Scope) -> Ruling {
    let over = item.desired.as_ref().and_then(|desired| intent.over(desired)).map(expired);
    let Some(live) = &item.live else {
        let known = if item.entry.is_some() { Verdict::Forget } else { Verdict::None };
        return (known, over.unwrap_or_else(|| "it does not exist".to_owned()));
    };
    if !ours(item, live, scope) {
        return (Verdict::None, "it is not ours".to_owned());
    }
    leave(&item.address, item.desired.as_ref(), item.entry, intent)
}

fn leave(address: &Address, desired: Option<&Desired>, entry: Option<&Entry>, intent: &Intent) -> Ruling {
    let kept = desired.map_or_else(|| entry.map(|e| e.on_destroy), |d| Some(d.resolved.on_destroy));
    if intent.release.contains(address) {
        return (Verdict::Release, "released by --release: it stays and is no longer managed".to_owned());
    }
    if kept == Some(OnDestroy::Keep) {
        return (Verdict::Release, "onDestroy: keep".to_owned());
    }
    let why = match desired.and_then(|desired| intent.over(desired)) {
        _ if intent.destroy => "the course is being destroyed".to_owned(),
        Some(time) => expired(time),
        None => "no spec declares it any more".to_owned(),
    };
    (Verdict::Delete, why)
}

/// Why something that is still declared goes.
fn expired(time: Timestamp) -> String {
    format!("expired on {}", time.strftime("%Y-%m-%d at %H:%M UTC"))
}

fn wanted(item: &mut Item<'_>, intent: &Intent, scope: &Scope) -> Result<Ruling, DecodeError> {
    let Some(live) = &item.live else {
        let why = if item.entry.is_some_and(|e| !e.pending) {
            "it is gone: deleted outside Provost"
        } else {
            "it does not exist"
        };
        return Ok((Verdict::Create, why.to_owned()));
    };
    let Some(desired) = &mut item.desired else {
        return Ok((Verdict::None, String::new()));
    };
    // Two sides that are equal have nothing to take from each other, unless a mark must be written; most live sides have
    // nothing to add.
    let marks = item.kind.facts().mark != MarkPlace::Inventory;
    if marks || desired.resolved.value != live.spec {
        let completed = item.kind.complete(&desired.resolved.value, live, scope)?;
        if completed != desired.resolved.value {
            *desired = desired.with(&completed, scope)?;
        }
    }
    item.fields = compare(item.kind.facts(), &desired.resolved.value, &live.spec, &item.ask.owned);
    Ok(claim(item, live, intent, scope))
}

fn claim(item: &Item<'_>, live: &Observed<Value>, intent: &Intent, scope: &Scope) -> Ruling {
    let adopted = intent.adopt_all || intent.adopt.contains(&item.address);
    if let Some(other) = live.mark.as_deref().filter(|mark| *mark != scope.course) {
        return (Verdict::Conflict, format!("it belongs to the course {other}"));
    }
    if ours(item, live, scope) && (live.claimed.is_empty() || adopted) {
        return update(item, &live.claimed);
    }
    if adopted {
        return adopt(item);
    }
    if !live.claimed.is_empty() {
        return (Verdict::Conflict, format!("{} exists and is not ours", live.claimed.join(", ")));
    }
    if item.kind.facts().mark == MarkPlace::Inventory {
        return first(item);
    }
    (Verdict::Conflict, "it exists and carries no mark of this course".to_owned())
}

/// Whether a live resource is this course's: by its mark, or by the inventory at the very place.
fn ours(item: &Item<'_>, live: &Observed<Value>, scope: &Scope) -> bool {
    match live.mark.as_deref() {
        Some(course) => course == scope.course,
        None => item.entry.is_some_and(|entry| entry.resource == live.resource),
    }
}

/// A kind without marks that nobody recorded yet: what of it is there already is fine, the rest is made.
fn first(item: &Item<'_>) -> Ruling {
    if item.fields.is_empty() {
        (Verdict::None, "it is so already".to_owned())
    } else if item.fields.iter().any(takes_away) {
        (Verdict::Update, "it holds more than the spec allows".to_owned())
    } else {
        (Verdict::Create, "some of it does not exist".to_owned())
    }
}

/// Whether a change removes what is there, which making the rest would leave.
fn takes_away(change: &FieldChange) -> bool {
    match (&change.before, &change.after) {
        (Value::Null, _) => false,
        (Value::Array(before), Value::Array(after)) => before.iter().any(|member| !after.contains(member)),
        (before, after) => before != after,
    }
}

fn adopt(item: &Item<'_>) -> Ruling {
    match costliest(item) {
        Cost::Replace(path, why) => {
            (Verdict::Conflict, format!("it cannot be adopted as it is: {path} differs, and {why}"))
        }
        Cost::Stop(path) => (Verdict::Adopt, format!("taken over by --adopt; stops to change {path}")),
        _ => (Verdict::Adopt, "taken over by --adopt".to_owned()),
    }
}

fn update(item: &Item<'_>, adopted: &[String]) -> Ruling {
    let since = why_different(item);
    let cut_off = item.entry.is_some_and(|entry| entry.restarting);
    match costliest(item) {
        Cost::None | Cost::InPlace if cut_off => {
            (Verdict::UpdateWithStop, "an earlier run was cut off before it had started it again".to_owned())
        }
        Cost::None if adopted.is_empty() => (Verdict::None, String::new()),
        Cost::None => (Verdict::Adopt, format!("takes over {}", adopted.join(", "))),
        Cost::InPlace => (Verdict::Update, since.to_owned()),
        Cost::Stop(path) => {
            (Verdict::UpdateWithStop, format!("{path} takes effect with a restart only; {since}"))
        }
        Cost::Replace(path, why) => (Verdict::Replace, format!("{path}: {why}; {since}")),
    }
}

fn why_different(item: &Item<'_>) -> &'static str {
    let applied = item.entry.and_then(|e| e.digest.as_deref());
    match (applied, &item.desired) {
        (Some(applied), Some(desired)) if applied == desired.digest => {
            "drift: it was changed outside Provost"
        }
        (Some(_), _) => "the spec changed",
        (None, _) => "live differs from the spec",
    }
}

enum Cost {
    None,
    InPlace,
    Stop(String),
    Replace(String, &'static str),
}

fn costliest(item: &Item<'_>) -> Cost {
    let mut cost = Cost::None;
    for change in &item.fields {
        match (how(item.kind, change), &cost) {
            (How::Replace(why) | How::Grow(_, why), _) => return Cost::Replace(change.path.to_string(), why),
            (How::WithStop(_) | How::Restart(_), Cost::None | Cost::InPlace) => {
                cost = Cost::Stop(change.path.to_string());
            }
            (How::InPlace(_), Cost::None) => cost = Cost::InPlace,
            _ => {}
        }
    }
    cost
}

/// What a change takes, by the kind's table: the most specific row wins. A grown number is an update in place.
pub fn how(kind: &dyn Kind, change: &FieldChange) -> How {
    let rows = kind.facts().fields.iter().filter_map(|field| match field.class {
        Class::Managed { spec, how } if change.path.is_under(spec) => Some((spec.len(), how)),
        _ => None,
    });
    let found =
        rows.max_by_key(|(depth, _)| *depth).map_or(How::Replace("no call changes it"), |(_, how)| how);
    match (found, change.before.as_f64(), change.after.as_f64()) {
        (How::Grow(via, _), Some(before), Some(after)) if after > before => How::InPlace(via),
        (found, ..) => found,
    }
}

/// A resource whose spec names another project than the inventory does stands twice among the items: it goes there, and is made
/// here.
pub fn moved(items: &mut Vec<Item<'_>>) {
    let orphan = |item: &Item<'_>| item.desired.is_none() && item.entry.is_some();
    let orphans: BTreeSet<Address> = items.iter().filter(|i| orphan(i)).map(|i| i.address.clone()).collect();
    let declared = items.iter().filter(|item| item.desired.is_some() && orphans.contains(&item.address));
    let to: BTreeMap<Address, String> =
        declared.map(|item| (item.address.clone(), item.scope.project.clone())).collect();
    // What is gone there already leaves nothing to forget: the entry becomes that of the resource here.
    items.retain(|item| !(orphan(item) && item.verdict == Verdict::Forget && to.contains_key(&item.address)));
    for item in items.iter_mut().filter(|item| orphan(item) && item.verdict == Verdict::Delete) {
        if let Some(project) = to.get(&item.address) {
            item.reason = format!("it moves from {} to {project}", item.scope.project);
        }
    }
}

/// Makes what lives inside a replaced resource new as well: the API deletes it together with its container.
pub fn cascade(items: &mut [Item<'_>]) -> Result<(), DecodeError> {
    let replaced = items.iter().filter(|item| item.verdict == Verdict::Replace);
    let place =
        |item: &Item<'_>| Some((item.address.clone(), item.desired.as_ref()?.resolved.resource.clone()));
    let replaced: BTreeMap<Address, String> = replaced.filter_map(place).collect();
    for item in items {
        let container = item.desired.as_ref().and_then(|d| d.resolved.inside.clone());
        let Some((container, place)) = container.and_then(|c| replaced.get(&c).map(|place| (c, place)))
        else {
            continue;
        };
        let stays = matches!(
            item.verdict,
            Verdict::None | Verdict::Update | Verdict::UpdateWithStop | Verdict::Adopt
        );
        if stays && !item.ask.leaving {
            item.verdict = Verdict::Create;
            item.reason = format!("{container} is replaced, and it goes with it");
            item.live = None;
            item.fields.clear();
            follow(item, &container, place)?;
        }
    }
    Ok(())
}

/// What lives inside something is where that will be.
fn follow(item: &mut Item<'_>, container: &Address, place: &str) -> Result<(), DecodeError> {
    if item.scope.places.get(container).is_some_and(|known| known == place) {
        return Ok(());
    }
    let mut scope = item.scope.clone();
    scope.places.insert(container.clone(), place.to_owned());
    let desired = item.desired.as_ref().map(|desired| desired.with(&desired.resolved.value, &scope));
    item.desired = desired.transpose()?;
    Ok(())
}

/// Leaves out what a run that removes only what is over does not concern.
pub fn confine(items: &mut Vec<Item<'_>>, intent: &Intent) {
    if intent.expired {
        items.retain(|item| item.desired.as_ref().is_some_and(|desired| intent.over(desired).is_some()));
    }
}
