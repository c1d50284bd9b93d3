//! Who and what: roles, members, accounts, APIs, OAuth scopes.

use super::{refuse, text_format};
use crate::spec::{Problem, suggest};

text_format!(
    /// A role: `roles/storage.objectViewer`, or one of a project or organisation.
    Role, "role", role, "roles/storage.objectViewer");
text_format!(
    /// Who is granted something: `user:a@x.edu`, `group:…`, `serviceAccount:…`, `domain:…`, `principalSet://…`, `allUsers`.
    Member, "member", member, "user:student@example.edu");
text_format!(
    /// An email address.
    Email, "email", email, "ci-bot@my-project.iam.gserviceaccount.com");
text_format!(
    /// The full name of a Google API: `compute.googleapis.com`.
    ServiceName, "service-name", service_name, "compute.googleapis.com");
text_format!(
    /// What a machine's programs may ask for: gcloud's alias (`storage-rw`) or the URL.
    Scope, "oauth-scope", oauth_scope, "storage-rw");
text_format!(
    /// The account of a machine: an id of the project, an address, `default` or `none`.
    VmAccount, "vm-account", vm_account, "default");

text_format!(
    /// What a sweep leaves alone: `Kind/name` or a member, in which `*` stands for any text.
    KeepPattern, "keep-pattern", keep_pattern, "Vm/demo-*");

const SCOPES: &str = "https://www.googleapis.com/auth/";

/// gcloud's aliases.
const ALIASES: &[(&str, &str)] = &[
    ("bigquery", "bigquery"),
    ("cloud-platform", "cloud-platform"),
    ("cloud-source-repos", "source.full_control"),
    ("cloud-source-repos-ro", "source.read_only"),
    ("compute-ro", "compute.readonly"),
    ("compute-rw", "compute"),
    ("datastore", "datastore"),
    ("logging-write", "logging.write"),
    ("monitoring", "monitoring"),
    ("monitoring-read", "monitoring.read"),
    ("monitoring-write", "monitoring.write"),
    ("pubsub", "pubsub"),
    ("service-control", "servicecontrol"),
    ("service-management", "service.management.readonly"),
    ("sql", "sqlservice"),
    ("sql-admin", "sqlservice.admin"),
    ("storage-full", "devstorage.full_control"),
    ("storage-ro", "devstorage.read_only"),
    ("storage-rw", "devstorage.read_write"),
    ("taskqueue", "taskqueue"),
    ("trace", "trace.append"),
    ("userinfo-email", "userinfo.email"),
];

/// What gcloud's `default` and `gke-default` stand for.
const SETS: &[(&str, &[&str])] = &[
    (
        "default",
        &[
            "devstorage.read_only",
            "logging.write",
            "monitoring.write",
            "pubsub",
            "service.management.readonly",
            "servicecontrol",
            "trace.append",
        ],
    ),
    (
        "gke-default",
        &[
            "devstorage.read_only",
            "logging.write",
            "monitoring",
            "service.management.readonly",
            "servicecontrol",
            "trace.append",
        ],
    ),
];

impl Scope {
    /// The URLs it stands for.
    pub fn urls(&self) -> Vec<String> {
        let text = self.as_str();
        if let Some((_, set)) = SETS.iter().find(|(name, _)| *name == text) {
            return set.iter().map(|scope| format!("{SCOPES}{scope}")).collect();
        }
        let known = ALIASES.iter().find(|(alias, _)| *alias == text);
        vec![known.map_or_else(|| text.to_owned(), |(_, scope)| format!("{SCOPES}{scope}"))]
    }
}

impl Scope {
    /// gcloud's alias, where there is one.
    #[must_use]
    pub fn short(&self) -> Self {
        let scope = self.as_str().strip_prefix(SCOPES);
        let known = ALIASES.iter().find(|(_, url)| Some(*url) == scope);
        known.map_or_else(|| self.clone(), |(alias, _)| Self::from_trusted(*alias))
    }
}

impl VmAccount {
    /// The account as it is compared: an address, `default` or `none`.
    #[must_use]
    pub fn canonical(&self, project: &str) -> Self {
        match self.as_str() {
            "" => Self::from_trusted("none"),
            text @ ("default" | "none") => Self::from_trusted(text),
            email if email.contains('@') => Self::from_trusted(email.to_lowercase()),
            id => Self::from_trusted(match project.split_once(':') {
                Some((domain, project)) => format!("{id}@{project}.{domain}.iam.gserviceaccount.com"),
                None => format!("{id}@{project}.iam.gserviceaccount.com"),
            }),
        }
    }
}

const BASIC: [&str; 3] = ["owner", "editor", "viewer"];

pub(super) fn role(text: &str) -> Result<(), Problem> {
    let what = "a role";
    let word =
        |t: &str| !t.is_empty() && t.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '_');
    let parts: Vec<&str> = text.split('/').collect();
    match parts.as_slice() {
        // The three basic roles are known, and a capital is the usual slip with them.
        ["roles", name] if BASIC.iter().any(|basic| name != basic && name.eq_ignore_ascii_case(basic)) => {
            Err(refuse("bad-role", text, what, "the basic roles are written in lower case"))
        }
        ["roles", name] if word(name) => Ok(()),
        ["projects" | "organizations", owner, "roles", name] if !owner.is_empty() && word(name) => Ok(()),
        ["role", name] | [name] if word(name) => {
            let better = format!("roles/{name}");
            Err(refuse("bad-role", text, what, "roles begin with `roles/`")
                .help(format!("write `{better}`"))
                .replace(better))
        }
        _ => Err(refuse(
            "bad-role",
            text,
            what,
            "write `roles/SERVICE.NAME`, or `projects/ID/roles/NAME` for one of your own",
        )),
    }
}

pub(super) fn email(text: &str) -> Result<(), Problem> {
    if is_email(text) {
        Ok(())
    } else {
        Err(refuse("bad-email", text, "an email address", "write it like `name@example.edu`"))
    }
}

impl KeepPattern {
    /// Whether it stands for members, and not for `Kind/name`.
    pub fn is_of_members(&self) -> bool {
        is_of_members(&self.0)
    }
}

fn is_of_members(pattern: &str) -> bool {
    pattern.starts_with("all") || pattern.split('/').next().is_some_and(|first| first.contains(':'))
}

/// A pattern that could not fit anything would protect nothing, without a word.
pub(super) fn keep_pattern(text: &str) -> Result<(), Problem> {
    let bad = |why: &str| refuse("bad-pattern", text, "a pattern of what is kept", why);
    let kind = |kind: &str| {
        let letters = kind.chars().all(|c| c.is_ascii_alphabetic() || c == '*');
        letters && kind.starts_with(|first: char| first.is_ascii_uppercase() || first == '*')
    };
    let member = |(kind, who): (&str, &str)| !kind.is_empty() && !who.is_empty();
    match text.split_once('/') {
        _ if matches!(text, "allUsers" | "allAuthenticatedUsers") => Ok(()),
        _ if text.split_once(':').is_some_and(member) && is_of_members(text) => Ok(()),
        Some((of, name)) if kind(of) && !name.is_empty() => Ok(()),
        None if is_email(text) => {
            let better = format!("user:{text}");
            Err(bad("who is it: a user, a group?").help(format!("write `{better}`")).replace(better))
        }
        _ => {
            Err(bad("it fits nothing")
                .help("write `Vm/demo-*`, `Bucket/*-archive` or `user:prof@example.edu`"))
        }
    }
}

fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    !local.is_empty()
        && is_domain(domain)
        && !text.contains(|c: char| c.is_whitespace() || ",;:<>".contains(c))
}

pub(super) fn is_domain(text: &str) -> bool {
    let part = |p: &str| !p.is_empty() && p.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    text.contains('.') && text.split('.').all(part)
}

const MEMBER_TYPES: [&str; 4] = ["user", "group", "serviceAccount", "domain"];

pub(super) fn member(text: &str) -> Result<(), Problem> {
    let what = "a member";
    if matches!(text, "allUsers" | "allAuthenticatedUsers") {
        return Ok(());
    }
    if text.starts_with("deleted:") {
        let problem = refuse("bad-member", text, what, "it is deleted, and can only be taken away");
        return Err(problem.help("remove it from the list"));
    }
    let Some((kind, rest)) = text.split_once(':') else {
        return Err(bare_member(text));
    };
    let right = match kind {
        "user" | "group" => is_email(rest),
        "serviceAccount" => is_email(rest) || rest.contains(".svc.id.goog["),
        "domain" => is_domain(rest),
        "principal" | "principalSet" => rest.starts_with("//iam.googleapis.com/"),
        "projectOwner" | "projectEditor" | "projectViewer" => !rest.is_empty(),
        _ => return Err(unknown_member(text, kind)),
    };
    if right {
        return Ok(());
    }
    let why = match kind {
        "domain" => "a domain looks like `example.edu`",
        "principal" | "principalSet" => "it continues with `//iam.googleapis.com/…`",
        _ => "an address looks like `name@example.edu`",
    };
    Err(refuse("bad-member", text, what, why))
}

fn bare_member(text: &str) -> Problem {
    let problem = refuse("bad-member", text, "a member", "who is it: a user, a group, a service account?");
    if !is_email(text) {
        return problem
            .help("write `user:name@example.edu`, `group:…`, `serviceAccount:…`, `domain:…` or `allUsers`");
    }
    let kind = if text.ends_with(".gserviceaccount.com") { "serviceAccount" } else { "user" };
    let better = format!("{kind}:{text}");
    problem.help(format!("write `{better}`")).replace(better)
}

fn unknown_member(text: &str, kind: &str) -> Problem {
    let problem = refuse("bad-member", text, "a member", format!("there are no members of type `{kind}`"));
    match suggest::nearest(kind, MEMBER_TYPES.into_iter()) {
        Some(near) => problem.help(format!("did you mean `{near}`?")).replace(text.replacen(kind, near, 1)),
        None => problem.help(format!("the types are {}, principal, principalSet", MEMBER_TYPES.join(", "))),
    }
}

pub(super) fn service_name(text: &str) -> Result<(), Problem> {
    let what = "the full name of an API";
    if text.ends_with(".googleapis.com") && is_domain(text) && text.chars().all(|c| !c.is_uppercase()) {
        return Ok(());
    }
    let bare = text.trim_start_matches("https://").trim_end_matches('/').to_lowercase();
    if bare != text && service_name(&bare).is_ok() {
        return Err(refuse("bad-service", text, what, "it is a name, not an address")
            .help(format!("write `{bare}`"))
            .replace(bare));
    }
    let word = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    let problem = refuse("bad-service", text, what, "names of APIs end with `.googleapis.com`");
    Err(if word {
        let better = format!("{}.googleapis.com", text.to_lowercase());
        problem.help(format!("write `{better}`")).replace(better)
    } else {
        problem
    })
}

pub(super) fn oauth_scope(text: &str) -> Result<(), Problem> {
    let aliases = || ALIASES.iter().map(|(a, _)| *a).chain(SETS.iter().map(|(s, _)| *s));
    if text.starts_with("https://") || aliases().any(|alias| alias == text) {
        return Ok(());
    }
    let problem = refuse("bad-scope", text, "a scope", "it is neither one of gcloud's names nor a URL");
    Err(match suggest::nearest(text, aliases()) {
        Some(near) => problem.help(format!("did you mean `{near}`?")).replace(near),
        None => problem.help("common ones are `storage-ro`, `storage-rw`, `logging-write`, `cloud-platform`"),
    })
}

pub(super) fn vm_account(text: &str) -> Result<(), Problem> {
    if matches!(text, "default" | "none") || is_email(text) {
        return Ok(());
    }
    super::names::account_id(text).map_err(|_| {
        refuse(
            "bad-account",
            text,
            "an account",
            "write an id of this project, an address, `default` or `none`",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_name_their_type() {
        for right in [
            "user:a@x.edu",
            "domain:x.edu",
            "allUsers",
            "serviceAccount:p.svc.id.goog[ns/sa]",
            "principalSet://iam.googleapis.com/x/*",
        ] {
            assert!(member(right).is_ok(), "{right}");
        }
        let fix = |text: &str| member(text).err().and_then(|p| p.replacement);
        assert_eq!(fix("a@x.edu").as_deref(), Some("user:a@x.edu"));
        assert_eq!(
            fix("serviceaccount:a@p.iam.gserviceaccount.com").as_deref(),
            Some("serviceAccount:a@p.iam.gserviceaccount.com")
        );
        assert!(member("deleted:user:a@x.edu?uid=1").is_err());
        assert!(member("user:nobody").is_err());
    }

    #[test]
    fn scopes_of_every_form_are_the_same_urls() {
        let urls = |text: &str| Scope::from_trusted(text).urls();
        assert_eq!(urls("storage-rw"), urls("https://www.googleapis.com/auth/devstorage.read_write"));
        assert_eq!(urls("default").len(), 7);
        assert!(oauth_scope("storage-wr").is_err());
    }

    #[test]
    fn an_account_of_the_project_is_its_address() {
        assert_eq!(
            VmAccount::from_trusted("ci-bot").canonical("p").as_str(),
            "ci-bot@p.iam.gserviceaccount.com"
        );
        assert_eq!(VmAccount::from_trusted("").canonical("p").as_str(), "none");
    }
}
