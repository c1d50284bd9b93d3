//! The `filter` and `orderBy` parameters of lists: `labels.team=owl`, `name eq be-.*`, `AND`, `OR`, `NOT`,
//! parentheses.

use std::cmp::Ordering;

use regex_lite::Regex;
use serde_json::Value;

use super::rules::invalid;
use crate::sandbox::error::ApiError;

#[derive(Debug)]
enum Test {
    All(Vec<Test>),
    Any(Vec<Test>),
    Not(Box<Test>),
    Field(Vec<String>, Comparison),
}

#[derive(Debug)]
enum Comparison {
    Equal(String),
    Different(String),
    /// `:` is "contains"; `:*` is "is there".
    Has(String),
    Matches(Regex),
    MatchesNot(Regex),
    Ordered(Vec<Ordering>, String),
}

/// A parsed filter.
#[derive(Debug)]
pub(super) struct Filter(Test);

impl Filter {
    /// Reads the parameter.
    pub(super) fn parse(text: &str) -> Result<Self, ApiError> {
        let wrong = || invalid("filter", text, "Invalid list filter expression.");
        let tokens = tokens(text).ok_or_else(wrong)?;
        let mut rest = tokens.as_slice();
        any(&mut rest).filter(|_| rest.is_empty()).map(Self).ok_or_else(wrong)
    }

    /// Whether a resource passes.
    pub(super) fn passes(&self, resource: &Value) -> bool {
        holds(&self.0, resource)
    }
}

fn holds(test: &Test, resource: &Value) -> bool {
    match test {
        Test::All(tests) => tests.iter().all(|test| holds(test, resource)),
        Test::Any(tests) => tests.iter().any(|test| holds(test, resource)),
        Test::Not(test) => !holds(test, resource),
        Test::Field(path, comparison) => {
            let mut values = Vec::new();
            collect(resource, path, &mut values);
            compare(comparison, &values)
        }
    }
}

fn compare(comparison: &Comparison, values: &[String]) -> bool {
    match comparison {
        Comparison::Equal(wanted) => values.iter().any(|value| value == wanted),
        Comparison::Different(wanted) => values.iter().all(|value| value != wanted),
        Comparison::Has(wanted) if wanted == "*" => !values.is_empty(),
        Comparison::Has(wanted) => {
            let wanted = wanted.trim_end_matches('*').to_lowercase();
            values.iter().any(|value| value.to_lowercase().contains(&wanted))
        }
        Comparison::Matches(pattern) => values.iter().any(|value| pattern.is_match(value)),
        Comparison::MatchesNot(pattern) => values.iter().all(|value| !pattern.is_match(value)),
        Comparison::Ordered(wanted, limit) => {
            values.iter().any(|value| wanted.contains(&order(value, limit)))
        }
    }
}

fn order(one: &str, other: &str) -> Ordering {
    match (one.parse::<f64>(), other.parse::<f64>()) {
        (Ok(one), Ok(other)) => one.total_cmp(&other),
        _ => one.cmp(other),
    }
}

/// Every scalar at a path; lists are looked through.
fn collect(value: &Value, path: &[String], found: &mut Vec<String>) {
    match (value, path.split_first()) {
        (Value::Array(items), _) => items.iter().for_each(|item| collect(item, path, found)),
        (Value::Object(fields), Some((first, rest))) => {
            if let Some(value) = fields.get(first) {
                collect(value, rest, found);
            }
        }
        (Value::String(text), None) => found.push(text.clone()),
        (Value::Bool(_) | Value::Number(_), None) => found.push(value.to_string()),
        _ => (),
    }
}

/// Words, quoted texts (marked by a leading quote), parentheses and operators.
fn tokens(text: &str) -> Option<Vec<String>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let after_matching = tokens.last().is_some_and(|last| last == "eq" || last == "ne");
        let length = match first {
            '"' | '\'' => rest.get(1..)?.find(first)? + 2,
            _ if after_matching => pattern_length(rest),
            '(' | ')' => 1,
            '!' | '=' | ':' | '<' | '>' => rest.find(|c| !"!=:<>".contains(c)).unwrap_or(rest.len()),
            _ => rest.find(|c: char| c.is_whitespace() || "()!=:<>\"'".contains(c)).unwrap_or(rest.len()),
        };
        let (token, after) = rest.split_at_checked(length)?;
        tokens.push(token.to_owned());
        rest = after.trim_start();
    }
    Some(tokens)
}

/// An unquoted pattern ends at a space, or at a parenthesis that it has not opened.
fn pattern_length(text: &str) -> usize {
    let mut open = 0_i32;
    let end = text.find(|c: char| {
        open += i32::from(c == '(') - i32::from(c == ')');
        c.is_whitespace() || open < 0
    });
    end.unwrap_or(text.len())
}

fn any(rest: &mut &[String]) -> Option<Test> {
    let mut tests = vec![all(rest)?];
    while take(rest, "OR") {
        tests.push(all(rest)?);
    }
    Some(Test::Any(tests))
}

/// Terms side by side mean AND, as between parentheses.
fn all(rest: &mut &[String]) -> Option<Test> {
    let mut tests = vec![term(rest)?];
    while take(rest, "AND") || rest.first().is_some_and(|token| token != "OR" && token != ")") {
        tests.push(term(rest)?);
    }
    Some(Test::All(tests))
}

fn term(rest: &mut &[String]) -> Option<Test> {
    if take(rest, "NOT") || take(rest, "-") {
        return Some(Test::Not(Box::new(term(rest)?)));
    }
    if take(rest, "(") {
        let test = any(rest)?;
        return take(rest, ")").then_some(test);
    }
    let (field, operator, value) = (next(rest)?, next(rest)?, next(rest)?);
    let path = field.split('.').map(|part| unquoted(part).to_owned()).collect();
    Some(Test::Field(path, comparison(&operator, unquoted(&value))?))
}

fn comparison(operator: &str, value: &str) -> Option<Comparison> {
    let whole = || Regex::new(&format!("^(?:{value})$")).ok();
    let owned = value.to_owned();
    Some(match operator {
        "=" => Comparison::Equal(owned),
        "!=" => Comparison::Different(owned),
        ":" => Comparison::Has(owned),
        "eq" => Comparison::Matches(whole()?),
        "ne" => Comparison::MatchesNot(whole()?),
        "<" => Comparison::Ordered(vec![Ordering::Less], owned),
        "<=" => Comparison::Ordered(vec![Ordering::Less, Ordering::Equal], owned),
        ">" => Comparison::Ordered(vec![Ordering::Greater], owned),
        ">=" => Comparison::Ordered(vec![Ordering::Greater, Ordering::Equal], owned),
        _ => return None,
    })
}

fn next(rest: &mut &[String]) -> Option<String> {
    let (first, after) = rest.split_first()?;
    *rest = after;
    Some(first.clone())
}

fn take(rest: &mut &[String], token: &str) -> bool {
    let found = rest.first().is_some_and(|first| first == token);
    if found {
        *rest = rest.get(1..).unwrap_or_default();
    }
    found
}

fn unquoted(text: &str) -> &str {
    text.trim_matches(['"', '\''])
}

/// Sorts by `name`, `name desc` or `creationTimestamp desc`; other orders are refused.
pub(super) fn sort(items: &mut [Value], order_by: &str) -> Result<(), ApiError> {
    let key = |field: &'static str| move |item: &Value| item.get(field).map(Value::to_string);
    match order_by.trim() {
        "" | "name" | "name asc" => items.sort_by_key(key("name")),
        "name desc" => {
            items.sort_by_key(key("name"));
            items.reverse();
        }
        "creationTimestamp desc" => {
            items.sort_by_key(key("creationTimestamp"));
            items.reverse();
        }
        other => {
            return Err(invalid("orderBy", other, "Only name and creationTimestamp desc are supported."));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_filter_picks_what_it_says() {
        let vm = json!({ "name": "be-owl-1", "status": "RUNNING", "labels": { "team": "owl", "managed-by": "provost" },
            "tags": { "items": ["http", "ssh"] }, "deletionProtection": false, "sizeGb": "50" });
        for (filter, passes) in [
            ("name=be-owl-1", true),
            ("name = \"be-owl-1\"", true),
            ("name eq be-.*", true),
            ("name eq be", false),
            ("(name eq (be|x)-.*) AND status=RUNNING", true),
            ("name ne be-.*", false),
            ("labels.team=owl AND labels.managed-by=provost", true),
            ("(labels.team=owl) (status=TERMINATED)", false),
            ("labels.team=cat OR status=RUNNING", true),
            ("labels.absent:*", false),
            ("labels.team:*", true),
            ("labels.absent!=x", true),
            ("tags.items=ssh", true),
            ("NOT (status=RUNNING)", false),
            ("deletionProtection=false", true),
            ("sizeGb>=50", true),
        ] {
            assert_eq!(Filter::parse(filter).unwrap().passes(&vm), passes, "{filter}");
        }
    }

    #[test]
    fn a_malformed_filter_is_400() {
        for filter in ["name", "name=", "(name=x", "name=x)", "name~x"] {
            assert_eq!(Filter::parse(filter).map_err(|error| error.code).err(), Some(400), "{filter}");
        }
    }
}
