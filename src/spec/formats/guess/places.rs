//! Places and ranges in other spellings: another cloud's region, a missing hyphen, a netmask.

use std::net::{IpAddr, Ipv4Addr};

use crate::spec::suggest;

/// The regions of Google Cloud, to tell a slip from another place. A region that is missing here is accepted all the same:
/// the rules look at the form only.
const REGIONS: [&str; 43] = [
    "africa-south1",
    "asia-east1",
    "asia-east2",
    "asia-northeast1",
    "asia-northeast2",
    "asia-northeast3",
    "asia-south1",
    "asia-south2",
    "asia-southeast1",
    "asia-southeast2",
    "asia-southeast3",
    "australia-southeast1",
    "australia-southeast2",
    "europe-central2",
    "europe-north1",
    "europe-north2",
    "europe-southwest1",
    "europe-west1",
    "europe-west10",
    "europe-west12",
    "europe-west2",
    "europe-west3",
    "europe-west4",
    "europe-west6",
    "europe-west8",
    "europe-west9",
    "me-central1",
    "me-central2",
    "me-west1",
    "northamerica-northeast1",
    "northamerica-northeast2",
    "northamerica-south1",
    "southamerica-east1",
    "southamerica-west1",
    "us-central1",
    "us-east1",
    "us-east4",
    "us-east5",
    "us-south1",
    "us-west1",
    "us-west2",
    "us-west3",
    "us-west4",
];

/// A region or zone: hyphens put where they belong, then the nearest name that exists.
pub(super) fn place(text: &str) -> Vec<String> {
    let lower = text.to_lowercase().replace(['_', ' '], "-");
    let lower = lower.strip_prefix("eu-").map_or(lower.clone(), |rest| format!("europe-{rest}"));
    let digits = lower.find(|c: char| c.is_ascii_digit());
    let (words, rest) = lower.split_at(digits.unwrap_or(lower.len()));
    let number: String = rest.chars().take_while(char::is_ascii_digit).collect();
    let letter = rest.get(number.len()..).unwrap_or_default().trim_start_matches('-');
    let region = format!("{}{number}", words.trim_end_matches('-'));
    let join =
        |region: &str| if letter.is_empty() { region.to_owned() } else { format!("{region}-{letter}") };
    let same_number = REGIONS.into_iter().filter(|r| !number.is_empty() && r.ends_with(&number));
    let near = suggest::nearest(&region, same_number).map(join);
    [Some(join(&region)), near].into_iter().flatten().collect()
}

/// A netmask in place of a length, an address with its last zeros left out.
pub(super) fn cidr(text: &str) -> Vec<String> {
    let Some((address, length)) = text.split_once('/') else {
        return Vec::new();
    };
    let missing = 3_usize.saturating_sub(address.matches('.').count());
    let padded = format!("{address}{}", ".0".repeat(missing));
    let address = if address.parse::<IpAddr>().is_ok() { address.to_owned() } else { padded };
    let mask = length.parse::<Ipv4Addr>().ok().map(IpAddr::V4).and_then(|m| ipnet::ip_mask_to_prefix(m).ok());
    let length = mask.map_or_else(|| length.to_owned(), |prefix| prefix.to_string());
    vec![format!("{address}/{length}")]
}
