//! Building a plan: verdicts → changes, steps with their edges, and the report.
//! Pure and total: whatever cannot be done becomes a finding, never a guess.

use std::collections::BTreeSet;

use serde_json::Value;

use super::placement::{self, Placed};
use super::steps::Steps;
use super::{Action, ApisByProject, Change, Finding, Plan, Weight, learn};
use crate::diff::{Intent, Item, Verdict};
use crate::inventory::RecordEdit;
use crate::kinds::{Contents, DecodeError, Need, OnDestroy, Scope};
use crate::spec::{Address, reference};

/// Everything a plan is made of.
pub struct Input<'a> {
    /// The course.
    pub scope: &'a Scope,
    /// Verdicts in the order of the specs, then of the inventory.
    pub items: Vec<Item<'a>>,
    /// What the user asked for.
    pub intent: &'a Intent,
    /// APIs that are not enabled, among those that were asked.
    pub disabled: ApisByProject,
}

/// Builds the plan.
pub fn build(input: Input<'_>) -> Result<Plan, DecodeError> {
    if let Some(power) = &input.intent.power {
        return super::power::plan(&input, power);
    }
    let Input { scope, items, intent, disabled } = input;
    let mut report: Vec<Finding> = items.iter().flat_map(|item| findings(item)).collect();
    report.extend(missing_apis(&items, &disabled, scope));
    report.extend(unseen(&items, &disabled));
    report.extend(unknown_intents(&items, intent));
    report.extend(super::endings::findings(&items, intent));
    let guarded = super::guardrails::guarded(&items, intent, scope)?;
    report.extend(guarded.findings);
    let overrides = guarded.overridden.iter().map(ToString::to_string).collect();
    let placed = placement::placed(&items)?;
    let mut steps = Steps::new(&placed);
    for item in &items {
        steps.add(item)?;
    }
    let (mut steps, cycle) = steps.finish();
    learn::attach(&mut steps, &items);
    report.extend(cycle);
    report.extend(super::pace::stretched(&steps));
    report.sort_by_key(|f| f.severity);
    let records = items.iter().map(record).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
    let changes = items.into_iter().filter_map(|item| change(item, &placed)).collect();
    let (course, project) = (scope.course.clone(), scope.project.clone());
    Ok(Plan { course, project, changes, steps, records, report, overrides })
}

/// What is shown of a resource. Takes its values: they are large, and nothing else wants them any more.
pub(super) fn change(item: Item<'_>, placed: &Placed) -> Option<Change> {
    let action = match item.verdict {
        Verdict::Create => Action::Create,
        Verdict::Update => Action::Update,
        Verdict::UpdateWithStop => Action::UpdateWithStop,
        Verdict::Replace => Action::Replace,
        Verdict::Delete => Action::Delete,
        Verdict::Adopt => Action::Adopt,
        Verdict::Release => Action::Release,
        Verdict::None | Verdict::Conflict => Action::None,
        Verdict::Forget => return None,
    };
    if action == Action::None && item.desired.is_none() {
        return None;
    }
    let leaves = matches!(action, Action::Delete | Action::Release);
    let hidden = if action == Action::Create { item.kind.derived() } else { item.kind.facts().local };
    let ends =
        item.desired.as_ref().and_then(|desired| desired.resolved.ends.as_ref()).map(|(time, _)| *time);
    let (place, mut after) = match item.desired {
        Some(desired) => (Some(desired.resolved.resource), desired.resolved.value),
        None => (None, Value::Null),
    };
    let (live_place, before, address_of, status) = match item.live {
        Some(live) => (Some(live.resource), live.spec, live.external_address, live.status),
        None => (None, Value::Null, None, None),
    };
    let mut fields = item.fields;
    reference::show(&mut after);
    for field in &mut fields {
        reference::show(&mut field.after);
    }
    let made = matches!(action, Action::Create | Action::Replace);
    let tried = if made { placed.of(&item.address).to_vec() } else { Vec::new() };
    Some(Change {
        address: item.address,
        project: item.project.map(str::to_owned),
        action,
        reason: item.reason,
        fields,
        places: tried,
        before,
        after: if leaves { Value::Null } else { after },
        hidden,
        resource: if made { place.or(live_place) } else { live_place.or(place) }.unwrap_or_default(),
        address_of,
        ends,
        status,
    })
}

/// Entries that change although there is nothing to do: records that were lost, digests, resources already gone.
fn record(item: &Item<'_>) -> Result<Option<RecordEdit>, DecodeError> {
    match item.verdict {
        Verdict::Forget => Ok(Some(RecordEdit::Remove(item.address.clone()))),
        // What was left as it is was not applied.
        Verdict::None if item.blank.is_some() => Ok(None),
        Verdict::None if item.desired.is_some() && item.live.is_some() && !item.ask.leaving => {
            let edit = super::steps::put(item)?;
            let known = matches!(&edit, RecordEdit::Put(_, entry) if item.entry == Some(entry));
            let empty = matches!(&edit, RecordEdit::Put(_, e) if e.owns.0.is_empty() && item.entry.is_none());
            let marked = item.live.as_ref().is_some_and(|live| live.mark.is_some());
            Ok((!known && (marked || !empty)).then_some(edit))
        }
        _ => Ok(None),
    }
}

fn findings(item: &Item<'_>) -> Vec<Finding> {
    let mut found: Vec<Finding> = blank(item).into_iter().collect();
    match item.verdict {
        Verdict::Conflict => found.push(conflict(item)),
        Verdict::Delete | Verdict::Replace => {
            found.extend(contents(item));
            found.extend(protected(item));
        }
        _ => {}
    }
    found
}

/// A resource that names what has no value: what exists stays as it is, and what does not cannot be made.
fn blank(item: &Item<'_>) -> Option<Finding> {
    let (reference, why) = item.blank.as_ref()?;
    let exists = item.live.is_some();
    let (severity, what) = if exists {
        (Weight::Warning, "it is left as it is")
    } else {
        (Weight::Refusal, "it cannot be made")
    };
    let help =
        format!("have {} run, or name something that lasts, as `internalIp` or `dnsName`", reference.address);
    Some(Finding {
        severity,
        code: "no-value",
        address: Some(item.address.clone()),
        message: format!("{what}: it names `{}` of {}, {why}", reference.name, reference.address),
        help: Some(help),
    })
}

fn conflict(item: &Item<'_>) -> Finding {
    let adoptable = item.live.as_ref().is_some_and(|live| live.mark.is_none());
    let help = if adoptable && !item.reason.contains("cannot be adopted") {
        format!("take it over with `--adopt {}`, or give this spec another name", item.address)
    } else {
        "give this spec another name, or release it there".to_owned()
    };
    Finding {
        severity: Weight::Refusal,
        code: "conflict",
        address: Some(item.address.clone()),
        message: item.reason.clone(),
        help: Some(help),
    }
}

fn contents(item: &Item<'_>) -> Option<Finding> {
    let contents = item.live.as_ref()?.contents.as_ref().filter(|c| c.count > 0)?;
    let how = item.desired.as_ref().map(|d| d.resolved.on_destroy);
    let how = how.or_else(|| item.entry.map(|e| e.on_destroy)).unwrap_or_default();
    let verb = if item.verdict == Verdict::Replace { "replaced" } else { "deleted" };
    let (severity, help) = match how {
        OnDestroy::Empty => (Weight::Warning, None),
        _ => (
            Weight::Refusal,
            Some("set `onDestroy: empty` in its spec and apply that first, or empty it by hand".to_owned()),
        ),
    };
    let message = match severity {
        Weight::Warning => format!("{} in it: deleted with it", counted(contents)),
        _ => format!("it holds {} and is not {verb}", counted(contents)),
    };
    Some(Finding { severity, code: "not-empty", address: Some(item.address.clone()), message, help })
}

fn counted(contents: &Contents) -> String {
    let what = if contents.count == 1 { contents.what.trim_end_matches('s') } else { contents.what };
    format!("{} {what}", contents.count)
}

fn protected(item: &Item<'_>) -> Option<Finding> {
    let why = item.live.as_ref()?.protected?;
    Some(Finding {
        severity: Weight::Refusal,
        code: "protected",
        address: Some(item.address.clone()),
        message: format!("{why}: it is not deleted"),
        help: Some("set `deletionProtection: false` in its spec and apply that first".to_owned()),
    })
}

/// A resource whose API is off and that nothing in the course turns on in that project could never be made.
fn missing_apis(items: &[Item<'_>], disabled: &ApisByProject, scope: &Scope) -> Vec<Finding> {
    if disabled.is_empty() {
        return Vec::new();
    }
    let declared = items.iter().filter_map(|i| Some((i, i.desired.as_ref()?)));
    let provided: BTreeSet<(String, String)> = declared
        .flat_map(|(i, d)| d.resolved.provides.iter().map(move |api| (i.scope.project.clone(), api.clone())))
        .collect();
    let wanted = items.iter().filter(|i| matches!(i.verdict, Verdict::Create | Verdict::Replace));
    let mut missing = BTreeSet::new();
    let mut found = Vec::new();
    for item in wanted {
        for need in item.desired.iter().flat_map(|d| &d.resolved.needs) {
            let Need::Api { project, api } = need else { continue };
            let at = (project.clone(), api.clone());
            let is_off = disabled.get(project).is_some_and(|off| off.contains(api));
            if is_off && !provided.contains(&at) && missing.insert(at) {
                found.push(missing_api(api, project, item, scope));
            }
        }
    }
    found
}

fn missing_api(api: &str, project: &str, item: &Item<'_>, scope: &Scope) -> Finding {
    let (project, there) = if project == scope.project {
        ("the project".to_owned(), String::new())
    } else {
        (format!("the project {project}"), format!(" with `project: {project}`"))
    };
    Finding {
        severity: Weight::Refusal,
        code: "api-not-enabled",
        address: Some(item.address.clone()),
        message: format!("{api} is not enabled in {project}, and no ApiServices of this course enables it"),
        help: Some(format!("add {api} to the `services` of an ApiServices resource{there}")),
    }
}

/// What is ours and was made is not gone because its API answers no more: it can be seen again once the API is on.
pub(super) fn unseen(items: &[Item<'_>], disabled: &ApisByProject) -> Vec<Finding> {
    let made = |item: &&Item<'_>| item.live.is_none() && item.entry.is_some_and(|entry| !entry.pending);
    let finding = |project: &String, api: &String| {
        let of = |i: &&Item<'_>| i.scope.project == *project && i.kind.facts().service.api() == api;
        let item = items.iter().filter(made).find(of)?;
        Some(Finding {
            severity: Weight::Refusal,
            code: "api-turned-off",
            address: Some(item.address.clone()),
            message: format!("{api} was turned off outside Provost, so what exists there cannot be seen"),
            help: Some(format!(
                "turn it on and run this again: `gcloud services enable {api} --project {project}`"
            )),
        })
    };
    disabled
        .iter()
        .flat_map(|(project, apis)| apis.iter().filter_map(move |api| finding(project, api)))
        .collect()
}

/// `--adopt` and `--release` of something that is not there would otherwise pass in silence.
fn unknown_intents(items: &[Item<'_>], intent: &Intent) -> Vec<Finding> {
    let declared = |a: &Address| items.iter().any(|i| i.address == *a && i.desired.is_some());
    let leaving = |a: &Address| items.iter().any(|i| i.address == *a && i.verdict == Verdict::Release);
    let refuse = |address: &Address, code, message: &str, help: &str| Finding {
        severity: Weight::Refusal,
        code,
        address: Some(address.clone()),
        message: message.to_owned(),
        help: Some(help.to_owned()),
    };
    let adopt = intent.adopt.iter().filter(|a| !declared(a));
    let adopt = adopt
        .map(|a| refuse(a, "nothing-to-adopt", "no spec declares it", "write its spec first, then adopt it"));
    let release = intent.release.iter().filter(|a| !leaving(a));
    let release = release.map(|a| {
        let (message, help) = if declared(a) {
            ("a spec still declares it", "remove its spec first, then release it")
        } else {
            ("the course does not own it", "`provost status` lists what the course owns")
        };
        refuse(a, "nothing-to-release", message, help)
    });
    adopt.chain(release).collect()
}
