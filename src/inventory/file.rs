//! A file as a document with versions: read whole, and written or deleted only if it still is what was seen.
//! Decides nothing about its content.

use std::io::ErrorKind;
use std::path::Path;

use fs_err::File;

/// The text of a file; None where there is none.
pub(super) fn read(path: &Path) -> std::io::Result<Option<String>> {
    match fs_err::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Makes a file hold `after`, or be gone, if it holds `before`; otherwise leaves it alone and says so.
pub(super) fn swap(path: &Path, before: Option<&str>, after: Option<&str>) -> std::io::Result<bool> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs_err::create_dir_all(folder)?;
    let _guard = guard(folder)?;
    if read(path)?.as_deref() != before {
        return Ok(false);
    }
    match after {
        Some(text) => write(folder, path, text)?,
        None if before.is_some() => fs_err::remove_file(path)?,
        None => {}
    }
    Ok(true)
}

/// Keeps others out between the look and the write, until dropped. The file itself is replaced and cannot carry the lock of the
/// system; its folder can, where the system lets folders be opened.
fn guard(folder: &Path) -> std::io::Result<Option<File>> {
    if cfg!(not(unix)) {
        return Ok(None);
    }
    let folder = File::open(folder)?;
    folder.file().lock()?;
    Ok(Some(folder))
}

/// Either the old text or the new one, whatever happens in between.
fn write(folder: &Path, path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    std::io::Write::write_all(&mut file, text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// The names of the files of a folder; none where there is no folder.
pub(super) fn names(folder: &Path) -> std::io::Result<Vec<String>> {
    let entries = match fs_err::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_seen_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/a.json");
        assert!(swap(&path, None, Some("1")).unwrap());
        for (before, after, done) in [
            (None, Some("2"), false),
            (Some("0"), Some("2"), false),
            (Some("0"), None, false),
            (Some("1"), Some("2"), true),
            (Some("2"), None, true),
            (None, None, true),
        ] {
            assert_eq!(swap(&path, before, after).unwrap(), done, "{before:?} {after:?}");
        }
        assert_eq!(read(&path).unwrap(), None);
    }

    #[test]
    fn of_many_who_create_a_file_at_once_one_does() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock.json");
        let path = &path;
        let made = std::thread::scope(|scope| {
            let all: Vec<_> = (0..8)
                .map(|i| scope.spawn(move || swap(path, None, Some(&i.to_string())).unwrap()))
                .collect();
            all.into_iter().map(|one| one.join().unwrap()).filter(|made| *made).count()
        });
        assert_eq!(made, 1);
    }

    #[test]
    fn a_folder_that_is_not_there_holds_nothing() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(names(&folder.path().join("runs")).unwrap(), [] as [&str; 0]);
        fs_err::write(folder.path().join("a.json"), "").unwrap();
        assert_eq!(names(folder.path()).unwrap(), ["a.json"]);
    }
}
