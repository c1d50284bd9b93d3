//! Sources: the texts of a course folder and places in them.
//! Pure. Reading them is the business of `load`.

/// A text, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u32);

/// A range of bytes of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The text.
    pub source: SourceId,
    /// First byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

/// All texts of a course.
#[derive(Clone, Debug, Default)]
pub struct Sources(Vec<(String, String)>);

impl Sources {
    /// Adds a text under the path that is shown to the user.
    pub fn add(&mut self, path: impl Into<String>, text: impl Into<String>) -> SourceId {
        let id = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        self.0.push((path.into(), text.into()));
        SourceId(id)
    }

    /// The text.
    pub fn text(&self, id: SourceId) -> &str {
        self.entry(id).map_or("", |(_, text)| text)
    }

    /// The path as the user knows it.
    pub fn path(&self, id: SourceId) -> &str {
        self.entry(id).map_or("", |(path, _)| path)
    }

    /// The text that is shown under a path.
    pub fn find(&self, path: &str) -> Option<SourceId> {
        let index = self.0.iter().position(|(known, _)| known == path)?;
        u32::try_from(index).ok().map(SourceId)
    }

    fn entry(&self, id: SourceId) -> Option<&(String, String)> {
        self.0.get(usize::try_from(id.0).ok()?)
    }

    /// Line and column of a byte, both from 1; columns count characters.
    pub fn line_col(&self, source: SourceId, byte: usize) -> (usize, usize) {
        let text = self.text(source);
        let before = text.get(..byte.min(text.len())).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
        (line, column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_from_one_and_in_characters() {
        let mut sources = Sources::default();
        let id = sources.add("a.yaml", "é: 1\nb: ü x\n");
        let places = [(0, (1, 1)), (2, (1, 2)), (6, (2, 1)), (11, (2, 5)), (999, (3, 1))];
        for (byte, place) in places {
            assert_eq!(sources.line_col(id, byte), place, "byte {byte}");
        }
    }

    #[test]
    fn a_text_that_is_not_there_is_empty() {
        let sources = Sources::default();
        assert_eq!((sources.text(SourceId(3)), sources.path(SourceId(3))), ("", ""));
    }
}
