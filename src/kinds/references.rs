//! References between specs: which are checked offline, in which order specs are made desired, and what is known already.
//! Pure. What only a live resource can tell is filled in when it was read, or by the run that makes it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use super::desired::Desired;
use super::erased::Kind;
use super::registry::KindRegistry;
use super::scope::Scope;
use crate::spec::reference::{self, Reference};
use crate::spec::{Address, Diagnostic, ExpandedSpec, Pointer, Problem, suggest};

/// The values of what resources yield, as far as their specs say.
pub(super) type Declared = BTreeMap<Address, BTreeMap<&'static str, String>>;

/// Results that a resource does not have although its kind has them, with the reason.
pub(super) type Lacking = BTreeMap<Reference, &'static str>;

/// The references of a course's specs.
pub(super) struct References<'a> {
    specs: &'a [ExpandedSpec],
    /// Of each spec the references in it, in the order of the specs.
    of: Vec<Vec<Reference>>,
    index: HashMap<Address, usize>,
    named: BTreeSet<Address>,
}

impl<'a> References<'a> {
    pub(super) fn of(specs: &'a [ExpandedSpec]) -> Self {
        let of: Vec<Vec<Reference>> = specs.iter().map(|spec| reference::anywhere(&spec.value)).collect();
        let named: BTreeSet<Address> =
            of.iter().flatten().map(|reference| reference.address.clone()).collect();
        // Most courses have no references, and need no index.
        let indexed = if named.is_empty() { [].iter() } else { specs.iter() };
        let address = |spec: &ExpandedSpec| Address::new(&spec.kind, &spec.name);
        let index = indexed.enumerate().map(|(i, spec)| (address(spec), i)).collect();
        Self { specs, of, index, named }
    }

    /// Whether somebody wants to know what this resource yields.
    pub(super) fn are_to(&self, address: &Address) -> bool {
        self.named.contains(address)
    }

    /// The resources that a spec names.
    pub(super) fn from(&self, spec: usize) -> Vec<Address> {
        let mut named: Vec<Address> =
            self.of.get(spec).into_iter().flatten().map(|r| r.address.clone()).collect();
        named.dedup();
        named
    }

    /// The specs in an order in which each comes after those it names, otherwise as they are.
    pub(super) fn in_order(&self) -> Vec<usize> {
        let mut order = Vec::with_capacity(self.specs.len());
        let mut seen = vec![false; self.specs.len()];
        for spec in 0..self.specs.len() {
            self.visit(spec, &mut seen, &mut order);
        }
        order
    }

    fn visit(&self, spec: usize, seen: &mut [bool], order: &mut Vec<usize>) {
        if std::mem::replace(seen.get_mut(spec).unwrap_or(&mut true), true) {
            return;
        }
        for target in self.targets(spec) {
            self.visit(target, seen, order);
        }
        order.push(spec);
    }

    fn targets(&self, spec: usize) -> Vec<usize> {
        let named = self.of.get(spec).into_iter().flatten();
        named.filter_map(|reference| self.index.get(&reference.address).copied()).collect()
    }

    /// What is wrong with the references of a spec.
    pub(super) fn check(&self, spec: usize, registry: &KindRegistry, lacking: &Lacking) -> Vec<Diagnostic> {
        let (Some(spec), Some([_, ..])) = (self.specs.get(spec), self.of.get(spec).map(Vec::as_slice)) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        places(&spec.value, &Pointer::default(), &mut |at, text| {
            let span = spec.spans.value(at).unwrap_or(spec.kind_span);
            let own = Address::new(&spec.kind, &spec.name);
            let wrong = |reference| {
                let problem = in_name(at, &reference).or_else(|| to_itself(&reference, &own));
                let problem = problem.or_else(|| self.nowhere(&reference, registry));
                problem.or_else(|| lacks(&reference, lacking))
            };
            found.extend(reference::all(text).into_iter().filter_map(wrong).map(|problem| problem.at(span)));
        });
        found
    }

    /// Why a reference leads nowhere.
    fn nowhere(&self, reference: &Reference, registry: &KindRegistry) -> Option<Problem> {
        let Reference { address, name } = reference;
        if !self.index.contains_key(address) {
            let problem = Problem::new("no-such-resource", format!("no spec declares {address}"));
            let known: Vec<String> = self.index.keys().map(ToString::to_string).collect();
            let near = suggest::nearest(&address.to_string(), known.iter().map(String::as_str));
            return Some(match near {
                Some(near) => problem.help(format!("did you mean `{near}`?")),
                None => {
                    problem.help("a reference names a resource of the same course, as `ref(\"Kind/name\")`")
                }
            });
        }
        let yields = registry.find(&address.kind).map(Kind::yields).unwrap_or_default();
        if yields.iter().any(|row| row.name == name) {
            return None;
        }
        let problem = Problem::new("no-such-result", format!("{address} has no result `{name}`"));
        let names: Vec<String> = yields.iter().map(|row| format!("`{}`", row.name)).collect();
        Some(match suggest::nearest(name, yields.iter().map(|row| row.name)) {
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None if names.is_empty() => problem.help(format!("a {} has no results to name", address.kind)),
            None => problem.help(format!("it has {}", names.join(", "))),
        })
    }

    /// Resources that name each other in a ring, directly or by what they need besides.
    pub(super) fn ring(&self, desired: &[Option<Desired>]) -> Option<Diagnostic> {
        if self.named.is_empty() {
            return None;
        }
        let needs = |spec: usize| {
            let needs =
                desired.get(spec).and_then(Option::as_ref).map(Desired::resources).unwrap_or_default();
            needs
                .iter()
                .filter_map(|address| self.index.get(address).copied())
                .chain(self.targets(spec))
                .collect()
        };
        let ring = ring(self.specs.len(), &needs)?;
        let specs: Vec<&ExpandedSpec> = ring.iter().filter_map(|i| self.specs.get(*i)).collect();
        let first = specs.first()?;
        let names = specs.iter().chain([first]).map(|spec| format!("{}/{}", spec.kind, spec.name));
        let message = format!("these need each other: {}", names.collect::<Vec<_>>().join(" → "));
        let mut diagnostic = Problem::new("reference-cycle", message)
            .help("one of them must do without the other: state its value, or make it in a second apply")
            .at(first.kind_span);
        let others = specs.iter().skip(1).map(|spec| (spec.kind_span, "and this one".to_owned()));
        diagnostic.related.extend(others);
        Some(diagnostic)
    }
}

/// The addresses of resources are known before anything else is.
fn in_name(at: &Pointer, reference: &Reference) -> Option<Problem> {
    let problem = Problem::new("reference-too-early", format!("a name cannot follow from `{reference}`"));
    (*at == Pointer::from("name")).then(|| problem.help("make it of `vars`, `roster` and `course`"))
}

/// What a resource yields is known when it is made, and not before.
fn to_itself(reference: &Reference, own: &Address) -> Option<Problem> {
    let problem = Problem::new("reference-cycle", format!("{own} names its own result `{}`", reference.name));
    (reference.address == *own)
        .then(|| problem.help("state the value, or have the machine find it out at boot"))
}

/// The texts with references, by their place.
fn places(value: &Value, at: &Pointer, each: &mut impl FnMut(&Pointer, &str)) {
    match value {
        Value::String(text) if reference::is_in(text) => each(at, text),
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(i, value)| places(value, &at.child(i.to_string()), each));
        }
        Value::Object(map) => {
            map.iter().for_each(|(key, value)| places(value, &at.child(key.as_str()), each));
        }
        _ => {}
    }
}

/// The spec with what is declared elsewhere filled in.
pub(super) fn filled(spec: &ExpandedSpec, declared: &Declared) -> ExpandedSpec {
    let known =
        |reference: &Reference| declared.get(&reference.address)?.get(reference.name.as_str()).cloned();
    let mut spec = spec.clone();
    reference::fill(&mut spec.value, &known);
    spec
}

fn lacks(reference: &Reference, lacking: &Lacking) -> Option<Problem> {
    let why = lacking.get(reference)?;
    let problem =
        Problem::new("no-such-result", format!("{} has no `{}`", reference.address, reference.name));
    Some(problem.label(*why).help("name `internalIp` or `dnsName`, or give it an external address"))
}

/// What a resource does not yield although others of its kind do.
pub(super) fn lacking(resource: &Desired) -> Lacking {
    let why = |name: &str| resource.kind.lacks(&resource.resolved.value, name).ok().flatten();
    let reference = |name: &str| Reference { address: resource.address.clone(), name: name.to_owned() };
    resource.kind.yields().iter().filter_map(|row| Some((reference(row.name), why(row.name)?))).collect()
}

/// What a resource yields by its spec.
pub(super) fn declares(resource: &Desired, scope: &Scope) -> BTreeMap<&'static str, String> {
    // A kind that cannot read its own value says so when it is planned.
    let declared = resource.kind.declares(&resource.resolved.value, scope).unwrap_or_default();
    declared.into_iter().collect()
}

/// The first ring of a graph, if it has one.
fn ring(nodes: usize, next: &impl Fn(usize) -> Vec<usize>) -> Option<Vec<usize>> {
    let mut done = BTreeSet::new();
    (0..nodes).find_map(|node| walk(node, next, &mut Vec::new(), &mut done))
}

fn walk(
    node: usize,
    next: &impl Fn(usize) -> Vec<usize>,
    path: &mut Vec<usize>,
    done: &mut BTreeSet<usize>,
) -> Option<Vec<usize>> {
    if let Some(start) = path.iter().position(|earlier| *earlier == node) {
        return Some(path.split_off(start));
    }
    if done.contains(&node) {
        return None;
    }
    path.push(node);
    let found =
        next(node).into_iter().filter(|other| *other != node).find_map(|other| walk(other, next, path, done));
    path.pop();
    done.insert(node);
    found
}
