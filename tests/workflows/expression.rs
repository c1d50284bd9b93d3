//! The expressions of workflows: enough of GitHub's language for what is written there. A name that has no value in the table
//! of a test fails the test, so that a misspelt one is found.

use std::collections::BTreeMap;

/// What names stand for, and how the job has gone so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Context {
    names: BTreeMap<String, String>,
    pub(crate) failed: bool,
}

impl Context {
    pub(crate) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.names.insert(name.to_owned(), value.into());
    }

    /// The value of a name. An output that a step has not written is empty, as on GitHub.
    fn get(&self, name: &str) -> String {
        let known = || name.starts_with("steps.").then(String::new);
        let value = self.names.get(name).cloned().or_else(known);
        value.unwrap_or_else(|| panic!("nothing is known of `{name}`"))
    }

    /// A text with every `${{ … }}` in it replaced.
    pub(crate) fn fill(&self, text: &str) -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${{") {
            let (expression, after) = after.split_once("}}").unwrap();
            filled.push_str(before);
            filled.push_str(&self.value(expression).text());
            rest = after;
        }
        filled + rest
    }

    /// Whether a condition holds; without a word about how the job went, it asks for success as well.
    pub(crate) fn holds(&self, condition: Option<&str>) -> bool {
        let condition = condition.unwrap_or("success()").trim();
        let bare = condition.strip_prefix("${{").and_then(|c| c.strip_suffix("}}")).unwrap_or(condition);
        let asks =
            ["success()", "failure()", "always()", "cancelled()"].iter().any(|word| bare.contains(word));
        (asks || !self.failed) && self.value(bare).is_true()
    }

    fn value(&self, expression: &str) -> Value {
        let mut parser = Parser { tokens: tokens(expression), next: 0, context: self };
        let value = parser.any();
        assert!(parser.next == parser.tokens.len(), "`{expression}` does not end");
        value
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Value {
    Text(String),
    Flag(bool),
}

impl Value {
    fn text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Flag(flag) => flag.to_string(),
        }
    }

    fn is_true(&self) -> bool {
        match self {
            Self::Text(text) => !text.is_empty(),
            Self::Flag(flag) => *flag,
        }
    }
}

/// The words of an expression.
fn tokens(expression: &str) -> Vec<String> {
    let word = regex_lite::Regex::new(r"'[^']*'|&&|\|\||==|!=|!|[A-Za-z_][\w.-]*(\(\))?|[()]").unwrap();
    let found: Vec<String> = word.find_iter(expression).map(|found| found.as_str().to_owned()).collect();
    let kept: String = expression.split_whitespace().collect();
    assert_eq!(found.concat(), kept, "only what is known may be written");
    found
}

/// `any` is or, `all` is and; each reads both its sides, as nothing here has effects.
struct Parser<'a> {
    tokens: Vec<String>,
    next: usize,
    context: &'a Context,
}

impl Parser<'_> {
    fn takes(&mut self, word: &str) -> bool {
        let found = self.tokens.get(self.next).is_some_and(|token| token == word);
        self.next += usize::from(found);
        found
    }

    fn any(&mut self) -> Value {
        let mut value = self.all();
        while self.takes("||") {
            let other = self.all();
            value = if value.is_true() { value } else { other };
        }
        value
    }

    fn all(&mut self) -> Value {
        let mut value = self.equal();
        while self.takes("&&") {
            let other = self.equal();
            value = if value.is_true() { other } else { value };
        }
        value
    }

    fn equal(&mut self) -> Value {
        let value = self.one();
        match () {
            () if self.takes("==") => Value::Flag(value == self.one()),
            () if self.takes("!=") => Value::Flag(value != self.one()),
            () => value,
        }
    }

    fn one(&mut self) -> Value {
        if self.takes("!") {
            return Value::Flag(!self.one().is_true());
        }
        if self.takes("(") {
            let value = self.any();
            assert!(self.takes(")"), "a bracket stays open");
            return value;
        }
        let token = self.tokens.get(self.next).expect("a value").clone();
        self.next += 1;
        match token.as_str() {
            "always()" => Value::Flag(true),
            "cancelled()" => Value::Flag(false),
            "success()" => Value::Flag(!self.context.failed),
            "failure()" => Value::Flag(self.context.failed),
            text if text.starts_with('\'') => Value::Text(text.trim_matches('\'').to_owned()),
            name => Value::Text(self.context.get(name)),
        }
    }
}

#[test]
fn conditions_are_read_as_github_reads_them() {
    let mut context = Context::default();
    context.set("vars.A", "x");
    context.set("vars.NONE", "");
    let rows = [
        ("vars.A == 'x' && vars.NONE == ''", true, false),
        ("vars.NONE || vars.A", true, false),
        ("!cancelled() && (vars.A != 'x' || vars.A)", true, true),
        ("${{ failure() }}", false, true),
        ("steps.none.outputs.said == 'yes'", false, false),
    ];
    for (condition, then, after_failure) in rows {
        for (failed, expected) in [(false, then), (true, after_failure)] {
            context.failed = failed;
            assert_eq!(context.holds(Some(condition)), expected, "{condition}, failed: {failed}");
        }
    }
    assert_eq!(context.fill("a-${{ vars.NONE || 'b' }}-${{ vars.A }}"), "a-b-x");
}
