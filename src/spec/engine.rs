//! The syntax of expressions: Jinja, set up so that scripts and configuration files can stand in a spec as they are.
//! Pure. What is evaluated, and against what, is the business of `expand`.

use minijinja::Error;
use minijinja::syntax::SyntaxConfig;

/// `{#` opens a comment in Jinja, and in shell it is the length of a variable (`${#list[@]}`): scripts win.
const COMMENT: (&str, &str) = ("{##!", "!##}");

/// Jinja that takes nothing away from a text but its expressions. Left to itself it also drops the last newline, and with it
/// the end of the last line of a script or a key file.
pub(super) fn syntax() -> Result<SyntaxConfig, Error> {
    SyntaxConfig::builder().comment_delimiters(COMMENT.0, COMMENT.1).keep_trailing_newline(true).build()
}

#[cfg(test)]
mod tests {
    use minijinja::{Environment, context};

    use super::*;

    fn render(text: &str) -> Option<String> {
        let mut environment = Environment::new();
        environment.set_syntax(syntax().ok()?);
        environment.render_str(text, context! { x => "owl" }).ok()
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
}
