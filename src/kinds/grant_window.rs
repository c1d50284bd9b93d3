//! The window of a grant: access that begins and ends by itself, as a condition that Google checks at every request.
//! Pure. Conditions that a spec states itself are joined with it, as a binding has one only.

use jiff::Timestamp;

use super::Scope;
use crate::gcp::policy::Condition;
use crate::spec::formats::Role;

/// The title by which our conditions are known again.
const TITLE: &str = "provost-expires";

/// Roles that end, where one that cannot was granted: what students of a cloud course need.
const NARROW: [&str; 6] = [
    "roles/compute.instanceAdmin.v1",
    "roles/storage.objectAdmin",
    "roles/artifactregistry.writer",
    "roles/run.developer",
    "roles/iam.serviceAccountUser",
    "roles/serviceusage.serviceUsageConsumer",
];
/// The same for those who only look.
const READING: [&str; 3] =
    ["roles/compute.viewer", "roles/storage.objectViewer", "roles/artifactregistry.reader"];

/// Whether a role is one of the three that predate IAM and take no condition.
pub(super) fn is_basic(role: &str) -> bool {
    matches!(role, "roles/owner" | "roles/editor" | "roles/viewer")
}

/// The roles that can end in place of basic ones.
pub(super) fn narrow<'a>(mut basic: impl Iterator<Item = &'a Role>) -> String {
    let reads = basic.all(|role| role.as_str() == "roles/viewer");
    if reads { READING.join(", ") } else { NARROW.join(", ") }
}

/// Whether a condition is one that we made.
pub(super) fn is_ours(condition: &Condition) -> bool {
    condition.title == TITLE
}

/// The condition of access that ends at a time, and begins with the session. `stated` has to hold as well.
pub(super) fn condition(ends: Timestamp, stated: Option<&Condition>, scope: &Scope) -> Condition {
    let starts = scope.session.and_then(|window| window.starts).filter(|starts| *starts < ends);
    let begun = starts.map(|starts| format!("request.time >= timestamp(\"{starts}\")"));
    let open = format!("request.time < timestamp(\"{ends}\")");
    let stated_too = stated.map(|condition| format!("({})", condition.expression));
    let all: Vec<String> = stated_too.into_iter().chain(begun).chain([open]).collect();
    let description = stated.map_or_else(
        || format!("access of the course {} ends by itself", scope.course),
        |condition| condition.title.clone(),
    );
    Condition { title: TITLE.to_owned(), description, expression: all.join(" && ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::session::Window;

    fn scope(starts: Option<&str>) -> Scope {
        let starts = starts.map(|time| time.parse().unwrap());
        let window = Window { starts, ends: "2026-12-18T17:00:00Z".parse().unwrap() };
        Scope { course: "be".into(), session: Some(window), ..Scope::default() }
    }

    fn expression(starts: Option<&str>, stated: Option<&str>) -> String {
        let stated = stated.map(|expression| Condition {
            title: "t".into(),
            description: String::new(),
            expression: expression.into(),
        });
        condition("2026-12-18T17:00:00Z".parse().unwrap(), stated.as_ref(), &scope(starts)).expression
    }

    #[test]
    fn access_ends_at_the_end_and_begins_with_the_session() {
        let end = "request.time < timestamp(\"2026-12-18T17:00:00Z\")";
        assert_eq!(expression(None, None), end);
        assert_eq!(
            expression(Some("2026-09-07T06:00:00Z"), None),
            format!("request.time >= timestamp(\"2026-09-07T06:00:00Z\") && {end}")
        );
        assert_eq!(expression(None, Some("a || b")), format!("(a || b) && {end}"));
        assert_eq!(expression(Some("2027-01-01T00:00:00Z"), None), end, "after the end nothing begins");
    }
}
