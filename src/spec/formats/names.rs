//! Names: of resources, courses, projects, labels. Each API has rules of its own.

use super::{refuse, text_format};
use crate::spec::Problem;

text_format!(
    /// A name of Compute Engine (RFC 1035).
    ResourceName, "resource-name", resource_name, "web-1");
text_format!(
    /// A name that lives in the course only.
    SpecName, "spec-name", spec_name, "students");
text_format!(
    /// The name of a course: also the value of a label.
    CourseName, "course-name", course_name, "be-cloud-2526");
text_format!(
    /// The id of an Artifact Registry repository.
    RegistryId, "registry-id", registry_id, "docker");
text_format!(
    /// The id of a service account.
    AccountId, "account-id", account_id, "ci-bot");
text_format!(
    /// The name of a service of Cloud Run.
    ServiceId, "service-id", service_id, "api");
text_format!(
    /// The id of a project.
    ProjectId, "project-id", project_id, "my-project");
text_format!(
    /// The key of a label.
    LabelKey, "label-key", label_key, "team");
text_format!(
    /// The value of a label.
    LabelValue, "label-value", label_value, "owl");
text_format!(
    /// A network tag.
    NetworkTag, "network-tag", network_tag, "http-server");

/// A dashed lower-case name: begins with a letter, ends with a letter or digit.
fn dashed(text: &str, most: usize) -> Result<(), String> {
    let first = text.chars().next();
    if text.is_empty() {
        Err("write a name".to_owned())
    } else if text.chars().count() > most {
        Err(format!("it has {} characters, and {most} is the limit", text.chars().count()))
    } else if let Some(odd) =
        text.chars().find(|c| !(c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '-'))
    {
        Err(format!("`{odd}` is not allowed: lower-case letters, digits and hyphens only"))
    } else if !first.is_some_and(|c| c.is_ascii_lowercase()) {
        Err("it must begin with a letter".to_owned())
    } else if text.ends_with('-') {
        Err("it must not end with a hyphen".to_owned())
    } else {
        Ok(())
    }
}

/// What a text becomes when it is brought into dashed form.
fn slug(text: &str, most: usize) -> String {
    let dashed: String = text
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '-' })
        .collect();
    let trimmed = dashed.trim_start_matches(|c: char| !c.is_ascii_lowercase());
    trimmed.chars().take(most).collect::<String>().trim_end_matches('-').to_owned()
}

fn dashed_name(code: &'static str, what: &str, text: &str, least: usize, most: usize) -> Result<(), Problem> {
    let problem = match dashed(text, most) {
        Ok(()) if text.len() >= least => return Ok(()),
        Ok(()) => {
            refuse(code, text, what, format!("it has {} characters, and {least} is the least", text.len()))
        }
        Err(why) => refuse(code, text, what, why),
    };
    let better = slug(text, most);
    let begins = text.chars().next().is_some_and(char::is_alphabetic);
    let fits = better.len() >= least && better != text && begins;
    Err(if fits { problem.help(format!("write `{better}`")).replace(better) } else { problem })
}

pub(super) fn resource_name(text: &str) -> Result<(), Problem> {
    dashed_name("bad-name", "a name Compute Engine takes", text, 1, 63)
}

pub(super) fn account_id(text: &str) -> Result<(), Problem> {
    dashed_name("bad-name", "an id of a service account", text, 6, 30)
}

pub(super) fn service_id(text: &str) -> Result<(), Problem> {
    dashed_name("bad-name", "a name of a Cloud Run service", text, 1, 49)
}

pub(super) fn project_id(text: &str) -> Result<(), Problem> {
    let id = text.rsplit(':').next().unwrap_or(text);
    dashed_name("bad-project", "an id of a project", id, 6, 30).map_err(|p| {
        Problem { replacement: None, ..p }
            .help("use the project's id, not its name or number: `gcloud projects list` shows it")
    })
}

pub(super) fn network_tag(text: &str) -> Result<(), Problem> {
    dashed_name("bad-tag", "a network tag", text, 1, 63)
}

pub(super) fn registry_id(text: &str) -> Result<(), Problem> {
    // These four serve the addresses of the old Container Registry, and are the only ids with a dot.
    if matches!(text, "gcr.io" | "us.gcr.io" | "eu.gcr.io" | "asia.gcr.io") {
        return Ok(());
    }
    dashed_name("bad-name", "an id of a repository", text, 1, 63)
}

pub(super) fn spec_name(text: &str) -> Result<(), Problem> {
    let odd = text.chars().find(|c| !(c.is_ascii_alphanumeric() || "-_.@+".contains(*c)));
    let why = match odd {
        _ if text.is_empty() => "write a name".to_owned(),
        _ if text.len() > 128 => "it has more than 128 characters".to_owned(),
        Some(' ') => "spaces are not allowed: letters, digits and `-_.@+` only".to_owned(),
        Some(odd) => format!("`{odd}` is not allowed: letters, digits and `-_.@+` only"),
        None => return Ok(()),
    };
    Err(refuse("bad-name", text, "a name", why))
}

pub(super) fn course_name(text: &str) -> Result<(), Problem> {
    let begins = text.chars().next().is_some_and(|c| c.is_ascii_lowercase());
    match label_text(text, 50) {
        Ok(()) if begins => Ok(()),
        Ok(()) => {
            Err(refuse("bad-name", text, "a name of a course", "it must begin with a lower-case letter"))
        }
        Err(why) => {
            let better = slug(text, 50);
            let problem = refuse(
                "bad-name",
                text,
                "a name of a course",
                format!("{why}; it is also the value of a label"),
            );
            Err(if better.is_empty() {
                problem
            } else {
                problem.help(format!("write `{better}`")).replace(better)
            })
        }
    }
}

fn label_text(text: &str, most: usize) -> Result<(), String> {
    let allowed = |c: char| (c.is_alphanumeric() && !c.is_uppercase()) || c == '-' || c == '_';
    if text.chars().count() > most {
        return Err(format!("it has {} characters, and {most} is the limit", text.chars().count()));
    }
    match text.chars().find(|c| !allowed(*c)) {
        Some(odd) => Err(format!("`{odd}` is not allowed: lower-case letters, digits, `-` and `_` only")),
        None => Ok(()),
    }
}

fn label(text: &str, what: &str) -> Result<(), Problem> {
    label_text(text, 63).map_err(|why| {
        let lower: String = text
            .to_lowercase()
            .chars()
            .map(|c| if c.is_alphanumeric() || c == '-' || c == '_' { c } else { '-' })
            .collect();
        let better: String = lower.chars().take(63).collect();
        refuse("bad-label", text, what, why).help(format!("write `{better}`")).replace(better)
    })
}

pub(super) fn label_key(text: &str) -> Result<(), Problem> {
    if !text.chars().next().is_some_and(char::is_alphabetic) {
        return Err(refuse("bad-label", text, "a key of a label", "it must begin with a lower-case letter"));
    }
    if matches!(text, "managed-by" | "provost-course") {
        return Err(refuse("bad-label", text, "a label of yours", "Provost writes it itself, as its mark")
            .help("remove it"));
    }
    if text.starts_with("goog-") {
        return Err(refuse("bad-label", text, "a label of yours", "`goog-` is reserved for Google")
            .help("choose another key"));
    }
    label(text, "a key of a label")
}

pub(super) fn label_value(text: &str) -> Result<(), Problem> {
    label(text, "a value of a label")
}

#[cfg(test)]
mod tests {
    use super::*;

    type Row = (fn(&str) -> Result<(), Problem>, &'static str);

    #[test]
    fn names_keep_each_apis_own_rules() {
        let accepted: [Row; 7] = [
            (resource_name, "a"),
            (resource_name, "open-8501"),
            (account_id, "ci-bot"),
            (registry_id, "eu.gcr.io"),
            (project_id, "example.com:my-project"),
            (label_value, ""),
            (course_name, "be-cloud_2526"),
        ];
        for (rule, text) in accepted {
            assert!(rule(text).is_ok(), "{text}");
        }
        let refused: [Row; 8] = [
            (resource_name, "Web"),
            (resource_name, "1st"),
            (resource_name, "ends-"),
            (account_id, "short"),
            (registry_id, "my.repo"),
            (label_key, "Owner"),
            (label_key, "managed-by"),
            (label_value, "a.b"),
        ];
        for (rule, text) in refused {
            assert!(rule(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_evident_fix_is_offered() {
        let fix = |result: Result<(), Problem>| result.err().and_then(|p| p.replacement);
        assert_eq!(fix(resource_name("My_VM")).as_deref(), Some("my-vm"));
        assert_eq!(fix(label_value("Team A")).as_deref(), Some("team-a"));
        assert_eq!(fix(resource_name("x".repeat(70).as_str())).map(|t| t.len()), Some(63));
    }
}
