//! The contract with the spec type taken out: what diff and plan work with.
//! Only conversion between typed specs and JSON values; no rule of its own.

use std::marker::PhantomData;
use std::sync::Arc;

use jiff::Timestamp;
use schemars::{Schema, SchemaGenerator};
use serde_json::Value;

use super::contract::{
    Ask, Choices, Facts, Finding, Need, Observation, Observed, OnDestroy, Resource, Update,
};
use super::ending::{self, Ending};
use super::field::{FieldChange, Owned};
use super::governed::{self, Governed};
use super::handout::Handout;
use super::import::Imported;
use super::lint::Lint;
use super::reads::Reads;
use super::scope::Scope;
use super::yields::Yield;
use crate::gcp::{Call, Read};
use crate::spec::{Address, Pointer, Problem};

/// A spec value that its own kind cannot read: a defect of the kind, not of the user's spec.
#[derive(Debug, thiserror::Error)]
#[error("a normalised {kind} does not decode as its own spec")]
pub struct DecodeError {
    kind: &'static str,
    #[source]
    source: serde_json::Error,
}

type Decoded<T> = Result<T, DecodeError>;

/// What a desired resource is to the engine, derived from its spec once.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The spec, filled in and normalised.
    pub value: Value,
    /// What must be there first.
    pub needs: Vec<Need>,
    /// The resource it lives in.
    pub inside: Option<Address>,
    /// Identities that no two specs may share.
    pub claims: Vec<String>,
    /// APIs it enables.
    pub provides: Vec<String>,
    /// What becomes of it in the end.
    pub on_destroy: OnDestroy,
    /// When it is over, and who ends it then.
    pub ends: Option<(Timestamp, Ending)>,
    /// Where it will be.
    pub resource: String,
    /// Whether the spec itself says where.
    pub placed: bool,
    /// What is unwise in it; nothing for what did not come from a spec.
    pub lint: Vec<Lint>,
}

/// A kind whose spec is a JSON value. Implemented once, for every [`Resource`].
#[expect(missing_docs, reason = "each method is the one of Resource with the same name")]
pub trait Kind: Sync {
    fn facts(&self) -> &'static Facts;
    fn derived(&self) -> &'static [&'static str];
    fn yields(&self) -> &'static [Yield];
    fn declares(&self, value: &Value, scope: &Scope) -> Decoded<Vec<(&'static str, String)>>;
    fn choices(&self, value: &Value, scope: &Scope) -> Decoded<Choices>;
    /// How many seconds ahead Google takes an end of it.
    fn farthest_end(&self) -> Option<u64>;
    fn schema(&self, generator: &mut SchemaGenerator) -> Schema;
    /// Decodes, checks, fills and normalises what a spec says.
    fn desire(&self, spec: &Value, scope: &Scope) -> Result<Resolved, Vec<Finding>>;
    /// The same derivations for a value that is desired or live already.
    fn resolved(&self, value: &Value, scope: &Scope) -> Decoded<Resolved>;
    fn handout(&self, value: &Value, scope: &Scope) -> Decoded<Handout>;
    fn governed(&self, value: &Value, scope: &Scope) -> Decoded<Vec<Governed>>;
    fn complete(&self, desired: &Value, live: &Observed<Value>, scope: &Scope) -> Decoded<Value>;
    /// The value as `stated` leaves it open, if that is another one.
    fn reopened(&self, value: &Value, stated: &Value) -> Decoded<Option<Value>>;
    fn normalised(&self, value: &Value, scope: &Scope) -> Decoded<Value>;
    fn lacks(&self, value: &Value, result: &str) -> Decoded<Option<&'static str>>;
    fn reads(&self, ask: &Ask<&Value>, scope: &Scope) -> Decoded<Vec<Read>>;
    fn collections(&self, scope: &Scope) -> Vec<Read>;
    fn more_reads(&self, asks: &[Ask<&Value>], reads: &Reads, scope: &Scope) -> Decoded<Vec<Read>>;
    fn observe(&self, asks: &[Ask<&Value>], reads: &Reads, scope: &Scope) -> Decoded<Observation<Value>>;
    fn owns(&self, desired: &Value, before: Option<&Observed<Value>>, owned: &Owned) -> Decoded<Owned>;
    fn create(&self, desired: &Value, scope: &Scope) -> Decoded<Vec<Call>>;
    fn change(
        &self,
        via: &str,
        desired: &Value,
        live: &Observed<Value>,
        fields: &[FieldChange],
        scope: &Scope,
    ) -> Decoded<Vec<Call>>;
    fn delete(&self, live: &Observed<Value>, ask: &Ask<&Value>, scope: &Scope) -> Decoded<Vec<Call>>;
    fn release(&self, live: &Observed<Value>, scope: &Scope) -> Decoded<Vec<Call>>;
    fn import_reads(&self, asks: &[Ask<&Value>], reads: &Reads, scope: &Scope) -> Decoded<Vec<Read>>;
    /// Every resource of the kind, each as it is written down.
    fn imports(&self, asks: &[Ask<&Value>], reads: &Reads, scope: &Scope) -> Decoded<Vec<Imported>>;
}

/// The kind of a spec type.
#[derive(Debug)]
pub struct Erased<T>(PhantomData<fn() -> T>);

impl<T: Resource> Erased<T> {
    /// The one value of this type.
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T: Resource> Default for Erased<T> {
    fn default() -> Self {
        Self::new()
    }
}

fn typed<T: Resource>(value: &Value) -> Decoded<T> {
    T::deserialize(value).map_err(|source| DecodeError { kind: T::FACTS.kind, source })
}

fn erased<T: Resource>(spec: &T) -> Decoded<Value> {
    serde_json::to_value(spec).map_err(|source| DecodeError { kind: T::FACTS.kind, source })
}

fn typed_ask<T: Resource>(ask: &Ask<&Value>) -> Decoded<Ask<T>> {
    let Ask { name, desired, resource, owned, leaving } = ask;
    let desired = desired.map(typed).transpose()?;
    Ok(Ask {
        name: name.clone(),
        desired,
        resource: resource.clone(),
        owned: Arc::clone(owned),
        leaving: *leaving,
    })
}

fn map_observed<A, B>(live: &Observed<A>, spec: B) -> Observed<B> {
    let Observed { resource, wire, mark, claimed, contents, protected, external_address, status, .. } = live;
    Observed {
        resource: resource.clone(),
        spec,
        wire: Arc::clone(wire),
        mark: mark.clone(),
        claimed: claimed.clone(),
        contents: contents.clone(),
        protected: *protected,
        external_address: external_address.clone(),
        status: status.clone(),
    }
}

fn typed_live<T: Resource>(live: &Observed<Value>) -> Decoded<Observed<T>> {
    Ok(map_observed(live, typed(&live.spec)?))
}

fn erased_live<T: Resource>(live: &Observed<T>) -> Decoded<Observed<Value>> {
    Ok(map_observed(live, erased(&live.spec)?))
}

fn resolve<T: Resource>(spec: &T, scope: &Scope) -> Decoded<Resolved> {
    let value = erased(spec)?;
    let mut needs = spec.needs(scope);
    needs.push(Need::api(T::FACTS.service, &scope.project));
    needs.sort();
    needs.dedup();
    Ok(Resolved {
        ends: ending::over(&value, scope).map(|time| (time, spec.ending(scope))),
        value,
        needs,
        inside: spec.inside(scope),
        claims: spec.claims(scope),
        provides: spec.provides(),
        on_destroy: spec.on_destroy(),
        resource: spec.resource(scope),
        placed: spec.is_placed(),
        lint: Vec::new(),
    })
}

fn undecodable(error: &DecodeError) -> Vec<Finding> {
    let message = std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string);
    vec![(Pointer::default(), Problem::new("invalid-spec", message))]
}

impl<T: Resource> Kind for Erased<T> {
    fn facts(&self) -> &'static Facts {
        T::FACTS
    }

    fn derived(&self) -> &'static [&'static str] {
        T::DERIVED
    }

    fn yields(&self) -> &'static [Yield] {
        T::YIELDS
    }

    fn declares(&self, value: &Value, scope: &Scope) -> Decoded<Vec<(&'static str, String)>> {
        Ok(typed::<T>(value)?.declares(scope))
    }

    fn choices(&self, value: &Value, scope: &Scope) -> Decoded<Choices> {
        Ok(typed::<T>(value)?.choices(scope))
    }

    fn farthest_end(&self) -> Option<u64> {
        T::RUNS.map(|runs| *runs.end())
    }

    fn schema(&self, generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }

    fn desire(&self, spec: &Value, scope: &Scope) -> Result<Resolved, Vec<Finding>> {
        let mut spec: T = typed(spec).map_err(|e| undecodable(&e))?;
        let mut findings = spec.check(scope);
        let by_default = spec.is_of_the_session();
        if let Some(expires) = spec.expires() {
            findings.extend(ending::check(expires.as_ref(), T::RUNS, scope));
            ending::settle(expires, by_default, scope);
        }
        if !findings.is_empty() {
            return Err(findings);
        }
        // Places are those of the spec as it was written: filling in and normalising move and sort.
        let mut lint = spec.lint(scope);
        if scope.policy.is_stated() {
            lint.extend(governed::warnings(&scope.policy, &spec.governed(scope), &scope.project));
        }
        spec.fill(scope);
        spec.normalise(scope);
        let resolved = resolve(&spec, scope).map_err(|e| undecodable(&e))?;
        Ok(Resolved { lint, ..resolved })
    }

    fn resolved(&self, value: &Value, scope: &Scope) -> Decoded<Resolved> {
        resolve(&typed::<T>(value)?, scope)
    }

    fn governed(&self, value: &Value, scope: &Scope) -> Decoded<Vec<Governed>> {
        let governs = typed::<T>(value)?.governed(scope);
        Ok(governs.into_iter().map(|(_, governed)| governed).collect())
    }

    fn handout(&self, value: &Value, scope: &Scope) -> Decoded<Handout> {
        Ok(typed::<T>(value)?.handout(scope))
    }

    fn complete(&self, desired: &Value, live: &Observed<Value>, scope: &Scope) -> Decoded<Value> {
        let mut spec: T = typed(desired)?;
        spec.complete(&typed_live(live)?, scope);
        erased(&spec)
    }

    fn reopened(&self, value: &Value, stated: &Value) -> Decoded<Option<Value>> {
        let mut spec: T = typed(value)?;
        spec.reopen(&typed(stated)?);
        let open = erased(&spec)?;
        Ok((open != *value).then_some(open))
    }

    fn normalised(&self, value: &Value, scope: &Scope) -> Decoded<Value> {
        let mut spec: T = typed(value)?;
        spec.normalise(scope);
        erased(&spec)
    }

    fn lacks(&self, value: &Value, result: &str) -> Decoded<Option<&'static str>> {
        Ok(typed::<T>(value)?.lacks(result))
    }

    fn reads(&self, ask: &Ask<&Value>, scope: &Scope) -> Decoded<Vec<Read>> {
        Ok(T::reads(&typed_ask(ask)?, scope))
    }

    fn collections(&self, scope: &Scope) -> Vec<Read> {
        T::collections(scope)
    }

    fn more_reads(&self, asks: &[Ask<&Value>], reads: &Reads, scope: &Scope) -> Decoded<Vec<Read>> {
        let asks = asks.iter().map(typed_ask).collect::<Decoded<Vec<Ask<T>>>>()?;
        Ok(T::more_reads(&asks, reads, scope))
    }

    fn observe(&self, asks: &[Ask<&Value>], reads: &Reads, scope: &Scope) -> Decoded<Observation<Value>> {
        let asks = asks.iter().map(typed_ask).collect::<Decoded<Vec<Ask<T>>>>()?;
        let seen = T::observe(&asks, reads, scope);
        let found = seen.found.iter().map(|live| live.as_ref().map(erased_live).transpose());
        let others = seen.others.iter().map(|(name, live)| Ok((name.clone(), erased_live(live)?)));
        Ok(Observation { found: found.collect::<Decoded<_>>()?, others: others.collect::<Decoded<_>>()? })
    }

    fn owns(&self, desired: &Value, before: Option<&Observed<Value>>, owned: &Owned) -> Decoded<Owned> {
        let spec: T = typed(desired)?;
        let before = before.map(typed_live).transpose()?;
        Ok(spec.owns(before.as_ref(), owned).unwrap_or_else(|| declared_keys(T::FACTS, desired)))
    }

    fn create(&self, desired: &Value, scope: &Scope) -> Decoded<Vec<Call>> {
        Ok(typed::<T>(desired)?.create(scope))
    }

    fn change(
        &self,
        via: &str,
        desired: &Value,
        live: &Observed<Value>,
        fields: &[FieldChange],
        scope: &Scope,
    ) -> Decoded<Vec<Call>> {
        let (desired, live) = (typed::<T>(desired)?, typed_live(live)?);
        Ok(T::change(via, &Update { desired: &desired, live: &live, fields }, scope))
    }

    fn delete(&self, live: &Observed<Value>, ask: &Ask<&Value>, scope: &Scope) -> Decoded<Vec<Call>> {
        Ok(T::delete(&typed_live(live)?, &typed_ask(ask)?, scope))
    }

    fn release(&self, live: &Observed<Value>, scope: &Scope) -> Decoded<Vec<Call>> {
        Ok(T::release(&typed_live(live)?, scope))
    }

    fn import_reads(&self, asks: &[Ask<&Value>], reads: &Reads, scope: &Scope) -> Decoded<Vec<Read>> {
        let asks = asks.iter().map(typed_ask).collect::<Decoded<Vec<Ask<T>>>>()?;
        Ok(T::import_reads(&asks, reads, scope))
    }

    fn imports(&self, asks: &[Ask<&Value>], reads: &Reads, scope: &Scope) -> Decoded<Vec<Imported>> {
        let asks = asks.iter().map(typed_ask).collect::<Decoded<Vec<Ask<T>>>>()?;
        let one = |(name, live): (String, Observed<T>)| {
            let written = match T::written(&live, reads, scope) {
                Ok(written) => {
                    let spec = erased(&written.spec)?;
                    Ok(written.map(|_| spec))
                }
                Err(why) => Err(why),
            };
            Ok(Imported { name, live: erased_live(&live)?, written })
        };
        T::imports(&asks, reads, scope).into_iter().map(one).collect()
    }
}

/// The keys of every keyed field that a desired value declares.
fn declared_keys(facts: &Facts, desired: &Value) -> Owned {
    let mut owned = Owned::default();
    for facet in facts.keyed {
        match desired.pointer(&format!("/{}", facet.replace('.', "/"))) {
            Some(Value::Object(map)) => map.keys().for_each(|key| owned.insert(facet, key)),
            Some(Value::Array(set)) => {
                set.iter().filter_map(Value::as_str).for_each(|member| owned.insert(facet, member));
            }
            _ => {}
        }
    }
    owned
}
