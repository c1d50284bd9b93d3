//! What is wrong with a text that is no YAML, in the words of somebody who writes specs and not of a parser.
//! Pure. The parser's own words are only looked at to tell one mistake from another, and never shown.

use std::ops::Range;

use serde_saphyr::Error;
use serde_saphyr::budget::BudgetBreach;

use super::{DEEPEST, MOST_NODES};
use crate::spec::Problem;

/// What is wrong, and the bytes of the text that it is about. `at` is where the parser gave up.
pub(super) fn error(error: &Error, text: &str, at: usize) -> (Problem, Range<usize>) {
    let scene = Scene { text, at: at.min(text.len()) };
    let problem = match error.without_snippet() {
        Error::ExternalMessage { msg, .. } => return syntax(msg, text, at),
        Error::Budget { breach: BudgetBreach::Depth { .. }, .. } => too_deep_document(),
        Error::Budget { breach, .. } if !about_aliases(breach) => {
            Problem::new("yaml-too-large", format!("the document holds more than {MOST_NODES} values"))
                .help("split it into several documents")
        }
        Error::Budget { .. }
        | Error::AliasError { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayCounterOverflow { .. }
        | Error::AliasReplayStackDepthExceeded { .. } => {
            Problem::new("yaml-alias-bomb", "the aliases of this document stand for too many values")
                .help("write the values out, or name them under `vars` of the Course")
        }
        Error::UnknownAnchor { .. } => return anchor(&scene),
        Error::MultipleDocuments { .. } => problem("a document ended with `...`, and here is more", "")
            .help("separate documents by a line with `---`"),
        Error::MergeValueNotMapOrSeqOfMaps { .. } => problem("`<<` takes a mapping", "this is none")
            .help("name an anchor of a mapping: `<<: *defaults`"),
        Error::NullIntoString { .. } => problem("a key is empty", "").help("write a name before the colon"),
        Error::Unexpected { .. } => problem("a key must be a plain text", "YAML takes this for a key")
            .help("put quotes around it if it is a text"),
        Error::NonFiniteFloat { .. } => {
            problem("this is no number that a spec can hold", "").help("put quotes around it if it is a text")
        }
        _ => return syntax("", text, at),
    };
    (problem, scene.char())
}

fn too_deep_document() -> Problem {
    Problem::new("yaml-too-deep", format!("the document is nested deeper than {DEEPEST} levels"))
        .help("no spec needs more than ten")
}

fn about_aliases(breach: &BudgetBreach) -> bool {
    matches!(
        breach,
        BudgetBreach::Aliases { .. }
            | BudgetBreach::Anchors { .. }
            | BudgetBreach::AliasAnchorRatio { .. }
            | BudgetBreach::RecordedAnchorEvents { .. }
            | BudgetBreach::RecordedAnchorBytes { .. }
    )
}

/// What the parser stumbled over.
fn syntax(words: &str, text: &str, at: usize) -> (Problem, Range<usize>) {
    let words = words.to_lowercase();
    if ["nesting", "recursion", "depth"].iter().any(|word| words.contains(word)) {
        return (too_deep_document(), Scene { text, at: at.min(text.len()) }.char());
    }
    let scene = Scene { text, at: at.min(text.len()) };
    let found = QUOTES
        .iter()
        .chain(STRUCTURE)
        .find(|(needle, _)| words.contains(needle))
        .and_then(|(_, explain)| explain.of(&scene));
    found.or_else(|| unclosed(&scene)).unwrap_or_else(|| {
        let problem = problem("this cannot be read as YAML", "something before this is not finished");
        (problem.help("check quotes, brackets and indentation here and in the line above"), scene.char())
    })
}

/// A text, and where the parser gave up.
struct Scene<'a> {
    text: &'a str,
    at: usize,
}

type Found = (Problem, Range<usize>);
type Explained = Option<Found>;

/// How a mistake is explained: some by their place alone, others only if the text there bears it out.
enum Explain {
    Always(fn(&Scene<'_>) -> Found),
    Perhaps(fn(&Scene<'_>) -> Explained),
}

impl Explain {
    fn of(&self, scene: &Scene<'_>) -> Explained {
        match self {
            Self::Always(explain) => Some(explain(scene)),
            Self::Perhaps(explain) => explain(scene),
        }
    }
}

const QUOTES: &[(&str, Explain)] = &[
    ("in multiline quoted scalar", Explain::Perhaps(open_quote)),
    ("found unexpected end of stream", Explain::Perhaps(open_quote)),
    ("unclosed quote", Explain::Perhaps(open_quote)),
    ("after double-quoted scalar", Explain::Always(after_quote)),
    ("after single-quoted scalar", Explain::Always(after_quote)),
    ("escape", Explain::Perhaps(escape)),
    ("unexpected character", Explain::Perhaps(odd_character)),
];

const STRUCTURE: &[(&str, Explain)] = &[
    ("anchor", Explain::Always(anchor)),
    ("tab", Explain::Perhaps(tab)),
    ("misplaced bracket", Explain::Always(closes_nothing)),
    ("unclosed bracket", Explain::Perhaps(unclosed)),
    ("flow", Explain::Perhaps(unclosed)),
    ("illegal placement of ':'", Explain::Perhaps(unclosed)),
    ("mapping values are not allowed", Explain::Perhaps(second_colon)),
    ("block sequence entries are not allowed", Explain::Always(list_on_key_line)),
    ("block collection", Explain::Always(mixed)),
    ("block scalar", Explain::Always(block_text)),
    ("did not find expected key", Explain::Always(indentation)),
    ("simple key expected", Explain::Always(no_colon)),
];

fn problem(message: impl Into<String>, label: impl Into<String>) -> Problem {
    Problem::new("yaml-syntax", message).label(label)
}

impl Scene<'_> {
    /// The character the parser gave up at, or the last one before it.
    fn char(&self) -> Range<usize> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        match rest.chars().next() {
            Some(c) if c != '\n' => self.at..self.at + c.len_utf8(),
            _ => {
                let before = self.text.get(..self.at).unwrap_or_default().trim_end();
                let last = before.chars().next_back().map_or(0, char::len_utf8);
                before.len() - last..before.len()
            }
        }
    }

    /// The line the parser gave up in.
    fn line(&self) -> Range<usize> {
        let start = self.before().rfind('\n').map_or(0, |n| n + 1);
        let rest = self.text.get(start..).unwrap_or_default();
        start..start + rest.find('\n').unwrap_or(rest.len())
    }

    /// That line without the spaces around it.
    fn words(&self) -> Range<usize> {
        let line = self.line();
        let text = self.slice(&line);
        let start = line.start + text.len() - text.trim_start().len();
        start..start + text.trim().len()
    }

    fn before(&self) -> &str {
        self.text.get(..self.at).unwrap_or_default()
    }

    fn slice(&self, range: &Range<usize>) -> &str {
        self.text.get(range.clone()).unwrap_or_default()
    }
}

/// `*` begins an alias; who writes it usually means the star itself.
fn anchor(scene: &Scene<'_>) -> (Problem, Range<usize>) {
    let line = scene.line();
    let text = scene.slice(&line);
    let star = text.match_indices('*').map(|(i, _)| i).find(|i| {
        text.get(..*i).is_some_and(|before| before.trim_end().ends_with([':', '-', '[', ',', '{']))
    });
    let start = line.start + star.unwrap_or_default();
    let rest = text.get(star.unwrap_or_default()..).unwrap_or_default();
    let word = rest.get(..rest.find([',', ']', '}', ' ']).unwrap_or(rest.len())).unwrap_or_default();
    let problem = problem(format!("`{word}` names no anchor of this document"), "YAML reads `*` as an alias");
    let problem = problem.help("put quotes around it if it is a text").replace(format!("\"{word}\""));
    (problem, start..start + word.len())
}

fn open_quote(scene: &Scene<'_>) -> Explained {
    let starts_value = |at: usize| {
        let before = scene.text.get(..at).unwrap_or_default().chars().next_back();
        before.is_none_or(|c| " \t\n[{,:-".contains(c))
    };
    let (at, quote) =
        scene.before().char_indices().rev().find(|(at, c)| matches!(c, '"' | '\'') && starts_value(*at))?;
    let problem = problem(format!("a quote is not closed: `{quote}` is missing at the end"), "it opens here");
    Some((problem.help(format!("end the text with `{quote}`")), at..at + 1))
}

fn after_quote(scene: &Scene<'_>) -> Found {
    let help = "inside '…' an apostrophe is written twice: 'it''s'; inside \"…\" a quote is written \\\"";
    let problem = problem("text follows the closing quote", "the quoted text ended before this");
    (problem.help(help), scene.char())
}

fn escape(scene: &Scene<'_>) -> Explained {
    let line = scene.line();
    let known = |c: char| "0abtnvfre \"/\\N_LPxuU\n".contains(c);
    let text = scene.slice(&line);
    let odd = text
        .match_indices('\\')
        .find(|(i, _)| text.get(i + 1..).is_some_and(|r| !r.starts_with(known) || no_code(r)));
    let (i, _) = odd?;
    let letter = text.get(i + 1..)?.chars().next()?;
    let problem =
        problem(format!("`\\{letter}` means nothing inside double quotes"), "YAML does not know it");
    let at = line.start + i;
    let help = "write `\\\\` for a backslash, or use single quotes, which keep it as it is";
    Some((problem.help(help), at..at + 1 + letter.len_utf8()))
}

/// `\x`, `\u` and `\U` are followed by 2, 4 or 8 hexadecimal digits.
fn no_code(escape: &str) -> bool {
    let digits = match escape.chars().next() {
        Some('x') => 2,
        Some('u') => 4,
        Some('U') => 8,
        _ => return false,
    };
    escape.chars().skip(1).take(digits).filter(char::is_ascii_hexdigit).count() < digits
}

fn odd_character(scene: &Scene<'_>) -> Explained {
    let at = scene.char();
    let odd = scene.slice(&at).chars().next()?;
    if !"@`%|>&*!?,#-".contains(odd) {
        return invisible(scene);
    }
    let line = scene.line();
    let value = at.start..line.end;
    let text = scene.slice(&value).trim_end();
    let problem =
        problem(format!("a value cannot begin with the character {odd}"), "YAML keeps it for itself");
    let quoted = format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let range = at.start..at.start + text.len();
    Some((problem.help("put quotes around the value").replace(quoted), range))
}

/// The parser reports a character that YAML forbids at the beginning of the value around it.
fn invisible(scene: &Scene<'_>) -> Explained {
    let forbidden = |c: char| c.is_control() && !"\t\n\r".contains(c) || "\u{fffe}\u{ffff}".contains(c);
    let (at, odd) = scene.text.char_indices().find(|(_, c)| forbidden(*c))?;
    let message = format!("the invisible character U+{:04X} stands here", u32::from(odd));
    Some((problem(message, "YAML forbids it").help("delete it"), at..at + odd.len_utf8()))
}

fn tab(scene: &Scene<'_>) -> Explained {
    let start = scene.line().start;
    let lines: usize = scene.text.get(start..)?.split_inclusive('\n').take(2).map(str::len).sum();
    let at = start + scene.text.get(start..start + lines)?.find('\t')?;
    let problem = problem("a tab stands where YAML wants spaces", "this is a tab");
    Some((problem.help("indent with spaces").replace("  "), at..at + 1))
}

fn closes_nothing(scene: &Scene<'_>) -> Found {
    let at = scene.char();
    let bracket = scene.slice(&at).to_owned();
    let problem = problem(format!("`{bracket}` closes nothing"), "no bracket is open here");
    (problem.help("remove it, or put quotes around the text it belongs to"), at)
}

/// The innermost bracket that is open where the parser gave up.
fn unclosed(scene: &Scene<'_>) -> Explained {
    let mut open: Vec<(usize, char)> = Vec::new();
    let mut quote = None;
    let mut before = ' ';
    for (at, c) in scene.text.char_indices().take_while(|(at, _)| *at <= scene.at) {
        let value = if open.is_empty() { " \t" } else { " \t\n[{,:" };
        match (quote, c) {
            (Some(closing), _) if c == closing || c == '\n' && open.is_empty() => quote = None,
            (None, '"' | '\'') if value.contains(before) => quote = Some(c),
            (None, '#') if before.is_whitespace() => quote = Some('\n'),
            (None, '[' | '{') if value.contains(before) => open.push((at, c)),
            (None, ']' | '}') => drop(open.pop()),
            _ => {}
        }
        before = c;
    }
    let (at, bracket) = open.pop()?;
    let closing = if bracket == '[' { ']' } else { '}' };
    let problem = problem(format!("`{bracket}` is not closed"), "it opens here");
    Some((problem.help(format!("close it with `{closing}`")), at..at + 1))
}

fn second_colon(scene: &Scene<'_>) -> Explained {
    let line = scene.line();
    let text = scene.slice(&line);
    let key = text.find(": ").filter(|first| line.start + first < scene.at);
    let Some(first) = key.filter(|first| text.get(first + 2..).is_some_and(|rest| rest.contains(':'))) else {
        return Some(too_deep(scene));
    };
    let value = text.get(first + 2..)?;
    let start = line.start + first + 2 + value.len() - value.trim_start().len();
    let value = value.trim();
    let problem = problem("this value holds a second `: `", "YAML reads it as a key of its own");
    let quoted = format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""));
    Some((problem.help("put quotes around the value").replace(quoted), start..start + value.len()))
}

fn too_deep(scene: &Scene<'_>) -> Found {
    let problem =
        problem("this line is indented deeper than it can be", "the line above has its value already");
    (problem.help("indent it like the line above"), scene.words())
}

fn list_on_key_line(scene: &Scene<'_>) -> Found {
    let problem = problem("a list with `-` cannot begin on the line of its key", "the list begins here");
    (problem.help("put every `- …` on a line of its own, or write `[a, b]`"), scene.char())
}

fn mixed(scene: &Scene<'_>) -> Found {
    let problem = problem(
        "entries of a list and keys of a mapping are mixed here",
        "this line does not begin with `-`",
    );
    (problem.help("indent it further to belong to the entry above, or less to end the list"), scene.words())
}

fn block_text(scene: &Scene<'_>) -> Found {
    let problem = problem("the lines after `|` or `>` are not indented evenly", "this line differs");
    (problem.help("indent every line of the text at least as far as its first"), scene.words())
}

fn indentation(scene: &Scene<'_>) -> Found {
    let problem =
        problem("this line does not fit the indentation around it", "no key above begins in this column");
    (problem.help("indent it exactly like the keys it stands beside"), scene.words())
}

fn no_colon(scene: &Scene<'_>) -> Found {
    let line = scene.words();
    let text = scene.slice(&line);
    let spaced = text.split_once(':').filter(|(key, value)| !key.contains(' ') && !value.is_empty());
    let problem = problem("this line is not `key: value`", "a key ends with `:` and a space");
    match spaced {
        Some((key, value)) => {
            (problem.help("write a space after the colon").replace(format!("{key}: {value}")), line)
        }
        None => (problem.help("add the value, or indent the line if it continues the text above"), line),
    }
}
