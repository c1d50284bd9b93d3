//! Pointers: where a value is in a document (RFC 6901).

use std::fmt;

/// A path of keys and indexes. Kept as one text: a spec has one pointer for every value in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Pointer(String);

/// Stands before every segment. A key that has it (`"\0"` in quotes) reads as two, which no message is worse for.
const BEFORE: char = '\0';

impl Pointer {
    /// The pointer one level down.
    #[must_use]
    pub fn child(&self, segment: impl AsRef<str>) -> Self {
        let segment = segment.as_ref();
        let mut path = String::with_capacity(self.0.len() + 1 + segment.len());
        path.push_str(&self.0);
        path.push(BEFORE);
        path.push_str(segment);
        Self(path)
    }

    /// The pointer one level up; None at the root.
    pub fn parent(&self) -> Option<Self> {
        let (above, _) = self.0.rsplit_once(BEFORE)?;
        Some(Self(above.to_owned()))
    }

    /// The last key or index; None at the root.
    pub fn last(&self) -> Option<&str> {
        self.0.rsplit_once(BEFORE).map(|(_, last)| last)
    }

    fn segments(&self) -> impl Iterator<Item = &str> {
        self.0.split(BEFORE).skip(1)
    }

    /// Whether one of the two is the other or is inside it.
    pub fn is_in_line_with(&self, other: &Self) -> bool {
        self.segments().zip(other.segments()).all(|(a, b)| a == b)
    }

    /// What a sentence calls it: its key, or an entry of the list with that key.
    pub fn noun(&self) -> String {
        let index = |segment: &str| segment.bytes().all(|b| b.is_ascii_digit());
        match self.segments().collect::<Vec<_>>().as_slice() {
            [] => "the document".to_owned(),
            [.., list, entry] if index(entry) => format!("an entry of `{list}`"),
            [.., key] => format!("`{key}`"),
        }
    }
}

impl From<&str> for Pointer {
    /// A member of the root; the root itself for an empty text.
    fn from(field: &str) -> Self {
        if field.is_empty() { Self::default() } else { Self::default().child(field) }
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.segments()
            .try_for_each(|segment| write!(f, "/{}", segment.replace('~', "~0").replace('/', "~1")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_is_written_as_rfc_6901_says() {
        let pointer = Pointer::from("labels").child("a/b~c").child("0");
        assert_eq!(pointer.to_string(), "/labels/a~1b~0c/0");
        assert_eq!(pointer.parent().map(|p| p.to_string()).as_deref(), Some("/labels/a~1b~0c"));
        assert_eq!(Pointer::default().parent(), None);
        assert_eq!(Pointer::from("").to_string(), "");
    }
}
