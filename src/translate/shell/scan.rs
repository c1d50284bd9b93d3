//! The lines of a script: where each command begins and ends, continuations joined, comments and here-documents passed over, and
//! everything that stands for a value in the form `${x}`. Pure.

use std::ops::Range;

use super::CONFIGURED_PROJECT;
use crate::translate::placeholder;
use crate::translate::variable::DOLLAR;

/// A command line: its place, and its text with continuations joined and variables in one form.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) range: Range<usize>,
    pub(super) text: String,
    /// Whether it begins on a line of its own.
    pub(super) leads: bool,
}

/// Goes through a script character by character.
pub(super) struct Scanner<'a> {
    script: &'a str,
    at: usize,
    /// The line so far.
    text: String,
    /// Where it begins; None before its first character.
    start: Option<usize>,
    end: usize,
    leads: bool,
    quote: Option<char>,
    /// The words that end the here-documents of this line.
    here: Vec<String>,
    lines: Vec<Line>,
}

impl<'a> Scanner<'a> {
    pub(super) fn lines(script: &'a str) -> Vec<Line> {
        let mut scanner = Self {
            script,
            at: 0,
            text: String::new(),
            start: None,
            end: 0,
            leads: true,
            quote: None,
            here: Vec::new(),
            lines: Vec::new(),
        };
        while scanner.step() {}
        scanner.close(true);
        scanner.lines
    }

    fn rest(&self) -> &'a str {
        self.script.get(self.at..).unwrap_or_default()
    }

    /// Takes one thing from the script. False at its end.
    fn step(&mut self) -> bool {
        let rest = self.rest();
        let Some(c) = rest.chars().next() else { return false };
        match (self.quote, c) {
            (Some('\''), '\'') | (Some('"'), '"') => self.take_quote(None, c),
            (Some('\''), '$') => self.take(1, &DOLLAR.to_string()),
            (Some('\''), _) => self.take(c.len_utf8(), &c.to_string()),
            (None, '\'' | '"') => self.take_quote(Some(c), c),
            (_, '\\') => self.backslash(rest),
            (_, '$' | '`') if let Some((length, inner)) = substitution(rest) => {
                self.take(length, &stand_in(inner));
            }
            (_, '<' | '[' | '%' | '{') if let Some((length, name)) = placeholder::at(rest, self.before()) => {
                self.take(length, &format!("${{{name}}}"));
            }
            (None, '#') if self.at_word_start() => self.at += rest.find('\n').unwrap_or(rest.len()),
            (None, '<') if rest.starts_with("<<") && !rest.starts_with("<<<") => self.here_document(rest),
            (None, '\n') => self.newline(),
            (None, ';' | '|') => self.separator(c),
            (None, '&') if !matches!(self.before(), Some('>' | '<')) && !rest.starts_with("&>") => {
                self.separator(c);
            }
            _ => self.take(c.len_utf8(), &c.to_string()),
        }
        true
    }

    fn take(&mut self, length: usize, text: &str) {
        if self.start.is_some() || !text.trim().is_empty() {
            self.start.get_or_insert(self.at);
            self.text.push_str(text);
        }
        self.at += length;
        if !text.trim().is_empty() {
            self.end = self.at;
        }
    }

    fn take_quote(&mut self, quote: Option<char>, c: char) {
        self.quote = quote;
        self.take(1, &c.to_string());
    }

    /// A line goes on after a backslash, also where spaces stand behind it.
    fn backslash(&mut self, rest: &str) {
        let after = rest.get(1..).unwrap_or_default();
        let spaces = after.len() - after.trim_start_matches([' ', '\t', '\r']).len();
        match after.get(spaces..).and_then(|text| text.chars().next()) {
            Some('\n') => {
                self.text.push(' ');
                self.at += 1 + spaces + 1;
            }
            _ if after.starts_with('$') => self.take(2, &DOLLAR.to_string()),
            _ => {
                let length = 1 + after.chars().next().map_or(0, char::len_utf8);
                let text = rest.get(..length).unwrap_or_default();
                self.take(length, text);
            }
        }
    }

    fn before(&self) -> Option<char> {
        self.script.get(..self.at)?.chars().next_back()
    }

    fn at_word_start(&self) -> bool {
        self.before().is_none_or(|c| c.is_whitespace() || matches!(c, ';' | '&' | '|'))
    }

    fn here_document(&mut self, rest: &str) {
        let after = rest.trim_start_matches(['<', '-']).trim_start_matches(' ');
        let tag: String = after.chars().take_while(|c| !c.is_whitespace() && !";|&)".contains(*c)).collect();
        self.at += rest.len() - after.len() + tag.len();
        self.here.push(tag.trim_matches(['"', '\'']).to_owned());
    }

    fn newline(&mut self) {
        self.at += 1;
        for tag in std::mem::take(&mut self.here) {
            let lines = self.rest().split_inclusive('\n');
            let mut ended = false;
            let body = lines.take_while(|line| !std::mem::replace(&mut ended, line.trim() == tag));
            self.at += body.map(str::len).sum::<usize>();
        }
        self.close(true);
    }

    fn separator(&mut self, c: char) {
        self.at += self.rest().len() - self.rest().trim_start_matches(c).len();
        self.close(false);
    }

    fn close(&mut self, line_ends: bool) {
        let text = std::mem::take(&mut self.text);
        if let Some(start) = self.start.take() {
            let range = start..self.end.max(start);
            self.lines.push(Line { range, text, leads: self.leads });
        }
        self.quote = None;
        self.leads = line_ends;
    }
}

/// `$(…)` or `` `…` ``: its length and what is in it.
fn substitution(rest: &str) -> Option<(usize, &str)> {
    if let Some(inner) = rest.strip_prefix('`') {
        let end = inner.find('`')?;
        return Some((end + 2, inner.get(..end)?));
    }
    let inner = rest.strip_prefix("$(")?;
    let mut depth = 1_usize;
    for (at, c) in inner.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some((at + 3, inner.get(..at)?));
        }
    }
    None
}

/// The variable that stands for what a command prints.
fn stand_in(command: &str) -> String {
    let project = [
        "config get-value project",
        "config get project",
        "config get-value core/project",
        "config list project",
    ];
    if project.iter().any(|text| command.contains(text)) {
        return format!("${{{CONFIGURED_PROJECT}}}");
    }
    let word: String =
        command.trim().chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    format!("${{output_of_{word}}}")
}
