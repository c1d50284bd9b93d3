//! Guardrails: a plan held against the policy of its course. What it brings must be allowed; what is there already is only told.
//! Pure. What a rule says to one thing is in `kinds::governed`; here is what a plan brings, and what it comes to in all.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Finding, Weight};
use crate::diff::{Intent, Item, Verdict};
use crate::kinds::governed::{Breach, Governed, breach};
use crate::kinds::{DecodeError, Scope};
use crate::spec::Address;
use crate::spec::policy::{Policy, Rule};

/// Addresses that are named where several are meant; the rest is counted.
const NAMED: usize = 3;

/// What the policy says to a plan.
#[derive(Debug, Default)]
pub(super) struct Guarded {
    /// Refusals; of what is overridden or there already, warnings.
    pub(super) findings: Vec<Finding>,
    /// The rules that `--override` put aside.
    pub(super) overridden: BTreeSet<Rule>,
}

/// Holds verdicts against the policy of their course.
pub(super) fn guarded(items: &[Item<'_>], intent: &Intent, scope: &Scope) -> Result<Guarded, DecodeError> {
    let policy = scope.policy.as_ref();
    let mut guarded = Guarded::default();
    let mut told: BTreeMap<(Weight, Breach), Vec<Address>> = BTreeMap::new();
    let staying = || items.iter().filter(|item| !item.ask.leaving && item.verdict != Verdict::Conflict);
    for item in staying().filter(|_| policy.is_stated()) {
        for (weight, breach) in breaches(item, policy)? {
            told.entry((weight, breach)).or_default().push(item.address.clone());
        }
    }
    for ((weight, breach), addresses) in told {
        guarded.add(weight, &breach, &addresses, intent);
    }
    if policy.machines.is_some() || policy.disk_gb.is_some() {
        for (weight, breach) in totals(staying(), policy)? {
            guarded.add(weight, &breach, &[], intent);
        }
    }
    if let Some(breach) = deletions(items, intent, policy) {
        guarded.add(Weight::Refusal, &breach, &[], intent);
    }
    guarded.findings.extend(idle(intent, &guarded.overridden));
    Ok(guarded)
}

impl Guarded {
    fn add(&mut self, weight: Weight, breach: &Breach, addresses: &[Address], intent: &Intent) {
        let Breach { rule, what, allowed } = breach;
        let overridden = weight == Weight::Refusal && intent.overrides.contains(rule);
        if overridden {
            self.overridden.insert(*rule);
        }
        let state = match weight {
            Weight::Refusal if overridden => ", and is told to let it pass",
            Weight::Refusal => "",
            _ => "; it is there already",
        };
        let (address, named) = match addresses {
            [] => (None, String::new()),
            [one] => (Some(one.clone()), String::new()),
            several => (None, format!(": {}", names(several))),
        };
        self.findings.push(Finding {
            severity: if overridden { Weight::Warning } else { weight },
            code: rule.name(),
            address,
            message: format!("the policy does not allow {what} (allowed: {allowed}){state}{named}"),
            help: (weight == Weight::Refusal && !overridden).then(|| {
                format!("change the spec, or `policy:` of the Course; `--override {rule}` lets it pass this once and is recorded")
            }),
        });
    }
}

/// What of a resource is not allowed: a refusal where the plan brings it, a warning where it is so already.
fn breaches(item: &Item<'_>, policy: &Policy) -> Result<BTreeSet<(Weight, Breach)>, DecodeError> {
    let Some(desired) = &item.desired else { return Ok(BTreeSet::new()) };
    let project = &item.scope.project;
    let has = |governed: &[Governed]| -> BTreeSet<Breach> {
        governed.iter().filter_map(|governed| breach(policy, governed, project)).collect()
    };
    let wanted = has(&item.kind.governed(&desired.resolved.value, item.scope)?);
    if wanted.is_empty() {
        return Ok(BTreeSet::new());
    }
    let stays = !matches!(item.verdict, Verdict::Create | Verdict::Replace | Verdict::Adopt);
    let live = item.live.as_ref().filter(|_| stays);
    let live = live.map(|live| item.kind.governed(&live.spec, item.scope)).transpose()?;
    let known = live.map(|live| has(&live)).unwrap_or_default();
    let weighed = |breach: Breach| {
        let weight = if known.contains(&breach) { Weight::Warning } else { Weight::Refusal };
        (weight, breach)
    };
    Ok(wanted.into_iter().map(weighed).collect())
}

/// What everything that stays comes to. It is refused only where the plan adds to it.
fn totals<'a, 'b: 'a>(
    staying: impl Iterator<Item = &'a Item<'b>>,
    policy: &Policy,
) -> Result<Vec<(Weight, Breach)>, DecodeError> {
    let (mut machines, mut disk) = (Total::default(), Total::default());
    for item in staying {
        let Some(desired) = &item.desired else { continue };
        let (before, after) = (sizes(item, None)?, sizes(item, Some(&desired.resolved.value))?);
        machines.add(before.0, after.0);
        disk.add(before.1, after.1);
    }
    let machines = machines.above(policy.machines.map(u64::from), Rule::Machines, "machines");
    let disk = disk.above(policy.disk_gb.map(u64::from), Rule::DiskGb, "GB of disks");
    Ok(machines.into_iter().chain(disk).collect())
}

/// How many machines a resource is and how many GB its disks have: as it is live, or with a value.
fn sizes(item: &Item<'_>, value: Option<&Value>) -> Result<(u64, u64), DecodeError> {
    let live = || item.live.as_ref().map(|live| &live.spec);
    let Some(value) = value.or_else(live) else { return Ok((0, 0)) };
    let governed = item.kind.governed(value, item.scope)?;
    Ok(governed.iter().fold((0, 0), |(machines, disk), governed| match governed {
        Governed::Machine => (machines + 1, disk),
        Governed::DiskGb(size) => (machines, disk + size),
        _ => (machines, disk),
    }))
}

#[derive(Default)]
struct Total {
    before: u64,
    after: u64,
}

impl Total {
    fn add(&mut self, before: u64, after: u64) {
        self.before = self.before.saturating_add(before);
        self.after = self.after.saturating_add(after);
    }

    fn above(&self, most: Option<u64>, rule: Rule, what: &str) -> Option<(Weight, Breach)> {
        let most = most.filter(|most| self.after > *most)?;
        let weight = if self.after > self.before { Weight::Refusal } else { Weight::Warning };
        Some((weight, Breach { rule, what: format!("{} {what}", self.after), allowed: most.to_string() }))
    }
}

/// How many resources a run deletes or replaces beyond what one apply may. Who destroys a course has asked for just that, and what
/// is over was to go by its own spec.
fn deletions(items: &[Item<'_>], intent: &Intent, policy: &Policy) -> Option<Breach> {
    let most = policy.deletions_per_apply.filter(|_| !intent.destroy && !intent.expired)?;
    let most = u64::from(most);
    let goes = |item: &&Item<'_>| matches!(item.verdict, Verdict::Delete | Verdict::Replace);
    let count = u64::try_from(items.iter().filter(goes).count()).unwrap_or(u64::MAX);
    let what = format!("deleting or replacing {count} resources in one apply");
    (count > most).then(|| Breach { rule: Rule::DeletionsPerApply, what, allowed: most.to_string() })
}

/// Overrides that nothing needed.
fn idle(intent: &Intent, overridden: &BTreeSet<Rule>) -> Vec<Finding> {
    let idle = intent.overrides.iter().filter(|rule| !overridden.contains(rule));
    let finding = |rule: &Rule| Finding {
        severity: Weight::Note,
        code: "idle-override",
        address: None,
        message: format!("`--override {rule}` has nothing to override: the plan keeps that rule"),
        help: None,
    };
    idle.map(finding).collect()
}

fn names(addresses: &[Address]) -> String {
    let names: Vec<String> = addresses.iter().take(NAMED).map(ToString::to_string).collect();
    match addresses.len().saturating_sub(NAMED) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}
