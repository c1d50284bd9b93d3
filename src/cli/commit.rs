//! The commit that a course folder stands at: what a saved plan, a history and the log of a loop tell of where specs come from.
//! What cannot be read is no commit, and nothing fails for it.

use std::path::Path;

use crate::spec::commit;

/// The commit of the work tree that a folder is in. No git is needed.
pub(super) fn of(folder: &Path) -> Option<String> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let folder = fs_err::canonicalize(folder).ok()?;
    commit::of(&folder, &|path: &Path| fs_err::read_to_string(path).ok())
}
