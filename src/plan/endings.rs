//! What a plan says about ends: which things Google does not end by itself, and which ends are too far away for it.
//! Pure.

use std::collections::BTreeMap;

use super::{Finding, Weight};
use crate::diff::{Intent, Item, Verdict};
use crate::kinds::{Desired, Ending};
use crate::spec::Address;

/// Addresses that are named where several are meant; the rest is counted.
const NAMED: usize = 3;
const BY_HAND: &str = "run `provost destroy --expired --yes` after the end, from a scheduled job";

/// The findings over everything that stays and has an end.
pub(super) fn findings(items: &[Item<'_>], intent: &Intent) -> Vec<Finding> {
    let staying = items.iter().filter(|item| !item.ask.leaving && item.verdict != Verdict::Conflict);
    let ending: Vec<(&Item<'_>, &Desired)> = staying
        .filter_map(|item| Some((item, item.desired.as_ref().filter(|d| d.resolved.ends.is_some())?)))
        .collect();
    let mut found = told(&ending);
    found.extend(ending.iter().filter_map(|(item, desired)| too_far(item, desired, intent)));
    found
}

/// Each thing that does not end by itself, told once with everything it is true of.
fn told(ending: &[(&Item<'_>, &Desired)]) -> Vec<Finding> {
    let mut all: BTreeMap<(Weight, &'static str, String, String), Vec<&Address>> = BTreeMap::new();
    for (item, desired) in ending {
        let Some((_, ending)) = &desired.resolved.ends else { continue };
        let told = match ending {
            Ending::Google => continue,
            Ending::Slowly(how) => (Weight::Note, "ends-slowly", how.clone(), BY_HAND.to_owned()),
            Ending::Nobody => {
                let why = "Google does not end these by itself".to_owned();
                (Weight::Note, "ends-by-command", why, BY_HAND.to_owned())
            }
            Ending::Hindered { why, help } => {
                let why = format!("{why}, so this access does not end by itself");
                (Weight::Warning, "does-not-end", why, format!("{help}; or {BY_HAND}"))
            }
        };
        all.entry(told).or_default().push(&item.address);
    }
    let finding =
        |((severity, code, why, help), addresses): ((Weight, _, String, String), Vec<&Address>)| Finding {
            severity,
            code,
            address: None,
            message: format!("{why}: {}", named(&addresses)),
            help: Some(help),
        };
    all.into_iter().map(finding).collect()
}

fn named(addresses: &[&Address]) -> String {
    let names: Vec<String> = addresses.iter().take(NAMED).map(ToString::to_string).collect();
    match addresses.len().saturating_sub(NAMED) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

/// An end that Google does not take yet would make the call fail in the middle of the apply.
fn too_far(item: &Item<'_>, desired: &Desired, intent: &Intent) -> Option<Finding> {
    let days = i64::try_from(desired.kind.farthest_end()? / 86_400).ok()?;
    let stated = desired.resolved.value.get("expires")?.as_str()?;
    let (time, _) = desired.resolved.ends.as_ref().filter(|(time, _)| time.to_string() == stated)?;
    let sent = matches!(item.verdict, Verdict::Create | Verdict::Replace)
        || item.fields.iter().any(|field| field.path.is_under("expires"));
    let away = time.duration_since(intent.now).as_hours() / 24;
    (sent && away >= days).then(|| Finding {
        severity: Weight::Refusal,
        code: "end-too-far",
        address: Some(item.address.clone()),
        message: format!(
            "Google takes ends of machines at most {days} days ahead, and this one is in {away}"
        ),
        help: Some("limit each run instead, as in `expires: 12h`, or write `expires: never`".to_owned()),
    })
}
