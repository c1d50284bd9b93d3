//! The faults file: what it may say, what is refused and how, and its schema.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod support;

use provost::sandbox::Faults;
use serde_json::Value;
use support::{COURSE, Room};

#[test]
fn limits_stand_in_the_same_file() {
    let faults = Faults::parse("limits: { capacity: { europe-west1-b: { vms: 3 } } }").unwrap();
    assert_eq!(faults.limits().capacity["europe-west1-b"].vms, Some(3));
}

#[test]
fn a_wrong_file_is_refused_with_place_reason_and_remedy() {
    let rows = [
        ("seed: 1\nfault: []", "2:1: there is no field `fault` here; did you mean `faults`?"),
        (
            "faults:\n- method: '*'\n  tims: 1\n  drop: before",
            "3:3: there is no field `tims` here; did you mean `times`?",
        ),
        ("faults:\n- drop: before", "2:3: missing field `method`"),
        (
            "faults:\n- method: '*'\n  times: 1",
            "2:3: this fault does nothing; give one of `status`, `latency`, `drop`, `hang`, `garbage`, `operation`, `notReady`, `flicker`, `unknownMember`, `foreignWrite`",
        ),
        (
            "faults:\n- method: '*'\n  drop: before\n  hang: after",
            "2:3: a fault does one thing, and this one has `drop` and `hang`; make it two faults",
        ),
        (
            "faults:\n- method: compute.instance.insert\n  drop: before",
            "2:3: no method fits `compute.instance.insert`; did you mean `compute.instances.insert`?",
        ),
        (
            "faults:\n- method: storage.*\n  operation: { code: X }",
            "2:3: `operation` cannot strike any call of `storage.*`; it is for methods that begin an operation, such as `compute.instances.insert`",
        ),
        (
            "faults:\n- method: '*'\n  latency: fast",
            "3:12: `fast` is no length of time; write it like 500ms, 2s or 1m30s",
        ),
        (
            "faults:\n- method: '*'\n  status: { code: 200 }",
            "2:3: `code: 200` is no error; give a status from 400 to 599",
        ),
        (
            "faults:\n- method: '*'\n  probability: 2\n  drop: after",
            "2:3: `probability` is a number from 0 to 1",
        ),
        (
            "faults:\n- method: '*'\n  times: 0\n  drop: after",
            "2:3: with `times: 0` this fault never strikes; leave the fault out",
        ),
        (
            "faults:\n- method: '*'\n  flicker: { reads: 2, pattern: x }",
            "2:3: `pattern` is made of `-` (not found) and `+` (found); write it like \"-+-\"",
        ),
        (
            "operationTimes: { compute.instances.inset: 2s }",
            "1:19: no method that begins an operation fits `compute.instances.inset`; did you mean `compute.instances.insert`?",
        ),
        (
            "faults:\n- method: compute.*\n  operation: { code: QUOTA_EXCEEDED, metric: CPU }",
            "2:3: there is no quota `CPU`; metrics are named like `N2_CPUS`",
        ),
        (
            "seed: 1\nlimits: { capacity: { europe-west1-z: { vms: 3 } } }",
            "2:23: there is no zone 'europe-west1-z' to have room",
        ),
        (
            "limits: { capacity: { europe-west1-b: { vm: 3 } } }",
            "1:41: there is no field `vm` here; did you mean `vms`?",
        ),
    ];
    for (text, wanted) in rows {
        let error = Faults::parse(text).map(drop).unwrap_err();
        assert_eq!(error.to_string(), wanted, "{text}");
    }
}

#[test]
fn an_empty_file_is_a_cloud_without_trouble() {
    for text in ["", "# nothing\n", "faults: []"] {
        assert!(Faults::parse(text).is_ok(), "{text}");
    }
}

/// Valid files, one per fault.
const VALID: [&str; 11] = [
    "status: { code: 429, reason: a, status: B, message: c, retryAfter: 1, errorInfo: { reason: X, domain: d, metadata: { a: b } }, effect: true }",
    "status: { code: 502, html: true }",
    "latency: 1m30s",
    "drop: before",
    "hang: after",
    "garbage: truncatedJson",
    "operation: { code: X, message: m, httpStatus: 400, details: [{ a: b }] }",
    "notReady: { calls: 2, lasts: 3s }",
    "flicker: { reads: 2, pattern: '-+', status: 403 }",
    "unknownMember: { writes: 1 }",
    "foreignWrite: { role: r, member: m, metadata: { a: b }, labels: { a: b }, tags: [t], content: c }",
];

fn values(text: &str) -> Value {
    provost::spec::yaml::documents(provost::spec::SourceId(0), text).0[0].to_value()
}

#[test]
fn the_schema_takes_what_the_sandbox_takes_and_refuses_what_it_refuses() {
    let schema = jsonschema::draft7::new(&Faults::schema()).unwrap();
    let file = |fault: &str| {
        format!(
            "seed: 1\noperationTimes: {{ 'compute.*': 2s }}\nfaults:\n- {{ method: '*', resource: x, after: 1, times: 2, probability: 0.5, each: true, {fault} }}\n"
        )
    };
    for fault in VALID {
        let text = file(fault);
        assert!(Faults::parse(&text).is_ok(), "{text}");
        assert!(schema.is_valid(&values(&text)), "{text}");
    }
    for wrong in [
        "x: 1",
        "drop: never",
        "drop: before, hang: before",
        "latency: 5",
        "latency: -5s",
        "status: { code: 200 }",
        "status: {}",
        "operation: {}",
        "operation: { code: X, zone: y }",
        "garbage: html",
        "flicker: { reads: 1, pattern: 'x' }",
        "flicker: { reads: 1, status: 500 }",
        "flicker: {}",
        "drop:",
    ] {
        let text = file(wrong);
        assert!(Faults::parse(&text).is_err(), "{text}");
        assert!(!schema.is_valid(&values(&text)), "{text}");
    }
}

#[test]
fn the_example_of_the_readme_is_valid() {
    let readme = include_str!("../README.md");
    let blocks = readme.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next());
    let example = blocks.filter(|block| block.contains("schemas/faults.json")).collect::<Vec<_>>();
    assert_eq!(example.len(), 1);
    assert!(Faults::parse(example[0]).is_ok(), "{:?}", Faults::parse(example[0]).map(drop));
    let schema = jsonschema::draft7::new(&Faults::schema()).unwrap();
    assert!(schema.is_valid(&values(example[0])));
}

#[test]
fn a_command_meets_the_faults_of_its_file() {
    let room = Room::with(COURSE);
    let file = room.course().to_owned() + "-faults.yaml";
    let faults = ["--faults", file.as_str()];
    fs_err::write(
        &file,
        "faults:\n- { method: storage.*, times: 1, status: { code: 403, message: not today } }",
    )
    .unwrap();
    let said = support::run(&mut room.command("plan", &faults)).code(1);
    assert!(said.err.contains("not today"), "{}", said.err);
    fs_err::write(&file, "faults:\n- { metod: x }").unwrap();
    let said = support::run(&mut room.command("plan", &faults)).code(1);
    assert!(
        said.err.contains("-faults.yaml:2:5: there is no field `metod` here; did you mean `method`?"),
        "{}",
        said.err
    );
    let said = support::run(&mut support::program(&["plan", room.course(), "--faults", &file])).code(64);
    assert!(said.err.contains("--sandbox"), "{}", said.err);
    assert!(support::provost(&["schema", "faults"]).code(0).json()["definitions"]["Fault"].is_object());
}
