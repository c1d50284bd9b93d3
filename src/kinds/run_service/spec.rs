//! What a person can say about a service of Cloud Run. Only types and their one normal form.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kinds::secret_env::SecretEnv;
use crate::spec::formats::{
    ContainerImage, Cpu, Duration, EnvName, Expires, LabelKey, LabelValue, Memory, Region, ServiceId,
    VmAccount,
};

/// Where all requests go unless somebody led them elsewhere.
pub(super) const LATEST: &str = "latest revision";

/// A service of Cloud Run: a container that runs as long as somebody asks it something, and costs nothing else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RunService {
    /// Name of the service, unique in its region: at most 49 lower-case letters, digits and hyphens.
    pub name: ServiceId,
    /// Region: `europe-west1`. Default: the course's. Cannot be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// Image to run: `europe-west1-docker.pkg.dev/PROJECT/REGISTRY/IMAGE:TAG`, or a public one of Docker Hub. A tag that was moved to
    /// another image is no difference; a digest (`IMAGE@sha256:…`) names one image for ever.
    pub image: ContainerImage,
    /// Port on which the container listens; it finds the number in the variable `PORT`. Without it, 8080.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 65535))]
    pub port: Option<u16>,
    /// Environment variables: `{ LOG_LEVEL: debug }`. All of them: one that is not here goes. A value whose name says that it is a
    /// secret is never shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("propertyNames" = { "type": "string", "format": "env-name" }))]
    pub env: Option<BTreeMap<EnvName, String>>,
    /// Environment variables that Cloud Run fills from Secret Manager: `{ TOKEN: { secret: api-token } }`. The service's account
    /// needs roles/secretmanager.secretAccessor before a revision comes to serve.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("propertyNames" = { "type": "string", "format": "env-name" }))]
    pub secret_env: Option<SecretEnv>,
    /// What runs instead of the image's entry point: `[python, -m, app]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<Vec<String>>,
    /// Arguments for the command or for the image's entry point: `[--workers, "2"]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub args: Option<Vec<String>>,
    /// CPUs of an instance: `1`, `2`, `4`, `6`, `8`, or a part of one, as in `0.5`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<Cpu>,
    /// Memory of an instance: `512Mi`, `2Gi`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<Memory>,
    /// Whether an instance has its CPUs (and is paid for) only while it answers requests. Default: `true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_idle: Option<bool>,
    /// Whether an instance has more CPU while it starts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub startup_cpu_boost: Option<bool>,
    /// Instances that are kept and paid for though nobody asks anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1000))]
    pub min_instances: Option<u32>,
    /// Instances at most: a limit of the bill.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    pub max_instances: Option<u32>,
    /// Requests that one instance answers at the same time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    pub concurrency: Option<u32>,
    /// How long a request may take: `5m`; at most one hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Duration>,
    /// The service account that the container acts as: an id of this project, an address, or `default`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_account: Option<VmAccount>,
    /// Whether everybody may call it. If not, callers need roles/run.invoker. A grant to `allUsers` that somebody made on
    /// the service itself is not looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public: Option<bool>,
    /// From where it can be reached: `all`, `internal` (networks of the project), `internal-and-cloud-load-balancing`, `none`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ingress: Option<Ingress>,
    /// What the service is for, as people read it in the console.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub description: Option<String>,
    /// Labels; the course's own are added. Labels written by others stay.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("propertyNames" = { "type": "string", "format": "label-key" }))]
    pub labels: Option<BTreeMap<LabelKey, LabelValue>>,
    /// When it ends: `session`, `never` (default) or a point in time. `provost destroy --expired` then deletes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<Expires>,
    /// Whether its last revision came to serve; only there where it did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    pub serving: Option<bool>,
    /// Where requests go; only there where that is not the newest revision.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    pub traffic: Option<String>,
}

/// From where a service can be reached, in gcloud's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Ingress {
    /// From everywhere.
    All,
    /// From networks of the project.
    Internal,
    /// The same, and through a load balancer.
    InternalAndCloudLoadBalancing,
    /// From nowhere.
    None,
}

impl Ingress {
    const WORDS: [(Self, &'static str); 4] = [
        (Self::All, "INGRESS_TRAFFIC_ALL"),
        (Self::Internal, "INGRESS_TRAFFIC_INTERNAL_ONLY"),
        (Self::InternalAndCloudLoadBalancing, "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"),
        (Self::None, "INGRESS_TRAFFIC_NONE"),
    ];

    /// The API's word.
    pub(super) fn wire(self) -> &'static str {
        Self::WORDS.iter().find(|(own, _)| *own == self).map_or("", |(_, word)| word)
    }

    /// What the API's word means.
    pub(super) fn read(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(_, known)| *known == word).map(|(own, _)| *own)
    }
}
