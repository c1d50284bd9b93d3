//! Guesses: what a text that breaks a rule was evidently meant to be. Other clouds, other tools and other spellings of the
//! same thing. Pure. A guess is only offered if the rule takes it, and nothing is ever replaced without being asked.

mod numbers;
mod places;
mod words;

/// The text that was evidently meant, if there is one that the rule takes.
pub(super) fn fix(format: &str, text: &str, accepts: impl Fn(&str) -> bool) -> Option<String> {
    let mut candidates = vec![text.trim().to_owned()];
    candidates.extend(words::of(format, text.trim()));
    candidates.extend(of(format, text.trim()));
    candidates.push(text.trim().to_lowercase());
    candidates.into_iter().find(|candidate| candidate != text && accepts(candidate))
}

fn of(format: &str, text: &str) -> Vec<String> {
    match format {
        "region" | "zone" | "location" => places::place(text),
        "cidr" => places::cidr(text),
        "traffic" => traffic(text),
        "port-mapping" => port_mapping(text),
        "duration" => numbers::duration(text),
        "size-gb" => numbers::size(text),
        "date" => numbers::date(text),
        "bucket-name" => first_segment(text.trim_start_matches("gs://")),
        "project-id" => first_segment(text.trim_start_matches("projects/")),
        "hostname" => first_segment(&bare(text)),
        "account-id" => text.split_once('@').map(first).unwrap_or_default(),
        "role" => vec![text.replacen("roles:", "roles/", 1)],
        "member" => member(text),
        "email" => in_brackets(text),
        "service-name" => service(text),
        "oauth-scope" => scope(text),
        "env-name" => vec![text.replace(['-', '.', ' '], "_")],
        "metadata-key" | "container-name" => vec![text.replace(['.', ' '], "-")],
        "container-image" => image(text),
        "accelerator-type" => card(text),
        _ => Vec::new(),
    }
}

fn first((before, _): (&str, &str)) -> Vec<String> {
    vec![before.to_owned()]
}

/// Without scheme and final slash.
fn bare(text: &str) -> String {
    let text = text.split_once("://").map_or(text, |(_, rest)| rest);
    text.trim_end_matches('/').to_lowercase()
}

/// What stands before the first slash, where there is one.
fn first_segment(text: &str) -> Vec<String> {
    text.split('/').next().map(str::to_owned).into_iter().collect()
}

/// `tcp/80`, `tcp 80`, `tcp:80 443`, `tcp:`, `6:22`: the right parts in another order or with other signs.
fn traffic(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let parts: Vec<&str> = lower.split([':', '/', ' ', ';', '=', ',']).filter(|p| !p.is_empty()).collect();
    let Some((protocol, rest)) = parts.split_first() else {
        return Vec::new();
    };
    let protocol = match *protocol {
        "1" => "icmp",
        "6" => "tcp",
        "17" => "udp",
        "132" => "sctp",
        other => other,
    };
    let numbers: Vec<&str> = rest.iter().map(|word| words::port(word).unwrap_or(word)).collect();
    // Without ports all of them would be opened, which nobody who wrote something else has asked for.
    if numbers.is_empty() { Vec::new() } else { vec![format!("{protocol}:{}", numbers.join(","))] }
}

/// Docker's forms with spaces, in capitals, with a host name, or with the protocol in front.
fn port_mapping(text: &str) -> Vec<String> {
    let text = text.to_lowercase().replace(' ', "").replace("localhost:", "127.0.0.1:");
    let turned = ["tcp", "udp", "sctp"].iter().find_map(|protocol| {
        let ports = text.strip_prefix(protocol)?.strip_prefix([':', '/'])?;
        Some(if *protocol == "tcp" { ports.to_owned() } else { format!("{ports}/{protocol}") })
    });
    turned.into_iter().chain([text.clone()]).collect()
}

/// A domain alone, spaces behind the colon, a link in place of an address.
fn member(text: &str) -> Vec<String> {
    let tight = text.replace(": ", ":");
    let address = tight.strip_prefix("mailto:").map(|address| format!("user:{address}"));
    let domain = match tight.split_once(':') {
        None => Some(format!("domain:{}", tight.to_lowercase())).filter(|_| !tight.contains('@')),
        Some(("domain", link)) => Some(format!("domain:{}", bare(link))),
        Some(_) => None,
    };
    [Some(tight.clone()), address, domain].into_iter().flatten().collect()
}

/// `Somebody <name@example.edu>`.
fn in_brackets(text: &str) -> Vec<String> {
    let inside = text.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inside.map(first).unwrap_or_default()
}

/// A link to an API, or its name with a slip in Google's part.
fn service(text: &str) -> Vec<String> {
    let bare = bare(text);
    let mut candidates = vec![bare.clone()];
    if let Some((name, rest)) = bare.split_once('.')
        && (rest.starts_with("google") || rest.ends_with(".google.com"))
    {
        candidates.push(format!("{name}.googleapis.com"));
    }
    candidates
}

/// A scope's URL without its beginning.
fn scope(text: &str) -> Vec<String> {
    let path = text.trim_start_matches("http://").trim_start_matches("www.googleapis.com/");
    path.strip_prefix("auth/")
        .map(|name| format!("https://www.googleapis.com/auth/{name}"))
        .into_iter()
        .collect()
}

/// A card in capitals, with underscores, or without its maker.
fn card(text: &str) -> Vec<String> {
    let text = text.to_lowercase().replace('_', "-");
    let maker = if text.starts_with("tesla-") { "nvidia-" } else { "" };
    vec![format!("{maker}{text}")]
}

/// A whole command, an empty tag.
fn image(text: &str) -> Vec<String> {
    let last = text.rsplit(' ').next().unwrap_or(text);
    vec![last.to_owned(), last.trim_end_matches([':', '/']).to_owned()]
}

#[cfg(test)]
mod tests {
    use crate::spec::formats::check;

    #[test]
    fn what_was_evidently_meant_is_offered() {
        let rows = [
            ("zone", "europe-west1b", "europe-west1-b"),
            ("zone", "EUROPE-WEST1-B", "europe-west1-b"),
            ("region", "europe-wst1", "europe-west1"),
            ("location", "usa", "us"),
            ("cidr", "any", "0.0.0.0/0"),
            ("cidr", "10.0.0.0/255.0.0.0", "10.0.0.0/8"),
            ("traffic", "https", "tcp:443"),
            ("traffic", "tcp 80", "tcp:80"),
            ("traffic", "tcp:80 443", "tcp:80,443"),
            ("traffic", "6:22", "tcp:22"),
            ("port-mapping", "tcp:8501", "8501"),
            ("port-mapping", "localhost:80:8080", "127.0.0.1:80:8080"),
            ("duration", "P30D", "30d"),
            ("duration", "1.5h", "90m"),
            ("size-gb", "0.5TB", "512GB"),
            ("date", "2026-1-5", "2026-01-05"),
            ("bucket-name", "gs://my-bucket/folder", "my-bucket"),
            ("account-id", "ci-bot@my-project.iam.gserviceaccount.com", "ci-bot"),
            ("role", "roles:viewer", "roles/viewer"),
            ("role", "Editor", "roles/editor"),
            ("member", "user: a@x.edu", "user:a@x.edu"),
            ("member", "allusers", "allUsers"),
            ("member", "x.edu", "domain:x.edu"),
            ("email", "A <a@x.edu>", "a@x.edu"),
            ("service-name", "Cloud Run", "run.googleapis.com"),
            ("service-name", "compute.googleapi.com", "compute.googleapis.com"),
            ("service-name", "https://run.googleapis.com/", "run.googleapis.com"),
            ("disk-type", "ssd", "pd-ssd"),
            ("accelerator-type", "t4", "nvidia-tesla-t4"),
            ("accelerator-type", "NVIDIA_TESLA_T4", "nvidia-tesla-t4"),
            ("oauth-scope", "devstorage.read_write", "storage-rw"),
            ("oauth-scope", "www.googleapis.com/auth/compute", "https://www.googleapis.com/auth/compute"),
            ("env-name", "MY-VAR", "MY_VAR"),
            ("container-image", "docker pull nginx", "nginx"),
            ("storage-class", "MULTI_REGIONAL", "STANDARD"),
        ];
        for (format, text, meant) in rows {
            let fix = check(format, text).and_then(Result::err).and_then(|problem| problem.replacement);
            assert_eq!(fix.as_deref(), Some(meant), "{format} {text}");
        }
    }

    #[test]
    fn nothing_is_offered_that_opens_more_than_was_written() {
        for (format, text) in
            [("traffic", "web"), ("traffic", "tpc"), ("member", "everyone"), ("cidr", "internal")]
        {
            let fix = check(format, text).and_then(Result::err).and_then(|problem| problem.replacement);
            assert_ne!(fix.as_deref(), Some("all"), "{format} {text}");
            assert_ne!(fix.as_deref(), Some("allUsers"), "{format} {text}");
            assert_ne!(fix.as_deref(), Some("0.0.0.0/0"), "{format} {text}");
        }
    }
}
