//! `getRecord` of a repository that is not here. Apps ask their own server for the post that they are about to answer,
//! whoever has written it.

use super::{
    gone, nsid,
    read::{One, shown},
    rkey, whose,
};
use crate::{
    data::Record,
    network::AtProto,
    pds::{
        XrpcError, XrpcResult,
        proxy::{self, Question, Target},
        sync::Reader,
    },
    syntax::Nsid,
    translate::place::Place,
};
use axum::{
    Json,
    http::{HeaderMap, Method, Uri},
    response::{IntoResponse, Response},
};
use bytes::Bytes;

const METHOD: &str = "com.atproto.repo.getRecord";

/// What an AppView says of it, asked in nobody's name; where there is none, what the author's own server proves. Strangers do
/// not choose whom we ask: for them it is the usual AppView, or nobody.
pub async fn record(
    at: &AtProto,
    reader: &Reader,
    asked: &One,
    uri: &Uri,
    headers: &HeaderMap,
) -> XrpcResult<Response> {
    let known = reader.is_known();
    if let Reader::Unproven(why) = reader
        && proxy::names_a_service(headers)
    {
        return Err(why.clone());
    }
    match view(at, known, headers).await? {
        Some(target) => told(at, &target, uri, headers).await,
        None if known => {
            let (place, record) = proved(at, asked).await?;
            Ok(Json(shown(&place.to_string(), &record)).into_response())
        }
        None => Err(reader.refused(gone(&asked.repo))),
    }
}

/// The AppView that is asked, if there is one. `known`: whoever reads may name one.
async fn view(at: &AtProto, known: bool, headers: &HeaderMap) -> XrpcResult<Option<Target>> {
    let nobodys = HeaderMap::new();
    let headers = if known { headers } else { &nobodys };
    match proxy::names_a_service(headers) || at.usual_service(METHOD).is_some() {
        true => at.target(METHOD, headers).await.map(Some),
        false => Ok(None),
    }
}

async fn told(at: &AtProto, target: &Target, uri: &Uri, headers: &HeaderMap) -> XrpcResult<Response> {
    let method = Nsid::parse(METHOD).map_err(|_| XrpcError::invalid("this is no name of a method"))?;
    let question = Question {
        method: &method,
        verb: &Method::GET,
        query: uri.query(),
        headers: proxy::passed(headers),
        body: Bytes::new(),
    };
    let answer = at.ask_openly(target, question).await;
    Ok(proxy::handed_on(answer.map_err(|error| proxy::not_asked(error, target))?))
}

async fn proved(at: &AtProto, asked: &One) -> XrpcResult<(Place, Record)> {
    let gone = || gone(&asked.repo);
    let did = at.did_of(&whose(&asked.repo)?).await?.ok_or_else(gone)?;
    // What is a member's is here, or nowhere.
    if at.member_of_did(did.as_str()).await?.is_some() || at.is_shut_out(&did).await? {
        return Err(gone());
    }
    let (collection, rkey) = (nsid(&asked.collection)?.to_string(), rkey(&asked.rkey)?.to_string());
    let place = Place { did, collection, rkey };
    let proof = at.prove(&place).await?.ok_or_else(gone)?;
    let record = proof.found.map(|found| found.record).filter(|record| asked.is_version(record.cid()));
    let missing = || XrpcError::new("RecordNotFound", format!("Could not locate record: {place}"));
    let record = record.ok_or_else(missing)?;
    Ok((place, record))
}
