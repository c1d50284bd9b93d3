//! Finding credentials: every place in order, each that does not serve with its reason. A place that was meant and is broken is an
//! error: going on would use an identity that nobody asked for.

use std::path::Path;

use super::error::{CredentialsError, Tried};
use super::file::{self, Held};
use super::gcloud::Gcloud;
use super::hints;
use super::impersonation::Impersonation;
use super::metadata::Metadata;
use super::settings::{Chain, FILE, Settings, TOKENS};
use super::source::{Fresh, Source};
use super::wire::Wire;

/// Credentials that were found.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) source: Source,
    /// What they are and where they were, for `-v` and for errors.
    pub(super) name: String,
    /// The project that calls are charged to.
    pub(super) quota_project: Option<String>,
}

/// A place, and what it holds.
struct Place {
    source: Source,
    origin: String,
    quota_project: Option<String>,
    first: Option<Fresh>,
}

impl Place {
    fn of(source: Source, origin: impl Into<String>) -> Self {
        Self { source, origin: origin.into(), quota_project: None, first: None }
    }

    fn asked(self, first: Fresh) -> Self {
        Self { first: Some(first), ..self }
    }
}

/// Looks at every place in order. Gives a first token where finding took one.
pub(super) async fn find(
    settings: &Settings,
    wire: &Wire,
) -> Result<(Found, Option<Fresh>), CredentialsError> {
    let place = place(settings, wire).await?;
    let who = place.source.account().map(|account| format!(", as {account}")).unwrap_or_default();
    let mut name = format!("{} of {}{who}", place.source.title(), place.origin);
    let (mut source, mut first) = (place.source, place.first);
    if let Some(chain) = &settings.impersonate {
        source = acting(source, chain, settings)?;
        name = format!("{name}, acting as {} ({})", source.account().unwrap_or_default(), chain.from);
        // It is a token of whoever acts.
        first = None;
    }
    let file = place.quota_project.as_deref();
    let course = settings.project.as_deref();
    let quota_project = settings.quota.project(file, source.is_person(), course);
    Ok((Found { source, name, quota_project }, first))
}

fn acting(source: Source, chain: &Chain, settings: &Settings) -> Result<Source, CredentialsError> {
    let caller = file::caller(&source);
    let made = Impersonation::of(&chain.accounts, &settings.iam_credentials, caller, &settings.ci);
    let made = made.map_err(|why| unusable(chain.from, why))?;
    Ok(Source::Impersonated(Box::new(source), made))
}

async fn place(settings: &Settings, wire: &Wire) -> Result<Place, CredentialsError> {
    if let Some((variable, token)) = &settings.token {
        return Ok(Place::of(Source::Given(token.clone()), *variable));
    }
    let mut tried = vec![Tried { what: TOKENS.join(", "), why: "not set".to_owned() }];
    let mut miss = |what: &str, why: String| tried.push(Tried { what: what.to_owned(), why });
    match &settings.file {
        Some(path) => return named(path, settings),
        None => miss(FILE, "not set".to_owned()),
    }
    match &settings.login {
        Some(path) if path.is_file() => return held(path, &path.display().to_string(), settings),
        Some(path) => miss(&path.display().to_string(), "no such file".to_owned()),
        None => miss("the login of gcloud", "neither HOME nor CLOUDSDK_CONFIG is set".to_owned()),
    }
    match machine(settings, wire).await {
        Ok(place) => return Ok(place),
        Err(why) => miss("the metadata server", why),
    }
    match gcloud(settings).await {
        Ok(place) => return Ok(place),
        Err(why) => miss("gcloud", why),
    }
    Err(CredentialsError::Nothing { tried, mend: hints::nothing(&settings.ci) })
}

/// The file that the variable names.
fn named(path: &str, settings: &Settings) -> Result<Place, CredentialsError> {
    if path.starts_with('{') {
        let why = "it holds JSON, not the path of a file; write that to a file and name it";
        return Err(unusable(FILE, why.to_owned()));
    }
    held(Path::new(path), &format!("{FILE} ({path})"), settings)
}

fn held(path: &Path, origin: &str, settings: &Settings) -> Result<Place, CredentialsError> {
    let text = std::fs::read_to_string(path).map_err(|error| unusable(origin, error.to_string()))?;
    let Held { source, quota_project } =
        file::read(&text, &settings.ci).map_err(|why| unusable(origin, why))?;
    Ok(Place { quota_project, ..Place::of(source, origin) })
}

async fn machine(settings: &Settings, wire: &Wire) -> Result<Place, String> {
    let host = settings.metadata.as_ref().ok_or("not asked, as NO_GCE_CHECK says")?;
    let metadata = Metadata::on(host).ok_or_else(|| format!("{host} is no host"))?;
    let first = metadata.seek(wire).await.map_err(reason)?;
    Ok(Place::of(Source::Metadata(metadata), format!("the metadata server ({host})")).asked(first))
}

async fn gcloud(settings: &Settings) -> Result<Place, String> {
    let program = settings.gcloud.as_ref().ok_or("not installed")?;
    let (gcloud, first) = Gcloud::seek(program).await.map_err(reason)?;
    Ok(Place::of(Source::Gcloud(gcloud), "gcloud").asked(first))
}

/// Why a place has nothing, said beside its name.
fn reason(error: CredentialsError) -> String {
    match error {
        CredentialsError::Garbled { why, .. } => why,
        CredentialsError::NoAnswer { host, .. } => format!("no answer from {host}"),
        CredentialsError::Refused(refused) => format!("it answered {} {}", refused.status, refused.message),
        other => other.to_string(),
    }
}

fn unusable(what: &str, why: String) -> CredentialsError {
    CredentialsError::Unusable { what: what.to_owned(), why }
}
