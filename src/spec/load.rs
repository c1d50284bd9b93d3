//! Loading: the YAML texts of a course folder and what belongs to it, its roster, and the files that its specs name. The one place of `spec` that reads files.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};

use serde_json::Value;

use super::document::ExpandedSpec;
use super::folder::{COURSE, beside};
use super::node::{Node, NodeValue};
use super::source::SourceId;
use super::text::{Role, Text, is_yaml};
use super::{roster, suggest, yaml};

/// Why a folder cannot be loaded at all.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// There is nothing there.
    #[error("there is no course folder `{0}`: `provost init {0}` makes one")]
    Missing(String),
    /// It holds no specs.
    #[error("`{0}` holds no `.yaml` file: `provost init {0}` makes a first one")]
    Empty(String),
    /// There is no such environment.
    #[error("there is no environment `{name}`; {help}")]
    NoEnvironment {
        /// The one that was asked for.
        name: String,
        /// What to type instead.
        help: String,
    },
    /// A file cannot be read.
    #[error(transparent)]
    Unreadable(#[from] std::io::Error),
}

/// Files of docker compose, which may lie beside the specs that `provost from-compose` makes of them.
const COMPOSE: [&str; 4] = ["docker-compose", "docker-compose.override", "compose", "compose.override"];

/// The largest file that is uploaded or put into metadata as a part of a course: above it belongs elsewhere.
const LARGEST_UPLOAD: u64 = 1 << 30;

/// What of a course is wanted besides its folder.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// The environment: the name of a file in `overlays/`.
    pub environment: Option<String>,
    /// Values for its `vars`: `machines.size=3`.
    pub vars: Vec<String>,
}

/// The texts of a folder as it stands, without an environment.
pub fn texts(folder: &Path) -> Result<(PathBuf, Vec<Text>), LoadError> {
    chosen(folder, &Choice::default())
}

/// The YAML texts of a folder (or one file) by the path that is shown to the user, in order of their names; after them what the
/// environment changes, what the course includes, the table that it names as its roster, and the values of the command line.
pub fn chosen(folder: &Path, choice: &Choice) -> Result<(PathBuf, Vec<Text>), LoadError> {
    let (root, mut texts) = yaml_texts(folder)?;
    let home = texts.first().map(|first| first.path.clone()).unwrap_or_default();
    if let Some(name) = &choice.environment {
        texts.push(overlay(&root, &home, name)?);
    }
    include(&root, &home, &mut texts)?;
    if let Some(file) = said(&texts, "roster").as_ref().and_then(Node::text) {
        let table = (beside(&home, file), root.join(file));
        if is_inside(&root, &table.1) && table.1.is_file() {
            texts.push(Text::new(table.0, read_table(&table.1)?, Role::Table));
        }
    }
    texts.extend(choice.vars.iter().map(|setting| Text::var(setting)));
    Ok((root, texts))
}

/// What the course says under a key; the environment's word counts before the folder's. Most texts are not looked into.
fn said(texts: &[Text], key: &str) -> Option<Node> {
    let of_course = |text: &Text| {
        let nodes = text.text.contains(key).then(|| yaml::documents(SourceId(0), &text.text).0)?;
        let course = |node: &Node| node.entry("kind").is_some_and(|k| k.value.text() == Some(COURSE));
        Some(nodes.into_iter().find(course)?.entry(key)?.value.clone())
    };
    let overlay = texts.iter().filter(|text| matches!(text.role, Role::Overlay(_)));
    let specs = texts.iter().filter(|text| text.role == Role::Specs);
    overlay.chain(specs).find_map(of_course)
}

/// The folder of the environments beside a course.
const OVERLAYS: &str = "overlays";

fn overlay(root: &Path, home: &str, name: &str) -> Result<Text, LoadError> {
    let folder = root.join(OVERLAYS);
    let files = if folder.is_dir() { yaml_files(&folder)? } else { Vec::new() };
    let stem = |path: &PathBuf| path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let Some(file) = files.iter().find(|path| stem(path).as_deref() == Some(name)) else {
        let known: Vec<String> = files.iter().filter_map(stem).collect();
        let near = suggest::nearest(name, known.iter().map(String::as_str));
        let shown = beside(home, &format!("{OVERLAYS}/{name}.yaml"));
        let help = match (near, known.is_empty()) {
            (Some(near), _) => format!("did you mean `{near}`?"),
            (None, false) => format!("there are {}", known.join(", ")),
            (None, true) => format!("what it changes would stand in `{shown}`"),
        };
        return Err(LoadError::NoEnvironment { name: name.to_owned(), help });
    };
    let shown = file.strip_prefix(root).unwrap_or(file).display().to_string();
    Ok(Text::new(beside(home, &shown), read(file)?, Role::Overlay(name.to_owned())))
}

/// The YAML files that the course includes, each once.
fn include(root: &Path, home: &str, texts: &mut Vec<Text>) -> Result<(), LoadError> {
    let Some(Node { value: NodeValue::List(entries), .. }) = said(texts, "include") else { return Ok(()) };
    let mut known: BTreeSet<PathBuf> =
        texts.iter().filter_map(|text| Path::new(&text.path).canonicalize().ok()).collect();
    for entry in entries.iter().filter_map(Node::text) {
        let path = root.join(entry);
        let files = match () {
            () if path.is_dir() => yaml_files(&path)?,
            () if path.is_file() => vec![path],
            () => Vec::new(),
        };
        for file in files {
            let shown = tidy(&beside(home, &file.strip_prefix(root).unwrap_or(&file).display().to_string()));
            texts.push(if known.insert(file.canonicalize()?) {
                Text::new(shown, read(&file)?, Role::Included(entry.to_owned()))
            } else {
                Text::new(shown, "", Role::Again(entry.to_owned()))
            });
        }
    }
    Ok(())
}

/// A path without the folders that it enters only to leave them.
fn tidy(path: &str) -> String {
    let mut tidy = PathBuf::new();
    for part in Path::new(path).components() {
        let inside = matches!(tidy.components().next_back(), Some(Component::Normal(_)));
        match part {
            Component::ParentDir if inside => drop(tidy.pop()),
            part => tidy.push(part),
        }
    }
    tidy.display().to_string()
}

/// As much of it as is more than a roster may have, which is reported where it is read.
fn read_table(path: &Path) -> Result<String, LoadError> {
    let mut content = Vec::new();
    let most = u64::try_from(roster::LARGEST).unwrap_or(u64::MAX).saturating_add(1);
    fs_err::File::open(path)?.take(most).read_to_end(&mut content)?;
    Ok(String::from_utf8_lossy(&content).into_owned())
}

fn yaml_texts(folder: &Path) -> Result<(PathBuf, Vec<Text>), LoadError> {
    let shown = folder.display().to_string();
    if folder.is_file() {
        let root = folder.parent().unwrap_or(Path::new(".")).to_owned();
        return Ok((root, vec![Text::new(shown, read(folder)?, Role::Specs)]));
    }
    if !folder.is_dir() {
        return Err(LoadError::Missing(shown));
    }
    let paths = yaml_files(folder)?;
    if paths.is_empty() {
        return Err(LoadError::Empty(shown));
    }
    let shown = |path: &Path| path.strip_prefix(".").unwrap_or(path).display().to_string();
    let texts = paths.iter().map(|path| Ok(Text::new(shown(path), read(path)?, Role::Specs)));
    Ok((folder.to_owned(), texts.collect::<Result<_, LoadError>>()?))
}

/// The YAML files of a folder, in order of their names.
fn yaml_files(folder: &Path) -> Result<Vec<PathBuf>, LoadError> {
    let mut paths = Vec::new();
    for entry in fs_err::read_dir(folder)? {
        let path = entry?.path();
        let hidden = path.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.'));
        let compose = path.file_stem().is_some_and(|n| COMPOSE.iter().any(|name| n == *name));
        if is_yaml(&path) && !hidden && !compose && path.is_file() {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// What is no UTF-8 becomes replacement characters, which the parser reports at their place.
fn read(path: &Path) -> Result<String, LoadError> {
    Ok(String::from_utf8_lossy(&fs_err::read(path)?).into_owned())
}

/// A file of the course folder, as it was found.
#[derive(Clone, Debug)]
pub struct FoundFile {
    /// Its path relative to the folder, with `/`.
    pub path: String,
    /// Its content.
    pub content: Vec<u8>,
}

/// Reads the files and folders that specs name, each file once. What does not exist is left out: the kind that names it
/// reports it at its place. Links that lead out of the folder are not followed.
pub fn files(root: &Path, specs: &[ExpandedSpec], mut each: impl FnMut(FoundFile)) -> Result<(), LoadError> {
    let mut names = BTreeSet::new();
    for spec in specs {
        named(&spec.value, &mut names);
    }
    let mut found = BTreeSet::new();
    for name in names {
        collect(root, &root.join(name.trim_start_matches("./")), &mut found)?;
    }
    for path in found {
        let relative = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        each(FoundFile { path: relative, content: fs_err::read(&path)? });
    }
    Ok(())
}

/// Values of `file:` and `from:` anywhere in a spec.
fn named(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| match value.as_str() {
            Some(path) if key == "file" || key == "from" => drop(names.insert(path.to_owned())),
            _ => named(value, names),
        }),
        Value::Array(list) => list.iter().for_each(|value| named(value, names)),
        _ => {}
    }
}

fn collect(root: &Path, path: &Path, found: &mut BTreeSet<PathBuf>) -> Result<(), LoadError> {
    if !is_inside(root, path) {
        return Ok(());
    }
    if path.is_file() && fs_err::metadata(path)?.len() <= LARGEST_UPLOAD {
        found.insert(path.components().collect());
    } else if path.is_dir() {
        for entry in fs_err::read_dir(path)? {
            let entry = entry?.path();
            let hidden = entry.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.'));
            if !hidden {
                collect(root, &entry, found)?;
            }
        }
    }
    Ok(())
}

fn is_inside(root: &Path, path: &Path) -> bool {
    // The folder a person is in has an empty path.
    let root = if root.as_os_str().is_empty() { Path::new(".") } else { root };
    path.canonicalize().ok().zip(root.canonicalize().ok()).is_some_and(|(path, root)| path.starts_with(root))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::spec::{Span, SpanMap};

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(path, text).unwrap();
        }
        folder
    }

    fn names(texts: &[Text]) -> Vec<&str> {
        texts.iter().map(|text| text.path.rsplit('/').next().unwrap()).collect()
    }

    #[test]
    fn the_yaml_files_of_a_folder_are_read_in_order_of_their_names() {
        let files =
            [("b.yml", "b"), ("a.yaml", "a"), (".hidden.yaml", ""), ("roster.csv", ""), ("sub/c.yaml", "")];
        let folder = folder(&files);
        let (root, found) = texts(folder.path()).unwrap();
        assert_eq!((root.as_path(), names(&found)), (folder.path(), vec!["a.yaml", "b.yml"]));
    }

    #[test]
    fn the_roster_is_read_beside_the_course_and_never_from_outside() {
        let course = |roster: &str| format!("kind: Vm\nname: a\n---\nkind: Course\nroster: {roster}\n");
        let rows = [
            ("class/roster.csv", Some("class/roster.csv")),
            ("./b.csv", Some("b.csv")),
            ("absent.csv", None),
            ("../outside.csv", None),
            ("class", None),
            ("[{ login: ann }]", None),
        ];
        for (roster, read) in rows {
            let text = course(roster);
            let files =
                [("in/a.yaml", text.as_str()), ("in/class/roster.csv", "login\n"), ("in/b.csv", "login\n")];
            let outer = folder(&[files.as_slice(), &[("outside.csv", "login\n")]].concat());
            let inner = outer.path().join("in");
            let (_, found) = texts(&inner).unwrap();
            let shown = found.get(1).map(|text| text.path.clone());
            assert_eq!(shown, read.map(|read| inner.join(read).display().to_string()), "{roster}");
        }
    }

    #[test]
    fn one_file_stands_for_its_folder() {
        let folder = folder(&[("a.yaml", "a"), ("b.yaml", "b")]);
        let (root, found) = texts(&folder.path().join("b.yaml")).unwrap();
        assert_eq!((root.as_path(), names(&found)), (folder.path(), vec!["b.yaml"]));
    }

    #[test]
    fn nothing_and_no_yaml_are_told_apart() {
        let folder = folder(&[("roster.csv", "")]);
        assert!(matches!(texts(folder.path()), Err(LoadError::Empty(_))));
        assert!(matches!(texts(&folder.path().join("absent")), Err(LoadError::Missing(_))));
    }

    #[test]
    fn files_that_specs_name_are_read_once_and_never_from_outside() {
        let outer = folder(&[("secret.txt", "no"), ("course/site/a.html", "a"), ("course/setup.sh", "s")]);
        let source = Span { source: SourceId(0), start: 0, end: 0 };
        let spec = ExpandedSpec {
            kind: "Bucket".to_owned(),
            name: "b".to_owned(),
            value: json!({"files": [{"from": "site"}, {"from": "./site/a.html"}, {"from": "../secret.txt"}],
                "startupScript": {"file": "setup.sh"}, "other": {"file": "absent"}}),
            spans: SpanMap::default(),
            kind_span: source,
            made_of: Vec::new(),
            of_whom: Vec::new(),
        };
        let mut found = Vec::new();
        files(&outer.path().join("course"), &[spec], |file| found.push(file.path)).unwrap();
        assert_eq!(found, ["setup.sh", "site/a.html"]);
    }
}
