//! Outputs as a sheet, as JSON and as a page.
//! Pure.

use serde_json::{Value, json};

use super::{Outputs, Row, Things};
use crate::report::page;
use crate::report::sheet::{Cell, Sheet};

/// The columns of the CSV, which is for programs and mail merges: always all of them.
const ALL: [&str; 15] = [
    "student",
    "login",
    "email",
    "team",
    "machine",
    "state",
    "why",
    "zone",
    "internal_ip",
    "external_ip",
    "ssh",
    "urls",
    "buckets",
    "registries",
    "expires",
];
/// The columns for people.
const READ: [&str; 10] =
    ["STUDENT", "TEAM", "MACHINE", "STATE", "ADDRESS", "OPEN", "EXPIRES", "BUCKET", "PUSH TO", "CONNECT"];

impl Outputs {
    /// A table for a terminal, with what is everybody's below it.
    pub fn table(&self) -> String {
        let shared = self.shared_lines();
        let shared = if shared.is_empty() { shared } else { format!("\nFor everybody:\n{shared}") };
        format!("{} in {}\n{}{shared}", self.course, self.project, self.read().table())
    }

    /// CSV with every column; what is everybody's stands in every row.
    pub fn csv(&self) -> String {
        let rows = self.rows.iter().map(|row| self.row(row)).collect();
        Sheet { columns: ALL.to_vec(), rows }.csv()
    }

    /// Markdown, to paste into a chat or a wiki.
    pub fn markdown(&self) -> String {
        let shared = self.shared_lines();
        let shared =
            if shared.is_empty() { shared } else { format!("\nFor everybody:\n\n```text\n{shared}```\n") };
        format!("## {} in {}\n\n{}{shared}", self.course, self.project, self.read().markdown())
    }

    /// For programs.
    pub fn json(&self) -> Value {
        json!(self)
    }

    /// One page without anything outside of it. `made` says when.
    pub fn html(&self, made: &str) -> Result<String, page::PageError> {
        page::outputs(self, made)
    }

    fn shared_lines(&self) -> String {
        let Things { buckets, registries, logins, services } = &self.shared;
        let all = services.iter().chain(buckets).chain(registries).chain(logins);
        all.flat_map(|one| ["  ", one, "\n"]).collect()
    }

    /// What somebody opens in a browser: pages of the machine, and services.
    fn urls(row: &Row) -> impl Iterator<Item = String> {
        let machine = row.machine.as_ref().map(|machine| machine.urls.clone()).unwrap_or_default();
        machine.into_iter().chain(row.things.services.clone())
    }

    fn row(&self, row: &Row) -> Vec<Cell> {
        let student = row.student.clone().unwrap_or_default();
        let both =
            |own: &[String], shared: &[String]| Cell::Many(own.iter().chain(shared).cloned().collect());
        let machine = row.machine.as_ref();
        let of = |field: fn(&super::Machine) -> &str| Cell::text(machine.map(field));
        let maybe = |field: fn(&super::Machine) -> Option<&String>| {
            Cell::text(machine.and_then(field).map(String::as_str))
        };
        vec![
            student.called().into(),
            Cell::text(student.login.as_deref()),
            Cell::text(student.email.as_deref()),
            Cell::text(student.team.as_deref()),
            of(|machine| &machine.name),
            of(|machine| &machine.state),
            of(|machine| &machine.why),
            of(|machine| &machine.zone),
            maybe(|machine| machine.internal_ip.as_ref()),
            maybe(|machine| machine.external_ip.as_ref()),
            of(|machine| &machine.ssh),
            Cell::Many(Self::urls(row).chain(self.shared.services.iter().cloned()).collect()),
            both(&row.things.buckets, &self.shared.buckets),
            both(&row.things.registries, &self.shared.registries),
            maybe(|machine| machine.expires.as_ref()),
        ]
    }

    /// What people read, without columns that say nothing.
    fn read(&self) -> Sheet {
        let row = |row: &Row| {
            let student = row.student.clone().unwrap_or_default();
            let text = |text: Option<String>| Cell::Text(text.unwrap_or_default());
            let machine = row.machine.as_ref();
            let state = machine.map(|machine| match machine.why.as_str() {
                "" => machine.state.clone(),
                why => format!("{}: {why}", machine.state),
            });
            vec![
                student.called().into(),
                Cell::text(student.team.as_deref()),
                text(machine.map(|machine| machine.name.clone())),
                text(state),
                text(machine.and_then(|m| m.external_ip.clone().or_else(|| m.internal_ip.clone()))),
                Cell::Many(Self::urls(row).collect()),
                text(machine.and_then(|machine| machine.expires.clone())),
                Cell::Many(row.things.buckets.clone()),
                Cell::Many(row.things.registries.clone()),
                Cell::Code(machine.map(|machine| machine.ssh.clone()).unwrap_or_default()),
            ]
        };
        Sheet { columns: READ.to_vec(), rows: self.rows.iter().map(row).collect() }.without_empty()
    }
}
