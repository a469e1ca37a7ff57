//! Finds the SQL in Rust source: every string literal, and every `concat!` of literals and of macros that stand for
//! literals, that begins like a statement. A piece of SQL that is put together in any other way is found as that piece,
//! and fails to prepare: nothing is passed over in silence.

use landbridge_store::EngineKind;
use std::{collections::HashMap, iter::Peekable, str::Chars};

/// A statement, and the engine it is for when it is for one only.
#[derive(Debug, PartialEq)]
pub struct Found {
    pub text: String,
    pub only: Option<EngineKind>,
}

pub fn statements(source: &str) -> Vec<Found> {
    let tokens = tokens(source);
    let macros = macros(&tokens);
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if tokens[at..].starts_with(&[Token::word("macro_rules"), Token::Sign('!')]) {
            at = after_group(&tokens, at + 3);
            continue;
        }
        let only = match tokens.get(at.saturating_sub(2)..at) {
            Some([Token::Word(word), Token::Sign(':')]) if word == "sqlite" => Some(EngineKind::Sqlite),
            Some([Token::Word(word), Token::Sign(':')]) if word == "postgres" => Some(EngineKind::Postgres),
            _ => None,
        };
        let (text, next) = value(&tokens, at, &macros);
        if let Some(text) = text
            && ["SELECT ", "INSERT ", "UPDATE ", "DELETE ", "WITH "]
                .iter()
                .any(|verb| text.trim_start().starts_with(verb))
        {
            found.push(Found { text, only });
        }
        at = next;
    }
    found
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
fn value(tokens: &[Token], at: usize, macros: &HashMap<String, String>) -> (Option<String>, usize) {
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
        [Token::Word(name), Token::Sign('!'), ..] if macros.contains_key(name) => {
            (macros.get(name).cloned(), after_group(tokens, at + 2))
        }
        _ => (None, at + 1),
    }
}

/// Macros without arguments that stand for a text.
fn macros(tokens: &[Token]) -> HashMap<String, String> {
    let mut macros = HashMap::new();
    for at in 0..tokens.len() {
        if let [Token::Word(rules), Token::Sign('!'), Token::Word(name), ..] = &tokens[at..]
            && rules == "macro_rules"
        {
            let body = at + 3..after_group(tokens, at + 3);
            if let Some(text) = body.clone().find_map(|place| value(tokens, place, &macros).0) {
                macros.insert(name.clone(), text);
            }
        }
    }
    macros
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
        if depth == 0 && place > at {
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
        fn f<'a>(c: char) -> bool { c == '"' || c == '\'' }
        const A: &str = "SELECT 1 \
            FROM t WHERE a = \"x\"";
        fn g() { query(concat!("SELECT ", columns!(), " FROM t"), args!["no"]); }
        fn h() -> Sql { Sql { sqlite: r#"UPDATE "t""#, postgres: "DELETE FROM t" } }
    "##;
    let found: Vec<_> = statements(source).into_iter().map(|found| (found.text, found.only)).collect();
    let expected = [
        ("SELECT 1 FROM t WHERE a = \"x\"", None),
        ("SELECT a, b FROM t", None),
        ("UPDATE \"t\"", Some(EngineKind::Sqlite)),
        ("DELETE FROM t", Some(EngineKind::Postgres)),
    ];
    assert_eq!(found, expected.map(|(text, only)| (text.to_owned(), only)));
}
