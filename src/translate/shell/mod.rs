//! Scripts as commands: where each begins and ends, its words, and what is set before it. Understands as much of a shell as lists
//! of commands need; loops and the like are found and left alone. Pure.

mod scan;

use std::ops::Range;

use scan::{Line, Scanner};

/// The variable that stands for the project that gcloud is set to.
pub(super) const CONFIGURED_PROJECT: &str = "configured_project";

/// A part of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// Where it stands.
    pub(super) range: Range<usize>,
    pub(super) found: Found,
}

/// What a part of a script is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A command: its words, quotes taken off, variables as `$x` and `${x}`.
    Command(Vec<String>),
    /// A variable that is set, and the text it is set to.
    Set(String, String),
    /// A loop, a condition, a function: its first word.
    Block(String),
    /// Something that cannot be read, and why.
    Unread(&'static str),
}

/// The parts of a script, in order.
pub(super) fn read(script: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut block: Option<(Range<usize>, String, usize)> = None;
    for line in joined(script, Scanner::lines(script)) {
        let Some(words) = shlex::split(&line.text) else {
            pieces.push(Piece { range: line.range, found: Found::Unread("a quote is not closed") });
            continue;
        };
        let words = without_redirections(words);
        let (opens, closes) = (opens_block(&words), closes_block(&words));
        match &mut block {
            Some((range, _, depth)) => {
                range.end = line.range.end;
                *depth = (*depth + usize::from(opens)).saturating_sub(usize::from(closes));
                if *depth == 0 {
                    pieces.extend(
                        block.take().map(|(range, word, _)| Piece { range, found: Found::Block(word) }),
                    );
                }
            }
            None if opens => {
                let word = words.first().cloned().unwrap_or_default();
                if closes {
                    pieces.push(Piece { range: line.range, found: Found::Block(word) });
                } else {
                    block = Some((line.range, word, 1));
                }
            }
            None => pieces
                .extend(simple(words).into_iter().map(|found| Piece { range: line.range.clone(), found })),
        }
    }
    pieces.extend(block.map(|(range, word, _)| Piece { range, found: Found::Block(word) }));
    pieces
}

/// A command outside of every block: what it sets, and what it runs.
fn simple(mut words: Vec<String>) -> Vec<Found> {
    let prefixes =
        ["$", ">", "%", "!", "sudo", "time", "export", "readonly", "local", "declare", "set", "SET"];
    while words.first().is_some_and(|word| prefixes.contains(&word.as_str())) {
        words.remove(0);
    }
    let set = words.iter().take_while(|word| assignment(word).is_some()).count();
    let command = words.split_off(set);
    let found = words.iter().filter_map(|word| assignment(word));
    let mut found: Vec<Found> =
        found.map(|(name, text)| Found::Set(name.to_owned(), text.to_owned())).collect();
    found.extend((!command.is_empty()).then_some(Found::Command(command)));
    found
}

fn assignment(word: &str) -> Option<(&str, &str)> {
    let (name, text) = word.split_once('=')?;
    let named = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    (named && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')).then_some((name, text))
}

fn opens_block(words: &[String]) -> bool {
    let inner = words.iter().map(String::as_str).skip_while(|word| ["then", "do", "else"].contains(word));
    let mut inner = inner.peekable();
    let first = inner.next().unwrap_or_default();
    let function = first.ends_with("()") || inner.next().is_some_and(|second| second.starts_with("()"));
    let opens = ["for", "while", "until", "if", "case", "select", "function", "{"];
    function || opens.contains(&first) || first.starts_with('(')
}

fn closes_block(words: &[String]) -> bool {
    let first = words.first().is_some_and(|word| ["done", "fi", "esac", "}"].contains(&word.as_str()));
    first || words.last().is_some_and(|word| word.ends_with(')') && !word.ends_with("()"))
}

/// Where output goes is nothing to a spec: `> /dev/null`, `2>&1`, `< file`.
fn without_redirections(words: Vec<String>) -> Vec<String> {
    let mut kept = Vec::new();
    let mut target = false;
    for word in words {
        let sign = word.trim_start_matches(|c: char| c.is_ascii_digit() || c == '&');
        let redirects = sign.starts_with(['<', '>']);
        if !target && !redirects {
            kept.push(word);
        } else {
            target = redirects && sign.trim_start_matches(['<', '>']).is_empty();
        }
    }
    kept
}

/// Flags on a line of their own belong to the line before: courses forget the backslash.
fn joined(script: &str, lines: Vec<Line>) -> Vec<Line> {
    let mut joined: Vec<Line> = Vec::new();
    for line in lines {
        let flags = line.leads && line.text.trim_start().starts_with("--");
        match joined.last_mut().filter(|_| flags) {
            Some(before)
                if script.get(before.range.end..line.range.start).is_some_and(|t| t.trim().is_empty()) =>
            {
                before.range.end = line.range.end;
                before.text.push(' ');
                before.text.push_str(&line.text);
            }
            _ => joined.push(line),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::super::variable::DOLLAR;
    use super::*;

    fn commands(script: &str) -> Vec<String> {
        let pieces = read(script).into_iter();
        pieces
            .map(|piece| match piece.found {
                Found::Command(words) => words.join("·"),
                Found::Set(name, text) => format!("{name} is {text}"),
                Found::Block(word) => format!("block {word}"),
                Found::Unread(why) => format!("unread: {why}"),
            })
            .collect()
    }

    #[test]
    fn commands_end_where_a_shell_ends_them() {
        let rows: &[(&str, &[&str])] = &[
            ("a b; c && d | e\nf", &["a·b", "c", "d", "e", "f"]),
            ("a \\\n  --b=1 \\  \n  c # d\n# e\n\nf", &["a·--b=1·c", "f"]),
            ("a --b=1\n  --c=2\n  --d\ne", &["a·--b=1·--c=2·--d", "e"]),
            ("a 'b c' \"d;e\" f\\ g", &["a·b c·d;e·f g"]),
            ("$ a > /dev/null 2>&1", &["a"]),
            ("a <<EOF\nb c\nEOF\nd", &["a", "d"]),
            ("A=1 B=\"x y\"\nexport C=$A\nD=2 run", &["A is 1", "B is x y", "C is $A", "D is 2", "run"]),
            ("for i in 1 2; do\n  a $i\ndone\nb", &["block for", "b"]),
            ("if x; then for i in 1; do a; done; fi; b", &["block if", "b"]),
            ("f() {\n a\n}\nb", &["block f()", "b"]),
            ("for i in 1; do\n echo done\n a\ndone\nb", &["block for", "b"]),
            ("(cd x; a)\n(b)\nc", &["block (cd", "block (b)", "c"]),
            ("a 'b", &["unread: a quote is not closed"]),
        ];
        for (script, wanted) in rows {
            assert_eq!(commands(script), *wanted, "{script}");
        }
    }

    #[test]
    fn what_a_reader_should_fill_in_is_a_variable() {
        let rows = [
            (
                "a --p=[your project] %ZONE% <LOC> gs://<BUCKET_NAME>",
                "a·--p=${your_project}·${ZONE}·${LOC}·gs://${BUCKET_NAME}",
            ),
            ("a {user}@{instance} be-{group}", "a·${user}@${instance}·be-${group}"),
            ("a ${B} $C ${D:-x} {e,f}", "a·${B}·$C·${D:-x}·{e,f}"),
            (
                "a $(gcloud config get-value project 2> /dev/null) $(date +%s)",
                "a·${configured_project}·${output_of_date}",
            ),
        ];
        for (script, wanted) in rows {
            assert_eq!(commands(script), [wanted], "{script}");
        }
    }

    #[test]
    fn a_dollar_in_single_quotes_is_a_dollar() {
        assert_eq!(commands("a '$HOME' \\$B"), [format!("a·{DOLLAR}HOME·{DOLLAR}B")]);
    }

    #[test]
    fn a_piece_knows_its_place() {
        let script = "# x\n  a \\\n  b  # c\nd";
        let places: Vec<&str> = read(script).into_iter().map(|p| &script[p.range]).collect();
        assert_eq!(places, ["a \\\n  b", "d"]);
    }
}
