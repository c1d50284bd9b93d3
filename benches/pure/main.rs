//! The pure part of a plan, piece by piece: from texts to specs, to what is desired, to what is live, to verdicts, to a plan, to text.
//! Courses of three sizes, of which everything is there but the labels of the machines, so that every verdict has work to do.
#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

#[path = "../../examples/bench/course.rs"]
mod course;
mod world;

use divan::Bencher;
use divan::counter::ItemsCount;
use provost::diff::{self, Item};
use provost::kinds::{desire, schema};
use provost::plan::{self, Input, Plan};
use provost::report::{Secrets, json, text};
use provost::spec::folder;

use course::Mix;
use world::World;

const SIZES: [usize; 3] = [100, 1_000, 10_000];

fn resources(size: usize) -> ItemsCount {
    ItemsCount::new(Mix::of(size).resources())
}

fn main() {
    divan::main();
}

#[divan::bench(args = SIZES)]
fn read_and_expand(bencher: Bencher<'_, '_>, size: usize) {
    let world = World::of(size);
    let run = bencher.counter(resources(size)).with_inputs(|| world.texts.clone());
    run.bench_values(|texts| folder::read(texts, &world.registry.names(), &schema::strict_course()));
}

#[divan::bench(args = SIZES)]
fn check_and_desire(bencher: Bencher<'_, '_>, size: usize) {
    let world = World::of(size);
    let texts = world.texts.clone();
    let folder = folder::read(texts, &world.registry.names(), &schema::strict_course());
    let run = bencher.counter(resources(size));
    run.bench(|| desire(&world.registry, &folder.specs, &world.scope).unwrap());
}

#[divan::bench(args = SIZES)]
fn decode_live(bencher: Bencher<'_, '_>, size: usize) {
    let world = World::of(size);
    let asks = world.asks();
    let run = bencher.counter(resources(size));
    run.bench(|| {
        let seen = asks.iter().map(|of| of.kind.observe(&of.asks, &world.reads, &world.scope).unwrap());
        seen.collect::<Vec<_>>()
    });
}

#[divan::bench(args = SIZES)]
fn diff_both_sides(bencher: Bencher<'_, '_>, size: usize) {
    let world = World::of(size);
    let asks = world.asks();
    let observe =
        || asks.iter().map(|of| of.kind.observe(&of.asks, &world.reads, &world.scope).unwrap()).collect();
    let run = bencher.counter(resources(size)).with_inputs(observe);
    run.bench_values(|seen: Vec<_>| {
        let pairs = asks.iter().zip(seen);
        let items = pairs.flat_map(|(of, seen)| diff::diff(of, seen, &world.intent, &world.scope).unwrap());
        items.collect::<Vec<Item<'_>>>()
    });
}

#[divan::bench(args = SIZES)]
fn build_a_plan(bencher: Bencher<'_, '_>, size: usize) {
    let world = World::of(size);
    let asks = world.asks();
    let items = world.items(&asks);
    let run = bencher.counter(resources(size)).with_inputs(|| items.clone());
    run.bench_values(|items| plan::build(Input { items, ..world.input() }).unwrap());
}

fn shown(world: &World) -> Plan {
    let asks = world.asks();
    let plan = plan::build(Input { items: world.items(&asks), ..world.input() }).unwrap();
    let mut secrets = Secrets::default();
    secrets.gather_plan(&plan);
    secrets.hide_plan(&plan)
}

#[divan::bench(args = SIZES)]
fn hide_secrets(bencher: Bencher<'_, '_>, size: usize) {
    let world = World::of(size);
    let asks = world.asks();
    let plan = plan::build(Input { items: world.items(&asks), ..world.input() }).unwrap();
    let run = bencher.counter(resources(size));
    run.bench(|| {
        let mut secrets = Secrets::default();
        secrets.gather_plan(&plan);
        secrets.hide_plan(&plan)
    });
}

#[divan::bench(args = SIZES)]
fn render_text(bencher: Bencher<'_, '_>, size: usize) {
    let plan = shown(World::of(size));
    bencher.counter(resources(size)).bench(|| text::plan(&plan));
}

#[divan::bench(args = SIZES)]
fn render_json(bencher: Bencher<'_, '_>, size: usize) {
    let plan = shown(World::of(size));
    bencher.counter(resources(size)).bench(|| format!("{:#}", json::plan(&plan)));
}
