//! Traces: what is tried again and what was refused on stderr, every call in a file. Headers and bodies are never traced, for
//! both hold secrets.

use std::io::{self, Write};
use std::path::Path;
use std::sync::Mutex;

use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use super::args::Format;
use crate::report::github::harmless;

/// Begins to trace: with `-v` what is tried again and what was refused, with `-vv` every call; into a file always every call.
/// The file is begun anew. A command that keeps a log writes it to stderr in that format. `guarded` says that lines must not be
/// commands to whoever reads stderr.
pub(super) fn begin(verbose: u8, file: Option<&Path>, log: Option<Format>, guarded: bool) -> io::Result<()> {
    let level = match (verbose, log) {
        (0, None) => "off",
        (0, Some(_)) => "provost::reconcile=info",
        (1, _) => "provost=info",
        _ => "provost=debug",
    };
    let stderr = move || Lines { to: anstream::AutoStream::auto(io::stderr()), guarded };
    let people = tracing_subscriber::fmt::layer().with_writer(stderr).with_target(false);
    // Who watches a command needs no clock; who reads a log later does.
    let people = match log {
        None => people.without_time().boxed(),
        Some(Format::Json) => people.json().flatten_event(true).with_current_span(false).boxed(),
        Some(_) => people.boxed(),
    };
    let people = people.with_filter(EnvFilter::new(level));
    let programs = match file {
        None => None,
        Some(file) => {
            let lines = tracing_subscriber::fmt::layer().json().flatten_event(true).with_target(false);
            let lines = lines.with_current_span(false).with_span_list(false);
            let file = Mutex::new(fs_err::File::create(file)?.into_file());
            Some(lines.with_writer(file).with_filter(EnvFilter::new("provost=debug")))
        }
    };
    // A subscriber that is there already is that of a test.
    let _ = tracing_subscriber::registry().with(people).with(programs).try_init();
    Ok(())
}

/// Where traces go, a line with each write.
struct Lines<W> {
    to: W,
    guarded: bool,
}

impl<W: Write> Write for Lines<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.guarded {
            self.to.write_all(harmless(&String::from_utf8_lossy(line)).as_bytes())?;
        } else {
            self.to.write_all(line)?;
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
