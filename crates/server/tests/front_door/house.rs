//! A server process of its own per test, in a folder of its own, ended when dropped.

use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::net::TcpStream;

use crate::world::World;

/// A folder to run in, and the settings given by environment.
pub struct House {
    pub folder: TempDir,
    pub port: u16,
    settings: Vec<(String, String)>,
    /// Where it all happens, when not in the network of this machine.
    world: Option<Arc<Mutex<World>>>,
}

impl House {
    /// A trial on a free port.
    pub fn trial() -> Self {
        let port = free_port();
        let settings = vec![("LANDBRIDGE_LISTEN".to_owned(), format!("[\"127.0.0.1:{port}\"]"))];
        Self { folder: tempfile::tempdir().unwrap(), port, settings, world: None }
    }

    pub fn inside(self, world: Arc<Mutex<World>>) -> Self {
        Self { world: Some(world), ..self }
    }

    pub fn unset(&mut self, name: &str) {
        self.settings.retain(|(setting, _)| setting != name);
    }

    pub fn set(mut self, name: &str, value: impl Into<String>) -> Self {
        self.settings.push((name.to_owned(), value.into()));
        self
    }

    pub fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let program = env!("CARGO_BIN_EXE_landbridge");
        let mut command = match &self.world {
            Some(world) => world.lock().unwrap().command(self.folder.path(), program, arguments),
            None => {
                let mut command = Command::new(program);
                command.args(arguments).current_dir(self.folder.path());
                command
            }
        };
        command.env_clear();
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str], stdin: &str) -> Output {
        let mut child = self.command(arguments).spawn().unwrap();
        // A command that does not read its input may be gone before it is written.
        let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
        child.wait_with_output().unwrap()
    }

    /// Runs a command that must succeed; gives what it printed.
    pub fn ok(&self, arguments: &[&str], stdin: &str) -> String {
        let output = self.run(arguments, stdin);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Starts the server and waits until it has said all that it says at a start.
    pub fn up(&self) -> Running {
        let begun = Instant::now();
        let mut command = self.command(&["up"]);
        command.stderr(std::fs::File::options().create(true).append(true).open(self.path("log")).unwrap());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut said = Vec::new();
        while let Some(Ok(line)) = lines.next() {
            if line.is_empty() && said.len() > 2 {
                break;
            }
            said.push(line);
        }
        let log = std::fs::read_to_string(self.path("log")).unwrap_or_default();
        assert!(said.len() > 2, "the server did not start: {said:?}\n{log}");
        Running { child, said: said.join("\n"), port: self.port, started_in: begun.elapsed() }
    }
}

/// A running server.
pub struct Running {
    child: Child,
    /// Its greeting.
    pub said: String,
    pub port: u16,
    pub started_in: Duration,
}

impl Running {
    pub async fn get(&self, path: &str) -> Response<Bytes> {
        self.send(Request::get(path).header("host", self.host()), Bytes::new()).await
    }

    pub async fn send(&self, request: http::request::Builder, body: Bytes) -> Response<Bytes> {
        self.try_send(request, body).await.unwrap()
    }

    /// `None` when no whole answer came.
    pub async fn try_send(&self, request: http::request::Builder, body: Bytes) -> Option<Response<Bytes>> {
        let socket = TcpStream::connect(("127.0.0.1", self.port)).await.ok()?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(socket)).await.ok()?;
        tokio::spawn(connection);
        let response = sender.send_request(request.body(Full::new(body)).unwrap()).await.ok()?;
        let (parts, body) = response.into_parts();
        Some(Response::from_parts(parts, body.collect().await.ok()?.to_bytes()))
    }

    /// Signs in as an app does; gives the token.
    pub async fn token(&self, name: &str, password: &str) -> String {
        sign_in(&self.host(), name, password, |request, body| self.send(request, body)).await
    }

    /// Calls the client API; the answer must be good.
    pub async fn api(&self, token: &str, method: Method, path: &str, body: Value) -> Value {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", self.host())
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json");
        let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
        let answer = self.send(request, body).await;
        assert!(answer.status().is_success(), "{path}: {}", text(&answer));
        serde_json::from_slice(answer.body()).unwrap()
    }

    pub fn host(&self) -> String {
        format!("localhost:{}", self.port)
    }

    pub fn signal(&self, signal: &str) {
        let sent = Command::new("kill").arg(signal).arg(self.child.id().to_string()).status().unwrap();
        assert!(sent.success());
    }

    /// The process, for those who end it in another way.
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Asks it to stop; gives how long that took. The exit must be clean.
    pub fn stop(mut self) -> Duration {
        let begun = Instant::now();
        self.signal("-TERM");
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}");
        begun.elapsed()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An app and a browser on their way to a token; `send` sends one request.
pub async fn sign_in<F>(
    host: &str,
    name: &str,
    password: &str,
    mut send: impl FnMut(http::request::Builder, Bytes) -> F,
) -> String
where
    F: Future<Output = Response<Bytes>>,
{
    let place = "urn:ietf:wg:oauth:2.0:oob";
    let form = |fields: &[(&str, &str)]| {
        Bytes::from(url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish())
    };
    let post = |path: &str| {
        Request::post(path).header("host", host).header("content-type", "application/x-www-form-urlencoded")
    };
    let fields = [("client_name", "A test"), ("redirect_uris", place), ("scopes", "read write follow")];
    let app = send(post("/api/v1/apps"), form(&fields)).await;
    assert_ok(&app);
    let app: Value = serde_json::from_slice(app.body()).unwrap();
    let (id, secret) = (app["client_id"].as_str().unwrap(), app["client_secret"].as_str().unwrap());

    let asked = [
        ("response_type", "code"),
        ("client_id", id),
        ("redirect_uri", place),
        ("scope", "read write follow"),
    ];
    let query = String::from_utf8(form(&asked).to_vec()).unwrap();
    let page =
        send(Request::get(format!("/oauth/authorize?{query}")).header("host", host), Bytes::new()).await;
    assert_ok(&page);
    let cookie = page.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let html = text(&page);
    let between = |html: &str, before: &str, after: &str| {
        html.split_once(before).unwrap().1.split_once(after).unwrap().0.to_owned()
    };
    let form_token = between(&html, "name=\"form_token\" value=\"", "\"");
    let mut fields = asked.to_vec();
    fields.extend([
        ("form_token", form_token.as_str()),
        ("username", name),
        ("password", password),
        ("decision", "allow"),
    ]);
    // Browsers spread cookies over several lines when they speak HTTP/2.
    let request = post("/oauth/authorize").header("cookie", "another=1").header("cookie", cookie);
    let page = send(request, form(&fields)).await;
    assert_ok(&page);
    let code = between(&text(&page), "<code>", "</code>");
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("client_id", id),
        ("client_secret", secret),
        ("redirect_uri", place),
    ];
    let token = send(post("/oauth/token"), form(&fields)).await;
    assert_ok(&token);
    let token: Value = serde_json::from_slice(token.body()).unwrap();
    token["access_token"].as_str().unwrap().to_owned()
}

/// A port that no other test takes meanwhile: ten for each process, below those that the system gives away.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = 10_000 + (std::process::id() % 1_000) as u16 * 20;
    let next = || first + NEXT.fetch_add(1, Ordering::Relaxed) % 10 * 2;
    // The next one is the PDS's.
    let is_free = |port| std::net::TcpListener::bind(("127.0.0.1", port)).is_ok();
    let free = |port: &u16| is_free(*port) && is_free(*port + 1);
    std::iter::repeat_with(next).take(10).find(free).unwrap()
}

pub fn text(response: &Response<Bytes>) -> String {
    String::from_utf8_lossy(response.body()).into_owned()
}

pub fn assert_ok(response: &Response<Bytes>) {
    assert_eq!(response.status(), StatusCode::OK, "{}", text(response));
}

/// Unix permission bits.
pub fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}
