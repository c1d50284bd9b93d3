//! The history: runs as they are written down, listed and deleted.

use super::*;
use crate::inventory::run::tests::sample;
use crate::inventory::{History, RunRecord};

fn run(id: &str) -> RunRecord {
    RunRecord { id: id.to_owned(), ..sample() }
}

async fn ids(history: &History) -> Vec<String> {
    history.list().await.unwrap().into_iter().map(|run| run.id).collect()
}

#[tokio::test]
async fn runs_are_kept_listed_and_deleted_in_a_bucket_and_in_a_folder() {
    let (fake, cloud) = cloud(None).await;
    let folder = tempfile::tempdir().unwrap();
    let file = Store::new(fake.client(), &course(Some("be.json")), folder.path());
    for history in [History::of(&store(&fake)), History::of(&file)] {
        assert_eq!(ids(&history).await, [] as [&str; 0]);
        let begun = history.begin(&run("2026-b")).await.unwrap();
        history.begin(&run("2026-a")).await.unwrap();
        history.begin(&run("2026-c")).await.unwrap();
        let ended = RunRecord { exit: Some(0), ..run("2026-b") };
        history.end(&ended, &begun).await.unwrap();
        let listed = history.list().await.unwrap();
        let read = history.read(&listed).await.unwrap();
        assert_eq!(read, [run("2026-c"), ended, run("2026-a")], "the latest first");
        history.delete(&listed[1..]).await.unwrap();
        assert_eq!(ids(&history).await, ["2026-c"]);
        history.delete(&listed[..1]).await.unwrap();
        assert_eq!(history.read(&listed).await.unwrap(), [], "what is gone is left out");
    }
    assert!(
        !folder.path().join("be.runs").exists() && !cloud.lock().unwrap().bucket,
        "nothing is left behind"
    );
}

#[tokio::test]
async fn the_end_of_a_run_is_not_written_over_another_documents() {
    let (fake, cloud) = cloud(None).await;
    let history = History::of(&store(&fake));
    let begun = history.begin(&run("r")).await.unwrap();
    cloud.lock().unwrap().put("be/runs/r.json", "{}");
    assert!(history.end(&run("r"), &begun).await.unwrap_err().is_raced());
    assert!(history.begin(&run("r")).await.unwrap_err().is_raced());
}

#[tokio::test]
async fn the_bucket_stays_while_anything_is_in_it() {
    let (fake, cloud) = cloud(None).await;
    let history = History::of(&store(&fake));
    history.begin(&run("r")).await.unwrap();
    cloud.lock().unwrap().put("other/inventory.json", "{}");
    history.delete(&history.list().await.unwrap()).await.unwrap();
    assert!(cloud.lock().unwrap().bucket);
}
