//! Secrets are not written: where a name says that a value is one, a variable stands for it. Texts with braces of their own
//! are written so that they stay as they are.

use serde_json::Value;

use super::Withheld;
use super::draft::Draft;
use crate::report::secrets::{is_secret_name, names_secrets, secrets_in};

/// Puts variables in place of secrets in all drafts, unless they are wanted; gives what stands for what.
pub(super) fn withhold(drafts: &mut [Draft], with_secrets: bool) -> Vec<Withheld> {
    let mut withheld = Vec::new();
    for draft in drafts {
        let place = draft.address.to_string();
        let mut walk = Walk { withheld: &mut withheld, with_secrets };
        walk.value(&place, "", &mut draft.spec);
    }
    withheld
}

struct Walk<'a> {
    withheld: &'a mut Vec<Withheld>,
    with_secrets: bool,
}

impl Walk<'_> {
    fn value(&mut self, place: &str, name: &str, value: &mut Value) {
        match value {
            Value::Object(_) if names_secrets(name, value) => {}
            Value::Object(map) => {
                for (key, value) in map {
                    self.value(&format!("{place} {key}"), key, value);
                }
            }
            Value::Array(list) => {
                for value in list {
                    self.value(place, name, value);
                }
            }
            Value::String(text) => *text = self.text(place, name, text),
            _ => {}
        }
    }

    fn text(&mut self, place: &str, name: &str, text: &str) -> String {
        let secrets = match () {
            () if self.with_secrets || text.is_empty() => Vec::new(),
            () if is_secret_name(name) => vec![(name.to_owned(), text.to_owned())],
            () => secrets_in(text),
        };
        let secrets: Vec<(String, String)> =
            secrets.into_iter().map(|(name, value)| (self.variable(place, &name, &value), value)).collect();
        render(text, &secrets)
    }

    /// The variable of a value: one for all places that hold the same.
    fn variable(&mut self, place: &str, name: &str, value: &str) -> String {
        if let Some(known) = self.withheld.iter_mut().find(|known| known.value == value) {
            if known.places.iter().all(|known| known != place) {
                known.places.push(place.to_owned());
            }
            return known.variable.clone();
        }
        let wanted = identifier(name);
        let numbered = (2..).map(|n| format!("{wanted}_{n}"));
        let taken = |name: &String| self.withheld.iter().any(|known| known.variable == *name);
        let free = std::iter::once(wanted.clone()).chain(numbered).find(|name| !taken(name));
        let variable = free.unwrap_or(wanted);
        self.withheld.push(Withheld {
            variable: variable.clone(),
            value: value.to_owned(),
            places: vec![place.to_owned()],
        });
        variable
    }
}

/// A name that an expression can use.
fn identifier(name: &str) -> String {
    let plain = name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' });
    let plain: String = plain.collect();
    let begins = plain.starts_with(|c: char| c.is_ascii_alphabetic());
    if begins { plain } else { format!("secret_{plain}") }
}

/// A text with variables in place of secrets, and with everything else as it is.
fn render(text: &str, secrets: &[(String, String)]) -> String {
    let next =
        secrets.iter().filter_map(|(variable, value)| Some((text.find(value.as_str())?, variable, value)));
    let Some((at, variable, value)) = next.min_by_key(|(at, ..)| *at) else {
        return verbatim(text);
    };
    let (before, rest) =
        (text.get(..at).unwrap_or_default(), text.get(at + value.len()..).unwrap_or_default());
    format!("{}{{{{ vars.{variable} }}}}{}", verbatim(before), render(rest, secrets))
}

/// A text that the engine of expressions leaves as it is.
fn verbatim(text: &str) -> String {
    let special = ["{{", "}}", "{%", "{##!"].iter().any(|mark| text.contains(mark)) || text.ends_with('{');
    if special { format!("{{% raw %}}{text}{{% endraw %}}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_becomes_a_variable_and_braces_stay_as_they_are() {
        let secrets = [("db_password".to_owned(), "hunter22".to_owned())];
        assert_eq!(render("a hunter22 b", &secrets), "a {{ vars.db_password }} b");
        assert_eq!(
            render("{{.Names}} hunter22", &secrets),
            "{% raw %}{{.Names}} {% endraw %}{{ vars.db_password }}"
        );
        assert_eq!(render("echo ${HOME}", &secrets), "echo ${HOME}");
    }

    #[test]
    fn a_variable_is_named_after_the_secret() {
        assert_eq!(identifier("DB-PASSWORD"), "db_password");
        assert_eq!(identifier("2nd_token"), "secret_2nd_token");
    }
}
