//! What Cloud Storage and Artifact Registry name: buckets, locations, classes.

use super::{refuse, text_format};
use crate::spec::{Problem, suggest};

text_format!(
    /// The name of a bucket, unique in the whole world.
    BucketName, "bucket-name", bucket_name, "my-project-files");
text_format!(
    /// A region, or several: `europe-west9`, `EU`, `europe`.
    Location, "location", location, "europe-west9");
text_format!(
    /// A class of objects.
    StorageClass, "storage-class", storage_class, "STANDARD");

const CLASSES: [&str; 4] = ["STANDARD", "NEARLINE", "COLDLINE", "ARCHIVE"];
const SEVERAL: [&str; 12] =
    ["us", "eu", "asia", "europe", "nam4", "eur4", "eur5", "eur7", "eur8", "asia1", "in", "ca"];

impl StorageClass {
    /// The class as the API writes it; the old names mean the standard class.
    #[must_use]
    pub fn canonical(&self) -> Self {
        let upper = self.as_str().to_uppercase();
        Self::from_trusted(match upper.as_str() {
            "REGIONAL" | "MULTI_REGIONAL" => "STANDARD",
            other => other,
        })
    }
}

pub(super) fn bucket_name(text: &str) -> Result<(), Problem> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let most = if text.contains('.') { 222 } else { 63 };
    let why = if let Some(odd) = text.chars().find(|c| !allowed(*c)) {
        format!("`{odd}` is not allowed: lower-case letters, digits, `-`, `_` and `.` only")
    } else if text.len() < 3 || text.len() > most || text.split('.').any(|part| part.len() > 63) {
        format!("it must have 3 to {most} characters")
    } else if !edge(text.chars().next()) || !edge(text.chars().last()) {
        "it must begin and end with a letter or digit".to_owned()
    } else if text.parse::<std::net::Ipv4Addr>().is_ok() {
        "it must not look like an address".to_owned()
    } else if text.starts_with("goog") || text.contains("google") || text.contains("g00gle") {
        "Google keeps its own name for itself".to_owned()
    } else {
        return Ok(());
    };
    let better: String = text
        .trim_start_matches("gs://")
        .to_lowercase()
        .chars()
        .map(|c| if allowed(c) { c } else { '-' })
        .collect();
    let problem = refuse("bad-bucket-name", text, "a name of a bucket", why);
    let fits = better != text && better.len() >= 3 && better.len() <= 63;
    Err(if fits { problem.help(format!("write `{better}`")).replace(better) } else { problem })
}

pub(super) fn location(text: &str) -> Result<(), Problem> {
    let lower = text.to_lowercase();
    if SEVERAL.contains(&lower.as_str()) || super::compute::region(&lower).is_ok() {
        return Ok(());
    }
    let problem = refuse(
        "bad-location",
        text,
        "a location",
        "write a region like `europe-west9`, or `EU`, `US`, `ASIA`",
    );
    let region =
        lower.rsplit_once('-').map(|(region, _)| region).filter(|r| super::compute::region(r).is_ok());
    Err(match region {
        Some(region) => problem.help(format!("`{text}` is a zone of the region `{region}`")).replace(region),
        None => problem,
    })
}

pub(super) fn storage_class(text: &str) -> Result<(), Problem> {
    if CLASSES.contains(&text.to_uppercase().as_str()) {
        return Ok(());
    }
    let problem = refuse(
        "bad-storage-class",
        text,
        "a class of objects",
        format!("the classes are {}", CLASSES.join(", ")),
    );
    Err(match suggest::nearest(text, CLASSES.into_iter()) {
        Some(near) => problem.help(format!("did you mean `{near}`?")).replace(near),
        None => problem,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bucket_names_keep_the_rules_of_a_global_namespace() {
        for right in ["abc", "isae-sdd-481407-be", "a.example.edu", "a_b"] {
            assert!(bucket_name(right).is_ok(), "{right}");
        }
        for wrong in ["ab", "My-Bucket", "gs://x-y-z", "-abc", "1.2.3.4", "goog-x", "my-google-bucket"] {
            assert!(bucket_name(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn locations_are_taken_in_any_case() {
        for right in ["EU", "eu", "europe-west9", "EUROPE-WEST9", "europe", "asia"] {
            assert!(location(right).is_ok(), "{right}");
        }
        assert_eq!(
            location("europe-west9-a").err().and_then(|p| p.replacement).as_deref(),
            Some("europe-west9")
        );
    }
}
