//! What a faults file may say, as it is written. The doc comments are its reference: the published schema is made of
//! them. What is said but makes no sense together is found in `read`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::span::Span;
use crate::sandbox::limits::Limits;

/// Time and trouble for the sandbox: how long operations take, what goes wrong and when, and how much there is to have.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct File {
    /// The number that chance follows from: the same seed gives the same run.
    #[serde(default)]
    pub(super) seed: u64,
    /// How long operations take, by method, such as `compute.instances.insert: 20s`. `*` stands for any text, and the
    /// longest pattern that fits counts. A method that is not named takes as long as the sandbox was told at its start.
    #[serde(default)]
    #[schemars(example = serde_json::json!({ "compute.*": "2s", "compute.instances.insert": "20s" }))]
    pub(super) operation_times: BTreeMap<String, Span>,
    /// How long a machine takes from its start until its scripts have ended and its containers answer. Left out, no time.
    #[serde(default)]
    pub(super) boot_time: Span,
    /// What goes wrong. Of several faults that strike one call, all delays and foreign writes come about, and the first
    /// of the others.
    #[serde(default)]
    #[schemars(with = "Vec<Fault>")]
    pub(super) faults: Vec<serde_saphyr::Spanned<Fault>>,
    /// How much there is to have: quotas of projects, and room in zones.
    #[serde(default)]
    pub(super) limits: Limits,
}

/// One fault: which calls it is about, when it strikes, and exactly one thing that it does.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Fault {
    /// The methods it is about, by their ids in Google's API description; `*` stands for any text, `?` for one
    /// character. Such as `compute.instances.insert`, `storage.*` or `*.setIamPolicy`.
    #[schemars(example = &"compute.instances.insert")]
    pub(super) method: String,
    /// The resources it is about, as the path that the API names them by, with the name that a creation gives at its end.
    /// Such as `*/instances/web-*`, `b/my-bucket` or `*/serviceAccounts/ci@*`.
    #[schemars(example = &"*/instances/web-*")]
    pub(super) resource: Option<String>,
    /// How many calls go well before it may strike.
    #[serde(default)]
    pub(super) after: u64,
    /// How often it strikes at most. Without it there is no end.
    #[schemars(range(min = 1))]
    pub(super) times: Option<u64>,
    /// How likely it strikes a call that it could strike, from 0 to 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub(super) probability: Option<f64>,
    /// Whether `after` and `times` count for every distinct request (verb, path and query without request ids) by
    /// itself, so that `{ times: 1, each: true }` makes every call fail once.
    #[serde(default)]
    pub(super) each: bool,
    /// It answers an error.
    pub(super) status: Option<ErrorAnswer>,
    /// It answers late: it waits this long, in real time, before it does anything.
    pub(super) latency: Option<Span>,
    /// It closes the connection without an answer.
    pub(super) drop: Option<Moment>,
    /// It never answers; the connection stays open until the client leaves.
    pub(super) hang: Option<Moment>,
    /// It answers what no client expects.
    pub(super) garbage: Option<Garbage>,
    /// It accepts the call and lets its operation end in an error. What a creation makes is visible as long as the
    /// operation takes; nothing else happens. Calls that answer no operation are left alone.
    pub(super) operation: Option<Failure>,
    /// It answers that the API is disabled for a while after it was enabled, although Service Usage says that it is enabled.
    pub(super) not_ready: Option<NotReady>,
    /// It does not find a resource for a while after its creation.
    pub(super) flicker: Option<Flicker>,
    /// It does not know a service account as a member of policies for a while after its creation.
    pub(super) unknown_member: Option<UnknownMember>,
    /// Somebody else writes the same thing just before this write arrives, so that what the client has read is out of
    /// date. Policies, metadata, labels and tags of machines, labels of disks, buckets and objects can be written so.
    pub(super) foreign_write: Option<ForeignWrite>,
}

/// An answer that is an error, in the shape of the service that gives it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ErrorAnswer {
    /// The HTTP status, from 400 to 599.
    #[schemars(range(min = 400, max = 599))]
    pub(super) code: u16,
    /// `errors[].reason` of Compute and Storage, such as `rateLimitExceeded`; left out, the one that goes with the code.
    pub(super) reason: Option<String>,
    /// `status` of the other services, such as `RESOURCE_EXHAUSTED`; left out, the one that goes with the code.
    pub(super) status: Option<String>,
    /// The text for people; left out, one that goes with the code.
    pub(super) message: Option<String>,
    /// The header `Retry-After`, in seconds.
    pub(super) retry_after: Option<u32>,
    /// A detail that programs read, such as that of a rate limit.
    pub(super) error_info: Option<ErrorInfo>,
    /// Whether the call has its effect all the same, and only its answer is wrong.
    #[serde(default)]
    pub(super) effect: bool,
    /// Whether the body is the HTML page of a front end instead of JSON.
    #[serde(default)]
    pub(super) html: bool,
}

/// A detail of type `google.rpc.ErrorInfo`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ErrorInfo {
    /// The reason, such as `RATE_LIMIT_EXCEEDED`.
    pub(super) reason: String,
    /// The domain of the reason; left out, `googleapis.com`.
    pub(super) domain: Option<String>,
    /// What belongs to it, such as `quota_limit_value: "600"`.
    #[serde(default)]
    pub(super) metadata: BTreeMap<String, String>,
}

/// A moment of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::sandbox) enum Moment {
    /// Before the call has an effect.
    Before,
    /// After it had its effect.
    After,
}

/// An answer that no client expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::sandbox) enum Garbage {
    /// 502 with the HTML page of a front end, before the call has an effect.
    Html502,
    /// The right answer, cut off in its middle.
    TruncatedJson,
    /// The right status without its body.
    EmptyBody,
    /// The right answer as `text/html`.
    WrongContentType,
}

/// How an operation ends.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::sandbox) struct Failure {
    /// The code of the error. `ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS` (a zone without room) and `QUOTA_EXCEEDED`
    /// bring their details with them; any other code is answered as it is.
    #[schemars(example = &"ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS")]
    pub(super) code: String,
    /// The text for people; left out, one that goes with the code.
    pub(super) message: Option<String>,
    /// The HTTP status that goes with the error, `httpErrorStatusCode` of Compute.
    #[schemars(range(min = 400, max = 599))]
    pub(super) http_status: Option<u16>,
    /// Of a zone without room: the zones that have some; left out, those of the region that do.
    pub(super) zones_available: Option<Vec<String>>,
    /// Of a quota: its metric as the Compute API names it, such as `N2_CPUS`; left out, `CPUS`.
    pub(super) metric: Option<String>,
    /// Of a quota: its limit; left out, the one that the project has.
    pub(super) limit: Option<u32>,
    /// Details of any other code, as Compute has them in `errorDetails` and the other services in `details`.
    #[schemars(with = "Vec<BTreeMap<String, Value>>")]
    #[serde(default)]
    pub(super) details: Vec<Value>,
}

/// How long an API is not ready: for so many calls, for so long, or both (whichever lasts longer).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NotReady {
    /// How many calls of the API are refused after it was enabled.
    #[serde(default)]
    pub(super) calls: u64,
    /// How long calls of the API are refused after the operation that enabled it.
    #[serde(default)]
    pub(super) lasts: Span,
}

/// How a resource comes and goes after its creation.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Flicker {
    /// How many reads of the resource it is about, counted from its creation.
    #[schemars(range(min = 1))]
    pub(super) reads: u64,
    /// Which of these reads find it, over and over: `-` is a read that does not, `+` one that does. Left out, none does.
    #[schemars(regex(pattern = "^[-+]+$"), example = &"-+-")]
    pub(super) pattern: Option<String>,
    /// The status of a read that does not find it: 404, or 403.
    #[schemars(extend("enum" = [403, 404]))]
    #[serde(default = "not_found")]
    pub(super) status: u16,
}

fn not_found() -> u16 {
    404
}

/// How long a service account is unknown as a member.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct UnknownMember {
    /// How many writes of a policy that name it are refused, counted from its creation.
    #[schemars(range(min = 1))]
    pub(super) writes: u64,
}

/// What somebody else writes. Only what fits the written thing is used.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::sandbox) struct ForeignWrite {
    /// The role that is granted in a policy; left out, one of a service agent of Google's.
    pub(super) role: Option<String>,
    /// Who gets the role; left out, a service agent of Google's.
    pub(super) member: Option<String>,
    /// Metadata that is set on a machine; left out, an entry of `ssh-keys` as `gcloud compute ssh` writes it.
    #[serde(default)]
    pub(super) metadata: BTreeMap<String, String>,
    /// Labels that are set; left out, `touched-by: somebody-else`.
    #[serde(default)]
    pub(super) labels: BTreeMap<String, String>,
    /// Network tags that are added to a machine; left out, `somebody-else`.
    #[serde(default)]
    pub(super) tags: Vec<String>,
    /// The content of an object; left out, the one it has, or the one that is being written.
    pub(super) content: Option<String>,
}
