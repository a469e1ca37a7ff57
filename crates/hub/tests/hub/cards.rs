//! Cards of linked pages.

use crate::{
    receive::{AP, post_of},
    support::{TestHub, draft, draft_for, picture, test_hub},
};
use landbridge_model::{Id, LinkCard, Visibility};
use landbridge_store::{on_both_engines, testing::TestStore};
use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

on_both_engines!(
    a_page_is_asked_once_for_all_posts,
    what_others_link_to_is_asked_for_when_read,
    only_links_of_open_posts_are_asked,
    a_page_that_takes_long_holds_nobody_up,
    a_page_that_says_nothing_is_left_alone,
    a_card_of_its_author_stays,
);

/// A web site that notes what it is asked for.
struct Site {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Site {
    /// `/page...`: a page with a picture; `/slow`: nothing for long; anything else: no card.
    async fn start() -> Site {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let noted = asked.clone();
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let noted = noted.clone();
                tokio::spawn(async move {
                    let mut head = vec![0; 8192];
                    let n = socket.read(&mut head).await.unwrap_or(0);
                    let head = String::from_utf8_lossy(&head[..n]).into_owned();
                    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
                    noted.lock().unwrap().push(path.clone());
                    let (kind, body) = match path.as_str() {
                        "/dots.gif" => ("image/gif", picture(7)),
                        "/slow" => {
                            tokio::time::sleep(Duration::from_secs(30)).await;
                            ("text/html", Vec::new())
                        }
                        path if path.starts_with("/page") => (
                            "text/html; charset=utf-8",
                            "<title>Dots</title><meta name=description content='Four – and more'>
                             <meta property=og:image content=/dots.gif>"
                                .into(),
                        ),
                        _ => ("application/pdf", b"%PDF".to_vec()),
                    };
                    let head = format!(
                        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                        body.len()
                    );
                    let _ = socket.write_all(&[head.as_bytes(), &body].concat()).await;
                });
            }
        });
        Site { port, asked }
    }

    fn url(&self, path: &str) -> String {
        format!("http://pages.test:{}{path}", self.port)
    }

    fn asked(&self, path: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|asked| *asked == path).count()
    }
}

async fn card(t: &TestHub, post: Id) -> Option<LinkCard> {
    t.hub.view(post, None).await.unwrap().post.card
}

async fn card_by_and_by(t: &TestHub, post: Id) -> LinkCard {
    for _ in 0..100 {
        if let Some(card) = card(t, post).await {
            return card;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("no card");
}

async fn a_page_is_asked_once_for_all_posts(store: TestStore) {
    let (t, site) = (test_hub(store), Site::start().await);
    let alice = t.member("alice").await;
    let url = site.url("/page");
    let first = t.hub.publish(draft(&alice, &format!("look: {url}")), None).await.unwrap();
    // Its network wants the card with the post, so it is there at once, and its picture too.
    let at_hand = t.hub.card_at_hand(&first).await.unwrap().unwrap();
    assert_eq!((&*at_hand.title, &*at_hand.description, &*at_hand.url), ("Dots", "Four – and more", &*url));
    assert!(t.hub.card_picture(&at_hand).await.unwrap().is_some());
    let second = t.hub.publish(draft(&alice, &format!("again {url}")), None).await.unwrap();
    assert_eq!(card(&t, first.id).await, Some(at_hand.clone()));
    assert_eq!(card(&t, second.id).await, Some(at_hand));
    assert_eq!((site.asked("/page"), site.asked("/dots.gif")), (1, 1));
    // It is no part of the post.
    assert_eq!(t.hub.post(first.id).await.unwrap().card, None);
}

async fn what_others_link_to_is_asked_for_when_read(store: TestStore) {
    let (t, site) = (test_hub(store), Site::start().await);
    let alice = t.member("alice").await;
    let bob = t.stranger(AP, "bob").await;
    t.follow_now(&alice, bob).await;
    let mut post = post_of(AP, "bob", "ap:1", "");
    post.text = landbridge_model::richtext::compose(&format!("see {}", site.url("/page/2")));
    let id = t.stored(AP, post).await;
    assert_eq!(site.asked("/page/2"), 0);
    assert_eq!(card(&t, id).await, None);
    assert_eq!(card_by_and_by(&t, id).await.title, "Dots");
    // The picture is not asked for before somebody looks at it.
    assert_eq!((site.asked("/page/2"), site.asked("/dots.gif")), (1, 0));
}

async fn only_links_of_open_posts_are_asked(store: TestStore) {
    let (t, site) = (test_hub(store), Site::start().await);
    let alice = t.member("alice").await;
    let text = format!("psst {}", site.url("/page"));
    let post = t.hub.publish(draft_for(&alice, &text, Visibility::Followers), None).await.unwrap();
    assert_eq!(t.hub.view(post.id, Some(alice.actor.id)).await.unwrap().post.card, None);
    let open = t.hub.publish(draft(&alice, &format!("x {}", site.url("/page/open"))), None).await.unwrap();
    assert!(card(&t, open.id).await.is_some());
    assert_eq!(site.asked("/page"), 0);
}

async fn a_page_that_takes_long_holds_nobody_up(store: TestStore) {
    let (t, site) = (test_hub(store), Site::start().await);
    let alice = t.member("alice").await;
    let began = Instant::now();
    let post = t.hub.publish(draft(&alice, &format!("wait {}", site.url("/slow"))), None).await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    assert_eq!(t.hub.card_at_hand(&post).await.unwrap(), None);
    assert_eq!(site.asked("/slow"), 1);
}

async fn a_page_that_says_nothing_is_left_alone(store: TestStore) {
    let (t, site) = (test_hub(store), Site::start().await);
    let alice = t.member("alice").await;
    for _ in 0..2 {
        let text = format!("read {}", site.url("/paper.pdf"));
        let post = t.hub.publish(draft(&alice, &text), None).await.unwrap();
        assert_eq!(card(&t, post.id).await, None);
    }
    assert_eq!(site.asked("/paper.pdf"), 1);
    // Our own pages, and what is not on this machine in a trial, are nobody's to ask.
    for text in ["http://localhost:8840/about", "https://example.org/"] {
        let post = t.hub.publish(draft(&alice, text), None).await.unwrap();
        assert_eq!(card(&t, post.id).await, None);
    }
}

async fn a_card_of_its_author_stays(store: TestStore) {
    let (t, site) = (test_hub(store), Site::start().await);
    let alice = t.member("alice").await;
    let url = site.url("/page");
    let own = LinkCard { url: url.clone(), title: "Mine".into(), ..LinkCard::default() };
    let mut written = draft(&alice, &format!("mine {url}"));
    written.card = Some(own.clone());
    let post = t.hub.publish(written, None).await.unwrap();
    assert_eq!(card(&t, post.id).await, Some(own.clone()));
    t.hub.edit(alice.actor.id, post.id, draft(&alice, &format!("still {url}")), None).await.unwrap();
    assert_eq!(card(&t, post.id).await, Some(own));
    assert_eq!(site.asked("/page"), 0);
    t.hub.edit(alice.actor.id, post.id, draft(&alice, "no link"), None).await.unwrap();
    assert_eq!(card(&t, post.id).await, None);
}
