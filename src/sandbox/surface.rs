//! Google's API surface as the sandbox serves it: a condensed copy of the discovery documents, one method and
//! one schema per line in `surface/*.json`. Finds the method of a request and checks what it carries.
//!
//! A client that passes here sends only documented fields, types and values. Nothing here knows what they mean.

mod canonical;
mod check;
mod numbered;
mod route;

use std::collections::BTreeMap;

use serde::Deserialize;

pub(super) use route::Match;

use super::faults::Served;

/// The condensed documents.
const DOCUMENTS: [&str; 10] = [
    include_str!("surface/compute.v1.json"),
    include_str!("surface/storage.v1.json"),
    include_str!("surface/artifactregistry.v1.json"),
    include_str!("surface/cloudresourcemanager.v1.json"),
    include_str!("surface/cloudresourcemanager.v3.json"),
    include_str!("surface/serviceusage.v1.json"),
    include_str!("surface/iam.v1.json"),
    include_str!("surface/secretmanager.v1.json"),
    include_str!("surface/run.v1.json"),
    include_str!("surface/run.v2.json"),
];

/// One API in one version.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Document {
    #[expect(dead_code, reason = "tells a reader of the JSON whose surface it is")]
    name: String,
    version: String,
    service_path: String,
    /// Whether enums may be numbers: in requests, and in answers where the request asks for it.
    #[serde(default)]
    numeric_enums: bool,
    methods: Vec<Method>,
    schemas: BTreeMap<String, Schema>,
}

/// One method.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Method {
    /// The discovery id.
    pub(super) id: String,
    /// The HTTP verb.
    pub(super) verb: String,
    path: String,
    #[serde(default)]
    query: BTreeMap<String, Schema>,
    request: Option<String>,
    response: Option<String>,
    #[serde(default)]
    upload: Vec<String>,
}

/// One JSON type. Without a `type` it is an object; without properties too, any object.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Schema {
    #[serde(rename = "$ref")]
    reference: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    format: Option<String>,
    #[serde(rename = "enum")]
    values: Option<Vec<String>>,
    /// The numbers of `values` in the protocol buffers, where those are not the positions. A value beyond the end
    /// of the list has none that is known.
    numbers: Option<Vec<i64>>,
    #[serde(default)]
    required: bool,
    #[expect(dead_code, reason = "part of the condensed form; every parameter may be repeated here")]
    #[serde(default)]
    repeated: bool,
    properties: Option<BTreeMap<String, Schema>>,
    additional_properties: Option<Box<Schema>>,
    items: Option<Box<Schema>>,
}

/// Every method that is served.
#[derive(Debug)]
pub(super) struct Surface {
    documents: Vec<Document>,
    routes: Vec<route::Route>,
}

impl Surface {
    /// Reads the condensed documents.
    pub(super) fn load() -> Result<Self, serde_json::Error> {
        let documents: Vec<Document> =
            DOCUMENTS.iter().map(|text| serde_json::from_str(text)).collect::<Result<_, _>>()?;
        let routes = route::routes(&documents);
        Ok(Self { documents, routes })
    }

    /// Every method, as faults see it.
    pub(super) fn served(&self) -> impl Iterator<Item = Served> {
        self.documents.iter().flat_map(|document| &document.methods).map(Method::served)
    }
}

impl Method {
    /// The method as faults see it.
    pub(super) fn served(&self) -> Served {
        let answers = self.response.as_deref() == Some("Operation");
        // What reads or waits for an operation answers one too.
        let begins_operation = answers && self.verb != "GET" && !self.id.contains("perations.");
        Served { id: self.id.clone(), begins_operation }
    }
}

impl Document {
    /// A schema with its reference followed.
    fn resolve<'a>(&'a self, schema: &'a Schema) -> &'a Schema {
        schema.reference.as_ref().and_then(|name| self.schemas.get(name)).unwrap_or(schema)
    }

    fn schema(&self, name: Option<&String>) -> Option<&Schema> {
        self.schemas.get(name?)
    }

    /// The schema of a `@type`, such as `type.googleapis.com/google.devtools.artifactregistry.v1.Repository`.
    fn named(&self, kind: &str) -> Option<&Schema> {
        self.schemas.get(kind.rsplit('.').next()?)
    }
}

impl Schema {
    fn number_at(&self, position: usize) -> Option<i64> {
        match &self.numbers {
            Some(numbers) => numbers.get(position).copied(),
            None => i64::try_from(position).ok(),
        }
    }

    /// The number of an enum's value.
    fn enum_number(&self, name: &str) -> Option<i64> {
        let position = self.values.as_ref()?.iter().position(|value| value == name)?;
        self.number_at(position)
    }

    /// The value of an enum that has this number.
    fn enum_name(&self, number: i64) -> Option<&str> {
        let mut values = self.values.as_ref()?.iter().enumerate();
        values.find(|(position, _)| self.number_at(*position) == Some(number)).map(|(_, name)| name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use axum::http::HeaderMap;
    use jiff::{SignedDuration, Timestamp};
    use serde_json::json;

    use super::*;
    use crate::sandbox::call::{Call, Query, World};
    use crate::sandbox::limits::FRESH;
    use crate::sandbox::{new_project, services, store::State};

    fn parameters(path: &str) -> BTreeMap<String, String> {
        let names = path.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name);
        let value = |name: &str| match name {
            "zone" => "europe-west1-b",
            "region" => "europe-west1",
            "v1Id" => "projects",
            "project" | "projectsId" | "projectId" | "v1Id1" => "my-course",
            _ => "something",
        };
        names.map(|name| (name.to_owned(), value(name).to_owned())).collect()
    }

    #[test]
    fn every_method_of_the_surface_is_served() {
        let surface = Surface::load().unwrap();
        for (document, method) in
            surface.documents.iter().flat_map(|one| one.methods.iter().map(move |method| (one, method)))
        {
            let mut state = State::default();
            new_project::ensure(&mut state, "my-course", Timestamp::UNIX_EPOCH);
            for api in ["compute", "artifactregistry", "iam", "run", "secretmanager"] {
                let key = format!("serviceusage/projects/my-course/services/{api}.googleapis.com");
                state.resources.insert(key, json!({ "state": "ENABLED" }));
            }
            let now = Timestamp::UNIX_EPOCH;
            let mut world = World {
                state: &mut state,
                now,
                operation_time: SignedDuration::ZERO,
                limits: &FRESH,
                boot_time: SignedDuration::ZERO,
            };
            let call = Call {
                method: &method.id,
                version: &document.version,
                path: parameters(&method.path),
                query: Query::default(),
                body: json!({}),
                media: None,
                headers: &HeaderMap::new(),
                base: "",
            };
            let refused = services::dispatch(&mut world, &call).err().map(|error| error.code);
            assert!(!matches!(refused, Some(500 | 501)), "{}: {refused:?}", method.id);
        }
    }
}
