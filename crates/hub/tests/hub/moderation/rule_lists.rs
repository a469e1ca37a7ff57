//! Lists of rules that others keep.

use crate::{
    receive::{AP, mention_of},
    support::{TestHub, test_hub},
};
use landbridge_hub::{
    HubError,
    moderation::{
        Rule,
        rule_lists::{Changes, NewRuleList, RuleList},
    },
};
use landbridge_store::{Change, args, on_both_engines, testing::TestStore};
use std::sync::{Arc, Mutex};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

on_both_engines!(
    nothing_applies_before_it_was_seen,
    what_a_list_takes_back_is_gone_and_own_rules_stay,
    changes_apply_by_themselves_unless_they_are_large,
    a_list_that_cannot_be_read_changes_nothing,
    of_several_lists_the_strictest_counts,
    only_addresses_that_may_be_asked_are_followed,
    a_server_of_repositories_is_covered_by_its_host,
);

/// A server with one text, which can be changed.
struct Site {
    url: String,
    text: Arc<Mutex<Vec<u8>>>,
}

impl Site {
    async fn start(text: &str) -> Site {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://lists.test:{}/list.csv", listener.local_addr().unwrap().port());
        let text = Arc::new(Mutex::new(text.as_bytes().to_vec()));
        let shown = text.clone();
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let body = shown.lock().unwrap().clone();
                tokio::spawn(async move {
                    let _ = socket.read(&mut [0; 4096]).await;
                    let status = if body.is_empty() { "404 Not Found" } else { "200 OK" };
                    let head = format!(
                        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                        body.len()
                    );
                    let _ = socket.write_all(&[head.as_bytes(), &body].concat()).await;
                });
            }
        });
        Site { url, text }
    }

    /// An empty text: there is nothing any more.
    fn says(&self, text: &str) {
        *self.text.lock().unwrap() = text.as_bytes().to_vec();
    }

    fn list(&self, changes: Changes) -> NewRuleList {
        NewRuleList { url: self.url.clone(), changes, most: Rule::Block, hours: None }
    }
}

impl TestHub {
    async fn rule(&self, host: &str) -> Option<Rule> {
        self.hub.domain_rule(host).await.unwrap()
    }

    async fn apply(&self, list: &RuleList) {
        self.hub.apply_rule_list(list.id, list.read_at.unwrap()).await.unwrap();
    }

    /// The time for a look at every list has come.
    async fn look(&self) {
        self.hub.store().write(Change::new("UPDATE rule_lists SET next_at = 0", args![])).await.unwrap();
        self.hub.follow_rule_lists().await.unwrap();
    }

    async fn changes(&self, list: &RuleList) -> Vec<String> {
        self.hub.list_changes(list.id, 100).await.unwrap().into_iter().map(|change| change.domain).collect()
    }
}

const TEXT: &str = "#domain,#severity,#public_comment\nspam.example,suspend,sells shoes\nloud.example,silence,\n\
                    ex***le.org,suspend,\nb\u{fc}cher.example,suspend,\nlocalhost,suspend,\n";

async fn nothing_applies_before_it_was_seen(store: TestStore) {
    let (t, site) = (test_hub(store), Site::start(TEXT).await);
    t.member("alice").await;
    t.stranger(AP, "bob").await;
    let list = t.hub.add_rule_list(site.list(Changes::Follow)).await.unwrap();
    assert_eq!((list.applied, list.waiting, list.problem.clone()), (0, 3, None));
    assert_eq!(t.changes(&list).await, ["loud.example", "spam.example", "xn--bcher-kva.example"]);
    let named: Vec<&str> = list.skipped.iter().map(|(entry, _)| entry.as_str()).collect();
    assert_eq!(named, ["ex***le.org", "localhost"], "hidden names, and a top-level domain");
    assert_eq!(t.rule("spam.example").await, None);
    t.look().await;
    assert_eq!(t.rule("spam.example").await, None, "not by itself the first time");

    t.apply(&list).await;
    assert_eq!(t.rule("www.spam.example").await, Some(Rule::Block));
    assert_eq!(t.rule("loud.example").await, Some(Rule::Limit));
    assert_eq!(t.rule("xn--bcher-kva.example").await, Some(Rule::Block));
    let shown = t.hub.rules_in_force().await.unwrap();
    assert_eq!(shown.len(), 3);
    assert!(t.hub.domain_rules().await.unwrap().is_empty(), "none of them is the operator's own");
}

async fn what_a_list_takes_back_is_gone_and_own_rules_stay(store: TestStore) {
    let (t, site) = (test_hub(store), Site::start(TEXT).await);
    t.hub.set_domain_rule("spam.example", Some(Rule::Limit), "mine").await.unwrap();
    let list = t.hub.add_rule_list(site.list(Changes::Ask)).await.unwrap();
    t.apply(&list).await;
    assert_eq!(t.rule("spam.example").await, Some(Rule::Limit), "the operator's own wins");
    assert_eq!(t.hub.rules_in_force().await.unwrap().len(), 3);

    site.says("domain,severity\nloud.example,suspend\n");
    let again = t.hub.read_rule_list(list.id).await.unwrap();
    let changes = t.hub.list_changes(list.id, 100).await.unwrap();
    let of = |domain: &str| changes.iter().find(|change| change.domain == domain).map(|c| (c.from, c.to));
    assert_eq!(of("loud.example"), Some((Some(Rule::Limit), Some(Rule::Block))));
    assert_eq!(of("spam.example"), Some((Some(Rule::Block), None)));
    assert_eq!(t.rule("xn--bcher-kva.example").await, Some(Rule::Block), "until it is applied");
    // What was seen before the list was read again is not what applies.
    let stale = t.hub.apply_rule_list(list.id, list.read_at.unwrap()).await;
    assert!(matches!(stale, Err(HubError::Conflict(_))), "{stale:?}");
    t.apply(&again).await;
    assert_eq!(t.rule("xn--bcher-kva.example").await, None);
    assert_eq!(t.rule("loud.example").await, Some(Rule::Block));
    assert_eq!(t.rule("spam.example").await, Some(Rule::Limit), "still the operator's own");

    t.hub.remove_rule_list(list.id).await.unwrap();
    assert_eq!((t.rule("loud.example").await, t.rule("spam.example").await), (None, Some(Rule::Limit)));
    assert!(t.hub.rule_lists().await.unwrap().is_empty());
}

async fn changes_apply_by_themselves_unless_they_are_large(store: TestStore) {
    let lines = |range: std::ops::Range<u32>| range.map(|n| format!("h{n}.example\n")).collect::<String>();
    let (t, site) = (test_hub(store), Site::start(&lines(0..100)).await);
    let list = t.hub.add_rule_list(site.list(Changes::Follow)).await.unwrap();
    t.apply(&list).await;
    site.says(&lines(10..110));
    t.look().await;
    assert_eq!((t.rule("h0.example").await, t.rule("h109.example").await), (None, Some(Rule::Block)));
    // Somebody has emptied it, or taken it over.
    site.says("h50.example\n");
    t.look().await;
    assert_eq!(t.rule("h60.example").await, Some(Rule::Block));
    assert_eq!(t.hub.rule_list(list.id).await.unwrap().waiting, 99);
    t.hub.set_list_changes(list.id, Changes::Ask).await.unwrap();
    site.says(&lines(10..111));
    t.look().await;
    assert_eq!(t.rule("h110.example").await, None, "now it waits");
    assert_eq!(t.changes(&list).await, ["h110.example"]);
}

async fn a_list_that_cannot_be_read_changes_nothing(store: TestStore) {
    let (t, site) = (test_hub(store), Site::start("spam.example\n").await);
    let list = t.hub.add_rule_list(site.list(Changes::Follow)).await.unwrap();
    t.apply(&list).await;
    let huge = "x.example\n".repeat(1 << 20);
    let many: String = (0..=100_000).map(|n| format!("h{n}.example\n")).collect();
    for text in ["", "<html>\n<title>Sign in</title>\n", "domain\n\"spam.example\n", &huge, &many] {
        site.says(text);
        let read = t.hub.read_rule_list(list.id).await.unwrap();
        assert!(read.problem.is_some(), "{:.20}", text);
        assert_eq!((read.applied, read.waiting), (1, 0));
    }
    assert_eq!(t.rule("spam.example").await, Some(Rule::Block));
    site.says("spam.example\n");
    assert_eq!(t.hub.read_rule_list(list.id).await.unwrap().problem, None);
}

async fn of_several_lists_the_strictest_counts(store: TestStore) {
    let t = test_hub(store);
    let (one, two) = (Site::start("a.example\nb.example\n").await, Site::start("a.example\n").await);
    let limiting = NewRuleList { most: Rule::Limit, ..one.list(Changes::Ask) };
    let one = t.hub.add_rule_list(limiting).await.unwrap();
    t.apply(&one).await;
    assert_eq!(t.rule("a.example").await, Some(Rule::Limit), "no more was wanted of this list");
    let two = t.hub.add_rule_list(two.list(Changes::Ask)).await.unwrap();
    t.apply(&two).await;
    assert_eq!(
        (t.rule("a.example").await, t.rule("b.example").await),
        (Some(Rule::Block), Some(Rule::Limit))
    );
    t.hub.remove_rule_list(two.id).await.unwrap();
    assert_eq!(t.rule("a.example").await, Some(Rule::Limit));
}

async fn only_addresses_that_may_be_asked_are_followed(store: TestStore) {
    let (t, site) = (test_hub(store), Site::start("a.example\n").await);
    let add = |url: &str| t.hub.add_rule_list(NewRuleList { url: url.into(), ..site.list(Changes::Ask) });
    for bad in ["http://10.0.0.1/list", "https://example.org/list", "file:///etc/passwd", "list"] {
        assert!(matches!(add(bad).await, Err(HubError::Invalid(_))), "{bad}");
    }
    add(&site.url).await.unwrap();
    assert!(matches!(add(&site.url).await, Err(HubError::Invalid(_))), "twice");
    let never =
        NewRuleList { hours: Some(0), url: "http://lists.test:1/x".into(), ..site.list(Changes::Ask) };
    assert!(matches!(t.hub.add_rule_list(never).await, Err(HubError::Invalid(_))));
}

async fn a_server_of_repositories_is_covered_by_its_host(store: TestStore) {
    let t = test_hub(store);
    let (alice, anna) = (t.member("alice").await, t.member("anna").await);
    let bob = t.stranger(AP, "bob").await;
    t.follow_now(&alice, bob).await;
    t.wide.hosts.lock().unwrap().push("pds.far.example".into());
    t.hub.set_domain_rule("far.example", Some(Rule::Limit), "").await.unwrap();
    t.stored(AP, mention_of(AP, "bob", "https://remote.example/1", "alice")).await;
    t.post(AP, mention_of(AP, "bob", "https://remote.example/2", "anna")).await.unwrap();
    assert_eq!((t.told(&alice).await.len(), t.told(&anna).await.len()), (1, 0));
    t.hub.set_domain_rule("far.example", Some(Rule::Block), "").await.unwrap();
    t.post(AP, mention_of(AP, "bob", "https://remote.example/3", "alice")).await.unwrap();
    assert_eq!(t.told(&alice).await.len(), 1);
}
