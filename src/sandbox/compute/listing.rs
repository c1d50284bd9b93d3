//! Lists of one scope, and aggregated lists of all scopes.

use serde_json::{Map, Value, json};

use super::filter::{self, Filter};
use super::place::{self, Place, Scope};
use super::regions;
use crate::sandbox::call::{Call, World};
use crate::sandbox::error::ApiError;
use crate::sandbox::paging;

const LARGEST_PAGE: usize = 500;

/// How a collection is called.
#[derive(Clone, Copy, Debug)]
pub(super) struct Collection {
    /// In paths, such as `instances`.
    pub(super) name: &'static str,
    /// In `kind`, such as `instance`.
    pub(super) singular: &'static str,
}

/// The list of one scope out of `items`.
pub(super) fn answer(
    call: &Call<'_>,
    place: &Place,
    of: Collection,
    items: Vec<Value>,
) -> Result<Value, ApiError> {
    listed(call, of, &place.path(), items)
}

/// The list at `scope`, such as `projects/P/zones/Z`.
pub(super) fn listed(
    call: &Call<'_>,
    of: Collection,
    scope: &str,
    items: Vec<Value>,
) -> Result<Value, ApiError> {
    let page = paging::page(chosen(call, items)?, call, "maxResults", LARGEST_PAGE, LARGEST_PAGE)?;
    let path = format!("{scope}/{}", of.name);
    let mut answer = Map::new();
    answer.insert("kind".to_owned(), json!(format!("compute#{}List", of.singular)));
    answer.insert("id".to_owned(), json!(path));
    if let Value::Object(fields) = page.into_answer("items") {
        answer.extend(fields);
    }
    answer.insert("selfLink".to_owned(), json!(place::link(&path)));
    Ok(Value::Object(answer))
}

fn chosen(call: &Call<'_>, mut items: Vec<Value>) -> Result<Vec<Value>, ApiError> {
    if let Some(text) = call.query.get("filter").filter(|text| !text.trim().is_empty()) {
        let filter = Filter::parse(text)?;
        items.retain(|item| filter.passes(item));
    }
    filter::sort(&mut items, call.query.get("orderBy").unwrap_or_default())?;
    Ok(items)
}

/// What is stored in one scope.
pub(super) fn stored(world: &World<'_>, place: &Place, of: Collection) -> Vec<Value> {
    let prefix = place::key(&place.of_resource(of.name, ""));
    world.state.below(&prefix).map(|(_, resource)| resource.clone()).collect()
}

/// Which scopes an aggregated list has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scopes {
    /// Every zone.
    Zones,
    /// Every region.
    Regions,
    /// The whole project, every region, every zone.
    All,
}

impl Scopes {
    fn places(self, project: &str) -> Vec<Place> {
        let place = |scope| Place { project: project.to_owned(), scope };
        match self {
            Self::Zones => regions::zones().map(|zone| place(Scope::Zone(zone))).collect(),
            Self::Regions => {
                regions::regions().map(|region| place(Scope::Region(region.to_owned()))).collect()
            }
            Self::All => {
                let below =
                    [Self::Regions, Self::Zones].into_iter().flat_map(|scopes| scopes.places(project));
                std::iter::once(place(Scope::Global)).chain(below).collect()
            }
        }
    }
}

/// The aggregated list of a collection: one entry per scope, with a warning where there is nothing.
pub(super) fn aggregated(
    call: &Call<'_>,
    of: Collection,
    scopes: Scopes,
    items: impl Fn(&Place) -> Vec<Value>,
) -> Result<Value, ApiError> {
    let project = call.param("project")?;
    let places = scopes.places(project);
    let mut all = Vec::new();
    for place in &places {
        let scope = place.scope_text();
        all.extend(
            chosen(call, items(place))?.into_iter().map(|item| json!({ "scope": scope, "item": item })),
        );
    }
    let page = paging::page(all, call, "maxResults", LARGEST_PAGE, LARGEST_PAGE)?;
    let path = format!("projects/{project}/aggregated/{}", of.name);
    let mut answer = json!({
        "kind": format!("compute#{}AggregatedList", of.singular),
        "id": path,
        "items": by_scope(&places, of.name, page.items),
        "selfLink": place::link(&path),
    });
    if let Some(next) = page.next {
        super::value::set(&mut answer, "nextPageToken", next);
    }
    Ok(answer)
}

fn by_scope(places: &[Place], field: &str, items: Vec<Value>) -> Value {
    let mut scopes: Map<String, Value> =
        places.iter().map(|place| (place.scope_text(), Value::Array(Vec::new()))).collect();
    for mut tagged in items {
        let scope = tagged.get("scope").and_then(Value::as_str).unwrap_or_default().to_owned();
        if let (Some(Value::Array(list)), Some(item)) = (scopes.get_mut(&scope), tagged.get_mut("item")) {
            list.push(item.take());
        }
    }
    scopes
        .into_iter()
        .map(|(scope, list)| {
            let is_empty = list.as_array().is_some_and(Vec::is_empty);
            let entry = if is_empty { nothing(&scope) } else { json!({ field: list }) };
            (scope, entry)
        })
        .collect::<Map<String, Value>>()
        .into()
}

fn nothing(scope: &str) -> Value {
    json!({ "warning": {
        "code": "NO_RESULTS_ON_PAGE",
        "message": format!("No results for the scope '{scope}'."),
        "data": [{ "key": "scope", "value": scope }],
    } })
}
