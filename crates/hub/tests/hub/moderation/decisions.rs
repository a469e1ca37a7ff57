//! Decisions of moderators: what they do, what is said of them, and how they are undone.

use crate::{
    receive::{AP, mention_of},
    support::{TestHub, draft, picture, test_hub},
};
use landbridge_hub::{
    Draft, HubError, Page,
    accounts::Member,
    moderation::{Ground, Measure, Why},
    publish::NewReport,
    reading::NotificationKind,
};
use landbridge_model::{ActorState, Id, Media};
use landbridge_store::{on_both_engines, testing::TestStore};

on_both_engines!(
    whoever_is_affected_reads_why,
    a_members_post_is_deleted_everywhere,
    a_post_from_elsewhere_does_not_come_back_until_that_is_undone,
    a_suspension_is_explained_and_an_appeal_ends_it,
    an_appeal_is_made_and_answered_once,
    a_file_is_gone_and_is_not_taken_in_again,
    a_picture_of_a_profile_goes_too,
);

fn why(report: Option<Id>) -> Why {
    Why {
        reason: "It names a child.".into(),
        rule: "2: no private data".into(),
        ground: Ground::Rules,
        report,
    }
}

async fn upload(t: &TestHub, member: &Member, colour: u8) -> Result<Media, HubError> {
    t.hub.upload(member.actor.id, picture(colour).into(), "").await
}

fn hash(media: &Media) -> String {
    media.file.as_ref().unwrap().split('.').next().unwrap().to_owned()
}

async fn whoever_is_affected_reads_why(store: TestStore) {
    let t = test_hub(store);
    let (alice, anna) = (t.member("alice").await, t.member("anna").await);
    let new = NewReport { target: anna.actor.id, category: "other", ..NewReport::default() };
    let report = t.hub.report(alice.actor.id, new).await.unwrap();
    for bad in [Why { reason: " ".into(), ..why(None) }, Why { rule: String::new(), ..why(None) }] {
        assert!(matches!(t.hub.warn(anna.actor.id, &bad).await, Err(HubError::Invalid(_))), "{bad:?}");
    }
    let id = t.hub.warn(anna.actor.id, &why(Some(report))).await.unwrap();
    assert!(t.hub.report_by_id(report).await.unwrap().resolved);
    assert_eq!(t.told(&anna).await, [NotificationKind::ModerationWarning]);
    let told = t.hub.notifications(anna.actor.id, &[], None, Page::default()).await.unwrap();
    let decided = told[0].decision.clone().unwrap();
    assert_eq!(
        (decided.id, decided.measure, decided.rule.as_str()),
        (id, Measure::Warning, "2: no private data")
    );
    assert!(told[0].post.is_none() && decided.about.contains("@anna"));
    // The page opens for whoever has its address, and for nobody else.
    let path = t.hub.statement_path(id);
    let code = path.rsplit('/').next().unwrap();
    assert_eq!(t.hub.statement(id, code).await.unwrap().reason, "It names a child.");
    for wrong in ["", &code[1..], &code.to_uppercase()] {
        assert!(matches!(t.hub.statement(id, wrong).await, Err(HubError::NotFound)));
    }
    assert!(t.told(&alice).await.is_empty());
    assert_eq!(t.hub.decisions_about(anna.actor.id, Page::default()).await.unwrap().len(), 1);
    // A decision that closes a report which is closed is not made.
    assert!(t.hub.warn(anna.actor.id, &why(Some(report))).await.is_err());
    assert_eq!(t.hub.decisions(Page::default()).await.unwrap().len(), 1);
}

async fn a_members_post_is_deleted_everywhere(store: TestStore) {
    let t = test_hub(store);
    let anna = t.member("anna").await;
    let post = t.hub.publish(draft(&anna, "Her address is"), None).await.unwrap();
    t.wide.take_staged();
    t.open.take_staged();
    let id = t.hub.take_down_post(post.id, &why(None)).await.unwrap();
    assert!(matches!(t.hub.post(post.id).await, Err(HubError::NotFound)));
    assert_eq!((t.wide.take_staged(), t.open.take_staged()), (vec!["delete".into()], vec!["delete".into()]));
    let decided = t.hub.decision(id).await.unwrap();
    assert!(decided.about.contains(&format!("/@anna/{}", post.id)) && decided.post() == Some(post.id));
    assert!(matches!(t.hub.undo_decision_about(id).await, Err(HubError::Invalid(_))), "it is gone");
    assert!(t.hub.take_down_post(post.id, &why(None)).await.is_err());
    assert_eq!(t.hub.decisions(Page::default()).await.unwrap().len(), 1);
}

async fn a_post_from_elsewhere_does_not_come_back_until_that_is_undone(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    t.stranger(AP, "bob").await;
    let sent = || mention_of(AP, "bob", "https://remote.example/1", "alice");
    let post = t.stored(AP, sent()).await;
    let id = t.hub.take_down_post(post, &why(None)).await.unwrap();
    assert!(t.hub.post(post).await.is_err() && t.told(&alice).await.is_empty());
    let again = t.post(AP, sent()).await;
    assert!(!matches!(again, Ok(landbridge_hub::Received::Stored(Some(_)))), "{again:?}");
    t.hub.undo_decision_about(id).await.unwrap();
    t.stored(AP, sent()).await;
    assert!(matches!(t.hub.undo_decision_about(id).await, Err(HubError::Invalid(_))), "once");
}

async fn a_suspension_is_explained_and_an_appeal_ends_it(store: TestStore) {
    let t = test_hub(store);
    let anna = t.member("anna").await;
    let me = anna.actor.id;
    assert!(t.hub.take_down_account(me, Measure::Warning, &why(None)).await.is_err());
    let limited = t.hub.take_down_account(me, Measure::Limited, &why(None)).await.unwrap();
    assert_eq!(t.hub.actor(me).await.unwrap().state, ActorState::Limited);
    let id = t.hub.take_down_account(me, Measure::Suspended, &why(None)).await.unwrap();
    assert!(matches!(t.hub.sign_in("anna", "correct horse").await, Err(HubError::Forbidden(_))));
    assert_eq!(t.hub.suspension_of(me).await.unwrap().unwrap().id, id);
    // The lighter measure that came before does not undo the later one.
    t.hub.undo_decision_about(limited).await.unwrap();
    assert_eq!(t.hub.actor(me).await.unwrap().state, ActorState::Suspended);
    t.hub.appeal(id, "It was my own address.").await.unwrap();
    assert_eq!(t.hub.appeals(10).await.unwrap().len(), 1);
    t.hub.answer_appeal(id, true, "You are right.").await.unwrap();
    assert_eq!(t.hub.actor(me).await.unwrap().state, ActorState::Active);
    assert!(t.hub.sign_in("anna", "correct horse").await.is_ok());
    assert!(t.hub.suspension_of(me).await.unwrap().is_none() && t.hub.appeals(10).await.unwrap().is_empty());

    let bob = t.stranger(AP, "bob").await;
    let far = t.hub.take_down_account(bob, Measure::Suspended, &why(None)).await.unwrap();
    assert!(crate::receive::ignored(
        t.post(AP, mention_of(AP, "bob", "https://remote.example/1", "anna")).await
    ));
    t.hub.undo_decision_about(far).await.unwrap();
    t.stored(AP, mention_of(AP, "bob", "https://remote.example/1", "anna")).await;
}

async fn an_appeal_is_made_and_answered_once(store: TestStore) {
    let t = test_hub(store);
    let anna = t.member("anna").await;
    let id = t.hub.warn(anna.actor.id, &why(None)).await.unwrap();
    assert!(t.hub.answer_appeal(id, false, "No.").await.is_err(), "there is none yet");
    assert!(matches!(t.hub.appeal(id, "  ").await, Err(HubError::Invalid(_))));
    assert!(matches!(t.hub.appeal(id, &"x".repeat(5001)).await, Err(HubError::Invalid(_))));
    t.hub.appeal(id, "Why me?").await.unwrap();
    assert!(matches!(t.hub.appeal(id, "Why?").await, Err(HubError::Invalid(_))));
    t.hub.dismiss(anna.actor.id, None).await.unwrap();
    t.hub.answer_appeal(id, false, "Because.").await.unwrap();
    assert!(matches!(t.hub.answer_appeal(id, true, "Well.").await, Err(HubError::Invalid(_))));
    assert_eq!(t.told(&anna).await, [NotificationKind::ModerationWarning], "the answer is told");
    let appeal = t.hub.decision(id).await.unwrap().appeal.unwrap();
    assert_eq!(appeal.text, "Why me?");
    let answer = appeal.answer.unwrap();
    assert_eq!((answer.text.as_str(), answer.granted), ("Because.", false));
    assert!(t.hub.decision(id).await.unwrap().undone_at.is_none());
}

async fn a_file_is_gone_and_is_not_taken_in_again(store: TestStore) {
    let t = test_hub(store);
    let (alice, anna) = (t.member("alice").await, t.member("anna").await);
    let (shown, loose) = (upload(&t, &alice, 1).await.unwrap(), upload(&t, &anna, 1).await.unwrap());
    let other = upload(&t, &alice, 2).await.unwrap();
    let with = |media: &Media| Draft { media: vec![media.id], ..draft(&alice, "Look") };
    let post = t.hub.publish(with(&shown), None).await.unwrap();
    let kept = t.hub.publish(with(&other), None).await.unwrap();
    let cached = t.hub.media().cache().ingest(picture(1).into(), landbridge_media::Purpose::Attachment).await;
    assert_eq!(cached.unwrap().file, shown.file);

    for bad in ["", "xyz", "../../etc/passwd"] {
        assert!(matches!(t.hub.take_down_file(bad, &why(None)).await, Err(HubError::Invalid(_))), "{bad}");
    }
    let taken = t.hub.take_down_file(&hash(&shown).to_uppercase(), &why(None)).await.unwrap();
    assert_eq!((taken.posts, taken.uploads, taken.pictures), (1, 1, 0));
    assert_eq!(taken.decisions.len(), 2);
    assert!(!t.hub.media().has(shown.file.as_deref().unwrap()), "off the disk");
    assert!(t.hub.post(post.id).await.is_err() && t.hub.post(kept.id).await.is_ok());
    assert!(t.hub.uploaded(anna.actor.id, loose.id).await.is_err());
    for member in [&alice, &anna] {
        assert_eq!(t.told(member).await, [NotificationKind::ModerationWarning]);
        let again = upload(&t, member, 1).await;
        assert!(matches!(again, Err(HubError::Invalid(_))), "{again:?}");
    }
    assert!(!t.hub.media().has(shown.file.as_deref().unwrap()), "and it stays off");
    assert!(upload(&t, &anna, 3).await.is_ok());

    t.hub.take_file_again(&hash(&shown)).await.unwrap();
    assert!(upload(&t, &anna, 1).await.is_ok());
}

async fn a_picture_of_a_profile_goes_too(store: TestStore) {
    let t = test_hub(store);
    let anna = t.member("anna").await;
    let shown =
        t.hub.profile_picture(picture(5).into(), landbridge_media::Purpose::Avatar, "").await.unwrap();
    let file = shown.file.clone().unwrap();
    let profile = landbridge_model::Profile { avatar: Some(shown), ..anna.actor.profile.clone() };
    t.hub.set_profile(anna.actor.id, profile, false, false, None).await.unwrap();
    t.wide.take_staged();
    let taken = t.hub.take_down_file(file.split('.').next().unwrap(), &why(None)).await.unwrap();
    assert_eq!((taken.pictures, taken.decisions.len()), (1, 1));
    assert!(t.hub.actor(anna.actor.id).await.unwrap().profile.avatar.is_none());
    assert!(!t.hub.media().has(&file));
    assert_eq!(t.wide.take_staged(), ["profile"]);
}
