//! Loading: the YAML texts of a course folder, its roster, and the files that its specs name. The one place of `spec` that reads files.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::document::ExpandedSpec;
use super::folder::{COURSE, beside};
use super::source::SourceId;
use super::{roster, yaml};

/// Why a folder cannot be loaded at all.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// There is nothing there.
    #[error("there is no course folder `{0}`: `provost init {0}` makes one")]
    Missing(String),
    /// It holds no specs.
    #[error("`{0}` holds no `.yaml` file: `provost init {0}` makes a first one")]
    Empty(String),
    /// A file cannot be read.
    #[error(transparent)]
    Unreadable(#[from] std::io::Error),
}

/// Files of docker compose, which may lie beside the specs that `provost from-compose` makes of them.
const COMPOSE: [&str; 4] = ["docker-compose", "docker-compose.override", "compose", "compose.override"];

/// The largest file that is uploaded or put into metadata as a part of a course: above it belongs elsewhere.
const LARGEST_UPLOAD: u64 = 1 << 30;

/// The YAML texts of a folder (or one file) by the path that is shown to the user, in order of their names; and after them
/// the table that the course names as its roster.
pub fn texts(folder: &Path) -> Result<(PathBuf, Vec<(String, String)>), LoadError> {
    let (root, mut texts) = yaml_texts(folder)?;
    if let Some((path, file)) = texts.iter().find_map(|(path, text)| Some((path, roster_of(text)?))) {
        let table = (beside(path, &file), root.join(&file));
        if is_inside(&root, &table.1) && table.1.is_file() {
            texts.push((table.0, read_table(&table.1)?));
        }
    }
    Ok((root, texts))
}

/// The file that a text's course names as its roster. Most texts are not looked into.
fn roster_of(text: &str) -> Option<String> {
    let nodes = text.contains("roster").then(|| yaml::documents(SourceId(0), text).0)?;
    let course =
        nodes.into_iter().find(|node| node.entry("kind").is_some_and(|k| k.value.text() == Some(COURSE)))?;
    course.entry("roster")?.value.text().map(str::to_owned)
}

/// As much of it as is more than a roster may have, which is reported where it is read.
fn read_table(path: &Path) -> Result<String, LoadError> {
    let mut content = Vec::new();
    let most = u64::try_from(roster::LARGEST).unwrap_or(u64::MAX).saturating_add(1);
    fs_err::File::open(path)?.take(most).read_to_end(&mut content)?;
    Ok(String::from_utf8_lossy(&content).into_owned())
}

fn yaml_texts(folder: &Path) -> Result<(PathBuf, Vec<(String, String)>), LoadError> {
    let shown = folder.display().to_string();
    if folder.is_file() {
        let root = folder.parent().unwrap_or(Path::new(".")).to_owned();
        return Ok((root, vec![(shown, read(folder)?)]));
    }
    if !folder.is_dir() {
        return Err(LoadError::Missing(shown));
    }
    let mut paths = Vec::new();
    for entry in fs_err::read_dir(folder)? {
        let path = entry?.path();
        let yaml = path.extension().is_some_and(|e| e == "yaml" || e == "yml");
        let hidden = path.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.'));
        let compose = path.file_stem().is_some_and(|n| COMPOSE.iter().any(|name| n == *name));
        if yaml && !hidden && !compose && path.is_file() {
            paths.push(path);
        }
    }
    paths.sort();
    if paths.is_empty() {
        return Err(LoadError::Empty(shown));
    }
    let shown = |path: &Path| path.strip_prefix(".").unwrap_or(path).display().to_string();
    let texts = paths.iter().map(|path| Ok((shown(path), read(path)?)));
    Ok((folder.to_owned(), texts.collect::<Result<_, LoadError>>()?))
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

    fn names(texts: &[(String, String)]) -> Vec<&str> {
        texts.iter().map(|(path, _)| path.rsplit('/').next().unwrap()).collect()
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
            let shown = found.get(1).map(|(path, _)| path.clone());
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
        };
        let mut found = Vec::new();
        files(&outer.path().join("course"), &[spec], |file| found.push(file.path)).unwrap();
        assert_eq!(found, ["setup.sh", "site/a.html"]);
    }
}
