//! Texts of a course, and what each of them is to it.
//! Data only: reading them is the business of `load`, what they say that of `folder`.

use std::path::Path;

/// What a text is to its course.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// Specs of the course folder.
    Specs,
    /// Specs that this entry of the Course's `include` names.
    Included(String),
    /// A file that this entry names, and that belongs to the course already.
    Again(String),
    /// What the environment of this name changes.
    Overlay(String),
    /// A table: the roster.
    Table,
    /// One of `vars` from the command line, as it was typed.
    Var,
}

/// A text under the path that is shown to the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The path.
    pub path: String,
    /// The text.
    pub text: String,
    /// What it is.
    pub role: Role,
}

/// Where values of the command line stand for a person.
const COMMAND_LINE: &str = "command line";
/// What stands before such a value.
pub(super) const VAR: &str = "--var ";

impl Text {
    /// A text with its role.
    pub fn new(path: impl Into<String>, text: impl Into<String>, role: Role) -> Self {
        Self { path: path.into(), text: text.into(), role }
    }

    /// A value for one of `vars`: `machines.size=3`.
    pub fn var(setting: &str) -> Self {
        Self::new(COMMAND_LINE, format!("{VAR}{setting}"), Role::Var)
    }
}

/// A text of the course folder itself: YAML by the end of its name, or else a table.
impl From<(String, String)> for Text {
    fn from((path, text): (String, String)) -> Self {
        let role = if is_yaml(Path::new(&path)) { Role::Specs } else { Role::Table };
        Self { path, text, role }
    }
}

/// Whether the name of a file says that it holds YAML.
pub fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "yaml" || e == "yml")
}
