//! What is offered as the fix is one: the rule takes it, and the course is sound with it. And a sound course with a few
//! edits is read without a panic, with every finding inside the text it is about, whatever stands in the file beside it.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{RngSeed, TestCaseError};
use provost::kinds::{Checked, Files, KindRegistry, schema};
use provost::report::diagnostics;
use provost::spec::{Diagnostic, Sources, folder, formats};

/// A sound course with one of most things.
const COURSE: &str = r#"kind: Course
name: be-cloud
project: my-project-1
region: europe-west1
zones: [europe-west1-b, europe-west1-c]
labels: { course: be-cloud }
vars: { mascots: [cat, owl], image: europe-docker.pkg.dev/my-project-1/be/app, disk: { size: 50 } }
---
kind: ApiServices
name: apis
services:
  - compute.googleapis.com
---
kind: Bucket
name: my-project-1-{{ course.name }}
location: EU
versioning: true
labels: &labels { team: owl }
---
kind: FirewallRule
name: open-8501
allow: ["tcp:8501", icmp]
sourceRanges: [0.0.0.0/0]
---
kind: Vm
name: be-mascot-{{ vars.mascots[0] }}
machineType: n1-standard-1
image: { family: common-cpu, project: deeplearning-platform-release }
bootDisk: { sizeGb: "{{ vars.disk.size }}", type: pd-standard }
scopes: [storage-rw]
labels: { team: owl }
metadata:
  motd: |
    ${#list[@]} mascots:
    {{ vars.mascots | join(", ") }}
---
kind: ContainerVm
name: streamlit
machineType: e2-medium
containers:
  - name: app
    image: "{{ vars.image }}:1.0"
    ports: ["8501:8501"]
    env:
      GREETING: hello
---
kind: IamGrant
name: students
on: project
roles: [roles/storage.objectAdmin]
members: ["user:a@example.edu", 'group:b@example.edu']
"#;

/// What YAML and expressions are made of, and what breaks them.
const PIECES: [&str; 56] = [
    "\n",
    "  ",
    "\t",
    " ",
    "- ",
    ": ",
    ":",
    "? ",
    "#",
    " #",
    "---",
    "--- ",
    "...",
    "{",
    "}",
    "[",
    "]",
    ",",
    "\"",
    "'",
    "|",
    ">",
    "|2-",
    "&a",
    "*a",
    "<<: *a",
    "!!str ",
    "!x ",
    "%YAML 1.2\n",
    "~",
    "null",
    "true",
    "no",
    "0042",
    "1e999",
    "-1",
    "99999999999999999999",
    "kind: ",
    "name: ",
    "vars",
    "{{ vars.mascots }}",
    "{{",
    "}}",
    "{% for x in vars.mascots %}",
    "{% endfor %}",
    "{#",
    "${X}",
    "\u{feff}",
    "\u{0}",
    "\r\n",
    "é",
    "日本",
    "\\",
    "\\x",
    "@",
    "`",
];

fn seeded() -> ProptestConfig {
    ProptestConfig {
        cases: 250,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(2526),
        ..Default::default()
    }
}

/// Everything that `validate` does with texts.
fn validate(texts: &[&str]) -> (Sources, Vec<Diagnostic>) {
    let registry = KindRegistry::standard();
    let texts = texts.iter().enumerate().map(|(i, text)| (format!("{i}.yaml"), (*text).to_owned())).collect();
    let folder = folder::read(texts, &registry.names(), &schema::strict_course());
    let checked = Checked::of(&registry, folder, Files::default());
    (checked.sources, checked.diagnostics)
}

fn check(texts: &[&str]) -> Result<(), TestCaseError> {
    let (sources, found) = validate(texts);
    let places = found.iter().flat_map(|d| d.span.into_iter().chain(d.related.iter().map(|(span, _)| *span)));
    for span in places {
        let text = sources.text(span.source);
        prop_assert!(text.get(span.start..span.end).is_some(), "{span:?} is no place of {text:?}");
    }
    for finding in &found {
        prop_assert!(!finding.message.is_empty() && !finding.message.contains('\n'), "{:?}", finding.message);
    }
    prop_assert_eq!(diagnostics::json(&sources, &found).as_array().map(Vec::len), Some(found.len()));
    prop_assert!(found.is_empty() || !diagnostics::render(&sources, &found).is_empty());
    Ok(())
}

/// A place in a text, on the boundary of a character.
fn boundary(text: &str, at: Index) -> usize {
    let at = at.index(text.len() + 1);
    (0..=at).rev().find(|i| text.is_char_boundary(*i)).unwrap_or_default()
}

/// The course with a stretch of it replaced.
fn edited(edits: &[(Index, u8, &str)]) -> String {
    let mut text = COURSE.to_owned();
    for (at, length, piece) in edits {
        let start = boundary(&text, *at);
        let end = (start + usize::from(*length)).min(text.len());
        let end = (end..=text.len()).find(|i| text.is_char_boundary(*i)).unwrap_or(start);
        text.replace_range(start..end, piece);
    }
    text
}

#[test]
fn the_course_that_is_edited_is_sound() {
    let (sources, found) = validate(&[COURSE]);
    assert!(found.is_empty(), "{}", diagnostics::render(&sources, &found));
}

proptest! {
    #![proptest_config(seeded())]

    #[test]
    fn an_edited_course_is_read_without_a_panic(
        edits in prop::collection::vec((any::<Index>(), 0..12_u8, select(&PIECES[..])), 1..6)
    ) {
        check(&[&edited(&edits)])?;
    }

    #[test]
    fn a_broken_file_hides_nothing_of_another(
        edits in prop::collection::vec((any::<Index>(), 0..12_u8, select(&PIECES[..])), 1..6)
    ) {
        let other = "kind: Bukcet\nname: x\n";
        let (sources, found) = validate(&[&edited(&edits), other]);
        let of_other = |d: &&Diagnostic| d.span.is_some_and(|span| sources.path(span.source) == "1.yaml");
        prop_assert!(found.iter().filter(of_other).any(|d| d.code == "unknown-kind"));
    }

    #[test]
    fn a_format_takes_what_it_offers_as_the_fix(
        (name, text) in (select(formats::names().collect::<Vec<_>>()), "[ -~é]{0,40}|[a-zA-Z0-9:/._@-]{1,70}")
    ) {
        if let Some(Err(problem)) = formats::check(name, &text) {
            prop_assert!(!problem.code.is_empty() && !problem.label.is_empty());
            if let Some(fix) = problem.replacement {
                prop_assert_eq!(formats::check(name, &fix), Some(Ok(())), "{} of {:?}", name, text);
            }
        }
    }
}

/// Edits that a person makes by mistake, and that the finding can mend: applying the fix leaves nothing to find.
#[test]
fn the_fix_that_is_offered_mends_the_course() {
    let slips = [
        ("versioning: true", "versioning: yes"),
        ("versioning: true", "versionning: true"),
        ("n1-standard-1", "n1-standrad-1"),
        ("tcp:8501", "8501/tcp"),
        ("allow:", "alow:"),
        ("kind: Bucket", "kind: bucket"),
        ("user:a@example.edu", "a@example.edu"),
        ("compute.googleapis.com", "compute"),
        ("{ team: owl }", "{ team: Owl }"),
        ("type: pd-standard", "type: pd-standart"),
        ("roles/storage.objectAdmin", "storage.objectAdmin"),
        ("sizeGb: \"{{ vars.disk.size }}\"", "sizeGb: {{ vars.disk.size }}"),
        ("name: my-project-1-{{ course.name }}", "name: {{ course.project }}-{{ course.name }}"),
        ("region: europe-west1\n", "region: europe-west1-b\n"),
        ("on: project", "on: projct"),
    ];
    for (right, wrong) in slips {
        let text = COURSE.replacen(right, wrong, 1);
        let (sources, found) = validate(&[&text]);
        let [finding] = found.as_slice() else {
            panic!("{wrong}: one finding expected\n{}", diagnostics::render(&sources, &found));
        };
        let (Some(span), Some(fix)) = (finding.span, &finding.replacement) else {
            panic!("{wrong}: no fix in {finding:?}");
        };
        let mut mended = text.clone();
        mended.replace_range(span.start..span.end, fix);
        let (sources, left) = validate(&[&mended]);
        assert!(left.is_empty(), "{wrong} → {fix}\n{}", diagnostics::render(&sources, &left));
    }
}
