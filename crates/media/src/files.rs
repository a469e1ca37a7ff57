//! Files named by their content: `ab/cd/<sha256>.<ext>` below one directory.
//!
//! A file is written under another name, synced, renamed, and its directory synced: after a power cut it is there
//! whole or not at all.

use std::{
    fs, io,
    io::Write as _,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, SystemTime},
};

/// Writes `bytes` durably, unless the same content is there already. Gives the file's name, `<sha256>.<ext>`.
///
/// Blocks; call it from a thread where that is allowed.
pub fn put(dir: &Path, bytes: &[u8], extension: &str) -> io::Result<String> {
    let hash = sha256(bytes);
    let name = format!("{hash}.{extension}");
    let path = locate(dir, &name).ok_or(io::ErrorKind::InvalidInput)?;
    let parent = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    if fs::metadata(&path).is_ok_and(|m| m.len() == bytes.len() as u64) {
        // It was put just now, whoever put it first. (And that one may have renamed it a moment ago.)
        fs::File::options().write(true).open(&path)?.set_modified(SystemTime::now())?;
        sync_dir(parent)?;
        return Ok(name);
    }
    make_dirs(dir, parent)?;
    let temp = parent.join(format!(".{hash}.{}.{}", std::process::id(), serial()));
    let written = write_synced(&temp, bytes).and_then(|()| fs::rename(&temp, &path));
    if written.is_err() {
        let _ = fs::remove_file(&temp);
    }
    written?;
    sync_dir(parent)?;
    Ok(name)
}

/// Removes a file; one that is not there is fine.
pub fn remove(dir: &Path, name: &str) -> io::Result<()> {
    let path = locate(dir, name).ok_or(io::ErrorKind::InvalidInput)?;
    match fs::remove_file(&path) {
        Ok(()) => path.parent().map_or(Ok(()), sync_dir),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(e) => Err(e),
    }
}

/// Names of files whose hash begins with that byte and which were put longer ago than that. What is left of a write that
/// was cut short so long ago is removed.
pub fn old(dir: &Path, first: u8, age: Duration) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for folder in entries(&dir.join(format!("{first:02x}")))? {
        for path in entries(&folder)? {
            let written = fs::metadata(&path).and_then(|m| m.modified());
            if !written.is_ok_and(|at| at.elapsed().is_ok_and(|since| since > age)) {
                continue;
            }
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            match locate(dir, name) {
                Some(_) => names.push(name.to_owned()),
                None if name.starts_with('.') => fs::remove_file(&path)?,
                None => {}
            }
        }
    }
    Ok(names)
}

/// What is in a directory; nothing when it is none.
fn entries(dir: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(dir) {
        Ok(found) => found.map(|entry| entry.map(|e| e.path())).collect(),
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(Vec::new())
        }
        Err(e) => Err(e),
    }
}

/// Where a file of that name is; `None` when it is not a name that [`put`] gives, so that no name leads elsewhere.
pub fn locate(dir: &Path, name: &str) -> Option<PathBuf> {
    let (hash, extension) = name.split_once('.')?;
    let plain = |s: &str| s.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    if hash.len() != 64 || !hash.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) || !plain(extension)
    {
        return None;
    }
    Some(dir.join(hash.get(..2)?).join(hash.get(2..4)?).join(name))
}

/// Lower-case hex.
pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes))
}

fn serial() -> u64 {
    static SERIAL: AtomicU64 = AtomicU64::new(0);
    SERIAL.fetch_add(1, Ordering::Relaxed)
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Creates `dir/ab/cd`, each level's name synced in the level above.
fn make_dirs(dir: &Path, deepest: &Path) -> io::Result<()> {
    let middle = deepest.parent().unwrap_or(dir);
    fs::create_dir_all(dir)?;
    for (level, above) in [(middle, dir), (deepest, middle)] {
        match fs::create_dir(level) {
            Ok(()) => sync_dir(above)?,
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(e),
        }
    }
    Ok(())
}

fn sync_dir(dir: &Path) -> io::Result<()> {
    fs::File::open(dir)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_once_and_removed() {
        let dir = tempfile::tempdir().unwrap();
        let name = put(dir.path(), b"hello", "png").unwrap();
        assert_eq!(put(dir.path(), b"hello", "png").unwrap(), name);
        let path = locate(dir.path(), &name).unwrap();
        assert!(path.starts_with(dir.path().join("2c").join("f2")), "{path:?}");
        assert_eq!(fs::read(&path).unwrap(), b"hello");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
        remove(dir.path(), &name).unwrap();
        assert!(!path.exists());
        remove(dir.path(), &name).unwrap();
    }

    #[test]
    fn a_cut_file_is_written_again() {
        let dir = tempfile::tempdir().unwrap();
        let name = put(dir.path(), b"hello", "png").unwrap();
        let path = locate(dir.path(), &name).unwrap();
        fs::write(&path, b"he").unwrap();
        put(dir.path(), b"hello", "png").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"hello");
    }

    #[test]
    fn old_files_are_found() {
        let dir = tempfile::tempdir().unwrap();
        let name = put(dir.path(), b"hello", "png").unwrap();
        let first = u8::from_str_radix(&name[..2], 16).unwrap();
        let torn = locate(dir.path(), &name).unwrap().with_file_name(".torn.1.1");
        fs::write(&torn, b"he").unwrap();
        assert!(old(dir.path(), first, Duration::from_secs(60)).unwrap().is_empty());
        assert!(old(dir.path(), first ^ 1, Duration::ZERO).unwrap().is_empty());
        assert!(torn.exists());
        assert_eq!(old(dir.path(), first, Duration::ZERO).unwrap(), [name]);
        assert!(!torn.exists());
        assert!(old(&dir.path().join("none"), 0, Duration::ZERO).unwrap().is_empty());
    }

    #[test]
    fn no_name_leads_elsewhere() {
        let hash = "a".repeat(64);
        for name in [
            "../../etc/passwd",
            "x.png",
            &format!("{hash}./../x"),
            &format!("{hash}.p/g"),
            &hash,
            &format!("{}.png", hash.to_uppercase()),
        ] {
            assert_eq!(locate(Path::new("/m"), name), None, "{name}");
        }
        assert!(locate(Path::new("/m"), &format!("{hash}.png")).is_some());
    }
}
