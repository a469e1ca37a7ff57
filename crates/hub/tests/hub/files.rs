//! Files: there as long as something names them, and not a moment longer.

use crate::{
    receive::{AP, post_of},
    support::{TestHub, draft, picture, test_hub},
};
use landbridge_hub::{Draft, HubError, InMedia, InPost, What, accounts::Member};
use landbridge_media::Purpose;
use landbridge_model::{Media, MediaKind, Profile};
use landbridge_store::{Change, args, entities::posts, on_both_engines, testing::TestStore};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

on_both_engines!(
    a_deleted_post_takes_its_files_along,
    a_file_of_two_posts_stays_until_the_last_goes,
    what_a_crash_leaves_goes_with_the_sweep,
    what_nothing_ever_named_goes_with_the_sweep,
    what_an_edit_takes_off_is_gone,
    another_description_is_an_edit,
    what_is_taken_back_is_gone,
    a_replaced_picture_is_gone,
    a_file_that_is_being_removed_can_be_sent_again,
    what_was_fetched_goes_with_its_post,
    what_nobody_looks_at_goes,
    what_cannot_be_had_now_may_be_later,
);

async fn upload(t: &TestHub, member: &Member, colour: u8) -> Media {
    t.hub.upload(member.actor.id, picture(colour).into(), "").await.unwrap()
}

fn with(member: &Member, media: &[&Media]) -> Draft {
    Draft { media: media.iter().map(|m| m.id).collect(), ..draft(member, "Look") }
}

fn there(t: &TestHub, media: &Media) -> bool {
    t.hub.media().has(media.file.as_deref().unwrap())
}

async fn a_deleted_post_takes_its_files_along(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let (one, two) = (upload(&t, &alice, 1).await, upload(&t, &alice, 2).await);
    let post = t.hub.publish(with(&alice, &[&one, &two]), None).await.unwrap();
    assert!(there(&t, &one) && there(&t, &two));
    t.hub.delete_post(alice.actor.id, post.id, None).await.unwrap();
    assert!(!there(&t, &one) && !there(&t, &two));
}

async fn a_file_of_two_posts_stays_until_the_last_goes(store: TestStore) {
    let t = test_hub(store);
    let (alice, bob) = (t.member("alice").await, t.member("bob").await);
    let (hers, his) = (upload(&t, &alice, 1).await, upload(&t, &bob, 1).await);
    assert_eq!(hers.file, his.file);
    let first = t.hub.publish(with(&alice, &[&hers]), None).await.unwrap();
    let second = t.hub.publish(with(&bob, &[&his]), None).await.unwrap();
    t.hub.delete_post(alice.actor.id, first.id, None).await.unwrap();
    t.hub.sweep().await.unwrap();
    assert!(there(&t, &his));
    t.hub.delete_post(bob.actor.id, second.id, None).await.unwrap();
    assert!(!there(&t, &his));
}

async fn what_a_crash_leaves_goes_with_the_sweep(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let (gone, kept) = (upload(&t, &alice, 1).await, upload(&t, &alice, 2).await);
    let post = t.hub.publish(with(&alice, &[&gone]), None).await.unwrap();
    t.hub.publish(with(&alice, &[&kept]), None).await.unwrap();
    // The commit of a deletion, and then nothing more.
    t.hub.store().write(posts::delete(post.id)).await.unwrap();
    assert!(there(&t, &gone));
    t.hub.sweep().await.unwrap();
    assert!(!there(&t, &gone) && there(&t, &kept));
}

async fn what_nothing_ever_named_goes_with_the_sweep(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let kept = upload(&t, &alice, 1).await;
    let lost = t.hub.media().ingest(picture(2).into(), Purpose::Attachment).await.unwrap();
    let fetched = t.hub.media().cache().ingest(picture(3).into(), Purpose::Attachment).await.unwrap();
    assert_eq!(
        t.hub.sweep_strays(Duration::from_secs(3600)).await.unwrap(),
        0,
        "it may belong to what is written now"
    );
    assert_eq!(t.hub.sweep_strays(Duration::ZERO).await.unwrap(), 2);
    assert!(there(&t, &kept) && !there(&t, &lost));
    assert!(!t.hub.media().cache().has(fetched.file.as_deref().unwrap()));
}

async fn what_an_edit_takes_off_is_gone(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let (off, kept) = (upload(&t, &alice, 1).await, upload(&t, &alice, 2).await);
    let post = t.hub.publish(with(&alice, &[&off, &kept]), None).await.unwrap();
    t.hub.edit(alice.actor.id, post.id, with(&alice, &[&kept]), None).await.unwrap();
    assert!(!there(&t, &off) && there(&t, &kept));
    let versions = t.hub.history(post.id, None).await.unwrap();
    let shown: Vec<usize> = versions.iter().map(|(_, version)| version.media.len()).collect();
    assert_eq!(shown, [1, 1], "an earlier version does not show what is gone");
    t.hub.delete_post(alice.actor.id, post.id, None).await.unwrap();
    assert!(!there(&t, &kept));
}

async fn another_description_is_an_edit(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let (me, file) = (alice.actor.id, upload(&t, &alice, 1).await);
    let post = t.hub.publish(with(&alice, &[&file]), None).await.unwrap();
    assert_eq!(t.hub.edit(me, post.id, with(&alice, &[&file]), None).await.unwrap().edited_at, None);
    t.hub.describe_upload(me, file.id, Some("a dot"), None).await.unwrap();
    assert!(t.hub.edit(me, post.id, with(&alice, &[&file]), None).await.unwrap().edited_at.is_some());
}

async fn what_is_taken_back_is_gone(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let (back, used) = (upload(&t, &alice, 1).await, upload(&t, &alice, 2).await);
    t.hub.publish(with(&alice, &[&used]), None).await.unwrap();
    t.hub.drop_upload(alice.actor.id, back.id).await.unwrap();
    assert!(t.hub.drop_upload(alice.actor.id, used.id).await.is_err());
    assert!(!there(&t, &back) && there(&t, &used));
    assert!(t.hub.uploaded(alice.actor.id, back.id).await.is_err());
}

async fn a_replaced_picture_is_gone(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await.actor.id;
    let has = |name: &Option<String>| t.hub.media().has(name.as_deref().unwrap());
    let mut names = Vec::new();
    for colour in [1, 2] {
        let avatar = t.hub.profile_picture(picture(colour).into(), Purpose::Avatar, "").await.unwrap();
        names.push(avatar.file.clone());
        let profile = Profile { avatar: Some(avatar), ..Profile::default() };
        t.hub.set_profile(alice, profile.clone(), false, false, None).await.unwrap();
        // The same again changes nothing.
        t.hub.set_profile(alice, profile, false, false, None).await.unwrap();
    }
    assert!(!has(&names[0]) && has(&names[1]));
    t.hub.delete_member(alice).await.unwrap();
    assert!(!has(&names[1]));
}

async fn a_file_that_is_being_removed_can_be_sent_again(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let first = upload(&t, &alice, 1).await;
    let post = t.hub.publish(with(&alice, &[&first]), None).await.unwrap();
    t.hub.store().write(posts::delete(post.id)).await.unwrap();
    let again = upload(&t, &alice, 1).await;
    assert_eq!(again.file, first.file);
    t.hub.sweep().await.unwrap();
    assert!(there(&t, &again));
    // Many at once, with deletions in between: whoever was told that it is here finds it here.
    let rounds = (0..12).map(|n| {
        let (t, alice) = (&t, &alice);
        async move {
            let media = upload(t, alice, 7).await;
            let post = t.hub.publish(with(alice, &[&media]), None).await.unwrap();
            assert!(there(t, &media));
            if n % 2 == 0 {
                t.hub.delete_post(alice.actor.id, post.id, None).await.unwrap();
            }
            media
        }
    });
    let all = futures_util::future::join_all(rounds).await;
    assert!(there(&t, &all[1]), "half of the posts are still there");
}

/// Gives the same picture under every path.
async fn site(colour: u8) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let body = picture(colour);
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: image/gif\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            let _ = socket.read(&mut [0; 4096]).await;
            let _ = socket.write_all(&[head.as_bytes(), &body].concat()).await;
        }
    });
    base
}

/// Says of everything that it is not there, in so many words.
async fn empty_site(status: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let _ = socket.read(&mut [0; 4096]).await;
            let head = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            let _ = socket.write_all(head.as_bytes()).await;
        }
    });
    base
}

async fn try_shown(t: &TestHub, url: &str) -> Result<String, HubError> {
    let path = t.hub.proxied(url);
    let mut parts = path.rsplit('/');
    let (encoded, stamp) = (parts.next().unwrap(), parts.next().unwrap());
    Ok(t.hub.proxied_file(stamp, encoded, false).await?.to_string())
}

async fn shown(t: &TestHub, url: &str) -> String {
    try_shown(t, url).await.unwrap()
}

fn showing(url: &str, id: &str) -> InPost {
    let media = InMedia {
        url: url.into(),
        preview_url: None,
        kind: MediaKind::Image,
        mime: "image/gif".into(),
        description: None,
        sensitive: false,
        meta: Default::default(),
    };
    InPost { media: vec![media], ..post_of(AP, "bob", id, "Look") }
}

async fn what_was_fetched_goes_with_its_post(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let bob = t.stranger(AP, "bob").await;
    t.follow_now(&alice, bob).await;
    let base = site(5).await;
    let mut files = Vec::new();
    for n in 0..2 {
        let url = format!("{base}/{n}.gif");
        t.stored(AP, showing(&url, &format!("https://remote.example/{n}"))).await;
        files.push(shown(&t, &url).await);
    }
    assert_eq!(files[0], files[1], "the same content");
    let has = || t.hub.media().cache().has(&files[0]);
    let delete = |n: u32| What::Delete { target: format!("https://remote.example/{n}") };
    t.take(AP, "bob", None, delete(0)).await.unwrap();
    assert!(has(), "another post shows it");
    t.take(AP, "bob", None, delete(1)).await.unwrap();
    assert!(!has());
}

async fn what_nobody_looks_at_goes(store: TestStore) {
    let t = test_hub(store);
    let base = site(6).await;
    let url = format!("{base}/avatar.gif");
    let file = shown(&t, &url).await;
    t.hub.sweep().await.unwrap();
    assert!(t.hub.media().cache().has(&file));
    t.hub.store().write(Change::new("UPDATE fetched_files SET used_at = ?1", args![1])).await.unwrap();
    t.hub.sweep().await.unwrap();
    assert!(!t.hub.media().cache().has(&file));
    assert_eq!(shown(&t, &url).await, file, "fetched again");
}

async fn what_cannot_be_had_now_may_be_later(store: TestStore) {
    let t = test_hub(store);
    let busy = format!("{}/1.gif", empty_site("503 Service Unavailable").await);
    let gone = format!("{}/1.gif", empty_site("404 Not Found").await);
    let at = |url: &str| Media {
        id: landbridge_model::Id(0),
        kind: MediaKind::Image,
        mime: "image/gif".into(),
        file: None,
        preview: None,
        remote_url: Some(url.into()),
        description: None,
        meta: Default::default(),
        sensitive: false,
    };
    for _ in 0..2 {
        assert!(matches!(try_shown(&t, &busy).await, Err(HubError::Remote(_))));
        assert!(t.hub.may_show(&at(&busy)));
    }
    assert!(t.hub.may_show(&at(&gone)), "nobody knows yet");
    for _ in 0..2 {
        assert!(matches!(try_shown(&t, &gone).await, Err(HubError::NotFound)));
        assert!(!t.hub.may_show(&at(&gone)));
    }
}
