//! What members do, as records.

use crate::world::{World, on_both};
use landbridge_atproto::{
    data::{BlobRef, Cid, Record, Value},
    firehose::{AccountStatus, Event},
};
use landbridge_hub::{CopyKind, Draft, publish::FollowOptions};
use landbridge_model::{Audience, Network, Visibility};
use landbridge_store::{EngineKind, entities::presences};

on_both!(
    a_post_says_what_was_written,
    answers_name_root_and_parent,
    long_texts_are_cut_with_a_card,
    a_link_is_shown_as_what_its_page_says,
    more_pictures_than_fit_are_linked_or_a_thread,
    a_video_is_shown_and_other_files_are_linked,
    follows_and_likes_are_taken_back,
    only_what_is_public_goes_there,
    whoever_leaves_is_not_served,
);

async fn a_post_says_what_was_written(engine: EngineKind) {
    let world = World::new(engine).await;
    let (alice, bob) = (world.member("alice").await, world.member("bob").await);
    let text = "Grüße an @bob: https://example.org/x #Straße";
    let post = world
        .publish(Draft {
            author: alice,
            text: text.into(),
            languages: vec!["de".into(), "hsb".into()],
            sensitive: true,
            reply_policy: Some(Audience::Nobody),
            quote_policy: Some(Audience::Followers),
            ..Draft::default()
        })
        .await;
    let (uri, record) = world.record(CopyKind::Post, post.id).await.unwrap();
    let fields = record.fields();
    assert_eq!(fields.text("text"), Some(text));
    let langs: Vec<_> = fields.get("langs").unwrap().as_list().unwrap().iter().map(Value::as_text).collect();
    assert_eq!(langs, [Some("de"), Some("hsb")]);
    let facets = fields.get("facets").unwrap().as_list().unwrap();
    let of = |feature: &Value| feature.get("features").unwrap().as_list().unwrap()[0].clone();
    let kinds: Vec<Value> = facets.iter().map(of).collect();
    assert_eq!(kinds[0].get("did").unwrap().as_text(), Some(world.did(bob).await.as_str()));
    assert_eq!(kinds[1].get("uri").unwrap().as_text(), Some("https://example.org/x"));
    assert_eq!(kinds[2].get("tag").unwrap().as_text().unwrap().to_lowercase(), "straße");
    let label =
        fields.get("labels").unwrap().get("values").unwrap().as_list().unwrap()[0].get("val").cloned();
    assert_eq!(label.unwrap().as_text(), Some("graphic-media"));
    let card = fields.get("embed").unwrap().get("external").unwrap();
    assert_eq!(card.get("uri").unwrap().as_text(), Some("https://example.org/x"));
    // The gates stand under the post's own key.
    let rkey = uri.rsplit('/').next().unwrap();
    let gate = world.at.record(alice, "app.bsky.feed.threadgate", rkey).await.unwrap().unwrap();
    assert_eq!(gate.record().unwrap().fields().get("allow").unwrap().as_list().unwrap().len(), 0);
    assert!(world.at.record(alice, "app.bsky.feed.postgate", rkey).await.unwrap().is_some());
    world.hub.delete_post(alice, post.id, None).await.unwrap();
    assert!(world.at.record(alice, "app.bsky.feed.threadgate", rkey).await.unwrap().is_none());
    assert_eq!(world.verified(alice).await.records.len(), 1);
}

async fn answers_name_root_and_parent(engine: EngineKind) {
    let world = World::new(engine).await;
    let (alice, bob) = (world.member("alice").await, world.member("bob").await);
    let root = world.post(alice, "root").await;
    let answer =
        |author, to, text: &str| Draft { author, text: text.into(), reply_to: Some(to), ..Draft::default() };
    let first = world.publish(answer(bob, root.id, "first")).await;
    let second = world.publish(answer(alice, first.id, "second")).await;
    let (root_uri, root_record) = world.record(CopyKind::Post, root.id).await.unwrap();
    let (first_uri, first_record) = world.record(CopyKind::Post, first.id).await.unwrap();
    let (_, record) = world.record(CopyKind::Post, second.id).await.unwrap();
    let reply = record.fields().get("reply").unwrap();
    let said =
        |part: &str, field: &str| reply.get(part).unwrap().get(field).unwrap().as_text().unwrap().to_owned();
    assert_eq!((said("root", "uri"), said("root", "cid")), (root_uri, root_record.cid().to_string()));
    assert_eq!((said("parent", "uri"), said("parent", "cid")), (first_uri, first_record.cid().to_string()));
}

async fn long_texts_are_cut_with_a_card(engine: EngineKind) {
    let world = World::new(engine).await;
    let alice = world.member("alice").await;
    let text = "👩‍👩‍👧 word ".repeat(120);
    let post = world.post(alice, &text).await;
    let (_, record) = world.record(CopyKind::Post, post.id).await.unwrap();
    let shown = record.fields().text("text").unwrap();
    assert!(shown.ends_with('…') && shown.len() <= 3000, "{shown}");
    let card = record.fields().get("embed").unwrap().get("external").unwrap();
    assert_eq!(card.get("uri").unwrap().as_text().unwrap(), format!("http://localhost:1/@alice/{}", post.id));
}

async fn a_link_is_shown_as_what_its_page_says(engine: EngineKind) {
    let world = World::new(engine).await;
    let alice = world.member("alice").await;
    let site = pages().await;
    let post = world.post(alice, &format!("Have a look: {site}/story")).await;
    let (uri, record) = world.record(CopyKind::Post, post.id).await.unwrap();
    let card = record.fields().get("embed").unwrap().get("external").unwrap();
    let said = |name: &str| card.get(name).unwrap().as_text().unwrap().to_owned();
    assert_eq!((said("uri"), said("title")), (format!("{site}/story"), "A story".into()));
    assert_eq!(said("description"), "Of dots");
    let thumb = BlobRef::from_map(card.get("thumb").unwrap().as_map().unwrap()).unwrap();
    assert!(thumb.mime_type.starts_with("image/") && thumb.size <= 1_000_000, "{thumb:?}");
    let blob = world.at.blob_row(alice, &thumb.cid.to_string()).await.unwrap().unwrap();
    assert_eq!(world.at.read_blob(&blob).await.unwrap().len() as u64, thumb.size);
    // Readers here see the same.
    let shown = world.hub.view(post.id, None).await.unwrap().post.card.unwrap();
    assert_eq!(shown.title, "A story");
    // An edit within a few minutes that links elsewhere has another card.
    let text = format!("Rather this: {site}/nothing");
    world.hub.edit(alice, post.id, Draft { author: alice, text, ..Draft::default() }, None).await.unwrap();
    let (same, record) = world.record(CopyKind::Post, post.id).await.unwrap();
    assert_eq!(same, uri);
    let card = record.fields().get("embed").unwrap().get("external").unwrap().as_map().unwrap();
    assert!(card.text("title").unwrap().ends_with("/nothing") && card.get("thumb").is_none());
}

/// A web site with one page that says what it is.
async fn pages() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://site.test:{}", listener.local_addr().unwrap().port());
    let story = "<meta property=og:title content='A story'><meta property=og:description content='Of dots'>
                 <meta property=og:image content=/dots.gif>";
    let dots = dot(7);
    let router = axum::Router::new()
        .route("/story", axum::routing::get(async move || axum::response::Html(story)))
        .route("/dots.gif", axum::routing::get(async move || dots.clone()));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    origin
}

async fn more_pictures_than_fit_are_linked_or_a_thread(engine: EngineKind) {
    let world = World::new(engine).await;
    let alice = world.member("alice").await;
    let mut media = Vec::new();
    for colour in 0..6 {
        let id = world.hub.upload(alice, dot(colour).into(), &format!("dot {colour}")).await.unwrap().id;
        media.push(id);
    }
    let draft = || Draft { author: alice, text: "dots".into(), media: media.clone(), ..Draft::default() };
    let notes = world.hub.preview(&draft()).await.unwrap().remove(0).notes;
    assert!(notes.iter().any(|note| note.contains("first 4 pictures")), "{notes:?}");
    let post = world.publish(draft()).await;
    let (_, record) = world.record(CopyKind::Post, post.id).await.unwrap();
    let url = format!("http://localhost:1/@alice/{}", post.id);
    assert_eq!(record.fields().text("text").unwrap(), format!("dots\n\n{url}"));
    assert_eq!(alts(&record), ["dot 0", "dot 1", "dot 2", "dot 3"]);
    world.hub.delete_post(alice, post.id, None).await.unwrap();

    let mut presence = world.presence(alice).await;
    presence.facts["threads"] = true.into();
    world
        .hub
        .store()
        .write(presences::set_facts(Network::AtProto, &presence.native_id, &presence.facts))
        .await
        .unwrap();
    let mut media = Vec::new();
    for colour in 0..6 {
        media.push(world.hub.upload(alice, dot(colour).into(), &format!("dot {colour}")).await.unwrap().id);
    }
    let post = world.publish(Draft { author: alice, text: "dots".into(), media, ..Draft::default() }).await;
    let copies = world.hub.copies(CopyKind::Post, post.id).await.unwrap();
    let mut records = Vec::new();
    for copy in copies {
        let rkey = copy.native_id.rsplit('/').next().unwrap().to_owned();
        let stored = world.at.record(alice, "app.bsky.feed.post", &rkey).await.unwrap().unwrap();
        records.push((rkey, stored.record().unwrap()));
    }
    records.sort_by(|(one, _), (other, _)| one.cmp(other));
    let [(_, first), (_, second)] = records.as_slice() else { panic!("{records:?}") };
    assert_eq!((first.fields().text("text"), second.fields().text("text")), (Some("dots"), Some("")));
    assert_eq!((alts(first).len(), alts(second)), (4, vec!["dot 4".to_owned(), "dot 5".to_owned()]));
    let parent = second.fields().get("reply").unwrap().get("parent").unwrap().get("cid").unwrap();
    assert_eq!(parent.as_text(), Some(first.cid().to_string().as_str()));
}

async fn a_video_is_shown_and_other_files_are_linked(engine: EngineKind) {
    let world = World::new(engine).await;
    let alice = world.member("alice").await;
    let told = "A short film, told at length.".repeat(45);
    let video = world.hub.upload(alice, film().into(), &told).await.unwrap();
    assert_eq!(video.mime, "video/mp4");
    let post = world.publish(Draft { author: alice, media: vec![video.id], ..Draft::default() }).await;
    let (_, record) = world.record(CopyKind::Post, post.id).await.unwrap();
    let embed = record.fields().get("embed").unwrap().as_map().unwrap();
    assert_eq!(embed.text("$type"), Some("app.bsky.embed.video"));
    assert_eq!(embed.text("alt"), Some(told.as_str()));
    let blob = BlobRef::from_map(embed.get("video").unwrap().as_map().unwrap()).unwrap();
    let did = world.did(alice).await;
    let url = format!("{}/xrpc/com.atproto.sync.getBlob?did={did}&cid={}", world.pds, blob.cid);
    let served =
        world.hub.fetcher().get(&url.parse().unwrap(), Default::default(), 1 << 20).await.unwrap().body;
    assert_eq!((Cid::of_blob(&served), served.len() as u64), (blob.cid, blob.size));

    let mut sound = b"fLaC".to_vec();
    sound.resize(64, 0);
    let sound = world.hub.upload(alice, sound.into(), "").await.unwrap();
    let post = world.publish(Draft { author: alice, media: vec![sound.id], ..Draft::default() }).await;
    let (_, record) = world.record(CopyKind::Post, post.id).await.unwrap();
    let card = record.fields().get("embed").unwrap().get("external").unwrap().get("uri").unwrap();
    assert_eq!(card.as_text().unwrap(), format!("http://localhost:1/@alice/{}", post.id));
    // The member may still name it anew: a blob goes some hours after its record.
    world.hub.delete_post(alice, post.id, None).await.unwrap();
    assert!(world.hub.media().has(video.file.as_deref().unwrap()));
}

fn alts(record: &Record) -> Vec<String> {
    let images = record.fields().get("embed").unwrap().get("images").unwrap().as_list().unwrap().to_vec();
    images.iter().map(|image| image.get("alt").unwrap().as_text().unwrap().to_owned()).collect()
}

/// A picture of one pixel.
fn dot(colour: u8) -> Vec<u8> {
    let head = b"GIF89a\x01\x00\x01\x00\x80\x00\x00".to_vec();
    let pixel = b"\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00\x3b";
    [head.as_slice(), &[colour, 0x40, 0x80, 0, 0, 0], pixel].concat()
}

/// A film that is too short to be seen.
fn film() -> Vec<u8> {
    let part = |kind: &[u8; 4], content: &[u8]| {
        let length = u32::try_from(content.len() + 8).unwrap().to_be_bytes();
        [&length[..], kind, content].concat()
    };
    [part(b"ftyp", b"isom\0\0\0\0isom"), part(b"moov", b""), part(b"mdat", &[7; 100])].concat()
}

async fn follows_and_likes_are_taken_back(engine: EngineKind) {
    let world = World::new(engine).await;
    let (alice, bob) = (world.member("alice").await, world.member("bob").await);
    let post = world.post(bob, "hello").await;
    world.hub.follow(alice, bob, FollowOptions::default(), None).await.unwrap();
    world.hub.react(alice, post.id, "🎉", None, None).await.unwrap();
    let repost = world.hub.repost(alice, post.id, Some(Visibility::Public), None).await.unwrap();
    let repo = world.verified(alice).await;
    let collections: Vec<&str> =
        repo.records.iter().map(|(path, _)| path.split('/').next().unwrap()).collect();
    let all =
        ["app.bsky.actor.profile", "app.bsky.feed.like", "app.bsky.feed.repost", "app.bsky.graph.follow"];
    assert_eq!(collections, all);
    assert!(world.record(CopyKind::Repost, repost.id).await.is_some());
    world.hub.unfollow(alice, bob, None).await.unwrap();
    world.hub.unreact(alice, post.id, "🎉", None).await.unwrap();
    world.hub.unrepost(alice, post.id, None).await.unwrap();
    assert_eq!(world.verified(alice).await.records.len(), 1);
    // A block would be public: nobody has said that it may be.
    world.hub.block(alice, bob).await.unwrap();
    assert_eq!(world.verified(alice).await.records.len(), 1);
}

async fn only_what_is_public_goes_there(engine: EngineKind) {
    let world = World::new(engine).await;
    let alice = world.member("alice").await;
    for visibility in [Visibility::Unlisted, Visibility::Followers, Visibility::Direct] {
        let draft =
            Draft { author: alice, text: "x".into(), visibility: Some(visibility), ..Draft::default() };
        let post = world.publish(draft).await;
        assert!(world.record(CopyKind::Post, post.id).await.is_none(), "{visibility:?}");
    }
    assert_eq!(world.verified(alice).await.records.len(), 1);
}

async fn whoever_leaves_is_not_served(engine: EngineKind) {
    let world = World::new(engine).await;
    let alice = world.member("alice").await;
    let did = world.did(alice).await;
    world.post(alice, "bye").await;
    world.hub.deactivate(alice).await.unwrap();
    let status = |event: Option<&(u64, Event)>| match event {
        Some((_, Event::Account(account))) => account.status.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(status(world.events().await.last()), Some(AccountStatus::Deactivated));
    world.hub.reactivate(alice).await.unwrap();
    assert_eq!(status(world.events().await.last()), None);
    world.hub.delete_member(alice).await.unwrap();
    assert_eq!(status(world.events().await.last()), Some(AccountStatus::Deleted));
    let row = world.at.repo_of(did.as_str()).await.unwrap();
    assert!(row.is_none_or(|row| row.state == "deleted"));
}
