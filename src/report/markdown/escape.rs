//! Texts of others in Markdown: shown as they are, and meaning nothing. Names, reasons and messages hold words of specs, of
//! rosters and of the API, so none of them may become markup, a mention or a reference.

/// Characters of one text that are shown; the rest is cut, so that no single message takes all the room.
const LONGEST: usize = 2_000;
/// Stands between a sign and a name where GitHub would make a link of both: a space of no width.
const NOTHING: char = '\u{200b}';

/// A text in a line of Markdown. What stands between backticks in it becomes code.
pub(super) fn text(text: &str) -> String {
    with_code(text, plain, code)
}

/// A text, whose parts between backticks are code; an odd number of backticks pairs with nothing.
fn with_code(text: &str, plain: impl Fn(&str) -> String, code: impl Fn(&str) -> String) -> String {
    let line = in_line(text);
    let pieces: Vec<&str> = line.split('`').collect();
    if pieces.len().is_multiple_of(2) {
        return plain(&line);
    }
    let shown = pieces.iter().enumerate().map(|(i, piece)| match i % 2 {
        0 => plain(piece),
        _ => code(piece),
    });
    shown.collect()
}

/// A text in a cell of a table, without any markup.
pub(in crate::report) fn cell(text: &str) -> String {
    plain(&in_line(text))
}

/// A text without any markup.
fn plain(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in quiet(text).chars() {
        if "\\`*_[]<>|~&!$".contains(c) {
            safe.push('\\');
        }
        safe.push(c);
    }
    safe
}

/// A text as code in a line, between more backticks than it holds.
pub(super) fn code(text: &str) -> String {
    let line = in_line(text);
    if line.is_empty() {
        return String::new();
    }
    let fence = "`".repeat(longest_run(&line) + 1);
    let space = if line.starts_with('`') || line.ends_with('`') { " " } else { "" };
    format!("{fence}{space}{line}{space}{fence}")
}

/// A text inside of an HTML element, where Markdown means nothing but GitHub still looks for names.
pub(super) fn html(text: &str) -> String {
    with_code(text, entities, html_code)
}

/// A text as code inside of an HTML element.
pub(super) fn html_code(text: &str) -> String {
    format!("<code>{}</code>", entities(&in_line(text)))
}

fn entities(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in quiet(text).chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            other => safe.push(other),
        }
    }
    safe
}

/// Lines as a block of code in a language, between longer fences than any in them.
pub(super) fn block(language: &str, lines: &[String]) -> String {
    let longest = lines.iter().map(|line| longest_run(line)).max().unwrap_or_default();
    let fence = "`".repeat((longest + 1).max(3));
    let lines: String = lines.iter().flat_map(|line| [in_line_of_code(line), "\n".to_owned()]).collect();
    format!("{fence}{language}\n{lines}{fence}\n")
}

/// How many backticks stand in a row at most.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}

/// Text that stays in its line, of a bounded length, in the order in which it is written.
fn in_line(text: &str) -> String {
    let mut line: String = text.chars().take(LONGEST).map(|c| if is_unseen(c) { ' ' } else { c }).collect();
    if text.chars().nth(LONGEST).is_some() {
        line.push('…');
    }
    line
}

/// The same of a line of code, whose length is the diff's business.
fn in_line_of_code(text: &str) -> String {
    text.chars().map(|c| if is_unseen(c) { ' ' } else { c }).collect()
}

/// Characters that break lines or turn the direction of what follows.
fn is_unseen(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Text in which GitHub finds nobody to tell (`@name`, `@team/all`) and nothing to refer to (`#1`, `GH-1`).
fn quiet(text: &str) -> String {
    let mut quiet = String::with_capacity(text.len());
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        quiet.push(c);
        let next = rest.peek().copied().unwrap_or(' ');
        let names = c == '@' && !is_word(before) && is_word(next);
        let refers = (c == '#' || c == '-') && next.is_ascii_digit() && (c == '#' || ends_in_gh(&quiet));
        if names || refers {
            quiet.push(NOTHING);
        }
        before = c;
    }
    quiet
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn ends_in_gh(text: &str) -> bool {
    let mut last = text.chars().rev().skip(1);
    let pair = (last.next().unwrap_or(' '), last.next().unwrap_or(' '));
    matches!(pair, ('h' | 'H', 'g' | 'G'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_others_are_no_markup() {
        let rows = [
            ("two\nlines\r\n\u{1b}[31m", "two lines   \\[31m"),
            ("<script>x</script>", "\\<script\\>x\\</script\\>"),
            ("**bold** _it_ ~no~", "\\*\\*bold\\*\\* \\_it\\_ \\~no\\~"),
            ("![x](http://evil)", "\\!\\[x\\](http://evil)"),
            ("a|b $x$ &lt;", "a\\|b \\$x\\$ \\&lt;"),
            ("use `a_b`", "use `a_b`"),
            ("`a` `b", "\\`a\\` \\`b"),
            ("a\u{202e}b", "a b"),
        ];
        for (given, shown) in rows {
            assert_eq!(text(given), shown, "{given}");
        }
    }

    #[test]
    fn nobody_is_told_and_nothing_is_referred_to() {
        let rows = [
            ("@bob", "@\u{200b}bob"),
            ("(@org/team)", "(@\u{200b}org/team)"),
            ("é@bob", "é@\u{200b}bob"),
            ("user:ann@x.edu", "user:ann@x.edu"),
            ("a @ b", "a @ b"),
            ("see #12 and o/r#3", "see #\u{200b}12 and o/r#\u{200b}3"),
            ("gh-7 GH-8 vm-9", "gh-\u{200b}7 GH-\u{200b}8 vm-9"),
        ];
        for (given, shown) in rows {
            assert_eq!((text(given), html(given)), (shown.to_owned(), shown.to_owned()));
        }
    }

    #[test]
    fn code_stands_between_more_backticks_than_it_holds() {
        let rows = [
            ("Vm/a", "`Vm/a`"),
            ("a`b", "``a`b``"),
            ("`a``", "``` `a`` ```"),
            ("a|b\nc", "`a|b c`"),
            ("", ""),
        ];
        for (given, shown) in rows {
            assert_eq!(code(given), shown);
        }
        let lines = ["+ x".to_owned(), "+ ````".to_owned(), "+ y\rz".to_owned()];
        assert_eq!(block("diff", &lines), "`````diff\n+ x\n+ ````\n+ y z\n`````\n");
        assert_eq!(block("", &[]), "```\n```\n");
    }

    #[test]
    fn elements_of_html_hold_no_others() {
        assert_eq!(html("<a href=\"x\">&"), "&lt;a href=&quot;x&quot;&gt;&amp;");
        assert_eq!(html("`a<b` is `"), "`a&lt;b` is `");
        assert_eq!(html("`a<b` is"), "<code>a&lt;b</code> is");
    }

    #[test]
    fn a_text_of_any_length_has_a_bounded_one() {
        for given in ["x".repeat(9_000), "é`".repeat(9_000)] {
            assert!(text(&given).chars().count() < 2 * LONGEST + 2);
        }
    }
}
