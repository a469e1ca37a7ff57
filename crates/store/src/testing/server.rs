//! The PostgreSQL server for tests: the one named by `LANDBRIDGE_TEST_POSTGRES_URL`, or else Debian's own, started by the
//! first test that needs it and shared by all test processes of the run.
//!
//! Every process that uses the server holds a shared lock on a file as long as it lives; a small watcher stops the
//! server and removes its folder once it gets that lock for itself, some seconds after the last test ended.

use std::{
    fs::{self, File},
    net::TcpListener,
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};
use tempfile::TempDir;

const VARIABLE: &str = "LANDBRIDGE_TEST_POSTGRES_URL";
const IN_USE: &str = "in-use";
const SERVER: &str = "server";

/// The address of a server where we may do anything.
pub(super) fn url() -> String {
    static SHARED: OnceLock<(String, File)> = OnceLock::new();
    match std::env::var(VARIABLE) {
        Ok(url) => url,
        Err(_) => SHARED.get_or_init(shared).0.clone(),
    }
}

/// The shared server's address, and the lock that keeps it running.
fn shared() -> (String, File) {
    let (uid, gid) = user();
    let home = std::env::temp_dir().join(format!("landbridge-test-postgres-{uid}"));
    fs::create_dir_all(&home).expect("a folder for PostgreSQL");
    chown(&home, Some(uid), Some(gid)).expect("the folder can be given to postgres");
    let in_use = lock_file(&home, IN_USE);
    let starting = lock_file(&home, "starting");
    starting.lock().expect("a lock");
    in_use.lock_shared().expect("a lock");
    let noted = home.join(SERVER).join("url");
    let known = fs::read_to_string(&noted).ok().filter(|url| answers(url));
    let url = known.unwrap_or_else(|| {
        let url = start(&home);
        fs::write(&noted, &url).expect("the folder can be written");
        url
    });
    (url, in_use)
}

fn lock_file(home: &Path, name: &str) -> File {
    File::options().create(true).append(true).open(home.join(name)).expect("a lock file")
}

fn answers(url: &str) -> bool {
    let address = url.split(['@', '/']).nth(3).unwrap_or_default();
    std::net::TcpStream::connect(address).is_ok()
}

fn start(home: &Path) -> String {
    let bin = newest_bin();
    let folder = home.join(SERVER);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir(&folder).expect("a folder for PostgreSQL");
    let port = initialise(&bin, &folder);
    launch(&bin, &folder, port);
    watch(&bin, home, &folder.join("data"));
    url_of(port)
}

/// Makes an empty cluster in a folder; gives the port it is to have.
fn initialise(bin: &Path, folder: &Path) -> u16 {
    let (uid, gid) = user();
    chown(folder, Some(uid), Some(gid)).expect("the folder can be given to postgres");
    run(Command::new(bin.join("initdb"))
        .args(["-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "-D"])
        .arg(folder.join("data")));
    let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    free.expect("a free port").port()
}

fn launch(bin: &Path, folder: &Path, port: u16) {
    let options = format!(
        "-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={} -c fsync=off -c max_connections=400",
        folder.display()
    );
    run(Command::new(bin.join("pg_ctl"))
        .args(["start", "-w", "-s", "-o", &options, "-l"])
        .arg(folder.join("log"))
        .arg("-D")
        .arg(folder.join("data")));
}

fn url_of(port: u16) -> String {
    format!("postgres://postgres@127.0.0.1:{port}/postgres")
}

/// A server of one test's own, to be stopped and started again in the middle of the test.
pub struct OwnPostgres {
    bin: PathBuf,
    folder: TempDir,
    port: u16,
}

impl OwnPostgres {
    pub fn start() -> OwnPostgres {
        let (bin, folder) = (newest_bin(), tempfile::tempdir().expect("a temporary folder"));
        let port = initialise(&bin, folder.path());
        launch(&bin, folder.path(), port);
        OwnPostgres { bin, folder, port }
    }

    pub fn url(&self) -> String {
        url_of(self.port)
    }

    pub fn start_again(&self) {
        launch(&self.bin, self.folder.path(), self.port);
    }

    /// `fast` ends every connection and writes everything down; `immediate` is like a crash.
    pub fn stop(&self, mode: &str) {
        run(&mut self.stopping(mode));
    }

    fn stopping(&self, mode: &str) -> Command {
        let mut command = Command::new(self.bin.join("pg_ctl"));
        command.args(["stop", "-w", "-s", "-m", mode, "-D"]).arg(self.folder.path().join("data"));
        command
    }
}

impl Drop for OwnPostgres {
    fn drop(&mut self) {
        // Stopped already, perhaps.
        let _ = as_user(&mut self.stopping("immediate")).status();
    }
}

/// Stops the server once nobody has held the lock for a while.
#[allow(clippy::zombie_processes, reason = "it outlives us on purpose")]
fn watch(bin: &Path, home: &Path, data: &Path) {
    let script = "while sleep 10; do flock --nonblock \"$1\" sh -c '\"$1\" stop -s -m immediate -D \"$2\"; rm -rf \"$3\"' - \
        \"$2\" \"$3\" \"$4\" && exit; done";
    let mut command = Command::new("sh");
    command.args(["-c", script, "watch"]).arg(home.join(IN_USE));
    command.arg(bin.join("pg_ctl")).arg(data).arg(home.join(SERVER));
    as_user(&mut command).process_group(0).spawn().expect("a watcher for PostgreSQL");
}

fn run(command: &mut Command) {
    let status = as_user(command).status().expect("PostgreSQL is installed");
    assert!(status.success(), "{command:?} failed");
}

/// PostgreSQL refuses to run as root.
fn as_user(command: &mut Command) -> &mut Command {
    let (uid, gid) = user();
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).current_dir("/");
    if rustix::process::getuid().is_root() { command.uid(uid).gid(gid) } else { command }
}

/// Whom the server runs as (user, group): `postgres` when we are root, otherwise ourselves.
fn user() -> (u32, u32) {
    let (uid, gid) = (rustix::process::getuid(), rustix::process::getgid());
    if !uid.is_root() {
        return (uid.as_raw(), gid.as_raw());
    }
    let passwd = fs::read_to_string("/etc/passwd").expect("a list of users");
    let line = passwd.lines().find(|line| line.starts_with("postgres:")).expect("a user named postgres");
    let mut ids = line.split(':').skip(2).map(|id| id.parse().expect("a user's number"));
    (ids.next().expect("a user's number"), ids.next().expect("a group's number"))
}

fn newest_bin() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").expect("PostgreSQL is installed");
    versions
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            Some((path.file_name()?.to_str()?.parse::<u32>().ok()?, path.join("bin")))
        })
        .filter(|(_, bin)| bin.join("initdb").exists())
        .max()
        .expect("a PostgreSQL server in /usr/lib/postgresql")
        .1
}
