//! Ages: how old a thing is, and how a person says it. The time is given; nothing here looks at a clock.

use jiff::Timestamp;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Seconds since a thing was made; a clock that goes ahead makes nothing younger than new.
pub(super) fn seconds(created: Timestamp, now: Timestamp) -> u64 {
    u64::try_from(now.duration_since(created).as_secs()).unwrap_or_default()
}

/// An age in its largest unit: `3 d`, `5 h`, `2 min`.
pub fn shown(created: Option<Timestamp>, now: Timestamp) -> String {
    let Some(created) = created else { return "?".to_owned() };
    match i64::try_from(seconds(created, now)).unwrap_or(i64::MAX) {
        age @ DAY.. => format!("{} d", age / DAY),
        age @ HOUR.. => format!("{} h", age / HOUR),
        age => format!("{} min", age / MINUTE),
    }
}

/// The age that `--older-than` asks for, as it is said in a reason.
pub(super) fn limit(seconds: u64) -> String {
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    match seconds {
        _ if seconds % DAY == 0 => format!("{}d", seconds / DAY),
        _ if seconds % HOUR == 0 => format!("{}h", seconds / HOUR),
        _ if seconds % MINUTE == 0 => format!("{}m", seconds / MINUTE),
        _ => format!("{seconds}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_said_in_its_largest_unit() {
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        for (created, age) in [
            ("2026-11-18T11:00:00Z", "3 d"),
            ("2026-11-21T07:30:00+01:00", "5 h"),
            ("2026-11-21T11:58:00Z", "2 min"),
            ("2026-11-21T12:30:00Z", "0 min"),
        ] {
            assert_eq!(shown(Some(created.parse().unwrap()), now), age, "{created}");
        }
        assert_eq!(shown(None, now), "?");
    }

    #[test]
    fn a_limit_is_said_as_it_is_typed() {
        for (seconds, text) in [(172_800, "2d"), (5_400, "90m"), (7_200, "2h"), (61, "61s")] {
            assert_eq!(limit(seconds), text);
        }
    }
}
