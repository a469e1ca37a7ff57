//! From sockets to requests: accepting, TLS, HTTP/1.1 and HTTP/2, and a stop that lets running requests finish.

pub mod acme;
mod stop;
pub mod tls;

pub use stop::Stop;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::response::Response;
use futures_util::StreamExt;
use http::header;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tower::ServiceExt;

use crate::config::Limits;
use crate::front::refused;
use tls::Tls;

/// A peer that has not said what it wants within this time is let go.
const HEADER_TIME: Duration = Duration::from_secs(15);
const HANDSHAKE_TIME: Duration = Duration::from_secs(15);
/// HTTP/2 streams that one connection may have open.
const STREAMS: u32 = 128;

/// One bound socket and what is behind it.
pub struct Door {
    pub listener: TcpListener,
    pub behind: Behind,
}

/// What a connection meets.
#[derive(Clone)]
pub struct Behind {
    pub tls: Option<Tls>,
    pub app: Router,
}

/// Serves every door until `stop`, then finishes what was begun, at most `limits.stop_seconds` long.
pub async fn serve(doors: Vec<Door>, limits: &Limits, stop: Stop) {
    let permits = Arc::new(Semaphore::new(limits.connections.clamp(16, Semaphore::MAX_PERMITS)));
    let patience = Duration::from_secs(limits.stop_seconds);
    let serving = doors.into_iter().map(|door| serve_one(door, permits.clone(), patience, stop.clone()));
    futures_util::future::join_all(serving.map(tokio::spawn)).await;
}

async fn serve_one(door: Door, permits: Arc<Semaphore>, patience: Duration, stop: Stop) {
    let graceful = GracefulShutdown::new();
    // The listener is closed on return: whoever comes now is refused at once instead of waiting in vain.
    accept(door, permits, &graceful, stop).await;
    let open = graceful.count();
    if tokio::time::timeout(patience, graceful.shutdown()).await.is_err() {
        tracing::warn!(open, "stopping although some requests have not finished");
    }
}

async fn accept(door: Door, permits: Arc<Semaphore>, graceful: &GracefulShutdown, stop: Stop) {
    let behind = Arc::new(door.behind);
    loop {
        let next = async {
            // Taken before accepting: when all are in use, the kernel's queue waits for us.
            let permit = permits.clone().acquire_owned().await.map_err(std::io::Error::other)?;
            Ok::<_, std::io::Error>((permit, door.listener.accept().await?))
        };
        let accepted = tokio::select! {
            accepted = next => accepted,
            () = stop.wait() => return,
        };
        match accepted {
            Ok((permit, (socket, peer))) => {
                let (behind, watcher, stop) = (behind.clone(), graceful.watcher(), stop.clone());
                tokio::spawn(async move {
                    connection(&behind, socket, peer, watcher, stop).await;
                    drop(permit);
                });
            }
            Err(error) => {
                // Out of file descriptors, mostly: waiting is the only cure.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn connection(behind: &Behind, socket: TcpStream, peer: SocketAddr, watcher: Watcher, stop: Stop) {
    // Answers are written whole: waiting to merge small packets only adds delay.
    let _ = socket.set_nodelay(true);
    match &behind.tls {
        None => http(&behind.app, socket, peer, watcher, stop).await,
        Some(tls) => match tokio::time::timeout(HANDSHAKE_TIME, tls.handshake(socket)).await {
            Ok(Ok(Some(stream))) => http(&behind.app, stream, peer, watcher, stop).await,
            Ok(Ok(None)) => {}
            Ok(Err(error)) => {
                refused("tls");
                tracing::debug!(%error, "TLS handshake failed");
            }
            Err(_) => {
                refused("tls");
                tracing::debug!("TLS handshake took too long");
            }
        },
    }
}

async fn http<S>(app: &Router, stream: S, peer: SocketAddr, watcher: Watcher, stop: Stop)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADER_TIME).max_headers(96);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(64 << 10)
        .keep_alive_interval(Duration::from_secs(60))
        .keep_alive_timeout(Duration::from_secs(20));
    let service = hyper::service::service_fn(|request: http::Request<Incoming>| {
        let (app, stop) = (app.clone(), stop.clone());
        async move {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            app.oneshot(request).await.map(|response| ending(response, stop))
        }
    });
    let serving = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
    if let Err(error) = watcher.watch(serving.into_owned()).await {
        if error.downcast_ref::<hyper::Error>().is_some_and(|error| error.is_parse() || error.is_timeout()) {
            refused("protocol");
        }
        tracing::debug!(%error, "connection ended");
    }
}

/// Event streams have no end of their own: a stop must not wait for them.
fn ending(response: Response, stop: Stop) -> Response {
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if !kind.is_some_and(|kind| kind.starts_with("text/event-stream")) {
        return response;
    }
    response.map(|body| {
        let stopped = Box::pin(async move { stop.wait().await });
        Body::from_stream(body.into_data_stream().take_until(stopped))
    })
}
