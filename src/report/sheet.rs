//! A sheet: named columns and rows of cells, as a table for a terminal, as CSV and as Markdown.
//! Pure.

use comfy_table::Table;

use super::markdown::cell;

/// What is in a cell, and so how it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Words.
    Text(String),
    /// What is typed or pasted.
    Code(String),
    /// Several of those, or of links.
    Many(Vec<String>),
}

/// Named columns and rows of as many cells.
#[derive(Clone, Debug, Default)]
pub struct Sheet {
    /// The names of the columns.
    pub columns: Vec<&'static str>,
    /// The rows.
    pub rows: Vec<Vec<Cell>>,
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl Cell {
    /// Words, or nothing.
    pub fn text(text: Option<&str>) -> Self {
        Self::from(text.unwrap_or_default())
    }

    fn plain(&self) -> String {
        match self {
            Self::Text(text) | Self::Code(text) => text.clone(),
            Self::Many(all) => all.join(" "),
        }
    }

    fn markdown(&self) -> String {
        match self {
            Self::Text(text) => cell(text),
            Self::Code(text) if text.is_empty() => String::new(),
            Self::Code(text) => format!("`{}`", in_row(text).replace('`', "'")),
            Self::Many(all) => all.iter().map(|one| in_row(one)).collect::<Vec<_>>().join("<br>"),
        }
    }
}

impl Sheet {
    /// The sheet without columns that are empty throughout.
    #[must_use]
    pub fn without_empty(mut self) -> Self {
        let used = |at: usize| self.rows.iter().any(|row| row.get(at).is_some_and(|c| !c.plain().is_empty()));
        let keep: Vec<bool> = (0..self.columns.len()).map(used).collect();
        retain(&mut self.columns, &keep);
        self.rows.iter_mut().for_each(|row| retain(row, &keep));
        self
    }

    /// Columns side by side, for a terminal.
    pub fn table(&self) -> String {
        let mut table = Table::new();
        table.load_style(comfy_table::presets::NOTHING);
        table.set_header(&self.columns);
        for row in &self.rows {
            table.add_row(row.iter().map(|cell| in_line(&cell.plain())));
        }
        let text = table.to_string();
        text.lines().flat_map(|line| [line.trim_end(), "\n"]).collect()
    }

    /// RFC 4180, safe to open in a spreadsheet: a cell that would be a formula begins with `'`, which spreadsheets hide.
    pub fn csv(&self) -> String {
        let header = self.columns.iter().map(|column| quoted(column));
        let rows = self.rows.iter().map(|row| row.iter().map(|c| quoted(&harmless(&c.plain()))).collect());
        let lines: Vec<Vec<String>> = std::iter::once(header.collect()).chain(rows).collect();
        lines.iter().map(|line| line.join(",") + "\r\n").collect()
    }

    /// A table as GitHub and learning platforms show it.
    pub fn markdown(&self) -> String {
        let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        let header = line(self.columns.iter().map(|column| cell(column)).collect());
        let rule = line(self.columns.iter().map(|_| "---".to_owned()).collect());
        let rows = self.rows.iter().map(|row| line(row.iter().map(Cell::markdown).collect()));
        header + &rule + &rows.collect::<String>()
    }
}

fn retain<T>(list: &mut Vec<T>, keep: &[bool]) {
    let mut keep = keep.iter();
    list.retain(|_| keep.next().copied().unwrap_or_default());
}

/// Text that stays in its line and leaves the terminal alone.
fn in_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn quoted(text: &str) -> String {
    if text.contains(['"', ',', '\r', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

/// What begins like this is a formula to a spreadsheet, whatever was meant (OWASP, "CSV injection").
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// Text that stays in its cell.
fn in_row(text: &str) -> String {
    in_line(text).replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(cell: Cell) -> Sheet {
        Sheet { columns: vec!["a"], rows: vec![vec![cell]] }
    }

    #[test]
    fn cells_of_csv_are_quoted_as_rfc_4180_says() {
        let cases = [
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("a;b", "a;b"),
            ("Zoë", "Zoë"),
            ("", ""),
        ];
        for (text, written) in cases {
            assert_eq!(one(text.into()).csv(), format!("a\r\n{written}\r\n"));
        }
    }

    #[test]
    fn no_cell_of_csv_is_a_formula() {
        for text in ["=1+1", "+33 1", "-1", "@SUM(A1)", "\tx"] {
            assert_eq!(one(text.into()).csv(), format!("a\r\n'{text}\r\n"));
        }
        assert_eq!(
            one("=HYPERLINK(\"http://x\",1)".into()).csv(),
            "a\r\n\"'=HYPERLINK(\"\"http://x\"\",1)\"\r\n"
        );
    }

    #[test]
    fn markdown_stays_a_table_whatever_is_in_its_cells() {
        let cases = [
            (Cell::from("a|b"), "a\\|b"),
            (Cell::from("<b>*x*</b>"), "\\<b\\>\\*x\\*\\</b\\>"),
            (Cell::from("two\nlines"), "two lines"),
            (Cell::Code("gcloud x | y `z`".to_owned()), "`gcloud x \\| y 'z'`"),
            (Cell::Many(vec!["http://a_b".to_owned(), "http://c".to_owned()]), "http://a_b<br>http://c"),
        ];
        for (cell, written) in cases {
            assert_eq!(one(cell).markdown(), format!("| a |\n| --- |\n| {written} |\n"));
        }
    }

    #[test]
    fn columns_without_any_content_are_left_out_on_demand() {
        let sheet = Sheet { columns: vec!["a", "b"], rows: vec![vec!["".into(), "x".into()]] };
        assert_eq!(sheet.without_empty().csv(), "b\r\nx\r\n");
    }

    #[test]
    fn a_table_has_one_line_for_each_row() {
        assert_eq!(one("x\n\u{1b}[31my".into()).table().lines().count(), 2);
    }
}
