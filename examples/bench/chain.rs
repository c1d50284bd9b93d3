//! The longest chain of operations in a plan: what its edges alone make an apply wait for, however much runs side by side.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, ensure};
use provost::diff::Intent;
use provost::gcp::call::{Edit, Send, Wait};
use provost::gcp::{Call, Client, Credentials, Endpoints};
use provost::inventory::Store;
use provost::kinds::{Checked, Files, KindRegistry, schema};
use provost::live;
use provost::plan::Plan;
use provost::spec::{folder, load};

/// Plans the course, and gives the number of operations of its longest chain and of the whole plan.
pub(crate) async fn longest(url: &str, path: &Path) -> anyhow::Result<(u32, u32)> {
    let registry = KindRegistry::standard();
    let (root, texts) = load::texts(path)?;
    let folder = folder::read(texts, &registry.names(), &schema::strict_course());
    let checked = Checked::of(&registry, folder, Files::default());
    ensure!(checked.is_sound(), "{:?}", checked.diagnostics);
    let course = checked.course.as_ref().context("no course")?;
    let client = Client::new(Endpoints::under(url)?, Credentials::None, root.clone())?;
    let store = Store::new(client.clone(), course, &root);
    let intent = Intent::default();
    let world = live::World { registry: &registry, desired: &checked.desired, intent: &intent };
    let record = store.load(&checked.scope.course);
    let (plan, _) = live::plan(&client, world, &checked.scope, record).await?;
    Ok((of(&plan), plan.steps.iter().map(|step| operations(&step.calls)).sum()))
}

/// Steps stand behind all that they wait for.
fn of(plan: &Plan) -> u32 {
    let mut until: BTreeMap<usize, u32> = BTreeMap::new();
    for step in &plan.steps {
        let before = step.after.iter().filter_map(|earlier| until.get(earlier)).max();
        until.insert(step.id, before.copied().unwrap_or_default() + operations(&step.calls));
    }
    until.into_values().max().unwrap_or_default()
}

/// Operations of a step that come one after the other.
fn operations(calls: &[Call]) -> u32 {
    let one = |wait: Wait| u32::from(wait != Wait::Answer);
    let of_call = |call: &Call| match call {
        Call::Send(Send { wait, .. }) | Call::Edit(Edit { wait, .. }) => one(*wait),
        Call::Each(all) => all.iter().map(|send| one(send.wait)).max().unwrap_or_default(),
        Call::FirstOf(first) => first.choices.first().map(|choice| one(choice.send.wait)).unwrap_or_default(),
        Call::Guard(_) => 0,
    };
    calls.iter().map(of_call).sum()
}
