//! What fits: a text of sections, in which the less important gives way where there is no room for all. Whatever is left out
//! is counted where it would stand, and told once more where the text begins.

use std::fmt::Write as _;

/// Sections of a lower rank have their place before those of a higher one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// What went wrong, and what forbids going on.
    Grave,
    /// What is destroyed.
    Lost,
    /// What is worth knowing before saying yes.
    Warned,
    /// What is worth knowing.
    Noted,
    /// Everything.
    Listed,
}

/// A part of a text, under a heading.
#[derive(Clone, Debug)]
pub(super) struct Section {
    pub(super) rank: Rank,
    /// The heading; not written where nothing stands below it.
    pub(super) head: String,
    pub(super) items: Vec<Item>,
}

/// A line or a block of a section.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// What it is counted as, behind a number: `to create`, `more`.
    pub(super) counted: &'static str,
    /// How it is written at least.
    pub(super) brief: String,
    /// How it is written where there is room for it after everything has its brief place.
    pub(super) full: Option<String>,
}

/// Bytes for the line that counts what is left out of a section: eight actions with their numbers.
const REST: usize = 320;
/// Bytes for the line that says what is cut.
const NOTE: usize = 320;

/// The opening and as much of the sections as there is room for, in their order.
pub(super) fn fit(opening: &str, sections: &[Section], room: usize) -> String {
    let whole: usize = sections.iter().map(whole).sum();
    let fits = opening.len() + whole <= room;
    let heads: usize = sections.iter().map(|section| section.head.len() + REST).sum();
    let mut left = if fits { whole } else { room.saturating_sub(opening.len() + heads + NOTE) };
    let kept = brief(sections, &mut left);
    let full = full(sections, &kept, &mut left);
    let written: Vec<String> = sections
        .iter()
        .zip(kept.iter().zip(&full))
        .map(|(section, (kept, full))| write(section, *kept, full))
        .collect();
    let note = cut(sections, &kept, &full);
    format!("{opening}{note}{}", written.concat())
}

fn whole(section: &Section) -> usize {
    let items = section.items.iter().map(|item| item.full.as_ref().unwrap_or(&item.brief).len());
    // A full form is the longer one; were it not, the brief one would count.
    let least = section.items.iter().map(|item| item.brief.len());
    section.head.len() + items.zip(least).map(|(full, brief)| full.max(brief)).sum::<usize>() + 1
}

/// How many items of each section have a place at all: the important sections first, each from its beginning.
fn brief(sections: &[Section], left: &mut usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..sections.len()).collect();
    order.sort_by_key(|at| sections.get(*at).map(|section| section.rank));
    let mut kept = vec![0; sections.len()];
    for at in order {
        let Some((section, kept)) = sections.get(at).zip(kept.get_mut(at)) else { continue };
        *kept = section.items.iter().take_while(|item| take(left, item.brief.len())).count();
    }
    kept
}

/// Which of those are written in full: the shortest first, so that one long diff does not cost all others.
fn full(sections: &[Section], kept: &[usize], left: &mut usize) -> Vec<Vec<bool>> {
    let mut longer: Vec<(usize, usize, usize)> = Vec::new();
    for (at, (section, kept)) in sections.iter().zip(kept).enumerate() {
        let items = section.items.iter().take(*kept).enumerate();
        longer.extend(items.filter_map(|(i, item)| {
            Some((item.full.as_ref()?.len().saturating_sub(item.brief.len()), at, i))
        }));
    }
    longer.sort_unstable();
    let mut full: Vec<Vec<bool>> = kept.iter().map(|kept| vec![false; *kept]).collect();
    for (more, at, i) in longer {
        if let Some(place) = full.get_mut(at).and_then(|section| section.get_mut(i)) {
            *place = take(left, more);
        }
    }
    full
}

fn take(left: &mut usize, bytes: usize) -> bool {
    let rest = left.checked_sub(bytes);
    *left = rest.unwrap_or(*left);
    rest.is_some()
}

fn write(section: &Section, kept: usize, full: &[bool]) -> String {
    if section.items.is_empty() {
        return String::new();
    }
    let mut text = section.head.clone();
    for (item, full) in section.items.iter().zip(full) {
        text.push_str(item.full.as_ref().filter(|_| *full).unwrap_or(&item.brief));
    }
    let rest = section.items.get(kept..).unwrap_or_default();
    if !rest.is_empty() {
        let _ = writeln!(text, "- … and {} that are not shown: {}", rest.len(), counted(rest));
    }
    text.push('\n');
    text
}

/// How many there are of what.
fn counted(items: &[Item]) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for item in items {
        match counts.iter_mut().find(|(what, _)| *what == item.counted) {
            Some((_, count)) => *count += 1,
            None => counts.push((item.counted, 1)),
        }
    }
    let counts: Vec<String> = counts.into_iter().map(|(what, count)| format!("{count} {what}")).collect();
    counts.join(", ")
}

/// The line that says what is missing; nothing where nothing is.
fn cut(sections: &[Section], kept: &[usize], full: &[Vec<bool>]) -> String {
    let lines: usize = sections.iter().zip(kept).map(|(section, kept)| section.items.len() - kept).sum();
    let mut diffs = 0;
    for (section, full) in sections.iter().zip(full) {
        let longer = section.items.iter().zip(full);
        diffs += longer.filter(|(item, full)| item.full.is_some() && !**full).count();
    }
    let parts = [(diffs, "diffs"), (lines, "lines")];
    let parts: Vec<String> =
        parts.into_iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    if parts.is_empty() {
        return String::new();
    }
    format!(
        "> **Cut to fit:** {} are left out here. `provost` shows all of them as text.\n\n",
        parts.join(" and ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(brief: usize, full: Option<usize>) -> Item {
        let line = |length: usize| format!("{}\n", "x".repeat(length - 1));
        Item { counted: "to create", brief: line(brief), full: full.map(line) }
    }

    fn section(rank: Rank, items: Vec<Item>) -> Section {
        Section { rank, head: "#### Head\n\n".to_owned(), items }
    }

    #[test]
    fn what_fits_is_whole_and_says_nothing_of_cuts() {
        let sections =
            [section(Rank::Grave, vec![item(10, None)]), section(Rank::Listed, vec![item(10, Some(50))])];
        let text = fit("Opening\n\n", &sections, 9 + 22 + 62);
        assert!(text.len() <= 93 && text.contains(&"x".repeat(49)) && !text.contains("Cut"), "{text}");
        assert!(fit("Opening\n\n", &sections, 92).contains("Cut to fit"));
        assert_eq!(fit("Opening\n\n", &[section(Rank::Lost, vec![])], 99), "Opening\n\n");
    }

    #[test]
    fn diffs_go_before_lines_and_long_ones_before_short_ones() {
        let changes = vec![item(10, Some(3_000)), item(10, Some(200)), item(10, None)];
        let text = fit("", &[section(Rank::Listed, changes)], 1_000);
        assert!(text.contains(&"x".repeat(199)) && !text.contains(&"x".repeat(200)), "{text}");
        assert!(text.contains("1 diffs are left out"), "{text}");
        assert!(!text.contains("not shown"), "{text}");
    }

    #[test]
    fn what_is_less_important_gives_way_whatever_its_place() {
        let many = || (0..40).map(|_| item(100, None)).collect::<Vec<_>>();
        let sections = [section(Rank::Listed, many()), section(Rank::Lost, many())];
        let text = fit("", &sections, 40 * 100 + 2 * (10 + REST) + NOTE + 500);
        assert!(text.contains("… and 36 that are not shown: 36 to create"), "{text}");
        assert_eq!(text.matches("not shown").count(), 1);
    }

    #[test]
    fn no_room_at_all_leaves_counts() {
        let sections = [section(Rank::Lost, vec![item(100, None), item(100, None)])];
        assert!(fit("", &sections, 0).contains("… and 2 that are not shown: 2 to create"));
    }
}
