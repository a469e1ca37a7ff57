//! The pages through the front door, as a browser without JavaScript meets them.
#![allow(clippy::disallowed_methods, reason = "the test plays a browser on loopback")]
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{PASSWORD, World};
use landbridge_hub::Registrations;

#[tokio::test]
async fn the_owner_sets_up_posts_and_signs_in_again() {
    let world = World::new(Registrations::Closed).await;
    let mut alice = world.member("alice").await;
    let home = alice.get("/").await;
    assert!(home.text.contains("What would you like to say?"), "{}", home.text);
    let posted = alice
        .submit(
            "/compose",
            &[("text", "Hello <b>world</b> #Grüße https://example.org/"), ("visibility", "public")],
        )
        .await;
    assert_eq!(posted.path, "/?done=posted");
    assert!(posted.text.contains("Hello &lt;b&gt;world&lt;/b&gt;"), "{}", posted.text);
    assert!(posted.text.contains("rel=\"tag\">#<span>Grüße</span>"));
    let tag = alice.get("/tags/gr%C3%BC%C3%9Fe").await;
    assert!(tag.text.contains("Hello &lt;b&gt;"), "{}", tag.text);

    let out = alice.submit("/logout", &[]).await;
    assert_eq!(out.path, "/login?done=bye");
    let asked = alice.get("/settings").await;
    assert!(asked.path.starts_with("/login?next=%2Fsettings"), "{}", asked.path);
    let wrong =
        alice.submit("/login", &[("name", "alice"), ("password", "wrong"), ("next", "/settings")]).await;
    assert_eq!(wrong.status, 401);
    assert!(wrong.text.contains("do not go together"));
    let right =
        alice.submit("/login", &[("name", "@Alice"), ("password", PASSWORD), ("next", "/settings")]).await;
    assert_eq!((right.status, right.path.as_str()), (200, "/settings"));
}

#[tokio::test]
async fn links_that_make_accounts_work_once() {
    let world = World::new(Registrations::Closed).await;
    world.member("alice").await;
    let link = world.link("invite", "member").await;
    let mut bob = world.browser();
    assert!(bob.get(&link).await.text.contains("You are invited"));
    let fields = |name| [("name", name), ("password", PASSWORD), ("again", PASSWORD)];
    let taken = bob.submit(&link, &fields("alice")).await;
    assert_eq!(taken.status, 422, "{}", taken.text);
    let (_, rest) = taken.text.split_once("action=\"/invite/").unwrap();
    let again = format!("/invite/{}", rest.split('"').next().unwrap());
    bob.at = again.clone();
    assert_eq!(
        bob.submit(&again, &[("name", "bob"), ("password", "short"), ("again", "short")]).await.status,
        422
    );
    assert_eq!(bob.submit(&again, &fields("no spaces")).await.status, 422);
    assert_eq!(bob.submit(&again, &fields("bob")).await.path, "/?done=welcome");
    assert_eq!(world.browser().get(&again).await.status, 422);
    assert_eq!(world.browser().get("/setup/guessed").await.status, 422);
    assert_eq!(world.browser().get("/signup").await.status, 403);
}

#[tokio::test]
async fn whoever_was_sent_to_sign_up_goes_on_where_they_were() {
    let world = World::new(Registrations::Open).await;
    let fields = |name, next| [("name", name), ("password", PASSWORD), ("again", PASSWORD), ("next", next)];
    for (name, asked, goes) in [
        ("alice", "/compose", "/compose"),
        ("bob", "https://evil.example/", "/"),
        ("carol", "", "/?done=welcome"),
    ] {
        let mut browser = world.browser();
        let query = url::form_urlencoded::byte_serialize(asked.as_bytes()).collect::<String>();
        let page = browser.get(&format!("/signup?next={query}&network=atproto")).await;
        assert!(page.text.contains(&format!("name=\"next\" value=\"{asked}\"")), "{}", page.text);
        let again = browser.submit("/signup", &fields("no spaces", asked)).await;
        assert!(again.status == 422 && again.text.contains(&format!("value=\"{asked}\"")));
        assert_eq!(browser.submit("/signup", &fields(name, asked)).await.path, goes, "{asked}");
    }
}

#[tokio::test]
async fn forms_of_other_sites_do_nothing() {
    let world = World::new(Registrations::Closed).await;
    let mut alice = world.member("alice").await;
    let mut bob = world.member("bob").await;
    assert_eq!(alice.post("/compose", &[("text", "forged")]).await.status, 403);
    assert_eq!(alice.post("/compose", &[("text", "forged"), ("form", "guessed")]).await.status, 403);
    let token = |text: &str| {
        text.split_once("name=\"form\" value=\"").unwrap().1.split('"').next().unwrap().to_owned()
    };
    let foreign = token(&bob.get("/").await.text);
    assert_eq!(alice.post("/compose", &[("text", "forged"), ("form", &foreign)]).await.status, 403);
    let own = token(&alice.get("/").await.text);
    let http = reqwest::Client::new();
    let cookies: Vec<String> = alice.cookies.iter().map(|(k, v)| format!("{k}={v}")).collect();
    for (header, value) in [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")] {
        let forged = http
            .post(format!("{}/compose", world.origin))
            .header("cookie", cookies.join("; "))
            .header(header, value);
        let forged = forged
            .header("content-type", "application/x-www-form-urlencoded")
            .body(format!("text=forged&form={own}"));
        assert_eq!(forged.send().await.unwrap().status().as_u16(), 403);
    }
    assert!(!alice.get("/local").await.text.contains("forged"));
}

#[tokio::test]
async fn guessing_passwords_gets_slow() {
    let world = World::new(Registrations::Closed).await;
    world.member("alice").await;
    let mut thief = world.browser();
    thief.get("/login").await;
    for _ in 0..5 {
        assert_eq!(thief.submit("/login", &[("name", "alice"), ("password", "guess")]).await.status, 401);
    }
    let slowed = thief.submit("/login", &[("name", "alice"), ("password", PASSWORD)]).await;
    assert_eq!(slowed.status, 429);
    assert!(slowed.text.contains("Please wait"));
}

#[tokio::test]
async fn pages_can_neither_run_nor_load_anything() {
    let world = World::new(Registrations::Closed).await;
    let mut alice = world.member("alice").await;
    for path in [
        "/",
        "/compose",
        "/settings",
        "/settings/access",
        "/nothing/here",
        "/@alice",
        "/search?q=%3Cscript%3E",
    ] {
        let page = alice.get(path).await;
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        assert!(
            policy.starts_with("default-src 'none'")
                && !policy.contains("unsafe")
                && !policy.contains("script"),
            "{path}: {policy}"
        );
        assert!(
            !page.text.contains("<script")
                && !page.text.contains(" style=")
                && !page.text.contains("onclick"),
            "{path}"
        );
        assert!(page.text.len() < 20_000, "{path}: {} bytes", page.text.len());
        assert!(page.headers["cache-control"].to_str().unwrap().contains("private"));
    }
    let css = alice.get("/").await.text;
    let path = css.split_once("rel=\"stylesheet\" href=\"").unwrap().1.split('"').next().unwrap().to_owned();
    assert_eq!(alice.get(&path).await.headers["content-type"], "text/css; charset=utf-8");
}

#[tokio::test]
async fn a_thread_is_answered_liked_edited_and_deleted() {
    let world = World::new(Registrations::Closed).await;
    let (mut alice, mut bob) = (world.member("alice").await, world.member("bob").await);
    alice.submit("/compose", &[("text", "What is for lunch?"), ("visibility", "public")]).await;
    let local = bob.get("/local").await.text;
    let id = local.split_once("<article id=\"p").unwrap().1.split('"').next().unwrap().to_owned();
    assert_eq!(bob.submit(&format!("/posts/{id}/like"), &[]).await.path, "/local");
    let form = bob.get(&format!("/compose?reply={id}")).await;
    assert!(form.text.contains("@alice "), "{}", form.text);
    let thread =
        bob.submit("/compose", &[("text", "@alice Soup"), ("reply", &id), ("visibility", "public")]).await;
    assert!(thread.path.starts_with("/@bob/"), "{}", thread.path);
    assert!(thread.text.contains("What is for lunch?") && thread.text.contains("Soup"));

    let told = alice.get("/notifications").await.text;
    assert!(told.contains("likes your post") && told.contains("mentioned you"), "{told}");
    let edited = alice.submit(&format!("/posts/{id}/edit"), &[("text", "What is for dinner?")]).await;
    assert!(edited.text.contains("for dinner?") && edited.text.contains("changed"), "{}", edited.text);
    assert_eq!(bob.get(&format!("/posts/{id}/edit")).await.status, 404);
    assert!(alice.get(&format!("/posts/{id}/delete")).await.text.contains("Delete this post?"));
    let gone = alice.submit(&format!("/posts/{id}/delete"), &[]).await;
    assert_eq!(gone.path, format!("/posts/{id}/where?done=deleted"));
    assert_eq!(bob.get(&format!("/@alice/{id}")).await.status, 404);
}

#[tokio::test]
async fn a_poll_goes_on_when_its_post_is_edited() {
    let world = World::new(Registrations::Closed).await;
    let mut alice = world.member("alice").await;
    let fields = [
        ("text", "Soup?"),
        ("visibility", "public"),
        ("option", "Certainly"),
        ("option", "No"),
        ("hours", "1"),
    ];
    alice.submit("/compose", &fields).await;
    let local = alice.get("/local").await.text;
    let id = local.split_once("<article id=\"p").unwrap().1.split('"').next().unwrap().to_owned();
    let edited = alice.submit(&format!("/posts/{id}/edit"), &[("text", "Soup today?")]).await;
    assert!(edited.text.contains("today?") && edited.text.contains("Certainly"), "{}", edited.text);
}

#[tokio::test]
async fn strangers_see_public_posts_with_previews_and_nothing_else() {
    let world = World::new(Registrations::Closed).await;
    let mut alice = world.member("alice").await;
    alice.submit("/compose", &[("text", "For everyone"), ("visibility", "public")]).await;
    alice.submit("/compose", &[("text", "For followers"), ("visibility", "private")]).await;
    alice.submit("/compose", &[("text", "The plot"), ("warning", "A film"), ("visibility", "public")]).await;
    let mut stranger = world.browser();
    let profile = stranger.get("/@alice").await.text;
    assert!(profile.contains("For everyone") && !profile.contains("For followers"), "{profile}");
    assert!(profile.contains("property=\"og:type\" content=\"profile\""));
    let own = alice.get("/@alice").await.text;
    let ids: Vec<&str> = own.split("<article id=\"p").skip(1).map(|s| s.split('"').next().unwrap()).collect();
    let mut seen = Vec::new();
    for id in ids {
        let page = stranger.get(&format!("/@alice/{id}")).await;
        seen.push(page.status);
        if page.text.contains("A film") {
            let head = page.text.split_once("</head>").unwrap().0;
            assert!(head.contains("content=\"A film\"") && !head.contains("The plot"), "{head}");
        }
    }
    seen.sort();
    assert_eq!(seen, [200, 200, 404]);
    assert!(stranger.get("/notifications").await.path.starts_with("/login"));
    assert_eq!(stranger.get("/@nobody").await.status, 404);
}

#[tokio::test]
async fn pictures_are_uploaded_described_and_previewed() {
    let world = World::new(Registrations::Closed).await;
    let mut alice = world.member("alice").await;
    alice.get("/compose").await;
    let gif = b"GIF89a\x01\0\x01\0\x80\0\0\xff\xff\xff\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";
    let preview = alice
        .upload(
            "/compose?preview",
            &[
                ("text", "", b"Look"),
                ("visibility", "", b"public"),
                ("picture0", "a.gif", gif),
                ("alt0", "", b"A <dot>"),
            ],
        )
        .await;
    assert_eq!(preview.status, 200, "{}", preview.text);
    assert!(
        preview.text.contains("This is how it would look") && preview.text.contains("A &#60;dot&#62;"),
        "{}",
        preview.text
    );
    let media =
        preview.text.split_once("name=\"media\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
    let alt = format!("alt-{media}");
    let posted = alice
        .submit("/compose", &[("text", "Look"), ("visibility", "public"), ("media", &media), (&alt, "A dot")])
        .await;
    assert_eq!(posted.path, "/?done=posted", "{}", posted.text);
    assert!(posted.text.contains("alt=\"A dot\""), "{}", posted.text);
    let src = posted.text.split_once("<img src=\"/media/").unwrap().1.split('"').next().unwrap().to_owned();
    let file = alice.get(&format!("/media/{src}")).await;
    assert_eq!(
        (file.status, file.headers["content-security-policy"].to_str().unwrap()),
        (200, "default-src 'none'; sandbox")
    );
    let svg = alice
        .upload("/compose", &[("text", "", b"x"), ("picture0", "a.png", b"<svg onload='alert(1)'/>")])
        .await;
    assert_eq!(svg.status, 422);
    assert!(svg.text.contains("not accepted"), "{}", svg.text);
}

#[tokio::test]
async fn settings_are_kept_and_access_can_be_ended() {
    let world = World::new(Registrations::Closed).await;
    let mut alice = world.member("alice").await;
    alice.get("/settings").await;
    let saved = alice
        .upload(
            "/settings",
            &[
                ("display_name", "", "Alice \u{202e}العربية".as_bytes()),
                ("bio", "", b"I like #birds"),
                ("field_name", "", b"Web"),
                ("field_value", "", b"https://alice.example/"),
                ("locked", "", b"on"),
            ],
        )
        .await;
    assert_eq!(saved.path, "/settings?done=saved", "{}", saved.text);
    let profile = world.browser().get("/@alice").await.text;
    assert!(
        profile.contains("Alice العربية") && profile.contains("rel=\"me\" href=\"https://alice.example/\""),
        "{profile}"
    );
    alice.get("/settings/posting").await;
    alice
        .submit("/settings/posting", &[("visibility", "private"), ("language", "hsb"), ("quotes", "nobody")])
        .await;
    assert!(alice.get("/compose").await.text.contains("<option value=\"private\" selected>"));

    let mut phone = world.browser();
    phone.get("/login").await;
    phone.submit("/login", &[("name", "alice"), ("password", PASSWORD)]).await;
    let access = phone.get("/settings/access").await.text;
    assert_eq!(access.matches("a sign-in by browser").count(), 2, "{access}");
    let end =
        access.split_once("action=\"/settings/access/").unwrap().1.split('"').next().unwrap().to_owned();
    phone.submit(&format!("/settings/access/{end}"), &[]).await;
    assert!(alice.get("/settings").await.path.starts_with("/login"), "the other browser is signed out");
    let changed = [("old", PASSWORD), ("password", "another long one"), ("again", "another long one")];
    assert_eq!(
        phone.submit("/settings/access/password", &changed).await.path,
        "/settings/access?done=password"
    );
    alice.get("/login").await;
    assert_eq!(alice.submit("/login", &[("name", "alice"), ("password", PASSWORD)]).await.status, 401);
}

#[tokio::test]
async fn people_are_followed_muted_blocked_and_asked() {
    let world = World::new(Registrations::Closed).await;
    let (mut alice, mut bob) = (world.member("alice").await, world.member("bob").await);
    let profile = alice.get("/@bob").await.text;
    let id = profile.split_once("formaction=\"/people/").unwrap().1.split('/').next().unwrap().to_owned();
    let followed = alice.submit(&format!("/people/{id}/follow"), &[]).await;
    assert_eq!(followed.path, "/@bob?done=followed");
    bob.submit("/compose", &[("text", "From bob"), ("visibility", "private")]).await;
    assert!(alice.get("/").await.text.contains("From bob"));
    assert!(alice.get("/@bob/followers").await.text.contains("@alice"));
    alice.get("/@bob").await;
    alice.submit(&format!("/people/{id}/block"), &[]).await;
    assert!(!alice.get("/").await.text.contains("From bob"));
    alice.get("/@bob").await;
    assert!(alice.get("/settings/hidden").await.text.contains("@bob"));
    alice.get("/@bob").await;
    assert!(alice.submit(&format!("/people/{id}/unblock"), &[]).await.text.contains(">Follow</button>"));
    assert_eq!(alice.submit(&format!("/people/{id}/explode"), &[]).await.status, 404);
}

#[tokio::test]
async fn a_picture_that_was_replaced_is_gone() {
    let world = World::new(Registrations::Closed).await;
    let mut alice = world.member("alice").await;
    let mut places = Vec::new();
    for colour in [b"\xff\xff\xff", b"\xff\0\0"] {
        let gif =
            [b"GIF89a\x01\0\x01\0\x80\0\0", &colour[..], b"\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;"];
        alice.get("/settings").await;
        let saved = alice.upload("/settings", &[("avatar", "a.gif", &gif.concat())]).await;
        assert_eq!(saved.path, "/settings?done=saved", "{}", saved.text);
        let profile = alice.get("/@alice").await.text;
        let place = profile.split_once("src=\"/media/").unwrap().1.split('"').next().unwrap();
        places.push(format!("/media/{place}"));
        assert_eq!(alice.get(&places[places.len() - 1]).await.status, 200);
    }
    assert_ne!(places[0], places[1]);
    assert_eq!(alice.get(&places[0]).await.status, 404);
}

#[tokio::test]
async fn a_private_conversation_says_who_can_read_it_before_anything_is_written() {
    let world = World::new(Registrations::Closed).await;
    let (mut alice, mut bob) = (world.member("alice").await, world.member("bobby").await);
    let profile = alice.get("/@bobby").await;
    let (_, rest) = profile.text.split_once("href=\"/messages/to/").unwrap();
    let path = format!("/messages/to/{}", rest.split('"').next().unwrap());
    let form = alice.get(&path).await;
    assert!(form.text.contains("this server, which can read it"), "{}", form.text);
    let sent = alice.submit(&format!("{path}/send"), &[("text", "Just <i>us</i>")]).await;
    assert!(sent.path.starts_with("/messages/"), "{}", sent.path);
    assert!(sent.text.contains("Just &lt;i&gt;us&lt;/i&gt;") && sent.text.contains("server-readable"));
    assert!(sent.text.contains("accepted") && !sent.text.contains("seen"), "{}", sent.text);

    // Members who do not know each other ask first, like everybody.
    assert!(bob.get("/messages").await.text.contains("No private messages"));
    let asks = bob.get("/requests").await;
    assert!(asks.text.contains("Just &#60;i&#62;us&#60;/i&#62;"), "{}", asks.text);
    let (_, rest) = asks.text.split_once("formaction=\"/requests/").unwrap();
    let accept = format!("/requests/{}", rest.split('"').next().unwrap());
    assert!(accept.ends_with("/accept"));
    assert_eq!(bob.submit(&accept, &[]).await.path, "/requests?done=answered");
    let list = bob.get("/messages").await;
    assert!(list.text.contains("aria-label=\"1 new\"") && list.text.contains("Just "), "{}", list.text);
    assert!(!list.text.contains("<i>us"), "{}", list.text);
    let (_, rest) = list.text.split_once("class=\"who\" href=\"/messages/").unwrap();
    let path = format!("/messages/{}", rest.split('#').next().unwrap());
    assert!(bob.get(&path).await.text.contains("Your message"));
    let answered = bob.submit(&path, &[("text", "Likewise")]).await;
    assert!(answered.text.contains("Likewise"), "{}", answered.text);
    assert!(!bob.get("/").await.text.contains("Likewise"));
    assert!(bob.get("/settings/access").await.text.contains("read a conversation"));
    let mut carol = world.member("carol").await;
    assert_eq!(carol.get(&path).await.status, 404);
    let asked = bob.get(&format!("{path}/delete")).await;
    assert!(asked.text.contains("Delete this conversation?"));
    assert_eq!(bob.submit(&format!("{path}/delete"), &[]).await.path, "/messages?done=conversation");
    assert!(bob.get("/messages").await.text.contains("No private messages"));
}
