//! Where tokens may be sent: a file of credentials names its servers itself, and a forged one would collect what it is given.
//! Pure.

use reqwest::Url;

use crate::gcp::endpoint::is_loopback;

/// An address that gives or changes tokens: https at Google, or this machine.
pub(super) fn google(field: &str, text: &str) -> Result<Url, String> {
    let url = parse(field, text)?;
    let host = url.host_str().unwrap_or_default();
    if is_loopback(&url) || (url.scheme() == "https" && host.ends_with(".googleapis.com")) {
        return Ok(url);
    }
    Err(format!(
        "`{field}` leads to {}://{host}: tokens go to https addresses of googleapis.com, and to this machine, only",
        url.scheme()
    ))
}

/// An address that hands out ID tokens: any https server, this machine, or what a cloud puts beside it (169.254.169.254).
pub(super) fn issuer(field: &str, text: &str) -> Result<Url, String> {
    let url = parse(field, text)?;
    if url.scheme() == "https" || is_loopback(&url) || is_link_local(&url) {
        return Ok(url);
    }
    let host = url.host_str().unwrap_or_default();
    Err(format!("`{field}` is plain http on {host}: tokens would travel in the clear; use https"))
}

fn parse(field: &str, text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|_| format!("`{field}` is no URL"))?;
    match url.scheme() {
        "http" | "https" => Ok(url),
        scheme => Err(format!("`{field}` is a {scheme} address, not https")),
    }
}

fn is_link_local(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    host.parse::<std::net::Ipv4Addr>().is_ok_and(|ip| ip.is_link_local())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_go_to_google_over_https_or_stay_on_this_machine() {
        let rows = [
            ("https://sts.googleapis.com/v1/token", true),
            ("https://sts.europe-west1.rep.googleapis.com/v1/token", true),
            ("http://127.0.0.1:8080/token", true),
            ("http://[::1]:8080/token", true),
            ("http://sts.googleapis.com/v1/token", false),
            ("https://sts.googleapis.com.example.edu/v1/token", false),
            ("https://evilgoogleapis.com/v1/token", false),
            ("https://example.edu/sts.googleapis.com", false),
            ("https://sts.googleapis.com@example.edu/", false),
            ("http://127.0.0.1.example.edu/", false),
            ("file:///etc/passwd", false),
            ("token", false),
        ];
        for (text, wanted) in rows {
            assert_eq!(google("token_url", text).is_ok(), wanted, "{text}");
        }
    }

    #[test]
    fn id_tokens_come_from_any_https_server_and_never_over_an_open_line() {
        let rows = [
            ("https://pipelines.actions.githubusercontent.com/x?api-version=2.0", true),
            ("http://169.254.169.254/metadata/identity/oauth2/token", true),
            ("http://localhost:1/", true),
            ("http://example.edu/", false),
        ];
        for (text, wanted) in rows {
            assert_eq!(issuer("credential_source.url", text).is_ok(), wanted, "{text}");
        }
    }
}
