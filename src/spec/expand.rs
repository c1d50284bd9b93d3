//! Expansion: `{{ … }}` in a document becomes its value. One document becomes the specs it stands for.
//! Pure: the engine has fuel, sees only what is given, and reads nothing.

use std::ops::Range;

use minijinja::value::{Serde, ValueKind};
use minijinja::{Environment, Error, ErrorKind, Output, State, UndefinedBehavior, Value as Jinja};
use serde_json::{Value, json};

use super::course::Course;
use super::diagnostic::{Diagnostic, Problem};
use super::document::{Document, ExpandedSpec, SpanMap};
use super::node::{Entry, Node, NodeValue, Origin};
use super::source::{Sources, Span};
use super::{engine, expression};

/// More steps than any expression of a spec takes.
const FUEL: u64 = 50_000;

/// What expressions may name.
pub struct Expander {
    environment: Environment<'static>,
    context: Value,
}

/// What is wrong with an expression, and which bytes of its text say so.
type Unreadable = Box<(Problem, Range<usize>)>;

impl Expander {
    /// The expander of a course.
    pub fn of(course: &Course) -> Self {
        let mut about = json!({"name": course.name, "project": course.project});
        if let (Some(map), Some(region)) = (about.as_object_mut(), &course.region) {
            map.insert("region".to_owned(), json!(region));
        }
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_fuel(Some(FUEL));
        if let Ok(syntax) = engine::syntax() {
            environment.set_syntax(syntax);
        }
        environment.set_formatter(format);
        Self { environment, context: json!({"vars": course.vars, "course": about}) }
    }

    /// The specs that a document stands for. An expression without a value is reported and leaves its place unknown, so
    /// that the rest of the document is checked all the same.
    pub fn expand(&self, document: &Document, sources: &Sources) -> (Vec<ExpandedSpec>, Vec<Diagnostic>) {
        let mut root = document.root.clone();
        let mut found = Vec::new();
        self.node(&mut root, sources, &mut found);
        let spans = SpanMap::of(&root);
        let mut value = root.to_value();
        if let Some(map) = value.as_object_mut() {
            map.shift_remove("kind");
        }
        let name = root.entry("name").filter(|name| name.value.origin != Origin::Unknown);
        let name = name.map(|name| name.value.to_value()).filter(|name| !name.is_null());
        let name = name.map(|name| name.as_str().map_or_else(|| name.to_string(), str::to_owned));
        let spec = ExpandedSpec {
            kind: document.kind.clone(),
            name: name.unwrap_or_default(),
            value,
            spans,
            kind_span: document.kind_span,
        };
        (vec![spec], found)
    }

    fn node(&self, node: &mut Node, sources: &Sources, found: &mut Vec<Diagnostic>) {
        match &mut node.value {
            NodeValue::List(list) => list.iter_mut().for_each(|node| self.node(node, sources, found)),
            NodeValue::Map(entries) => {
                for entry in entries {
                    self.node(&mut entry.value, sources, found);
                }
            }
            NodeValue::Text(text) if text.contains("{{") || text.contains("{%") => match self.text(text) {
                Ok(value) => *node = computed(&value, node.span),
                Err(unreadable) => {
                    let (problem, range) = *unreadable;
                    found.push(place(problem, range, text, node.span, sources));
                    *node = Node { span: node.span, value: NodeValue::Null, origin: Origin::Unknown };
                }
            },
            _ => {}
        }
    }

    /// A text that is one expression keeps the type of its value; any other becomes a text.
    fn text(&self, text: &str) -> Result<Value, Unreadable> {
        let wrong = |error: &Error| self.problem(error, text);
        let Some(expression) = expression::whole(text) else {
            let rendered = self.environment.render_str(text, Jinja::from(Serde(&self.context)));
            return rendered.map(Value::String).map_err(|error| wrong(&error));
        };
        let compiled = self.environment.compile_expression(expression).map_err(|error| wrong(&error))?;
        let value = compiled.eval(Jinja::from(Serde(&self.context))).map_err(|error| wrong(&error))?;
        if value.is_undefined() {
            return Err(self.undefined(text));
        }
        serde_json::to_value(&value).map_err(|_| {
            let problem =
                Problem::new("expression", "the expression gives something that is no value of a spec");
            Box::new((problem, expression::first(text)))
        })
    }

    fn undefined(&self, text: &str) -> Unreadable {
        Box::new(expression::undefined(text, &self.context).unwrap_or_else(|| {
            let range = expression::first(text);
            let shown = text.get(range.clone()).unwrap_or(text);
            let message = format!("`{shown}` names something that is not there");
            let problem = Problem::new("undefined-variable", message);
            (problem.help("look at the `vars` of the Course"), range)
        }))
    }

    fn problem(&self, error: &Error, text: &str) -> Unreadable {
        let range = expression::first(text);
        let detail = error.detail().unwrap_or("it cannot be read").to_owned();
        let new = |message: &str| Problem::new("expression", message);
        let problem = match error.kind() {
            ErrorKind::UndefinedError => return self.undefined(text),
            ErrorKind::OutOfFuel => new("the expression takes too many steps").label("it runs too long"),
            ErrorKind::NonPrimitive => new(&detail)
                .label("this gives more than one value")
                .help("choose one of them, `{{ vars.x[0] }}`, or join them, `{{ vars.x | join(\"-\") }}`"),
            ErrorKind::SyntaxError if text.matches("{{").count() > text.matches("}}").count() => {
                new("`{{` is not closed").label("it opens here").help("close the expression with `}}`")
            }
            ErrorKind::SyntaxError => new("the expression cannot be read").label(early(&detail)).help(
                "an expression looks like `{{ vars.name }}`; `{% raw %}…{% endraw %}` keeps braces as they are",
            ),
            ErrorKind::UnknownFilter => {
                new(&none_of("filter", &detail)).help("common filters are `upper`, `lower`, `replace`, `join`, `first`, `default`")
            }
            ErrorKind::UnknownFunction => {
                new(&none_of("function", &detail)).help("names of values are written without brackets")
            }
            _ if detail.contains("operator") => {
                new("the expression has no value").label(detail).help("join texts with `~`: `{{ vars.a ~ 1 }}`")
            }
            _ => new("the expression has no value").label(detail),
        };
        Box::new((problem, range))
    }
}

fn early(detail: &str) -> String {
    let ends = detail.starts_with("unexpected end");
    if ends { "it ends too early".to_owned() } else { detail.to_owned() }
}

/// The engine says `filter x is unknown` and `x is unknown`.
fn none_of(what: &str, detail: &str) -> String {
    let name = detail.trim_start_matches("filter ").split(' ').next().unwrap_or_default();
    format!("there is no {what} `{name}`")
}

/// Inside a text only single values can stand: a list would become its program text, which nobody means.
fn format(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Jinja) -> Result<(), Error> {
    let what = match value.kind() {
        ValueKind::Seq | ValueKind::Iterable => "a list",
        ValueKind::Map => "a mapping",
        ValueKind::None => "nothing (`none`)",
        _ => return minijinja::escape_formatter(out, state, value),
    };
    Err(Error::new(ErrorKind::NonPrimitive, format!("{what} cannot stand inside a text")))
}

/// The problem at its bytes within the scalar, where these can be found in what is written: quotes, escapes and folded lines
/// make a scalar differ from its source.
fn place(problem: Problem, range: Range<usize>, text: &str, span: Span, sources: &Sources) -> Diagnostic {
    let written = sources.text(span.source).get(span.start..span.end).unwrap_or_default();
    let open = text.get(..range.start).and_then(|before| before.rfind("{{")).unwrap_or(range.start);
    let start = written.find(text).map(|found| found + range.start).or_else(|| {
        let piece = text.get(open..range.end)?;
        written.find(piece).map(|found| found + range.start - open)
    });
    let Some(start) = start.map(|start| span.start + start) else {
        return Problem { replacement: None, ..problem }.at(span);
    };
    problem.at(Span { source: span.source, start, end: start + range.len() })
}

/// A computed value stands where its expression stood.
fn computed(value: &Value, span: Span) -> Node {
    let inner = match value {
        Value::Null => NodeValue::Null,
        Value::Bool(on) => NodeValue::Bool(*on),
        Value::Number(number) => NodeValue::Number(number.clone()),
        Value::String(text) => NodeValue::Text(text.clone()),
        Value::Array(list) => NodeValue::List(list.iter().map(|value| computed(value, span)).collect()),
        Value::Object(map) => {
            let entry = |(key, value): (&String, &Value)| Entry {
                key: key.clone(),
                key_span: span,
                value: computed(value, span),
            };
            NodeValue::Map(map.iter().map(entry).collect())
        }
    };
    Node { span, value: inner, origin: Origin::Computed }
}
