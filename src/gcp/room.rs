//! Whether an error says that a place has no room, and where there is some. Pure reading of errors; what follows is in the plan.

use super::ApiError;

/// What has no room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoRoom {
    /// The zone: Google has no machine of this kind there, or a quota of the zone is used up. With the zones that the answer names as better.
    Zone(Vec<String>),
    /// A quota of the region, and so of each of its zones.
    Region,
}

/// Errors of operations when a zone has no capacity (Compute's own troubleshooting page).
const STOCK_OUT: &[&str] = &[
    "ZONE_RESOURCE_POOL_EXHAUSTED",
    "ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS",
    "ZONE_RESOURCE_POOL_EXHAUSTED_FOR_RESERVATION",
    "RESOURCE_POOL_EXHAUSTED",
];

impl ApiError {
    /// Where there is no room, if that is what the error says. A quota of the whole project is none of a place.
    pub fn no_room(&self) -> Option<NoRoom> {
        let (codes, message, info) = match self {
            Self::Operation { codes, message, info, .. } => (codes.as_slice(), message, info),
            Self::Refused(refusal) => {
                (std::slice::from_ref(&refusal.reason), &refusal.message, &refusal.info)
            }
            _ => return None,
        };
        let is = |wanted: &[&str]| codes.iter().any(|code| wanted.contains(&code.as_str()));
        if is(STOCK_OUT) {
            let zones = info.get("zonesAvailable").map(String::as_str).unwrap_or_default();
            let zones = zones.split(',').map(str::trim).filter(|zone| !zone.is_empty());
            return Some(NoRoom::Zone(zones.map(str::to_owned).collect()));
        }
        if !is(&["QUOTA_EXCEEDED", "quotaExceeded"]) {
            return None;
        }
        match () {
            () if info.contains_key("zone") || message.contains("in zone ") => Some(NoRoom::Zone(Vec::new())),
            () if info.contains_key("region") || message.contains("in region ") => Some(NoRoom::Region),
            () => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn failed(code: &str, message: &str, info: &[(&str, &str)]) -> ApiError {
        let info = info.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        ApiError::Operation {
            what: "POST compute/x".to_owned(),
            codes: vec![code.to_owned()],
            message: message.to_owned(),
            info: info.collect::<BTreeMap<_, _>>(),
        }
    }

    #[test]
    fn a_full_zone_names_better_ones_and_a_quota_of_a_region_is_all_its_zones() {
        let stock_out = "ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS";
        let zones =
            |zones: &[&str]| Some(NoRoom::Zone(zones.iter().map(|zone| (*zone).to_owned()).collect()));
        let rows = [
            (
                failed(stock_out, "", &[("zonesAvailable", "europe-west1-c, europe-west1-d")]),
                zones(&["europe-west1-c", "europe-west1-d"]),
            ),
            (failed(stock_out, "", &[]), zones(&[])),
            (
                failed("QUOTA_EXCEEDED", "Quota 'CPUS' exceeded. Limit: 24.0 in region europe-west1.", &[]),
                Some(NoRoom::Region),
            ),
            (
                failed(
                    "QUOTA_EXCEEDED",
                    "Quota 'LOCAL_SSD' exceeded. Limit: 1.0 in zone europe-west1-b.",
                    &[],
                ),
                zones(&[]),
            ),
            (failed("QUOTA_EXCEEDED", "Quota 'CPUS_ALL_REGIONS' exceeded. Limit: 32.0 globally.", &[]), None),
            (failed("RESOURCE_NOT_FOUND", "", &[]), None),
        ];
        for (error, wanted) in rows {
            assert_eq!(error.no_room(), wanted, "{error}");
        }
    }
}
