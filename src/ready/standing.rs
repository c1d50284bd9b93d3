//! What can be said of a machine that is waited for, and which machines are.
//! Pure.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::doors::Door;
use crate::kinds::machine::Ready;
use crate::kinds::{Desired, Handout, Reachable, Scope};
use crate::plan::{Change, Plan};
use crate::spec::Address;

/// How a machine stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Everything that its spec names answers.
    Ready,
    /// Not yet, because of this.
    Waiting(String),
    /// It will not be, because of this.
    Failed(String),
}

/// A machine as it was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// How it stands.
    pub standing: Standing,
    /// How long it may take.
    pub within: Duration,
}

/// All machines whose specs say when they are ready.
pub type Standings = BTreeMap<Address, Seen>;

/// A machine that is waited for.
#[derive(Clone, Debug, PartialEq)]
pub struct Awaited {
    /// Its address.
    pub address: Address,
    /// Its REST path.
    pub resource: String,
    /// The state that the API names; None while there is no machine.
    pub status: Option<String>,
    /// Its external address.
    pub ip: Option<String>,
    /// What must answer.
    pub ready: Ready,
    /// What firewall rules know it by.
    pub door: Door,
}

impl Standing {
    /// The word for it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Waiting(_) => "waiting",
            Self::Failed(_) => "failed",
        }
    }

    /// Why it is not ready; empty when it is.
    pub fn why(&self) -> &str {
        match self {
            Self::Ready => "",
            Self::Waiting(why) | Self::Failed(why) => why,
        }
    }

    /// Both in one.
    pub fn text(&self) -> String {
        match self.why() {
            "" => self.word().to_owned(),
            why => format!("{}: {why}", self.word()),
        }
    }

    /// For a program.
    pub fn json(&self) -> Value {
        json!({ "ready": *self == Self::Ready, "state": self.word(), "why": self.why() })
    }
}

/// Whether everything is ready.
pub fn all_ready(standings: &Standings) -> bool {
    standings.values().all(|seen| seen.standing == Standing::Ready)
}

/// The machines of a plan that are waited for: those whose specs say when they are ready, and that are to run.
pub fn awaited(plan: &Plan, desired: &[Desired], scope: &Scope) -> Vec<Awaited> {
    let declares = |one: &&Desired| one.resolved.value.get("ready").is_some_and(Value::is_object);
    let changes: BTreeMap<&Address, &Change> = plan.changes.iter().map(|c| (&c.address, c)).collect();
    let of = |one: &Desired| {
        let change = *changes.get(&one.address)?;
        let Ok(Handout::Machine(reach)) = one.kind.handout(&one.resolved.value, scope) else { return None };
        let ready = reach.ready.clone().filter(|_| !reach.rests)?;
        // Tags that others gave it count as well.
        let live = match one.kind.handout(&change.before, scope) {
            Ok(Handout::Machine(live)) => live,
            _ => reach,
        };
        Some(Awaited {
            address: one.address.clone(),
            resource: change.resource.clone(),
            status: change.status.clone(),
            ip: change.address_of.clone(),
            ready,
            door: door(live),
        })
    };
    desired.iter().filter(declares).filter_map(of).collect()
}

fn door(live: Reachable) -> Door {
    Door { network: live.network, tags: live.tags, account: live.account }
}
