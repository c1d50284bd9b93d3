//! JSON Schemas of the kinds: strict ones for validation, and published ones for editors.
//! Derived from the spec structs and their doc comments; nothing is written by hand.

use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

use super::erased::Kind;
use super::registry::KindRegistry;
use crate::spec::Course;
use crate::spec::folder::COURSE;
use crate::spec::formats::ProjectId;

/// The schema by which a spec is checked: draft-07, no null, no expressions (they are expanded by then).
pub fn strict(kind: &dyn Kind) -> Value {
    let mut generator = SchemaSettings::draft07().with_transform(NoNull).into_generator();
    let mut schema = kind.schema(&mut generator);
    let common = Common::json_schema(&mut generator);
    if let (Some(Value::Object(fields)), Some(Value::Object(more))) =
        (schema.get_mut("properties"), common.get("properties"))
    {
        fields.extend(more.clone());
    }
    finish(generator, schema)
}

/// The field of every resource that says in which project it is. Its meaning is in `kinds::desired`; no kind knows of it.
pub const PROJECT: &str = "project";

/// What a resource of any kind may say.
#[derive(JsonSchema)]
struct Common {
    /// Id of the project that holds it, if it is not the Course's: `project: "{{ team.project }}"` with `forEach` makes one in
    /// each team's project.
    #[expect(dead_code, reason = "only its schema is used")]
    project: Option<ProjectId>,
}

/// The schema of the `Course` document, as strict as those of the kinds.
pub fn strict_course() -> Value {
    let mut generator = SchemaSettings::draft07().with_transform(NoNull).into_generator();
    let schema = Course::json_schema(&mut generator);
    finish(generator, schema)
}

fn finish(mut generator: schemars::SchemaGenerator, mut schema: Schema) -> Value {
    let definitions = generator.take_definitions(true);
    if !definitions.is_empty() {
        schema.insert("definitions".to_owned(), Value::Object(definitions));
    }
    NoNull.transform(&mut schema);
    schema.to_value()
}

/// The schema that an editor uses for a document of one kind: the strict one with `kind`, and with expressions allowed where
/// they are expanded, which is everywhere but in the Course.
pub fn published(name: &str, strict: &Value) -> Value {
    let mut schema = Schema::try_from(strict.clone()).unwrap_or_default();
    NoFormats.transform(&mut schema);
    if name != COURSE {
        Expressions.transform(&mut schema);
        schema.insert("type".to_owned(), json!("object"));
        schema.remove("pattern");
    }
    let mut document = Map::new();
    document.insert("$schema".to_owned(), json!("http://json-schema.org/draft-07/schema#"));
    document.insert("title".to_owned(), json!(name));
    let mut body = schema.to_value();
    if let Some(map) = body.as_object_mut() {
        if name != COURSE {
            add_copies(map);
        }
        add_kind(map, name);
        map.remove("$schema");
        map.remove("title");
        document.append(map);
    }
    Value::Object(document)
}

fn add_kind(schema: &mut Map<String, Value>, name: &str) {
    let mut properties = Map::new();
    let about = format!("The kind of this document: {name}.");
    properties.insert("kind".to_owned(), json!({"const": name, "description": about}));
    if let Some(Value::Object(fields)) = schema.get_mut("properties") {
        properties.append(fields);
    }
    schema.insert("properties".to_owned(), Value::Object(properties));
    let mut required = vec![json!("kind")];
    if let Some(Value::Array(fields)) = schema.get_mut("required") {
        required.append(fields);
    }
    schema.insert("required".to_owned(), Value::Array(required));
}

/// The keys that are gone once a document is expanded. Their meaning is in `spec::expand`.
fn add_copies(schema: &mut Map<String, Value>) {
    let each = json!({
        "description": "One resource for each item: `{ student: roster }`, `{ team: vars.teams }`, `{ port: [8080, 8081] }`. Several variables give every combination, and a later one may go over a part of an earlier one. Expressions name the item, as in `name: vm-{{ student.login }}`.",
        "type": "object",
        "minProperties": 1,
        "propertyNames": {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$"},
        "additionalProperties": {
            "description": "A list, a mapping (whose items have `key` and `value`), or an expression that gives one: `roster`, `vars.teams`.",
            "anyOf": [{"type": "array"}, {"type": "string"}, {"type": "object"}],
        },
        "examples": [{"student": "roster"}],
    });
    let when = json!({
        "description": "An expression that is true where the resource is wanted: `student.team == \"owl\"`.",
        "type": ["boolean", "string"],
    });
    if let Some(Value::Object(fields)) = schema.get_mut("properties") {
        fields.insert("forEach".to_owned(), each);
        fields.insert("when".to_owned(), when);
    }
}

/// Every published schema by file name: one per kind and `provost.json` for a whole file.
pub fn all(registry: &KindRegistry) -> Vec<(String, Value)> {
    let every = every(registry);
    let single = every.iter().map(|(name, schema)| (format!("{name}.json"), published(name, schema)));
    single.chain(std::iter::once(("provost.json".to_owned(), whole_file(&every)))).collect()
}

/// The strict schemas of every kind of document, by name.
fn every(registry: &KindRegistry) -> Vec<(&'static str, Value)> {
    let kinds = registry.iter().map(|kind| (kind.facts().kind, strict(kind)));
    std::iter::once((COURSE, strict_course())).chain(kinds).collect()
}

/// The schema of an overlay: documents of any kind, of which nothing is required but what they change, and in which nothing
/// (`null`) removes.
pub fn overlay(registry: &KindRegistry) -> Value {
    let every = every(registry);
    let mut schema = whole_file(&every);
    loosen(&mut schema);
    let about = "Takes the resource of this kind and name out of the course.";
    for (name, _) in every.iter().filter(|(name, _)| *name != COURSE) {
        if let Some(Value::Object(fields)) = schema.pointer_mut(&format!("/definitions/{name}/properties")) {
            fields.insert("remove".to_owned(), json!({"const": true, "description": about}));
        }
    }
    if let Some(map) = schema.as_object_mut() {
        map.insert("title".to_owned(), json!("Provost overlay"));
        let about =
            "One document of an overlay: it changes the document of the same kind and name, or is one more.";
        map.insert("description".to_owned(), json!(about));
    }
    schema
}

/// Requires nothing but the kind, and lets `null` stand for every value with a key.
fn loosen(schema: &mut Value) {
    let Value::Object(map) = schema else {
        if let Value::Array(list) = schema {
            list.iter_mut().for_each(loosen);
        }
        return;
    };
    if let Some(Value::Array(required)) = map.get_mut("required") {
        required.retain(|key| key == "kind");
    }
    for (key, below) in map.iter_mut().filter(|(key, _)| *key != "if") {
        loosen(below);
        let fields = below.as_object_mut().filter(|_| key == "properties");
        fields.into_iter().flatten().filter(|(key, _)| *key != "kind").for_each(|(_, field)| nullable(field));
        if key == "additionalProperties" && below.is_object() {
            nullable(below);
        }
    }
    map.retain(|key, below| key != "required" || below.as_array().is_none_or(|list| !list.is_empty()));
}

fn nullable(field: &mut Value) {
    let about = field.get("description").cloned();
    let own = std::mem::take(field);
    *field = json!({"anyOf": [own, {"type": "null"}]});
    if let (Some(map), Some(about)) = (field.as_object_mut(), about) {
        map.insert("description".to_owned(), about);
    }
}

/// One schema for any document: `if kind then that kind's schema`, which gives an editor the keys of the chosen kind and
/// a validator the exact place of a mistake (a `oneOf` would only say that none fits).
fn whole_file(kinds: &[(&str, Value)]) -> Value {
    let mut definitions = Map::new();
    let mut branches = Vec::new();
    for (name, schema) in kinds {
        let mut own = published(name, schema);
        if let Some(map) = own.as_object_mut() {
            map.remove("$schema");
            if let Some(Value::Object(shared)) = map.remove("definitions") {
                definitions.extend(shared);
            }
        }
        definitions.insert((*name).to_owned(), own);
        branches.push(json!({
            "if": {"properties": {"kind": {"const": name}}, "required": ["kind"]},
            "then": {"$ref": format!("#/definitions/{name}")},
        }));
    }
    let names: Vec<&str> = kinds.iter().map(|(name, _)| *name).collect();
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Provost spec",
        "description": "One document of a course folder: a Course, or a resource of one of the kinds.",
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"enum": names, "description": "What this document describes."}},
        "allOf": branches,
        "definitions": definitions,
    })
}

/// Takes `null` out of optional fields: an empty value in a spec is a mistake, not an omission.
#[derive(Clone, Debug)]
struct NoNull;

impl Transform for NoNull {
    fn transform(&mut self, schema: &mut Schema) {
        transform_subschemas(self, schema);
        if let Some(Value::Array(types)) = schema.get_mut("type") {
            types.retain(|t| t != "null");
            if let [one] = types.as_slice() {
                let one = one.clone();
                schema.insert("type".to_owned(), one);
            }
        }
        if let Some(Value::Array(branches)) = schema.get_mut("anyOf") {
            branches.retain(|b| b.get("type").is_none_or(|t| t != "null"));
            if let [Value::Object(one)] = branches.as_slice() {
                let one = one.clone();
                schema.remove("anyOf");
                inline(schema, one);
            }
        }
        schema.remove("default");
        // The types say in `format` how large a number may be; draft-07 knows no such formats.
        let most = match schema.get("format").and_then(Value::as_str) {
            Some("uint16") => u64::from(u16::MAX),
            Some("uint32") => u64::from(u32::MAX),
            _ => return,
        };
        schema.remove("format");
        if schema.get("maximum").is_none() {
            schema.insert("maximum".to_owned(), json!(most));
        }
    }
}

/// A lone `$ref` beside a description is ignored by draft-07 validators' readers; `allOf` keeps both.
fn inline(schema: &mut Schema, branch: Map<String, Value>) {
    if branch.contains_key("$ref") && schema.as_object().is_some_and(|o| !o.is_empty()) {
        schema.insert("allOf".to_owned(), json!([branch]));
        return;
    }
    for (key, value) in branch {
        if schema.get(&key).is_none() {
            schema.insert(key, value);
        }
    }
}

/// Lets `{{ … }}` stand for any value but the document itself: a text that is one expression has the type of its value.
#[derive(Clone, Debug)]
struct Expressions;

/// One expression and nothing else.
const EXPRESSION: &str = r"^\s*\{\{[\s\S]*\}\}\s*$";
/// A text with an expression in it.
const WITH_EXPRESSION: &str = r"\{[{%]";

impl Transform for Expressions {
    fn transform(&mut self, schema: &mut Schema) {
        transform_subschemas(self, schema);
        if let Some(Value::Array(words)) = schema.get_mut("oneOf") {
            words
                .push(json!({"type": "string", "pattern": WITH_EXPRESSION, "description": "An expression."}));
            return;
        }
        if schema.get("enum").is_some() {
            return in_place_of_words(schema);
        }
        let typed = schema.get("type").and_then(Value::as_str).filter(|t| *t != "string").map(str::to_owned);
        if let Some(typed) = typed {
            // Beside a pattern, which only counts for texts, every other rule only counts for the other type.
            schema.insert("type".to_owned(), json!([typed, "string"]));
            schema.insert("pattern".to_owned(), json!(EXPRESSION));
        }
    }
}

fn in_place_of_words(schema: &mut Schema) {
    let about = schema.get("description").cloned();
    let original = std::mem::take(schema).to_value();
    schema.insert("anyOf".to_owned(), json!([original, {"type": "string", "pattern": WITH_EXPRESSION}]));
    if let Some(about) = about {
        schema.insert("description".to_owned(), about);
    }
}

/// Takes out the formats: they are our own, and validators refuse names they do not know.
#[derive(Clone, Debug)]
struct NoFormats;

impl Transform for NoFormats {
    fn transform(&mut self, schema: &mut Schema) {
        transform_subschemas(self, schema);
        schema.remove("format");
    }
}
