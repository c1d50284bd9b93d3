//! Ends by age: what a bucket or a registry holds is deleted by Google by its age, which is the only clock Google has for it.
//! Pure.
//!
//! A lifecycle rule by date (`createdBefore`) is no end: it deletes at once whatever was made until now. So each object goes when it
//! is as old as its bucket is on the day after the end: nothing goes before the end, and the last is gone as many days after it.

use jiff::Timestamp;

const DAY: i64 = 86_400;

/// The age at which things go that are in something made at a time and over at another.
pub(super) fn days(made: Timestamp, ends: Timestamp) -> u32 {
    let day = |time: Timestamp| time.as_second().div_euclid(DAY);
    u32::try_from(day(ends) - day(made) + 1).unwrap_or(1).max(1)
}

/// Whether the age of a rule is right: one more day is, as midnight may pass between a plan and the making.
pub(super) fn is_right(age: u32, wanted: u32) -> bool {
    age == wanted || Some(age) == wanted.checked_add(1)
}

/// What a plan says of it.
pub(super) fn told(what: &str, container: &str) -> String {
    format!(
        "Google deletes {what} by their age, so after the end each goes when it is as old as the {container} was then"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_old_enough_before_the_end() {
        let time = |text: &str| text.parse::<Timestamp>().unwrap();
        let rows = [
            ("2026-09-01T00:00:00Z", "2026-09-02T00:00:00Z", 2),
            ("2026-09-01T23:59:59Z", "2026-09-15T00:00:00Z", 15),
            ("2026-09-15T08:00:00Z", "2026-09-15T09:00:00Z", 1),
            ("2026-09-16T00:00:00Z", "2026-09-15T09:00:00Z", 1),
        ];
        for (made, ends, wanted) in rows {
            let age = days(time(made), time(ends));
            assert_eq!(age, wanted, "{made} {ends}");
            let old_enough = time(made).as_second() + i64::from(age) * DAY;
            assert!(old_enough > time(ends).as_second(), "{made} {ends}");
        }
    }
}
