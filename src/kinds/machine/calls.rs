//! The calls that change, stop, start and delete a machine, one for each entry of the field table.
//! Pure. Each write of labels, tags and metadata re-reads its fingerprint and keeps what others wrote.

use serde_json::{Map, Value, json};

use super::fields::FIELDS;
use super::yields::ZONE;
use super::{Machine, PowerState, decode, encode};
use crate::gcp::call::{Choice, Edit, FirstOf, Guard, Send, Wait};
use crate::gcp::{Call, Request, Service, Splice, Verb};
use crate::kinds::field::{Class, Field, FieldChange, How, map_edit, set_edit};
use crate::kinds::{Scope, mark, wire};
use crate::spec::Reference;

/// A change of a machine: both sides, the live instance, and what differs.
pub struct Change<'a> {
    /// What is wanted.
    pub desired: &'a Machine,
    /// What is there.
    pub live: &'a Machine,
    /// The instance as it was read.
    pub wire: &'a Value,
    /// Its path.
    pub resource: &'a str,
    /// What differs.
    pub fields: &'a [FieldChange],
    /// Metadata that the kind itself makes (startup script, user data): key and text, None to remove.
    pub generated: Vec<(&'static str, Option<String>)>,
}

impl Change<'_> {
    /// The calls of one entry of the field table.
    pub fn calls(&self, via: &str, scope: &Scope) -> Vec<Call> {
        match via {
            "setLabels" => vec![self.guard(), self.labels()],
            "setTags" => vec![self.guard(), self.tags()],
            "setMetadata" => vec![self.guard(), self.metadata()],
            "setMachineType" => vec![self.post(via, &json!({"machineType": self.machine_type(scope)}))],
            "setServiceAccount" => vec![self.post(via, &self.account(scope))],
            "setMinCpuPlatform" => vec![self.post(via, &json!({"minCpuPlatform": self.platform()}))],
            // The action of a machine that gets or loses an end is refused before the end is there.
            "setScheduling" if self.ends_otherwise() => Vec::new(),
            "setScheduling" => vec![self.guard(), self.scheduling()],
            "setRunLimit" => vec![self.run_limit()],
            "setDeletionProtection" => vec![self.guard(), self.protection()],
            "setDiskAutoDelete" => vec![self.guard(), self.auto_delete()],
            "resizeDisk" => vec![self.guard(), self.resize()],
            "accessConfig" => self.access(),
            "updateShieldedInstanceConfig" => vec![self.patch(via, &encode::shielded(self.desired))],
            "updateDisplayDevice" => {
                vec![self.patch(via, &json!({"enableDisplay": self.desired.display_device}))]
            }
            "updateNetworkInterface" => vec![self.network(scope)],
            "update" => vec![self.guard(), self.update()],
            "power" => self.power(),
            "stop" if decode::runs(self.wire) => vec![self.guard(), self.verb("stop")],
            "start" if self.is_to_run() => vec![self.verb("start")],
            "restart" if decode::runs(self.wire) && !self.rests() => vec![self.verb("reset")],
            "resume" => self.resume(),
            _ => Vec::new(),
        }
    }

    /// Ends a change that was cut off: the machine was stopped for it, or was to boot anew.
    fn resume(&self) -> Vec<Call> {
        let powered = self.fields.iter().any(|f| f.path.is_under("desiredStatus"));
        match (self.rests() || powered, decode::stopped(self.wire)) {
            (true, _) => Vec::new(),
            (false, true) => vec![self.guard(), self.verb("start")],
            (false, false) => vec![self.guard(), self.verb("reset")],
        }
    }

    /// The same machine, not another one of the same name.
    fn guard(&self) -> Call {
        guard(self.resource, self.wire)
    }

    fn rests(&self) -> bool {
        self.desired.desired_status == Some(PowerState::Terminated)
    }

    /// Whether it runs after a change that stopped it: as before, unless the spec says which.
    fn is_to_run(&self) -> bool {
        self.desired.desired_status.map_or(decode::runs(self.wire), |status| status == PowerState::Running)
    }

    /// Whether one of the changes needs a stopped machine: stopping and starting for it are then the power change as well.
    fn needs_stop(&self) -> bool {
        let with_stop = |field: &Field| match field.class {
            Class::Managed { spec, how: How::WithStop(_) } => {
                self.fields.iter().any(|f| f.path.is_under(spec))
            }
            _ => false,
        };
        FIELDS.iter().any(with_stop)
    }

    fn post(&self, method: &str, body: &Value) -> Call {
        let request = Request::new(Verb::Post, Service::Compute, format!("{}/{method}", self.resource));
        Call::Send(Send::compute(request.json(body)))
    }

    fn patch(&self, method: &str, body: &Value) -> Call {
        let request = Request::new(Verb::Patch, Service::Compute, format!("{}/{method}", self.resource));
        Call::Send(Send::compute(request.json(body)))
    }

    fn verb(&self, verb: &str) -> Call {
        Call::Send(Send::compute(Request::new(
            Verb::Post,
            Service::Compute,
            format!("{}/{verb}", self.resource),
        )))
    }

    fn edit(&self, verb: Verb, method: &str, fields: &str, splices: Vec<Splice>) -> Call {
        edit(self.resource, verb, method, fields, splices)
    }

    fn labels(&self) -> Call {
        let (set, unset) = map_edit(self.fields, "labels");
        set_labels(self.resource, set, unset)
    }

    fn tags(&self) -> Call {
        let (add, remove) = set_edit(self.fields, "tags");
        let items = Splice::Members { from: "/tags/items".into(), to: "/items".into(), add, remove };
        self.edit(Verb::Post, "setTags", "tags", vec![copy("/tags/fingerprint", "/fingerprint"), items])
    }

    fn metadata(&self) -> Call {
        let (mut set, mut unset) = map_edit(self.fields, "metadata");
        for (key, text) in &self.generated {
            match text {
                Some(text) => drop(set.insert((*key).to_owned(), json!(text))),
                None => unset.push((*key).to_owned()),
            }
        }
        let (from, to) = ("/metadata/items".to_owned(), "/items".to_owned());
        let (add, remove) = set_edit(self.fields, "sshKeys");
        let mut splices = vec![
            copy("/metadata/fingerprint", "/fingerprint"),
            Splice::Items { from, to: to.clone(), set, unset },
        ];
        if !(add.is_empty() && remove.is_empty()) {
            splices.push(Splice::Lines { list: to, key: decode::SSH_KEYS.to_owned(), add, remove });
        }
        self.edit(Verb::Post, "setMetadata", "metadata", splices)
    }

    fn machine_type(&self, scope: &Scope) -> String {
        format!("zones/{}/machineTypes/{}", self.live.zone("", scope), self.desired.machine_type)
    }

    fn account(&self, scope: &Scope) -> Value {
        let email = encode::account_email(self.desired, scope);
        let scopes =
            if email.is_some() { self.desired.scopes.clone().unwrap_or_default() } else { Vec::new() };
        json!({"email": email.unwrap_or_default(), "scopes": scopes})
    }

    /// `AUTOMATIC` is what the API calls no minimum.
    fn platform(&self) -> &str {
        self.desired.min_cpu_platform.as_deref().filter(|p| !p.is_empty()).unwrap_or("AUTOMATIC")
    }

    /// The whole of scheduling is sent: what is left out would fall back to its default.
    fn scheduling(&self) -> Call {
        let mut splices = vec![copy("/scheduling", "")];
        if let Value::Object(stated) = encode::scheduling(self.desired) {
            let set = stated.into_iter().map(|(key, value)| Splice::Set { to: format!("/{key}"), value });
            splices.extend(set);
        }
        self.edit(Verb::Post, "setScheduling", "scheduling", splices)
    }

    fn ends_otherwise(&self) -> bool {
        self.fields.iter().any(|f| f.path.is_under("expires"))
    }

    /// All of scheduling with another end: a stopped machine takes both in one call.
    fn run_limit(&self) -> Call {
        let mut stated = encode::run_limit(self.desired);
        if !self.desired.is_limited() {
            stated.insert("instanceTerminationAction".to_owned(), Value::Null);
        }
        stated.extend(encode::scheduling(self.desired).as_object().cloned().unwrap_or_default());
        let set = stated.into_iter().map(|(key, value)| Splice::Set { to: format!("/{key}"), value });
        let splices = std::iter::once(copy("/scheduling", "")).chain(set).collect();
        self.edit(Verb::Post, "setScheduling", "scheduling", splices)
    }

    fn protection(&self) -> Call {
        let on = self.desired.deletion_protection.unwrap_or_default();
        let path = format!("{}/setDeletionProtection", self.resource);
        Call::Send(Send::compute(
            Request::new(Verb::Post, Service::Compute, path).query("deletionProtection", on.to_string()),
        ))
    }

    fn auto_delete(&self) -> Call {
        let on = self.desired.boot_disk.as_ref().and_then(|d| d.auto_delete).unwrap_or(true);
        let device =
            decode::boot(self.wire).map(|d| wire::text_or_empty(d, "/deviceName")).unwrap_or_default();
        let request =
            Request::new(Verb::Post, Service::Compute, format!("{}/setDiskAutoDelete", self.resource))
                .query("autoDelete", on.to_string())
                .query("deviceName", device);
        Call::Send(Send::compute(request))
    }

    fn resize(&self) -> Call {
        let source = decode::boot(self.wire).map(|d| wire::text_or_empty(d, "/source")).unwrap_or_default();
        let size = self
            .desired
            .boot_disk
            .as_ref()
            .and_then(|d| d.size_gb.as_ref())
            .map_or(0, crate::spec::formats::SizeGb::gb);
        let request =
            Request::new(Verb::Post, Service::Compute, format!("{}/resize", wire::relative(&source)));
        Call::Send(Send::compute(request.json(&json!({"sizeGb": size.to_string()}))))
    }

    /// There is no call that changes an address: the old way out goes, then the wanted one comes.
    fn access(&self) -> Vec<Call> {
        let mut calls = vec![self.guard()];
        let nic = self.wire.pointer("/networkInterfaces/0").unwrap_or(&Value::Null);
        let name = wire::text(nic, "/name").unwrap_or_else(|| "nic0".to_owned());
        if let Some(old) = wire::text(nic, "/accessConfigs/0/name") {
            let request =
                Request::new(Verb::Post, Service::Compute, format!("{}/deleteAccessConfig", self.resource))
                    .query("accessConfig", old)
                    .query("networkInterface", name.clone());
            calls.push(Call::Send(Send::compute(request)));
        }
        if let Some(config) = encode::access_config(self.desired) {
            let request =
                Request::new(Verb::Post, Service::Compute, format!("{}/addAccessConfig", self.resource))
                    .query("networkInterface", name)
                    .json(&config);
            calls.push(Call::Send(Send::compute(request)));
        }
        calls
    }

    /// Stopping and starting changes the interface's fingerprint: it is read when it is needed.
    fn network(&self, scope: &Scope) -> Call {
        let path = format!("{}/updateNetworkInterface", self.resource);
        let mut splices = vec![copy("/networkInterfaces/0/fingerprint", "/fingerprint")];
        if let Value::Object(network) = encode::network(self.desired, &self.live.zone("", scope), scope) {
            splices
                .extend(network.into_iter().map(|(key, value)| Splice::Set { to: format!("/{key}"), value }));
        }
        Call::Edit(Edit {
            read: Request::get(Service::Compute, self.resource).fields("networkInterfaces"),
            write: Request::new(Verb::Patch, Service::Compute, path).query("networkInterface", "nic0"),
            splices,
            skip_if_same: false,
            wait: Wait::Compute,
            fuse: None,
        })
    }

    /// Description and forwarding have no call of their own: the whole instance is written back as it was read.
    fn update(&self) -> Call {
        let mut splices = vec![copy("", "")];
        let members = [
            ("description", json!(self.desired.description)),
            ("canIpForward", json!(self.desired.can_ip_forward)),
        ];
        let changed = members.into_iter().filter(|(key, _)| self.fields.iter().any(|f| f.path.is_under(key)));
        splices.extend(changed.map(|(key, value)| Splice::Set { to: format!("/{key}"), value }));
        Call::Edit(Edit {
            read: Request::get(Service::Compute, self.resource),
            write: Request::new(Verb::Put, Service::Compute, self.resource)
                .query("minimalAction", "NO_EFFECT")
                .query("mostDisruptiveAllowedAction", "REFRESH"),
            splices,
            skip_if_same: false,
            wait: Wait::Compute,
            fuse: None,
        })
    }

    fn power(&self) -> Vec<Call> {
        match (self.rests(), decode::stopped(self.wire)) {
            _ if self.needs_stop() => Vec::new(),
            (true, false) => vec![self.guard(), self.verb("stop")],
            (false, true) => vec![self.guard(), self.verb("start")],
            _ => Vec::new(),
        }
    }
}

fn copy(from: &str, to: &str) -> Splice {
    Splice::Copy { from: from.to_owned(), to: to.to_owned() }
}

fn edit(resource: &str, verb: Verb, method: &str, fields: &str, splices: Vec<Splice>) -> Call {
    Call::Edit(Edit {
        read: Request::get(Service::Compute, resource).fields(fields),
        write: Request::new(verb, Service::Compute, format!("{resource}/{method}")),
        splices,
        skip_if_same: false,
        wait: Wait::Compute,
        fuse: None,
    })
}

fn set_labels(resource: &str, set: Map<String, Value>, unset: Vec<String>) -> Call {
    let map = Splice::Map { from: "/labels".into(), to: "/labels".into(), set, unset };
    let fingerprint = copy("/labelFingerprint", "/labelFingerprint");
    edit(resource, Verb::Post, "setLabels", "labels,labelFingerprint", vec![fingerprint, map])
}

/// Another machine may have got the name since: the numeric id tells.
fn guard(resource: &str, instance: &Value) -> Call {
    let read = Request::get(Service::Compute, resource).fields("id,labels");
    let course = format!("/labels/{}", mark::COURSE);
    Call::Guard(Guard::over(read, instance, &["/id", &course]))
}

/// What makes a machine: its body for a zone, sent to the first of its zones that has room.
pub fn insert(kind: &str, machine: &Machine, body: impl Fn(&str) -> Value, scope: &Scope) -> Vec<Call> {
    let mut calls = vec![placed(kind, machine, body, scope)];
    if machine.desired_status == Some(PowerState::Terminated) {
        let path = format!("{}/stop", machine.resource(kind, scope));
        calls.push(Call::Send(Send::compute(Request::new(Verb::Post, Service::Compute, path))));
    }
    calls
}

fn placed(kind: &str, machine: &Machine, body: impl Fn(&str) -> Value, scope: &Scope) -> Call {
    let send = |zone: &str| {
        let path = format!("projects/{}/zones/{zone}/instances", scope.project);
        Send::compute(Request::new(Verb::Post, Service::Compute, path).json(&body(zone)))
    };
    let choice = |zone: &String| Choice {
        place: zone.clone(),
        region: encode::region(zone).to_owned(),
        send: send(zone),
    };
    match machine.tried(kind, scope).as_slice() {
        [] => Call::Send(send("")),
        [zone] => Call::Send(send(zone)),
        zones => Call::FirstOf(FirstOf {
            place: Reference::to(kind, machine.name.as_str(), ZONE).to_string(),
            choices: zones.iter().map(choice).collect(),
        }),
    }
}

/// Deletes a machine; its boot disk goes with it unless the spec keeps it.
pub fn delete(resource: &str, instance: &Value) -> Vec<Call> {
    let request = Request::new(Verb::Delete, Service::Compute, resource);
    vec![guard(resource, instance), Call::Send(Send::compute(request).absent_is_done())]
}

/// Takes the mark off.
pub fn release(resource: &str) -> Vec<Call> {
    vec![set_labels(resource, Map::new(), vec![mark::MANAGED_BY.to_owned(), mark::COURSE.to_owned()])]
}
