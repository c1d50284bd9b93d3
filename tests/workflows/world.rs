//! A course in a repository, its project on a sandbox, and a release of the program under test.

use std::process::Command;

use sha2::{Digest, Sha256};

use super::coverage::Coverage;
use super::github::{Event, GitHub};
use super::runner::{self, Ended, Result};
use crate::support::{APIS, COURSE, Cloud, Room};

/// What the course of these tests has beside its APIs.
pub(crate) const RULE: &str = "---
kind: FirewallRule
name: open-8501
allow: [tcp:8501]
sourceRanges: [10.0.0.0/8]
";

/// A course with these documents.
pub(crate) fn course(documents: &str) -> String {
    format!("{COURSE}{APIS}{documents}")
}

pub(crate) struct World {
    pub(crate) github: GitHub,
    pub(crate) cloud: Cloud,
    pub(crate) room: Room,
    coverage: Coverage,
}

impl World {
    /// A repository with this course, nothing applied, and a release.
    pub(crate) async fn with(course: &str) -> Self {
        let room = Room::with(course);
        let cloud = room.cloud().await;
        let github = GitHub::new(&cloud.url(), course);
        let world = Self { github, cloud, room, coverage: Coverage::default() };
        world.release("x86_64-unknown-linux-musl");
        world
    }

    /// The same, with the course applied.
    pub(crate) async fn applied(course: &str) -> Self {
        let mut world = Self::with(course).await;
        let by_hand = world.github.event("workflow_dispatch");
        world.run("apply.yml", &by_hand).is("apply", Result::Success);
        world
    }

    /// Runs a workflow.
    pub(crate) fn run(&mut self, workflow: &str, event: &Event) -> Ended {
        let ended = runner::run(&self.github, workflow, event);
        self.coverage.add(ended.coverage.clone());
        ended
    }

    /// Plans a pull request, whose run is then among those that succeeded.
    pub(crate) fn plan(&mut self, event: &Event) -> Ended {
        let ended = self.run("plan.yml", event).is("plan", Result::Success);
        self.github.add("runs", event.ran());
        ended
    }

    /// What has run; the last thing that a test asks.
    pub(crate) fn coverage(self) -> Coverage {
        self.coverage
    }

    /// Releases the program: an archive, its checksum, and the word of who built it.
    fn release(&self, target: &str) {
        let folder = self.github.state().join("releases/latest");
        fs_err::create_dir_all(&folder).unwrap();
        let archive = folder.join(format!("provost-{target}.tar.gz"));
        let built = self.github.built();
        let tar = Command::new("tar")
            .arg("-czf")
            .arg(&archive)
            .arg("-C")
            .arg(built.parent().unwrap())
            .arg("provost")
            .status();
        assert!(tar.unwrap().success());
        let sum = format!(
            "{}  {}",
            hex(&fs_err::read(&archive).unwrap()),
            archive.file_name().unwrap().to_str().unwrap()
        );
        fs_err::write(folder.join("SHA256SUMS"), format!("{sum}\n")).unwrap();
        self.github.note("attested", &sum);
    }
}

/// The SHA-256 of this content.
fn hex(content: &[u8]) -> String {
    use std::fmt::Write;
    Sha256::digest(content).iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}
