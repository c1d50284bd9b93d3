//! Instances that found no room: shown until the operation of their creation ends, and never there for anybody
//! else. Their keys lie outside of every project's.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::mutation;
use super::super::place::{self, Place};
use super::super::value::{set, text, unset};
use super::{INSTANCES, Subject, read};
use crate::sandbox::call::World;
use crate::sandbox::error::ApiError;

/// Where the state keeps until when. Never answered.
const UNTIL: &str = "#until";

fn key(path: &str) -> String {
    format!("compute/doomed/{path}")
}

/// Shows the instance until the operation that begins is done.
pub(super) fn show(world: &mut World<'_>, one: &Subject) {
    forget_gone(world);
    let mut vm = one.vm.clone();
    read::refresh_fingerprints(&mut vm);
    set(&mut vm, "status", "PROVISIONING");
    set(&mut vm, UNTIL, json!(mutation::end(world).to_string()));
    if is_there(&vm, world.now) {
        world.state.resources.insert(key(&one.path), vm);
    }
}

fn forget_gone(world: &mut World<'_>) {
    let now = world.now;
    let gone = world.state.below("compute/doomed/").filter(|(_, vm)| !is_there(vm, now));
    let gone: Vec<String> = gone.map(|(key, _)| key.clone()).collect();
    for key in gone {
        world.state.resources.remove(&key);
    }
}

fn is_there(vm: &Value, now: Timestamp) -> bool {
    text(vm, UNTIL).parse::<Timestamp>().is_ok_and(|until| now < until)
}

fn seen(mut vm: Value) -> Value {
    unset(&mut vm, UNTIL);
    vm
}

/// The instance at that path, while it is shown.
pub(super) fn at(world: &World<'_>, path: &str) -> Option<Value> {
    let found = world.state.resources.get(&key(path)).filter(|vm| is_there(vm, world.now))?;
    Some(seen(found.clone()))
}

/// Refuses the name of one that is shown.
pub(super) fn check_free(world: &World<'_>, path: &str) -> Result<(), ApiError> {
    at(world, path).map_or(Ok(()), |_| Err(place::taken(path)))
}

/// Every one that is shown in a zone.
pub(super) fn all(world: &World<'_>, place: &Place) -> Vec<Value> {
    let prefix = key(&place.of_resource(INSTANCES.name, ""));
    let found = world.state.below(&prefix).map(|(_, vm)| vm).filter(|vm| is_there(vm, world.now));
    found.cloned().map(seen).collect()
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::sandbox::compute::place::Scope;
    use crate::sandbox::limits::FRESH;
    use crate::sandbox::store::State;

    fn world(state: &mut State, second: i64) -> World<'_> {
        let now = Timestamp::from_second(second).unwrap();
        World {
            state,
            now,
            operation_time: SignedDuration::from_secs(10),
            limits: &FRESH,
            boot_time: SignedDuration::ZERO,
        }
    }

    fn subject(name: &str) -> Subject {
        let scope = Scope::Zone("europe-west1-b".to_owned());
        let place = Place { project: "my-course".to_owned(), scope };
        let path = place.of_resource(INSTANCES.name, name);
        Subject { place, path, vm: json!({ "name": name, "status": "RUNNING" }) }
    }

    #[test]
    fn it_is_shown_until_its_operation_ends_and_then_forgotten() {
        let mut state = State::default();
        let one = subject("one");
        show(&mut world(&mut state, 0), &one);
        for (second, there) in [(0, true), (9, true), (10, false)] {
            let world = world(&mut state, second);
            let seen = at(&world, &one.path);
            assert_eq!(
                seen.as_ref().map(|vm| text(vm, "status")),
                there.then_some("PROVISIONING"),
                "{second}"
            );
            assert_eq!(all(&world, &one.place).len(), usize::from(there), "{second}");
            assert_eq!(check_free(&world, &one.path).is_err(), there, "{second}");
        }
        show(&mut world(&mut state, 20), &subject("two"));
        assert_eq!(state.resources.len(), 1);
    }

    #[test]
    fn what_the_state_keeps_for_itself_is_not_shown() {
        let mut state = State::default();
        let one = subject("one");
        show(&mut world(&mut state, 0), &one);
        let seen = at(&world(&mut state, 0), &one.path).unwrap();
        assert!(seen.as_object().unwrap().keys().all(|field| !field.starts_with('#')));
    }
}
