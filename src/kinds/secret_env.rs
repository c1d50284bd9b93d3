//! Environment variables of containers whose values are secrets of Secret Manager. A spec names the secret; who reads it is the
//! account of what runs the container, at every start of it: Cloud Run by itself, a machine by a script that its cloud-init brings
//! along.
//! Pure. No value of a secret ever comes here.
//!
//! On a machine the value travels in the environment of the process that starts the container, and in no file: docker's env files
//! know no line breaks, and what an argument holds everybody on the machine can see.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::containers::Container;
use super::contract::{Finding, Need};
use super::lint::{Lint, Void};
use super::machine::Machine;
use super::{Scope, service_account};
use crate::gcp::Service;
use crate::spec::formats::{EnvName, LATEST, Scope as OauthScope, SecretName, SecretVersion, VmAccount};
use crate::spec::{Pointer, Problem};

/// A secret of Secret Manager.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SecretRef {
    /// The secret: its id where it is in this project, else `projects/PROJECT/secrets/ID`; `projects/PROJECT/secrets/ID/versions/3` is
    /// one version of it.
    pub secret: SecretName,
    /// Which version: `latest` (default; looked up at every start of the container), a number or an alias.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<SecretVersion>,
}

/// The variables of a container and the secrets they hold.
pub type SecretEnv = BTreeMap<EnvName, SecretRef>;

/// The script that reads secrets and starts what needs them.
pub(super) const SCRIPT: &str = include_str!("with_secrets.sh");
/// Where it is on the machine. No container's own folder is beside that of all of them.
pub(super) const SCRIPT_PATH: &str = "/var/lib/provost-with-secrets";

/// What gives an account a secret.
const ACCESSOR: &str = "roles/secretmanager.secretAccessor";
/// Roles that let read what a secret holds.
const READERS: [&str; 3] = [ACCESSOR, "roles/secretmanager.admin", "roles/owner"];
const WHOLE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// Variables that the shell or docker's own client would take for theirs.
const TAKEN: [&str; 13] = [
    "EUID",
    "FUNCNAME",
    "GROUPS",
    "HOME",
    "IFS",
    "LINENO",
    "PATH",
    "PPID",
    "RANDOM",
    "SECONDS",
    "SHELLOPTS",
    "UID",
    "_",
];
const TAKEN_BEGINNINGS: [&str; 4] = ["BASH", "DOCKER_", "LD_", "provost_"];

impl SecretRef {
    /// The full name of the secret, as seen from a project, and the version.
    pub(super) fn parts(&self, project: &str) -> (String, &str) {
        let (secret, version) = self.secret.parts(project);
        (secret, self.version.as_ref().map(SecretVersion::as_str).or(version).unwrap_or(LATEST))
    }

    /// The full name of the version, as seen from a project.
    pub fn resource(&self, project: &str) -> String {
        let (secret, version) = self.parts(project);
        format!("{secret}/versions/{version}")
    }

    fn normalise(&mut self, project: &str) {
        let (secret, version) = self.parts(project);
        let version = SecretVersion::from_trusted(version);
        self.secret = SecretName::from_trusted(secret);
        self.version = Some(version);
    }

    fn shorten(&mut self, project: &str) {
        self.secret = self.secret.near(project);
        self.version = self.version.take().filter(|version| version.as_str() != LATEST);
    }
}

/// One form for what can be written in several ways.
pub(super) fn normalise(env: &mut SecretEnv, project: &str) {
    for secret in env.values_mut() {
        secret.normalise(project);
    }
}

/// As a person would write it.
pub(super) fn shorten(env: &mut SecretEnv, project: &str) {
    for secret in env.values_mut() {
        secret.shorten(project);
    }
}

/// The words before those of a command by which it gets its secrets.
pub(super) fn before(env: &SecretEnv) -> Vec<String> {
    let script = ["/bin/bash".to_owned(), SCRIPT_PATH.to_owned()];
    // Normalised: every name is a full one, whatever project it is seen from.
    let secrets = env.iter().map(|(name, secret)| format!("{name}={}", secret.resource("")));
    script.into_iter().chain(secrets).chain(["--".to_owned()]).collect()
}

/// The API by which secrets are read.
pub(super) fn needs<'a>(mut all: impl Iterator<Item = &'a SecretEnv>, scope: &Scope) -> Option<Need> {
    all.any(|env| !env.is_empty()).then(|| Need::api(Service::SecretManager, &scope.project))
}

/// Each container with the place of its secrets.
fn all(containers: &[Container]) -> impl Iterator<Item = (Pointer, &Container)> {
    let at = |i: usize| Pointer::from("containers").child(i.to_string()).child("secretEnv");
    containers.iter().enumerate().map(move |(i, container)| (at(i), container))
}

/// What the shape of a machine's spec cannot say.
pub(super) fn check(machine: &Machine, containers: &[Container]) -> Vec<Finding> {
    let mut found = Vec::new();
    for (at, container) in all(containers) {
        let secrets = &container.secret_env;
        found.extend(check_env(&at, Some(&container.env), secrets));
        let taken =
            secrets.keys().filter_map(|name| Some((at.child(name.as_str()), taken(name)?.about_key())));
        found.extend(taken);
    }
    if containers.iter().any(|container| !container.secret_env.is_empty()) {
        found.extend(may_ask(machine));
    }
    found
}

/// What is wrong in the variables of one container, whatever runs it. `at` is the place of those that hold secrets.
pub(super) fn check_env(
    at: &Pointer,
    plain: Option<&BTreeMap<EnvName, String>>,
    secrets: &SecretEnv,
) -> Vec<Finding> {
    let both = secrets.keys().filter(|name| plain.is_some_and(|plain| plain.contains_key(*name)));
    let both = both.map(|name| {
        let problem = Problem::new("env-twice", format!("`{name}` stands in `env` and in `secretEnv`"));
        (at.child(name.as_str()), problem.help("remove it from one of the two").about_key())
    });
    let versions =
        secrets.iter().filter(|(_, one)| one.version.is_some() && one.secret.parts("").1.is_some());
    let versions = versions.map(|(name, _)| {
        let problem = Problem::new("version-twice", "the version is named twice");
        let at = at.child(name.as_str()).child("version");
        (at, problem.help("remove it here, or from the secret's name"))
    });
    both.chain(versions).collect()
}

fn taken(name: &EnvName) -> Option<Problem> {
    let name = name.as_str();
    let is_taken = TAKEN.contains(&name) || TAKEN_BEGINNINGS.iter().any(|start| name.starts_with(start));
    let problem = Problem::new("env-taken", format!("`{name}` cannot hold a secret"))
        .label("what starts the container reads this variable itself")
        .help("give the variable another name");
    is_taken.then_some(problem)
}

/// A token of the machine opens a secret only with the scope of everything.
fn may_ask(machine: &Machine) -> Option<Finding> {
    if machine.service_account.as_ref().is_some_and(|account| account.as_str() == "none") {
        let problem = Problem::new("secret-without-account", "a machine without an account reads no secrets")
            .help("name an account of its own: `serviceAccount: NAME`");
        return Some((Pointer::from("serviceAccount"), problem));
    }
    let scopes = machine.scopes.as_ref()?;
    let opens = scopes.iter().flat_map(OauthScope::urls).any(|url| url == WHOLE);
    let problem = Problem::new(
        "secret-scope",
        "Secret Manager answers only tokens with the scope `cloud-platform`",
    )
    .label("its containers would wait for their secrets for ever")
    .help("write `scopes: [cloud-platform]`, or leave it out; what the account may do is up to its grants");
    (!opens).then(|| (Pointer::from("scopes"), problem))
}

/// What reads secrets with its account.
#[derive(Debug)]
pub(super) struct Reader {
    what: &'static str,
    /// What comes of it while nobody lets the account read one.
    otherwise: &'static str,
}

/// A machine that runs containers.
const MACHINE: Reader =
    Reader { what: "machine", otherwise: "its container waits at boot until somebody grants it" };
/// A service of Cloud Run, which looks at every secret of a revision before it serves.
pub(super) const SERVICE: Reader =
    Reader { what: "service", otherwise: "no revision comes to serve until somebody grants it" };

/// What is unwise about who may read the secrets of a machine, or fails once it boots.
pub(super) fn lint(machine: &Machine, containers: &[Container], scope: &Scope) -> Vec<Lint> {
    let account = machine.service_account.as_ref();
    MACHINE.lint(account, all(containers).map(|(at, container)| (at, &container.secret_env)), scope)
}

impl Reader {
    /// What is unwise about the account that reads secrets, or fails when it does. Each map of them comes with its place.
    pub(super) fn lint<'a>(
        &self,
        account: Option<&VmAccount>,
        envs: impl Iterator<Item = (Pointer, &'a SecretEnv)>,
        scope: &Scope,
    ) -> Vec<Lint> {
        let account = account.map(|account| account.canonical(&scope.project));
        let mut secrets = envs
            .flat_map(|(at, env)| env.iter().map(move |(name, secret)| (at.child(name.as_str()), secret)));
        match account.as_ref().map(AsRef::as_ref).filter(|account: &&str| *account != "default") {
            None => secrets.next().map(|(at, _)| self.default_account(at)).into_iter().collect(),
            Some(email) => secrets.map(|(at, secret)| self.not_granted(at, secret, email, scope)).collect(),
        }
    }

    fn default_account(&self, at: Pointer) -> Lint {
        let message = format!("the {} reads its secrets as the project's default account", self.what);
        let problem = Problem::new("secret-of-all", message)
            .label("every machine and service without an account of its own could read them")
            .help("declare a `ServiceAccount`, name it in `serviceAccount:`, and grant it this secret only");
        Lint::new(at, problem)
    }

    /// Void where the course declares a grant on the secret or on all secrets of the project.
    fn not_granted(&self, at: Pointer, secret: &SecretRef, email: &str, scope: &Scope) -> Lint {
        let (full, _) = secret.parts(&scope.project);
        let id = full.rsplit('/').next().unwrap_or_default();
        let owner = full.split('/').nth(1).unwrap_or_default();
        let member = format!("serviceAccount:{email}");
        let problem = Problem::new(
            "secret-not-granted",
            format!("no grant of the course lets {email} read the secret {id}"),
        )
        .label(self.otherwise)
        .help(self.document(id, owner, email, scope));
        let claims = ["the project".to_owned(), format!("secret {id}")].into_iter().flat_map(|on| {
            let member = member.clone();
            READERS.iter().map(move |role| Void::Claimed {
                project: owner.to_owned(),
                what: format!("{role} for {member} on {on}"),
            })
        });
        Lint { void: claims.collect(), ..Lint::new(at, problem) }
    }

    /// The grant that is missing, to be copied.
    fn document(&self, id: &str, owner: &str, email: &str, scope: &Scope) -> String {
        let who = service_account::id_in_project(email, &scope.project).unwrap_or(self.what);
        let project = if owner == scope.project { String::new() } else { format!("\nproject: {owner}") };
        format!(
            "add this, unless it is granted elsewhere:\n---\nkind: IamGrant\nname: {who}-reads-{id}{project}\non: {{ secret: {id} }}\n\
             roles: [{ACCESSOR}]\nmembers: [\"serviceAccount:{email}\"]"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(json: &str) -> SecretRef {
        serde_json::from_str(json).expect("a secret")
    }

    #[test]
    fn every_way_of_writing_a_secret_has_one_form_and_comes_back_short() {
        for (text, resource, short) in [
            (r#"{"secret": "x"}"#, "projects/p/secrets/x/versions/latest", r#"{"secret":"x"}"#),
            (
                r#"{"secret": "x", "version": 3}"#,
                "projects/p/secrets/x/versions/3",
                r#"{"secret":"x","version":"3"}"#,
            ),
            (
                r#"{"secret": "projects/q/secrets/x/versions/3"}"#,
                "projects/q/secrets/x/versions/3",
                r#"{"secret":"projects/q/secrets/x","version":"3"}"#,
            ),
        ] {
            let mut one = secret(text);
            one.normalise("p");
            assert_eq!(one.resource("elsewhere"), resource);
            one.shorten("p");
            assert_eq!(serde_json::to_string(&one).expect("JSON"), short);
        }
    }

    #[test]
    fn a_command_is_told_its_secrets_by_name() {
        let mut env = SecretEnv::from([(EnvName::from_trusted("KEY"), secret(r#"{"secret": "x"}"#))]);
        normalise(&mut env, "p");
        let words = before(&env).join(" ");
        assert_eq!(
            words,
            "/bin/bash /var/lib/provost-with-secrets KEY=projects/p/secrets/x/versions/latest --"
        );
    }

    #[test]
    fn names_that_docker_or_the_shell_read_are_no_secrets() {
        let is_taken = |name: &str| taken(&EnvName::from_trusted(name)).is_some();
        assert!(["PATH", "DOCKER_HOST", "LD_PRELOAD", "BASH_ENV", "provost_one"].into_iter().all(is_taken));
        assert!(!["DB_PASSWORD", "PATHS", "value", "body"].into_iter().any(is_taken));
    }
}
