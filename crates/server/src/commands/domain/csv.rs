//! Lists of blocked servers as Mastodon's administration exports and imports them: CSV whose first line names the
//! columns, of which `domain`, `severity` and `public_comment` (each with or without `#`) mean something here.

use anyhow::{Context, bail};
use landbridge_hub::moderation::{DomainRule, Rule};

/// One line of a list.
#[derive(Debug, PartialEq, Eq)]
pub struct Listed {
    pub domain: String,
    /// `None`: the list only takes a note of the server.
    pub rule: Option<Rule>,
    pub comment: String,
}

/// Reads a list. A file without a line of names is a list of domains to block, one a line.
pub fn read(text: &str) -> anyhow::Result<Vec<Listed>> {
    let mut lines = records(text.trim_start_matches('\u{feff}'))?.into_iter().peekable();
    let names = match lines.peek() {
        Some(first) if first.iter().any(|name| column(name) == "domain") => lines.next().unwrap_or_default(),
        _ => vec!["domain".to_owned()],
    };
    let place = |wanted: &str| names.iter().position(|name| column(name) == wanted);
    let domain = place("domain").context("no column is named domain")?;
    let (severity, comment) = (place("severity"), place("public_comment"));
    let field = |line: &[String], place: Option<usize>| {
        place.and_then(|place| line.get(place)).map(|field| field.trim().to_owned()).unwrap_or_default()
    };
    lines
        .filter(|line| !field(line, Some(domain)).is_empty())
        .map(|line| {
            let rule = match field(&line, severity).as_str() {
                "" | "suspend" => Some(Rule::Block),
                "silence" => Some(Rule::Limit),
                "noop" => None,
                other => bail!("the severity {other:?} is none of suspend, silence and noop"),
            };
            Ok(Listed { domain: field(&line, Some(domain)), rule, comment: field(&line, comment) })
        })
        .collect()
}

/// Writes the rules that Mastodon has words for: all but exceptions.
pub fn write(rules: &[DomainRule]) -> String {
    let mut text = "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\n".to_owned();
    for rule in rules {
        let severity = match rule.rule {
            Rule::Block => "suspend",
            Rule::Limit => "silence",
            Rule::Allow => continue,
        };
        let quoted = |field: &str| format!("\"{}\"", field.replace('"', "\"\""));
        let (domain, comment) = (quoted(&rule.domain), quoted(&rule.note));
        text.push_str(&format!("{domain},{severity},{},false,{comment},false\n", rule.reject_media));
    }
    text
}

fn column(name: &str) -> String {
    name.trim().trim_start_matches('#').to_lowercase()
}

/// RFC 4180: fields may be quoted, and then hold commas, line ends and doubled quotes.
fn records(text: &str) -> anyhow::Result<Vec<Vec<String>>> {
    let (mut all, mut line, mut field, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut signs = text.chars().peekable();
    while let Some(sign) = signs.next() {
        match sign {
            '"' if quoted && signs.peek() == Some(&'"') => {
                signs.next();
                field.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => line.push(std::mem::take(&mut field)),
            '\r' if !quoted => {}
            '\n' if !quoted => {
                line.push(std::mem::take(&mut field));
                all.push(std::mem::take(&mut line));
            }
            other => field.push(other),
        }
    }
    if quoted {
        bail!("a quoted field has no end");
    }
    line.push(field);
    all.push(line);
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mastodon_list_is_read() {
        let text = "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\r\n\
                    spam.example,suspend,false,false,\"sells \"\"shoes\"\", loudly\",false\r\n\
                    loud.example,silence,true,false,,false\r\nseen.example,noop,false,false,,false\r\n";
        let listed = read(text).unwrap();
        let line = |domain: &str, rule, comment: &str| Listed {
            domain: domain.into(),
            rule,
            comment: comment.into(),
        };
        assert_eq!(
            listed,
            [
                line("spam.example", Some(Rule::Block), "sells \"shoes\", loudly"),
                line("loud.example", Some(Rule::Limit), ""),
                line("seen.example", None, ""),
            ]
        );
    }

    #[test]
    fn a_bare_list_blocks_and_nonsense_is_refused() {
        let listed = read("a.example\nb.example\n\n").unwrap();
        assert!(listed.len() == 2 && listed.iter().all(|line| line.rule == Some(Rule::Block)));
        assert!(read("domain,severity\na.example,banish\n").is_err());
        assert!(read("domain\n\"a.example\n").is_err());
    }

    #[test]
    fn what_is_written_is_read_again() {
        let rule = |domain: &str, rule, note: &str| DomainRule {
            domain: domain.into(),
            rule,
            reject_media: false,
            note: note.into(),
            at: landbridge_model::Time(0),
        };
        let rules = [
            rule("a.example", Rule::Block, "one, \"two\"\nthree"),
            rule("b.example", Rule::Limit, ""),
            rule("c.example", Rule::Allow, ""),
        ];
        let again = read(&write(&rules)).unwrap();
        let told = again.iter().map(|line| (line.domain.as_str(), line.comment.as_str())).collect::<Vec<_>>();
        assert_eq!(told, [("a.example", "one, \"two\"\nthree"), ("b.example", "")]);
    }
}
