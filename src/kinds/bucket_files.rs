//! Files of the course folder as objects of a bucket: which files a spec names, and how they are compared with live objects.
//! Pure: digests come from the scope, contents are read when they are sent.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::contract::Finding;
use super::import::Content;
use super::scope::{LocalFile, Scope};
use super::wire;
use crate::gcp::call::Send;
use crate::gcp::{FileBody, Read, Request, Service, Verb, segment};
use crate::spec::{Pointer, Problem};

/// A file, or a folder with everything in it, to upload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FileSource {
    /// File or folder, relative to the course folder.
    #[schemars(length(min = 1))]
    pub from: String,
    /// Name of the object, or what the names begin with when it is a folder. Default: the same path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Content type. Default: by the file's extension.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// How long browsers may keep it: `no-store`, `public, max-age=60`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_control: Option<String>,
}

/// Objects by name.
pub type Files = BTreeMap<String, Object>;

/// What is compared of an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Object {
    /// Base64 MD5 of the content.
    pub md5: String,
    /// Size in bytes.
    pub size: u64,
    /// Content type.
    pub content_type: String,
    /// Cache control; absent means the server's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_control: Option<String>,
}

/// The objects that a list of sources makes, with the file of each.
fn expand<'a>(
    sources: &'a [FileSource],
    scope: &'a Scope,
) -> impl Iterator<Item = (String, &'a str, &'a FileSource)> {
    sources.iter().flat_map(move |source| {
        let from = source.from.trim_start_matches("./").trim_end_matches('/');
        scope.files.0.keys().filter_map(move |path| {
            let below = if from == "." { path.as_str() } else { path.strip_prefix(from)? };
            let (exact, folder) = (below.is_empty(), below.starts_with('/') || from == ".");
            if !(exact || folder) {
                return None;
            }
            let object = match &source.to {
                Some(to) if exact => to.clone(),
                Some(to) => format!("{}/{}", to.trim_end_matches('/'), below.trim_start_matches('/')),
                None => path.clone(),
            };
            Some((object.trim_start_matches('/').to_owned(), path.as_str(), source))
        })
    })
}

/// The objects that are wanted.
pub fn objects(sources: &[FileSource], scope: &Scope) -> Files {
    let object = |(name, path, source): (String, &str, &FileSource)| {
        let file = scope.files.0.get(path)?;
        let content_type = source.content_type.clone().unwrap_or_else(|| content_type(path).to_owned());
        let object = Object {
            md5: file.md5.clone(),
            size: file.size,
            content_type,
            cache_control: source.cache_control.clone(),
        };
        Some((name, object))
    };
    expand(sources, scope).filter_map(object).collect()
}

/// Sources that make objects which are there already, and where their contents are: one folder for a bucket, and a source
/// for each object that is served in another way than by its name.
pub(super) fn sources(bucket: &str, objects: Option<&Files>) -> (Option<Vec<FileSource>>, Vec<Content>) {
    let objects: Vec<(&String, &Object)> =
        objects.into_iter().flatten().filter(|(name, _)| is_path(name)).collect();
    if objects.is_empty() {
        return (None, Vec::new());
    }
    let folder = format!("files/{bucket}");
    let path = |name: &str| format!("{folder}/{name}");
    let all =
        FileSource { from: folder.clone(), to: Some(String::new()), content_type: None, cache_control: None };
    let other = objects.iter().filter_map(|(name, object)| {
        let content_type = Some(object.content_type.clone()).filter(|told| told != content_type(name));
        let cache_control = object.cache_control.clone();
        let differs = content_type.is_some() || cache_control.is_some();
        differs.then(|| FileSource {
            from: path(name),
            to: Some((*name).clone()),
            content_type,
            cache_control,
        })
    });
    let content = |(name, object): &(&String, &Object)| Content {
        path: path(name),
        file: LocalFile { md5: object.md5.clone(), size: object.size, text: None },
        request: Request::get(Service::Storage, format!("b/{}/o/{}", segment(bucket), segment(name)))
            .query("alt", "media"),
    };
    (Some(std::iter::once(all).chain(other).collect()), objects.iter().map(content).collect())
}

/// Whether the name of an object can be that of a file below a folder.
fn is_path(name: &str) -> bool {
    !name.contains('\\') && name.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

/// Sources that name nothing, and objects named twice.
pub fn check(sources: &[FileSource], scope: &Scope) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for (i, source) in sources.iter().enumerate() {
        let at = Pointer::from("files").child(i.to_string()).child("from");
        let one = std::slice::from_ref(source);
        if expand(one, scope).next().is_none() {
            let problem = Problem::new(
                "file-not-found",
                format!("there is no file or folder `{}` in the course folder", source.from),
            );
            found.push((at.clone(), problem.help("paths are relative to the course folder")));
        }
        for (object, path, _) in expand(one, scope) {
            if let Some(other) = seen.insert(object.clone(), path).filter(|other| *other != path) {
                let message = format!("`{object}` would be made from both `{other}` and `{path}`");
                found.push((
                    at.clone(),
                    Problem::new("object-twice", message).help("give one of them another `to`"),
                ));
            }
        }
    }
    found
}

/// The read of the live objects that wanted ones may clash with: everything below what their names have in common.
pub fn read(bucket: &str, wanted: &Files, owned: impl Iterator<Item = String>) -> Option<Read> {
    let names: Vec<String> = wanted.keys().cloned().chain(owned).collect();
    let prefix = common_prefix(&names)?;
    let mut request =
        Request::get(Service::Storage, format!("b/{}/o", segment(bucket))).query("maxResults", "1000");
    if !prefix.is_empty() {
        request = request.query("prefix", prefix);
    }
    let mask = "items(name,md5Hash,size,contentType,cacheControl,generation),nextPageToken";
    Some(Read::list(request.fields(mask), "items"))
}

/// The read of every version of everything: what is deleted when a bucket is emptied.
pub fn read_all(bucket: &str) -> Read {
    let request = Request::get(Service::Storage, format!("b/{}/o", segment(bucket)))
        .query("versions", "true")
        .query("maxResults", "1000");
    Read::list(request.fields("items(name,generation),nextPageToken"), "items")
}

fn common_prefix(names: &[String]) -> Option<String> {
    let first = names.iter().min()?;
    let last = names.iter().max()?;
    let same = first.chars().zip(last.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a);
    Some(same.collect())
}

/// A live object in the shape in which it is compared. A composed object has no MD5 and so never equals a file.
pub fn decode(object: &Value) -> Option<(String, Object)> {
    let name = wire::text(object, "/name")?;
    let content_type = wire::text(object, "/contentType").unwrap_or_else(|| DEFAULT_TYPE.to_owned());
    let md5 = wire::text_or_empty(object, "/md5Hash");
    let size = wire::number(object, "/size").unwrap_or_default();
    Some((name, Object { md5, size, content_type, cache_control: wire::text(object, "/cacheControl") }))
}

/// The upload of an object: made only if nothing else is there than the plan saw.
pub fn upload(
    bucket: &str,
    name: &str,
    object: &Object,
    sources: &[FileSource],
    scope: &Scope,
    seen: Option<&str>,
) -> Option<Send> {
    let (_, path, _) = expand(sources, scope).find(|(object, ..)| object == name)?;
    let mut metadata = json!({"name": name, "contentType": object.content_type, "md5Hash": object.md5});
    if let (Some(cache), Some(map)) = (&object.cache_control, metadata.as_object_mut()) {
        map.insert("cacheControl".to_owned(), json!(cache));
    }
    let body = FileBody {
        path: path.to_owned(),
        md5: object.md5.clone(),
        size: object.size,
        content_type: object.content_type.clone(),
        metadata: metadata.to_string(),
    };
    let request = Request::new(Verb::Post, Service::Storage, format!("b/{}/o", segment(bucket)))
        .query("name", name)
        .query("ifGenerationMatch", seen.unwrap_or("0"))
        .query("fields", "name,generation")
        .file(body);
    Some(Send::answered(request))
}

/// The deletion of one version of an object.
pub fn delete(bucket: &str, name: &str, generation: &str, exact: bool) -> Send {
    let path = format!("b/{}/o/{}", segment(bucket), segment(name));
    let guard = if exact { "generation" } else { "ifGenerationMatch" };
    let request = Request::new(Verb::Delete, Service::Storage, path).query(guard, generation);
    Send::answered(request).absent_is_done()
}

const DEFAULT_TYPE: &str = "application/octet-stream";

/// The content type of a file by its extension: what the courses upload, and plain bytes for the rest.
fn content_type(path: &str) -> &'static str {
    let name = path.rsplit('/').next().unwrap_or(path);
    match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "txt" | "md" | "py" | "sh" | "jinja2" | "toml" | "ini" | "cfg" => "text/plain",
        "html" => "text/html",
        "css" => "text/css",
        "js" => "text/javascript",
        "csv" => "text/csv",
        "json" | "ipynb" => "application/json",
        "yaml" | "yml" => "application/yaml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "svg" => "image/svg+xml",
        "pdf" => "application/pdf",
        "zip" => "application/zip",
        "gz" => "application/gzip",
        "" if name == "Dockerfile" => "text/plain",
        _ => DEFAULT_TYPE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::{Files as LocalFiles, LocalFile};

    fn scope(paths: &[&str]) -> Scope {
        let file = LocalFile { md5: "m".into(), size: 1, text: None };
        let files = paths.iter().map(|p| ((*p).to_owned(), file.clone())).collect();
        Scope { files: LocalFiles(files), ..Scope::default() }
    }

    fn source(from: &str, to: Option<&str>) -> FileSource {
        FileSource { from: from.into(), to: to.map(Into::into), content_type: None, cache_control: None }
    }

    #[test]
    fn a_folder_uploads_everything_below_it_and_nothing_beside_it() {
        let scope = scope(&["be/cat/app.py", "be/cat/imgs/1.gif", "be/cats.txt"]);
        let names = |s: FileSource| objects(&[s], &scope).into_keys().collect::<Vec<_>>();
        assert_eq!(names(source("be/cat", None)), ["be/cat/app.py", "be/cat/imgs/1.gif"]);
        assert_eq!(names(source("./be/cat/", Some("x/"))), ["x/app.py", "x/imgs/1.gif"]);
        assert_eq!(names(source("be/cats.txt", Some("all.txt"))), ["all.txt"]);
    }

    #[test]
    fn a_source_that_names_nothing_is_a_finding() {
        let found = check(&[source("nowhere", None)], &scope(&["be/a"]));
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn the_read_is_as_narrow_as_the_names_allow() {
        let names = ["be/cat/app.py".to_owned(), "be/dog/app.py".to_owned()];
        assert_eq!(common_prefix(&names).as_deref(), Some("be/"));
    }
}
