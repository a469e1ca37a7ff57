//! The erasure journal: a file beside the database, kept outside its backups, that says who was erased, and which private
//! messages were deleted. A restored backup may bring back what went after it was taken; the journal says what is to go
//! again.
//!
//! It holds keyed hashes and moments, nothing else: one line `MILLISECONDS HASH-IN-HEX` for each erasure. A line that ends
//! in ` leaving` says that somebody is to be erased as soon as others have heard of it; one that ends in ` message` is
//! about a private message.

use crate::{Store, StoreError, args, query};
use std::{
    collections::HashSet,
    fs::{self, File},
    io::{ErrorKind, Write as _},
    path::{Path, PathBuf},
};

/// Something was erased.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Erasure {
    pub of: Erased,
    /// The keyed hash of the subject.
    pub subject_hash: Vec<u8>,
    /// When, in milliseconds since the Unix epoch.
    pub at: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Erased {
    Person,
    /// A person, only begun: what others must hear of it needs keys and queues until they have.
    Leaving,
    /// A private message, for all or for one of its readers.
    Message,
}

impl Erased {
    /// How its line ends.
    fn end(self) -> &'static str {
        match self {
            Erased::Person => "",
            Erased::Leaving => " leaving",
            Erased::Message => " message",
        }
    }
}

/// The file. Order of an erasure: first [`ErasureJournal::record`], then the write that erases and adds the row to
/// `erasures`. If the second fails, [`ErasureJournal::pending`] still says that it is to be done.
#[derive(Clone, Debug)]
pub struct ErasureJournal {
    path: PathBuf,
}

impl ErasureJournal {
    pub fn new(path: &Path) -> ErasureJournal {
        ErasureJournal { path: path.to_owned() }
    }

    /// Adds erasures; they are on disk when this returns. Waits for the disk: erasures are rare.
    pub fn record(&self, erasures: &[Erasure]) -> Result<(), StoreError> {
        // A line torn by a crash is closed by the newline before ours.
        let mut lines = "\n".to_owned();
        for Erasure { of, subject_hash, at } in erasures {
            lines.push_str(&format!("{at} {}{}\n", hex::encode(subject_hash), of.end()));
        }
        let folder = self.path.parent().filter(|path| !path.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::options()
            .create(true)
            .append(true)
            .open(&self.path)
            .and_then(|mut file| file.write_all(lines.as_bytes()).and_then(|()| file.sync_all()))
            .and_then(|()| File::open(folder)?.sync_all())
            .map_err(|error| StoreError::file(self.path.display(), error))
    }

    /// Every erasure, oldest first. A line that was torn by a crash is left out: its erasure was never acknowledged.
    pub fn read(&self) -> Result<Vec<Erasure>, StoreError> {
        match fs::read_to_string(&self.path) {
            Ok(text) => Ok(text.split_inclusive('\n').filter_map(parse).collect()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(StoreError::file(self.path.display(), error)),
        }
    }

    /// The erasures that this database does not know of: to be done again before anyone is served.
    pub async fn pending(&self, store: &Store) -> Result<Vec<Erasure>, StoreError> {
        let mut known = HashSet::new();
        for mut row in store.rows(query("SELECT subject_hash, at FROM erasures", args![])).await? {
            known.insert((row.get::<Vec<u8>>(0)?, row.get::<i64>(1)?));
        }
        let mut all = self.read()?;
        all.retain(|erasure| !known.contains(&(erasure.subject_hash.clone(), erasure.at)));
        Ok(all)
    }
}

fn parse(line: &str) -> Option<Erasure> {
    let (at, hash) = line.strip_suffix('\n')?.split_once(' ')?;
    let of = [Erased::Leaving, Erased::Message].into_iter().find(|of| hash.ends_with(of.end()));
    let of = of.unwrap_or(Erased::Person);
    let hash = hash.strip_suffix(of.end())?;
    Some(Erasure { of, subject_hash: hex::decode(hash).ok()?, at: at.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_recorded_is_read_even_after_a_torn_line() {
        let folder = tempfile::tempdir().unwrap();
        let journal = ErasureJournal::new(&folder.path().join("erasures"));
        assert!(journal.read().unwrap().is_empty());
        let of = |of, subject: u8, at| Erasure { of, subject_hash: vec![subject; 32], at };
        let first = of(Erased::Person, 1, 5);
        let others = [of(Erased::Leaving, 2, 7), of(Erased::Message, 3, 8)];
        journal.record(std::slice::from_ref(&first)).unwrap();
        let mut file = File::options().append(true).open(folder.path().join("erasures")).unwrap();
        file.write_all(b"6 0a0b").unwrap();
        assert_eq!(journal.read().unwrap(), std::slice::from_ref(&first));
        journal.record(&others).unwrap();
        let read = journal.read().unwrap();
        assert_eq!((read.first(), read.get(read.len() - 2..)), (Some(&first), Some(&others[..])));
    }
}
