//! The commit that a folder stands at, read off the files of `.git` as they lie there: no git is needed in a container.
//! Pure but for the reader it is given, which answers None for what is not there.

use std::path::{Path, PathBuf};

/// The id of the commit at `HEAD` of the repository that a folder is in.
pub fn of(folder: &Path, read: &impl Fn(&Path) -> Option<String>) -> Option<String> {
    folder.ancestors().find_map(|above| head(&above.join(".git"), read))
}

/// `.git` is a folder, or a file that names one, as in a worktree.
fn head(git: &Path, read: &impl Fn(&Path) -> Option<String>) -> Option<String> {
    let named = read(git).and_then(|text| Some(PathBuf::from(text.strip_prefix("gitdir:")?.trim())));
    let git = match named {
        Some(path) => git.parent()?.join(path),
        None => git.to_owned(),
    };
    let head = read(&git.join("HEAD"))?;
    let Some(name) = head.trim().strip_prefix("ref:").map(str::trim) else { return id(&head) };
    // Branches of a worktree are those of its repository.
    let common = read(&git.join("commondir")).map(|path| git.join(path.trim()));
    let homes = [Some(git), common];
    homes.into_iter().flatten().find_map(|home| {
        let loose = read(&home.join(name)).and_then(|text| id(&text));
        loose.or_else(|| packed(&read(&home.join("packed-refs"))?, name))
    })
}

fn packed(refs: &str, name: &str) -> Option<String> {
    let mut lines = refs.lines().filter_map(|line| line.split_once(' '));
    lines.find(|(_, of)| of.trim() == name).and_then(|(commit, _)| id(commit))
}

/// SHA-1 or SHA-256, in hexadecimal digits.
fn id(text: &str) -> Option<String> {
    let text = text.trim();
    let is_id = matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_id.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

    fn commit(files: &[(&str, &str)]) -> Option<String> {
        let read = |path: &Path| {
            let found = files.iter().find(|(name, _)| Path::new(name) == path);
            found.map(|(_, text)| (*text).to_owned())
        };
        of(Path::new("/repo/specs/be"), &read)
    }

    #[test]
    fn a_commit_is_found_wherever_git_keeps_it() {
        let head = "ref: refs/heads/main\n";
        let packed =
            format!("# pack-refs with: peeled\n{}1 refs/heads/mainly\n{ID} refs/heads/main\n", &ID[1..]);
        let loose = format!("{ID}\n");
        let cases: [&[(&str, &str)]; 4] = [
            &[("/repo/.git/HEAD", head), ("/repo/.git/refs/heads/main", &loose)],
            &[("/repo/.git/HEAD", head), ("/repo/.git/packed-refs", &packed)],
            &[("/repo/specs/.git/HEAD", &loose)],
            &[
                ("/repo/.git", "gitdir: ../main/.git/worktrees/w\n"),
                ("/repo/../main/.git/worktrees/w/HEAD", head),
                ("/repo/../main/.git/worktrees/w/commondir", "../..\n"),
                ("/repo/../main/.git/worktrees/w/../../refs/heads/main", &loose),
            ],
        ];
        for files in cases {
            assert_eq!(commit(files).as_deref(), Some(ID), "{files:?}");
        }
    }

    #[test]
    fn a_folder_without_git_and_a_branch_without_commits_have_none() {
        assert_eq!(commit(&[]), None);
        assert_eq!(commit(&[("/repo/.git/HEAD", "ref: refs/heads/main\n")]), None);
        assert_eq!(commit(&[("/repo/.git/HEAD", "not an id\n")]), None);
    }
}
