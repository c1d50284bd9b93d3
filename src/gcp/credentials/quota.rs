//! The quota project: who pays for the quota of a call that a person makes, sent as `X-Goog-User-Project`.
//! Without it, calls of people count against the project of gcloud's own OAuth client, where most APIs are off.
//! Pure.

/// Which quota project the environment asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Quota {
    /// That of the file, and for people the course's.
    #[default]
    Usual,
    /// This one, whatever the credentials are.
    Fixed(String),
    /// The course's, whatever the credentials are.
    Course,
    /// None.
    Off,
}

impl Quota {
    /// Terraform's variables, those of Google's libraries, then gcloud's.
    pub(super) fn from_env(env: &impl Fn(&str) -> Option<String>) -> Self {
        let overrides = env("USER_PROJECT_OVERRIDE").is_some_and(|v| matches!(v.as_str(), "true" | "1"));
        let terraform = env("GOOGLE_BILLING_PROJECT").filter(|_| overrides);
        if let Some(project) = terraform.or_else(|| env("GOOGLE_CLOUD_QUOTA_PROJECT")) {
            return Self::Fixed(project);
        }
        match env("CLOUDSDK_BILLING_QUOTA_PROJECT").as_deref() {
            None => Self::Usual,
            Some("LEGACY") => Self::Off,
            Some("CURRENT_PROJECT" | "CURRENT_PROJECT_WITH_FALLBACK") => Self::Course,
            Some(project) => Self::Fixed(project.to_owned()),
        }
    }

    /// The project to name, given what the file says and whether a person calls.
    pub(super) fn project(&self, file: Option<&str>, person: bool, course: Option<&str>) -> Option<String> {
        match self {
            Self::Fixed(project) => Some(project.as_str()),
            Self::Off => None,
            Self::Course => course,
            Self::Usual => file.or_else(|| course.filter(|_| person)),
        }
        .map(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quota(pairs: &[(&str, &str)]) -> Quota {
        Quota::from_env(&|name: &str| pairs.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()))
    }

    #[test]
    fn people_are_charged_to_the_file_or_the_course_and_programs_only_where_the_file_says_so() {
        let rows = [
            (Some("mine"), true, Some("mine")),
            (None, true, Some("course")),
            (Some("mine"), false, Some("mine")),
            (None, false, None),
        ];
        for (file, person, wanted) in rows {
            assert_eq!(Quota::Usual.project(file, person, Some("course")).as_deref(), wanted);
        }
    }

    #[test]
    fn the_environment_overrides_for_everyone() {
        let billing = ("GOOGLE_BILLING_PROJECT", "bills");
        let gcloud = |value| quota(&[("CLOUDSDK_BILLING_QUOTA_PROJECT", value)]);
        assert_eq!(quota(&[billing]), Quota::Usual, "Terraform asks for both variables");
        let both = quota(&[billing, ("USER_PROJECT_OVERRIDE", "true")]);
        assert_eq!(both.project(Some("mine"), false, Some("course")).as_deref(), Some("bills"));
        assert_eq!(gcloud("bills"), Quota::Fixed("bills".to_owned()));
        assert_eq!(gcloud("CURRENT_PROJECT").project(None, false, Some("course")).as_deref(), Some("course"));
        assert_eq!(gcloud("LEGACY").project(Some("mine"), true, Some("course")), None);
    }
}
