//! What members do, as records: one file a group of acts. A commit is made for each act, on top of the newest.

use crate::network::AtProto;
use landbridge_hub::{Act, Draft, Hub, HubError, Preview, Staged};

pub async fn stage(_at: &AtProto, _hub: &Hub, _act: &Act) -> Result<Staged, HubError> {
    Ok(Staged::default())
}

pub fn preview(_draft: &Draft) -> Preview {
    Preview::default()
}
