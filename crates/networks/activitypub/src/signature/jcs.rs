//! JSON Canonicalization Scheme (RFC 8785): the one byte form of a JSON value that proofs sign.

use serde_json::{Number, Value};
use std::fmt::Write;

/// The canonical form. Values come out of a depth-bounded parser, so recursion is bounded too.
pub fn canonical(value: &Value) -> String {
    let mut out = String::with_capacity(1024);
    push(value, &mut out);
    out
}

fn push(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Value::Number(n) => push_number(n, out),
        Value::String(s) => push_string(s, out),
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                push(item, out);
            }
            out.push(']');
        }
        Value::Object(map) => {
            let mut members: Vec<_> = map.iter().collect();
            // By UTF-16 code units (3.2.3), which differs from UTF-8 order beyond the basic plane.
            members.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            out.push('{');
            for (i, (name, value)) in members.into_iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                push_string(name, out);
                out.push(':');
                push(value, out);
            }
            out.push('}');
        }
    }
}

fn push_string(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// As ECMAScript writes numbers (7.1.12.1): shortest digits, exponents only outside 1e-7..1e21.
fn push_number(number: &Number, out: &mut String) {
    let value = number.as_f64().unwrap_or_default();
    if value == 0.0 {
        return out.push('0');
    }
    if value < 0.0 {
        out.push('-');
    }
    let scientific = format!("{:e}", value.abs());
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let digits: String = mantissa.chars().filter(|c| *c != '.').collect();
    let point = exponent.parse::<i32>().unwrap_or_default() + 1;
    let count = digits.len() as i32;
    let (head, tail) = digits.split_at_checked(point.clamp(0, count) as usize).unwrap_or((&digits, ""));
    let zeros = |n: i32| "0".repeat(n.max(0) as usize);
    let _ = match point {
        _ if count <= point && point <= 21 => write!(out, "{digits}{}", zeros(point - count)),
        1..=21 => write!(out, "{head}.{tail}"),
        -5..=0 => write!(out, "0.{}{digits}", zeros(-point)),
        _ => {
            let (first, rest) = digits.split_at_checked(1).unwrap_or((&digits, ""));
            let dot = if rest.is_empty() { "" } else { "." };
            write!(out, "{first}{dot}{rest}e{}{}", if point > 0 { "+" } else { "-" }, (point - 1).abs())
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_rfc() {
        let value: Value = serde_json::from_str(
            r#"{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],
               "string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}"#,
        )
        .unwrap();
        let want = "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],\
                    \"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}";
        assert_eq!(canonical(&value), want);
    }

    #[test]
    fn order_is_by_utf_16() {
        let value: Value =
            serde_json::from_str(r#"{"\ud83d\ude00":1,"\ufb33":2,"\u20ac":3,"1":4,"\r":5}"#).unwrap();
        assert_eq!(canonical(&value), "{\"\\r\":5,\"1\":4,\"€\":3,\"😀\":1,\"\u{fb33}\":2}");
    }

    #[test]
    fn numbers() {
        for (text, want) in [
            ("-0.0", "0"),
            ("1", "1"),
            ("-1", "-1"),
            ("100000000000000000000", "100000000000000000000"),
            ("1e21", "1e+21"),
            ("123456.789e2", "12345678.9"),
            ("1e-6", "0.000001"),
            ("1.5e-7", "1.5e-7"),
            ("9007199254740991", "9007199254740991"),
            ("-71.184902", "-71.184902"),
        ] {
            let value: Value = serde_json::from_str(text).unwrap();
            assert_eq!(canonical(&value), want, "{text}");
        }
    }
}
