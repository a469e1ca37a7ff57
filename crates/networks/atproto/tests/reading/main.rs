//! Reading others: a hub with this network attached on one side, on the other a server that does as it is told, honest or
//! not ([`elsewhere`]), or a second hub.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod chatting;
mod elsewhere;
mod gates;
mod hostile;
mod labels;
mod lighter;
mod looking_up;
mod messages;
mod node;
mod real;
mod streams;

/// Makes a test on each engine, `sqlite::NAME` and `postgres::NAME`, of every `async fn NAME(engine: EngineKind)`.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        on_both!(@ sqlite Sqlite $($name)+);
        on_both!(@ postgres Postgres $($name)+);
    };
    (@ $module:ident $engine:ident $($name:ident)+) => {
        mod $module {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(landbridge_store::EngineKind::$engine).await
            })+
        }
    };
}
pub(crate) use on_both;
