//! Decisions of the moderators, as apps see them.

use crate::support::*;
use landbridge_hub::moderation::Why;
use landbridge_store::testing::TestStore;
use reqwest::{Method, StatusCode};

landbridge_store::on_both_engines!(a_decision_is_told_with_its_reasons_and_can_be_appealed);

async fn a_decision_is_told_with_its_reasons_and_can_be_appealed(store: TestStore) {
    let world = world(store).await;
    let (alice, bob) = (world.app("alice").await, world.app("bob").await);
    let why = Why { reason: "Too loud".into(), rule: "1: be quiet".into(), ..Why::default() };
    let id = world.hub.warn(alice.member, &why).await.unwrap().to_string();
    let told = alice.get("/api/v1/notifications").await;
    assert_eq!((&told[0]["type"], told.as_array().unwrap().len()), (&"moderation_warning".into(), 1));
    let warning = &told[0]["moderation_warning"];
    assert_eq!((&warning["action"], &warning["text"]), (&"none".into(), &"Too loud".into()));
    assert_eq!(warning["target_account"]["username"], "alice");
    assert_eq!(
        alice.get("/api/v1/notifications?exclude_types[]=moderation_warning").await,
        serde_json::json!([])
    );

    let listed = alice.get("/api/landbridge/v1/decisions").await;
    assert_eq!(
        (&listed[0]["id"], &listed[0]["landbridge"]["rule"]),
        (&id.clone().into(), &"1: be quiet".into())
    );
    assert!(
        listed[0]["landbridge"]["url"]
            .as_str()
            .unwrap()
            .starts_with(&format!("{}/statement/{id}/", world.base))
    );
    assert_eq!(bob.get("/api/landbridge/v1/decisions").await, serde_json::json!([]));

    let path = format!("/api/landbridge/v1/decisions/{id}/appeal");
    let appeal = |app: &App, text: &str| with_form(app.request(Method::POST, &path), &[("text", text)]);
    assert_eq!(told_of(appeal(&bob, "Mine!")).await, StatusCode::NOT_FOUND, "it is not about bob");
    assert_eq!(told_of(appeal(&alice, " ")).await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(told_of(appeal(&alice, "I whispered.")).await, StatusCode::OK);
    assert_eq!(told_of(appeal(&alice, "Again.")).await, StatusCode::UNPROCESSABLE_ENTITY);
    let listed = alice.get("/api/landbridge/v1/decisions").await;
    assert_eq!(
        (&listed[0]["appeal"]["state"], &listed[0]["landbridge"]["can_appeal"]),
        (&"pending".into(), &false.into())
    );
    world.hub.answer_appeal(id.parse().unwrap(), false, "We heard you.").await.unwrap();
    let told = alice.get("/api/v1/notifications").await;
    assert_eq!(told[0]["moderation_warning"]["appeal"]["state"], "rejected");
    assert_eq!(told[0]["moderation_warning"]["appeal"]["answer"], "We heard you.");
}

async fn told_of(request: reqwest::RequestBuilder) -> StatusCode {
    request.send().await.unwrap().status()
}
