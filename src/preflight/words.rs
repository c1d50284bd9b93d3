//! Words that several findings share. Pure.

use crate::spec::Address;

/// How many resources are named; the rest is counted.
const NAMED: usize = 3;

/// A number with its thousands apart.
pub fn number(amount: i64) -> String {
    let digits = amount.unsigned_abs().to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if amount < 0 { format!("-{text}") } else { text }
}

/// `a, b and c`.
pub(super) fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// `Vm/a, Vm/b, Vm/c and 57 more`.
pub(super) fn whose(addresses: &[Address]) -> String {
    let mut named: Vec<String> = addresses.iter().take(NAMED).map(ToString::to_string).collect();
    let more = addresses.len().saturating_sub(NAMED);
    if more > 0 {
        named.push(format!("{more} more"));
    }
    list(&named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        for (amount, text) in
            [(0, "0"), (999, "999"), (3_000, "3,000"), (1_234_567, "1,234,567"), (-24, "-24")]
        {
            assert_eq!(number(amount), text);
        }
    }

    #[test]
    fn a_long_list_is_counted() {
        let all: Vec<Address> =
            ["a", "b", "c", "d", "e"].iter().map(|name| Address::new("Vm", *name)).collect();
        assert_eq!(whose(&all), "Vm/a, Vm/b, Vm/c and 2 more");
        assert_eq!(whose(&all[..2]), "Vm/a and Vm/b");
    }
}
