//! `IamGrant`: roles for members on the project or on one of its resources.
//!
//! Oddities of the API: there is no grant on the wire, only whole policies that are read, changed and written back under an
//! etag; each service spells that differently. A binding is identified by role and condition. Nothing can be marked, so
//! what is ours is what the inventory says we added.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::contract::{Ask, Facts, Finding, MarkPlace, Need, Observation, Observed, Resource, Update};
use super::ending::Ending;
use super::field::{Class, How, Owned, field, managed};
use super::governed::{self, Governed, Governs};
use super::grant_target::Target;
use super::lint::{self, Lint};
use super::reads::Reads;
use super::{Scope, Written, grant_window, imported_grants, service_account, wire};
use crate::gcp::Call;
use crate::gcp::Read;
use crate::gcp::policy::{self, Bindings, Condition, Tuple};
use crate::spec::formats::{Expires, Member, Role, SpecName};
use crate::spec::{Address, Pointer, Problem, reference};

/// Roles for members, on the project or on one resource.
///
/// Grants are additive: Provost adds these and removes only these. With `exclusive: true` the roles on that resource have exactly
/// these members; Google's service agents and the last owner are never removed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IamGrant {
    /// Name of the grant within the course.
    pub name: SpecName,
    /// What the roles are on: `project`, `{ bucket: x }`, `{ registry: x }`, `{ serviceAccount: x }`, `{ vm: x }` or `{ secret: x }`.
    pub on: Target,
    /// The roles, by their full names: `roles/storage.objectAdmin`.
    #[schemars(length(min = 1))]
    pub roles: Vec<Role>,
    /// Who gets them: `user:a@x.edu`, `group:…`, `serviceAccount:…`, `domain:…`, `allUsers` (not on a project).
    #[schemars(length(min = 1))]
    pub members: Vec<Member>,
    /// Under which condition they count. Not with basic roles (owner, editor, viewer).
    // Written even when absent: a grant without condition is another grant than one with it.
    pub condition: Option<GrantCondition>,
    /// Whether these roles on that resource have exactly these members. Default: `false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exclusive: Option<bool>,
    /// When the access ends: `session` (default for people in a course with a session), `never` or a point in time. Google checks it
    /// at every request; basic roles (owner, editor, viewer) and grants on a registry cannot end by themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<Expires>,
    /// What is granted, role by role: how the two lists above are compared with a policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    pub grants: Option<Vec<RoleMembers>>,
}

/// One role and who has it by this grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RoleMembers {
    role: String,
    members: Vec<String>,
    /// Where it is another one than that of the grant: access that ends, and roles that cannot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    condition: Option<GrantCondition>,
}

/// A condition on a grant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GrantCondition {
    /// Short name of the condition, as the console shows it.
    #[schemars(length(min = 1, max = 100))]
    pub title: String,
    /// What the condition is for, in a sentence.
    // Written even when absent: it is part of the condition's identity.
    #[serde(default)]
    pub description: Option<String>,
    /// In Google's expression language: `request.time < timestamp("2027-07-01T00:00:00Z")`.
    #[schemars(length(min = 1))]
    pub expression: String,
}

impl From<&GrantCondition> for Condition {
    fn from(condition: &GrantCondition) -> Self {
        Self {
            title: condition.title.clone(),
            description: condition.description.clone().unwrap_or_default(),
            expression: condition.expression.clone(),
        }
    }
}

impl From<Condition> for GrantCondition {
    fn from(condition: Condition) -> Self {
        Self {
            title: condition.title,
            description: Some(condition.description).filter(|d| !d.is_empty()),
            expression: condition.expression,
        }
    }
}

static FACTS: Facts = Facts {
    kind: "IamGrant",
    service: crate::gcp::Service::ResourceManager,
    wire: "cloudresourcemanager.Policy",
    mark: MarkPlace::Inventory,
    fields: &[
        managed("bindings", "grants", How::InPlace("policy")),
        managed("bindings", "condition", How::Replace("the condition is part of a grant's identity")),
        managed("bindings", "on", How::Replace("a grant on another resource is another grant")),
        field("auditConfigs", Class::Ignored("kept as read")),
        field("etag", Class::Guard),
        field("version", Class::Ignored("always written as 3: a lower version would drop conditions")),
    ],
    keyed: &[],
    whole: &[],
    local: &["roles", "members", "exclusive", "expires"],
};

impl Resource for IamGrant {
    const FACTS: &'static Facts = &FACTS;
    const DERIVED: &'static [&'static str] = &["grants"];

    fn name(&self) -> &str {
        self.name.as_str()
    }

    fn check(&self, _scope: &Scope) -> Vec<Finding> {
        let roles = self.roles.iter().enumerate();
        let mut found: Vec<Finding> = roles.filter_map(|(i, role)| self.check_role(i, role)).collect();
        for (i, member) in self.members.iter().enumerate() {
            found.extend(self.check_member(i, member));
        }
        found.extend(self.check_known());
        found
    }

    fn lint(&self, _scope: &Scope) -> Vec<Lint> {
        let basic = lint::access::basic_roles(&self.roles, &self.members);
        let public = lint::access::public_writers(&self.roles, &self.members);
        basic.into_iter().chain(public).collect()
    }

    fn governed(&self, _scope: &Scope) -> Vec<Governs> {
        let mut all = governed::each("roles", &self.roles, |role| Governed::Role(role.to_string()));
        all.extend(governed::each("members", &self.members, |member| Governed::Member(member.clone())));
        all
    }

    fn normalise(&mut self, scope: &Scope) {
        self.roles.sort();
        self.roles.dedup();
        for member in &mut self.members {
            *member = Member::from_trusted(policy::canonical_member(member.as_str()));
        }
        self.members.sort();
        self.members.dedup();
        let members: Vec<String> = self.members.iter().map(ToString::to_string).collect();
        if self.grants.is_none() {
            let granted = |role: &Role| RoleMembers {
                role: role.to_string(),
                members: members.clone(),
                condition: self.window(role, scope).map(GrantCondition::from),
            };
            self.grants = Some(self.roles.iter().map(granted).collect());
        }
    }

    fn needs(&self, scope: &Scope) -> Vec<Need> {
        let accounts = self.members.iter().filter_map(|m| m.as_str().strip_prefix("serviceAccount:"));
        let accounts = accounts.filter_map(|email| service_account::of_course(email, scope));
        let mut needs: Vec<Need> = accounts.map(Need::Resource).collect();
        needs.extend(self.on.addresses().into_iter().map(Need::Resource));
        needs.push(Need::api(self.on.service(), &self.on.kept_in(scope)));
        needs
    }

    fn inside(&self, scope: &Scope) -> Option<Address> {
        let addresses = self.on.addresses();
        let known = addresses.iter().find(|address| scope.places.contains_key(address)).cloned();
        known.or_else(|| addresses.into_iter().next())
    }

    fn claims(&self, scope: &Scope) -> Vec<String> {
        let on = self.on.shown();
        let tuples = self.tuples(scope);
        tuples.iter().map(|t| format!("{} for {} on {on}{}", t.role, t.member, condition_text(t))).collect()
    }

    fn expires(&mut self) -> Option<&mut Option<Expires>> {
        Some(&mut self.expires)
    }

    fn is_of_the_session(&self) -> bool {
        let person = |m: &Member| ["user:", "group:", "domain:"].iter().any(|p| m.as_str().starts_with(p));
        self.members.iter().any(person)
    }

    fn ending(&self, _scope: &Scope) -> Ending {
        match self.endless() {
            None => Ending::Google,
            Some((why, help)) => Ending::Hindered { why, help },
        }
    }

    fn resource(&self, scope: &Scope) -> String {
        self.on.path(scope)
    }

    fn reads(ask: &Ask<Self>, scope: &Scope) -> Vec<Read> {
        let declared = ask.desired.as_ref().map(|d| d.on.clone());
        let recorded = ask.resource.as_deref().and_then(|path| Target::at(path, scope));
        let targets = declared.into_iter().chain(recorded);
        targets.flat_map(|target| target.reads(scope)).collect()
    }

    fn observe(asks: &[Ask<Self>], reads: &Reads, scope: &Scope) -> Observation<Self> {
        let targets: Vec<Option<Target>> = asks.iter().map(|ask| live_target(ask, scope)).collect();
        let mut policies: BTreeMap<String, Bindings> = BTreeMap::new();
        for target in targets.iter().flatten() {
            let read = || target.policy(reads, scope).map(policy::bindings).unwrap_or_default();
            policies.entry(target.path(scope)).or_insert_with(read);
        }
        let found = asks.iter().zip(targets).map(|(ask, target)| {
            let target = target?;
            let bindings = policies.get(&target.path(scope))?;
            observe(ask, target, bindings, scope)
        });
        Observation { found: found.collect(), others: Vec::new() }
    }

    fn owns(&self, _before: Option<&Observed<Self>>, _owned: &Owned) -> Option<Owned> {
        let mut ours = Owned::default();
        self.tuples(&Scope::default()).iter().for_each(|tuple| ours.insert(FACET, key(tuple)));
        Some(ours)
    }

    fn create(&self, scope: &Scope) -> Vec<Call> {
        vec![self.on.edit(scope, self.tuples(scope), Vec::new())]
    }

    fn change(_via: &str, update: &Update<'_, Self>, scope: &Scope) -> Vec<Call> {
        let before: BTreeSet<Tuple> = update.live.spec.tuples(scope).into_iter().collect();
        let after: BTreeSet<Tuple> = update.desired.tuples(scope).into_iter().collect();
        let minus = |a: &BTreeSet<Tuple>, b: &BTreeSet<Tuple>| a.difference(b).cloned().collect();
        vec![update.desired.on.edit(scope, minus(&after, &before), minus(&before, &after))]
    }

    fn delete(live: &Observed<Self>, ask: &Ask<Self>, scope: &Scope) -> Vec<Call> {
        let ours = live.spec.tuples(scope).into_iter().filter(|tuple| ask.owned.has(FACET, &key(tuple)));
        // A spec does not say the project of what it is on, and no other spec may say it any more.
        let on = Target::at(&live.resource, scope).unwrap_or_else(|| live.spec.on.clone());
        vec![on.edit(scope, Vec::new(), ours.collect())]
    }

    fn import_reads(asks: &[Ask<Self>], reads: &Reads, scope: &Scope) -> Vec<Read> {
        imported_grants::reads(asks, reads, scope)
    }

    fn imports(asks: &[Ask<Self>], reads: &Reads, scope: &Scope) -> Vec<(String, Observed<Self>)> {
        imported_grants::grants(asks, reads, scope)
    }

    fn written(live: &Observed<Self>, _reads: &Reads, scope: &Scope) -> Result<Written<Self>, String> {
        let spec = &live.spec;
        if let Some(why) = spec.tuples(scope).iter().find_map(|t| imported_grants::why_not(t, &spec.on)) {
            let list = |all: Vec<&str>| all.join(", ");
            let roles = list(spec.roles.iter().map(Role::as_str).collect());
            let members = list(spec.members.iter().map(Member::as_str).collect());
            return Err(format!("{why}: {roles} for {members} on {}", spec.on.shown()));
        }
        Ok(Written::of(Self { grants: None, ..spec.clone() }))
    }
}

/// The facet under which the inventory keeps what we granted.
pub(super) const FACET: &str = "grants";

impl IamGrant {
    fn tuples(&self, _scope: &Scope) -> Vec<Tuple> {
        let pairs = self.grants.iter().flatten().flat_map(|g| g.members.iter().map(move |m| (g, m)));
        pairs
            .map(|(granted, member)| Tuple {
                role: granted.role.clone(),
                member: member.clone(),
                condition: granted.condition.as_ref().or(self.condition.as_ref()).map(Condition::from),
            })
            .collect()
    }

    /// The grant that amounts to these, if there are any. `condition` is the one that the grant itself has.
    pub(super) fn of(
        name: &str,
        on: Target,
        tuples: &BTreeSet<Tuple>,
        condition: Option<GrantCondition>,
    ) -> Option<Self> {
        tuples.first()?;
        let mut grants: BTreeMap<(&str, Option<GrantCondition>), Vec<String>> = BTreeMap::new();
        for tuple in tuples {
            let own = tuple.condition.clone().map(GrantCondition::from);
            let own = own.filter(|own| Some(own) != condition.as_ref());
            grants.entry((&tuple.role, own)).or_default().push(tuple.member.clone());
        }
        let roles: BTreeSet<String> = tuples.iter().map(|t| t.role.clone()).collect();
        let grants = grants.into_iter().map(|((role, condition), members)| RoleMembers {
            role: role.to_owned(),
            members,
            condition,
        });
        let grants = grants.collect();
        let members: BTreeSet<String> = tuples.iter().map(|t| t.member.clone()).collect();
        Some(Self {
            expires: None,
            name: SpecName::try_from(name).ok()?,
            on,
            roles: wire::formatted(roles.into_iter().collect()),
            members: wire::formatted(members.into_iter().collect()),
            condition,
            exclusive: None,
            grants: Some(grants),
        })
    }

    /// The condition by which a role ends, where it can.
    fn window(&self, role: &Role, scope: &Scope) -> Option<Condition> {
        let ends = self.expires.as_ref()?.at()?;
        let can = !grant_window::is_basic(role.as_str()) && self.on.takes_conditions() && !self.is_public();
        let stated = self.condition.as_ref().map(Condition::from);
        can.then(|| grant_window::condition(ends, stated.as_ref(), scope))
    }

    /// What of it cannot end by itself and why, and what to write instead.
    fn endless(&self) -> Option<(String, String)> {
        let basic = || self.roles.iter().filter(|role| grant_window::is_basic(role.as_str()));
        if !self.on.takes_conditions() {
            let help = "grant the role on the project, where it can end".to_owned();
            return Some((format!("{} takes no conditions", self.on.sort()), help));
        }
        if self.is_public() {
            return Some(("everybody's access takes no condition".to_owned(), "name the people".to_owned()));
        }
        let named: Vec<&str> = basic().map(Role::as_str).collect();
        let help = || format!("grant narrow roles instead: {}", grant_window::narrow(basic()));
        (!named.is_empty()).then(|| (format!("{} takes no condition", named.join(" and ")), help()))
    }

    fn is_public(&self) -> bool {
        self.members.iter().any(|m| matches!(m.as_str(), "allUsers" | "allAuthenticatedUsers"))
    }

    /// What a policy is found by, and what is compared of its bindings, must be known when it is read.
    fn check_known(&self) -> Option<Finding> {
        let on = json!(self.on);
        let condition = json!(self.condition);
        let (at, reference) = [("on", on), ("condition", condition)]
            .into_iter()
            .find_map(|(at, value)| Some((at, reference::anywhere(&value).into_iter().next()?)))?;
        let message = format!("`{reference}` is known after apply, and this must be known before");
        let help = "state it, or name the resource itself: `on: { vm: NAME }`";
        Some((Pointer::from(at), Problem::new("reference-too-early", message).help(help)))
    }

    fn check_role(&self, i: usize, role: &Role) -> Option<Finding> {
        let basic = grant_window::is_basic(role.as_str());
        let (message, help) = if basic && self.condition.is_some() {
            (
                "basic roles take no condition",
                "grant the narrow roles instead: `roles/compute.instanceAdmin.v1`, `roles/storage.objectAdmin`",
            )
        } else if basic && self.on != Target::project() {
            (
                "basic roles are granted on the project only",
                "grant a role of the service, such as `roles/storage.objectViewer`",
            )
        } else if role.as_str().ends_with(".serviceAgent") {
            ("service agent roles are Google's own", "remove it: Google grants it when the API is enabled")
        } else {
            return None;
        };
        Some((
            Pointer::from("roles").child(i.to_string()),
            Problem::new("role-not-grantable", message).help(help),
        ))
    }

    fn check_member(&self, i: usize, member: &Member) -> Option<Finding> {
        let public = matches!(member.as_str(), "allUsers" | "allAuthenticatedUsers");
        let owner_user =
            member.as_str().starts_with("user:") && self.roles.iter().any(|r| r.as_str() == "roles/owner");
        let (message, help) = if public && self.on == Target::project() {
            (
                "everybody cannot be granted a role on a project",
                "grant it on one bucket: `on: { bucket: NAME }`",
            )
        } else if public && self.condition.is_some() {
            ("a grant to everybody takes no condition", "remove the condition")
        } else if owner_user && self.on == Target::project() {
            (
                "a user becomes owner by an invitation in the console only",
                "grant `roles/editor`, or invite them there",
            )
        } else {
            return None;
        };
        Some((
            Pointer::from("members").child(i.to_string()),
            Problem::new("member-not-grantable", message).help(help),
        ))
    }
}

/// Where the grant is now: where the inventory says, else where the spec wants it.
fn live_target(ask: &Ask<IamGrant>, scope: &Scope) -> Option<Target> {
    let recorded = ask.resource.as_deref().and_then(|path| Target::at(path, scope));
    let same = |t: &Target| ask.desired.as_ref().is_some_and(|d| d.on.path(scope) == t.path(scope));
    match recorded {
        Some(target) if !same(&target) => Some(target),
        _ => ask.desired.as_ref().map(|d| d.on.clone()).or(recorded),
    }
}

/// What of a grant is in a policy: what the inventory says we added, and what the spec wants.
fn observe(
    ask: &Ask<IamGrant>,
    on: Target,
    bindings: &Bindings,
    scope: &Scope,
) -> Option<Observed<IamGrant>> {
    let present = |t: &Tuple| {
        bindings.get(&(t.role.clone(), t.condition.clone())).is_some_and(|m| m.contains(&t.member))
    };
    let owned: Vec<Tuple> = ask.owned.keys(FACET).filter_map(parse).filter(|t| present(t)).collect();
    let wanted = ask.desired.as_ref().map(|d| d.tuples(scope)).unwrap_or_default();
    let here = ask.desired.as_ref().is_some_and(|d| d.on == on);
    let foreign: Vec<Tuple> =
        wanted.into_iter().filter(|t| here && present(t) && !owned.contains(t)).collect();
    let exclusive = ask.desired.as_ref().filter(|d| here && d.exclusive == Some(true) && !ask.leaving);
    let surplus = exclusive.map(|d| surplus(d, bindings)).unwrap_or_default();
    let claimed: Vec<String> = if exclusive.is_some() {
        Vec::new()
    } else {
        foreign.iter().map(|t| format!("{} for {}", t.role, t.member)).collect()
    };
    let all: BTreeSet<Tuple> = owned.into_iter().chain(foreign).chain(surplus).collect();
    let condition = stated_condition(ask, &all);
    let spec = IamGrant::of(&ask.name, on, &all, condition)?;
    let resource = spec.on.path(scope);
    Some(Observed { claimed, ..Observed::new(resource, spec, Value::Null, None) })
}

/// With `exclusive`, whoever else has one of the roles: except service agents, and the last owner.
fn surplus(desired: &IamGrant, bindings: &Bindings) -> Vec<Tuple> {
    let tuples = desired.tuples(&Scope::default());
    let keys: BTreeSet<(String, Option<Condition>)> =
        tuples.iter().map(|t| (t.role.clone(), t.condition.clone())).collect();
    let mut found = Vec::new();
    for (role, condition) in keys {
        let members = bindings.get(&(role.clone(), condition.clone())).cloned().unwrap_or_default();
        let others = members
            .into_iter()
            .filter(|member| !policy::is_service_agent(&role, member) && role != "roles/owner");
        found.extend(others.map(|member| Tuple { role: role.clone(), member, condition: condition.clone() }));
    }
    found
}

/// The grants of a record that it made.
pub fn granted(owned: &Owned) -> impl Iterator<Item = Tuple> {
    owned.keys(FACET).filter_map(parse)
}

/// The condition that the grant itself has: the one that all of it has. A window of ours joins what the spec states, and is then
/// compared role by role.
fn stated_condition(ask: &Ask<IamGrant>, tuples: &BTreeSet<Tuple>) -> Option<GrantCondition> {
    let first = tuples.first()?.condition.as_ref()?;
    if let (true, Some(desired)) = (grant_window::is_ours(first), &ask.desired) {
        return desired.condition.clone();
    }
    let shared = tuples.iter().all(|tuple| tuple.condition.as_ref() == Some(first));
    shared.then(|| GrantCondition::from(first.clone()))
}

/// A grant as the inventory keeps it: its JSON.
pub(super) fn key(tuple: &Tuple) -> String {
    json!(tuple).to_string()
}

fn parse(key: &str) -> Option<Tuple> {
    serde_json::from_str(key).ok()
}

fn condition_text(tuple: &Tuple) -> String {
    tuple.condition.as_ref().map(|c| format!(" if {}", c.title)).unwrap_or_default()
}
