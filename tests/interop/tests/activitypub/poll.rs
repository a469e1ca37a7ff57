//! Question, votes, and Update(Question) with the counts.

use super::*;

cells!("poll and vote");

async fn from_landbridge(scene: &Scene) -> Result<()> {
    let Scene { peer, account, .. } = scene;
    if peer.name == "upub" {
        // Asked to say so itself: it refuses any Question, its own too.
        let draft = Draft { text: "?".into(), poll: Some(vec!["a".into(), "b".into()]), ..Draft::default() };
        peer.publish(account, &draft).await?;
    }
    let poll = json!({ "poll": { "options": ["tea", "coffee"], "expires_in": 3600 } });
    let status = scene.post_reaches_account("what will it be?", poll).await?;
    let uri = text(&status, "uri")?;
    let seen = peer.object(uri).await?.note.unwrap().poll.unwrap();
    assert_eq!(seen.iter().map(|choice| &*choice.name).collect::<Vec<_>>(), ["tea", "coffee"]);

    peer.act(account, "vote", json!({ "object": uri, "option": "coffee" })).await?;
    until(
        "the vote is counted",
        async || scene.status(&status).await,
        |s| s["poll"]["options"][1]["votes_count"] == 1 && s["poll"]["voters_count"] == 1,
    )
    .await?;
    until(
        "the peer learns the count",
        async || peer.object(uri).await,
        |o| o.note.as_ref().and_then(|note| note.poll.as_ref()).is_some_and(|poll| poll[1].votes == 1),
    )
    .await?;
    Ok(())
}

async fn to_landbridge(scene: &Scene) -> Result<()> {
    let choices = vec!["up".to_owned(), "down".to_owned()];
    let draft = Draft { text: "which way?".into(), poll: Some(choices), ..Draft::default() };
    let (id, status) = scene.post_reaches_member(&draft).await?;
    assert_eq!(status["poll"]["options"][1]["title"], "down", "{status}");
    let path = format!("v1/polls/{}/votes", text(&status["poll"], "id")?);
    let voted = scene.member.post(&path, json!({ "choices": [1] })).await?;
    assert_eq!(voted["voted"], true, "{voted}");
    until(
        "the peer has the vote",
        async || scene.peer.object(&id).await,
        |o| o.votes.iter().any(|vote| vote.actor == scene.member.actor && vote.option == "down"),
    )
    .await?;
    Ok(())
}
