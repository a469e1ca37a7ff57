//! Taking in, finding and deleting files.

use crate::{Error, Limits, Purpose, Sniffed, Worker, ffmpeg, files, limits::SMALL_BYTES, worker};
use bytes::Bytes;
use landbridge_model::{Id, Media, MediaKind, MediaMeta};
use std::{io, path::PathBuf, sync::Arc, time::Duration};
use tokio::{sync::Semaphore, task::spawn_blocking};

/// Ending of files that nobody has looked at: not one that is shown anywhere.
const OPAQUE: &str = "blob";

/// Every name that a file with that content may have here. `hash`: SHA-256 in lower hexadecimal digits.
pub fn names_of(hash: &str) -> Vec<String> {
    Sniffed::extensions().chain([OPAQUE]).map(|ending| format!("{hash}.{ending}")).collect()
}

/// Where files are kept and how they are read.
#[derive(Clone, Debug)]
pub struct Config {
    /// Directory of the files; created when missing.
    pub dir: PathBuf,
    pub worker: Worker,
    pub limits: Limits,
    /// The `ffmpeg` program, for previews of videos; `None`: they have none.
    pub ffmpeg: Option<PathBuf>,
}

impl Config {
    /// The usual: this program as its own worker, and `ffmpeg` when it is installed.
    pub fn new(dir: impl Into<PathBuf>) -> io::Result<Config> {
        Ok(Config {
            dir: dir.into(),
            worker: Worker::this_program()?,
            limits: Limits::default(),
            ffmpeg: ffmpeg::find(),
        })
    }
}

/// The files of this server. Cheap to clone.
#[derive(Clone, Debug)]
pub struct MediaStore {
    config: Arc<Config>,
    workers: Arc<Semaphore>,
}

impl MediaStore {
    /// Opens the directory. Blocks for a moment; meant for the start of the program.
    pub fn open(config: Config) -> io::Result<MediaStore> {
        std::fs::create_dir_all(&config.dir)?;
        if let Some(above) = config.dir.parent().filter(|p| !p.as_os_str().is_empty()) {
            std::fs::File::open(above)?.sync_all()?;
        }
        let workers = Arc::new(Semaphore::new(config.limits.workers.max(1)));
        Ok(MediaStore { config: Arc::new(config), workers })
    }

    /// A second store below this one, for what is not ours and can be fetched again. It shares the workers.
    pub fn cache(&self) -> MediaStore {
        let config = Config { dir: self.config.dir.join("cache"), ..Config::clone(&self.config) };
        MediaStore { config: Arc::new(config), workers: self.workers.clone() }
    }

    /// Names of files that were put here longer ago than that, of those whose name begins with that byte in hex.
    pub async fn old(&self, first: u8, age: Duration) -> Result<Vec<String>, Error> {
        let config = self.config.clone();
        Ok(blocking(move || files::old(&config.dir, first, age)).await?)
    }

    /// Whether there is such a file.
    pub fn has(&self, name: &str) -> bool {
        self.path(name).is_some_and(|path| path.is_file())
    }

    /// Whether videos have previews.
    pub fn previews_videos(&self) -> bool {
        self.config.ffmpeg.is_some()
    }

    pub fn limits(&self) -> &Limits {
        &self.config.limits
    }

    /// Checks a file, makes what is to be kept of it and its preview, and keeps both, synced to disk.
    ///
    /// The answer has no id, description or origin yet. Errors: see [`Error`]; nothing is kept then.
    pub async fn ingest(&self, bytes: Bytes, purpose: Purpose) -> Result<Media, Error> {
        let taken = self.take_in(bytes, purpose).await;
        if let Err(Error::Refused(why)) = &taken {
            metrics::counter!("landbridge_media_refused_total", "why" => why.word()).increment(1);
        }
        taken
    }

    async fn take_in(&self, bytes: Bytes, purpose: Purpose) -> Result<Media, Error> {
        worker::check(&bytes, purpose, self.limits())?;
        let done = {
            let _permit = self.workers.acquire().await.map_err(|e| Error::Worker(e.to_string()))?;
            worker::run(&self.config.worker, bytes, purpose, self.limits()).await?
        };
        let mut meta = done.meta;
        meta.size = Some(done.file.len() as u64);
        let file = self.put(done.file, done.what).await?;
        meta.sha256 = file.split('.').next().map(str::to_owned);
        let preview = match done.preview {
            Some((what, bytes)) => Some(self.put(bytes, what).await?),
            None if done.what.kind() == MediaKind::Image => Some(file.clone()),
            None if done.what.kind() == MediaKind::Video => {
                self.video_preview(&file, done.what, &mut meta).await
            }
            None => None,
        };
        Ok(Media {
            id: Id(0),
            kind: done.what.kind(),
            mime: done.what.mime().to_owned(),
            file: Some(file),
            preview,
            remote_url: None,
            description: None,
            meta,
            sensitive: false,
        })
    }

    /// Keeps bytes as they are, under a name that no web page is given: nobody has looked at them. Synced to disk.
    pub async fn keep(&self, bytes: Bytes) -> Result<String, Error> {
        let config = self.config.clone();
        Ok(blocking(move || files::put(&config.dir, &bytes, OPAQUE)).await?)
    }

    /// Deletes a file by its name. Files are shared by content: the caller must know that no other row names it.
    pub async fn delete(&self, name: &str) -> Result<(), Error> {
        let (config, name) = (self.config.clone(), name.to_owned());
        Ok(blocking(move || files::remove(&config.dir, &name)).await?)
    }

    /// The whole file, as another network's upload needs it.
    pub async fn read(&self, name: &str) -> Result<Bytes, Error> {
        let path = self.path(name).ok_or(io::ErrorKind::NotFound).map_err(io::Error::from)?;
        Ok(tokio::fs::read(path).await?.into())
    }

    /// A picture of ours for networks that take small files alone: as it is when it is small enough. Gives its bytes, its
    /// type, and its width and height when it was made smaller.
    pub async fn small(&self, name: &str) -> Result<(Bytes, Sniffed, Option<(u32, u32)>), Error> {
        let bytes = self.read(name).await?;
        if let Some(what @ (Sniffed::Png | Sniffed::Jpeg | Sniffed::Webp)) = Sniffed::of(&bytes)
            && bytes.len() <= SMALL_BYTES
        {
            return Ok((bytes, what, None));
        }
        worker::check(&bytes, Purpose::Small, self.limits())?;
        let _permit = self.workers.acquire().await.map_err(|e| Error::Worker(e.to_string()))?;
        let done = worker::run(&self.config.worker, bytes, Purpose::Small, self.limits()).await?;
        Ok((done.file.into(), done.what, done.meta.width.zip(done.meta.height)))
    }

    /// Where a file is; `None` when it cannot be a name of ours.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        files::locate(&self.config.dir, name)
    }

    async fn put(&self, bytes: Vec<u8>, what: Sniffed) -> io::Result<String> {
        let config = self.config.clone();
        blocking(move || files::put(&config.dir, &bytes, what.extension())).await
    }

    /// A frame of the video as a small picture, when that can be had; its failure is no failure of the upload.
    async fn video_preview(&self, file: &str, what: Sniffed, meta: &mut MediaMeta) -> Option<String> {
        let frame = {
            let _permit = self.workers.acquire().await.ok()?;
            let program = self.config.ffmpeg.as_deref()?;
            let frame: Bytes = ffmpeg::frame(program, &self.path(file)?, what, self.limits()).await?.into();
            worker::run(&self.config.worker, frame, Purpose::Attachment, self.limits()).await.ok()?
        };
        meta.blurhash = frame.meta.blurhash;
        (meta.preview_width, meta.preview_height) = (frame.meta.width, frame.meta.height);
        meta.width = meta.width.or(frame.meta.width);
        meta.height = meta.height.or(frame.meta.height);
        self.put(frame.file, frame.what).await.ok()
    }
}

async fn blocking<T: Send + 'static>(f: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    spawn_blocking(f).await.map_err(io::Error::other)?
}
