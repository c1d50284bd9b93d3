//! Who a row of the roster is about: the cells that name a person, found by the names of their columns as sheets and learning
//! platforms write them.
//! Pure.

use serde::Serialize;
use serde_json::Value;

use super::check::{holds_addresses, holds_logins, plain};
use super::{Content, Row};

/// A person of the class, as far as the roster says.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Person {
    /// The login: the column `login` or `username`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub login: Option<String>,
    /// The name: the column `name`, or those of first and last name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The e-mail address: the first column of addresses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The team: the column `team` or `group`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
}

const NAMES: &[&str] = &["name", "fullname", "student", "nomcomplet"];
const FIRST: &[&str] = &["firstname", "givenname", "prenom", "prénom"];
const LAST: &[&str] = &["lastname", "surname", "familyname", "nom"];
const TEAMS: &[&str] = &["team", "group", "groupe", "équipe", "equipe"];

impl Row {
    /// Who the row is about.
    pub fn person(&self) -> Person {
        let named = |names: &[&str]| self.first(|column| names.contains(&plain(column).as_str()));
        let parts: Vec<String> = [named(FIRST), named(LAST)].into_iter().flatten().collect();
        Person {
            login: self.first(holds_logins),
            name: named(NAMES).or_else(|| (!parts.is_empty()).then(|| parts.join(" "))),
            email: self.first(holds_addresses),
            team: named(TEAMS),
        }
    }

    fn first(&self, wanted: impl Fn(&str) -> bool) -> Option<String> {
        self.cells.iter().filter(|(column, _)| wanted(column)).find_map(|(column, _)| self.shown(column))
    }

    /// A cell as text; None if there is nothing in it.
    pub fn shown(&self, column: &str) -> Option<String> {
        match &self.cells.get(column)?.content {
            Content::Value(Value::String(text)) => Some(text.clone()),
            Content::Value(value @ (Value::Number(_) | Value::Bool(_))) => Some(value.to_string()),
            _ => None,
        }
    }
}

impl Person {
    /// What to call somebody: the name, else the login, else the address.
    pub fn called(&self) -> &str {
        let names = [&self.name, &self.login, &self.email];
        names.into_iter().find_map(|name| name.as_deref()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use crate::spec::roster;
    use crate::spec::source::SourceId;

    #[test]
    fn a_person_is_found_by_the_names_of_columns() {
        let text =
            "E-mail;First name;Last name;User name;Groupe;gpu\nada@x.edu;Ada;Lovelace;alovelace;owl;yes\n";
        let (roster, found) = roster::table(SourceId(0), text);
        assert!(found.is_empty(), "{found:?}");
        let person = roster.rows[0].person();
        assert_eq!(person.called(), "Ada Lovelace");
        assert_eq!(
            (person.login.as_deref(), person.email.as_deref(), person.team.as_deref()),
            (Some("alovelace"), Some("ada@x.edu"), Some("owl"))
        );
    }
}
