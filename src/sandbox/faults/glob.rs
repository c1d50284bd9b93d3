//! Patterns of names: `*` stands for any text, dots and slashes included, `?` for one character.

/// Whether the pattern fits the whole text.
pub(super) fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    // Where the last star stood, and how much of the text it has taken.
    let mut star: Option<(usize, usize)> = None;
    while let Some(c) = text.get(t) {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(wanted) if *wanted == '?' || wanted == c => (p, t) = (p + 1, t + 1),
            _ => match star {
                Some((at, taken)) => {
                    star = Some((at, taken + 1));
                    (p, t) = (at + 1, taken + 1);
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(p).all(|rest| *rest == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_text_and_a_question_mark_one_character() {
        for (pattern, text, good) in [
            ("*", "", true),
            ("*", "compute.instances.insert", true),
            ("compute.*", "compute.instances.insert", true),
            ("compute.*.insert", "compute.instances.insert", true),
            ("compute.*.insert", "compute.instances.insert.more", false),
            ("*web-?", "zones/z/instances/web-1", true),
            ("*web-?", "zones/z/instances/web-", false),
            ("*a*b*a", "xaybza", true),
            ("*a*b*c", "xaybza", false),
            ("", "", true),
            ("", "x", false),
        ] {
            assert_eq!(fits(pattern, text), good, "{pattern} {text}");
        }
    }
}
