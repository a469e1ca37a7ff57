//! Replies, which name both the post they answer and the first of the thread.

use super::*;

cells!("reply");

async fn from_landbridge(scene: &Scene) -> Result<()> {
    let (uri, parent) = scene.person_posts(&draft("anyone out there?")).await?;
    let first = scene.member.publish("over here", json!({ "in_reply_to_id": parent["id"] })).await?;
    let reply = scene.found("over here").await?;
    assert_eq!(scene.note(&reply).await?.reply_to.as_deref(), Some(&*uri));
    scene.until_object("the reply is in the thread", &uri, |o| o.replies == [&*reply]).await?;
    assert_eq!(scene.person_told("reply").await?.uri, reply);

    scene.member.publish("and further off", json!({ "in_reply_to_id": first["id"] })).await?;
    let second = scene.note(&scene.found("and further off").await?).await?;
    assert_eq!((second.reply_to.as_deref(), second.root.as_deref()), (Some(&*reply), Some(&*uri)));
    Ok(())
}

async fn to_landbridge(scene: &Scene) -> Result<()> {
    let (status, uri) = scene.member_posts("who has the key?", json!({})).await?;
    scene.network.publish(&scene.person, &Draft { reply_to: Some(uri), ..draft("under the mat") }).await?;
    let thread = async || scene.member.get(&format!("v1/statuses/{}/context", text(&status, "id")?)).await;
    let child = |t: &Value| t["descendants"][0]["in_reply_to_id"] == status["id"];
    until("the reply is in the thread", thread, child).await?;
    scene.told("mention").await?;
    Ok(())
}

/// An answer to an answer names the member's post as the first of the thread, and nobody here otherwise.
#[tokio::test]
#[ignore = "needs real peers: cargo xtask test"]
async fn an_answer_to_an_answer() -> Result<()> {
    let scene = Scene::set().await?;
    let (status, uri) = scene.member_posts("who has the lamp?", json!({})).await?;
    let first = Draft { reply_to: Some(uri), ..draft("on the shelf") };
    let first = scene.network.publish(&scene.person, &first).await?;
    scene.told("mention").await?;
    scene.network.publish(&scene.person, &Draft { reply_to: Some(first), ..draft("the lower one") }).await?;
    let thread = async || scene.member.get(&format!("v1/statuses/{}/context", text(&status, "id")?)).await;
    let grandchild = |t: &Value| t["descendants"][1]["in_reply_to_id"] == t["descendants"][0]["id"];
    until("both are in the thread", thread, grandchild).await?;
    Ok(())
}
