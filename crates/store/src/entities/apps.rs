//! `apps`: registered apps. Never removed: clients keep their ids for years.

use crate::{Change, Query, Row, StoreError, args, query};
use landbridge_model::{Id, Time};

#[derive(Clone, Debug)]
pub struct AppRow {
    pub id: Id,
    pub client_id: String,
    pub secret_hash: Vec<u8>,
    pub name: String,
    pub website: Option<String>,
    /// JSON array.
    pub redirect_uris: String,
    pub scopes: String,
    pub created_at: Time,
}

impl AppRow {
    pub fn read(row: &mut Row) -> Result<AppRow, StoreError> {
        Ok(AppRow {
            id: row.get(0)?,
            client_id: row.get(1)?,
            secret_hash: row.get(2)?,
            name: row.get(3)?,
            website: row.get(4)?,
            redirect_uris: row.get(5)?,
            scopes: row.get(6)?,
            created_at: row.get(7)?,
        })
    }
}

pub fn by_client_id(client_id: &str) -> Query {
    query(
        "SELECT id, client_id, secret_hash, name, website, redirect_uris, scopes, created_at FROM apps WHERE client_id = ?1",
        args![client_id],
    )
}

pub fn by_id(id: Id) -> Query {
    query(
        "SELECT id, client_id, secret_hash, name, website, redirect_uris, scopes, created_at FROM apps WHERE id = ?1",
        args![id],
    )
}

pub fn insert(app: &AppRow) -> Change {
    Change::new(
        "INSERT INTO apps (id, client_id, secret_hash, name, website, redirect_uris, scopes, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        args![
            app.id,
            &app.client_id,
            &app.secret_hash,
            &app.name,
            app.website.clone(),
            &app.redirect_uris,
            &app.scopes,
            app.created_at
        ],
    )
}
