//! Secrets: what must never be shown, found by the name it bears, and hidden wherever its value appears.
//! Pure. Every text that leaves the program goes through [`Secrets::hide`].

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::LazyLock;

use regex_lite::Regex;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::kinds::{FieldChange, FieldPath};
use crate::plan::Plan;

/// What stands in place of a secret.
pub const HIDDEN: &str = "(sensitive)";

/// What a name contains that says that its value is a secret, in lower case.
const WORDS: [&[u8]; 12] = [
    b"password",
    b"passwd",
    b"passphrase",
    b"secret",
    b"token",
    b"apikey",
    b"api_key",
    b"privatekey",
    b"private_key",
    b"accesskey",
    b"access_key",
    b"credential",
];
/// `NAME=value` and `NAME: value` in scripts and files.
const LINE: &str = r"(?im)^(\s*(?:export\s+|-\s*|ENV\s+)?[A-Z0-9_.-]*(?:PASS(?:WORD|WD|PHRASE)|SECRET|TOKEN|API_?KEY|PRIVATE_?KEY|ACCESS_?KEY|CREDENTIAL)[A-Z0-9_.-]*\s*[=:]\s*)(\S.*)$";
/// Shorter values would blank out half of the text.
const SHORTEST: usize = 4;
/// Bytes of a digest that stands for a secret: enough to see a change by, and no whole hash to search for.
const DIGEST: usize = 8;

/// The secrets of a run.
#[derive(Clone, Default)]
pub struct Secrets {
    values: BTreeSet<String>,
    /// What goes into the digests that stand for secrets, where they are to be told apart.
    salt: Option<String>,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secrets({})", self.values.len())
    }
}

/// Compiled once: every text of a plan is looked at.
static SECRET_LINE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(LINE).ok());

/// Whether a name says that its value is a secret.
pub fn is_secret_name(name: &str) -> bool {
    let name = name.as_bytes();
    let begins = |byte: &u8| matches!(byte.to_ascii_lowercase(), b'a' | b'c' | b'p' | b's' | b't');
    let starts = name.iter().enumerate().filter(|(_, byte)| begins(byte));
    starts.map(|(from, _)| name.get(from..).unwrap_or_default()).any(|rest| {
        WORDS.iter().any(|word| rest.get(..word.len()).is_some_and(|part| part.eq_ignore_ascii_case(word)))
    })
}

/// Whether a field names secrets of Secret Manager: what it holds are names for all to read, whatever they are called.
/// Where people choose the names (environments, metadata), values are texts.
pub fn names_secrets(field: &str, value: &Value) -> bool {
    matches!(field, "secretEnv" | "on") && value.is_object()
}

/// The same of a place in a spec.
fn is_among_names(path: &FieldPath) -> bool {
    let parts: Vec<&str> = path.0.iter().map(String::as_str).collect();
    matches!(parts.as_slice(), ["containers", _, "secretEnv", ..] | ["secretEnv" | "on", ..])
}

/// The secrets in a text: what stands behind a name that says so, with that name, and the passwords of addresses.
pub fn secrets_in(text: &str) -> Vec<(String, String)> {
    let passwords = text.split("://").skip(1).filter_map(login);
    lines(text).chain(passwords.map(|(_, password)| ("password".to_owned(), password.to_owned()))).collect()
}

/// The names and values of lines such as `export API_KEY=…`.
fn lines(text: &str) -> impl Iterator<Item = (String, String)> {
    // Cheaper than the pattern, which finds none of the texts that this leaves out.
    let line = SECRET_LINE.as_ref().filter(|_| is_secret_name(text));
    line.into_iter().flat_map(move |line| line.captures_iter(text)).filter_map(|found| {
        let name = found.get(1)?.as_str().trim().trim_end_matches(['=', ':']).trim();
        let name = name.rsplit(char::is_whitespace).next().unwrap_or(name);
        let value = found.get(2)?.as_str().trim().trim_matches(['"', '\'']);
        (value.len() >= SHORTEST && !value.starts_with('$')).then(|| (name.to_owned(), value.to_owned()))
    })
}

/// Bytes as digests are written.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut all, byte| {
        let _ = write!(all, "{byte:02x}");
        all
    })
}

/// The user and the password that an address begins with, behind its scheme.
fn login(address: &str) -> Option<(&str, &str)> {
    let host = address.split(|c: char| c == '/' || c.is_whitespace()).next()?;
    let (user, password) = host.split_once('@')?.0.split_once(':')?;
    (!user.is_empty() && !password.is_empty()).then_some((user, password))
}

impl Secrets {
    /// Notes every text below a name that says it is a secret.
    pub fn gather(&mut self, value: &Value) {
        match value {
            Value::Object(map) => map.iter().for_each(|(key, value)| {
                if names_secrets(key, value) {
                    return;
                }
                if is_secret_name(key) {
                    self.note(value);
                }
                self.gather(value);
            }),
            Value::Array(list) => list.iter().for_each(|value| self.gather(value)),
            Value::String(text) => self.gather_lines(text),
            _ => {}
        }
    }

    fn note(&mut self, value: &Value) {
        match value {
            Value::String(text) if text.len() >= SHORTEST => drop(self.values.insert(text.clone())),
            Value::Array(list) => list.iter().for_each(|value| self.note(value)),
            Value::Number(number) => drop(self.values.insert(number.to_string()).then_some(())),
            _ => {}
        }
    }

    fn gather_lines(&mut self, text: &str) {
        let lines = lines(text);
        self.values.extend(lines.map(|(_, value)| value));
    }

    /// Notes every secret of a plan, on both sides.
    pub fn gather_plan(&mut self, plan: &Plan) {
        for change in &plan.changes {
            self.gather(&change.before);
            self.gather(&change.after);
            for field in &change.fields {
                if is_secret(&field.path) {
                    self.note(&field.before);
                    self.note(&field.after);
                }
            }
        }
    }

    /// The same secrets, each hidden by a digest that tells it from another: what is kept shows that one was changed, and not
    /// what it is. They are found inside JSON, too, as documents of a plan hold others as texts.
    #[must_use]
    pub fn telling(&self, salt: &str) -> Self {
        let inside = |value: &String| {
            let quoted = Value::from(value.as_str()).to_string();
            quoted.get(1..quoted.len() - 1).unwrap_or_default().to_owned()
        };
        let once: BTreeSet<String> = self.values.iter().map(inside).collect();
        let twice: BTreeSet<String> = once.iter().map(inside).collect();
        let values = self.values.iter().cloned().chain(once).chain(twice).collect();
        Self { values, salt: Some(salt.to_owned()) }
    }

    /// What stands in place of a secret.
    fn stand_in(&self, secret: &str) -> String {
        let Some(salt) = &self.salt else { return HIDDEN.to_owned() };
        let sum = Sha256::digest(format!("{salt}:{secret}"));
        format!("(sensitive sha256:{})", hexadecimal(sum.get(..DIGEST).unwrap_or_default()))
    }

    /// A text without any secret.
    pub fn hide(&self, text: &str) -> String {
        let mut shown = text.to_owned();
        for value in self.values.iter().rev() {
            if shown.contains(value.as_str()) {
                shown = shown.replace(value.as_str(), &self.stand_in(value));
            }
        }
        if shown.contains("://") { self.without_passwords(&shown) } else { shown }
    }

    /// A value without any secret: by name, and by value inside texts.
    pub fn hide_value(&self, name: &str, value: &Value) -> Value {
        let mut shown = value.clone();
        self.hide_in(name, &mut shown);
        shown
    }

    /// A value without any secret, where it stands: most have none, and are left as they are.
    fn hide_in(&self, name: &str, value: &mut Value) {
        match value {
            Value::Object(_) if names_secrets(name, value) => {}
            Value::Object(map) => map.iter_mut().for_each(|(key, value)| self.hide_in(key, value)),
            Value::Null => {}
            Value::String(text) if is_secret_name(name) => *text = self.stand_in(text),
            _ if is_secret_name(name) => *value = Value::String(self.stand_in(&value.to_string())),
            Value::Array(list) => list.iter_mut().for_each(|value| self.hide_in(name, value)),
            Value::String(text) if self.is_in(text) => *text = self.hide(text),
            _ => {}
        }
    }

    /// Whether a text must be looked at more closely.
    fn is_in(&self, text: &str) -> bool {
        text.contains("://") || self.values.iter().any(|value| text.contains(value.as_str()))
    }

    /// A plan that can be shown: without what only apply needs.
    pub fn hide_plan(&self, plan: &Plan) -> Plan {
        let mut shown = Plan {
            course: plan.course.clone(),
            project: plan.project.clone(),
            changes: plan.changes.clone(),
            steps: Vec::new(),
            records: Vec::new(),
            report: plan.report.clone(),
            overrides: plan.overrides.clone(),
        };
        self.hide_all(&mut shown);
        shown
    }

    /// The same of a plan that nobody wants to apply.
    pub fn hide_all(&self, plan: &mut Plan) {
        for change in &mut plan.changes {
            self.hide_in("", &mut change.before);
            self.hide_in("", &mut change.after);
            if self.is_in(&change.reason) {
                change.reason = self.hide(&change.reason);
            }
            self.hide_fields(&mut change.fields);
        }
        for finding in &mut plan.report {
            finding.message = self.hide(&finding.message);
            finding.help = finding.help.take().map(|help| self.hide(&help));
        }
    }

    /// Changes of fields without any secret.
    pub fn hide_fields(&self, fields: &mut [FieldChange]) {
        for field in fields.iter_mut().filter(|field| !is_among_names(&field.path)) {
            let name = if is_secret(&field.path) { "secret" } else { "" };
            self.hide_in(name, &mut field.before);
            self.hide_in(name, &mut field.after);
        }
    }

    /// A text without the passwords of addresses: `scheme://user:password@host`.
    fn without_passwords(&self, text: &str) -> String {
        let mut shown = String::with_capacity(text.len());
        let mut pieces = text.split("://");
        shown.extend(pieces.next());
        for piece in pieces {
            shown.push_str("://");
            match login(piece) {
                Some((user, password)) => {
                    let rest = piece.get(user.len() + 1 + password.len()..).unwrap_or_default();
                    shown.extend([user, ":", &self.stand_in(password), rest]);
                }
                None => shown.push_str(piece),
            }
        }
        shown
    }
}

/// Whether what stands at a place is a secret by its name.
fn is_secret(path: &FieldPath) -> bool {
    !is_among_names(path) && path.0.iter().any(|part| is_secret_name(part))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_secret_is_hidden_under_its_name_and_wherever_its_value_appears() {
        let mut secrets = Secrets::default();
        let spec = json!({"env": {"DB_PASSWORD": "hunter22", "USER": "owl"}, "script": "psql postgres://u:hunter22@db"});
        secrets.gather(&spec);
        assert_eq!(
            secrets.hide_value("", &spec),
            json!({"env": {"DB_PASSWORD": HIDDEN, "USER": "owl"}, "script": "psql postgres://u:(sensitive)@db"})
        );
        assert_eq!(secrets.hide("invalid value hunter22"), "invalid value (sensitive)");
    }

    #[test]
    fn the_name_of_a_secret_is_none_and_a_variable_of_that_name_is() {
        let mut secrets = Secrets::default();
        let named = json!({"secretEnv": {"DB_PASSWORD": {"secret": "db-pass"}}, "on": {"secret": "db-pass"}});
        secrets.gather(&named);
        assert_eq!(secrets.hide_value("", &named), named);
        assert_eq!(secrets.hide("IamGrant/reads-db-pass"), "IamGrant/reads-db-pass");
        let chosen = json!({"env": {"secretEnv": "hunter22", "on": "x"}});
        assert_eq!(secrets.hide_value("", &chosen), json!({"env": {"secretEnv": HIDDEN, "on": "x"}}));
    }

    #[test]
    fn what_is_kept_tells_two_secrets_apart_and_neither_of_them() {
        let hidden = |password: &str, salt: &str| {
            let spec =
                json!({"env": {"DB_PASSWORD": password}, "header": json!({"p": password}).to_string()});
            let mut secrets = Secrets::default();
            secrets.gather(&spec);
            secrets.telling(salt).hide_value("", &spec).to_string()
        };
        let shown = hidden("hun\"ter", "salt");
        assert!(shown.contains("(sensitive sha256:") && !shown.contains("ter"), "{shown}");
        assert_eq!(shown, hidden("hun\"ter", "salt"));
        assert_ne!(shown, hidden("hun\"ten", "salt"));
        assert_ne!(shown, hidden("hun\"ter", "other"));
    }

    #[test]
    fn a_secret_in_a_script_is_found_by_its_line() {
        let mut secrets = Secrets::default();
        secrets.gather(&json!("#!/bin/sh\nexport API_KEY=abcd1234\necho hi"));
        assert_eq!(secrets.hide("export API_KEY=abcd1234"), "export API_KEY=(sensitive)");
    }

    #[test]
    fn passwords_in_addresses_are_hidden_even_if_nobody_named_them() {
        let hidden = |text| Secrets::default().hide(text);
        assert_eq!(hidden("https://bot:x9@quay.io/a"), "https://bot:(sensitive)@quay.io/a");
        assert_eq!(
            hidden("a://u:p:q@h b://h:80/x@y c://:p@h é://v:w@"),
            "a://u:(sensitive)@h b://h:80/x@y c://:p@h é://v:(sensitive)@"
        );
    }
}
