//! Statements in the common dialect, and what each engine makes of them.

use crate::{StoreError, Value};
use std::borrow::Cow;

/// Which database engine a store runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EngineKind {
    Sqlite,
    Postgres,
}

/// A statement in the common dialect: what both engines understand, with these words replaced when it is prepared:
/// - `?1 ?2 ...`: the arguments, in order;
/// - `{ints ?1}`: a set of integers from one text argument holding a JSON array: `id IN {ints ?1}`;
/// - `{texts ?1}`: likewise a set of texts.
///
/// Where the engines really differ a statement is given for each: `Sql { sqlite: "...", postgres: "..." }`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sql {
    pub sqlite: &'static str,
    pub postgres: &'static str,
}

impl Sql {
    /// The text for an engine, not yet translated.
    pub const fn text(&self, engine: EngineKind) -> &'static str {
        match engine {
            EngineKind::Sqlite => self.sqlite,
            EngineKind::Postgres => self.postgres,
        }
    }
}

impl From<&'static str> for Sql {
    fn from(text: &'static str) -> Sql {
        Sql { sqlite: text, postgres: text }
    }
}

/// A statement with its arguments.
#[derive(Clone)]
pub struct Query {
    pub sql: Sql,
    pub args: Vec<Value>,
}

/// A statement with its arguments: `query("SELECT name FROM actors WHERE id = ?1", args![id])`.
pub fn query(sql: impl Into<Sql>, args: impl Into<Vec<Value>>) -> Query {
    Query { sql: sql.into(), args: args.into() }
}

/// A key for caches of prepared statements: statements are static, so their address names them.
pub(crate) fn cache_key(text: &'static str) -> (usize, usize) {
    (text.as_ptr() as usize, text.len())
}

/// The engine's own text of a statement in the common dialect.
pub(crate) fn translate(text: &str, engine: EngineKind) -> Result<Cow<'_, str>, StoreError> {
    if engine == EngineKind::Sqlite && !text.contains('{') {
        return Ok(Cow::Borrowed(text));
    }
    let wrong = |why| StoreError::Dialect { statement: text.to_owned(), why };
    let mut out = String::with_capacity(text.len() + 64);
    let mut rest = text;
    while let Some(at) = rest.find(['?', '{', '\'', '"', '-']) {
        let (before, found) = rest.split_at(at);
        out.push_str(before);
        let used = match found.as_bytes().first() {
            Some(b'?') => {
                let (number, used) = placeholder(found).ok_or_else(|| wrong("write ?1, ?2, ..."))?;
                push_argument(&mut out, number, engine);
                used
            }
            Some(b'{') => {
                let end = found.find('}').ok_or_else(|| wrong("a { without }"))?;
                let word = found.get(1..end).unwrap_or_default();
                let (name, argument) = word.split_once(' ').ok_or_else(|| wrong("write {word ?1}"))?;
                let (number, used) = placeholder(argument).ok_or_else(|| wrong("write {word ?1}"))?;
                if used != argument.len() {
                    return Err(wrong("write {word ?1}"));
                }
                push_set(&mut out, name, number, engine).ok_or_else(|| wrong("an unknown {word}"))?;
                end + 1
            }
            Some(quote @ (b'\'' | b'"')) => {
                let inner = found.get(1..).unwrap_or_default();
                let end = inner.find(char::from(*quote)).ok_or_else(|| wrong("a quote without its end"))?;
                out.push_str(found.get(..end + 2).unwrap_or_default());
                end + 2
            }
            _ if found.starts_with("--") => found.find('\n').unwrap_or(found.len()),
            _ => {
                out.push('-');
                1
            }
        };
        rest = found.get(used..).unwrap_or_default();
    }
    out.push_str(rest);
    Ok(Cow::Owned(out))
}

/// `?12...` -> (12, 3)
fn placeholder(text: &str) -> Option<(u16, usize)> {
    let digits = text.strip_prefix('?')?;
    let length = digits.bytes().take_while(u8::is_ascii_digit).count();
    Some((digits.get(..length)?.parse().ok()?, length + 1))
}

fn push_argument(out: &mut String, number: u16, engine: EngineKind) {
    out.push(if engine == EngineKind::Sqlite { '?' } else { '$' });
    out.push_str(&number.to_string());
}

fn push_set(out: &mut String, name: &str, number: u16, engine: EngineKind) -> Option<()> {
    let set = match (name, engine) {
        ("ints" | "texts", EngineKind::Sqlite) => format!("(SELECT value FROM json_each(?{number}))"),
        ("ints", EngineKind::Postgres) => {
            format!("(SELECT value::bigint FROM json_array_elements_text(${number}::text::json))")
        }
        ("texts", EngineKind::Postgres) => {
            format!("(SELECT value FROM json_array_elements_text(${number}::text::json))")
        }
        _ => return None,
    };
    out.push_str(&set);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use EngineKind::{Postgres, Sqlite};

    #[test]
    fn sqlite_keeps_plain_statements_as_they_are() {
        let text = "SELECT a FROM t WHERE b = ?1";
        assert!(matches!(translate(text, Sqlite), Ok(Cow::Borrowed(same)) if same == text));
    }

    #[test]
    fn postgres_gets_dollars_but_not_in_literals() {
        let text = "SELECT '?1 it''s {x}', \"?2\" -- why?\nFROM t WHERE b - 1 = ?12";
        let expected = "SELECT '?1 it''s {x}', \"?2\" \nFROM t WHERE b - 1 = $12";
        assert_eq!(translate(text, Postgres).unwrap(), expected);
    }

    #[test]
    fn sets_become_subqueries() {
        let text = "id IN {ints ?2} AND name IN {texts ?3}";
        assert_eq!(
            translate(text, Sqlite).unwrap(),
            "id IN (SELECT value FROM json_each(?2)) AND name IN (SELECT value FROM json_each(?3))"
        );
        assert!(
            translate(text, Postgres).unwrap().contains("value::bigint FROM json_array_elements_text($2")
        );
    }

    #[test]
    fn what_is_not_the_dialect_is_refused() {
        for text in ["a = ?", "{ints}", "{floats ?1}", "{ints ?1, ?2}", "{ints ?1", "'open"] {
            assert!(translate(text, Postgres).is_err(), "{text}");
        }
    }
}
