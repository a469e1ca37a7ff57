//! Files: taken in, described, attached, taken back.

use crate::support::*;
use landbridge_model::{Id, Media, MediaKind};
use landbridge_store::{
    entities::posts::{Body, set_body},
    testing::TestStore,
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

landbridge_store::on_both_engines!(
    a_file_is_taken_in_described_and_attached,
    an_edit_keeps_changes_and_drops_files,
    what_is_deleted_can_be_written_anew,
    what_is_no_picture_is_refused,
    files_elsewhere_are_shown_as_far_as_they_can_be
);

/// The smallest GIF: one dot.
pub const DOT: &[u8] = b"GIF89a\x01\0\x01\0\x80\0\0\xff\xff\xff\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";

async fn try_upload(app: &App, path: &str, file: &[u8], more: &[(&str, &str)]) -> Told {
    let mut body = Vec::new();
    for (name, value) in more {
        let part = format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend_from_slice(part.as_bytes());
    }
    body.extend_from_slice(
        b"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.gif\"\r\n\r\n",
    );
    body.extend_from_slice(file);
    body.extend_from_slice(b"\r\n--x--\r\n");
    let request = app.request(Method::POST, path).header("content-type", "multipart/form-data; boundary=x");
    told(request.body(body)).await
}

async fn upload(app: &App, description: &str) -> Value {
    try_upload(app, "/api/v2/media", DOT, &[("description", description)]).await.good("upload")
}

async fn a_file_is_taken_in_described_and_attached(store: TestStore) {
    let world = world(store).await;
    let (alice, bob) = (world.app("alice").await, world.app("bobby").await);
    let file = try_upload(&alice, "/api/v1/media", DOT, &[("description", "a dot"), ("focus", "0.5,-0.5")]);
    let file = file.await.good("upload");
    assert_eq!((&file["description"], &file["type"]), (&json!("a dot"), &json!("image")));
    assert_eq!(file["meta"]["focus"], json!({ "x": 0.5, "y": -0.5 }));
    assert!(file["url"].as_str().unwrap().starts_with(&world.base) && file["preview_url"].is_string());
    for key in ["remote_url", "text_url", "blurhash"] {
        assert!(file.as_object().unwrap().contains_key(key), "{key}");
    }
    let path = format!("/api/v1/media/{}", id(&file));
    assert_eq!(alice.get(&path).await["id"], file["id"]);
    assert_eq!(bob.try_get(&path).await.status, StatusCode::NOT_FOUND);
    let changed = json!({ "description": "a white dot", "focus": "0,0" });
    assert_eq!(alice.send_json(Method::PUT, &path, changed).await["description"], "a white dot");
    assert_eq!(alice.send(Method::PUT, &path, &[("focus", "1,1")]).await["description"], "a white dot");

    let form = [("media_ids[]", &*id(&file)), ("sensitive", "true")];
    assert_eq!(bob.try_post("/api/v1/statuses", &form).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let post = alice.post("/api/v1/statuses", &form).await;
    assert_eq!((post["content"].as_str(), post["sensitive"].as_bool()), (Some(""), Some(true)));
    assert_eq!(post["media_attachments"][0]["description"], "a white dot");
    let again =
        alice.try_post("/api/v1/statuses", &[("status", "again"), ("media_ids[]", &*id(&file))]).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(told(alice.request(Method::DELETE, &path)).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let with_media = format!("/api/v1/accounts/{}/statuses?only_media=true", alice.member);
    assert_eq!(ids(&bob.get(&with_media).await), [id(&post)]);
    assert_eq!(ids(&bob.get("/api/v1/timelines/public?only_media=true").await), [id(&post)]);

    let unused = format!("/api/v1/media/{}", id(&upload(&alice, "").await));
    alice.send(Method::DELETE, &unused, &[]).await;
    assert_eq!(alice.try_get(&unused).await.status, StatusCode::NOT_FOUND);
}

async fn an_edit_keeps_changes_and_drops_files(store: TestStore) {
    let world = world(store).await;
    let alice = world.app("alice").await;
    let (one, two) = (id(&upload(&alice, "one").await), id(&upload(&alice, "two").await));
    let form = [("status", "both"), ("media_ids[]", one.as_str()), ("media_ids[]", two.as_str())];
    let post = id(&alice.post("/api/v1/statuses", &form).await);
    let path = format!("/api/v1/statuses/{post}");
    let shown = |post: &Value| -> Vec<String> {
        let media = post["media_attachments"].as_array().unwrap();
        media.iter().map(|m| m["description"].as_str().unwrap_or_default().to_owned()).collect()
    };
    let body = json!({
        "status": "both", "media_ids": [one, two],
        "media_attributes": [{ "id": two, "description": "the second", "focus": "0.1,0.2" }],
    });
    let edited = alice.send_json(Method::PUT, &path, body).await;
    assert_eq!(shown(&edited), ["one", "the second"]);
    assert_eq!(edited["media_attachments"][1]["meta"]["focus"]["x"], 0.1);
    let form = [
        ("status", "turned"),
        ("media_ids[]", two.as_str()),
        ("media_ids[]", one.as_str()),
        ("media_attributes[][id]", one.as_str()),
        ("media_attributes[][description]", "the first"),
    ];
    assert_eq!(shown(&alice.send(Method::PUT, &path, &form).await), ["the second", "the first"]);
    let versions = async || -> Vec<Vec<String>> {
        let history = alice.get(&format!("{path}/history")).await;
        history.as_array().unwrap().iter().map(shown).collect()
    };
    let so_far = [["one", "two"], ["one", "the second"], ["the second", "the first"]];
    assert_eq!(versions().await, so_far);
    let three = id(&upload(&alice, "three").await);
    let form = [("status", "another"), ("media_ids[]", three.as_str())];
    assert_eq!(shown(&alice.send(Method::PUT, &path, &form).await), ["three"]);
    // What was taken off is gone, from earlier versions too, and does not come back.
    assert_eq!(versions().await, [vec![], vec![], vec![], vec!["three"]]);
    let back = with_form(alice.request(Method::PUT, &path), &[("status", "x"), ("media_ids[]", &one)]);
    assert_eq!(told(back).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let bare = alice.send(Method::PUT, &path, &[("status", "none")]).await;
    assert!(shown(&bare).is_empty());
    let empty = with_form(alice.request(Method::PUT, &path), &[("status", "")]);
    assert_eq!(told(empty).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

async fn what_is_deleted_can_be_written_anew(store: TestStore) {
    let world = world(store).await;
    let alice = world.app("alice").await;
    let file = id(&upload(&alice, "kept").await);
    let form = [("status", "Wrod"), ("spoiler_text", "cw"), ("media_ids[]", file.as_str())];
    let post = id(&alice.post("/api/v1/statuses", &form).await);
    let gone = alice.send(Method::DELETE, &format!("/api/v1/statuses/{post}"), &[]).await;
    assert_eq!((&gone["text"], &gone["spoiler_text"]), (&json!("Wrod"), &json!("cw")));
    assert_eq!(ids(&gone["media_attachments"]), std::slice::from_ref(&file));
    let anew = alice.post("/api/v1/statuses", &[("status", "Word"), ("media_ids[]", file.as_str())]).await;
    assert_eq!(anew["media_attachments"][0]["description"], "kept");

    let path = format!("/api/v1/statuses/{}?delete_media=true", id(&anew));
    alice.send(Method::DELETE, &path, &[]).await;
    assert_eq!(alice.try_get(&format!("/api/v1/media/{file}")).await.status, StatusCode::NOT_FOUND);
    let late = alice.try_post("/api/v1/statuses", &[("status", "?"), ("media_ids[]", &file)]).await;
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
}

async fn what_is_no_picture_is_refused(store: TestStore) {
    let world = world(store).await;
    let alice = world.app("alice").await;
    for file in [&b"<svg onload='alert(1)'/>"[..], b"<html>", b"MZ\x90\0", &DOT[..10]] {
        let told = try_upload(&alice, "/api/v2/media", file, &[]).await;
        assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY, "{file:?}");
        assert!(told.json["error"].is_string());
    }
    let none = alice.try_post("/api/v2/media", &[("description", "no file")]).await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
}

async fn files_elsewhere_are_shown_as_far_as_they_can_be(store: TestStore) {
    let world = world(store).await;
    let alice = world.app("alice").await;
    let post = alice.says("Look").await;
    // As posts from elsewhere have them.
    let there = |kind: MediaKind, mime: &str, size: Option<u64>| Media {
        id: Id(1),
        kind,
        mime: mime.into(),
        file: None,
        preview: None,
        remote_url: Some(format!("https://files.example/{}", mime.replace('/', "."))),
        description: None,
        meta: landbridge_model::MediaMeta { size, ..Default::default() },
        sensitive: false,
    };
    let mut stored = world.hub.post(post.parse().unwrap()).await.unwrap();
    stored.media = vec![
        there(MediaKind::Image, "image/png", None),
        there(MediaKind::Image, "image/avif", None),
        there(MediaKind::Video, "video/mp4", None),
        there(MediaKind::Audio, "audio/mpeg", None),
        there(MediaKind::Video, "video/webm", Some(1 << 40)),
        there(MediaKind::Unknown, "application/pdf", None),
    ];
    world.hub.store().write(set_body(stored.id, Body::of(&stored).bytes(), None)).await.unwrap();
    let shown = alice.get(&format!("/api/v1/statuses/{post}")).await;
    let files = shown["media_attachments"].as_array().unwrap();
    let kinds: Vec<&str> = files.iter().map(|file| file["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["image", "unknown", "video", "audio", "unknown", "unknown"]);
    for (file, media) in files.iter().zip(&stored.media) {
        let (url, remote) = (file["url"].as_str().unwrap(), media.remote_url.as_deref().unwrap());
        assert_eq!(file["remote_url"], remote);
        assert_eq!(url == remote, file["type"] == "unknown", "{file}");
        // Nothing here makes pictures of videos.
        assert_eq!(file["preview_url"].is_string(), file["type"] == "image", "{file}");
    }
}
