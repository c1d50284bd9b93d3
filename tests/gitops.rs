//! The story of a course that lives in a repository, from the branch to the teardown: nothing reaches the project that no plan has
//! shown, and what others change is found and mended.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod support;

use std::path::PathBuf;

use insta::assert_snapshot;
use serde_json::{Value, json};
use support::rounds::Loop;
use support::{APIS, COURSE, Cloud, Room, Said, git, program, run};

const VM: &str = "---
kind: Vm
name: backend
machineType: e2-small
image: { family: debian-12, project: debian-cloud }
";
const OPEN: &str = "---
kind: FirewallRule
name: open-8501
allow: [tcp:8501]
";
const RULE: &str = "/compute/v1/projects/be-cloud-2526/global/firewalls/open-8501";

/// A repository with a course, and the cloud that it is applied to.
struct Story {
    room: Room,
    cloud: Cloud,
}

impl Story {
    async fn begin() -> Self {
        let room = Room::with(&format!("{COURSE}{APIS}{VM}"));
        let cloud = room.cloud().await;
        let story = Self { room, cloud };
        story.git(&["init", "--quiet", "--initial-branch=main"]);
        story.commit("Begin the course");
        story
    }

    fn git(&self, arguments: &[&str]) -> String {
        git(self.room.course().as_ref(), arguments)
    }

    /// Commits everything, and gives the commit.
    fn commit(&self, message: &str) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Runs the program on the course.
    fn provost(&self, command: &str, flags: &[&str]) -> Said {
        run(program(&[command, self.room.course()]).args(flags).env("PROVOST_ENDPOINT", self.cloud.url()))
    }

    fn plan_file(&self) -> PathBuf {
        self.room.state().with_file_name("plan.json")
    }

    /// Has the saved plan carried out, or refused.
    fn apply_plan(&self) -> Said {
        let file = self.plan_file();
        run(program(&["apply", file.to_str().unwrap(), "--yes"]).env("PROVOST_ENDPOINT", self.cloud.url()))
    }

    /// Opens the rule to others behind our back.
    async fn widen(&self) {
        let allowed = json!([{ "IPProtocol": "tcp", "ports": ["22"] }]);
        self.cloud.patch(RULE, &json!({ "allowed": allowed })).await;
    }

    async fn ports(&self) -> Value {
        self.cloud.get(RULE).await["allowed"][0]["ports"].clone()
    }

    fn converged(&self) {
        self.provost("plan", &["--detailed-exitcode"]).code(0);
    }
}

/// A comment without its diffs, whose lines are the plan's own.
fn outline(comment: &str) -> String {
    let mut inside = false;
    let lines = comment.lines().filter(|line| {
        let fence = line.starts_with("```");
        inside ^= fence;
        !fence && !inside && !line.is_empty()
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_course_lives_in_a_repository() {
    let story = Story::begin().await;
    story.provost("apply", &["--yes"]).code(0);
    story.converged();

    // A branch, and what a reviewer reads of it.
    story.git(&["switch", "--quiet", "--create", "open-8501"]);
    story.room.write("open.yaml", OPEN);
    let head = story.commit("Open the port of Streamlit");
    let out = story.plan_file().display().to_string();
    let comment = story.provost("plan", &["--out", &out, "--format", "markdown"]).code(0);
    assert_snapshot!(outline(&comment.out), @r"
    <!-- provost: be-cloud -->
    ### Plan for `be-cloud` in `be-cloud-2526`
    **Plan: 1 to create**, 2 unchanged.
    #### Changes
    <details><summary><code>+</code> create <code>FirewallRule/open-8501</code>: it does not exist</summary>
    </details>
    ");
    let saved: Value = serde_json::from_slice(&fs_err::read(story.plan_file()).unwrap()).unwrap();
    assert_eq!(saved["commit"], json!(head));

    // The merge is another commit of the same files: the reviewed plan is the one that runs, and it runs once.
    story.git(&["switch", "--quiet", "main"]);
    story.git(&["merge", "--quiet", "--no-ff", "--no-edit", "open-8501"]);
    let merged = story.git(&["rev-parse", "HEAD"]);
    assert_ne!(merged, head);
    story.apply_plan().code(0);
    story.converged();
    let again = story.apply_plan().code(4);
    assert!(again.out.contains("refused[inventory-moved]"), "{again:?}");
    let last = run(program(&["history", "show", "latest", story.room.course(), "--format", "json"])
        .env("PROVOST_ENDPOINT", story.cloud.url()));
    let last = last.code(0).json();
    assert_eq!((&last["commit"], &last["exit"]), (&json!(merged), &json!(0)));

    // What others do is found at night, and mended by the loop.
    story.widen().await;
    let drift = story.provost("plan", &["--drift", "--detailed-exitcode"]).code(2);
    assert!(drift.out.contains("~ changed  FirewallRule/open-8501"), "{}", drift.out);
    let mut rounds = Loop::start(story.room.course(), &story.cloud.url(), &[]);
    rounds.hear("result=\"applied\"");
    assert_eq!(story.ports().await, json!(["8501"]));

    // So is a commit that comes in while the loop runs.
    story.room.write("open.yaml", &OPEN.replace("tcp:8501", "tcp:8000"));
    let moved = story.commit("Move the port of Streamlit");
    rounds.hear(&moved);
    rounds.hear("result=\"applied\"");
    assert_eq!(story.ports().await, json!(["8000"]));
    assert_eq!(rounds.stop().0, Some(0));
    story.converged();

    // The teardown leaves the history and nothing else.
    story.provost("destroy", &["--yes"]).code(0);
    let ours = |path: &&String| path.contains("/instances/") || path.contains("/firewalls/open");
    assert_eq!(story.room.resources().keys().find(ours), None);
    let runs = story.provost("history", &["--format", "json"]).code(0).json();
    let done: Vec<&str> =
        runs["runs"].as_array().unwrap().iter().map(|run| run["doing"].as_str().unwrap()).collect();
    assert_eq!(done, ["destroy", "reconcile", "reconcile", "apply", "apply"]);
}
