//! A course with its project, made once per size: applied to a sandbox, read back, and then changed in its specs.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use provost::apply::{self, Run};
use provost::diff::{self, Intent, Item, KindAsks};
use provost::gcp::{Client, Credentials, Endpoints};
use provost::inventory::{Record, Recorder, Store};
use provost::kinds::{Checked, Desired, Files, KindRegistry, Reads, Scope, Scopes, schema};
use provost::live::{self, Seen};
use provost::plan::Input;
use provost::sandbox::start;
use provost::spec::{Course, Text, folder, load};

use crate::course::{self, Mix};

/// What the pure part works on.
pub(crate) struct World {
    /// The specs as they are after the change.
    pub(crate) texts: Vec<Text>,
    pub(crate) registry: KindRegistry,
    pub(crate) scope: Scope,
    pub(crate) desired: Vec<Desired>,
    pub(crate) record: Record,
    pub(crate) reads: Reads,
    pub(crate) intent: Intent,
}

static WORLDS: [(usize, OnceLock<World>); 3] =
    [(100, OnceLock::new()), (1_000, OnceLock::new()), (10_000, OnceLock::new())];

impl World {
    /// The world of a size.
    pub(crate) fn of(size: usize) -> &'static Self {
        let (_, world) = WORLDS.iter().find(|(of, _)| *of == size).unwrap();
        world.get_or_init(|| {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
            runtime.block_on(Self::made(size))
        })
    }

    async fn made(size: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Mix::of(size).write(folder.path()).unwrap();
        let texts = load::texts(folder.path()).unwrap().1;
        let cloud = start(course::cloud(Duration::ZERO)).await.unwrap();
        let endpoints = Endpoints::under(&cloud.url()).unwrap();
        let client = Client::new(endpoints, Credentials::None, folder.path().to_owned()).unwrap();
        let before = checked(texts.clone());
        let record = applied(&client, &before, folder.path()).await;
        let texts = changed(texts);
        let after = checked(texts.clone());
        let mut scope = after.scope;
        let places = after.desired.iter().map(|d| (d.address.clone(), d.resolved.resource.clone()));
        scope.places = places.collect();
        let (registry, intent) = (KindRegistry::standard(), Intent::default());
        let mut seen = Seen::default();
        let asks = diff::asks(&registry, &after.desired, &record, &intent);
        seen.observe(&client, &asks, &Scopes::of(scope.clone(), [])).await.unwrap();
        let (desired, reads) = (after.desired, seen.reads);
        Self { texts, registry, scope, desired, record, reads, intent }
    }

    pub(crate) fn asks(&self) -> Vec<KindAsks<'_>> {
        diff::asks(&self.registry, &self.desired, &self.record, &self.intent)
    }

    pub(crate) fn items<'a>(&'a self, asks: &[KindAsks<'a>]) -> Vec<Item<'a>> {
        let one = |of: &KindAsks<'a>| {
            let seen = of.kind.observe(&of.asks, &self.reads, &self.scope).unwrap();
            diff::diff(of, seen, &self.intent, &self.scope).unwrap()
        };
        asks.iter().flat_map(one).collect()
    }

    /// What a plan is built from, but for the items.
    pub(crate) fn input(&self) -> Input<'_> {
        Input { scope: &self.scope, items: Vec::new(), intent: &self.intent, disabled: BTreeMap::new() }
    }
}

fn checked(texts: Vec<Text>) -> Checked {
    let registry = KindRegistry::standard();
    let folder = folder::read(texts, &registry.names(), &schema::strict_course());
    Checked::of(&registry, folder, Files::default())
}

/// Every machine is to have another label, and every rule another port.
fn changed(texts: Vec<Text>) -> Vec<Text> {
    let change = |text: String| text.replace("team: team-", "team: crew-").replace("tcp:8", "tcp:9");
    texts.into_iter().map(|text| Text { text: change(text.text), ..text }).collect()
}

async fn applied(client: &Client, checked: &Checked, folder: &Path) -> Record {
    let (registry, intent) = (KindRegistry::standard(), Intent::default());
    let course: &Course = checked.course.as_ref().unwrap();
    let mut store = Store::new(client.clone(), course, folder);
    let world = live::World { registry: &registry, desired: &checked.desired, intent: &intent };
    let record = store.load(&checked.scope.course);
    let (plan, record) = live::plan(client, world, &checked.scope, record).await.unwrap();
    store.open(&record).await.unwrap();
    let recorder = Recorder::new(store, record);
    let run = Run {
        client: client.clone(),
        recorder: recorder.clone(),
        parallel: apply::PARALLEL,
        listener: Arc::new(|_| ()),
        stop: tokio::sync::watch::channel(0).1,
    };
    assert!(apply::apply(&run, &plan).await.is_complete());
    recorder.close().await.unwrap()
}
