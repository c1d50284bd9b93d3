//! What is written for other tools, as specs: commands of gcloud and gsutil, compose files.
//! Pure: texts in, specs and warnings out. Nothing is left out without a word.

mod access;
mod compose;
mod container;
mod desk;
mod draft;
mod flags;
mod gather;
mod gcloud;
mod gsutil;
mod image;
mod machines;
mod network;
mod placeholder;
mod service;
mod shell;
mod storage;
mod variable;

use serde_json::{Map, Value};

pub use draft::Draft;

use crate::spec::{Diagnostic, Problem, Sources};
use desk::Desk;
use shell::Found;

/// What is not said by the text itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The name of the course.
    pub course: String,
    /// The project, if the text does not decide it.
    pub project: Option<String>,
    /// The registry that images move to from one that is gone.
    pub registry: String,
    /// What the machine of a compose file is called.
    pub machine: String,
    /// Its type.
    pub machine_type: String,
    /// The size of its boot disk, in GB.
    pub disk_gb: u32,
    /// The zones of the course, if the text does not decide them.
    pub zones: Vec<String>,
}

/// A text as specs.
#[derive(Debug)]
pub struct Translation {
    /// The text, for the places of what is said about it.
    pub sources: Sources,
    /// The course: what the specs need besides themselves.
    pub course: Map<String, Value>,
    /// The specs.
    pub drafts: Vec<Draft>,
    /// What is different, left out, or cannot be read.
    pub diagnostics: Vec<Diagnostic>,
}

/// Commands as specs. `path` is what the text is called in warnings.
pub fn script(path: &str, text: &str, options: &Options) -> Translation {
    let mut sources = Sources::default();
    let source = sources.add(path, text);
    let mut desk = Desk::new(options, source, text);
    let pieces = shell::read(text);
    note_projects(&pieces, &mut desk);
    let mut drafts = Vec::new();
    for piece in pieces {
        desk.turn_to(piece.range);
        match piece.found {
            Found::Command(words) => drafts.extend(gcloud::command(&words, &mut desk)),
            Found::Set(..) => {}
            Found::Block(word) => not_understood(&word, &mut desk),
            Found::Unread(why) => {
                let place = desk.place();
                desk.found.push(
                    Problem::new("unreadable-command", "this command cannot be read").label(why).at(place),
                );
            }
        }
    }
    gather::finish(drafts, desk, sources)
}

/// A compose file as specs.
pub fn compose(path: &str, text: &str, options: &Options) -> Translation {
    let mut sources = Sources::default();
    let source = sources.add(path, text);
    let mut desk = Desk::new(options, source, text);
    let drafts = compose::drafts(source, text, &mut desk);
    gather::finish(drafts, desk, sources)
}

/// What is set, and which variables are the project: known before the first command is read, as one may name the project of
/// another.
fn note_projects(pieces: &[shell::Piece], desk: &mut Desk<'_>) {
    for piece in pieces {
        match &piece.found {
            Found::Set(name, text) => desk.variables.set(name, text),
            Found::Command(words) => gcloud::projects(words, desk),
            Found::Block(_) | Found::Unread(_) => {}
        }
    }
}

fn not_understood(word: &str, desk: &mut Desk<'_>) {
    let problem = Problem::new("not-understood", format!("what stands in this `{word}` is not understood"));
    let problem = problem.label("it is left out, to where it ends");
    let help = "give one of its commands alone; `forEach:` makes a resource for each entry of a list or row of the roster";
    desk.warn(word, problem.help(help));
}
