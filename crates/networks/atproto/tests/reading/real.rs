//! With the makers' own servers: `AT_PDS` and `AT_DIRECTORY` are their URLs, `AT_HANDLE` is somebody there who posts all the
//! time.

use crate::node::{Node, options};
use landbridge_store::EngineKind;
use std::env;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs servers that are started by hand"]
async fn a_person_on_the_makers_own_server_is_followed_and_heard() {
    let [pds, directory, handle] = ["AT_PDS", "AT_DIRECTORY", "AT_HANDLE"]
        .map(|name| env::var(name).unwrap_or_else(|_| panic!("{name} is not set")));
    let mut options = options(&pds);
    options.directory = Some(directory.parse().unwrap());
    let mut node = Node::quiet(EngineKind::Sqlite, options).await;
    node.read();
    let somebody = node.find(&handle).await;
    assert_eq!(somebody.username, handle);
    let presences = node.hub.presences(somebody.id).await.unwrap();
    let did = landbridge_atproto::syntax::Did::parse(&presences[0].native_id).unwrap();
    let alice = node.follower("alice", &did).await;
    node.until("three posts are on the timeline", async || node.home(alice.id).await.len() >= 3).await;
    // A pause, and everything that was said in it.
    node.stop().await;
    let before = node.home(alice.id).await.len();
    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    node.read();
    node.until("caught up", async || node.home(alice.id).await.len() >= before + 4).await;
}
