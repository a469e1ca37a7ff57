//! What the PDS tidies up now and then.

use crate::network::AtProto;
use landbridge_hub::{HubError, Stop};
use landbridge_model::Time;
use landbridge_store::entities::{atproto_access, atproto_events};
use std::{sync::Arc, time::Duration};

const EVERY: Duration = Duration::from_secs(600);

pub async fn run(at: Arc<AtProto>, mut stop: Stop) {
    loop {
        if let Err(error) = tidy(&at).await {
            tracing::warn!(%error, "the PDS could not be tidied up");
        }
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

async fn tidy(at: &AtProto) -> Result<(), HubError> {
    let kept = Duration::from_secs(u64::from(at.options.stream_hours) * 3600);
    at.hub.store().write(atproto_events::sweep(Time::now().minus(kept))).await?;
    at.hub.store().write(atproto_access::sweep_proofs(Time::now())).await?;
    at.sweep_sessions().await?;
    at.sweep_blobs().await
}
