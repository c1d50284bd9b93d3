//! The commit that a folder is at, read off `.git` without git. What cannot be read is no commit: nothing fails for it.

use std::path::{Path, PathBuf};

/// The commit of the work tree that a folder is in.
pub(super) fn of(folder: &Path) -> Option<String> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let inside = folder.canonicalize().ok()?;
    let git = inside.ancestors().find_map(|above| directory(&above.join(".git")))?;
    let head = text(&git.join("HEAD"))?;
    match head.strip_prefix("ref:") {
        Some(name) => resolved(&git, name.trim()),
        None => commit(&head),
    }
}

/// Where git keeps what it knows: `.git`, or the folder that a file of this name leads to.
fn directory(git: &Path) -> Option<PathBuf> {
    if git.is_dir() {
        return Some(git.to_owned());
    }
    let to = text(git)?;
    Some(git.parent()?.join(to.strip_prefix("gitdir:")?.trim()))
}

/// What a branch is at. Those of a work tree beside the first one are kept with that one.
fn resolved(git: &Path, name: &str) -> Option<String> {
    let common = text(&git.join("commondir")).map(|to| git.join(to));
    let places = [Some(git.to_owned()), common];
    places.into_iter().flatten().find_map(|place| {
        text(&place.join(name)).as_deref().and_then(commit).or_else(|| packed(&place, name))
    })
}

fn packed(git: &Path, name: &str) -> Option<String> {
    let all = text(&git.join("packed-refs"))?;
    all.lines()
        .find_map(|line| line.split_once(' ').filter(|(_, known)| *known == name))
        .and_then(|(id, _)| commit(id))
}

fn commit(text: &str) -> Option<String> {
    let is_one = text.len() >= 40 && text.chars().all(|c| c.is_ascii_hexdigit());
    is_one.then(|| text.to_owned())
}

fn text(path: &Path) -> Option<String> {
    fs_err::read_to_string(path).ok().map(|text| text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef01234567";

    fn at(files: &[(&str, &str)], folder: &str) -> Option<String> {
        let root = tempfile::tempdir().unwrap();
        fs_err::create_dir_all(root.path().join(folder)).unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(path, text).unwrap();
        }
        of(&root.path().join(folder))
    }

    #[test]
    fn a_commit_is_found_wherever_git_keeps_it() {
        let line = format!("{ID}\n");
        let packed = format!("# pack-refs\n{ID} refs/heads/main\n");
        let head = (".git/HEAD", "ref: refs/heads/main\n");
        assert_eq!(at(&[(".git/HEAD", &line)], "course").as_deref(), Some(ID));
        assert_eq!(at(&[head, (".git/refs/heads/main", &line)], "a/b").as_deref(), Some(ID));
        assert_eq!(at(&[head, (".git/packed-refs", &packed)], "").as_deref(), Some(ID));
        let linked = [
            ("tree/.git", "gitdir: ../.git/worktrees/tree\n"),
            (".git/worktrees/tree/HEAD", "ref: refs/heads/main\n"),
            (".git/worktrees/tree/commondir", "../..\n"),
            (".git/refs/heads/main", line.as_str()),
        ];
        assert_eq!(at(&linked, "tree/course").as_deref(), Some(ID));
    }

    #[test]
    fn what_cannot_be_read_is_no_commit() {
        assert_eq!(at(&[(".git/HEAD", "ref: refs/heads/none\n")], "course"), None);
        assert_eq!(at(&[(".git/HEAD", "not a commit\n")], ""), None);
    }
}
