//! A new signing key in the place of a member's: because the old one may be known to somebody, or on principle.

use crate::{
    facts::Facts,
    identity::plc::Operation,
    keys,
    network::AtProto,
    syntax::{Did, DidMethod, Handle},
};
use landbridge_hub::HubError;
use landbridge_model::{Id, Network, PresenceState};
use landbridge_store::{Change, STALE, WriteError, entities::presences};

/// How often the commit is made anew.
const TRIES: u32 = 8;

impl AtProto {
    /// First the document names the new key, then it is kept here, then the newest commit is followed by one that it signs, and
    /// subscribers are told in that order. When something fails in between, the next try makes it good.
    pub async fn renew_signing_key(&self, member: Id) -> Result<(), HubError> {
        let _turn = self.hub.turn(member).await;
        let presence = self.hub.presence(member, Network::AtProto).await?.ok_or(HubError::NotFound)?;
        let repo = self.repo_row(member).await?;
        if presence.state != PresenceState::Active || repo.is_none_or(|repo| !repo.state.is_empty()) {
            return Err(HubError::invalid("switch AT Protocol on first"));
        }
        let did = Did::parse(&presence.native_id).map_err(|_| HubError::Damaged("a member's DID"))?;
        if did.method() == Some(DidMethod::Web) && self.member_of_host(&did).await?.is_none() {
            return Err(HubError::invalid(
                "the document of your identity is at a host elsewhere, and names your key: it cannot be changed from here",
            ));
        }
        let (signing, key) = keys::signing()?;
        let public = signing.public().to_did_key();
        if did.method() == Some(DidMethod::Plc) {
            self.name_key_in_directory(&did, &public).await?;
        }
        self.hub.keep_key(member, Network::AtProto, key).await?;
        let facts = Facts { signing_key: public, ..Facts::of(&presence) };
        let handle = Handle::parse(&facts.handle).ok();
        let mut tries = 0;
        loop {
            let mut changes: Vec<Change> =
                vec![presences::set_facts(Network::AtProto, did.as_str(), &facts.value())];
            changes.extend(self.identity_event(member, &did, handle.clone()));
            changes.extend(self.make_commit(&presence, &[]).await?.changes);
            match self.hub.store().write(changes).await {
                Ok(_) => break,
                // Another process wrote to the repository.
                Err(WriteError::Precondition(STALE)) if tries < TRIES => tries += 1,
                Err(error) => return Err(error.into()),
            }
        }
        self.people.forget(did.as_str());
        self.news.send_replace(());
        Ok(())
    }

    async fn name_key_in_directory(&self, did: &Did, key: &str) -> Result<(), HubError> {
        let (mut data, last) = self.plc_data(did).await?.ok_or(HubError::NotFound)?;
        data.verification_methods.retain(|(name, _)| name != "atproto");
        data.verification_methods.push(("atproto".into(), key.to_owned()));
        let operation = Operation::Set { data, prev: Some(last.cid()) };
        let signed = operation
            .sign(&self.rotation_key().await?)
            .map_err(|_| HubError::Damaged("an operation of a DID"))?;
        self.register(did, &signed).await
    }
}
