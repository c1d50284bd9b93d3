//! A roster that is a sheet's export: comma, semicolon or tab between cells, quotes, and whatever else spreadsheets leave.
//! Pure: the text is given. `csv-core` reads it because it says how many bytes each cell takes, which is where the cell stands.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use csv_core::{ReadFieldResult, ReaderBuilder};
use serde_json::Value;

use super::check::check;
use super::{Cell, Content, Roster, Row};
use crate::spec::diagnostic::{Diagnostic, Problem};
use crate::spec::source::{SourceId, Span};

/// The largest table that is read, in bytes: a hundred times the largest class.
pub const LARGEST: usize = 1 << 20;

/// A cell as it was written, and its bytes.
type Written = (String, Range<usize>);

/// The roster of a table whose first row names the columns.
pub fn table(source: SourceId, text: &str) -> (Roster, Vec<Diagnostic>) {
    if let Some((problem, range)) = unreadable(text) {
        return (Roster::default(), vec![problem.at(span(source, &range))]);
    }
    let (start, delimiter) = dialect(text);
    let (records, open) = records(text, start, delimiter);
    let mut found: Vec<Diagnostic> =
        open.map(|range| unclosed().at(span(source, &range))).into_iter().collect();
    let mut records = records.into_iter().filter(|record| record.iter().any(|(cell, _)| !cell.is_empty()));
    let Some(header) = records.next() else {
        let problem = Problem::new("empty-roster", "the roster is empty")
            .help("its first row names the columns: `login,email,team`");
        return (Roster::default(), vec![problem.at(span(source, &(0..0)))]);
    };
    if let Some(problem) = no_header(source, &header) {
        return (Roster::default(), vec![problem]);
    }
    found.extend(twice_named(source, &header));
    let mut roster = Roster { columns: columns(&header), rows: Vec::new() };
    for record in records {
        match row(source, &header, record) {
            Ok(row) => roster.rows.push(Arc::new(row)),
            Err(diagnostic) => found.push(*diagnostic),
        }
    }
    let (roster, wrong) = check(roster);
    found.extend(wrong);
    (roster, found)
}

fn span(source: SourceId, range: &Range<usize>) -> Span {
    Span { source, start: range.start, end: range.end }
}

fn unreadable(text: &str) -> Option<(Problem, Range<usize>)> {
    if text.len() > LARGEST {
        let message = format!("the roster has more than {LARGEST} bytes");
        let help = "export the sheet of the class alone, without pictures and other sheets";
        return Some((Problem::new("roster-too-large", message).help(help), 0..0));
    }
    // Spreadsheets in Windows' own encoding, and in UTF-16, end up here; and whole workbooks, which are archives.
    let odd = |c: char| c == char::REPLACEMENT_CHARACTER || c == '\0';
    let (at, c) = text.char_indices().find(|(_, c)| odd(*c))?;
    let problem = Problem::new("not-utf-8", "the roster is not a table in UTF-8");
    let help = "export the sheet as CSV; in Excel the format is called `CSV UTF-8`";
    Some((problem.label("these bytes are no character").help(help), at..at + c.len_utf8()))
}

/// Where the table begins and what is between its cells: what the header has most of. Excel writes a line `sep=;` before.
fn dialect(text: &str) -> (usize, u8) {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    if let Some(&[delimiter]) = first.trim().strip_prefix("sep=").map(str::as_bytes) {
        let after = text.find(first).unwrap_or_default() + first.len();
        return (after, delimiter);
    }
    // Every other piece between quotes is inside of them.
    let outside: String = first.split('"').step_by(2).collect();
    let count = |delimiter: u8| outside.matches(char::from(delimiter)).count();
    let most = [b'\t', b';', b','].into_iter().max_by_key(|delimiter| count(*delimiter));
    (0, most.unwrap_or(b','))
}

/// The records of a text from a byte on, and the cell whose quote is never closed, which takes the rest of the text.
fn records(text: &str, start: usize, delimiter: u8) -> (Vec<Vec<Written>>, Option<Range<usize>>) {
    let mut reader = ReaderBuilder::new().delimiter(delimiter).build();
    let mut room = vec![0; text.len().max(1)];
    let (mut records, mut record) = (Vec::new(), Vec::new());
    let (mut at, mut from, mut filled) = (start, start, 0);
    loop {
        let input = text.as_bytes().get(at..).unwrap_or_default();
        let (result, read, written) = reader.read_field(input, room.get_mut(filled..).unwrap_or_default());
        at += read;
        filled += written;
        match result {
            // At the end of the text the reader wants to be told so by an empty input.
            ReadFieldResult::InputEmpty => {}
            ReadFieldResult::OutputFull | ReadFieldResult::End => break,
            ReadFieldResult::Field { record_end } => {
                let range = bytes_of(text, from..at, if record_end { None } else { Some(delimiter) });
                if is_open(text.get(range.clone()).unwrap_or_default()) {
                    return (records, Some(range.start..range.start + 1));
                }
                let cell = String::from_utf8_lossy(room.get(..filled).unwrap_or_default());
                record.push((trimmed(&cell).to_owned(), range));
                (from, filled) = (at, 0);
                if record_end {
                    records.push(std::mem::take(&mut record));
                }
            }
        }
    }
    (records, None)
}

/// What a person sees as the cell: without what separates it from others, and without spaces around.
fn bytes_of(text: &str, mut range: Range<usize>, delimiter: Option<u8>) -> Range<usize> {
    if delimiter.is_some() {
        range.end -= 1;
    }
    let written = text.get(range.clone()).unwrap_or_default();
    // The line before ends with the first bytes of this cell.
    let lines = written.len() - written.trim_start_matches(['\r', '\n']).len();
    let inner = trimmed(written);
    let start = written.find(inner).filter(|_| !inner.is_empty()).unwrap_or(lines);
    range.start + start..range.start + start + inner.len()
}

/// Without spaces of any width, some of which nobody sees.
fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{200b}' | '\u{feff}'))
}

/// Whether a cell that begins with a quote has no quote at its end.
fn is_open(written: &str) -> bool {
    written.starts_with('"') && written.matches('"').count() % 2 == 1
}

fn unclosed() -> Problem {
    Problem::new("open-quote", "a quote of the roster is not closed: `\"` is missing at the end of the cell")
        .label("it opens here, and everything after it belongs to this cell")
        .help("end the cell with `\"`, or remove this one; a quote inside of a cell is written twice")
}

fn columns(header: &[Written]) -> Vec<String> {
    header.iter().map(|(name, _)| name.clone()).filter(|name| !name.is_empty()).collect()
}

/// A first row that is a student already.
fn no_header(source: SourceId, header: &[Written]) -> Option<Diagnostic> {
    let (_, range) = header.iter().find(|(name, _)| name.contains('@'))?;
    let problem = Problem::new("no-header", "the first row of the roster does not name its columns");
    let problem = problem.label("this is an address").help("begin with a row such as `login,email,team`");
    Some(problem.at(span(source, range)))
}

fn twice_named(source: SourceId, header: &[Written]) -> Vec<Diagnostic> {
    let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
    let mut found = Vec::new();
    for (name, range) in header.iter().filter(|(name, _)| !name.is_empty()) {
        let here = span(source, range);
        let Some(first) = seen.insert(name, here) else { continue };
        let problem =
            Problem::new("duplicate-column", format!("two columns of the roster are called `{name}`"));
        let mut diagnostic = problem.help("give one of them another name").at(here);
        diagnostic.related.push((first, "the first one".to_owned()));
        found.push(diagnostic);
    }
    found
}

fn row(source: SourceId, header: &[Written], record: Vec<Written>) -> Result<Row, Box<Diagnostic>> {
    let filled = record.iter().skip(header.len()).find(|(cell, _)| !cell.is_empty());
    if let Some((_, range)) = filled {
        let message =
            format!("this row has more cells than the roster has columns, which are {}", header.len());
        let problem = Problem::new("too-many-cells", message).label("no column has a name for this cell");
        let help = "put quotes around a cell that holds what separates cells: `\"Lovelace, Ada\"`";
        return Err(Box::new(problem.help(help).at(span(source, range))));
    }
    let start = record.first().map_or(0, |(_, range)| range.start);
    let end = record.last().map_or(start, |(_, range)| range.end);
    let mut written = record.into_iter();
    let mut cells = BTreeMap::new();
    for (name, _) in header {
        let (text, range) = written.next().unwrap_or_else(|| (String::new(), end..end));
        let content = if text.is_empty() { Content::Empty } else { Content::Value(Value::String(text)) };
        if !name.is_empty() {
            cells.entry(name.clone()).or_insert(Cell { span: span(source, &range), content });
        }
    }
    Ok(Row { span: span(source, &(start..end)), cells })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rows of a sound table: each cell as its value and as its bytes.
    fn read(text: &str) -> Vec<Vec<(String, String)>> {
        let (roster, found) = table(SourceId(0), text);
        assert_eq!(found, [], "{text:?}");
        let cell = |cell: &Cell| {
            let value = match &cell.content {
                Content::Value(value) => value.as_str().unwrap().to_owned(),
                _ => String::new(),
            };
            (value, text[cell.span.start..cell.span.end].to_owned())
        };
        roster
            .rows
            .iter()
            .map(|row| roster.columns.iter().map(|column| cell(&row.cells[column])).collect())
            .collect()
    }

    fn values(text: &str) -> Vec<Vec<String>> {
        read(text).into_iter().map(|row| row.into_iter().map(|(value, _)| value).collect()).collect()
    }

    #[test]
    fn every_export_of_one_sheet_is_one_roster() {
        let exports = [
            "login,name\nann,Lee\nbob,Ray\n",
            "login;name\r\nann;Lee\r\nbob;Ray",
            "login\tname\nann\tLee\nbob\tRay\n",
            "\"login\",\"name\"\n\"ann\",\"Lee\"\n\"bob\",\"Ray\"\n",
            "sep=;\r\nlogin;name\r\nann;Lee\r\nbob;Ray\r\n",
            "login , name\n ann,Lee \n\u{a0}bob,\u{200b}Ray\n",
            "\n\nlogin,name,\nann,Lee,\n,,\nbob,Ray,\n,,,,\n",
            "login,,name\nann,x,Lee\nbob,,Ray\n",
            "login\rname\r".replace("login\rname", "login,name\rann,Lee\rbob,Ray").leak(),
        ];
        for export in exports {
            assert_eq!(values(export), [["ann", "Lee"], ["bob", "Ray"]], "{export:?}");
        }
    }

    #[test]
    fn quotes_keep_what_separates_and_cells_know_their_bytes() {
        let text = "name;login\r\n\"Lee; \"\"Ann\"\"\r\nAda\";ann\r\n;  bob  \r\n";
        let pair = |value: &str, bytes: &str| (value.to_owned(), bytes.to_owned());
        let rows = read(text);
        assert_eq!(rows[0], [pair("Lee; \"Ann\"\r\nAda", "\"Lee; \"\"Ann\"\"\r\nAda\""), pair("ann", "ann")]);
        assert_eq!(rows[1], [pair("", ""), pair("bob", "bob")]);
    }

    #[test]
    fn what_separates_inside_of_quotes_is_not_counted() {
        assert_eq!(values("\"a, b, c\";login\nx;ann\n"), [["x", "ann"]]);
    }

    #[test]
    fn a_table_that_is_too_large_is_not_read() {
        let (roster, found) = table(SourceId(0), &"login\n".repeat(LARGEST / 6 + 1));
        assert_eq!((roster.rows.len(), found.len()), (0, 1));
    }
}
