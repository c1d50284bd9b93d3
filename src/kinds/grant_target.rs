//! What a grant can be on: the project, a bucket, a registry, a service account, a VM, a secret. Each service reads and writes its
//! policies in its own way; the differences are rows here and nowhere else.
//! Pure.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, json};

use super::reads::Reads;
use super::{Scope, service_account, wire};
use crate::gcp::call::{Edit, Wait};
use crate::gcp::policy::Tuple;
use crate::gcp::{Call, Read, Request, Service, Splice, Verb, segment};
use crate::spec::Address;

/// The kinds of resource that carry a policy we manage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum On {
    Project,
    Bucket,
    Registry,
    ServiceAccount,
    Vm,
    Secret,
}

/// What a grant is on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    on: On,
    name: String,
    /// Region or zone, once known: stated as `LOCATION/NAME`, else the course's default.
    place: Option<String>,
    /// The project, once known to be another one than that of the grant.
    project: Option<String>,
}

const FORMS: [(&str, On, &str); 5] = [
    ("bucket", On::Bucket, "A bucket of the course or another, by its name."),
    (
        "registry",
        On::Registry,
        "A registry, by name; `LOCATION/NAME` where it is not in the course's region.",
    ),
    ("serviceAccount", On::ServiceAccount, "A service account of the project, by its id or address."),
    ("vm", On::Vm, "A VM, by name; `ZONE/NAME` where it is not in the course's first zone."),
    ("secret", On::Secret, "A secret of Secret Manager, by its id. Provost makes no secrets."),
];

impl Target {
    /// The project itself.
    pub fn project() -> Self {
        Self { on: On::Project, name: String::new(), place: None, project: None }
    }

    /// The target whose policy is kept at a path of the inventory.
    pub fn at(path: &str, scope: &Scope) -> Option<Self> {
        let parts: Vec<&str> = path.split('/').collect();
        let project = match parts.as_slice() {
            ["projects", project, ..] if *project != scope.project => Some((*project).to_owned()),
            _ => None,
        };
        let make = |on, name: &str, place: Option<&str>| Self {
            on,
            name: name.to_owned(),
            place: place.map(str::to_owned),
            project: project.clone(),
        };
        match parts.as_slice() {
            ["projects", _] => Some(make(On::Project, "", None)),
            ["b", bucket] => Some(make(On::Bucket, bucket, None)),
            [_, _, "locations", place, "repositories", name] => Some(make(On::Registry, name, Some(place))),
            [_, _, "serviceAccounts", email] => Some(make(
                On::ServiceAccount,
                service_account::id_in_project(email, &scope.project).unwrap_or(email),
                None,
            )),
            [_, _, "zones", place, "instances", name] => Some(make(On::Vm, name, Some(place))),
            [_, _, "secrets", name] => Some(make(On::Secret, name, None)),
            _ => None,
        }
    }

    /// The same target without its place, where that is the course's default.
    #[must_use]
    pub fn near(self, scope: &Scope) -> Self {
        let short = Self { place: None, ..self.clone() };
        if short.path(scope) == self.path(scope) { short } else { self }
    }

    /// The name of the resource; none for the project.
    pub fn resource_name(&self) -> Option<&str> {
        (self.on != On::Project).then_some(self.name.as_str())
    }

    /// As a person reads it.
    pub fn shown(&self) -> String {
        let form = FORMS.iter().find(|(_, on, _)| *on == self.on).map_or("the project", |(key, ..)| key);
        if self.on == On::Project { form.to_owned() } else { format!("{form} {}", self.name) }
    }

    /// The resources of the course it may be.
    pub fn addresses(&self) -> Vec<Address> {
        match self.on {
            On::Project | On::Secret => Vec::new(),
            On::Bucket => vec![Address::new("Bucket", &self.name)],
            On::Registry => vec![Address::new("Registry", &self.name)],
            On::ServiceAccount => {
                vec![Address::new("ServiceAccount", self.name.split('@').next().unwrap_or_default())]
            }
            On::Vm => vec![Address::new("Vm", &self.name), Address::new("ContainerVm", &self.name)],
        }
    }

    /// Whether its policy takes conditions (<https://cloud.google.com/iam/docs/resource-types-with-conditional-roles>).
    pub fn takes_conditions(&self) -> bool {
        self.on != On::Registry
    }

    /// What sort of thing it is.
    pub fn sort(&self) -> &'static str {
        match self.on {
            On::Project => "the project",
            On::Bucket => "a bucket",
            On::Registry => "a registry",
            On::ServiceAccount => "a service account",
            On::Vm => "a machine",
            On::Secret => "a secret",
        }
    }

    /// The service that keeps the policy.
    pub fn service(&self) -> Service {
        match self.on {
            On::Project => Service::ResourceManager,
            On::Bucket => Service::Storage,
            On::Registry => Service::ArtifactRegistry,
            On::ServiceAccount => Service::Iam,
            On::Vm => Service::Compute,
            On::Secret => Service::SecretManager,
        }
    }

    /// Where the resource is.
    pub fn path(&self, scope: &Scope) -> String {
        let known = self.addresses().into_iter().find_map(|address| scope.places.get(&address));
        if let (Some(place), None) = (known, &self.place) {
            return place.clone();
        }
        let (project, name) = (self.project.as_ref().unwrap_or(&scope.project), &self.name);
        let place =
            |default: Option<&String>| self.place.clone().or_else(|| default.cloned()).unwrap_or_default();
        match self.on {
            On::Project => format!("projects/{project}"),
            On::Bucket => format!("b/{}", segment(name)),
            On::Registry => {
                format!("projects/{project}/locations/{}/repositories/{name}", place(scope.region.as_ref()))
            }
            On::ServiceAccount if name.contains('@') => format!("projects/{project}/serviceAccounts/{name}"),
            On::ServiceAccount => {
                format!("projects/{project}/serviceAccounts/{}", service_account::email(name, project))
            }
            On::Vm => format!("projects/{project}/zones/{}/instances/{name}", place(scope.zones.first())),
            On::Secret => format!("projects/{project}/secrets/{name}"),
        }
    }

    /// The project of what it is, as far as its path tells; else that of the grant.
    pub fn kept_in(&self, scope: &Scope) -> String {
        let path = self.path(scope);
        let named = path.strip_prefix("projects/").and_then(|rest| rest.split('/').next());
        named.unwrap_or(&scope.project).to_owned()
    }

    /// The read of its policy.
    pub fn reads(&self, scope: &Scope) -> Vec<Read> {
        vec![Read::document(self.get(scope))]
    }

    /// The policy, once read.
    pub fn policy<'a>(&self, reads: &'a Reads, scope: &Scope) -> Option<&'a Value> {
        reads.document(&Read::document(self.get(scope)))
    }

    /// Always asked for in version 3: a lower one hides conditions. Service accounts are read by POST, with the option in
    /// the query; Resource Manager takes it in the body; storage and compute spell the parameter in their own way.
    fn get(&self, scope: &Scope) -> Request {
        let path = self.path(scope);
        match self.on {
            On::Project => {
                Request::new(Verb::Post, Service::ResourceManager, format!("v1/{path}:getIamPolicy"))
                    .json(&json!({"options": {"requestedPolicyVersion": 3}}))
            }
            On::Bucket => Request::get(Service::Storage, format!("{path}/iam"))
                .query("optionsRequestedPolicyVersion", "3"),
            On::Registry | On::Secret => Request::get(self.service(), format!("v1/{path}:getIamPolicy"))
                .query("options.requestedPolicyVersion", "3"),
            On::ServiceAccount => Request::new(Verb::Post, Service::Iam, format!("v1/{path}:getIamPolicy"))
                .query("options.requestedPolicyVersion", "3"),
            On::Vm => Request::get(Service::Compute, format!("{path}/getIamPolicy"))
                .query("optionsRequestedPolicyVersion", "3"),
        }
    }

    fn set(&self, scope: &Scope) -> (Request, Vec<Splice>, &'static str) {
        let path = self.path(scope);
        let mask = |value: &str| Splice::Set { to: "/updateMask".into(), value: json!(value) };
        let post = |service, path: String| Request::new(Verb::Post, service, path);
        match self.on {
            On::Project => {
                let request = post(Service::ResourceManager, format!("v1/{path}:setIamPolicy"));
                (request, vec![mask("bindings,etag")], "/policy")
            }
            On::Bucket => (Request::new(Verb::Put, Service::Storage, format!("{path}/iam")), Vec::new(), ""),
            On::Registry | On::Secret => {
                (post(self.service(), format!("v1/{path}:setIamPolicy")), Vec::new(), "/policy")
            }
            On::ServiceAccount => {
                let request = post(Service::Iam, format!("v1/{path}:setIamPolicy"));
                (request, vec![mask("bindings,etag")], "/policy")
            }
            On::Vm => (post(Service::Compute, format!("{path}/setIamPolicy")), Vec::new(), "/policy"),
        }
    }

    /// The read-modify-write that adds and removes grants. All edits of one policy in a plan become one.
    pub fn edit(&self, scope: &Scope, add: Vec<Tuple>, remove: Vec<Tuple>) -> Call {
        let (write, mut splices, to) = self.set(scope);
        splices.push(Splice::Policy { to: to.to_owned(), add, remove });
        Call::Edit(Edit {
            read: self.get(scope),
            write,
            splices,
            skip_if_same: true,
            wait: Wait::Answer,
            fuse: Some(self.path(scope)),
        })
    }
}

impl Serialize for Target {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match FORMS.iter().find(|(_, on, _)| *on == self.on) {
            None => serializer.serialize_str("project"),
            Some((key, ..)) => {
                let name = self
                    .place
                    .as_ref()
                    .map_or_else(|| self.name.clone(), |place| format!("{place}/{}", self.name));
                json!({ *key: name }).serialize(serializer)
            }
        }
    }
}

impl<'de> Deserialize<'de> for Target {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        if value == "project" {
            return Ok(Self::project());
        }
        let named = |(key, on, _): &(&str, On, &str)| {
            let text = wire::text(&value, &format!("/{key}"))?;
            let (place, name) =
                text.rsplit_once('/').map_or((None, text.as_str()), |(p, n)| (Some(p.to_owned()), n));
            Some(Self { on: *on, name: name.to_owned(), place, project: None })
        };
        FORMS.iter().find_map(named).ok_or_else(|| {
            D::Error::custom("`project`, or one of bucket, registry, serviceAccount, vm, secret")
        })
    }
}

impl JsonSchema for Target {
    fn schema_name() -> Cow<'static, str> {
        "Target".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let form = |(key, on, about): &(&str, On, &str)| {
            let mut name = json!({"type": "string", "minLength": 1, "description": about});
            if let (On::Secret, Some(fields)) = (on, name.as_object_mut()) {
                fields.insert("format".to_owned(), json!("secret-id"));
                fields.insert("examples".to_owned(), json!(["db-password"]));
            }
            ((*key).to_owned(), name)
        };
        let properties: serde_json::Map<String, Value> = FORMS.iter().map(form).collect();
        json_schema!({
            "description": "The project, or one resource of it.",
            "anyOf": [
                {"type": "string", "enum": ["project"]},
                {"type": "object", "properties": properties, "additionalProperties": false, "minProperties": 1, "maxProperties": 1}
            ]
        })
    }
}
