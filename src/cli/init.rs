//! `provost init`: a course folder with a first spec that is valid, and says what to write next.

use std::path::Path;

use crate::spec::formats;

use super::args::InitArgs;
use super::exit::{Exit, Refusal};
use super::printer::Printer;

const FILE: &str = "course.yaml";

pub(super) fn run(args: &InitArgs, printer: &Printer) -> anyhow::Result<Exit> {
    let name = args.name.clone().unwrap_or_else(|| slug(&args.folder));
    for (format, text) in [("course-name", &name), ("project-id", &args.project)] {
        if let Some(Err(problem)) = formats::check(format, text) {
            let help = problem.help.map(|help| format!("; {help}")).unwrap_or_default();
            return Err(Refusal::Usage(format!("{}: {}{help}", problem.message, problem.label)).into());
        }
    }
    let path = args.folder.join(FILE);
    if path.exists() {
        return Err(Refusal::Usage(format!("{} exists already; nothing was written", path.display())).into());
    }
    fs_err::create_dir_all(&args.folder)?;
    fs_err::write(&path, template(&name, &args.project))?;
    let folder = args.folder.display();
    printer.out(&format!(
        "{} describes the course {name}. Next:\n  provost validate {folder}\n  provost plan {folder} --sandbox\n  provost apply {folder} --sandbox\n",
        path.display()
    ));
    Ok(Exit::Done)
}

/// A name of a course from the name of its folder.
fn slug(folder: &Path) -> String {
    let path = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let name = path.file_name().map(|n| n.to_string_lossy().to_lowercase()).unwrap_or_default();
    let slug: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let slug = slug.trim_start_matches(|c: char| !c.is_ascii_lowercase()).trim_end_matches('-').to_owned();
    if slug.is_empty() { "my-course".to_owned() } else { slug }
}

fn template(name: &str, project: &str) -> String {
    format!(
        "# A course in Google Cloud. `provost schema` describes every kind and field.
kind: Course
name: {name}
project: {project}
region: europe-west1
zones: [europe-west1-b, europe-west1-c]
labels: {{ course: {name} }}
---
kind: ApiServices
name: apis
services: [compute.googleapis.com, storage.googleapis.com]
---
# Lets browsers reach port 8501 of machines with the tag `web`.
kind: FirewallRule
name: open-8501
allow: [tcp:8501]
targetTags: [web]
---
kind: Vm
name: first-machine
machineType: e2-medium
image: {{ family: debian-12, project: debian-cloud }}
bootDisk: {{ sizeGb: 20 }}
tags: [web]
"
    )
}
