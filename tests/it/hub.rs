//! Models by name, from a local server that speaks the part of the hub's protocol that is used.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use clsroom::model::hub::{Hub, HubError, Name};
use sha2::{Digest, Sha256};

use crate::checkpoint::Checkpoint;
use crate::pty::Terminal;

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
const MODEL: &str = "people/tiny";

/// Variables that would lead elsewhere.
pub const PROXIES: &[&str] =
    &["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"];

/// What the server does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    /// Answers everything with this status.
    Status(u16),
    /// Answers everything with a page.
    Page,
    /// Ends the connection after half of the weights.
    Cut,
    /// Sends other bytes than it promises.
    OtherBytes,
    /// Sends the whole file whatever range is asked for.
    NoRanges,
    /// Names a file outside of the cache.
    UnsafeEtag,
    /// Lists no weights.
    NoWeights,
    /// Takes a request and never answers.
    Silent,
    /// Waits in the middle of the weights until it is told to go on.
    Held,
    /// No fault: the model was given another name, and every request is sent on by a path without a host.
    Renamed,
}

struct Server {
    address: SocketAddr,
    fault: Arc<Mutex<Fault>>,
    /// First line, and `Range` and `Authorization` of every request.
    seen: Arc<Mutex<Vec<String>>>,
    go_on: Sender<()>,
    home: tempfile::TempDir,
}

struct Serving {
    files: BTreeMap<String, Vec<u8>>,
    fault: Arc<Mutex<Fault>>,
    seen: Arc<Mutex<Vec<String>>>,
    held: Mutex<Receiver<()>>,
    /// Connections that are never answered, kept open.
    open: Mutex<Vec<TcpStream>>,
}

impl Server {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Checkpoint { prefix: "bert.", older_names: true, cased: true, ..Checkpoint::default() }.write(folder.path());
        Self::of(folder.path())
    }

    /// A server whose model is a folder's files.
    fn of(folder: &Path) -> Self {
        let inside = |name: &str| fs::read_dir(folder.join(name)).into_iter().flatten().flatten();
        let read = |start: &str, entry: fs::DirEntry| {
            let bytes = fs::read(entry.path()).ok()?;
            Some((format!("{start}{}", entry.file_name().to_string_lossy()), bytes))
        };
        let files =
            ["", "1_Pooling/"].into_iter().flat_map(|start| inside(start).filter_map(move |entry| read(start, entry)));
        let files = files.collect();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let (fault, seen) = (Arc::new(Mutex::new(Fault::None)), Arc::default());
        let (go_on, held) = channel();
        let serving = Arc::new(Serving {
            files,
            fault: Arc::clone(&fault),
            seen: Arc::clone(&seen),
            held: Mutex::new(held),
            open: Mutex::default(),
        });
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let serving = Arc::clone(&serving);
                // A client that hangs up is what some tests are about.
                std::thread::spawn(move || drop(serving.answer(stream)));
            }
        });
        Self { address, fault, seen, go_on, home: tempfile::tempdir().expect("a folder") }
    }

    fn with(&self, fault: Fault) -> &Self {
        *self.fault.lock().expect("the fault") = fault;
        self.seen.lock().expect("the list").clear();
        self
    }

    fn seen(&self, what: &str) -> bool {
        self.seen.lock().expect("the list").iter().any(|line| line.contains(what))
    }

    fn env(&self) -> BTreeMap<&'static str, String> {
        let home = self.home.path().display().to_string();
        BTreeMap::from([("HF_ENDPOINT", format!("http://{}", self.address)), ("HF_HOME", home)])
    }

    fn run_with(&self, arguments: &[&str], env: &[(&str, &str)]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_clsroom"));
        ["HF_TOKEN", "HF_HUB_CACHE", "HF_HUB_OFFLINE"].iter().chain(PROXIES).for_each(|name| {
            command.env_remove(name);
        });
        command.args(arguments).env("HOME", self.home.path()).envs(self.env()).envs(env.iter().copied());
        command.output().expect("it starts")
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.run_with(arguments, &[])
    }

    fn pull(&self) -> Output {
        self.run(&["models", "pull", MODEL])
    }

    /// What is said in one sentence when the model cannot be had.
    fn refused(&self) -> String {
        let output = self.pull();
        let said = err(&output);
        assert_eq!(output.status.code(), Some(1), "{said}");
        let sentence = said.lines().find(|line| line.starts_with("clsroom: ")).unwrap_or_default().to_owned();
        assert!(said.ends_with(&format!("{sentence}\n")), "{said}");
        sentence
    }

    /// The cache is usable: the same command gets the model from a server without faults.
    fn recovers(&self) {
        let output = self.with(Fault::None).run(&["trace", "Not bad", "--model", MODEL]);
        assert!(output.status.success(), "{}", err(&output));
    }
}

impl Serving {
    fn answer(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream.try_clone()?);
        let (mut first, mut range, mut asked, mut token) = (String::new(), 0, String::new(), String::new());
        reader.read_line(&mut first)?;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
                break;
            }
            let (name, value) = line.trim().split_once(": ").unwrap_or(("", ""));
            match name.to_lowercase().as_str() {
                "range" => {
                    let from = value.trim_start_matches("bytes=").split('-').next().unwrap_or_default();
                    // `bytes=0-0` only asks what there is.
                    range = if value == "bytes=0-0" { usize::MAX } else { from.parse().unwrap_or(0) };
                    asked = format!(" {value}");
                }
                "authorization" => token = format!(" {value}"),
                _ => {}
            }
        }
        let mut path = first.split(' ').nth(1).unwrap_or_default().to_owned();
        self.seen.lock().expect("the list").push(format!("{path}{asked}{token}"));
        let fault = *self.fault.lock().expect("the fault");
        match fault {
            Fault::Status(status) => return reply(&stream, &format!("{status} No"), &[], b"no"),
            Fault::Page => return reply(&stream, "200 OK", &[], b"<html>Please sign in</html>"),
            Fault::Silent => {
                self.open.lock().expect("the list").push(stream);
                return Ok(());
            }
            Fault::Renamed if !path.starts_with("/moved/") && !path.starts_with("/stored/") => {
                let there = [("Location", format!("/moved{path}"))];
                return reply(&stream, "307 Temporary Redirect", &there, b"");
            }
            _ => {}
        }
        path = path.trim_start_matches("/moved").to_owned();
        if let Some(rest) = path.strip_prefix(&format!("/api/models/{MODEL}/revision/")) {
            assert!(["main", "v1"].contains(&rest), "{rest}");
            let listed = self.files.keys().filter(|name| fault != Fault::NoWeights || !name.starts_with("model"));
            let siblings: Vec<_> = listed.map(|name| serde_json::json!({ "rfilename": name })).collect();
            let text = serde_json::json!({ "sha": COMMIT, "siblings": siblings }).to_string();
            return reply(&stream, "200 OK", &[], text.as_bytes());
        }
        let known = self.files.keys().filter(|name| path.ends_with(&format!("/{name}"))).max_by_key(|name| name.len());
        let name = known.map_or("", String::as_str);
        let Some(bytes) = self.files.get(name) else { return reply(&stream, "404 Not Found", &[], b"no") };
        if path.starts_with("/stored/") {
            return self.send(&stream, bytes, range, fault);
        }
        let sum = Sha256::digest(bytes).iter().fold(String::new(), |sum, byte| sum + &format!("{byte:02x}"));
        let etag = if fault == Fault::UnsafeEtag { "\"../../../outside\"".to_owned() } else { format!("\"{sum}\"") };
        if name.starts_with("model") {
            // Large files lie elsewhere, as on the hub.
            let there = format!("http://{}/stored/{name}", stream.local_addr()?);
            let headers = [("Location", there), ("X-Repo-Commit", COMMIT.to_owned()), ("X-Linked-Etag", etag)];
            return reply(&stream, "302 Found", &headers, b"");
        }
        let etag = if fault == Fault::UnsafeEtag { etag } else { format!("\"{}\"", &sum[..40]) };
        let headers = [("ETag", etag), ("X-Repo-Commit", COMMIT.to_owned())];
        part(&stream, bytes, range, &headers)
    }

    /// The weights, as this server sends them.
    fn send(&self, mut stream: &TcpStream, bytes: &[u8], range: usize, fault: Fault) -> std::io::Result<()> {
        let whole = range == usize::MAX;
        match fault {
            Fault::NoRanges if !whole => reply(stream, "200 OK", &[], bytes),
            Fault::OtherBytes if !whole => {
                let other: Vec<u8> = bytes.iter().map(|byte| byte ^ 1).collect();
                part(stream, &other, range, &[])
            }
            Fault::Cut | Fault::Held if !whole => {
                head(
                    stream,
                    "206 Partial Content",
                    &[("Content-Range", content_range(range, bytes))],
                    bytes.len() - range,
                )?;
                stream.write_all(&bytes[range..bytes.len() / 2])?;
                stream.flush()?;
                if fault == Fault::Held {
                    let _ = self.held.lock().expect("the gate").recv();
                    stream.write_all(&bytes[bytes.len() / 2..])?;
                }
                Ok(())
            }
            _ => part(stream, bytes, range, &[]),
        }
    }
}

fn content_range(from: usize, bytes: &[u8]) -> String {
    format!("bytes {from}-{}/{}", bytes.len() - 1, bytes.len())
}

fn head(mut stream: &TcpStream, status: &str, headers: &[(&str, String)], length: usize) -> std::io::Result<()> {
    let first = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n");
    let text = headers.iter().fold(first, |text, (name, value)| text + &format!("{name}: {value}\r\n"));
    stream.write_all(format!("{text}\r\n").as_bytes())
}

fn reply(mut stream: &TcpStream, status: &str, headers: &[(&str, String)], body: &[u8]) -> std::io::Result<()> {
    head(stream, status, headers, body.len())?;
    stream.write_all(body)
}

/// A range of a file, in small writes; `usize::MAX` asks only for its first byte.
fn part(mut stream: &TcpStream, bytes: &[u8], from: usize, headers: &[(&str, String)]) -> std::io::Result<()> {
    let (body, range) = if from == usize::MAX {
        (&bytes[..1], format!("bytes 0-0/{}", bytes.len()))
    } else if from >= bytes.len() {
        return reply(stream, "416 Range Not Satisfiable", &[], b"");
    } else {
        (&bytes[from..], content_range(from, bytes))
    };
    let all: Vec<(&str, String)> = headers.iter().cloned().chain([("Content-Range", range)]).collect();
    head(stream, "206 Partial Content", &all, body.len())?;
    body.chunks(701).try_for_each(|chunk| stream.write_all(chunk))
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

#[test]
fn how_a_sentence_is_read_comes_with_the_model() {
    let folder = tempfile::tempdir().expect("a folder");
    Checkpoint::default().write(folder.path());
    fs::create_dir(folder.path().join("1_Pooling")).expect("a folder");
    fs::write(folder.path().join("1_Pooling/config.json"), r#"{"pooling_mode_cls_token": true}"#).expect("written");
    let server = Server::of(folder.path());
    for attempt in ["fetched", "from the cache"] {
        let output = server.run(&["models", "check", MODEL]);
        assert!(output.status.success(), "{attempt}: {}", err(&output));
        let said = out(&output);
        assert!(said.contains("reads its sentence vector from the vector of [CLS]"), "{attempt}: {said}");
    }
}

#[test]
fn a_model_is_fetched_by_name_kept_and_used_without_a_network() {
    let server = Server::start();
    let output = server.run_with(&["trace", "Not bad", "--model", MODEL], &[("HF_TOKEN", "secret")]);
    assert!(output.status.success(), "{}", err(&output));
    assert!(out(&output).contains("people/tiny (hub, main): 2 layers, 3 heads"), "{}", out(&output));
    assert!(out(&output).contains("Not"), "it is cased");
    assert!(server.seen("/people/tiny/resolve/main/tokenizer_config.json"), "vocab.txt has its rules beside it");
    assert!(server.seen("/people/tiny/resolve/main/model.safetensors bytes=0-0 Bearer secret"));
    assert!(server.seen("/stored/model.safetensors bytes=0-"));
    // Again from the cache: nothing is asked for.
    let offline = server.with(Fault::Status(500));
    let output = offline.run_with(&["trace", "Not bad", "--model", MODEL], &[("HF_HUB_OFFLINE", "1")]);
    assert!(output.status.success(), "{}", err(&output));
    assert!(!server.seen("/"), "no request");
    let listed = out(&server.run(&["models", "list"]));
    assert!(listed.contains("all-MiniLM-L6-v2") && listed.contains("people/tiny"), "{listed}");
    assert!(!listed.contains(" 0 MB") && !listed.contains("incomplete"), "{listed}");
    let pulled = server.run_with(&["models", "pull", MODEL], &[("HF_HUB_OFFLINE", "1")]);
    assert!(
        pulled.status.success() && out(&pulled).contains("HF_HUB_OFFLINE forbids to look for a newer"),
        "{pulled:?}"
    );
    // A file that another program left half done.
    let weights = fs::canonicalize(
        server.home.path().join(format!("hub/models--people--tiny/snapshots/{COMMIT}/model.safetensors")),
    )
    .expect("the weights");
    let whole = fs::read(&weights).expect("bytes");
    fs::write(&weights, &whole[..whole.len() / 2]).expect("cut off");
    let listed = out(&server.run(&["models", "list"]));
    assert!(listed.contains("incomplete: clsroom models pull completes it"), "{listed}");
    fs::write(&weights, &whole).expect("whole again");
    let checked = out(&server.run(&["models", "check", MODEL]));
    assert!(checked.contains("parity with candle-transformers"), "{checked}");

    // Another revision, another cache.
    let cache = tempfile::tempdir().expect("a folder");
    let place = cache.path().display().to_string();
    let output = server.with(Fault::None).run_with(&["models", "pull", "people/tiny@v1"], &[("HF_HUB_CACHE", &place)]);
    assert!(output.status.success(), "{}", err(&output));
    assert!(server.seen("/people/tiny/resolve/v1/config.json"));
    assert!(cache.path().join("models--people--tiny/refs/v1").exists());
}

/// A RoBERTa without a `tokenizer.json`: its vocabulary has two files, and rules beside them.
#[test]
fn what_lies_beside_a_vocabulary_is_fetched_with_it() {
    let folder = tempfile::tempdir().expect("a folder");
    crate::tokenizers::write_merges(folder.path());
    crate::checkpoint::write(folder.path(), "added_tokens.json", r#"{"[E1]": 11}"#);
    crate::checkpoint::write(folder.path(), "flax_model.msgpack", "not wanted");
    let server = Server::of(folder.path());
    for _ in 0..2 {
        let output = server.run(&["trace", "the [E1]", "--format", "json", "--model", MODEL]);
        assert!(output.status.success(), "{}", err(&output));
        let json: serde_json::Value = serde_json::from_str(&out(&output)).expect("valid JSON");
        assert_eq!(json["input_ids"], serde_json::json!([0, 10, 5, 11, 2]));
        for file in ["vocab.json", "merges.txt", "added_tokens.json"] {
            assert!(server.seen(&format!("/people/tiny/resolve/main/{file}")), "{file}");
        }
        assert!(!server.seen("flax_model.msgpack"), "nothing else");
    }
}

#[test]
fn every_failure_is_one_sentence_and_leaves_the_cache_usable() {
    let server = Server::start();
    for (fault, expected) in [
        (Fault::Status(404), "has no model people/tiny. Check the spelling"),
        (Fault::Status(401), "does not show people/tiny"),
        (Fault::Status(403), "set HF_TOKEN"),
        (Fault::Status(500), "answered with status 500"),
        (Fault::Page, "not as a hub does"),
        (Fault::UnsafeEtag, "the ETag or commit of"),
        (Fault::NoWeights, "has no model.safetensors or pytorch_model.bin"),
        (Fault::OtherBytes, "another size or checksum than the hub gives"),
        (Fault::Cut, "the download of model.safetensors broke off"),
    ] {
        let said = server.with(fault).refused();
        assert!(said.contains(expected), "{fault:?}: {said}");
    }
    server.recovers();

    let output = server.run_with(&["models", "pull", "people/other"], &[("HF_HUB_OFFLINE", "yes")]);
    assert!(err(&output).contains("not in the cache") && err(&output).contains("HF_HUB_OFFLINE"), "{}", err(&output));
    for bad in ["a/b c", "x@../y", "a--b"] {
        assert!(err(&server.run(&["trace", "x", "--model", bad])).contains("neither a folder nor a model's name"));
    }
    let nobody = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
    let output = server.run_with(&["models", "pull", MODEL], &[("HF_ENDPOINT", &format!("http://{nobody}"))]);
    assert!(err(&output).contains("cannot reach http://127.0.0.1"), "{}", err(&output));
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_download_that_broke_off_is_resumed_or_cleanly_begun_again() {
    for (second, resumed) in [(Fault::None, true), (Fault::NoRanges, false)] {
        let server = Server::start();
        assert!(server.with(Fault::Cut).refused().contains("it goes on where it was"));
        let parts = |folder: &Path| {
            let blobs = fs::read_dir(folder.join("hub/models--people--tiny/blobs")).expect("the cache").flatten();
            blobs.filter(|entry| entry.path().extension().is_some_and(|ending| ending == "part")).count()
        };
        assert_eq!(parts(server.home.path()), 1, "what came is kept");
        let output = server.with(second).pull();
        assert!(output.status.success(), "{second:?}: {}", err(&output));
        let ranges = server
            .seen
            .lock()
            .expect("the list")
            .iter()
            .filter(|l| l.starts_with("/stored/"))
            .cloned()
            .collect::<Vec<_>>();
        assert!(ranges.iter().any(|line| !line.ends_with("bytes=0-0") && !line.ends_with("bytes=0-")), "{ranges:?}");
        assert_eq!(ranges.iter().any(|line| line.ends_with("bytes=0-")), !resumed, "{ranges:?}");
        assert_eq!(parts(server.home.path()), 0);
        server.recovers();
    }
}

#[test]
fn a_model_that_was_renamed_is_found_by_its_old_name() {
    let server = Server::start();
    let output = server.with(Fault::Renamed).run(&["trace", "Not bad", "--model", MODEL]);
    assert!(output.status.success(), "{}", err(&output));
    assert!(server.seen("/moved/api/models/people/tiny/revision/main"), "{:?}", server.seen.lock());
    assert!(server.seen("/stored/model.safetensors bytes=0-"));
}

#[test]
fn a_download_without_the_course_shows_how_far_it_is() {
    let server = Server::start();
    server.with(Fault::Held);
    let env = server.env();
    let env = env.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut terminal = Terminal::start_with(server.home.path(), (100, 24), &["models", "pull", MODEL], &env);
    terminal.wait_until("a bar with bytes, speed and what is left", |screen| {
        let line = screen.lines().find(|line| line.contains("model.safetensors")).unwrap_or_default();
        line.contains("KiB of ") && line.contains("B/s") && line.contains("left")
    });
    server.go_on.send(()).expect("the server waits");
    terminal.wait_for("people/tiny is in");
    assert_eq!(terminal.wait_for_end(), 0);
    assert!(!terminal.screen().contains("left"), "the bar is gone: {}", terminal.screen());
}

#[test]
fn a_silent_server_is_given_up() {
    let server = Server::start();
    let hub = Hub {
        cache: server.home.path().join("hub"),
        endpoint: format!("http://{}", server.with(Fault::Silent).address),
        token: None,
        offline: false,
        patience: Duration::from_millis(100),
    };
    let name = Name::parse(MODEL).expect("a name");
    assert!(matches!(hub.fetch(&name, &mut |_| {}), Err(HubError::Silent { .. })));
}

#[test]
fn the_course_shows_a_download_and_opens_when_it_is_done() {
    let server = Server::start();
    server.with(Fault::Held);
    let env = server.env();
    let env = env.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut terminal = Terminal::start_with(server.home.path(), (80, 24), &["--model", MODEL], &env);
    terminal.wait_for("downloading model.safetensors");
    server.go_on.send(()).expect("the server waits");
    terminal.wait_for("people/tiny");
    terminal.wait_for("[home ready]");
    terminal.send("q");
    assert_eq!(terminal.wait_for_end(), 0);
    terminal.assert_restored();
}
