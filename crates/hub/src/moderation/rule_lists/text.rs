//! Lists of rules for hosts as text: CSV as Mastodon's administration exports it, whose first line names the columns, of
//! which `domain`, `severity` and `public_comment` (each with or without `#`) mean something here; or plain text, one
//! domain a line, all to be blocked, where a line that begins with `#` is a remark.
//!
//! What cannot be taken in is left out and named; only a text that is no list at all is refused.

use crate::moderation::{DomainRule, Rule, domains::host_name};
use std::collections::HashMap;

/// Entries of a list.
const MOST: usize = 100_000;
/// Characters of a remark that are kept.
const NOTE: usize = 500;
/// Entries left out that are named, and characters of each.
const NAMED: usize = 200;
const NAME: usize = 120;

/// What a list says.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// By domain, each once; of two lines about one domain the stricter.
    pub rules: Vec<ListedRule>,
    /// Some of what was left out: the entry, and why.
    pub skipped: Vec<(String, String)>,
    pub left_out: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedRule {
    pub domain: String,
    /// [`Rule::Block`] or [`Rule::Limit`].
    pub rule: Rule,
    pub note: String,
}

/// Reads a list. Fails, in words, when it is none: a quoted field without an end, more than 100,000 entries, or lines of
/// which none can be taken in.
pub fn read(text: &str) -> Result<Listed, String> {
    let text = text.trim_start_matches('\u{feff}');
    let first = text.lines().next().unwrap_or_default();
    let entries = match first.split(',').any(|name| column(name) == "domain") {
        true => of_table(text)?,
        false => of_lines(text)?,
    };
    let mut listed = Listed::default();
    let mut found: HashMap<String, ListedRule> = HashMap::new();
    for entry in entries {
        match taken(&entry) {
            Ok(rule) => match found.get(&rule.domain) {
                Some(other) if other.rule == Rule::Block || rule.rule == Rule::Limit => {}
                _ => _ = found.insert(rule.domain.clone(), rule),
            },
            Err(why) => listed.leave_out(&entry.domain, why),
        }
    }
    if found.is_empty()
        && let Some((entry, why)) = listed.skipped.first()
    {
        return Err(format!("nothing in it can be taken in; the first entry, {entry:?}: {why}"));
    }
    listed.rules = found.into_values().collect();
    listed.rules.sort_by(|a, b| a.domain.cmp(&b.domain));
    Ok(listed)
}

/// Writes the rules that Mastodon has words for: all but exceptions. Such a list is handed on, and its only comment is a
/// public one: notes, which are for those who run this server, are not in it.
pub fn write(rules: &[DomainRule]) -> String {
    let mut text = "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\n".to_owned();
    for rule in rules {
        let severity = match rule.rule {
            Rule::Block => "suspend",
            Rule::Limit => "silence",
            Rule::Allow => continue,
        };
        text.push_str(&format!("\"{}\",{severity},{},false,,false\n", rule.domain, rule.reject_media));
    }
    text
}

/// One line.
struct Entry {
    domain: String,
    severity: String,
    note: String,
}

fn taken(entry: &Entry) -> Result<ListedRule, &'static str> {
    let rule = match entry.severity.to_lowercase().as_str() {
        "" | "suspend" => Rule::Block,
        "silence" => Rule::Limit,
        "noop" => return Err("the list has no rule for it"),
        _ => return Err("its severity is none of suspend, silence and noop"),
    };
    // Some lists hide a part of the name, or mean everything below it, which is what every rule does here.
    if entry.domain.contains('*') {
        return Err("the name is not written out");
    }
    let domain = host_name(&entry.domain)?;
    if !domain.contains(['.', ':']) {
        return Err("it would cover a whole top-level domain");
    }
    let note = entry.note.chars().filter(|c| !c.is_control()).take(NOTE).collect();
    Ok(ListedRule { domain, rule, note })
}

impl Listed {
    fn leave_out(&mut self, entry: &str, why: &str) {
        self.left_out += 1;
        if self.skipped.len() < NAMED {
            let entry = entry.chars().filter(|c| !c.is_control()).take(NAME).collect();
            self.skipped.push((entry, why.to_owned()));
        }
    }
}

fn of_lines(text: &str) -> Result<Vec<Entry>, String> {
    let mut entries = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (domain, note) = line.split_once(" #").unwrap_or((line, ""));
        let text = |text: &str| text.trim().to_owned();
        push(&mut entries, Entry { domain: text(domain), severity: String::new(), note: text(note) })?;
    }
    Ok(entries)
}

fn of_table(text: &str) -> Result<Vec<Entry>, String> {
    let mut lines = records(text)?.into_iter();
    let names = lines.next().unwrap_or_default();
    let place = |wanted: &str| names.iter().position(|name| column(name) == wanted);
    let (domain, severity, note) = (place("domain"), place("severity"), place("public_comment"));
    let mut entries = Vec::new();
    for line in lines {
        let field = |place: Option<usize>| {
            place.and_then(|place| line.get(place)).map(|field| field.trim().to_owned()).unwrap_or_default()
        };
        if !field(domain).is_empty() {
            push(
                &mut entries,
                Entry { domain: field(domain), severity: field(severity), note: field(note) },
            )?;
        }
    }
    Ok(entries)
}

fn push(entries: &mut Vec<Entry>, entry: Entry) -> Result<(), String> {
    if entries.len() == MOST {
        return Err(format!("it has more than {MOST} entries"));
    }
    entries.push(entry);
    Ok(())
}

fn column(name: &str) -> String {
    name.trim().trim_matches('"').trim_start_matches('#').to_lowercase()
}

/// RFC 4180: fields may be quoted, and then hold commas, line ends and doubled quotes.
fn records(text: &str) -> Result<Vec<Vec<String>>, String> {
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
                if all.len() > MOST + 1 {
                    return Err(format!("it has more than {MOST} entries"));
                }
            }
            other => field.push(other),
        }
    }
    if quoted {
        return Err("a quoted field has no end".into());
    }
    line.push(field);
    all.push(line);
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(domain: &str, rule: Rule, note: &str) -> ListedRule {
        ListedRule { domain: domain.into(), rule, note: note.into() }
    }

    #[test]
    fn a_mastodon_list_is_read() {
        let text = "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\r\n\
                    spam.example,suspend,false,false,\"sells \"\"shoes\"\", loudly\",false\r\n\
                    loud.example,silence,true,false,,false\r\nseen.example,noop,false,false,,false\r\n\
                    odd.example,banish,false,false,,false\r\n";
        let listed = read(text).unwrap();
        assert_eq!(
            listed.rules,
            [
                rule("loud.example", Rule::Limit, ""),
                rule("spam.example", Rule::Block, "sells \"shoes\", loudly"),
            ]
        );
        let named: Vec<&str> = listed.skipped.iter().map(|(entry, _)| entry.as_str()).collect();
        assert_eq!(named, ["seen.example", "odd.example"]);
    }

    #[test]
    fn plain_text_blocks_and_names_are_made_one() {
        let text =
            "# who we block\nA.Example\n\nbücher.example # sells books\nxn--bcher-kva.example\n@b.example.\n";
        let listed = read(text).unwrap();
        let domains: Vec<&str> = listed.rules.iter().map(|rule| rule.domain.as_str()).collect();
        assert_eq!(domains, ["a.example", "b.example", "xn--bcher-kva.example"]);
        assert_eq!(listed.left_out, 0);
    }

    #[test]
    fn what_cannot_be_meant_is_left_out_and_named() {
        let text = "ex***le.org\n*.wild.example\ncom\nhttps://a.example/x\ngood.example\ntwo words\n";
        let listed = read(text).unwrap();
        assert_eq!(listed.rules, [rule("good.example", Rule::Block, "")]);
        assert_eq!(listed.left_out, 5);
        assert!(
            listed.skipped.iter().any(|(entry, why)| entry == "ex***le.org" && why.contains("written out"))
        );
        assert!(listed.skipped.iter().any(|(entry, why)| entry == "com" && why.contains("top-level")));
    }

    #[test]
    fn the_stricter_of_two_lines_counts() {
        let text =
            "domain,severity\na.example,suspend\na.example,silence\nb.example,silence\nb.example,suspend\n";
        assert_eq!(
            read(text).unwrap().rules,
            [rule("a.example", Rule::Block, ""), rule("b.example", Rule::Block, "")]
        );
    }

    #[test]
    fn what_is_no_list_is_refused() {
        assert!(read("<!doctype html>\n<title>Not found</title>\n").is_err());
        assert!(read("domain\n\"a.example\n").unwrap_err().contains("no end"));
        let huge: String = (0..=MOST).map(|n| format!("host{n}.example\n")).collect();
        assert!(read(&huge).unwrap_err().contains("more than"));
        assert!(read(&format!("domain\n{huge}")).unwrap_err().contains("more than"));
        assert_eq!(read("# nothing today\n"), Ok(Listed::default()));
    }

    #[test]
    fn what_is_written_is_read_again_without_its_notes() {
        let own = |domain: &str, rule, note: &str| DomainRule {
            domain: domain.into(),
            rule,
            reject_media: false,
            note: note.into(),
            at: landbridge_model::Time(0),
        };
        let rules = [
            own("a.example", Rule::Block, "one, \"two\""),
            own("b.example", Rule::Limit, ""),
            own("c.example", Rule::Allow, ""),
        ];
        assert_eq!(
            read(&write(&rules)).unwrap().rules,
            [rule("a.example", Rule::Block, ""), rule("b.example", Rule::Limit, "")]
        );
    }
}
