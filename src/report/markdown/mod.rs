//! Plans, outcomes, diagnostics and preflights as Markdown: the comment under a pull request, and the summary of a job.
//! In reading order: `escape` makes texts of others mean nothing, `fit` cuts what has no room, `about` begins every text, and the
//! rest says what stands in it. Pure: values in, text out. Secrets are hidden before anything comes here.

mod about;
mod change;
mod diagnostics;
mod drift;
mod escape;
mod findings;
mod fit;
mod outcome;
mod plan;
mod preflight;
#[cfg(test)]
mod tests;

pub(super) use escape::cell;

/// Bytes that a comment may have: GitHub takes 65,536 characters, and a workflow adds lines of its own.
pub const COMMENT: usize = 64_000;
/// Bytes that the summaries of one step of a job may have together.
pub const JOB_SUMMARY: usize = 1_048_576;

/// What is written on: for which environment, and how much room there is.
#[derive(Clone, Copy, Debug)]
pub struct Paper<'a> {
    /// The environment of the course (`-e`), by which a workflow tells its comments apart.
    pub environment: Option<&'a str>,
    /// Bytes that the text may have.
    pub room: usize,
}
