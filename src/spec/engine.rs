//! The engine of expressions: Jinja, set up so that scripts and configuration files can stand in a spec as they are.
//! Pure: it has fuel, sees only what is given, and reads nothing. What is evaluated, and against what, is the business of `expand`.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::ValueKind;
use minijinja::{Environment, Error, ErrorKind, Output, State, UndefinedBehavior, Value};

use super::filters;

/// `{#` opens a comment in Jinja, and in shell it is the length of a variable (`${#list[@]}`): scripts win.
const COMMENT: (&str, &str) = ("{##!", "!##}");

/// More steps than any expression of a spec takes.
const FUEL: u64 = 50_000;

/// The engine: strict about names that are not there.
pub(super) fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    if let Ok(syntax) = syntax() {
        environment.set_syntax(syntax);
    }
    environment.set_formatter(format);
    environment.add_filter("slug", filters::slug);
    environment.add_filter("hash", filters::hash);
    environment.add_filter("short", filters::short);
    environment
}

/// Jinja that takes nothing away from a text but its expressions. Left to itself it also drops the last newline, and with it
/// the end of the last line of a script or a key file.
fn syntax() -> Result<SyntaxConfig, Error> {
    SyntaxConfig::builder().comment_delimiters(COMMENT.0, COMMENT.1).keep_trailing_newline(true).build()
}

/// Inside a text only single values can stand: a list would become its program text, which nobody means.
fn format(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    let what = match value.kind() {
        ValueKind::Seq | ValueKind::Iterable => "a list",
        ValueKind::Map => "a mapping",
        ValueKind::None => "nothing (`none`)",
        _ => return minijinja::escape_formatter(out, state, value),
    };
    Err(Error::new(ErrorKind::NonPrimitive, format!("{what} cannot stand inside a text")))
}

#[cfg(test)]
mod tests {
    use minijinja::context;

    use super::*;

    fn render(text: &str) -> Option<String> {
        environment().render_str(text, context! { x => "owl" }).ok()
    }

    #[test]
    fn a_script_keeps_its_braces_and_its_last_newline() {
        let script = "a=(1 2)\necho ${#a[@]} ${HOME} $# {{ x }}\n";
        assert_eq!(render(script).as_deref(), Some("a=(1 2)\necho ${#a[@]} ${HOME} $# owl\n"));
    }

    #[test]
    fn raw_braces_stay_as_they_are() {
        let text = "{% raw %}${{ github.sha }}{% endraw %}";
        assert_eq!(render(text).as_deref(), Some("${{ github.sha }}"));
    }

    #[test]
    fn filters_for_names_are_known() {
        assert_eq!(render("{{ 'Été ' ~ x | slug }}").as_deref(), Some("Été owl"));
        assert_eq!(render("{{ ('Été ' ~ x) | slug | short(20) }}").as_deref(), Some("ete-owl"));
    }
}
