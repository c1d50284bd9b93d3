//! Placeholders: what a text for people leaves to its reader, as `<ZONE>`, `[your project]`, `%NAME%` or `{instance}`.
//! Each is a variable that nobody sets. Pure.

/// The brackets that people use.
const BRACKETS: [(char, char); 4] = [('<', '>'), ('[', ']'), ('%', '%'), ('{', '}')];
const LONGEST: usize = 40;

/// The placeholder that a text begins with: its length, and the name of its variable. `before` is the character before it.
pub(super) fn at(text: &str, before: Option<char>) -> Option<(usize, String)> {
    let open = text.chars().next()?;
    let (_, close) = BRACKETS.iter().find(|(bracket, _)| *bracket == open)?;
    let inner = text.get(1..)?;
    let name = inner.get(..inner.find(*close)?)?;
    let word = name.chars().all(|c| c.is_ascii_alphanumeric() || " _-".contains(c));
    // `${x}` and `${list[i]}` are the shell's own.
    let shell = before == Some('$') || (open == '[' && before.is_some_and(char::is_alphanumeric));
    let named =
        name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.len() <= LONGEST && !name.ends_with(' ');
    let length = name.len() + 2;
    (word && named && !shell).then(|| (length, name.replace([' ', '-'], "_")))
}
