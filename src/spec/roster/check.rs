//! What a roster must keep whoever uses it: addresses that can be addresses, and no login twice.
//! Pure. Which columns these are follows from their names, as sheets and learning platforms write them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Content, Roster, Row};
use crate::spec::diagnostic::{Diagnostic, Problem};
use crate::spec::formats;
use crate::spec::source::Span;

/// Checks a roster. A bad address loses its value, and the second row of a login is left out: its resources would only be
/// reported as those of the first.
pub(super) fn check(mut roster: Roster) -> (Roster, Vec<Diagnostic>) {
    let mut found = Vec::new();
    for column in roster.columns.iter().filter(|column| holds_addresses(column)) {
        for row in &mut roster.rows {
            found.extend(bad_address(Arc::make_mut(row), column));
        }
    }
    for column in roster.columns.iter().filter(|column| holds_logins(column)) {
        let mut seen = BTreeMap::new();
        roster.rows.retain(|row| match taken(&mut seen, row, column) {
            Some(duplicate) => {
                found.push(duplicate);
                false
            }
            None => true,
        });
    }
    (roster, found)
}

/// The letters of a column's name, in lower case.
pub(super) fn plain(column: &str) -> String {
    column.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

pub(super) fn holds_addresses(column: &str) -> bool {
    let plain = plain(column);
    plain.contains("email") || plain.contains("courriel") || plain.ends_with("mail")
}

pub(super) fn holds_logins(column: &str) -> bool {
    matches!(plain(column).as_str(), "login" | "username")
}

fn bad_address(row: &mut Row, column: &str) -> Option<Diagnostic> {
    let text = row.text(column)?;
    let mut problem = formats::check("email", text)?.err()?;
    problem.replacement = None;
    let cell = row.cells.get_mut(column)?;
    cell.content = Content::Wrong;
    Some(problem.at(cell.span))
}

fn taken(seen: &mut BTreeMap<String, Span>, row: &Row, column: &str) -> Option<Diagnostic> {
    let cell = row.cells.get(column)?;
    let login = match &cell.content {
        Content::Value(value) => value.as_str().map_or_else(|| value.to_string(), str::to_owned),
        _ => return None,
    };
    // Names are in lower case, so two logins that differ in case alone become one.
    let Some(first) = seen.get(&login.to_lowercase()) else {
        seen.insert(login.to_lowercase(), cell.span);
        return None;
    };
    let problem = Problem::new("duplicate-login", format!("`{login}` is in the roster twice"));
    let help = "remove one of the two rows, or give one of them another login";
    let mut diagnostic = problem.label("the same login again").help(help).at(cell.span);
    diagnostic.related.push((*first, "the first one".to_owned()));
    Some(diagnostic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_addresses_and_logins_are_known_by_their_names() {
        for column in ["email", "E-mail", "Email Address", "Adresse de courriel", "mail", "Adresse mail"] {
            assert!(holds_addresses(column), "{column}");
        }
        for column in ["login", "Login", "Username", "user name"] {
            assert!(holds_logins(column), "{column}");
        }
        for column in ["mailbox", "team", "login shell", "name"] {
            assert!(!holds_addresses(column) && !holds_logins(column), "{column}");
        }
    }
}
