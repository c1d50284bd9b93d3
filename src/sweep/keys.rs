//! Keys of the accounts that stay: those that people made and hold. Keys of an account that goes, go with it.

use jiff::Timestamp;

use super::catalog::Listed;
use super::judge::{self, Thing};
use super::{Found, Removal, Rules, Verdict};
use crate::gcp::call::Send;
use crate::gcp::{Call, Read, Request, Service, Verb};
use crate::kinds::{Reads, wire};
use crate::spec::Address;

/// What a key is called.
const KIND: &str = "ServiceAccountKey";

/// The reads of their keys.
pub(super) fn reads(things: &[Thing<'_>]) -> Vec<Read> {
    staying(things).map(|account| read(&account.found.place)).collect()
}

fn staying<'a, 'b>(things: &'a [Thing<'b>]) -> impl Iterator<Item = &'a Thing<'b>> {
    things.iter().filter(|thing| !thing.goes() && thing.row.listed == Listed::Accounts)
}

fn read(account: &str) -> Read {
    let request = Request::get(Service::Iam, format!("v1/{account}/keys")).query("keyTypes", "USER_MANAGED");
    Read::list(request.fields("keys(name,validAfterTime)"), "keys")
}

/// The keys, judged.
pub(super) fn found(rules: &Rules<'_>, things: &[Thing<'_>], reads: &Reads) -> Vec<Found> {
    let of = |account: &Thing<'_>| {
        let keys = reads.items(&read(&account.found.place)).iter();
        keys.filter_map(|key| one(rules, account, key)).collect::<Vec<Found>>()
    };
    staying(things).flat_map(of).collect()
}

fn one(rules: &Rules<'_>, account: &Thing<'_>, key: &serde_json::Value) -> Option<Found> {
    let place = wire::text(key, "/name")?;
    let address = Address::new(KIND, format!("{}/{}", account.found.address.name, wire::last(&place)));
    let created = wire::text(key, "/validAfterTime").and_then(|made| made.parse::<Timestamp>().ok());
    let email = wire::text_or_empty(account.item, "/email");
    let ruling = judge::kept(rules, &address)
        .or_else(|| rules.caller.may_be(&email).map(judge::left))
        .or_else(|| judge::young(rules, created));
    let (verdict, reason) = ruling.unwrap_or((Verdict::Remove, "no spec owns it".to_owned()));
    let delete =
        Send::answered(Request::new(Verb::Delete, Service::Iam, format!("v1/{place}"))).absent_is_done();
    Some(Found {
        address,
        created,
        creator: None,
        details: format!("a key of {email} that somebody holds"),
        verdict,
        reason,
        protected: None,
        removal: Removal::Calls(vec![Call::Send(delete)]),
        after: Vec::new(),
        place,
    })
}
