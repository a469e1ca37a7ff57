//! The machine: room on the disk, how fast it really writes, how many files may be open.

use rustix::process::{Resource, getrlimit};
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use super::Finding;

const COMFORTABLE: u64 = 2 << 30;
const TIGHT: u64 = 256 << 20;
const SLOW: Duration = Duration::from_millis(50);
const FILES: u64 = 4096;

pub fn disk(dir: &Path) -> Option<Finding> {
    let place = existing(dir);
    let about = "disk";
    let stats = match rustix::fs::statvfs(place) {
        Ok(stats) => stats,
        Err(error) => {
            return Some(Finding::note(
                about,
                format!("cannot look at {}: {error}", place.display()),
                "look by hand",
            ));
        }
    };
    let free = stats.f_bavail.saturating_mul(stats.f_frsize);
    let found = format!("{} MiB free for {}", free >> 20, dir.display());
    Some(if free < TIGHT {
        Finding::problem(
            about,
            found,
            "make room: with little left, writes are refused before anything is promised",
        )
    } else if free < COMFORTABLE {
        Finding::note(
            about,
            found,
            "enough to begin with; pictures of others fill it first (`retention.remote_days`)",
        )
    } else {
        Finding::good(about, found)
    })
}

/// How long it takes until a small write is really on the disk: every accepted post waits for that.
pub fn sync_time(dir: &Path) -> Option<Finding> {
    let path = existing(dir).join(".landbridge-check");
    let timed = || -> std::io::Result<Duration> {
        let mut file = File::create(&path)?;
        let started = Instant::now();
        for _ in 0..4 {
            file.write_all(&[0; 4096])?;
            file.sync_data()?;
        }
        Ok(started.elapsed() / 4)
    };
    let taken = timed();
    let _ = std::fs::remove_file(&path);
    let about = "disk speed";
    Some(match taken {
        Ok(taken) if taken > SLOW => Finding::note(
            about,
            format!("{} ms until a write is safe", taken.as_millis()),
            "works, but slowly: a faster disk (SSD) helps more than anything else",
        ),
        Ok(taken) => {
            Finding::good(about, format!("{:.1} ms until a write is safe", taken.as_secs_f64() * 1000.0))
        }
        Err(error) => Finding::problem(
            about,
            format!("cannot write in {}: {error}", path.parent().unwrap_or(dir).display()),
            "give this user the right to write there, or choose another `data_dir`",
        ),
    })
}

pub fn open_files() -> Option<Finding> {
    let maximum = getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX);
    let about = "open files";
    Some(if maximum < FILES {
        Finding::note(
            about,
            format!("at most {maximum}"),
            "raise it (LimitNOFILE= in the systemd unit): each connection needs one",
        )
    } else {
        Finding::good(about, format!("at most {maximum}"))
    })
}

/// The folder, or the nearest one above it that is there.
fn existing(dir: &Path) -> &Path {
    let up = dir.ancestors().find(|dir| dir.is_dir());
    up.unwrap_or(Path::new("."))
}
