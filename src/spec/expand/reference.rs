//! `ref("Kind/name").result` in an expression: a text that stands for a value which another resource yields.
//! Pure. Whether there is such a resource, and whether it yields that, is found when all documents are expanded.

use std::sync::{Arc, Mutex, PoisonError};

use minijinja::value::{Object, ObjectRepr};
use minijinja::{Error, ErrorKind, Value as Jinja};
use serde_json::Value;

use crate::spec::address::Address;
use crate::spec::reference::{self, Reference};

/// The references that an evaluation made. One that the value does not hold any more was changed by a filter or an operator,
/// which cannot be done before it is known.
#[derive(Debug, Default)]
pub(super) struct Made(Mutex<Vec<Reference>>);

impl Made {
    /// Forgets what an earlier evaluation made.
    pub(super) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn note(&self, reference: Reference) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(reference);
    }

    /// The first reference that was made and is not in the value.
    pub(super) fn lost_in(&self, value: &Value) -> Option<Reference> {
        let made = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let kept = if made.is_empty() { Vec::new() } else { reference::anywhere(value) };
        made.into_iter().find(|reference| !kept.contains(reference))
    }
}

/// What `ref("Kind/name")` gives: its members are what the resource yields.
#[derive(Debug)]
struct Referred {
    address: Address,
    made: Arc<Made>,
}

impl Object for Referred {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Jinja) -> Option<Jinja> {
        let reference = Reference { address: self.address.clone(), name: key.as_str()?.to_owned() };
        let token = reference.token();
        self.made.note(reference);
        Some(Jinja::from(token))
    }
}

/// The function `ref` of expressions.
pub(super) fn function(made: &Arc<Made>) -> impl Fn(&str) -> Result<Jinja, Error> + Send + Sync + 'static {
    let made = Arc::clone(made);
    move |address| {
        let address: Address =
            address.parse().map_err(|error| Error::new(ErrorKind::InvalidOperation, format!("{error}")))?;
        Ok(Jinja::from_object(Referred { address, made: Arc::clone(&made) }))
    }
}
