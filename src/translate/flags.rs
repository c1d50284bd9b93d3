//! Flags of commands: which field each fills, as tables. A flag that no table of its command knows is told, never dropped.
//! Pure.

use serde_json::{Value, json};

use super::desk::Desk;
use super::draft::Draft;
use crate::spec::Problem;

/// A flag of a command.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flag {
    /// Its name, without hyphens.
    pub(super) name: &'static str,
    pub(super) does: Does,
}

/// What a flag does to a spec.
#[derive(Clone, Copy, Debug)]
pub(super) enum Does {
    /// Its value is that of a field.
    Text(&'static str),
    /// The last part of its value, which may be a path, is that of a field.
    Last(&'static str),
    /// Its value in capitals is that of a field.
    Upper(&'static str),
    /// Its value is a number.
    Number(&'static str),
    /// Its value is a size in GB, `GB` written or not.
    Size(&'static str),
    /// Its value is a list with commas between.
    List(&'static str),
    /// Its value is a list of `key=value` with commas between.
    Map(&'static str),
    /// It is a switch that turns a field on or off.
    Switch(&'static str, bool),
    /// It is a switch that gives a field this text.
    Fixed(&'static str, &'static str),
    /// It takes a value that needs more than a field.
    Special(fn(&mut Draft, &str, &mut Desk<'_>)),
    /// It is a switch that needs more than a field.
    SpecialSwitch(fn(&mut Draft, &str, &mut Desk<'_>)),
    /// It takes a value that means nothing to a spec.
    Nothing,
    /// It is a switch that means nothing to a spec.
    NothingSwitch,
    /// It has no field; what to write instead.
    Unlike(&'static str),
}

impl Does {
    /// Whether a value follows the flag.
    fn takes_value(self) -> bool {
        !matches!(self, Self::Switch(..) | Self::Fixed(..) | Self::SpecialSwitch(_) | Self::NothingSwitch)
    }
}

/// A row of a table.
pub(super) const fn flag(name: &'static str, does: Does) -> Flag {
    Flag { name, does }
}

/// Tables of flags; the first row of a name counts.
pub(super) type Tables = &'static [&'static [Flag]];

/// The arguments of a command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Arguments {
    /// What is no flag.
    pub(super) names: Vec<String>,
    /// Flags as they were given, with their values.
    flags: Vec<(String, String)>,
    /// What stands after `--`.
    pub(super) rest: Vec<String>,
}

impl Arguments {
    /// Takes words apart by the tables of their command.
    pub(super) fn read(words: &[String], tables: Tables) -> Self {
        let mut read = Self::default();
        let mut words = words.iter().peekable();
        while let Some(word) = words.next() {
            if word == "--" {
                read.rest.extend(words.by_ref().cloned());
                break;
            }
            let Some(flag) =
                word.strip_prefix("--").or_else(|| word.strip_prefix('-')).filter(|f| !f.is_empty())
            else {
                read.names.push(word.clone());
                continue;
            };
            let (name, value) = match flag.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (flag, None),
            };
            // One that no table has is taken to have a value if something that is no flag follows.
            let takes = find(tables, name).is_none_or(|flag| flag.does.takes_value());
            let value = value.or_else(|| words.next_if(|next| takes && !next.starts_with("--")).cloned());
            read.flags.push((name.to_owned(), value.unwrap_or_default()));
        }
        read
    }

    /// The value of a flag, if it is given.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.flags.iter().rev().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// Fills a draft, in the order of the tables, and tells of flags that none of them has.
    pub(super) fn fill(&self, draft: &mut Draft, tables: Tables, desk: &mut Desk<'_>) {
        for flag in tables.iter().copied().flatten() {
            for (_, value) in self.flags.iter().filter(|(name, _)| name == flag.name) {
                apply(*flag, value, draft, desk);
            }
        }
        self.tell_unknown(tables, desk);
    }

    /// Tells of flags that no table has.
    pub(super) fn tell_unknown(&self, tables: Tables, desk: &mut Desk<'_>) {
        for (name, _) in self.flags.iter().filter(|(name, _)| find(tables, name).is_none()) {
            let known = tables.iter().copied().flatten().map(|flag| flag.name);
            desk.unknown("the flag", name, known);
        }
    }
}

fn find(tables: Tables, name: &str) -> Option<&'static Flag> {
    tables.iter().copied().flatten().find(|flag| flag.name == name)
}

/// Does what a flag does.
pub(super) fn apply(flag: Flag, raw: &str, draft: &mut Draft, desk: &mut Desk<'_>) {
    match flag.does {
        Does::Text(field) => draft.put(field, json!(desk.value(raw, field))),
        Does::Last(field) => draft.put(field, json!(desk.value(last(raw), field))),
        Does::Upper(field) => draft.put(field, json!(capitals(raw, field, desk))),
        Does::Number(field) => draft.put(field, desk.number(raw, field)),
        Does::Size(field) => draft.put(field, size(raw, field, desk)),
        Does::List(field) => {
            let list = items(raw).map(|item| json!(desk.value(item, field))).collect();
            draft.put(field, Value::Array(list));
        }
        Does::Map(field) => {
            let pairs: Vec<(&str, &str)> = pairs(raw).collect();
            for (key, value) in pairs {
                draft.put(field, json!({ key: desk.value(value, field) }));
            }
        }
        Does::Switch(field, on) => draft.put(field, json!(on != (raw == "false" || raw == "False"))),
        Does::Fixed(field, text) => draft.put(field, json!(text)),
        Does::Special(special) | Does::SpecialSwitch(special) => special(draft, raw, desk),
        Does::Nothing | Does::NothingSwitch => {}
        Does::Unlike(help) => {
            let problem = Problem::new("not-translated", format!("the flag `--{}` has no field", flag.name));
            desk.warn(flag.name, problem.label("it is left out").help(help));
        }
    }
}

/// A size: gcloud's `50GB` is 50 here.
fn size(raw: &str, field: &str, desk: &mut Desk<'_>) -> Value {
    let number = raw.trim_end_matches(['G', 'B', 'i']).parse::<u64>();
    number.map_or_else(|_| json!(desk.value(raw, field)), |number| json!(number))
}

/// A word of the API: gcloud takes it in any case.
fn capitals(raw: &str, field: &str, desk: &mut Desk<'_>) -> String {
    if raw.contains('$') { desk.value(raw, field) } else { raw.to_uppercase().replace('-', "_") }
}

/// The last part of a path or URL.
pub(super) fn last(raw: &str) -> &str {
    raw.rsplit('/').next().unwrap_or(raw)
}

/// The items of a list. `^:^a:b` is gcloud's way to choose another separator.
pub(super) fn items(raw: &str) -> impl Iterator<Item = &str> {
    let chosen =
        raw.strip_prefix('^').and_then(|rest| rest.split_once('^')).filter(|(sign, _)| !sign.is_empty());
    let (separator, list) = chosen.unwrap_or((",", raw));
    list.split(separator).map(str::trim).filter(|item| !item.is_empty())
}

/// The pairs of a list of `key=value`. A key alone has an empty value.
pub(super) fn pairs(raw: &str) -> impl Iterator<Item = (&str, &str)> {
    items(raw).map(|item| item.split_once('=').unwrap_or((item, "")))
}
