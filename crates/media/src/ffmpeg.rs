//! One frame of a video, by the `ffmpeg` program when it is installed.

use crate::{Limits, Sniffed};
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use std::{
    path::{Path, PathBuf},
    process::Stdio,
};
use tokio::{io::AsyncReadExt, process::Command, time::timeout};

/// The program on the search path.
pub fn find() -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|dir| dir.join("ffmpeg")).find(|p| p.is_file())
}

/// A JPEG of the first frame, at most 640 pixels wide; `None` when there is none to be had.
///
/// The demuxer is named and only files may be opened, so that a file that is really a playlist leads nowhere.
pub async fn frame(program: &Path, video: &Path, what: Sniffed, limits: &Limits) -> Option<Vec<u8>> {
    let demuxer = match what {
        Sniffed::Mp4 | Sniffed::Mov => "mov",
        Sniffed::Webm => "matroska",
        _ => return None,
    };
    let mut child = Command::new(program)
        .args([
            "-nostdin",
            "-v",
            "error",
            "-threads",
            "1",
            "-protocol_whitelist",
            "file",
            "-f",
            demuxer,
            "-i",
        ])
        .arg(video)
        .args([
            "-an",
            "-sn",
            "-frames:v",
            "1",
            "-vf",
            "scale='min(640,iw)':-2",
            "-c:v",
            "mjpeg",
            "-q:v",
            "4",
            "-f",
            "image2pipe",
            "pipe:1",
        ])
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .ok()?;
    confine(&child, limits);
    let mut picture = Vec::new();
    let mut stdout = child.stdout.take()?.take(limits.image_bytes as u64);
    let talk = async {
        stdout.read_to_end(&mut picture).await.ok()?;
        child.wait().await.ok().filter(|status| status.success())
    };
    timeout(limits.time, talk).await.ok()??;
    (!picture.is_empty()).then_some(picture)
}

/// Memory, time, nothing to write.
fn confine(child: &tokio::process::Child, limits: &Limits) {
    let pid = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
    for (resource, most) in
        [(Resource::As, 2 * limits.memory), (Resource::Cpu, limits.time.as_secs()), (Resource::Fsize, 0)]
    {
        if prlimit(pid, resource, Rlimit { current: Some(most), maximum: Some(most) }).is_err() {
            tracing::debug!("could not bound ffmpeg");
        }
    }
}
