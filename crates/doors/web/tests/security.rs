//! Sessions, cookies, forms: what another site, or whoever had the browser before, can do with them.
#![allow(clippy::disallowed_methods, reason = "the test plays a browser on loopback")]
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{Browser, PASSWORD, World};
use landbridge_hub::Registrations;

/// The session's cookie in this browser.
fn session(browser: &Browser) -> Option<String> {
    let mut cookies = browser.cookies.iter();
    cookies
        .find(|(name, value)| !name.ends_with("-form") && !value.is_empty())
        .map(|(_, value)| value.clone())
}

const RIGHT: [(&str, &str); 2] = [("name", "alice"), ("password", PASSWORD)];

#[tokio::test]
async fn every_sign_in_is_a_new_session_and_ends_the_one_before() {
    let world = World::new(Registrations::Closed).await;
    world.member("alice").await;
    let mut browser = world.browser();
    browser.get("/login").await;
    let before: Vec<String> = browser.cookies.values().cloned().collect();
    // Somebody has put a session into this browser that they know.
    let planted = "planted-by-somebody-who-waits-for-a-sign-in".to_owned();
    browser.cookies.insert(world.hub.config().session_cookie(), planted.clone());
    browser.submit("/login", &RIGHT).await;
    let first = session(&browser).unwrap();
    assert!(first != planted && !before.contains(&first));
    let mut thief = world.browser();
    thief.cookies.insert(world.hub.config().session_cookie(), planted);
    assert!(thief.get("/settings").await.path.starts_with("/login"));

    browser.get("/login").await;
    browser.submit("/login", &RIGHT).await;
    let second = session(&browser).unwrap();
    assert_ne!(first, second);
    let mut old = world.browser();
    for (cookie, path) in [(&first, "/login?next=%2Fsettings"), (&second, "/settings")] {
        old.cookies.insert(world.hub.config().session_cookie(), cookie.clone());
        assert_eq!(old.get("/settings").await.path, path);
    }
    browser.get("/").await;
    browser.submit("/logout", &[]).await;
    assert!(old.get("/settings").await.path.starts_with("/login"), "what was copied ends with the session");
}

#[tokio::test]
async fn over_https_cookies_belong_to_this_host_alone() {
    let world = World::at(Registrations::Closed, Some("https://lb.example")).await;
    let link = world.link("setup", "owner").await;
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let page = http.get(format!("{}{link}", world.address)).send().await.unwrap();
    let of = |answer: &reqwest::Response| -> Vec<String> {
        let all = answer.headers().get_all("set-cookie").iter();
        all.map(|c| c.to_str().unwrap().to_owned()).collect()
    };
    let stranger = of(&page);
    let html = page.text().await.unwrap();
    let token = html.split_once("name=\"form\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
    let fields = [("form", token.as_str()), ("name", "alice"), ("password", PASSWORD), ("again", PASSWORD)];
    let body: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let made = http.post(format!("{}{link}", world.address)).body(body);
    let made = made.header("content-type", "application/x-www-form-urlencoded");
    let made =
        made.header("origin", "https://lb.example").header("cookie", stranger[0].split(';').next().unwrap());
    let made = made.send().await.unwrap();
    assert_eq!(made.status().as_u16(), 303);
    for cookie in stranger.into_iter().chain(of(&made)) {
        assert!(cookie.starts_with("__Host-"), "{cookie}");
        for part in ["; Path=/;", "; HttpOnly", "; SameSite=Lax", "; Secure"] {
            assert!(cookie.contains(part), "{cookie} without {part}");
        }
        assert!(!cookie.to_lowercase().contains("domain="), "{cookie}");
    }
}

#[tokio::test]
async fn no_form_does_anything_without_its_token() {
    let world = World::new(Registrations::Open).await;
    let mut alice = world.member("alice").await;
    alice.submit("/compose", &[("text", "still here"), ("visibility", "public")]).await;
    let id = alice
        .get("/local")
        .await
        .text
        .split_once("<article id=\"p")
        .unwrap()
        .1
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    let me = world.hub.member_named("alice").await.unwrap().actor.id;
    let grant = world.hub.grants(me).await.unwrap()[0].id;
    let mut forms: Vec<String> = [
        "/compose",
        "/login",
        "/logout",
        "/notifications",
        "/signup",
        "/setup/x",
        "/invite/x",
        "/settings",
        "/settings/networks",
        "/settings/networks/nostr/join",
        "/settings/networks/nostr/leave",
        "/settings/networks/nostr/key",
        "/settings/posting",
        "/settings/access/password",
        "/settings/contacts",
        "/settings/hidden",
        "/settings/account/invite",
        "/settings/account/rest",
        "/settings/account/delete",
    ]
    .map(str::to_owned)
    .to_vec();
    for act in ["edit", "delete", "vote", "like", "repost", "bookmark", "pin", "mute"] {
        forms.push(format!("/posts/{id}/{act}"));
    }
    for act in ["report", "note", "follow", "mute", "block", "remove"] {
        forms.push(format!("/people/{me}/{act}"));
    }
    forms.push(format!("/requests/{me}/accept"));
    forms.push(format!("/requests/log/{me}/undo"));
    forms.push(format!("/settings/access/{grant}/revoke"));
    let fields =
        [("name", "alice"), ("password", PASSWORD), ("again", PASSWORD), ("text", "forged"), ("choice", "0")];
    for form in forms {
        for token in [None, Some("guessed")] {
            let mut fields = fields.to_vec();
            fields.extend(token.map(|token| ("form", token)));
            assert_eq!(alice.post(&form, &fields).await.status, 403, "{form}");
        }
    }
    let page = alice.get("/local").await.text;
    assert!(page.contains("still here") && !page.contains("forged"));
    assert_eq!(world.hub.grants(me).await.unwrap().len(), 1);
}

#[tokio::test]
async fn nobody_can_frame_a_page_even_a_failed_one() {
    let world = World::new(Registrations::Open).await;
    let mut alice = world.member("alice").await;
    for path in ["/", "/login", "/settings/access", "/settings/account", "/nothing", "/@nobody", "/tags/%00"]
    {
        let page = alice.get(path).await;
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("frame-ancestors 'none'") && policy.contains("form-action 'self'"), "{path}");
        assert!(page.status < 500, "{path}: {}", page.status);
    }
}

#[tokio::test]
async fn trying_many_names_gets_slow_too() {
    let world = World::new(Registrations::Closed).await;
    world.member("alice").await;
    let mut thief = world.browser();
    thief.get("/login").await;
    for i in 0..20 {
        let name = format!("name{i}");
        assert_eq!(thief.submit("/login", &[("name", &name), ("password", "guess")]).await.status, 401);
    }
    assert_eq!(thief.submit("/login", &RIGHT).await.status, 429);
}
