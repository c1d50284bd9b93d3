//! Marks: how a live resource says which course owns it.
//! Pure. What a mark allows is decided in `diff`.

use serde_json::Value;

/// The label key that says who manages a resource.
pub const MANAGED_BY: &str = "managed-by";
/// Its value.
pub const PROVOST: &str = "provost";
/// The label key that names the owning course.
pub const COURSE: &str = "provost-course";

/// The course named by the labels of a wire document.
pub fn in_labels(wire: &Value) -> Option<String> {
    let labels = wire.get("labels")?;
    if labels.get(MANAGED_BY)?.as_str()? != PROVOST {
        return None;
    }
    labels.get(COURSE)?.as_str().map(str::to_owned)
}

/// A description with the course's tag at its end.
pub fn tagged(description: &str, course: &str) -> String {
    let text = untagged(description).0;
    if text.is_empty() { format!("[provost {course}]") } else { format!("{text} [provost {course}]") }
}

/// A description without a tag, and the course that the tag names.
pub fn untagged(description: &str) -> (&str, Option<&str>) {
    let found = description.strip_suffix(']').and_then(|rest| rest.rsplit_once("[provost "));
    match found {
        Some((text, course)) if !course.contains(['[', ']', ' ']) => (text.trim_end(), Some(course)),
        _ => (description, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_appended_once_and_read_back() {
        let once = tagged("Streamlit", "be-2526");
        assert_eq!(once, "Streamlit [provost be-2526]");
        assert_eq!(tagged(&once, "be-2526"), once);
        assert_eq!(untagged(&once), ("Streamlit", Some("be-2526")));
        assert_eq!(untagged(&tagged("", "c")), ("", Some("c")));
    }

    #[test]
    fn text_in_brackets_is_no_tag() {
        assert_eq!(untagged("ports [8501]"), ("ports [8501]", None));
        assert_eq!(untagged("see [provost]"), ("see [provost]", None));
    }
}
