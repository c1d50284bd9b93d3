//! Desired resources: expanded specs, checked by their kinds. Everything wrong is found in one pass.
//! Pure. Nothing live is known here.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::contract::Finding;
use super::erased::{Kind, Resolved};
use super::lint::Lint;
use super::registry::KindRegistry;
use super::schema;
use super::scope::Scope;
use crate::spec::{Address, Diagnostic, ExpandedSpec, Problem, Severity, Shape, Span, check_shape, told};

/// One desired resource.
#[derive(Clone)]
pub struct Desired {
    /// Its address.
    pub address: Address,
    /// Its kind.
    pub kind: &'static dyn Kind,
    /// What its spec says, normalised, and what follows from it.
    pub resolved: Resolved,
    /// Digest of the normalised spec.
    pub digest: String,
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
    let schemas: BTreeMap<&str, Value> =
        registry.iter().map(|kind| (kind.facts().kind, schema::strict(kind))).collect();
    let mut desired = Vec::new();
    let mut found: Vec<(&ExpandedSpec, Vec<Diagnostic>)> = Vec::new();
    let mut claimed = BTreeMap::new();
    let declared: BTreeSet<(&str, &str)> = specs.iter().map(|s| (s.kind.as_str(), s.name.as_str())).collect();
    for spec in specs {
        let (Some(kind), Some(schema)) = (registry.find(&spec.kind), schemas.get(spec.kind.as_str())) else {
            continue;
        };
        match one(kind, schema, spec, scope) {
            Ok(mut resource) => {
                let mut told = twice_claimed(&mut claimed, &resource, spec);
                let lint = std::mem::take(&mut resource.resolved.lint).into_iter();
                told.extend(lint.filter_map(|lint| warning(lint, &declared, spec)));
                found.push((spec, told));
                desired.push(resource);
            }
            Err(wrong) => found.push((spec, wrong)),
        }
    }
    (desired, by_document(found))
}

/// A warning at its place, unless the course declares what makes it right.
fn warning(lint: Lint, declared: &BTreeSet<(&str, &str)>, spec: &ExpandedSpec) -> Option<Diagnostic> {
    let right = |address: &Address| declared.contains(&(address.kind.as_str(), address.name.as_str()));
    let void = lint.unless.as_ref().is_some_and(right);
    (!void).then(|| Diagnostic { severity: Severity::Warning, ..place((lint.at, lint.problem), spec) })
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

fn one(
    kind: &'static dyn Kind,
    schema: &Value,
    spec: &ExpandedSpec,
    scope: &Scope,
) -> Result<Desired, Vec<Diagnostic>> {
    let shape = check_shape(schema, spec);
    let address = Address { kind: spec.kind.clone(), name: spec.name.clone() };
    let known = shape.is_sound() && spec.spans.is_known();
    match kind.desire(&shape.readable(&spec.value), scope) {
        Ok(resolved) if known => {
            let digest = digest(&resolved.value);
            Ok(Desired { address, kind, resolved, digest })
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

/// Two specs that describe one thing would undo each other for ever. Everything the two share is one finding.
fn twice_claimed(
    claimed: &mut BTreeMap<String, (Address, Span)>,
    resource: &Desired,
    spec: &ExpandedSpec,
) -> Vec<Diagnostic> {
    let here = spec.spans.value(&"name".into()).unwrap_or(spec.kind_span);
    let mut shared: BTreeMap<(Address, Span), Vec<&str>> = BTreeMap::new();
    for claim in &resource.resolved.claims {
        match claimed.get(claim) {
            // One address twice is reported as such.
            Some((first, _)) if *first == resource.address => {}
            Some(first) => shared.entry(first.clone()).or_default().push(claim),
            None => drop(claimed.insert(claim.clone(), (resource.address.clone(), here))),
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
