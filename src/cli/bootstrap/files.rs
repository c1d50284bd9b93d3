//! The files that are written into a repository, as they are in this one.

/// Where the specs of the login are.
pub(super) const LOGIN: &str = "login/course.yaml";

const TEMPLATE: &str = include_str!("login.yaml");

/// A file of this repository by its path.
macro_rules! same {
    ($path:literal) => {
        ($path, include_str!(concat!("../../../", $path)))
    };
}

/// Files that are the same in every repository, by their path in it.
pub(super) const FILES: &[(&str, &str)] = &[
    same!(".github/actions/provost/action.yml"),
    same!(".github/workflows/apply.yml"),
    same!(".github/workflows/drift.yml"),
    same!(".github/workflows/plan.yml"),
    same!(".github/workflows/teardown.yml"),
];

/// The specs of the login of a repository to a project.
pub(super) fn login(repository: &str, project: &str) -> String {
    // The project first: the name of a repository may be anything.
    TEMPLATE.replace("my-project-id", project).replace("OWNER/NAME", repository)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_that_is_called_like_a_placeholder_stays_what_it_is() {
        let text = login("my-project-id/x", "be-cloud-2526");
        assert!(text.contains("vars: { repository: my-project-id/x }"), "{text}");
    }
}
