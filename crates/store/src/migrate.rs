//! Migrations: one schema in numbered files for both engines, applied forward only.

use crate::{EngineKind, StoreError};

/// One numbered step of the schema, in the common dialect:
/// - `BIGINT` is the only number type, `BYTES` the type of bytes, `TEXT` of text (compared by its bytes on both engines);
/// - a table's closing bracket begins a line of its own; SQLite's tables are made STRICT, that is, they refuse a value of
///   another type as PostgreSQL does;
/// - `CLUSTERED` after that bracket keeps the rows in primary key order where the engine can do that;
/// - a line beginning `-- only sqlite` or `-- only postgres` restricts what follows, up to a line `-- end`, to an engine.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// From 1, without gaps.
    pub version: i64,
    pub name: &'static str,
    pub text: &'static str,
}

impl Migration {
    /// The engine's own text.
    pub(crate) fn for_engine(&self, engine: EngineKind) -> Result<String, StoreError> {
        let mut out = String::with_capacity(self.text.len());
        let mut only = None;
        let mut in_table = false;
        for line in self.text.lines() {
            match (line.trim(), only) {
                ("-- only sqlite", None) => only = Some(EngineKind::Sqlite),
                ("-- only postgres", None) => only = Some(EngineKind::Postgres),
                ("-- end", Some(_)) => only = None,
                ("-- only sqlite" | "-- only postgres", Some(_)) | ("-- end", None) => {
                    return Err(self.failed("a block for one engine begins inside another, or ends twice"));
                }
                _ if only.is_none_or(|kind| kind == engine) => {
                    in_table |= line.starts_with("CREATE TABLE");
                    let closes = in_table && line.starts_with(')');
                    if closes && engine == EngineKind::Sqlite {
                        out.push_str(if line.contains("CLUSTERED") {
                            ") WITHOUT ROWID, STRICT;"
                        } else {
                            ") STRICT;"
                        });
                    } else {
                        push_words(&mut out, line, engine);
                    }
                    in_table &= !closes && !code(line).contains(';');
                    out.push('\n');
                }
                _ => {}
            }
        }
        if only.is_some() {
            return Err(self.failed("a block for one engine has no end"));
        }
        Ok(out)
    }

    /// Tells whether the text is still the one that was applied (FNV-1a, 64 bits).
    pub(crate) fn checksum(&self) -> i64 {
        let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        i64::from_ne_bytes(self.text.bytes().fold(0xcbf2_9ce4_8422_2325, step).to_ne_bytes())
    }

    pub(crate) fn failed(&self, message: impl std::fmt::Display) -> StoreError {
        StoreError::Migration { version: self.version, name: self.name, message: message.to_string() }
    }
}

/// Where an engine notes what was applied.
pub(crate) const TABLE: &str =
    "CREATE TABLE IF NOT EXISTS schema_migrations (version BIGINT PRIMARY KEY, checksum BIGINT NOT NULL)";

/// The migrations that a database still needs, given the (version, checksum) pairs applied to it.
pub(crate) fn pending<'a>(
    known: &'a [Migration],
    applied: &[(i64, i64)],
) -> Result<Vec<&'a Migration>, StoreError> {
    let binary = known.iter().map(|m| m.version).max().unwrap_or(0);
    let database = applied.iter().map(|(version, _)| *version).max().unwrap_or(0);
    if database > binary {
        return Err(StoreError::Newer { database, binary });
    }
    let mut pending = Vec::new();
    for migration in known {
        match applied.iter().find(|(version, _)| *version == migration.version) {
            Some((_, checksum)) if *checksum != migration.checksum() => {
                return Err(StoreError::Changed { version: migration.version, name: migration.name });
            }
            Some(_) => {}
            None => pending.push(migration),
        }
    }
    Ok(pending)
}

/// A line without its comment.
fn code(line: &str) -> &str {
    line.split_once("--").map_or(line, |(code, _)| code)
}

/// Copies a line, replacing the dialect's words.
fn push_words(out: &mut String, line: &str, engine: EngineKind) {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut rest = code(line);
    while let Some(start) = rest.find(is_word) {
        let (before, from) = rest.split_at(start);
        let (word, after) = from.split_at(from.find(|c| !is_word(c)).unwrap_or(from.len()));
        out.push_str(before);
        out.push_str(match (word, engine) {
            ("BIGINT", EngineKind::Sqlite) => "INTEGER",
            ("BYTES", EngineKind::Sqlite) => "BLOB",
            ("BYTES", EngineKind::Postgres) => "BYTEA",
            ("TEXT", EngineKind::Postgres) => "TEXT COLLATE \"C\"",
            ("CLUSTERED", EngineKind::Postgres) => "",
            _ => word,
        });
        rest = after;
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "CREATE TABLE t ( -- BYTES\n  a BIGINT, -- one; two\n  bytes BYTES, c TEXT\n) CLUSTERED;\nCREATE TABLE u (\n  a BIGINT\n);\n\
        -- only sqlite\nCREATE VIRTUAL TABLE f;\n-- end\n-- only postgres\nCREATE INDEX i;\n-- end\n";

    fn migration(version: i64, text: &'static str) -> Migration {
        Migration { version, name: "test", text }
    }

    #[test]
    fn words_and_blocks_follow_the_engine() {
        let sqlite = migration(1, TEXT).for_engine(EngineKind::Sqlite).unwrap();
        assert_eq!(
            sqlite,
            "CREATE TABLE t ( \n  a INTEGER, \n  bytes BLOB, c TEXT\n) WITHOUT ROWID, STRICT;\nCREATE TABLE u (\n  a INTEGER\n) STRICT;\nCREATE VIRTUAL TABLE f;\n"
        );
        let postgres = migration(1, TEXT).for_engine(EngineKind::Postgres).unwrap();
        assert_eq!(
            postgres,
            "CREATE TABLE t ( \n  a BIGINT, \n  bytes BYTEA, c TEXT COLLATE \"C\"\n) ;\nCREATE TABLE u (\n  a BIGINT\n);\nCREATE INDEX i;\n"
        );
    }

    #[test]
    fn an_open_block_is_refused() {
        for text in ["-- only sqlite\n", "-- end\n", "-- only sqlite\n-- only postgres\n-- end\n"] {
            assert!(migration(1, text).for_engine(EngineKind::Sqlite).is_err(), "{text}");
        }
    }

    #[test]
    fn only_what_is_missing_is_applied() {
        let known = [migration(1, "a"), migration(2, "b")];
        let first = (1, known[0].checksum());
        let versions = |applied: &[(i64, i64)]| -> Vec<i64> {
            pending(&known, applied).unwrap().iter().map(|m| m.version).collect()
        };
        assert_eq!(versions(&[]), [1, 2]);
        assert_eq!(versions(&[first]), [2]);
        assert!(matches!(pending(&known, &[(1, 7)]), Err(StoreError::Changed { version: 1, .. })));
        let newer = pending(&known, &[first, (3, 0)]);
        assert!(matches!(newer, Err(StoreError::Newer { database: 3, binary: 2 })));
    }
}
