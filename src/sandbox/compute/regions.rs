//! Regions and zones: which there are, and the address range of each region.

/// Name, letters of the zones, and the second octet of the region's range in auto-mode networks
/// (<https://cloud.google.com/vpc/docs/subnets#ip-ranges>).
const TABLE: [(&str, &str, u8); 42] = [
    ("africa-south1", "abc", 218),
    ("asia-east1", "abc", 140),
    ("asia-east2", "abc", 170),
    ("asia-northeast1", "abc", 146),
    ("asia-northeast2", "abc", 174),
    ("asia-northeast3", "abc", 178),
    ("asia-south1", "abc", 160),
    ("asia-south2", "abc", 190),
    ("asia-southeast1", "abc", 148),
    ("asia-southeast2", "abc", 184),
    ("australia-southeast1", "abc", 152),
    ("australia-southeast2", "abc", 192),
    ("europe-central2", "abc", 186),
    ("europe-north1", "abc", 166),
    ("europe-north2", "abc", 226),
    ("europe-southwest1", "abc", 204),
    ("europe-west1", "bcd", 132),
    ("europe-west10", "abc", 214),
    ("europe-west12", "abc", 210),
    ("europe-west2", "abc", 154),
    ("europe-west3", "abc", 156),
    ("europe-west4", "abc", 164),
    ("europe-west6", "abc", 172),
    ("europe-west8", "abc", 198),
    ("europe-west9", "abc", 200),
    ("me-central1", "abc", 212),
    ("me-central2", "abc", 216),
    ("me-west1", "abc", 208),
    ("northamerica-northeast1", "abc", 162),
    ("northamerica-northeast2", "abc", 188),
    ("northamerica-south1", "abc", 224),
    ("southamerica-east1", "abc", 158),
    ("southamerica-west1", "abc", 194),
    ("us-central1", "abcf", 128),
    ("us-east1", "bcd", 142),
    ("us-east4", "abc", 150),
    ("us-east5", "abc", 202),
    ("us-south1", "abc", 206),
    ("us-west1", "abc", 138),
    ("us-west2", "abc", 168),
    ("us-west3", "abc", 180),
    ("us-west4", "abc", 182),
];

/// Every region, in order of name.
pub(super) fn regions() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|(region, _, _)| *region)
}

/// Every zone, in order of region.
pub(super) fn zones() -> impl Iterator<Item = String> {
    TABLE
        .iter()
        .flat_map(|(region, letters, _)| letters.chars().map(move |letter| format!("{region}-{letter}")))
}

/// The zones of a region.
pub(super) fn zones_of(region: &str) -> impl Iterator<Item = String> + use<'_> {
    zones().filter(move |zone| region_of(zone) == region)
}

/// The second octet of the region's range in auto-mode networks.
pub(super) fn octet_of(region: &str) -> u8 {
    row(region).map_or(0, |(_, _, octet)| *octet)
}

/// Whether the region exists.
pub(in crate::sandbox) fn has_region(region: &str) -> bool {
    row(region).is_some()
}

/// Whether the zone exists.
pub(in crate::sandbox) fn has_zone(zone: &str) -> bool {
    let letters = row(region_of(zone)).map_or("", |(_, letters, _)| letters);
    letter_of(zone).is_some_and(|letter| letters.contains(letter))
}

/// The region of a zone: the part before the letter.
pub(super) fn region_of(zone: &str) -> &str {
    zone.rsplit_once('-').map_or(zone, |(region, _)| region)
}

/// The letter of a zone, if it ends in a single one.
pub(super) fn letter_of(zone: &str) -> Option<char> {
    let (_, letter) = zone.rsplit_once('-')?;
    let mut characters = letter.chars();
    characters.next().filter(|_| characters.next().is_none())
}

fn row(region: &str) -> Option<&'static (&'static str, &'static str, u8)> {
    TABLE.iter().find(|(name, _, _)| *name == region)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_sorted_and_have_ranges_of_their_own() {
        assert!(TABLE.is_sorted_by_key(|(name, _, _)| *name));
        let mut octets: Vec<u8> = TABLE.iter().map(|(_, _, octet)| *octet).collect();
        octets.sort_unstable();
        octets.dedup();
        assert_eq!(octets.len(), TABLE.len());
    }

    #[test]
    fn zones_have_the_letters_of_their_region() {
        for (zone, exists) in [
            ("europe-west1-b", true),
            ("europe-west1-a", false),
            ("us-central1-f", true),
            ("us-central1-d", false),
            ("europe-west9-c", true),
            ("europe-west1", false),
            ("europe-west1-", false),
            ("mars-north1-a", false),
        ] {
            assert_eq!(has_zone(zone), exists, "{zone}");
        }
    }

    #[test]
    fn a_region_has_its_own_zones_only() {
        let zones: Vec<String> = zones_of("europe-west1").collect();
        assert_eq!(zones, ["europe-west1-b", "europe-west1-c", "europe-west1-d"]);
        assert_eq!(zones_of("us-central1").count(), 4);
    }
}
