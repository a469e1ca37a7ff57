//! What apps wrote into members' repositories, on its way to the hub: a record becomes a post, a like, a follow, and crosses
//! to the other networks. It is durable before the hub hears of it, and heard of once.

use crate::network::AtProto;
use landbridge_hub::Stop;
use std::sync::Arc;

pub async fn run(_at: Arc<AtProto>, mut stop: Stop) {
    let _ = stop.wait_for(|stop| *stop).await;
}
