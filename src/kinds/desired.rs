//! Desired resources: expanded specs, checked by their kinds. Everything wrong is found in one pass.
//! Pure. Nothing live is known here.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::contract::{Finding, Need};
use super::erased::{DecodeError, Kind, Resolved};
use super::lint::{Lint, Void};
use super::references::{self, References};
use super::registry::KindRegistry;
use super::schema;
use super::scope::{Scope, Scopes};
use crate::spec::roster::Row;
use crate::spec::{Address, Diagnostic, ExpandedSpec, Problem, Severity, Shape, Span, check_shape, told};

/// One desired resource.
#[derive(Clone)]
pub struct Desired {
    /// Its address.
    pub address: Address,
    /// Its kind.
    pub kind: &'static dyn Kind,
    /// The project it names, if that is not the course's own.
    pub project: Option<String>,
    /// What its spec says, normalised, and what follows from it.
    pub resolved: Resolved,
    /// Digest of the normalised spec.
    pub digest: String,
    /// The resources it names by `ref`.
    pub named: Vec<Address>,
    /// The rows of the roster that it is for.
    pub of_whom: Vec<Arc<Row>>,
}

impl Desired {
    /// What it is to the engine with another value: completed from the live side, or with results of others filled in.
    pub fn with(&self, value: &Value, scope: &Scope) -> Result<Self, DecodeError> {
        let resolved = naming(self.kind.resolved(value, scope)?, &self.named);
        let Self { address, kind, project, digest, named, of_whom, .. } = self;
        Ok(Self {
            address: address.clone(),
            kind: *kind,
            project: project.clone(),
            resolved,
            digest: digest.clone(),
            named: named.clone(),
            of_whom: of_whom.clone(),
        })
    }

    /// The resources that must be there first.
    pub(super) fn resources(&self) -> Vec<Address> {
        let needs = self.resolved.needs.iter();
        needs
            .filter_map(|need| if let Need::Resource(address) = need { Some(address.clone()) } else { None })
            .collect()
    }
}

/// What is named must be there first.
fn naming(mut resolved: Resolved, named: &[Address]) -> Resolved {
    resolved.needs.extend(named.iter().cloned().map(Need::Resource));
    resolved
}

impl std::fmt::Debug for Desired {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.address, self.resolved.value)
    }
}

/// Digest of a value: the same for the same content, whatever run.
pub fn digest(value: &Value) -> String {
    let sum = Sha256::digest(value.to_string().as_bytes());
    base64::Engine::encode(
        &base64::engine::general_purpose::URL_SAFE_NO_PAD,
        sum.get(..12).unwrap_or_default(),
    )
}

/// Checks and normalises every spec of a course.
pub fn desire(
    registry: &KindRegistry,
    specs: &[ExpandedSpec],
    scope: &Scope,
) -> Result<Vec<Desired>, Vec<Diagnostic>> {
    let (desired, found) = judge(registry, specs, scope);
    if found.iter().any(Diagnostic::is_error) { Err(found) } else { Ok(desired) }
}

/// The same with warnings: what is desired, unless something is wrong, and everything that is to be said.
pub fn judge(
    registry: &KindRegistry,
    specs: &[ExpandedSpec],
    scope: &Scope,
) -> (Vec<Desired>, Vec<Diagnostic>) {
    let named: BTreeSet<&str> = specs.iter().map(|spec| spec.kind.as_str()).collect();
    let used = registry.iter().filter(|kind| named.contains(kind.facts().kind));
    let schemas: BTreeMap<&str, Value> = used.map(|kind| (kind.facts().kind, schema::strict(kind))).collect();
    let references = References::of(specs);
    let scopes = Scopes::of(scope.clone(), specs.iter().filter_map(project_of));
    let mut declared = references::Declared::new();
    let mut lacking = references::Lacking::new();
    let mut desired: Vec<Option<Desired>> = vec![None; specs.len()];
    let mut found: Vec<(&ExpandedSpec, Vec<Diagnostic>)> = Vec::new();
    for index in references.in_order() {
        let Some(spec) = specs.get(index) else { continue };
        let (Some(kind), Some(schema)) = (registry.find(&spec.kind), schemas.get(spec.kind.as_str())) else {
            continue;
        };
        let named = references.from(index);
        let wrong = references.check(index, registry, &lacking);
        let filled = if named.is_empty() {
            Cow::Borrowed(spec)
        } else {
            Cow::Owned(references::filled(spec, &declared))
        };
        match one(kind, schema, &filled, &scopes, named) {
            _ if !wrong.is_empty() => found.push((spec, wrong)),
            Ok(resource) => {
                if references.are_to(&resource.address) {
                    let scope = scopes.of_project(resource.project.as_deref());
                    declared.insert(resource.address.clone(), references::declares(&resource, scope));
                    lacking.extend(references::lacking(&resource));
                }
                if let Some(place) = desired.get_mut(index) {
                    *place = Some(resource);
                }
            }
            Err(wrong) => found.push((spec, wrong)),
        }
    }
    found.extend(told_of(specs, &mut desired, &scope.project));
    let mut diagnostics = by_document(found);
    diagnostics.extend(references.ring(&desired));
    (desired.into_iter().flatten().collect(), diagnostics)
}

/// What is to be said of sound specs, in their order: what several describe, and what is unwise.
fn told_of<'a>(
    specs: &'a [ExpandedSpec],
    desired: &mut [Option<Desired>],
    own: &str,
) -> Vec<(&'a ExpandedSpec, Vec<Diagnostic>)> {
    let known = Declared::of(specs, desired, own);
    let mut claimed = Claimed::new();
    let sound = specs.iter().zip(desired).filter_map(|(spec, resource)| Some((spec, resource.as_mut()?)));
    let told = sound.map(|(spec, resource)| {
        let mut told = twice_claimed(&mut claimed, resource, spec);
        let lint = std::mem::take(&mut resource.resolved.lint).into_iter();
        told.extend(lint.filter(|lint| !known.makes_void(lint)).map(|lint| warning(lint, spec)));
        (spec, told)
    });
    told.collect()
}

/// A warning at its place.
fn warning(lint: Lint, spec: &ExpandedSpec) -> Diagnostic {
    Diagnostic { severity: Severity::Warning, ..place((lint.at, lint.problem), spec) }
}

/// What a course declares, as far as it makes warnings void.
struct Declared<'a> {
    addresses: BTreeSet<(&'a str, &'a str)>,
    /// What specs describe, by project; a condition is part of a claim's text.
    claims: BTreeSet<(String, String)>,
}

impl<'a> Declared<'a> {
    /// Claims are many, and looked at only where a warning asks for one.
    fn of(specs: &'a [ExpandedSpec], desired: &[Option<Desired>], own: &str) -> Self {
        let asks = |lint: &Lint| lint.void.iter().any(|void| matches!(void, Void::Claimed { .. }));
        let asked = desired.iter().flatten().any(|resource| resource.resolved.lint.iter().any(asks));
        let claims = desired.iter().flatten().filter(|_| asked).flat_map(|resource| {
            let project = resource.project.as_deref().unwrap_or(own);
            resource.resolved.claims.iter().map(move |claim| (project.to_owned(), claim.clone()))
        });
        let addresses = specs.iter().map(|spec| (spec.kind.as_str(), spec.name.as_str()));
        Self { addresses: addresses.collect(), claims: claims.collect() }
    }

    fn makes_void(&self, lint: &Lint) -> bool {
        lint.void.iter().any(|void| match void {
            Void::Declared(address) => {
                self.addresses.contains(&(address.kind.as_str(), address.name.as_str()))
            }
            Void::Claimed { project, what } => {
                let from = (project.clone(), what.clone());
                let next = self.claims.range(from..).next();
                next.is_some_and(|(at, claim)| {
                    let rest = claim.strip_prefix(what.as_str()).filter(|_| at == project);
                    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(" if "))
                })
            }
        })
    }
}

/// A mistake in a document that stands for many resources is told once.
fn by_document(found: Vec<(&ExpandedSpec, Vec<Diagnostic>)>) -> Vec<Diagnostic> {
    let mut documents: BTreeMap<Span, (usize, Vec<told::Found>)> = BTreeMap::new();
    for (spec, diagnostics) in found {
        let (all, told) = documents.entry(spec.kind_span).or_default();
        *all += 1;
        told.extend(diagnostics.into_iter().map(|diagnostic| (diagnostic, spec.made_of.clone())));
    }
    documents.into_values().flat_map(|(all, found)| told::once(found, all)).collect()
}

/// The project that a spec names, whatever its kind.
fn project_of(spec: &ExpandedSpec) -> Option<&str> {
    spec.value.get(schema::PROJECT)?.as_str()
}

fn one(
    kind: &'static dyn Kind,
    schema: &Value,
    spec: &ExpandedSpec,
    scopes: &Scopes,
    named: Vec<Address>,
) -> Result<Desired, Vec<Diagnostic>> {
    let shape = check_shape(schema, spec);
    let project = project_of(spec).filter(|project| *project != scopes.own().project);
    let mut value = shape.readable(&spec.value);
    if let Some(fields) = value.as_object_mut() {
        fields.shift_remove(schema::PROJECT);
    }
    let address = Address { kind: spec.kind.clone(), name: spec.name.clone() };
    let known = shape.is_sound() && spec.spans.is_known();
    match kind.desire(&value, scopes.of_project(project)) {
        Ok(resolved) if known => {
            let digest = digest(&resolved.value);
            let (project, of_whom) = (project.map(str::to_owned), spec.of_whom.clone());
            Ok(Desired { address, kind, project, resolved: naming(resolved, &named), digest, named, of_whom })
        }
        Ok(_) => Err(shape.into_diagnostics()),
        Err(findings) => Err(with_rules(shape, findings, spec)),
    }
}

/// Mistakes in the shape of a spec do not hide what rules over several fields find beside them. A rule that looks at a field
/// with a mistake has nothing to say.
fn with_rules(shape: Shape, findings: Vec<Finding>, spec: &ExpandedSpec) -> Vec<Diagnostic> {
    let apart = findings.into_iter().filter(|(at, _)| !shape.touches(at));
    let rules: Vec<Diagnostic> = apart.map(|finding| place(finding, spec)).collect();
    shape.into_diagnostics().into_iter().chain(rules).collect()
}

fn place((pointer, problem): Finding, spec: &ExpandedSpec) -> Diagnostic {
    let value = spec.spans.value(&pointer).filter(|_| !problem.about_key);
    let span = value.or_else(|| spec.spans.key(&pointer)).unwrap_or(spec.kind_span);
    problem.at(span)
}

/// What specs describe, each in its project.
type Claimed = BTreeMap<(Option<String>, String), (Address, Span)>;

/// Two specs that describe one thing would undo each other for ever. Everything the two share is one finding.
fn twice_claimed(claimed: &mut Claimed, resource: &Desired, spec: &ExpandedSpec) -> Vec<Diagnostic> {
    let here = spec.spans.value(&"name".into()).unwrap_or(spec.kind_span);
    let mut shared: BTreeMap<(Address, Span), Vec<&str>> = BTreeMap::new();
    for claim in &resource.resolved.claims {
        let key = (resource.project.clone(), claim.clone());
        match claimed.get(&key) {
            // One address twice is reported as such.
            Some((first, _)) if *first == resource.address => {}
            Some(first) => shared.entry(first.clone()).or_default().push(claim),
            None => drop(claimed.insert(key, (resource.address.clone(), here))),
        }
    }
    let found = shared.into_iter().map(|((first, span), claims)| {
        let more = claims.len().saturating_sub(1);
        let more = if more == 0 { String::new() } else { format!(", and {more} more") };
        let what = claims.first().copied().unwrap_or_default();
        let message = format!("{first} and {} both declare {what}{more}", resource.address);
        let problem = Problem::new("declared-twice", message).label("declared here again");
        let mut diagnostic = problem.help("remove it from one of the two").at(here);
        diagnostic.related.push((span, "first declared here".to_owned()));
        diagnostic
    });
    found.collect()
}
