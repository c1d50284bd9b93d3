//! Where a bucket may be: the regions, dual-regions and multi-regions of Cloud Storage.

/// How far a location reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// One region.
    Region,
    /// Two regions.
    Dual,
    /// A continent.
    Multi,
}

impl Reach {
    /// The word in `locationType`.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Region => "region",
            Self::Dual => "dual-region",
            Self::Multi => "multi-region",
        }
    }
}

const MULTI: [&str; 3] = ["ASIA", "EU", "US"];
const DUAL: [&str; 6] = ["ASIA1", "EUR4", "EUR5", "EUR7", "EUR8", "NAM4"];
/// <https://cloud.google.com/storage/docs/locations>
const REGIONS: [&str; 43] = [
    "AFRICA-SOUTH1",
    "ASIA-EAST1",
    "ASIA-EAST2",
    "ASIA-NORTHEAST1",
    "ASIA-NORTHEAST2",
    "ASIA-NORTHEAST3",
    "ASIA-SOUTH1",
    "ASIA-SOUTH2",
    "ASIA-SOUTHEAST1",
    "ASIA-SOUTHEAST2",
    "ASIA-SOUTHEAST3",
    "AUSTRALIA-SOUTHEAST1",
    "AUSTRALIA-SOUTHEAST2",
    "EUROPE-CENTRAL2",
    "EUROPE-NORTH1",
    "EUROPE-NORTH2",
    "EUROPE-SOUTHWEST1",
    "EUROPE-WEST1",
    "EUROPE-WEST10",
    "EUROPE-WEST12",
    "EUROPE-WEST2",
    "EUROPE-WEST3",
    "EUROPE-WEST4",
    "EUROPE-WEST6",
    "EUROPE-WEST8",
    "EUROPE-WEST9",
    "ME-CENTRAL1",
    "ME-CENTRAL2",
    "ME-WEST1",
    "NORTHAMERICA-NORTHEAST1",
    "NORTHAMERICA-NORTHEAST2",
    "NORTHAMERICA-SOUTH1",
    "SOUTHAMERICA-EAST1",
    "SOUTHAMERICA-WEST1",
    "US-CENTRAL1",
    "US-EAST1",
    "US-EAST4",
    "US-EAST5",
    "US-SOUTH1",
    "US-WEST1",
    "US-WEST2",
    "US-WEST3",
    "US-WEST4",
];

/// The location in Google's upper case and its reach; absent when there is no such place.
pub(super) fn located(location: &str) -> Option<(String, Reach)> {
    let location = location.to_uppercase();
    let reach = match location.as_str() {
        known if MULTI.contains(&known) => Reach::Multi,
        known if DUAL.contains(&known) => Reach::Dual,
        known if REGIONS.contains(&known) => Reach::Region,
        _ => return None,
    };
    Some((location, reach))
}

/// The regions in lower case, as Artifact Registry names them.
pub(in crate::sandbox) fn regions() -> impl Iterator<Item = String> {
    REGIONS.iter().map(|region| region.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_are_upper_cased_and_typed() {
        for (given, answered, word) in [
            ("us-central1", "US-CENTRAL1", "region"),
            ("eu", "EU", "multi-region"),
            ("Nam4", "NAM4", "dual-region"),
        ] {
            let (location, reach) = located(given).unwrap();
            assert_eq!((location.as_str(), reach.word()), (answered, word));
        }
        assert_eq!(located("europe-west99"), None);
    }
}
