//! What the projects say to a plan: the reads of the preflight, side by side. A read that fails leaves something unchecked and
//! never fails the plan.

use std::collections::BTreeMap;

use super::{Seen, fetch};
use crate::gcp::error::told;
use crate::gcp::{ApiError, Client, Read};
use crate::plan::Plan;
use crate::preflight::{Case, Depth, Known, Preflight};
use crate::report::Advice;
use crate::report::advice;

/// The second round looks for what somebody meant by a name that does not exist.
const ROUNDS: usize = 2;

/// Holds a plan against its projects. A plan without steps asks nothing.
pub async fn preflight(client: &Client, plan: &Plan, seen: &mut Seen, depth: Depth) -> Preflight {
    let case = Case::of(plan, depth);
    let mut unread: BTreeMap<Read, Advice> = BTreeMap::new();
    for _ in 0..ROUNDS {
        let mut wanted = case.wants(known(seen, &unread));
        if wanted.is_empty() {
            break;
        }
        for (read, answer) in fetch(client, wanted.keys().cloned().collect()).await {
            match answer {
                Ok(items) => seen.reads.insert(read, items),
                Err(error) => {
                    let project = wanted.remove(&read).unwrap_or_default();
                    let off = error.disabled_api().map(str::to_owned);
                    unread.insert(read, why(&error, &project));
                    seen.disabled.entry(project).or_default().extend(off);
                }
            }
        }
    }
    case.judge(known(seen, &unread))
}

/// What is to be said of a read that failed.
fn why(error: &ApiError, project: &str) -> Advice {
    let known = advice::Known { project: project.to_owned(), ..advice::Known::default() };
    advice::advice(error, &known).unwrap_or_else(|| Advice { what: told(error), help: Vec::new() })
}

fn known<'a>(seen: &'a Seen, unread: &'a BTreeMap<Read, Advice>) -> Known<'a> {
    Known { reads: &seen.reads, disabled: &seen.disabled, unread }
}
