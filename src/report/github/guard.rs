//! The guard of a log: GitHub's runner takes a line that begins with `::name::` for a command, and `##[name]` anywhere in a line,
//! in whatever a step writes. Names, messages and contents of others must not be able to give it one.

use std::borrow::Cow;

use anstream::adapter::strip_str;

/// Stands inside of a sign that would begin a command: a space of no width.
const NOTHING: char = '\u{200b}';

/// A text of which no line is a command, neither as it is nor without its colours, which whoever prints may take out. What needs
/// no change is not changed: `::/0` is an address.
pub fn harmless(text: &str) -> Cow<'_, str> {
    let bare = strip_str(text).to_string();
    if !is_harmful(text) && !is_harmful(&bare) {
        return Cow::Borrowed(text);
    }
    let safe = bare.replace("##[", &format!("#{NOTHING}#["));
    Cow::Owned(lines(&safe).map(broken).collect())
}

fn is_harmful(text: &str) -> bool {
    text.contains("##[") || lines(text).any(is_command)
}

/// Lines as the runner reads them, with their ends: a carriage return ends one as well.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(['\n', '\r'])
}

/// Whether the runner would look for a command: two colons first, and two more after them.
fn is_command(line: &str) -> bool {
    line.trim_start().strip_prefix("::").is_some_and(|rest| rest.contains("::"))
}

fn broken(line: &str) -> Cow<'_, str> {
    if is_command(line) {
        Cow::Owned(line.replacen("::", &format!(":{NOTHING}:"), 1))
    } else {
        Cow::Borrowed(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_of_others_is_a_command() {
        let rows = [
            ("::error::x", ":\u{200b}:error::x"),
            ("a\n \t::add-mask::x\nb", "a\n \t:\u{200b}:add-mask::x\nb"),
            ("a\r::stop-commands::t\r\n", "a\r:\u{200b}:stop-commands::t\r\n"),
            ("\u{a0}::debug::", "\u{a0}:\u{200b}:debug::"),
            ("x ##[error]y", "x #\u{200b}#[error]y"),
            ("\u{1b}[1m::error::x", ":\u{200b}:error::x"),
            (":\u{1b}[m:error::x", ":\u{200b}:error::x"),
            ("#\u{1b}[m#[error]", "#\u{200b}#[error]"),
            ("###[group]", "##\u{200b}#[group]"),
        ];
        for (text, safe) in rows {
            assert_eq!(harmless(text), safe, "{text}");
            assert_eq!(harmless(safe), safe, "{text}");
        }
    }

    #[test]
    fn what_is_no_command_stays_as_it_is() {
        for text in [
            "",
            "::/0",
            "fd00::1, ::1",
            "- ::/0\n",
            "error: a::b::c\n",
            "\u{1b}[1mbold\u{1b}[0m",
            "## [x]",
            "  ::1",
        ] {
            assert!(matches!(harmless(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }
}
