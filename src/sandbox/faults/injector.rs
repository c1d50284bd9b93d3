//! Which faults strike a call. Keeps what has to be remembered for that: how often each was called and struck, and
//! what came into being while the process ran.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::blow::Blow;
use super::file::Flicker;
use super::rule::{Rule, What};
use super::subject::{Subject, creates};
use super::{Faults, chance};
use crate::sandbox::services;

/// The faults of a running sandbox.
#[derive(Debug)]
pub(in crate::sandbox) struct Injector {
    faults: Faults,
    memory: Mutex<Memory>,
}

#[derive(Debug, Default)]
struct Memory {
    tallies: Vec<Tally>,
    /// What was created.
    created: BTreeSet<String>,
    /// When calls of an API may begin, by project and API.
    enabled: BTreeMap<(String, String), Timestamp>,
}

/// What is remembered of one fault.
#[derive(Debug, Default)]
struct Tally {
    all: Count,
    each: HashMap<String, Count>,
    /// How often chance was asked, by what it saw.
    draws: HashMap<String, u64>,
    /// How many calls about something young there were, by what is young.
    seen: HashMap<String, u64>,
    strikes: u64,
}

#[derive(Debug, Default)]
struct Count {
    calls: u64,
    strikes: u64,
}

impl Injector {
    /// Nothing has happened yet.
    pub(in crate::sandbox) fn new(faults: Faults) -> Self {
        let tallies = faults.rules.iter().map(|_| Tally::default()).collect();
        Self { faults, memory: Mutex::new(Memory { tallies, ..Memory::default() }) }
    }

    /// Whether there is nothing that could strike.
    pub(in crate::sandbox) fn is_idle(&self) -> bool {
        self.faults.rules.is_empty()
    }

    /// How often each fault has struck, in the order of the file.
    pub(in crate::sandbox) fn strikes(&self) -> Vec<u64> {
        self.memory().tallies.iter().map(|tally| tally.strikes).collect()
    }

    /// How long operations of that method take, if the file says so.
    pub(in crate::sandbox) fn operation_time(&self, method: &str) -> Option<SignedDuration> {
        self.faults.operation_time(method)
    }

    /// How long machines take to boot.
    pub(in crate::sandbox) fn boot_time(&self) -> SignedDuration {
        self.faults.boot_time
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What strikes this call.
    pub(in crate::sandbox) fn strike(&self, subject: &Subject, now: Timestamp) -> Blow {
        let mut blow = Blow::default();
        let mut memory = self.memory();
        for (at, rule) in self.faults.rules.iter().enumerate() {
            let is_taken = blow.end.is_some() && !rule.what.leaves_the_answer();
            if is_taken || !rule.is_about(&subject.method) || !rule.names(&subject.resource) {
                continue;
            }
            let Memory { tallies, created, enabled } = &mut *memory;
            let Some(tally) = tallies.get_mut(at) else { continue };
            let Some(youth) = tally.youth(rule, subject, created, enabled, now) else { continue };
            if tally.is_due(rule, subject, self.faults.seed, at) {
                let (fault, what) = (at + 1, rule.what.name());
                tracing::info!(
                    fault,
                    what,
                    method = subject.method.id,
                    resource = subject.resource,
                    "fault strikes"
                );
                blow.add(&rule.what, &youth, subject);
            }
        }
        blow
    }

    /// Takes note of a call that went well: what it made is young from then on, what it deleted is forgotten.
    pub(in crate::sandbox) fn learn(&self, subject: &Subject) {
        let mut memory = self.memory();
        if creates(&subject.method.id) {
            if memory.created.insert(subject.resource.clone()) {
                for tally in &mut memory.tallies {
                    tally.seen.remove(&subject.resource);
                }
            }
        } else if subject.action() == "delete" {
            memory.created.remove(&subject.resource);
        }
    }

    /// Takes note of an API that was enabled and may be called from `since` on.
    pub(in crate::sandbox) fn learn_enabled(&self, project: &str, api: &str, since: Timestamp) {
        let mut memory = self.memory();
        memory.enabled.insert((project.to_owned(), api.to_owned()), since);
        for tally in &mut memory.tallies {
            tally.seen.remove(&format!("{project} {api}"));
        }
    }
}

impl Tally {
    /// Whether the call is one that the fault could strike: for those that are about something young, what that is,
    /// if it still is. A call about something young makes it older.
    fn youth(
        &mut self,
        rule: &Rule,
        subject: &Subject,
        created: &BTreeSet<String>,
        enabled: &BTreeMap<(String, String), Timestamp>,
        now: Timestamp,
    ) -> Option<String> {
        match &rule.what {
            What::Flicker(flicker) => {
                let is_young = created.contains(&subject.resource);
                let missing = is_young && flicker.misses(self.older(&subject.resource));
                missing.then(|| subject.resource.clone())
            }
            What::UnknownMember(unknown) => {
                let young = subject.accounts.iter().filter_map(|email| {
                    let path = created.iter().find(|path| names_account(path, email))?;
                    Some((email, self.older(path)))
                });
                // Every young account of the policy grows older by this call, not only the first.
                let counted: Vec<_> = young.collect();
                counted.into_iter().find(|(_, seen)| *seen < unknown.writes).map(|(email, _)| email.clone())
            }
            What::NotReady(delay) => {
                let api = services::api_of(&subject.method.id)?;
                let project = subject.project.as_ref()?;
                let since = enabled.get(&(project.clone(), api.to_owned()))?;
                let seen = self.older(&format!("{project} {api}"));
                let ready = since.checked_add(delay.lasts.0).unwrap_or(Timestamp::MAX);
                (seen < delay.calls || now < ready).then(|| project.clone())
            }
            _ => Some(String::new()),
        }
    }

    /// How many calls about it there were before.
    fn older(&mut self, what: &str) -> u64 {
        let seen = self.seen.entry(what.to_owned()).or_default();
        *seen += 1;
        *seen - 1
    }

    /// Whether the fault strikes now, as `after`, `times`, `each` and `probability` say.
    fn is_due(&mut self, rule: &Rule, subject: &Subject, seed: u64, at: usize) -> bool {
        let count =
            if rule.each { self.each.entry(subject.request.clone()).or_default() } else { &mut self.all };
        count.calls += 1;
        if count.calls <= rule.after || rule.times.is_some_and(|times| count.strikes >= times) {
            return false;
        }
        if let Some(probability) = rule.probability {
            let by = subject.drawn_by();
            let draws = self.draws.entry(by.clone()).or_default();
            *draws += 1;
            if !chance::falls(probability, seed, at, &by, *draws) {
                return false;
            }
        }
        count.strikes += 1;
        self.strikes += 1;
        true
    }
}

impl Flicker {
    /// Whether the read with that number, from 0, does not find the resource.
    fn misses(&self, read: u64) -> bool {
        let pattern = self.pattern.as_deref().unwrap_or("-").as_bytes();
        let at = usize::try_from(read).unwrap_or_default() % pattern.len().max(1);
        read < self.reads && pattern.get(at) == Some(&b'-')
    }
}

fn names_account(resource: &str, email: &str) -> bool {
    resource.strip_suffix(email).is_some_and(|parent| parent.ends_with("/serviceAccounts/"))
}
