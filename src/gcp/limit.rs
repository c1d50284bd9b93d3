//! Rate limits: how often Google lets one project do something. Kept by us, so that nobody is sent away.
//! Pure: which limits a request falls under, and when its turn is. Waiting is the business of the client.

use std::collections::HashMap;
use std::time::Duration;

use super::request::{Body, Request, Service, Verb};

/// What a limit counts together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Per {
    /// All such requests.
    Project,
    /// The requests to one bucket or one object.
    Resource,
}

/// A limit: after `burst` requests at once, one more every `every`.
#[derive(Debug)]
struct Limit {
    /// What it is, to complete "waiting for".
    on: &'static str,
    service: Service,
    counts: fn(&Request) -> bool,
    per: Per,
    every: Duration,
    burst: u32,
}

const fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// What Google documents, and where it does not, what others found to work. The narrower limit of a service comes last.
static LIMITS: [Limit; 15] = [
    // 1,500 a minute for each of the two groups (compute/api-quota); operations are waited for in a group of their own.
    limit("Google's limit on reads of Compute Engine", Service::Compute, is_read, 50, 100),
    limit("Google's limit on changes of Compute Engine", Service::Compute, is_change, 75, 40),
    // Resource Manager: policies, some hundred a minute.
    limit("Google's limit on changes of the project's policy", Service::ResourceManager, is_change, 500, 2),
    // 600 writes a minute (iam/quotas).
    limit("Google's limit on changes of service accounts", Service::Iam, is_change, 200, 10),
    // Small and undocumented: some tens of mutations a minute.
    limit("Google's limit on reads of Service Usage", Service::ServiceUsage, is_read, 500, 10),
    limit("Google's limit on changes of enabled APIs", Service::ServiceUsage, is_change, 1_000, 2),
    // 600 reads and 600 writes a minute (secret-manager/quotas).
    limit("Google's limit on reads of Secret Manager", Service::SecretManager, is_read, 100, 50),
    limit("Google's limit on changes of Secret Manager", Service::SecretManager, is_change, 100, 10),
    // 180 writes a minute and region, as others found.
    limit("Google's limit on changes of Cloud Run", Service::Run, is_change, 500, 10),
    // 5,000 reads and 1,000 writes a second to begin with (storage/docs/request-rate).
    limit("Google's limit on reads of Cloud Storage", Service::Storage, is_read, 1, 500),
    limit("Google's limit on changes of Cloud Storage", Service::Storage, is_change, 2, 100),
    // One update a second per bucket, one write a second per object name (storage/quotas).
    Limit {
        per: Per::Resource,
        ..limit("Google's limit on updates of one bucket", Service::Storage, is_bucket_update, 1_000, 1)
    },
    Limit {
        per: Per::Resource,
        ..limit("Google's limit on writes of one object", Service::Storage, is_object_write, 1_000, 1)
    },
    // One every two seconds (storage/quotas, artifact-registry/quotas).
    limit(
        "Google's limit on creations and deletions of buckets",
        Service::Storage,
        is_bucket_made_or_gone,
        2_000,
        1,
    ),
    limit(
        "Google's limit on creations and deletions of registries",
        Service::ArtifactRegistry,
        is_registry_made_or_gone,
        2_000,
        1,
    ),
];

const fn limit(
    on: &'static str,
    service: Service,
    counts: fn(&Request) -> bool,
    every_ms: u64,
    burst: u32,
) -> Limit {
    Limit { on, service, counts, per: Per::Project, every: ms(every_ms), burst }
}

/// Whether a request only looks how far an operation is.
pub(super) fn is_wait(request: &Request) -> bool {
    request.service != Service::Storage && format!("/{}", request.path).contains("/operations/")
}

fn is_read(request: &Request) -> bool {
    request.verb == Verb::Get && !is_wait(request)
}

fn is_change(request: &Request) -> bool {
    let asks = request.path.ends_with("getIamPolicy") || request.path.ends_with("testIamPermissions");
    request.verb != Verb::Get && !is_wait(request) && !asks
}

fn is_bucket_made_or_gone(request: &Request) -> bool {
    match request.verb {
        Verb::Post => request.path == "b",
        Verb::Delete => bucket(request).is_some(),
        _ => false,
    }
}

fn is_bucket_update(request: &Request) -> bool {
    matches!(request.verb, Verb::Patch | Verb::Put)
        && (bucket(request).is_some() || request.path.ends_with("/iam"))
}

/// The bucket that a path is about, if it is about nothing inside it.
fn bucket(request: &Request) -> Option<&str> {
    request.path.strip_prefix("b/").filter(|rest| !rest.contains('/'))
}

fn is_object_write(request: &Request) -> bool {
    let content = matches!(request.body, Body::File(_) | Body::Text { .. });
    content || (request.verb != Verb::Get && request.path.contains("/o/"))
}

fn is_registry_made_or_gone(request: &Request) -> bool {
    let parent = request.path.rsplit_once('/').map_or("", |(parent, _)| parent);
    match request.verb {
        Verb::Post => request.path.ends_with("/repositories"),
        Verb::Delete => parent.ends_with("/repositories"),
        _ => false,
    }
}

/// One limit as it counts for one request.
type Key = (&'static str, String);

fn keys(request: &Request) -> impl Iterator<Item = (&'static Limit, Key)> {
    let of = LIMITS.iter().filter(|limit| limit.service == request.service && (limit.counts)(request));
    of.map(|limit| (limit, (limit.on, scope(limit, request))))
}

fn scope(limit: &Limit, request: &Request) -> String {
    let name = request.query.iter().find(|(key, _)| key == "name").map_or("", |(_, name)| name.as_str());
    match limit.per {
        Per::Project => String::new(),
        Per::Resource => format!("{}/{name}", request.path.trim_end_matches("/iam")),
    }
}

/// How far a limit is used up.
#[derive(Clone, Copy, Debug)]
struct Gate {
    /// When the bucket would be full again, had nobody come: the one number of the generic cell rate algorithm.
    full: Duration,
    every: Duration,
}

/// A turn that has been given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// How long to wait for it.
    pub wait: Duration,
    /// The limit that decides.
    pub on: &'static str,
}

/// Every limit of one project, as far as it is used up.
#[derive(Debug, Default)]
pub struct Gates(HashMap<Key, Gate>);

impl Gates {
    /// Takes a turn for a request that would be sent at `now`; None where no limit holds it up.
    pub fn turn(&mut self, request: &Request, now: Duration) -> Option<Turn> {
        let turns = keys(request).map(|(limit, key)| {
            let gate = self.0.entry(key).or_insert(Gate { full: now, every: limit.every });
            let room = gate.every * limit.burst.saturating_sub(1);
            let begins = gate.full.max(now).saturating_sub(room).max(now);
            gate.full = gate.full.max(now) + gate.every;
            Turn { wait: begins.saturating_sub(now), on: limit.on }
        });
        turns.max_by_key(|turn| turn.wait).filter(|turn| !turn.wait.is_zero())
    }

    /// The server sent a request away: nobody of its kind comes again for this long, and after it no more often than
    /// `a_minute` times, if the server said how often.
    pub fn refused(&mut self, request: &Request, now: Duration, pause: Duration, a_minute: Option<u32>) {
        let Some((limit, key)) = keys(request).last() else { return };
        let gate = self.0.entry(key).or_insert(Gate { full: now, every: limit.every });
        if let Some(a_minute) = a_minute.filter(|count| *count > 0) {
            gate.every = gate.every.max(Duration::from_mins(1) / a_minute);
        }
        gate.full = gate.full.max(now + pause + gate.every * limit.burst.saturating_sub(1));
    }
}

/// How long Google's limits stretch this work at the least, and which of them, if they do so noticeably.
pub fn stretch<'a>(requests: impl Iterator<Item = &'a Request>) -> Option<Turn> {
    let mut gates = Gates::default();
    requests.filter_map(|request| gates.turn(request, Duration::ZERO)).max_by_key(|turn| turn.wait)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mutation(service: Service, verb: Verb, path: &str) -> Request {
        Request::new(verb, service, path)
    }

    fn waits(gates: &mut Gates, request: &Request, times: usize) -> Vec<u64> {
        let turn =
            |gates: &mut Gates| gates.turn(request, Duration::ZERO).map_or(0, |turn| turn.wait.as_millis());
        (0..times).map(|_| u64::try_from(turn(gates)).unwrap_or(u64::MAX)).collect()
    }

    #[test]
    fn one_bucket_or_registry_is_made_every_two_seconds() {
        let registry =
            mutation(Service::ArtifactRegistry, Verb::Post, "v1/projects/p/locations/l/repositories");
        for request in [mutation(Service::Storage, Verb::Post, "b"), registry] {
            assert_eq!(waits(&mut Gates::default(), &request, 4), [0, 2_000, 4_000, 6_000], "{request}");
        }
    }

    #[test]
    fn limits_on_one_bucket_do_not_hold_up_another() {
        let mut gates = Gates::default();
        let update = |name: &str| mutation(Service::Storage, Verb::Patch, &format!("b/{name}"));
        let policy = mutation(Service::Storage, Verb::Put, "b/one/iam");
        assert_eq!(waits(&mut gates, &update("one"), 1), [0]);
        assert_eq!(waits(&mut gates, &update("two"), 1), [0]);
        assert_eq!(waits(&mut gates, &policy, 1), [1_000], "a policy is part of its bucket");
    }

    #[test]
    fn a_class_of_machines_is_begun_in_seconds_and_stays_below_the_quota_of_a_minute() {
        let insert = mutation(Service::Compute, Verb::Post, "projects/p/zones/z/instances");
        let waits = waits(&mut Gates::default(), &insert, 2_000);
        assert!(waits[59] <= 2_000, "{}", waits[59]);
        assert!(waits.iter().filter(|wait| **wait < 60_000).count() < 1_500);
    }

    #[test]
    fn waiting_for_operations_and_asking_for_policies_use_up_no_mutation() {
        let mut gates = Gates::default();
        for path in ["projects/p/zones/z/operations/o/wait", "projects/p/zones/z/instances/i/getIamPolicy"] {
            assert!(
                waits(&mut gates, &mutation(Service::Compute, Verb::Post, path), 500).iter().all(|w| *w == 0)
            );
        }
    }

    #[test]
    fn a_server_that_sends_us_away_closes_the_gate_and_sets_its_pace() {
        let mut gates = Gates::default();
        let insert = mutation(Service::Compute, Verb::Post, "projects/p/zones/z/instances");
        gates.refused(&insert, Duration::ZERO, Duration::from_secs(40), Some(30));
        assert_eq!(waits(&mut gates, &insert, 3), [40_000, 42_000, 44_000]);
        let read = mutation(Service::Compute, Verb::Get, "projects/p/aggregated/instances");
        assert_eq!(waits(&mut gates, &read, 1), [0], "reads have a quota of their own");
    }

    #[test]
    fn work_that_limits_stretch_says_how_long_and_why() {
        let buckets: Vec<Request> = (0..60).map(|_| mutation(Service::Storage, Verb::Post, "b")).collect();
        let turn = stretch(buckets.iter()).expect("a wait");
        assert_eq!(
            (turn.wait.as_secs(), turn.on),
            (118, "Google's limit on creations and deletions of buckets")
        );
        assert_eq!(stretch(buckets.iter().take(1)), None);
    }
}
