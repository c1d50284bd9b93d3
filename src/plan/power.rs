//! Stopping and starting the machines of a course between its sessions: a plan like any other, about nothing else.
//! Pure. Which kinds have power is read off their tables.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::placement::Placed;
use super::{Change, Finding, Input, Plan, Step, Weight, build};
use crate::diff::{Intent, Item, Power, Verdict};
use crate::kinds::{Class, DecodeError, Desired, FieldChange, FieldPath, How, Kind, Scope};
use crate::spec::pattern;

/// The field of a spec that says whether a machine runs.
const STATUS: &str = "desiredStatus";

/// The plan by which machines stop or start.
pub(super) fn plan(input: &Input<'_>, power: &Power) -> Result<Plan, DecodeError> {
    let Input { scope, items, intent, disabled } = input;
    let machines = items.iter().filter_map(|item| Some((item, switch(item.kind)?)));
    let wanted: Vec<_> = machines.filter(|(item, _)| is_meant(item, power, scope)).collect();
    let mut plan = empty(scope);
    plan.report.extend(nothing_meant(power, &wanted));
    plan.report.extend(build::unseen(items, disabled));
    for (item, via) in wanted {
        let held = held_back(item, power, intent);
        let goes = held.is_none();
        plan.report.extend(held.or_else(|| undone_by_spec(item, power)));
        if goes {
            add(&mut plan, item, via, power)?;
        }
    }
    plan.report.sort_by_key(|finding| finding.severity);
    Ok(plan)
}

fn empty(scope: &Scope) -> Plan {
    Plan {
        course: scope.course.clone(),
        project: scope.project.clone(),
        changes: Vec::new(),
        steps: Vec::new(),
        records: Vec::new(),
        report: Vec::new(),
        overrides: Vec::new(),
    }
}

/// The call by which a kind is switched on and off, if it is a machine.
fn switch(kind: &dyn Kind) -> Option<&'static str> {
    kind.facts().fields.iter().find_map(|field| match field.class {
        Class::Managed { spec: STATUS, how: How::InPlace(via) } => Some(via),
        _ => None,
    })
}

/// Whether a machine is there, is ours, and is one of those that were named.
fn is_meant(item: &Item<'_>, power: &Power, scope: &Scope) -> bool {
    let Some(live) = &item.live else { return false };
    let (name, address) = (item.address.name.as_str(), item.address.to_string());
    let named = |only: &String| pattern::matches(only, name) || pattern::matches(only, &address);
    item.verdict != Verdict::Conflict
        && live.mark.as_deref() == Some(scope.course.as_str())
        && (power.only.is_empty() || power.only.iter().any(named))
}

fn status(power: &Power) -> &'static str {
    if power.on { "RUNNING" } else { "TERMINATED" }
}

/// What keeps a machine from being switched.
fn held_back(item: &Item<'_>, power: &Power, intent: &Intent) -> Option<Finding> {
    let over = item.desired.as_ref().and_then(|desired| intent.over(desired));
    let over = over.or_else(|| taken_away(item).filter(|time| *time <= intent.now)).filter(|_| power.on)?;
    Some(Finding {
        severity: Weight::Warning,
        code: "expired",
        address: Some(item.address.clone()),
        message: format!("it is not started: it expired on {}", over.strftime("%Y-%m-%d at %H:%M UTC")),
        help: Some("move its end and apply that first".to_owned()),
    })
}

/// When Google took or takes the machine away: it does not start one whose time has passed.
fn taken_away(item: &Item<'_>) -> Option<Timestamp> {
    item.live.as_ref()?.spec.get("expires")?.as_str()?.parse().ok()
}

/// A spec that states the other status undoes it with the next apply.
fn undone_by_spec(item: &Item<'_>, power: &Power) -> Option<Finding> {
    let stated = item.desired.as_ref()?.resolved.value.get(STATUS)?.as_str()?;
    (stated != status(power)).then(|| Finding {
        severity: Weight::Warning,
        code: "undone-by-spec",
        address: Some(item.address.clone()),
        message: format!("its spec says `{STATUS}: {stated}`, which the next apply brings back"),
        help: Some(format!("remove `{STATUS}` from its spec: then `pause` and `resume` decide")),
    })
}

fn nothing_meant(power: &Power, wanted: &[(&Item<'_>, &'static str)]) -> Option<Finding> {
    (wanted.is_empty() && !power.only.is_empty()).then(|| Finding {
        severity: Weight::Refusal,
        code: "no-such-machine",
        address: None,
        message: format!("no machine of the course is called {}", power.only.join(" or ")),
        help: Some("`provost status` lists them; `*` stands for any text, as in `be-owl-*`".to_owned()),
    })
}

fn add(plan: &mut Plan, item: &Item<'_>, via: &'static str, power: &Power) -> Result<(), DecodeError> {
    let Some(live) = &item.live else { return Ok(()) };
    let before = live.spec.get(STATUS).cloned().unwrap_or(Value::Null);
    let path = FieldPath(vec![STATUS.to_owned()]);
    let field = FieldChange { path, before, after: json!(status(power)) };
    let mut wanted = live.spec.clone();
    if let Some(spec) = wanted.as_object_mut() {
        spec.insert(STATUS.to_owned(), field.after.clone());
    }
    let switched = field.before != field.after;
    let fields: Vec<FieldChange> = switched.then_some(field).into_iter().collect();
    let calls = item.kind.change(via, &wanted, live, &fields, item.scope)?;
    let doing = if power.on { "start" } else { "stop" };
    let verdict = if calls.is_empty() { Verdict::None } else { Verdict::Update };
    if !calls.is_empty() {
        plan.steps.push(Step {
            id: plan.steps.len(),
            doing: doing.to_owned(),
            addresses: vec![item.address.clone()],
            calls,
            after: Vec::new(),
            records: Vec::new(),
            intent: false,
            learns: Vec::new(),
        });
    }
    plan.changes.extend(change(item, verdict, fields, power)?);
    Ok(())
}

/// The machine as it is shown: its status, and nothing else of its spec.
fn change(
    item: &Item<'_>,
    verdict: Verdict,
    fields: Vec<FieldChange>,
    power: &Power,
) -> Result<Option<Change>, DecodeError> {
    let Some(live) = &item.live else { return Ok(None) };
    let mut resolved = item.kind.resolved(&live.spec, item.scope)?;
    resolved.value = json!({ "name": item.address.name, STATUS: status(power) });
    let desired = Desired {
        address: item.address.clone(),
        kind: item.kind,
        project: item.project.map(str::to_owned),
        resolved,
        digest: String::new(),
        named: Vec::new(),
        of_whom: Vec::new(),
    };
    let reason = if power.on { "resumed" } else { "paused until `provost resume`" };
    let shown = Item { desired: Some(desired), verdict, fields, reason: reason.to_owned(), ..item.clone() };
    Ok(build::change(shown, &Placed::default()))
}
