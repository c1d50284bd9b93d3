//! Whatever a folder holds, it is checked and rendered without a panic, and every finding stands where there is text.
//! What is sound has one normal form.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;
use provost::kinds::{Checked, Files, KindRegistry, LocalFile, Scope, schema};
use provost::report::diagnostics;
use provost::spec::{Course, folder, load};
use serde_json::Value;

const COURSE: &str = "kind: Course\nname: c\nproject: my-project\nregion: europe-west1\nzones: [europe-west1-b]\nvars: {x: [1, a]}\n---\n";

/// The specs of the rich fixture, and the one that `provost init` writes.
static VALID: LazyLock<Vec<String>> = LazyLock::new(|| {
    let rich = include_str!("fixtures/rich/course.yaml").to_owned();
    let folder = tempfile::tempdir().expect("a folder");
    let status = std::process::Command::new(env!("CARGO_BIN_EXE_provost"))
        .args(["init", "--project", "my-project"])
        .arg(folder.path())
        .output()
        .expect("a process");
    assert!(status.status.success(), "{status:?}");
    let template = std::fs::read_to_string(folder.path().join("course.yaml")).expect("a text");
    vec![rich, template]
});

fn files() -> Files {
    let file = |path: &str| {
        let text = Some("text".to_owned());
        (path.to_owned(), LocalFile { md5: "m".to_owned(), size: 4, text })
    };
    Files(["setup.sh", "site/index.html"].into_iter().map(file).collect::<BTreeMap<_, _>>())
}

fn check(text: &str) -> Checked {
    let registry = KindRegistry::standard();
    let texts = vec![("spec.yaml".to_owned(), text.to_owned())];
    let folder = folder::read(texts, &registry.names(), &schema::strict_course());
    Checked::of(&registry, folder, files())
}

/// Checks a text and renders what is wrong with it; gives the codes.
fn survive(text: &str) -> Vec<&'static str> {
    let checked = check(text);
    let rendered = diagnostics::render(&checked.sources, &checked.diagnostics);
    let json = diagnostics::json(&checked.sources, &checked.diagnostics);
    assert_eq!(json.as_array().map(Vec::len), Some(checked.diagnostics.len()));
    assert_eq!(rendered.is_empty(), checked.diagnostics.is_empty());
    for finding in &checked.diagnostics {
        let spans = finding.span.into_iter().chain(finding.related.iter().map(|(span, _)| *span));
        for span in spans {
            let place = checked.sources.text(span.source).get(span.start..span.end);
            assert!(place.is_some(), "{}..{} of {text:?}: {finding:?}", span.start, span.end);
        }
        assert!(!finding.message.is_empty() && !finding.message.ends_with('.'), "{finding:?}");
    }
    checked.diagnostics.iter().map(|d| d.code).collect()
}

/// A course with a class.
const CLASS: &str = "kind: Course\nname: c\nproject: my-project\nregion: europe-west1\nzones: [europe-west1-b]\nroster: roster.csv
---
kind: Bucket
forEach: { student: roster }
when: true
name: be-{{ student.login }}
labels: { team: \"{{ student.team }}\", note: \"{{ student.note | default('none') | hash }}\" }
---
kind: Vm
forEach: { student: roster }
name: vm-{{ student.team }}-{{ student.login | slug | short(12) }}
machineType: e2-medium
";

/// Checks texts by path and renders what is wrong with them; every place is in its text.
fn survive_all(texts: &[(&str, &str)]) {
    let registry = KindRegistry::standard();
    let texts = texts.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    let folder = folder::read(texts, &registry.names(), &schema::strict_course());
    let checked = Checked::of(&registry, folder, files());
    diagnostics::render(&checked.sources, &checked.diagnostics);
    for finding in &checked.diagnostics {
        let spans = finding.span.into_iter().chain(finding.related.iter().map(|(span, _)| *span));
        for span in spans {
            assert!(checked.sources.text(span.source).get(span.start..span.end).is_some(), "{finding:?}");
        }
    }
}

fn cell() -> impl Strategy<Value = String> {
    let syntax = [
        ",",
        ";",
        "\t",
        "\n",
        "\r\n",
        "\r",
        "\"",
        "\"\"",
        "\"a, b\"",
        "sep=;\n",
        "\u{feff}",
        "\0",
        "\u{fffd}",
        "é",
        " ",
        "\u{a0}",
        "@",
        "ann",
        "ann@x.edu",
        "login",
        "email",
    ];
    prop_oneof![prop::sample::select(syntax.to_vec()).prop_map(str::to_owned), "\\PC{0,8}"]
}

/// A table as a spreadsheet writes it.
fn exported(header: [&str; 3], rows: impl Iterator<Item = [String; 3]>, separator: char) -> String {
    let line = |cells: [String; 3]| {
        cells.map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).join(&separator.to_string())
    };
    let header = line(header.map(str::to_owned));
    std::iter::once(header).chain(rows.map(line)).map(|line| line + "\r\n").collect()
}

/// What the class of a table becomes.
fn expanded(roster: &str) -> Vec<(String, String, Value)> {
    let texts =
        vec![("course.yaml".to_owned(), CLASS.to_owned()), ("roster.csv".to_owned(), roster.to_owned())];
    let folder = folder::read(texts, &KindRegistry::standard().names(), &schema::strict_course());
    assert_eq!(folder.diagnostics, [], "{roster}");
    folder.specs.into_iter().map(|spec| (spec.kind, spec.name, spec.value)).collect()
}

/// Where to cut, within a text and between characters.
fn cut(text: &str, at: usize) -> usize {
    (0..=at % (text.len() + 1)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default()
}

fn mutated(text: &str, kind: u8, a: usize, b: usize, insert: &str) -> String {
    let (a, b) = (cut(text, a), cut(text, b));
    let (a, b) = (a.min(b), a.max(b).min(cut(text, a.min(b) + 200)).max(a.min(b)));
    let (before, slice, after) = (&text[..a], &text[a..b], &text[b..]);
    match kind {
        0 => format!("{before}{after}"),
        1 => format!("{before}{insert}{slice}{after}"),
        2 => format!("{before}{slice}{slice}{after}"),
        3 => format!("{before}{insert}{after}"),
        _ => format!("{slice}{before}{after}"),
    }
}

fn piece() -> impl Strategy<Value = String> {
    let syntax = [
        "{{",
        "}}",
        "{%",
        "%}",
        "[",
        "]",
        "{",
        "}",
        ": ",
        ":",
        "- ",
        "\n",
        "\n---\n",
        "\t",
        "'",
        "\"",
        "|\n",
        ">-\n",
        "&a ",
        "*a",
        "<<: *a\n",
        "!!str ",
        "~",
        "null",
        "vars.x",
        "é",
        "\u{feff}",
        "#",
        "\\u",
        "0x1f",
        "1e9",
        "-1",
        ".inf",
        "kind: Vm\n",
        "name: x\n",
        "\r\n",
        "? ",
        "%YAML",
        "...\n",
        "@",
        "{{ vars.x }}",
        "{{ vars.y | x }}",
    ];
    prop_oneof![prop::sample::select(syntax.to_vec()).prop_map(str::to_owned), "\\PC{0,8}"]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_it_panic(text in "(?s).{0,200}") {
        survive(&text);
        survive(&format!("{COURSE}kind: Vm\nname: {text}\n"));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        survive(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn no_pieces_of_yaml_make_it_panic(pieces in prop::collection::vec(piece(), 0..24)) {
        survive(&pieces.concat());
        survive(&format!("{COURSE}kind: Bucket\nname: {}", pieces.concat()));
    }

    #[test]
    fn no_expression_makes_it_panic(pieces in prop::collection::vec(piece(), 0..6)) {
        let quoted = pieces.concat().replace('\'', "''").replace(['\n', '\r'], " ");
        survive(&format!("{COURSE}kind: Bucket\nname: 'a{{{{ {quoted} }}}}b'\nlabels: '{{{{ {quoted} }}}}'\n"));
    }

    /// A mistake in a spec is explained by a rule, and never by the words of the decoder.
    #[test]
    fn no_change_of_a_valid_spec_makes_it_panic(
        which in 0..2usize,
        changes in prop::collection::vec((0..5u8, any::<usize>(), any::<usize>(), piece()), 1..4),
    ) {
        let start = VALID[which].clone();
        let text = changes.iter().fold(start, |text, (kind, a, b, insert)| mutated(&text, *kind, *a, *b, insert));
        prop_assert!(!survive(&text).contains(&"invalid-spec"), "{text}");
    }

    #[test]
    fn no_table_makes_it_panic(pieces in prop::collection::vec(cell(), 0..24), each in "\\PC{0,20}") {
        let each = each.replace('\'', "''");
        for roster in [pieces.concat(), format!("login,email,team\n{}", pieces.concat())] {
            survive_all(&[("course.yaml", CLASS), ("roster.csv", &roster)]);
        }
        survive_all(&[("course.yaml", &CLASS.replace("roster }", &format!("'{each}' }}"))), ("roster.csv", "login\nann\n")]);
        survive_all(&[("course.yaml", &CLASS.replace("true", &format!("'{each}'"))), ("roster.csv", "login\nann\n")]);
    }

    /// Neither the order of rows nor that of columns is seen in what a class becomes.
    #[test]
    fn the_order_of_a_roster_means_nothing(
        class in prop::collection::btree_map("[a-z]{3,8}", ("[a-z]{1,3}", "[a-z ,;\"]{0,6}"), 0..12),
        seed in any::<u64>(),
    ) {
        let rows: Vec<[String; 3]> =
            class.iter().map(|(login, (team, note))| [login.clone(), team.clone(), note.clone()]).collect();
        let straight = expanded(&exported(["login", "team", "note"], rows.iter().cloned(), ','));
        let mut turned: Vec<[String; 3]> = rows.iter().map(|[login, team, note]| [note.clone(), login.clone(), team.clone()]).collect();
        turned.sort_by_key(|row| row.iter().flat_map(|cell| cell.bytes()).fold(seed, |sum, byte| sum.wrapping_mul(31).rotate_left(9) ^ u64::from(byte)));
        let turned = expanded(&exported(["note", "login", "team"], turned.into_iter(), ';'));
        prop_assert_eq!(straight.len(), 2 * class.len());
        prop_assert_eq!(straight, turned);
    }

    #[test]
    fn the_order_of_lists_leaves_one_normal_form(seed in any::<u64>()) {
        for (spec, scope) in fixture() {
            let kind = KindRegistry::standard().find(&spec.0).expect("a kind");
            let turned = turn(&spec.1, seed);
            // Some lists are in order of meaning: then the turned one is another spec, with a normal form of its own.
            let once = kind.desire(&turned, &scope).expect("a sound spec").value;
            let twice = kind.desire(&once, &scope).expect("a sound spec").value;
            prop_assert_eq!(&once, &twice);
            prop_assert_eq!(&once, &kind.resolved(&once, &scope).expect("it decodes").value);
        }
    }
}

/// The specs of the rich fixture, by kind, and their scope.
fn fixture() -> Vec<((String, Value), Scope)> {
    let registry = KindRegistry::standard();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/rich");
    let (_, texts) = load::texts(&root).expect("a folder");
    let folder = folder::read(texts, &registry.names(), &schema::strict_course());
    let course: Course = folder.course.expect("a course");
    let scope = Scope::of(&course, files());
    folder.specs.into_iter().map(|spec| ((spec.kind, spec.value), scope.clone())).collect()
}

/// The same value with every list turned by some places.
fn turn(value: &Value, by: u64) -> Value {
    match value {
        Value::Array(list) => {
            let mut list: Vec<Value> = list.iter().map(|value| turn(value, by.rotate_left(7))).collect();
            let places = usize::try_from(by % 7).unwrap_or_default() % list.len().max(1);
            list.rotate_left(places);
            Value::Array(list)
        }
        Value::Object(map) => map.iter().map(|(k, v)| (k.clone(), turn(v, by.rotate_left(3)))).collect(),
        other => other.clone(),
    }
}

#[test]
fn limits_hold_whatever_the_size() {
    let rows: [(String, &str); 6] = [
        ("x".repeat(2 << 20), "yaml-too-large"),
        ("[".repeat(100_000), "yaml-too-deep"),
        (format!("kind: Vm\nname: {}", "{a: ".repeat(1000)), "yaml-too-deep"),
        ("---\na\n".repeat(100_000), "yaml-too-large"),
        (format!("a: [{}]", "1,".repeat(200_000)), "yaml-too-large"),
        (format!("a: {}", "- ".repeat(2000)), "yaml-syntax"),
    ];
    for (text, code) in rows {
        assert!(survive(&text).contains(&code), "{code}: {:?}", survive(&text));
    }
}

/// A course of two hundred documents is checked in a blink: 50 ms when optimised, and a debug build is given twenty
/// times that.
#[test]
fn two_hundred_documents_are_checked_in_a_blink() {
    let document = |i: usize| match i % 3 {
        0 => format!("kind: FirewallRule\nname: rule-{i}\nallow: [tcp:{}]\n", 8000 + i),
        1 => format!(
            "kind: Vm\nname: vm-{i}\nmachineType: e2-medium\nlabels: {{ n: \"x{{{{ vars.x[0] }}}}\" }}\n"
        ),
        _ => format!(
            "kind: IamGrant\nname: grant-{i}\non: {{ bucket: b-{i} }}\nroles: [roles/storage.objectViewer]\nmembers: [user:a@x.edu]\n"
        ),
    };
    let documents: Vec<String> = (0..200).map(document).collect();
    let text = format!("{COURSE}{}", documents.join("---\n"));
    let start = std::time::Instant::now();
    let checked = check(&text);
    let took = start.elapsed();
    assert_eq!((checked.diagnostics.len(), checked.desired.len()), (0, 200));
    let budget = if cfg!(debug_assertions) { 1000 } else { 50 };
    assert!(took.as_millis() < budget, "{took:?}");
}
