//! What mends a refusal: the error codes of Google's token servers in words, each with the command to copy.
//! Pure.

use reqwest::Url;

use super::error::Refused;
use super::settings::Ci;

/// Who acts as a service account.
#[derive(Clone, Debug)]
pub(super) enum Caller {
    /// A federated identity that this provider admitted.
    Federated(String),
    /// A service account.
    Account(String),
    /// A person, or somebody unknown.
    Person,
}

/// The parts of `//iam.googleapis.com/projects/N/locations/global/workloadIdentityPools/POOL/providers/NAME`.
struct Provider<'a> {
    project: &'a str,
    pool: &'a str,
    name: &'a str,
}

impl<'a> Provider<'a> {
    fn of(audience: &'a str) -> Option<Self> {
        let parts: Vec<&str> = audience.trim_start_matches('/').split('/').collect();
        match parts.as_slice() {
            [_, "projects", project, "locations", _, "workloadIdentityPools", pool, "providers", name] => {
                Some(Self { project, pool, name })
            }
            _ => None,
        }
    }

    fn describe(&self) -> String {
        format!(
            "`gcloud iam workload-identity-pools providers describe {} --workload-identity-pool={} --location=global \
             --project={}`",
            self.name, self.pool, self.project
        )
    }
}

/// The provider's server did not give an ID token.
pub(super) fn id_token(refused: &Refused, url: &Url, ci: &Ci) -> String {
    let github = ci.github || url.host_str().is_some_and(|h| h.ends_with(".actions.githubusercontent.com"));
    match refused.status {
        400 | 401 | 403 | 404 if github => {
            "the job may not ask GitHub for an ID token, or no longer: give it \
             `permissions: id-token: write`, and log in with google-github-actions/auth in the same job"
                .to_owned()
        }
        _ => String::new(),
    }
}

/// The Security Token Service did not admit an ID token.
pub(super) fn exchange(refused: &Refused, audience: &str) -> String {
    let provider = Provider::of(audience);
    let name = provider.as_ref().map_or(audience, |p| p.name);
    let see = provider.map(|p| format!("; see {}", p.describe())).unwrap_or_default();
    match refused.code.as_str() {
        "unauthorized_client" => {
            format!(
                "the attribute condition of the provider {name} does not admit this repository or branch{see}"
            )
        }
        "invalid_target" => {
            format!("the provider {name} does not exist, or it or its pool is disabled or deleted{see}")
        }
        "invalid_grant" => {
            format!(
                "the ID token has expired, or its issuer or audience is not that of the provider {name}{see}"
            )
        }
        _ => String::new(),
    }
}

/// Acting as a service account was refused.
pub(super) fn impersonation(refused: &Refused, account: &str, caller: &Caller, ci: &Ci) -> String {
    let project = account.split_once('@').and_then(|(_, host)| host.strip_suffix(".iam.gserviceaccount.com"));
    let off = matches!(refused.code.as_str(), "SERVICE_DISABLED" | "accessNotConfigured");
    match refused.status {
        401 => "the token it was asked with has expired, or is none of Google Cloud's".to_owned(),
        403 if off => {
            let project = project.unwrap_or("PROJECT");
            format!("run `gcloud services enable iamcredentials.googleapis.com --project={project}`")
        }
        403 => allow(account, caller, ci),
        404 => format!("there is no service account {account}"),
        400 if refused.message.contains("lifetime") => {
            "tokens last an hour at most, unless a policy of the organisation \
             (iam.allowServiceAccountCredentialLifetimeExtension) lets them last longer"
                .to_owned()
        }
        _ => String::new(),
    }
}

/// The binding that lets somebody act as an account.
fn allow(account: &str, caller: &Caller, ci: &Ci) -> String {
    let (role, member) = match caller {
        Caller::Federated(audience) => ("roles/iam.workloadIdentityUser", principals(audience, ci)),
        Caller::Account(email) => ("roles/iam.serviceAccountTokenCreator", format!("serviceAccount:{email}")),
        Caller::Person => ("roles/iam.serviceAccountTokenCreator", "user:YOUR_EMAIL".to_owned()),
    };
    format!(
        "it takes {role} on the account: `gcloud iam service-accounts add-iam-policy-binding {account} --role={role} \
         --member=\"{member}\"` (a binding takes a minute or two to work)"
    )
}

/// The jobs of one repository, as members of a policy.
fn principals(audience: &str, ci: &Ci) -> String {
    let repository = ci.repository.as_deref().unwrap_or("OWNER/REPOSITORY");
    let (project, pool) = Provider::of(audience).map_or(("NUMBER", "POOL"), |p| (p.project, p.pool));
    format!(
        "principalSet://iam.googleapis.com/projects/{project}/locations/global/workloadIdentityPools/{pool}\
         /attribute.repository/{repository}"
    )
}

/// A person's login was refused.
pub(super) fn login(refused: &Refused) -> String {
    match refused.code.as_str() {
        "invalid_grant" | "invalid_client" | "deleted_client" | "unauthorized_client" => {
            "the login has expired or was revoked: run `gcloud auth application-default login`".to_owned()
        }
        _ => String::new(),
    }
}

/// A key was refused.
pub(super) fn key(refused: &Refused, account: &str) -> String {
    let says = |text: &str| refused.message.contains(text);
    match refused.code.as_str() {
        "invalid_grant" if says("reasonable timeframe") => "the clock of this machine is wrong".to_owned(),
        "invalid_grant" => format!(
            "the key or the account is deleted or disabled: see `gcloud iam service-accounts keys list \
             --iam-account={account}`"
        ),
        _ => String::new(),
    }
}

/// There are no credentials at all.
pub(super) fn nothing(ci: &Ci) -> String {
    match (ci.github, ci.id_token) {
        (true, false) => "This job may not ask GitHub for an ID token: give it `permissions: { contents: read, id-token: write }`, and log \
             in with a step that `uses: google-github-actions/auth`"
            .to_owned(),
        (true, true) => "Log in with a step before this one that `uses: google-github-actions/auth`".to_owned(),
        _ => "Log in with `gcloud auth application-default login`; in CI, with its login action (google-github-actions/auth)".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AUDIENCE: &str =
        "//iam.googleapis.com/projects/7/locations/global/workloadIdentityPools/school/providers/github";

    fn refused(status: u16, code: &str) -> Refused {
        let text = String::new;
        Refused { step: text(), status, code: code.to_owned(), message: text(), hint: text() }
    }

    #[test]
    fn every_refusal_of_an_exchange_says_which_provider_to_look_at() {
        let rows = [
            (
                "unauthorized_client",
                "the attribute condition of the provider github does not admit this repository",
            ),
            ("invalid_target", "the provider github does not exist"),
            ("invalid_grant", "its issuer or audience"),
        ];
        for (code, wanted) in rows {
            let hint = exchange(&refused(400, code), AUDIENCE);
            assert!(hint.contains(wanted) && hint.contains("--workload-identity-pool=school"), "{hint}");
        }
        assert_eq!(exchange(&refused(500, ""), AUDIENCE), "");
    }

    #[test]
    fn the_binding_that_is_missing_is_a_command_to_copy() {
        let ci = Ci { repository: Some("school/course".to_owned()), ..Ci::default() };
        let email = "deploy@p-1.iam.gserviceaccount.com";
        let hint = |code, caller: &Caller| impersonation(&refused(403, code), email, caller, &ci);
        let federated = hint("IAM_PERMISSION_DENIED", &Caller::Federated(AUDIENCE.to_owned()));
        assert!(federated.contains("--role=roles/iam.workloadIdentityUser"), "{federated}");
        let member = "--member=\"principalSet://iam.googleapis.com/projects/7/locations/global/\
                      workloadIdentityPools/school/attribute.repository/school/course\"";
        assert!(federated.contains(member), "{federated}");
        let person = hint("IAM_PERMISSION_DENIED", &Caller::Person);
        assert!(person.contains("roles/iam.serviceAccountTokenCreator"), "{person}");
        let off = hint("SERVICE_DISABLED", &Caller::Person);
        assert_eq!(off, "run `gcloud services enable iamcredentials.googleapis.com --project=p-1`");
    }

    #[test]
    fn a_job_without_id_tokens_is_told_the_permission() {
        let ci = |github, id_token| Ci { github, id_token, repository: None };
        assert!(nothing(&ci(true, false)).contains("id-token: write"));
        assert!(!nothing(&ci(true, true)).contains("permissions"));
        assert!(nothing(&ci(false, false)).contains("gcloud auth application-default login"));
        let url = Url::parse("https://pipelines.actions.githubusercontent.com/x").unwrap();
        assert!(id_token(&refused(403, ""), &url, &ci(false, false)).contains("id-token: write"));
        let other = Url::parse("https://login.example.edu/").unwrap();
        assert_eq!(id_token(&refused(403, ""), &other, &ci(false, false)), "");
    }
}
