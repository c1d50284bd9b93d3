//! Which method a verb and a path mean.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

use super::{Document, Method, Surface};

/// Storage serves the content of objects under a path of its own.
const DOWNLOAD: &str = "/download/storage/v1/";

#[derive(Debug)]
enum Segment {
    Literal(String),
    /// `{name}` or `{name}:verb`.
    Parameter {
        name: String,
        suffix: String,
    },
}

/// A path template of one method.
#[derive(Debug)]
pub(super) struct Route {
    verb: String,
    segments: Vec<Segment>,
    document: usize,
    method: usize,
    /// Whether this is an upload path of the method.
    upload: bool,
}

/// The method of a request.
#[derive(Debug)]
pub(crate) struct Match<'a> {
    pub(super) document: &'a Document,
    /// The method.
    pub(crate) method: &'a Method,
    /// Decoded path parameters.
    pub(crate) path: BTreeMap<String, String>,
    /// Whether the request came in by an upload path.
    pub(crate) upload: bool,
}

impl<'a> Match<'a> {
    /// The discovery id of the method.
    pub(crate) fn id(&self) -> &'a str {
        &self.method.id
    }

    /// The version of the API.
    pub(crate) fn version(&self) -> &str {
        &self.document.version
    }

    /// The path of the resource that the method is about, or of the collection that it lists or adds to, from these
    /// parameters: without the version, and without the action at its end.
    pub(crate) fn resource(&self, parameters: &BTreeMap<String, String>) -> String {
        let action = self.method.id.rsplit('.').next().unwrap_or_default();
        let is_collection = matches!(action, "insert" | "create") || action.to_lowercase().ends_with("list");
        let segments =
            self.method.path.split('/').filter(|part| !["v1", "v2", "v3", "v1beta1"].contains(part));
        let mut parts: Vec<(bool, String)> = segments
            .map(|part| match segment(part) {
                Segment::Literal(text) => (false, text),
                Segment::Parameter { name, .. } => (true, parameters.get(&name).cloned().unwrap_or_default()),
            })
            .collect();
        while !is_collection && parts.len() > 1 && parts.last().is_some_and(|(is_parameter, _)| !is_parameter)
        {
            parts.pop();
        }
        parts.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join("/")
    }
}

pub(super) fn routes(documents: &[Document]) -> Vec<Route> {
    let mut routes = Vec::new();
    for (d, document) in documents.iter().enumerate() {
        for (m, method) in document.methods.iter().enumerate() {
            let plain = format!("/{}{}", document.service_path, method.path);
            routes.push(route(&method.verb, &plain, (d, m), false));
            for path in &method.upload {
                routes.push(route(&method.verb, path, (d, m), true));
                // The chunks of a resumable upload; discovery documents only the request that opens it.
                routes.push(route("PUT", path, (d, m), true));
            }
        }
    }
    routes
}

fn route(verb: &str, path: &str, (document, method): (usize, usize), upload: bool) -> Route {
    let segments = path.split('/').skip(1).map(segment).collect();
    Route { verb: verb.to_owned(), segments, document, method, upload }
}

fn segment(text: &str) -> Segment {
    match text.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
        Some((name, suffix)) => {
            Segment::Parameter { name: name.trim_start_matches('+').to_owned(), suffix: suffix.to_owned() }
        }
        None => Segment::Literal(text.to_owned()),
    }
}

impl Surface {
    /// The method of a verb and an undecoded path, the one with the most literal text where several fit.
    pub(crate) fn find(&self, verb: &str, path: &str) -> Option<Match<'_>> {
        let plain = path.strip_prefix(DOWNLOAD).map(|rest| format!("/storage/v1/{rest}"));
        let given: Vec<&str> = plain.as_deref().unwrap_or(path).split('/').skip(1).collect();
        let fits = self.routes.iter().filter(|route| route.verb == verb && route.fits(&given));
        let route = fits.max_by_key(|route| route.literal_length())?;
        let document = self.documents.get(route.document)?;
        let method = document.methods.get(route.method)?;
        Some(Match { document, method, path: route.parameters(&given), upload: route.upload })
    }
}

impl Route {
    fn fits(&self, given: &[&str]) -> bool {
        given.len() == self.segments.len()
            && self.segments.iter().zip(given).all(|(segment, text)| match segment {
                Segment::Literal(literal) => literal == text,
                Segment::Parameter { suffix, .. } => {
                    text.strip_suffix(suffix.as_str()).is_some_and(|value| !value.is_empty())
                }
            })
    }

    fn literal_length(&self) -> usize {
        let length = |segment: &Segment| match segment {
            Segment::Literal(text) => text.len(),
            Segment::Parameter { suffix, .. } => suffix.len(),
        };
        self.segments.iter().map(length).sum()
    }

    fn parameters(&self, given: &[&str]) -> BTreeMap<String, String> {
        let named = self.segments.iter().zip(given).filter_map(|(segment, text)| match segment {
            Segment::Literal(_) => None,
            Segment::Parameter { name, suffix } => {
                let value = text.strip_suffix(suffix.as_str())?;
                Some((name.clone(), percent_decode_str(value).decode_utf8_lossy().into_owned()))
            }
        });
        named.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_the_method_with_the_most_literal_text() {
        let surface = Surface::load().unwrap();
        for (verb, path, id) in [
            ("GET", "/compute/v1/projects/p/zones/z/instances/i", "compute.instances.get"),
            ("GET", "/compute/v1/projects/p/global/images/family/f", "compute.images.getFromFamily"),
            ("POST", "/compute/v1/projects/p/zones/z/operations/o/wait", "compute.zoneOperations.wait"),
            ("GET", "/v1/projects/p", "cloudresourcemanager.projects.get"),
            ("POST", "/v1/projects/p:getIamPolicy", "cloudresourcemanager.projects.getIamPolicy"),
            ("POST", "/v1/projects/p/services/s:enable", "serviceusage.services.enable"),
            ("POST", "/v1/projects/p/services:batchEnable", "serviceusage.services.batchEnable"),
            ("GET", "/v1/projects/p/serviceAccounts/e%40x", "iam.projects.serviceAccounts.get"),
            ("POST", "/upload/storage/v1/b/b/o", "storage.objects.insert"),
            ("PUT", "/upload/storage/v1/b/b/o", "storage.objects.insert"),
            ("GET", "/storage/v1/b/b/o/a%2Fb", "storage.objects.get"),
            ("GET", "/download/storage/v1/b/b/o/a%2Fb", "storage.objects.get"),
        ] {
            assert_eq!(surface.find(verb, path).map(|found| found.method.id.as_str()), Some(id), "{path}");
        }
        assert!(surface.find("DELETE", "/v1/projects/p").is_none());
    }

    #[test]
    fn a_resource_is_a_path_without_version_and_action() {
        let surface = Surface::load().unwrap();
        for (verb, path, resource) in [
            ("POST", "/compute/v1/projects/p/zones/z/instances/i/setTags", "projects/p/zones/z/instances/i"),
            ("POST", "/compute/v1/projects/p/zones/z/instances", "projects/p/zones/z/instances"),
            ("GET", "/compute/v1/projects/p/aggregated/instances", "projects/p/aggregated/instances"),
            ("POST", "/v3/projects/p:setIamPolicy", "projects/p"),
            ("POST", "/v1/projects/p/services/s:enable", "projects/p/services/s"),
            ("POST", "/v1/projects/p/services:batchEnable", "projects/p"),
            ("PUT", "/storage/v1/b/x/iam", "b/x"),
            ("GET", "/storage/v1/b/x/o/a%2Fb", "b/x/o/a/b"),
            ("POST", "/upload/storage/v1/b/x/o", "b/x/o"),
        ] {
            let found = surface.find(verb, path).unwrap();
            assert_eq!(found.resource(&found.path), resource, "{path}");
        }
    }

    #[test]
    fn path_parameters_are_decoded() {
        let surface = Surface::load().unwrap();
        let found = surface.find("GET", "/storage/v1/b/b/o/a%2Fb%20c").unwrap();
        assert_eq!(found.path.get("object").map(String::as_str), Some("a/b c"));
    }
}
