//! The catalog: every collection that is swept, one row each. What differs between collections is data here.

use serde_json::Value;

use super::wanted::Places;
use super::{details, relations};
use crate::gcp::call::Send;
use crate::gcp::{Read, Request, Service, Verb, Wait, segment};
use crate::kinds::{
    Bucket, FirewallRule, MarkPlace, Registry, Resource, RunService, Scope, ServiceAccount, Vm,
    WorkloadIdentity, wire,
};

/// A collection of the project.
#[derive(Debug)]
pub(super) struct Collection {
    /// By what its things are called. Kinds of specs bear their own names.
    pub(super) kind: &'static str,
    /// The service that has it.
    pub(super) service: Service,
    /// Where a course would be named.
    pub(super) mark: MarkPlace,
    /// Where the list is; `{}` stands for the project.
    pub(super) list: &'static str,
    /// Where the answer holds its items.
    pub(super) listed: Listed,
    /// The members that are read of each.
    pub(super) mask: &'static str,
    /// Where it says when it was made.
    pub(super) created: &'static str,
    /// What must still be as it was seen, or it is not deleted.
    pub(super) guard: &'static [&'static str],
    /// What it is, in few words.
    pub(super) details: fn(&Value) -> String,
    /// What of the other things uses it.
    pub(super) users: relations::Users,
    /// How the end of its deletion is known.
    pub(super) wait: Wait,
    /// Why it goes where nobody uses it and nobody owns it.
    pub(super) why: &'static str,
}

/// How a list is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listed {
    /// Compute, over all zones and regions: `items/*/NAME`.
    Everywhere(&'static str),
    /// Compute, global.
    Global,
    /// Buckets of a project.
    Buckets,
    /// Accounts of a project.
    Accounts,
    /// Workload identity pools of a project.
    Pools,
    /// Repositories of a location: its list is known once the locations are.
    Repositories,
    /// Services of a region: its list is known once the regions that have some are.
    Services,
}

const NOBODY: &str = "no spec owns it";
/// The same resource, not another of its name, and nobody's since.
const COMPUTE: &[&str] = &["/id", "/labels/managed-by", "/labels/provost-course"];
const UNLABELLED: &[&str] = &["/id", "/description"];
const MADE: &str = "/creationTimestamp";

/// Every collection, in the order of the list that is shown.
#[rustfmt::skip]
pub(super) static CATALOG: [Collection; 13] = [
    Collection { kind: Vm::FACTS.kind, list: "projects/{}/aggregated/instances", listed: Listed::Everywhere("instances"),
        mask: "id,name,zone,status,machineType,labels,metadata,networkInterfaces(network,subnetwork,networkIP,accessConfigs/natIP),disks(source,autoDelete),serviceAccounts/email,deletionProtection,creationTimestamp,selfLink",
        details: details::machine, users: relations::nobody, ..COMPUTE_ROW },
    Collection { kind: "Disk", list: "projects/{}/aggregated/disks", listed: Listed::Everywhere("disks"),
        mask: "id,name,zone,type,sizeGb,labels,users,creationTimestamp,selfLink",
        details: details::disk, users: relations::named, why: "orphaned: no machine uses it", ..COMPUTE_ROW },
    Collection { kind: "Address", list: "projects/{}/aggregated/addresses", listed: Listed::Everywhere("addresses"),
        mask: "id,name,region,address,addressType,purpose,status,labels,users,creationTimestamp,selfLink",
        details: details::address, users: relations::named, why: "reserved and in no use", ..COMPUTE_ROW },
    Collection { kind: "Snapshot", list: "projects/{}/global/snapshots",
        mask: "id,name,sourceDisk,diskSizeGb,storageBytes,labels,creationTimestamp,selfLink",
        details: details::snapshot, ..COMPUTE_ROW },
    Collection { kind: "Image", list: "projects/{}/global/images",
        mask: "id,name,family,diskSizeGb,archiveSizeBytes,labels,creationTimestamp,selfLink",
        details: details::image, ..COMPUTE_ROW },
    Collection { kind: FirewallRule::FACTS.kind, mark: MarkPlace::Description, list: "projects/{}/global/firewalls",
        mask: "id,name,description,network,direction,allowed,denied,sourceRanges,creationTimestamp,selfLink",
        guard: UNLABELLED, details: details::rule, ..COMPUTE_ROW },
    Collection { kind: "Subnetwork", mark: MarkPlace::Inventory, list: "projects/{}/aggregated/subnetworks", listed: Listed::Everywhere("subnetworks"),
        mask: "id,name,description,region,network,ipCidrRange,creationTimestamp,selfLink",
        guard: UNLABELLED, details: details::subnetwork, users: relations::machines_inside, ..COMPUTE_ROW },
    Collection { kind: "Network", mark: MarkPlace::Inventory, list: "projects/{}/global/networks",
        mask: "id,name,description,autoCreateSubnetworks,creationTimestamp,selfLink",
        guard: UNLABELLED, details: details::network, users: relations::all_inside, ..COMPUTE_ROW },
    Collection { kind: Bucket::FACTS.kind, service: Service::Storage, list: "b", listed: Listed::Buckets,
        mask: "name,location,storageClass,labels,timeCreated,retentionPolicy,defaultEventBasedHold",
        created: "/timeCreated", guard: &["/timeCreated", "/labels/managed-by", "/labels/provost-course"],
        details: details::bucket, wait: Wait::Answer, ..COMPUTE_ROW },
    Collection { kind: Registry::FACTS.kind, service: Service::ArtifactRegistry, list: "v1/projects/{}/locations", listed: Listed::Repositories,
        mask: "name,format,mode,labels,createTime,sizeBytes",
        created: "/createTime", guard: &["/createTime", "/labels/managed-by", "/labels/provost-course"],
        details: details::registry, wait: Wait::LongRunning, ..COMPUTE_ROW },
    Collection { kind: RunService::FACTS.kind, service: Service::Run, listed: Listed::Services,
        mask: "name,uid,labels,createTime,template(containers/image,serviceAccount)",
        created: "/createTime", guard: &["/uid", "/labels/managed-by", "/labels/provost-course"],
        details: details::service, wait: Wait::LongRunning, ..COMPUTE_ROW },
    Collection { kind: ServiceAccount::FACTS.kind, service: Service::Iam, mark: MarkPlace::Description, list: "v1/projects/{}/serviceAccounts", listed: Listed::Accounts,
        mask: "name,email,uniqueId,displayName,description",
        created: "", guard: &["/uniqueId", "/description"],
        details: details::account, users: relations::acting_as, wait: Wait::Answer, ..COMPUTE_ROW },
    Collection { kind: WorkloadIdentity::FACTS.kind, service: Service::Iam, mark: MarkPlace::Description,
        list: "v1/projects/{}/locations/global/workloadIdentityPools", listed: Listed::Pools,
        mask: "name,displayName,description,state,disabled",
        created: "", guard: &["/state", "/description"],
        details: details::pool, wait: Wait::LongRunning, ..COMPUTE_ROW },
];

/// What most rows have in common: a labelled global resource of Compute that nothing uses.
const COMPUTE_ROW: Collection = Collection {
    kind: "",
    service: Service::Compute,
    mark: MarkPlace::Labels,
    list: "",
    listed: Listed::Global,
    mask: "",
    created: MADE,
    guard: COMPUTE,
    details: details::machine,
    users: relations::nobody,
    wait: Wait::Compute,
    why: NOBODY,
};

impl Collection {
    /// The lists to read. Repositories and services have one list for each of these places.
    pub(super) fn reads(&self, scope: &Scope, places: &Places) -> Vec<Read> {
        let request = |path: &str| Request::get(self.service, path.replace("{}", &scope.project));
        let list = |request: Request, member| {
            Read::list(request.fields(&format!("{member}({}),nextPageToken", self.mask)), member)
        };
        let pages = |size: &str| request(self.list).query("maxResults", size);
        match self.listed {
            Listed::Everywhere(member) => {
                let mask = format!("items/*/{member}({}),nextPageToken", self.mask);
                vec![Read::aggregated(pages("500").fields(&mask), member)]
            }
            Listed::Global => vec![list(pages("500"), "items")],
            Listed::Buckets => {
                let all = pages("1000").query("project", scope.project.as_str());
                vec![list(all.query("projection", "noAcl"), "items")]
            }
            Listed::Accounts => vec![list(request(self.list).query("pageSize", "100"), "accounts")],
            Listed::Pools => {
                vec![list(request(self.list).query("pageSize", "1000"), "workloadIdentityPools")]
            }
            Listed::Repositories => {
                let of = |l: &String| request(&format!("v1/{l}/repositories")).query("pageSize", "1000");
                places.registries.iter().map(|location| list(of(location), "repositories")).collect()
            }
            Listed::Services => {
                let of = |l: &String| request(&format!("v2/{l}/services")).query("pageSize", "100");
                places.services.iter().map(|region| list(of(region), "services")).collect()
            }
        }
    }

    /// Where a thing is, as the inventory would know it.
    pub(super) fn place(&self, item: &Value) -> Option<String> {
        match self.listed {
            Listed::Everywhere(_) | Listed::Global => {
                wire::text(item, "/selfLink").map(|link| wire::relative(&link).to_owned())
            }
            Listed::Buckets => wire::text(item, "/name").map(|name| format!("b/{name}")),
            Listed::Accounts | Listed::Pools | Listed::Repositories | Listed::Services => {
                wire::text(item, "/name")
            }
        }
    }

    /// The name of a thing: an account of the project is known by its id.
    pub(super) fn name(&self, item: &Value) -> Option<String> {
        let name = wire::text(item, if self.listed == Listed::Accounts { "/email" } else { "/name" })?;
        let name = wire::last(&name);
        let id = name.split_once('@').filter(|(_, domain)| domain.ends_with(".iam.gserviceaccount.com"));
        Some(id.map_or(name, |(id, _)| id).to_owned())
    }

    /// The request that reads what the guard looks at.
    pub(super) fn get(&self, place: &str) -> Request {
        let mut fields: Vec<&str> =
            self.guard.iter().filter_map(|pointer| pointer.split('/').nth(1)).collect();
        // Pointers into one member follow one another.
        fields.dedup();
        Request::get(self.service, self.path(place)).fields(&fields.join(","))
    }

    /// The deletion of what is at a place.
    pub(super) fn delete(&self, place: &str) -> Send {
        let request = Request::new(Verb::Delete, self.service, self.path(place));
        Send { request, wait: self.wait, absent_is_done: true }
    }

    fn path(&self, place: &str) -> String {
        match self.listed {
            Listed::Everywhere(_) | Listed::Global => place.to_owned(),
            Listed::Buckets => format!("b/{}", segment(place.trim_start_matches("b/"))),
            Listed::Accounts | Listed::Pools | Listed::Repositories | Listed::Services => {
                self.service.path(place)
            }
        }
    }
}
