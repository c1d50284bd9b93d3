//! Evaluation: a text with expressions becomes its value, or what is wrong with it and at which bytes.
//! Pure.

use std::ops::Range;
use std::sync::Arc;

use minijinja::value::ValueKind;
use minijinja::{Environment, Error, ErrorKind, Value as Jinja};
use serde_json::Value;

use super::reference::{self, Made};
use super::row::{Miss, Misses};
use super::scene::Scene;
use crate::spec::diagnostic::Problem;
use crate::spec::reference::Reference;
use crate::spec::source::Span;
use crate::spec::{engine, expression, suggest};

/// Why an expression has no value.
#[derive(Debug)]
pub(super) enum Wrong {
    /// A mistake in these bytes of the text.
    Problem(Box<Problem>, Range<usize>),
    /// It uses an empty cell of a column, which stands there.
    EmptyCell(String, Span, Range<usize>),
    /// It uses a cell that is wrong, which is reported.
    Reported,
}

/// The engine, and what its rows could not give.
pub(super) struct Evaluator {
    environment: Environment<'static>,
    pub(super) misses: Arc<Misses>,
    made: Arc<Made>,
}

impl Evaluator {
    pub(super) fn new() -> Self {
        let made = Arc::default();
        let mut environment = engine::environment();
        environment.add_function("ref", reference::function(&made));
        Self { environment, misses: Arc::default(), made }
    }

    /// A text that is one expression keeps the type of its value; any other becomes a text.
    pub(super) fn text(&self, text: &str, scene: &Scene) -> Result<Value, Wrong> {
        let value = match expression::whole(text) {
            Some(expression) => {
                let value = self.evaluated(expression, text, scene)?;
                serde_json::to_value(&value).map_err(|_| no_value(text))?
            }
            None => self.rendered(text, scene)?,
        };
        match self.made.lost_in(&value) {
            Some(lost) => Err(changed(&lost, text)),
            None => Ok(value),
        }
    }

    fn rendered(&self, text: &str, scene: &Scene) -> Result<Value, Wrong> {
        self.begin();
        let rendered = self.environment.render_str(text, scene.context());
        rendered.map(Value::String).map_err(|error| self.wrong(&error, text, scene))
    }

    /// The value of an expression that decides which resources there are: nothing that is known later.
    pub(super) fn expression(&self, expression: &str, text: &str, scene: &Scene) -> Result<Jinja, Wrong> {
        let value = self.evaluated(expression, text, scene)?;
        match self.made.lost_in(&Value::Null) {
            Some(reference) => Err(too_early(&reference, text)),
            None => Ok(value),
        }
    }

    fn begin(&self) {
        self.misses.take();
        self.made.clear();
    }

    fn evaluated(&self, expression: &str, text: &str, scene: &Scene) -> Result<Jinja, Wrong> {
        self.begin();
        let wrong = |error: &Error| self.wrong(error, text, scene);
        let compiled = self.environment.compile_expression(expression).map_err(|error| wrong(&error))?;
        let value = compiled.eval(scene.context()).map_err(|error| wrong(&error))?;
        if is_undefined(&value) { Err(self.undefined(text, scene)) } else { Ok(value) }
    }

    fn wrong(&self, error: &Error, text: &str, scene: &Scene) -> Wrong {
        match error.kind() {
            ErrorKind::UndefinedError => self.undefined(text, scene),
            _ => Wrong::Problem(Box::new(problem(error, text)), expression::first(text)),
        }
    }

    /// What is not there: a name that leads nowhere, a column, or the content of a cell.
    fn undefined(&self, text: &str, scene: &Scene) -> Wrong {
        if let Some((problem, range)) = expression::undefined(text, &scene.known()) {
            return Wrong::Problem(Box::new(of_row(problem, text, &range, scene)), range);
        }
        let range = expression::first(text);
        match self.misses.take() {
            Some(Miss::Empty(column, span)) => Wrong::EmptyCell(column, span, range),
            Some(Miss::Reported) => Wrong::Reported,
            Some(Miss::NoColumn(column)) => Wrong::Problem(Box::new(no_column(&column, scene)), range),
            None => {
                let shown = text.get(range.clone()).unwrap_or(text);
                let message = format!("`{shown}` names something that is not there");
                let problem = Problem::new("undefined-variable", message);
                Wrong::Problem(Box::new(problem.help("look at the `vars` of the Course")), range)
            }
        }
    }
}

/// Nothing, or a list with nothing in it somewhere: `roster | map(attribute="team")` of rows without teams.
fn is_undefined(value: &Jinja) -> bool {
    let list = matches!(value.kind(), ValueKind::Seq).then(|| value.try_iter().ok()).flatten();
    value.is_undefined() || list.is_some_and(|mut list| list.any(|value| value.is_undefined()))
}

fn no_value(text: &str) -> Wrong {
    let problem = Problem::new("expression", "the expression gives something that is no value of a spec");
    Wrong::Problem(Box::new(problem), expression::first(text))
}

/// A value that is known after an apply can be written into a text, and no more.
fn changed(reference: &Reference, text: &str) -> Wrong {
    let message = format!("`{reference}` is known after apply, so no filter or operator can work on it");
    let problem = Problem::new("reference-changed", message);
    let help = "write it as it is, with text around it: `\"http://{{ ref('Vm/a').internalIp }}:80\"`";
    Wrong::Problem(Box::new(problem.help(help)), expression::first(text))
}

fn too_early(reference: &Reference, text: &str) -> Wrong {
    let message =
        format!("which resources there are cannot follow from `{reference}`, which is known after apply");
    let problem = Problem::new("reference-too-early", message);
    let help = "decide by `vars`, `roster` and `course`";
    Wrong::Problem(Box::new(problem.help(help)), expression::first(text))
}

/// A name that leads from a row nowhere is a column that the roster does not have.
fn of_row(problem: Problem, text: &str, range: &Range<usize>, scene: &Scene) -> Problem {
    let mut parts = text.get(range.clone()).unwrap_or_default().split('.');
    match (parts.next().and_then(|variable| scene.row(variable)), parts.next()) {
        (Some(row), Some(column)) if !row.columns().iter().any(|known| known == column) => {
            Problem { message: no_such_column(column), ..problem }
        }
        _ => problem,
    }
}

fn no_such_column(column: &str) -> String {
    format!("the roster has no column `{column}`")
}

fn no_column(column: &str, scene: &Scene) -> Problem {
    let columns = scene.columns();
    let problem = Problem::new("undefined-variable", no_such_column(column));
    if let Some(near) = suggest::nearest(column, columns.iter().map(String::as_str)) {
        return problem.help(format!("did you mean `{near}`?"));
    }
    let names: Vec<String> = columns.iter().map(|column| format!("`{column}`")).collect();
    problem.help(format!("its columns are {}", names.join(", ")))
}

fn problem(error: &Error, text: &str) -> Problem {
    let detail = error.detail().unwrap_or("it cannot be read").to_owned();
    let new = |message: &str| Problem::new("expression", message);
    match error.kind() {
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
        ErrorKind::UnknownFilter => new(&none_of("filter", &detail)).help(
            "common filters are `slug`, `short(20)`, `hash`, `lower`, `upper`, `replace`, `join`, `first`, `default`",
        ),
        ErrorKind::UnknownFunction => {
            new(&none_of("function", &detail)).help("names of values are written without brackets")
        }
        _ if detail.contains("operator") => new("the expression has no value")
            .label(detail)
            .help("join texts with `~`: `{{ vars.a ~ 1 }}`"),
        _ => new("the expression has no value").label(detail),
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
