//! Finds the SQL in Rust source: every string literal, and every `concat!` of literals and of macros that stand for
//! literals, that begins like a statement. Macros are expanded as the compiler does it, but for repetitions. A piece of
//! SQL that is put together in any other way is found as that piece, and fails to prepare: nothing is passed over in
//! silence.

use landbridge_store::EngineKind;
use std::{collections::HashMap, iter::Peekable, str::Chars};

/// A statement, and the engine it is for when it is for one only.
#[derive(Debug, PartialEq)]
pub struct Found {
    pub text: String,
    pub only: Option<EngineKind>,
}

/// `shared`: source whose macros are known everywhere.
pub fn statements(shared: &str, source: &str) -> Vec<Found> {
    let source = tokens(source);
    let mut macros = macros(&tokens(shared));
    macros.extend(self::macros(&source));
    let mut found = Vec::new();
    walk(&source, &macros, &mut found);
    found
}

fn walk(tokens: &[Token], macros: &Macros, found: &mut Vec<Found>) {
    let mut at = 0;
    while at < tokens.len() {
        if tokens[at..].starts_with(&[Token::word("macro_rules"), Token::Sign('!')]) {
            at = after_group(tokens, at + 3);
            continue;
        }
        let only = match tokens.get(at.saturating_sub(2)..at) {
            Some([Token::Word(word), Token::Sign(':')]) if word == "sqlite" => Some(EngineKind::Sqlite),
            Some([Token::Word(word), Token::Sign(':')]) if word == "postgres" => Some(EngineKind::Postgres),
            _ => None,
        };
        let (text, mut next) = value(tokens, at, macros);
        match text {
            Some(text) if is_statement(&text) => found.push(Found { text, only }),
            Some(_) => {}
            None => {
                if let Some((expanded, end)) = expand(tokens, at, macros) {
                    walk(&expanded, macros, found);
                    next = end;
                }
            }
        }
        at = next;
    }
}

fn is_statement(text: &str) -> bool {
    let text = text.trim_start();
    ["SELECT ", "INSERT ", "UPDATE ", "DELETE ", "WITH "].iter().any(|verb| text.starts_with(verb))
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Text(String),
    Word(String),
    Sign(char),
}

impl Token {
    fn word(word: &str) -> Token {
        Token::Word(word.to_owned())
    }
}

/// The text that stands at a place, if one does, and the place after it.
fn value(tokens: &[Token], at: usize, macros: &Macros) -> (Option<String>, usize) {
    match &tokens[at..] {
        [Token::Text(text), ..] => (Some(text.clone()), at + 1),
        [Token::Word(name), Token::Sign('!'), Token::Sign('(' | '{' | '['), ..] if name == "concat" => {
            let end = after_group(tokens, at + 2);
            let mut text = String::new();
            let mut inner = at + 3;
            while inner < end {
                let (piece, next) = value(tokens, inner, macros);
                text.push_str(&piece.unwrap_or_default());
                inner = next;
            }
            (Some(text), end)
        }
        _ => match expand(tokens, at, macros) {
            Some((expanded, end)) => match value(&expanded, 0, macros) {
                (Some(text), used) if used == expanded.len() => (Some(text), end),
                _ => (None, at + 1),
            },
            None => (None, at + 1),
        },
    }
}

/// Macros by name, each with its arms: pattern and body.
type Macros = HashMap<String, Vec<(Vec<Token>, Vec<Token>)>>;

fn macros(tokens: &[Token]) -> Macros {
    let mut macros = HashMap::new();
    for at in 0..tokens.len() {
        if let [Token::Word(rules), Token::Sign('!'), Token::Word(name), Token::Sign('{'), ..] = &tokens[at..]
            && rules == "macro_rules"
        {
            let end = after_group(tokens, at + 3) - 1;
            let mut arms = Vec::new();
            let mut place = at + 4;
            while place < end {
                let body = after_group(tokens, place) + 2;
                let after = after_group(tokens, body);
                arms.push((tokens[place + 1..body - 3].to_vec(), tokens[body + 1..after - 1].to_vec()));
                place = after + usize::from(tokens.get(after) == Some(&Token::Sign(';')));
            }
            macros.insert(name.clone(), arms);
        }
    }
    macros
}

/// What a call of a known macro stands for, and the place after the call.
fn expand(tokens: &[Token], at: usize, macros: &Macros) -> Option<(Vec<Token>, usize)> {
    let [Token::Word(name), Token::Sign('!'), Token::Sign('(' | '{' | '['), ..] = &tokens[at..] else {
        return None;
    };
    let arms = macros.get(name)?;
    let end = after_group(tokens, at + 2);
    let given = &tokens[at + 3..end - 1];
    arms.iter().find_map(|(pattern, body)| Some((fill(body, &bind(pattern, given)?), end)))
}

/// The tokens that each fragment of the pattern stands for; `None` when the pattern does not fit.
fn bind<'a>(pattern: &[Token], mut given: &'a [Token]) -> Option<HashMap<String, &'a [Token]>> {
    let mut bound = HashMap::new();
    let mut at = 0;
    while at < pattern.len() {
        if let [Token::Sign('$'), Token::Word(name), Token::Sign(':'), Token::Word(kind), ..] = &pattern[at..]
        {
            let length = fragment(given);
            if length == 0 || (kind == "literal" && !matches!(given[..length], [Token::Text(_)])) {
                return None;
            }
            bound.insert(name.clone(), &given[..length]);
            given = &given[length..];
            at += 4;
        } else {
            given = given.strip_prefix(&pattern[at..=at])?;
            at += 1;
        }
    }
    matches!(given, [] | [Token::Sign(',')]).then_some(bound)
}

/// Up to the next comma outside of brackets; one literal is one fragment.
fn fragment(given: &[Token]) -> usize {
    if let [Token::Text(_), ..] = given {
        return 1;
    }
    let mut at = 0;
    while at < given.len() && given[at] != Token::Sign(',') {
        at = match given[at] {
            Token::Sign('(' | '{' | '[') => after_group(given, at),
            _ => at + 1,
        };
    }
    at
}

fn fill(body: &[Token], bound: &HashMap<String, &[Token]>) -> Vec<Token> {
    let mut filled = Vec::with_capacity(body.len());
    let mut at = 0;
    while at < body.len() {
        match &body[at..] {
            [Token::Sign('$'), Token::Word(name), ..] if bound.contains_key(name) => {
                filled.extend_from_slice(bound[name]);
                at += 2;
            }
            _ => {
                filled.push(body[at].clone());
                at += 1;
            }
        }
    }
    filled
}

/// The place after the bracket that closes the one here.
fn after_group(tokens: &[Token], at: usize) -> usize {
    let mut depth = 0;
    for (place, token) in tokens.iter().enumerate().skip(at) {
        match token {
            Token::Sign('(' | '{' | '[') => depth += 1,
            Token::Sign(')' | '}' | ']') => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return place + 1;
        }
    }
    tokens.len()
}

fn tokens(source: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = source.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '/' if rest.peek() == Some(&'/') => while rest.next_if(|c| *c != '\n').is_some() {},
            '"' => tokens.push(Token::Text(quoted(&mut rest))),
            'r' if matches!(rest.peek(), Some('"' | '#')) => match raw(&mut rest) {
                Some(text) => tokens.push(Token::Text(text)),
                None => tokens.push(Token::word("r")),
            },
            '\'' => character(&mut rest),
            c if c.is_alphanumeric() || c == '_' => {
                let mut word = String::from(c);
                while let Some(c) = rest.next_if(|c| c.is_alphanumeric() || *c == '_') {
                    word.push(c);
                }
                tokens.push(Token::Word(word));
            }
            c if !c.is_whitespace() => tokens.push(Token::Sign(c)),
            _ => {}
        }
    }
    tokens
}

fn quoted(rest: &mut Peekable<Chars>) -> String {
    let mut text = String::new();
    while let Some(c) = rest.next() {
        match (c, rest.peek().copied()) {
            ('"', _) => break,
            ('\\', Some('\n')) => while rest.next_if(|c| c.is_whitespace()).is_some() {},
            ('\\', Some(escaped)) => {
                rest.next();
                text.push(if escaped == 'n' { '\n' } else { escaped });
            }
            _ => text.push(c),
        }
    }
    text
}

fn raw(rest: &mut Peekable<Chars>) -> Option<String> {
    let mut end = String::from("\"");
    while rest.next_if_eq(&'#').is_some() {
        end.push('#');
    }
    rest.next_if_eq(&'"')?;
    let mut text = String::new();
    while !text.ends_with(&end) {
        text.push(rest.next()?);
    }
    text.truncate(text.len() - end.len());
    Some(text)
}

/// A character, or only the quote of a lifetime.
fn character(rest: &mut Peekable<Chars>) {
    let mut ahead = rest.clone();
    let length = match (ahead.next(), ahead.next(), ahead.next()) {
        (Some('\\'), Some('u'), _) => rest.clone().position(|c| c == '\'').map_or(0, |end| end + 1),
        (Some('\\'), _, Some('\'')) => 3,
        (Some(_), Some('\''), _) => 2,
        _ => 0,
    };
    for _ in 0..length {
        rest.next();
    }
}

#[test]
fn sql_is_found_however_it_is_written() {
    let source = r##"
        /// "SELECT in a comment"
        macro_rules! columns { () => { concat!("a, ", "b") } }
        macro_rules! by { (key $k:literal) => { by!("SELECT a", $k) }; ($head:literal, $k:expr) => { concat!($head, " FROM t ORDER BY ", $k) } }
        fn f<'a>(c: char) -> bool { c == '"' || c == '\'' }
        const A: &str = "SELECT 1 \
            FROM t WHERE a = \"x\"";
        fn g() { query(concat!("SELECT ", columns!(), " FROM t"), args!["no"]); }
        fn i() { query(paged!(w, concat!("SELECT ", columns!(), " FROM u"))) + by!(key "b") }
        fn h() -> Sql { Sql { sqlite: r#"UPDATE "t""#, postgres: "DELETE FROM t" } }
    "##;
    let shared = r#"macro_rules! paged { ($w:expr, $sql:expr) => { if $w.up { concat!($sql, " UP") } else { concat!($sql, " DOWN") } } }"#;
    let found: Vec<_> =
        statements(shared, source).into_iter().map(|found| (found.text, found.only)).collect();
    let expected = [
        ("SELECT 1 FROM t WHERE a = \"x\"", None),
        ("SELECT a, b FROM t", None),
        ("SELECT a, b FROM u UP", None),
        ("SELECT a, b FROM u DOWN", None),
        ("SELECT a FROM t ORDER BY b", None),
        ("UPDATE \"t\"", Some(EngineKind::Sqlite)),
        ("DELETE FROM t", Some(EngineKind::Postgres)),
    ];
    assert_eq!(found, expected.map(|(text, only)| (text.to_owned(), only)));
}
