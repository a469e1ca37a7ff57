//! A network with nothing but this machine in it, for a test that needs real names and the real ports: a name server
//! that knows every name, and an ACME authority. Gone with the test.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Which ports the authority has; the name server has the usual one.
const DIRECTORY: &str = "https://localhost:14000/dir";

pub struct World {
    /// Holds the name spaces open, and what was started in them.
    processes: Vec<Child>,
    folder: TempDir,
}

impl World {
    /// Without a name server yet.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path.display().to_string()
        };
        let (hosts, resolver) =
            (file("hosts", "127.0.0.1 localhost\n"), file("resolv.conf", "nameserver 127.0.0.1\n"));
        let switch = file("nsswitch.conf", "hosts: files dns\n");
        let script = format!(
            "set -e; ip link set lo up; mount --bind {hosts} /etc/hosts; mount --bind {resolver} /etc/resolv.conf; \
             mount --bind {switch} /etc/nsswitch.conf; echo ready; exec sleep 3600"
        );
        let mut unshare = Command::new("unshare");
        if !rustix::process::geteuid().is_root() {
            unshare.arg("--map-root-user");
        }
        unshare.args(["--net", "--mount", "sh", "-c", &script]).stdout(Stdio::piped());
        let mut holder = unshare.spawn().unwrap();
        let mut said = String::new();
        BufReader::new(holder.stdout.take().unwrap()).read_line(&mut said).unwrap();
        assert_eq!(said, "ready\n");
        Self { processes: vec![holder], folder }
    }

    /// A command inside, in that folder.
    pub fn command(&self, folder: &Path, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--net", "--mount", "--target", &self.processes[0].id().to_string(), "--"]);
        command.args(["sh", "-c", "cd \"$0\" && exec \"$@\""]).arg(folder).arg(program).args(arguments);
        command
    }

    fn start(&mut self, program: &str, arguments: &[&str]) {
        let mut command = self.command(self.folder.path(), program, arguments);
        command.env("PEBBLE_VA_NOSLEEP", "1").stdout(Stdio::null()).stderr(Stdio::null());
        let started = command.spawn().unwrap_or_else(|error| panic!("{program}: {error}"));
        self.processes.push(started);
    }

    /// From now on every name leads here.
    pub fn start_name_server(&mut self) {
        let off = ["-http01", "", "-https01", "", "-tlsalpn01", "", "-defaultIPv6", ""];
        let names = ["-dns01", "127.0.0.1:53", "-management", "127.0.0.1:8055", "-defaultIPv4", "127.0.0.1"];
        self.start("pebble-challtestsrv", &[&names[..], &off].concat());
        self.wait_for("http://127.0.0.1:8055/");
    }

    /// Starts the authority, which checks the real ports; gives its directory, and a file with the authorities to trust.
    pub fn start_authority(&mut self) -> (&'static str, PathBuf) {
        let mut params = rcgen::CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let authority =
            rcgen::CertifiedIssuer::self_signed(params, rcgen::KeyPair::generate().unwrap()).unwrap();
        let key = rcgen::KeyPair::generate().unwrap();
        let leaf = rcgen::CertificateParams::new(vec!["localhost".into()]).unwrap();
        let leaf = leaf.signed_by(&key, &authority).unwrap();
        let write = |name: &str, text: String| {
            let path = self.folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let config = serde_json::json!({ "pebble": {
            "listenAddress": "127.0.0.1:14000",
            "managementListenAddress": "127.0.0.1:15000",
            "certificate": write("leaf.pem", leaf.pem()),
            "privateKey": write("leaf.key", key.serialize_pem()),
            "httpPort": 80,
            "tlsPort": 443,
            "ocspResponderURL": "",
            "externalAccountBindingRequired": false,
        }});
        write("pebble.json", config.to_string());
        let trusted = write("trusted.pem", authority.pem());
        self.start("pebble", &["-config", "pebble.json", "-dnsserver", "127.0.0.1:53"]);
        self.wait_for(DIRECTORY);
        // Its root is made anew at each start.
        let root = self.curl(&["--insecure", "https://localhost:15000/roots/0"]).unwrap();
        std::fs::write(&trusted, authority.pem() + &root).unwrap();
        (DIRECTORY, trusted)
    }

    /// What curl prints; `None` when it fails.
    pub fn curl(&self, arguments: &[&str]) -> Option<String> {
        let output = self
            .command(
                self.folder.path(),
                "curl",
                &[&["--silent", "--show-error", "--max-time", "20"], arguments].concat(),
            )
            .output()
            .unwrap();
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn wait_for(&self, url: &str) {
        let begun = Instant::now();
        while self.curl(&["--insecure", "--output", "/dev/null", url]).is_none() {
            assert!(begun.elapsed() < Duration::from_secs(30), "nothing answers at {url}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        for process in self.processes.iter_mut().rev() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}
