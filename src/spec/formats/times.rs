//! Points in time, and when things end. A time has an offset: a class that moves to another country ends when it was told to.

use jiff::Timestamp;
use jiff::civil;

use super::quantities::{self, Duration};
use super::{refuse, text_format};
use crate::spec::Problem;

text_format!(
    /// A point in time, with its offset from UTC: `2026-12-18T18:00:00+01:00`.
    DateTime, "date-time", date_time, "2026-12-18T18:00:00+01:00");
text_format!(
    /// When a resource ends: `session`, `never`, a point in time, or (machines) a length of each run.
    Expires, "expires", expires, "session");

/// What `expires` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// With the session of the course.
    Session,
    /// Not by itself.
    Never,
    /// At that time.
    At(Timestamp),
    /// So long after each start.
    After(Duration),
}

impl DateTime {
    /// The time; None for a text that no check let through.
    pub fn at(&self) -> Option<Timestamp> {
        self.as_str().parse().ok()
    }
}

impl Expires {
    /// What it says; None for a text that no check let through.
    pub fn end(&self) -> Option<End> {
        match self.as_str() {
            "session" => Some(End::Session),
            "never" => Some(End::Never),
            text => {
                let length = || Duration::try_from(text).ok().map(End::After);
                text.parse().ok().map(End::At).or_else(length)
            }
        }
    }

    /// The time it names itself.
    pub fn at(&self) -> Option<Timestamp> {
        match self.end() {
            Some(End::At(time)) => Some(time),
            _ => None,
        }
    }

    /// An end in its one form: UTC, and seconds.
    pub fn of(end: End) -> Self {
        Self::from_trusted(match end {
            End::Session => "session".to_owned(),
            End::Never => "never".to_owned(),
            End::At(time) => time.to_string(),
            End::After(length) => length.to_string(),
        })
    }
}

pub(super) fn date_time(text: &str) -> Result<(), Problem> {
    if text.parse::<Timestamp>().is_ok() {
        return Ok(());
    }
    let local = text.replace(' ', "T").parse::<civil::DateTime>().is_ok();
    let why = if local {
        "it lacks the offset from UTC: `Z`, or `+01:00` for winter in Paris"
    } else {
        "write it like `2026-12-18T18:00:00+01:00`"
    };
    Err(refuse("bad-time", text, "a point in time", why))
}

pub(super) fn expires(text: &str) -> Result<(), Problem> {
    if ["session", "never"].contains(&text) || quantities::duration(text).is_ok() {
        return Ok(());
    }
    let looks_like_a_time = text.starts_with(|c: char| c.is_ascii_digit()) && text.contains('-');
    if looks_like_a_time {
        return date_time(text);
    }
    let why = "write `session`, `never`, a time like `2026-12-18T18:00:00+01:00`, or `12h` for each run of a machine";
    Err(refuse("bad-expiry", text, "an end", why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_without_offset_is_no_time() {
        assert!(date_time("2026-12-18T18:00:00+01:00").is_ok() && date_time("2026-12-18T17:00:00Z").is_ok());
        for text in ["2026-12-18T18:00:00", "2026-12-18 18:00:00", "2026-12-18", "soon", ""] {
            assert!(date_time(text).is_err(), "{text}");
        }
        let told = date_time("2026-12-18T18:00:00").unwrap_err();
        assert!(told.label.contains("offset"), "{}", told.label);
    }

    #[test]
    fn an_end_is_the_same_in_every_form() {
        let rows = [
            ("session", "session"),
            ("never", "never"),
            ("2026-12-18T18:00:00+01:00", "2026-12-18T17:00:00Z"),
            ("12h", "43200s"),
            ("43200s", "43200s"),
        ];
        for (text, form) in rows {
            assert!(expires(text).is_ok(), "{text}");
            assert_eq!(Expires::of(Expires::from_trusted(text).end().unwrap()).as_str(), form);
        }
        for text in ["", "Session", "tomorrow", "2026-12-18T18:00:00", "12 parsecs"] {
            assert!(expires(text).is_err(), "{text}");
        }
    }
}
