//! Quantities in forms of other tools: ISO 8601 durations, fractions, other units, dates without zeros.

/// `P30D`, `PT12H`, `1.5h`, `1y`.
pub(super) fn duration(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let mut candidates = vec![lower.clone()];
    if let Some(iso) = lower.strip_prefix('p') {
        candidates.push(iso.replace('t', ""));
    }
    let digits = lower.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(lower.len());
    let (number, unit) = (lower.get(..digits).unwrap_or_default(), lower.get(digits..).unwrap_or_default());
    let smaller = match unit.trim() {
        "m" | "min" | "minutes" => hundredths(number, 60).map(|n| format!("{n}s")),
        "h" | "hours" => hundredths(number, 60).map(|n| format!("{n}m")),
        "d" | "days" => hundredths(number, 24).map(|n| format!("{n}h")),
        "y" | "year" | "years" => hundredths(number, 365).map(|n| format!("{n}d")),
        _ => None,
    };
    candidates.extend(smaller);
    candidates
}

/// `0.5TB`, `51200MB`, `50Go`.
pub(super) fn size(text: &str) -> Vec<String> {
    let upper = text.to_uppercase();
    let digits = upper.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(upper.len());
    let (number, unit) = (upper.get(..digits).unwrap_or_default(), upper.get(digits..).unwrap_or_default());
    let gb = match unit.trim() {
        "GO" | "GIGABYTES" => number.parse::<u64>().ok(),
        "T" | "TB" | "TIB" | "TO" => hundredths(number, 1024),
        "M" | "MB" | "MIB" | "MO" => {
            number.parse::<u64>().ok().filter(|mb| mb % 1024 == 0).map(|mb| mb / 1024)
        }
        _ => None,
    };
    gb.map(|gb| format!("{gb}GB")).into_iter().collect()
}

/// `2026-1-5`, `2026/01/05`, a day with a time. A day that begins with the day or the month could be either.
pub(super) fn date(text: &str) -> Vec<String> {
    let day = text.split(['T', ' ']).next().unwrap_or(text);
    let parts: Vec<&str> = day.split(['-', '/', '.']).collect();
    match parts.as_slice() {
        [year, month, day] if year.len() == 4 => vec![format!("{year}-{month:0>2}-{day:0>2}")],
        _ => Vec::new(),
    }
}

/// A number with up to two decimals times a factor, if that is whole.
fn hundredths(number: &str, factor: u64) -> Option<u64> {
    let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
    if decimals.len() > 2 {
        return None;
    }
    let decimals: u64 = format!("{decimals:0<2}").parse().ok()?;
    let total = whole.parse::<u64>().ok()?.checked_mul(100)?.checked_add(decimals)?.checked_mul(factor)?;
    (total % 100 == 0).then_some(total / 100)
}
