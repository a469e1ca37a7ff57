//! The parent's side.

use super::{
    Done, Worker, job,
    wire::{Answer, Request, head},
};
use crate::{Error, Limits, Purpose, Refusal};
use bytes::Bytes;
use std::{path::Path, process::Stdio};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::{Child, Command},
    time::timeout,
};

/// Has a file read. The caller bounds how many run at once.
pub async fn run(worker: &Worker, bytes: Bytes, purpose: Purpose, limits: &Limits) -> Result<Done, Error> {
    match worker {
        Worker::Process { program, args } => in_process(program, args, &bytes, purpose, limits).await,
        Worker::Thread => {
            let limits = limits.clone();
            let task = tokio::task::spawn_blocking(move || job::run(&bytes, purpose, &limits));
            Ok(task.await.map_err(|e| Error::Worker(e.to_string()))??)
        }
    }
}

async fn in_process(
    program: &Path,
    args: &[String],
    bytes: &[u8],
    purpose: Purpose,
    limits: &Limits,
) -> Result<Done, Error> {
    let worker = |e: std::io::Error| Error::Worker(e.to_string());
    let mut child = Command::new(program)
        .args(args)
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(worker)?;
    let request = head(&Request { purpose, limits: limits.clone() }).map_err(worker)?;
    let most = bytes.len().saturating_mul(2).saturating_add(64 << 20);
    match timeout(limits.time, talk(&mut child, &request, bytes, most)).await {
        Ok(Ok(answer)) => {
            if child.wait().await.map_err(worker)?.success() {
                return Ok(Answer::read(&answer).map_err(worker)??);
            }
            // Out of memory or time, or a fault in a decoder: the file's doing in each case.
            tracing::warn!(bytes = bytes.len(), "the media worker gave up on a file");
            Err(Refusal::Damaged.into())
        }
        Ok(Err(e)) => Err(worker(e)),
        Err(_) => {
            child.kill().await.map_err(worker)?;
            Err(Refusal::TooSlow.into())
        }
    }
}

/// Hands over the file while taking the answer, so that neither side waits for the other's full pipe.
async fn talk(child: &mut Child, request: &[u8], bytes: &[u8], most: usize) -> std::io::Result<Vec<u8>> {
    let (mut stdin, stdout) =
        child.stdin.take().zip(child.stdout.take()).ok_or(std::io::ErrorKind::BrokenPipe)?;
    let send = async {
        // A child that ends early shows it by its exit.
        let _ = async {
            stdin.write_all(request).await?;
            stdin.write_all(bytes).await?;
            stdin.shutdown().await
        }
        .await;
        drop(stdin);
    };
    let mut answer = Vec::new();
    let mut stdout = stdout.take(most as u64);
    let ((), read) = tokio::join!(send, stdout.read_to_end(&mut answer));
    read?;
    Ok(answer)
}
