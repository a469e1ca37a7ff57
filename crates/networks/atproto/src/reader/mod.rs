//! Reading other people's repositories.

use crate::network::AtProto;
use landbridge_hub::{Hub, Stop};
use std::sync::Arc;

pub async fn run(_at: Arc<AtProto>, _hub: Hub, mut stop: Stop) {
    let _ = stop.wait_for(|stop| *stop).await;
}
