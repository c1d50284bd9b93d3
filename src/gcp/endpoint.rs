//! Where the services are: Google's own addresses, or another server for all or one of them.
//! Pure: the environment is given as a function.

use reqwest::Url;

use super::request::Service;

/// The base address of each service.
#[derive(Clone, Debug)]
pub struct Endpoints {
    root: Option<Url>,
    own: Vec<(Service, Url)>,
}

/// An address that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError {
    /// It is no URL.
    #[error("{variable} is no URL: {text}")]
    NoUrl {
        /// The variable.
        variable: String,
        /// Its value.
        text: String,
    },
    /// Tokens would travel in the clear.
    #[error(
        "{variable} is plain http on {host}: credentials would travel in the clear; plain http is for this machine only"
    )]
    Plain {
        /// The variable.
        variable: String,
        /// The host.
        host: String,
    },
}

const SERVICES: [(Service, &str, &str, &str); 8] = [
    (Service::Compute, "COMPUTE", "https://compute.googleapis.com/", "compute/v1/"),
    (Service::Storage, "STORAGE", "https://storage.googleapis.com/", "storage/v1/"),
    (Service::ArtifactRegistry, "ARTIFACTREGISTRY", "https://artifactregistry.googleapis.com/", ""),
    (Service::ResourceManager, "CLOUDRESOURCEMANAGER", "https://cloudresourcemanager.googleapis.com/", ""),
    (Service::Iam, "IAM", "https://iam.googleapis.com/", ""),
    (Service::ServiceUsage, "SERVICEUSAGE", "https://serviceusage.googleapis.com/", ""),
    (Service::SecretManager, "SECRETMANAGER", "https://secretmanager.googleapis.com/", ""),
    (Service::Run, "RUN", "https://run.googleapis.com/", ""),
];

impl Endpoints {
    /// The addresses that the environment names: `PROVOST_ENDPOINT` for all, `PROVOST_ENDPOINT_COMPUTE` and so on for one.
    pub fn from_env(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, EndpointError> {
        let url = |variable: &str| lookup(variable).map(|text| parse(variable, &text)).transpose();
        let mut own = Vec::new();
        for (service, name, ..) in SERVICES {
            own.extend(url(&format!("PROVOST_ENDPOINT_{name}"))?.map(|url| (service, url)));
        }
        Ok(Self { root: url("PROVOST_ENDPOINT")?, own })
    }

    /// All services under one root.
    pub fn under(root: &str) -> Result<Self, EndpointError> {
        Ok(Self { root: Some(parse("the endpoint", root)?), own: Vec::new() })
    }

    /// All services on a host that is not this machine by its name, without encryption: for tests of what only such a host is
    /// sent.
    #[cfg(test)]
    pub(super) fn elsewhere(root: &str) -> Self {
        Self { root: Url::parse(root).ok(), own: Vec::new() }
    }

    /// Whether every service is on this machine: nothing is real, and nobody asks for credentials.
    pub fn is_local(&self) -> bool {
        SERVICES.iter().all(|(service, ..)| self.is_local_for(*service))
    }

    /// Whether one service is on this machine: its calls carry no token.
    pub fn is_local_for(&self, service: Service) -> bool {
        self.root_of(service).is_some_and(is_loopback)
    }

    /// Whether a server of this service may send us on to an address: its own host, or another one of Google's.
    pub fn may_lead_to(&self, service: Service, address: &Url) -> bool {
        let own = self.url(service, "", false);
        let same = own.as_ref().is_some_and(|own| own.origin() == address.origin());
        let google =
            address.scheme() == "https" && address.host_str().is_some_and(|h| h.ends_with(".googleapis.com"));
        same || (google && !self.is_local_for(service))
    }

    fn root_of(&self, service: Service) -> Option<&Url> {
        self.own.iter().find(|(s, _)| *s == service).map(|(_, url)| url).or(self.root.as_ref())
    }

    /// An address beside a service, on a server that stands in for it.
    pub fn beside(&self, service: Service, path: &str) -> Option<Url> {
        let root = self.root_of(service).filter(|root| is_loopback(root))?;
        Url::parse(&format!("{}/{path}", root.as_str().trim_end_matches('/'))).ok()
    }

    /// The address of a path of a service. `upload` is the service's other root, for contents.
    pub fn url(&self, service: Service, path: &str, upload: bool) -> Option<Url> {
        let (_, _, google, prefix) = SERVICES.iter().find(|(s, ..)| *s == service)?;
        let root = self.root_of(service).map_or((*google).to_owned(), ToString::to_string);
        let upload = if upload { "upload/" } else { "" };
        Url::parse(&format!("{}/{upload}{prefix}{path}", root.trim_end_matches('/'))).ok()
    }
}

/// An address that a variable names; never plain http to another machine.
pub(super) fn parse(variable: &str, text: &str) -> Result<Url, EndpointError> {
    let url = Url::parse(text)
        .map_err(|_| EndpointError::NoUrl { variable: variable.to_owned(), text: text.to_owned() })?;
    if url.scheme() == "http" && !is_loopback(&url) {
        let host = url.host_str().unwrap_or_default().to_owned();
        return Err(EndpointError::Plain { variable: variable.to_owned(), host });
    }
    Ok(url)
}

/// Whether an address is on this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoints(pairs: &[(&str, &str)]) -> Result<Endpoints, EndpointError> {
        Endpoints::from_env(|name| pairs.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()))
    }

    #[test]
    fn one_root_serves_all_and_one_service_can_be_elsewhere() {
        let all = endpoints(&[
            ("PROVOST_ENDPOINT", "http://127.0.0.1:80/"),
            ("PROVOST_ENDPOINT_IAM", "http://[::1]:81"),
        ])
        .expect("endpoints");
        let url =
            |service, path, upload| all.url(service, path, upload).map(|u| u.to_string()).unwrap_or_default();
        assert_eq!(url(Service::Compute, "projects/p", false), "http://127.0.0.1/compute/v1/projects/p");
        assert_eq!(url(Service::Storage, "b/x/o", true), "http://127.0.0.1/upload/storage/v1/b/x/o");
        assert_eq!(url(Service::Iam, "v1/x", false), "http://[::1]:81/v1/x");
        assert!(all.is_local());
        assert!(!endpoints(&[]).expect("google").is_local());
    }

    #[test]
    fn a_token_goes_to_no_service_on_this_machine_even_if_the_others_are_real() {
        let mixed = endpoints(&[("PROVOST_ENDPOINT_STORAGE", "http://localhost:9000/")]).expect("endpoints");
        assert!(!mixed.is_local());
        assert!(mixed.is_local_for(Service::Storage));
        assert!(!mixed.is_local_for(Service::Compute));
    }

    #[test]
    fn an_upload_session_stays_with_the_service() {
        let lead = |pairs: &[(&str, &str)], to: &str| {
            endpoints(pairs)
                .expect("endpoints")
                .may_lead_to(Service::Storage, &Url::parse(to).expect("a URL"))
        };
        let local = [("PROVOST_ENDPOINT", "http://127.0.0.1:80/")];
        assert!(lead(&[], "https://www.googleapis.com/upload/storage/v1/b/x/o?upload_id=1"));
        assert!(!lead(&[], "https://googleapis.com.example.edu/"));
        assert!(!lead(&[], "http://storage.googleapis.com/"));
        assert!(lead(&local, "http://127.0.0.1/upload"));
        assert!(!lead(&local, "http://127.0.0.1:81/upload"));
    }

    #[test]
    fn plain_http_is_for_this_machine_only() {
        assert!(matches!(
            endpoints(&[("PROVOST_ENDPOINT", "http://10.0.0.1/")]),
            Err(EndpointError::Plain { .. })
        ));
        assert!(endpoints(&[("PROVOST_ENDPOINT", "https://proxy.example.edu/")]).is_ok());
    }
}
