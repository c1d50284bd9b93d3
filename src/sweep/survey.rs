//! The survey: everything that was found, judged. It is complete once `wanted` wants nothing any more.

use super::judge::{self, Thing};
use super::owners::{Owners, UnreadableInventory};
use super::{Rules, Survey, apis, contents, grants, keys, settle};
use crate::kinds::Reads;

/// The survey of what was read.
pub fn survey(rules: &Rules<'_>, reads: &Reads) -> Result<Survey, UnreadableInventory> {
    let owners = Owners::of(rules, reads)?;
    let mut things = things(rules, reads)?;
    contents::look_inside(&mut things, reads);
    let mut found = keys::found(rules, &things, reads);
    found.extend(grants::found(rules, &things, reads, &owners));
    found.extend(apis::found(rules, reads, &owners));
    Ok(Survey { found: things.into_iter().map(|thing| thing.found).chain(found).collect() })
}

/// The things of the collections, judged by themselves and by what uses them.
pub(super) fn things<'a>(rules: &Rules<'_>, reads: &'a Reads) -> Result<Vec<Thing<'a>>, UnreadableInventory> {
    let owners = Owners::of(rules, reads)?;
    let mut things = judge::things(rules, reads, &owners);
    settle::settle(&mut things);
    Ok(things)
}
