//! Filters that make names: of people's names, and of what is too long to be one.
//! Pure. The same text always gives the same name: addresses hang on it.

use std::fmt::Write as _;

use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind, Value};
use sha2::{Digest, Sha256};

/// How many digits tell two texts apart where nobody says: one collision in a thousand classes of sixty.
const DIGITS: usize = 6;
/// A shorter name would be its digits and little else.
const SHORTEST: usize = DIGITS + 4;

/// A text as a part of a name: `Éloïse d'Arc` is `eloise-d-arc`.
pub(super) fn slug(value: &Value) -> Result<String, Error> {
    let text = text(value)?;
    let mut slug = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        match plain(c) {
            Some(letters) => slug.push_str(letters),
            None if c.is_ascii_alphanumeric() => slug.push(c),
            None if !slug.ends_with('-') => slug.push('-'),
            None => {}
        }
    }
    let slug = slug.trim_matches('-');
    if slug.is_empty() {
        let message = format!("`slug` leaves nothing of `{text}`: no letter of it can be in a name");
        return Err(Error::new(ErrorKind::InvalidOperation, message));
    }
    Ok(slug.to_owned())
}

/// Digits (0 to f) that stand for a text: eight, or as many as are asked for.
pub(super) fn hash(value: &Value, digits: Option<usize>) -> Result<String, Error> {
    let text = text(value)?;
    let digits = digits.unwrap_or(8);
    if !(1..=64).contains(&digits) {
        let message = format!("`hash` gives 1 to 64 digits, and not {digits}");
        return Err(Error::new(ErrorKind::InvalidOperation, message));
    }
    Ok(digest(&text, digits))
}

/// A text of at most so many characters. What is too long ends in digits of the whole text, so that two long texts with the
/// same beginning stay two.
pub(super) fn short(value: &Value, most: usize) -> Result<String, Error> {
    let text = text(value)?;
    if most < SHORTEST {
        let message = format!("`short` takes at least {SHORTEST} characters, and not {most}");
        return Err(Error::new(ErrorKind::InvalidOperation, message));
    }
    if text.chars().count() <= most {
        return Ok(text);
    }
    let start: String = text.chars().take(most - DIGITS - 1).collect();
    Ok(format!("{}-{}", start.trim_end_matches(['-', '_', '.']), digest(&text, DIGITS)))
}

fn text(value: &Value) -> Result<String, Error> {
    match value.kind() {
        ValueKind::Undefined => Err(Error::from(ErrorKind::UndefinedError)),
        ValueKind::String | ValueKind::Number | ValueKind::Bool => Ok(value.to_string()),
        _ => Err(Error::new(ErrorKind::InvalidOperation, "this filter takes a text")),
    }
}

fn digest(text: &str, digits: usize) -> String {
    let mut all = String::with_capacity(64);
    for byte in Sha256::digest(text.as_bytes()) {
        // Writing to a text cannot fail.
        let _ = write!(all, "{byte:02x}");
    }
    all.truncate(digits);
    all
}

/// The small letters that European names are written with, in plain ones; accents that stand alone vanish.
fn plain(c: char) -> Option<&'static str> {
    Some(match c {
        'à'..='å' | 'ā' | 'ă' | 'ą' | 'ǎ' => "a",
        'æ' => "ae",
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => "c",
        'ð' | 'ď' | 'đ' => "d",
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => "e",
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => "g",
        'ĥ' | 'ħ' => "h",
        'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' => "i",
        'ĵ' => "j",
        'ķ' => "k",
        'ĺ' | 'ļ' | 'ľ' | 'ł' => "l",
        'ñ' | 'ń' | 'ņ' | 'ň' => "n",
        'ò'..='ö' | 'ø' | 'ō' | 'ŏ' | 'ő' => "o",
        'œ' => "oe",
        'ŕ' | 'ŗ' | 'ř' => "r",
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => "s",
        'ß' => "ss",
        'ţ' | 'ť' | 'ŧ' | 'ț' => "t",
        'þ' => "th",
        'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' => "u",
        'ŵ' => "w",
        'ý' | 'ÿ' | 'ŷ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        '\u{300}'..='\u{36f}' => "",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slug_of(text: &str) -> Option<String> {
        slug(&Value::from(text)).ok()
    }

    #[test]
    fn a_slug_is_what_a_name_may_be() {
        let rows = [
            ("Ada Lovelace", "ada-lovelace"),
            ("Éloïse d'Arc", "eloise-d-arc"),
            ("  Team  A! ", "team-a"),
            ("E\u{301}tienne", "etienne"),
            ("GROẞ Straße", "gross-strasse"),
            ("Łukasz Żółć", "lukasz-zolc"),
            ("İpek", "ipek"),
            ("a_b.c", "a-b-c"),
        ];
        for (text, name) in rows {
            assert_eq!(slug_of(text).as_deref(), Some(name), "{text}");
        }
        assert_eq!((slug_of("李"), slug_of("--"), slug_of("")), (None, None, None));
        assert_eq!(slug(&Value::from(7)).unwrap(), "7");
    }

    #[test]
    fn a_short_name_stays_itself_and_a_long_one_stays_apart() {
        let of = |text: &str, most| short(&Value::from(text), most).unwrap();
        assert_eq!(of("maximiliane", 11), "maximiliane");
        let (one, two) = (of("maximiliane-von-und-zu-a", 16), of("maximiliane-von-und-zu-b", 16));
        assert!(one.starts_with("maximilia-") && one != two, "{one} {two}");
        assert!([&one, &two].iter().all(|name| name.chars().count() <= 16));
        assert!(!of("maximili--und-zu-b", 16).contains("--"));
        assert!(short(&Value::from("ann"), 9).is_err());
    }

    #[test]
    fn digits_follow_from_the_text_alone() {
        assert_eq!(hash(&Value::from("ann"), None).unwrap(), hash(&Value::from("ann"), Some(8)).unwrap());
        assert_eq!(hash(&Value::from(""), Some(4)).unwrap(), "e3b0");
        assert!(hash(&Value::from("ann"), Some(0)).is_err() && hash(&Value::from("ann"), Some(65)).is_err());
        assert!(hash(&Value::from(vec!["ann"]), None).is_err());
        assert_eq!(hash(&Value::UNDEFINED, None).unwrap_err().kind(), ErrorKind::UndefinedError);
    }
}
