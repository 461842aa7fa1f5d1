//! A hub that lies, redirects, never ends or forgets: nothing is written outside of the cache, the token stays with the
//! hub, and each failure is one sentence.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use clsroom::model::hub::{Hub, HubError, Name};
use sha2::{Digest, Sha256};

use crate::checkpoint::Checkpoint;
use crate::hub::PROXIES;

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
const MODEL: &str = "people/tiny";

/// A request as the server sees it; names of headers in lower case.
#[derive(Debug, Clone, Default)]
struct Asked {
    path: String,
    headers: BTreeMap<String, String>,
}

impl Asked {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// First byte that is asked for, if this is not only a question for the length.
    fn from(&self) -> Option<usize> {
        let range = self.header("range");
        if range == "bytes=0-0" {
            return None;
        }
        Some(range.strip_prefix("bytes=").and_then(|range| range.trim_end_matches('-').parse().ok()).unwrap_or(0))
    }

    fn is_for(&self, file: &str) -> bool {
        self.path.ends_with(&format!("/{file}"))
    }
}

type Answers = dyn Fn(&Asked, &TcpStream) -> bool + Send + Sync;

/// A server that answers what its function does not.
struct Server {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Asked>>>,
    files: Arc<BTreeMap<String, Vec<u8>>>,
}

impl Server {
    /// Answers as a hub does, unless `first` has answered.
    fn start(first: impl Fn(&Asked, &TcpStream) -> bool + Send + Sync + 'static) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Checkpoint { prefix: "bert.", older_names: true, cased: true, ..Checkpoint::default() }.write(folder.path());
        let read = |entry: fs::DirEntry| {
            (entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path()).expect("a file"))
        };
        let files: Arc<BTreeMap<_, _>> =
            Arc::new(fs::read_dir(folder.path()).expect("a folder").flatten().map(read).collect());
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let seen: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (of_server, asked, first): (_, _, Arc<Answers>) = (Arc::clone(&files), Arc::clone(&seen), Arc::new(first));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (files, seen, first) = (Arc::clone(&of_server), Arc::clone(&asked), Arc::clone(&first));
                std::thread::spawn(move || {
                    let asked = request(&stream);
                    seen.lock().expect("the list").push(asked.clone());
                    if !first(&asked, &stream) {
                        as_a_hub(&asked, &stream, &files);
                    }
                });
            }
        });
        Self { address, seen, files }
    }

    fn honest() -> Self {
        Self::start(|_, _| false)
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn hub(&self, home: &Path) -> Hub {
        Hub {
            cache: home.join("hub"),
            endpoint: self.url(),
            token: Some("secret-token".to_owned()),
            offline: false,
            patience: Duration::from_secs(20),
        }
    }

    fn seen(&self) -> Vec<Asked> {
        self.seen.lock().expect("the list").clone()
    }
}

fn request(stream: &TcpStream) -> Asked {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let first = lines.next().unwrap_or_default();
    let pairs = lines
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned())));
    Asked { path: first.split(' ').nth(1).unwrap_or_default().to_owned(), headers: pairs.collect() }
}

/// Sends an answer. A client that hangs up is what some tests are about.
fn send(mut stream: &TcpStream, status: &str, headers: &[(&str, &str)], body: &[u8]) -> bool {
    let told = headers.iter().any(|(name, _)| *name == "Content-Length");
    let length = if told { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    let lines: String = headers.iter().map(|(name, value)| [name, ": ", value, "\r\n"].concat()).collect();
    let text = format!("HTTP/1.1 {status}\r\nConnection: close\r\n{length}{lines}");
    let _ = stream.write_all(format!("{text}\r\n").as_bytes()).and_then(|()| stream.write_all(body));
    true
}

fn sum(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |sum, byte| sum + &format!("{byte:02x}"))
}

/// The `ETag` that an honest hub gives: for weights the sha256, for others a hash of 40 digits.
fn etag(name: &str, bytes: &[u8]) -> String {
    let sum = sum(bytes);
    if name.starts_with("model") { sum } else { sum[..40].to_owned() }
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let siblings: Vec<_> = names.map(|name| serde_json::json!({ "rfilename": name })).collect();
    serde_json::json!({ "sha": COMMIT, "siblings": siblings }).to_string()
}

/// A file, or what is asked for of it, with the headers of a hub.
fn as_a_hub(asked: &Asked, stream: &TcpStream, files: &BTreeMap<String, Vec<u8>>) -> bool {
    if asked.path.starts_with("/api/") {
        return send(stream, "200 OK", &[], list(files.keys().map(String::as_str)).as_bytes());
    }
    let name = asked.path.split('?').next().and_then(|path| path.rsplit('/').next()).unwrap_or_default();
    let Some(bytes) = files.get(name) else { return send(stream, "404 Not Found", &[], b"") };
    part(asked, stream, name, bytes)
}

fn part(asked: &Asked, stream: &TcpStream, name: &str, bytes: &[u8]) -> bool {
    let (body, range) = match asked.from() {
        None => (&bytes[..1], format!("bytes 0-0/{}", bytes.len())),
        Some(from) if from >= bytes.len() => return send(stream, "416 Range Not Satisfiable", &[], b""),
        Some(from) => (&bytes[from..], format!("bytes {from}-{}/{}", bytes.len() - 1, bytes.len())),
    };
    let tag = format!("\"{}\"", etag(name, bytes));
    let headers = [("ETag", tag.as_str()), ("X-Repo-Commit", COMMIT), ("Content-Range", range.as_str())];
    send(stream, "206 Partial Content", &headers, body)
}

fn fetched(hub: &Hub) -> Result<clsroom::model::load::Files, HubError> {
    hub.fetch(&Name::parse(MODEL).expect("a name"), &mut |_| {})
}

/// The one sentence of a fetch that fails.
fn refused(hub: &Hub) -> String {
    let said = fetched(hub).expect_err("it fails").to_string();
    assert!(said.lines().count() == 1 && said.len() < 400, "{said}");
    said
}

/// Runs the program against a hub.
fn run(home: &Path, endpoint: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_clsroom"));
    ["HF_TOKEN", "HF_HUB_CACHE", "HF_HUB_OFFLINE", "XDG_CACHE_HOME"].iter().chain(PROXIES).for_each(|name| {
        command.env_remove(name);
    });
    command.args(arguments).env("HOME", home).env("HF_HOME", home).env("HF_ENDPOINT", endpoint);
    command.output().expect("it starts")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout)
}

/// Every file below a folder.
fn all(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) { found.extend(all(&path)) } else { found.push(path) }
    }
    found
}

fn blobs(home: &Path) -> Vec<PathBuf> {
    all(&home.join("hub/models--people--tiny/blobs"))
}

#[test]
fn a_second_answer_names_no_file() {
    // The first answer for a file is honest, every later one names a file outside.
    let asked_before = Mutex::new(Vec::new());
    let server = Server::start(move |asked, stream| {
        if asked.path.starts_with("/api/") {
            return false;
        }
        let mut before = asked_before.lock().expect("the list");
        if !before.contains(&asked.path) {
            before.push(asked.path.clone());
            return false;
        }
        let tag = "\"../../../../outside\"";
        let headers = [("ETag", tag), ("X-Repo-Commit", "../../outside"), ("Content-Range", "bytes 0-6/7")];
        send(stream, "206 Partial Content", &headers, b"evil!!\n")
    });
    let home = tempfile::tempdir().expect("a folder");
    fs::write(home.path().join("outside"), "mine").expect("written");
    refused(&server.hub(home.path()));
    assert_eq!(fs::read_to_string(home.path().join("outside")).expect("there"), "mine");
    let strange = |path: &PathBuf| !path.starts_with(home.path().join("hub")) && !path.ends_with("outside");
    assert!(!all(home.path()).iter().any(strange), "{:?}", all(home.path()));
    assert!(blobs(home.path()).is_empty(), "what is wrong is not kept: {:?}", blobs(home.path()));
}

#[test]
fn only_hexadecimal_tags_and_commits_are_taken() {
    let long = "a".repeat(64);
    for (tag, commit) in [
        ("../../outside", COMMIT),
        ("%2e%2e%2foutside", COMMIT),
        ("d41d8cd98f00b204e9800998ecf8427e-2", COMMIT),
        ("", COMMIT),
        (&long[1..], COMMIT),
        (long.as_str(), "../../../outside"),
        (long.as_str(), ""),
        (long.as_str(), "refs-main-with-dashes-and-40-characters-"),
    ] {
        let (tag, commit) = (format!("\"{tag}\""), commit.to_owned());
        let told = tag.clone();
        let server = Server::start(move |asked, stream| {
            !asked.path.starts_with("/api/")
                && send(
                    stream,
                    "206 Partial Content",
                    &[("ETag", &tag), ("X-Repo-Commit", &commit), ("Content-Range", "bytes 0-0/9")],
                    b"x",
                )
        });
        let home = tempfile::tempdir().expect("a folder");
        let said = refused(&server.hub(home.path()));
        assert!(said.contains("the ETag or commit of"), "{told}: {said}");
        assert!(all(home.path()).is_empty(), "{:?}", all(home.path()));
    }
}

#[test]
fn the_token_is_for_the_hub_alone() {
    // Another host keeps the files: for the API's answer, for what is known of a file, and for the file.
    let elsewhere = Server::honest();
    let there = elsewhere.url();
    for first in ["/api/", "/people/"] {
        let there = there.clone();
        let server = Server::start(move |asked, stream| {
            if !asked.path.starts_with(first) {
                return false;
            }
            let name = asked.path.rsplit('/').next().unwrap_or_default();
            let place = format!("{there}{}?X-Signature=1", asked.path);
            let tag = if name.starts_with("model") { "f".repeat(64) } else { "a".repeat(40) };
            send(stream, "302 Found", &[("Location", &place), ("X-Linked-ETag", &tag), ("X-Repo-Commit", COMMIT)], b"")
        });
        let home = tempfile::tempdir().expect("a folder");
        // The weights have another checksum than this hub says.
        let result = fetched(&server.hub(home.path()));
        assert_eq!(result.is_err(), first == "/people/", "{result:?}");
        let own: Vec<_> = server.seen().iter().map(|asked| asked.header("authorization").to_owned()).collect();
        assert!(!own.is_empty() && own.iter().all(|token| token == "Bearer secret-token"), "{own:?}");
    }
    let others = elsewhere.seen();
    assert!(others.iter().any(|asked| asked.is_for("main?X-Signature=1")), "{others:?}");
    assert!(others.iter().any(|asked| asked.path.contains("model.safetensors")), "{others:?}");
    assert!(others.iter().all(|asked| asked.header("authorization").is_empty()), "{others:?}");
}

#[test]
fn the_token_goes_along_on_the_hub_itself() {
    let files = Server::honest().files;
    let server = Server::start(move |asked, stream| {
        let mut inner = asked.clone();
        inner.path = asked.path.trim_start_matches("/moved").to_owned();
        if inner.path != asked.path {
            return as_a_hub(&inner, stream, &files);
        }
        // By path, and in full with the scheme in capitals.
        let place = match stream.local_addr() {
            Ok(own) if asked.path.starts_with("/api") => format!("HTTP://{own}/moved{}", asked.path),
            _ => format!("/moved{}", asked.path),
        };
        send(stream, "307 Temporary Redirect", &[("Location", &place)], b"")
    });
    let home = tempfile::tempdir().expect("a folder");
    fetched(&server.hub(home.path())).expect("fetched");
    let seen = server.seen();
    assert!(["/moved/api", "/moved/people"].iter().all(|to| seen.iter().any(|asked| asked.path.starts_with(to))));
    assert!(seen.iter().all(|asked| asked.header("authorization") == "Bearer secret-token"), "{seen:?}");
}

#[test]
fn strange_redirects_are_one_sentence() {
    for (location, expected) in [
        (None, "it redirects without saying where to"),
        (Some(""), "it redirects without saying where to"),
        (Some("http://["), "no web address"),
        (Some("http://"), "no web address"),
        (Some("file:///etc/passwd"), "no web address"),
        (Some("ftp://127.0.0.1/x"), "no web address"),
        (Some("javascript:alert(1)"), "no web address"),
        (Some("\u{1}\u{2}:::"), "as a hub does"),
        (Some("/api/again"), "it redirects more than 10 times"),
    ] {
        // Of the API, and of a file.
        for first in ["/api/", "/people/"] {
            let server = Server::start(move |asked, stream| {
                let here = asked.path.starts_with(first) || asked.path.starts_with("/api/again");
                let header = location.map(|location| ("Location", location));
                here && send(stream, "302 Found", header.as_slice(), b"")
            });
            let home = tempfile::tempdir().expect("a folder");
            let output = run(home.path(), &server.url(), &["models", "pull", MODEL]);
            let said = said(&output);
            assert_eq!(output.status.code(), Some(1), "{location:?}: {said}");
            assert!(!said.contains("panicked") && said.trim().lines().count() == 1, "{location:?}: {said}");
            // What cannot be sent as a header at all ends the connection.
            assert!(
                said.contains(expected) || location.is_some_and(|l| l.starts_with('\u{1}')),
                "{location:?}: {said}"
            );
            assert!(server.seen().len() <= 12, "{}", server.seen().len());
        }
    }
}

/// Writes for ever, or until the other side has had enough.
fn without_end(mut stream: &TcpStream, status: &str, headers: &[(&str, &str)], what: &[u8]) -> u64 {
    send(stream, status, headers, b"");
    let chunk = what.repeat(65_536 / what.len());
    // 300 MB is more than any limit, so that the test ends in any case.
    (0..4_800).take_while(|_| stream.write_all(&chunk).is_ok()).count() as u64 * chunk.len() as u64
}

#[test]
fn a_body_without_an_end_is_cut_at_the_announced_length() {
    for (name, length) in [("config.json", "1000"), ("model.safetensors", "7000")] {
        let server = Server::start(move |asked, stream| {
            if !asked.is_for(name) {
                return false;
            }
            let hash = etag(name, b"something else");
            let total = format!("bytes 0-0/{length}");
            let headers = [("ETag", hash.as_str()), ("X-Repo-Commit", COMMIT), ("Content-Range", total.as_str())];
            match asked.from() {
                None => send(stream, "206 Partial Content", &headers, b"x"),
                Some(_) => without_end(stream, "200 OK", &[("Content-Length", "99999999999")], b"xy") > 0,
            }
        });
        let home = tempfile::tempdir().expect("a folder");
        let said = refused(&server.hub(home.path()));
        assert!(said.contains(&format!("{name} of people/tiny arrived with another size or checksum")), "{said}");
        let written: u64 =
            all(home.path()).iter().filter_map(|path| fs::metadata(path).ok()).map(|known| known.len()).sum();
        assert!(written < 100_000, "{written} bytes were written: {:?}", all(home.path()));
        assert!(!blobs(home.path()).iter().any(|path| fs::read(path).is_ok_and(|bytes| bytes.starts_with(b"xyxy"))));
    }
}

#[test]
fn an_answer_of_the_api_has_an_end() {
    let server = Server::start(|asked, stream| {
        asked.path.starts_with("/api/")
            && without_end(stream, "200 OK", &[("Content-Length", "99999999999")], b"[[") > 0
    });
    let home = tempfile::tempdir().expect("a folder");
    let said = refused(&server.hub(home.path()));
    assert!(said.contains("its list of files is longer than 16 MB"), "{said}");
}

#[test]
fn a_file_larger_than_anything_that_is_read_is_not_begun() {
    let server = Server::start(|asked, stream| {
        let hash = "a".repeat(40);
        let headers = [("ETag", hash.as_str()), ("X-Repo-Commit", COMMIT), ("Content-Range", "bytes 0-0/999999999999")];
        asked.is_for("config.json") && send(stream, "206 Partial Content", &headers, b"x")
    });
    let home = tempfile::tempdir().expect("a folder");
    let said = refused(&server.hub(home.path()));
    assert!(said.contains("config.json of people/tiny has 999999999999 bytes"), "{said}");
}

#[test]
fn names_in_the_list_become_no_files() {
    let server = Server::start(|asked, stream| {
        let names = [
            "../../../outside",
            "/etc/cron.d/x",
            "config.json",
            "config.json/../../x",
            "vocab.txt",
            "tokenizer_config.json",
            "..",
            "",
            "model.safetensors",
            "%2e%2e%2fconfig.json",
            "a\\b",
            "\u{1b}[2J",
        ];
        asked.path.starts_with("/api/") && send(stream, "200 OK", &[], list(names.into_iter()).as_bytes())
    });
    let home = tempfile::tempdir().expect("a folder");
    fetched(&server.hub(home.path())).expect("fetched");
    let known = ["config.json", "vocab.txt", "tokenizer_config.json", "model.safetensors"];
    let snapshot = home.path().join(format!("hub/models--people--tiny/snapshots/{COMMIT}"));
    let mut names: Vec<_> = all(&snapshot).iter().map(|path| path.file_name().expect("a name").to_owned()).collect();
    names.sort();
    assert_eq!(names, ["config.json", "model.safetensors", "tokenizer_config.json", "vocab.txt"]);
    assert!(server.seen().iter().all(|asked| asked.path.starts_with("/api/") || known.iter().any(|k| asked.is_for(k))));
    assert!(all(home.path()).iter().all(|path| path.starts_with(home.path().join("hub"))));
}

#[test]
fn a_damaged_blob_of_the_right_size_is_noticed_and_fetched_again() {
    let server = Server::honest();
    let home = tempfile::tempdir().expect("a folder");
    let pull = || run(home.path(), &server.url(), &["models", "pull", MODEL]);
    assert!(pull().status.success());
    for name in ["model.safetensors", "vocab.txt", "config.json"] {
        let pointer = home.path().join(format!("hub/models--people--tiny/snapshots/{COMMIT}/{name}"));
        let blob = pointer.canonicalize().expect("a blob");
        let mut bytes = server.files[name].clone();
        let last = bytes.len() - 2;
        // A single bit of a weight, or of a text.
        bytes[last] ^= 1;
        fs::write(&blob, &bytes).expect("damaged");
        if name.starts_with("model") {
            // It is used: noticed, with the way on.
            let output = run(home.path(), &server.url(), &["trace", "Not bad", "--model", MODEL]);
            assert_eq!(output.status.code(), Some(1), "{}", said(&output));
            assert!(said(&output).contains("is damaged") && said(&output).contains("clsroom models pull people/tiny"));
            let folder = pointer.parent().expect("a folder").display().to_string();
            let output = run(home.path(), &server.url(), &["trace", "Not bad", "--model", &folder]);
            assert!(said(&output).contains("clsroom models pull people/tiny"), "{}", said(&output));
            // So is damage that keeps it from being read at all.
            fs::write(&blob, [&[9u8; 8], &bytes[8..]].concat()).expect("damaged");
            let output = run(home.path(), &server.url(), &["trace", "Not bad", "--model", MODEL]);
            assert!(said(&output).contains("clsroom models pull people/tiny"), "{}", said(&output));
        }
        let output = pull();
        assert!(output.status.success(), "{}", said(&output));
        assert_eq!(fs::read(&pointer).expect("bytes"), server.files[name], "{name}");
    }
    let output = run(home.path(), &server.url(), &["trace", "Not bad", "--model", MODEL]);
    assert!(output.status.success(), "{}", said(&output));
    // Whole weights are not fetched once more.
    let before = server.seen().iter().filter(|asked| asked.is_for("model.safetensors")).count();
    assert!(pull().status.success());
    let seen = server.seen();
    let weights: Vec<_> = seen.iter().filter(|asked| asked.is_for("model.safetensors")).skip(before).collect();
    assert!(weights.iter().all(|asked| asked.from().is_none()), "{weights:?}");
}

#[test]
fn what_is_resumed_wrongly_is_begun_again() {
    let half = |server: &Server, home: &Path, bytes: &[u8]| {
        let blobs = home.join("hub/models--people--tiny/blobs");
        fs::create_dir_all(&blobs).expect("made");
        let hash = sum(&server.files["model.safetensors"]);
        fs::write(blobs.join(format!("{hash}.part")), bytes).expect("written");
    };
    // What the server does when it is asked for the rest.
    for (what, status, range) in [
        ("another part", "206 Partial Content", Some("bytes 0-6/7")),
        ("another length", "206 Partial Content", Some("bytes 100-200/201")),
        ("no range", "206 Partial Content", None),
        ("an odd range", "206 Partial Content", Some("bytes much/more")),
        ("nothing", "416 Range Not Satisfiable", Some("bytes */7")),
        ("all of it", "200 OK", None),
    ] {
        let server = Server::start(move |asked, stream| {
            let resumed = asked.is_for("model.safetensors") && asked.from().is_some_and(|from| from > 0);
            let header = range.map(|range| ("Content-Range", range));
            resumed && send(stream, status, header.as_slice(), b"another")
        });
        let home = tempfile::tempdir().expect("a folder");
        half(&server, home.path(), &server.files["model.safetensors"][..100]);
        let files = fetched(&server.hub(home.path())).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(fs::read(files.weights).expect("bytes"), server.files["model.safetensors"], "{what}");
        assert!(blobs(home.path()).iter().all(|path| path.extension().is_none()), "{what}");
    }
    // The beginning is not what it should be, is all there, or is too much.
    let whole = Server::honest().files["model.safetensors"].clone();
    for (begun, again) in [
        (vec![0; 100], true),
        (whole.clone(), false),
        (vec![0; whole.len()], true),
        ([&whole[..], b"x"].concat(), true),
    ] {
        let server = Server::honest();
        let home = tempfile::tempdir().expect("a folder");
        half(&server, home.path(), &begun);
        let files = fetched(&server.hub(home.path())).expect("fetched");
        assert_eq!(fs::read(files.weights).expect("bytes"), whole);
        let from_the_start = |asked: &Asked| asked.is_for("model.safetensors") && asked.from() == Some(0);
        assert_eq!(server.seen().iter().any(from_the_start), again);
    }
}

#[test]
fn two_at_once_damage_nothing() {
    let server = Server::honest();
    let home = tempfile::tempdir().expect("a folder");
    std::thread::scope(|scope| {
        let pulls: Vec<_> =
            (0..4).map(|_| scope.spawn(|| run(home.path(), &server.url(), &["models", "pull", MODEL]))).collect();
        for pull in pulls {
            let output = pull.join().expect("it ends");
            assert!(output.status.success(), "{}", said(&output));
        }
    });
    for (name, bytes) in server.files.iter() {
        let path = home.path().join(format!("hub/models--people--tiny/snapshots/{COMMIT}/{name}"));
        if path.exists() {
            assert_eq!(&fs::read(path).expect("bytes"), bytes, "{name}");
        }
    }
    assert!(blobs(home.path()).iter().all(|path| path.extension().is_none()), "{:?}", blobs(home.path()));
}

#[test]
fn what_stands_in_the_way_in_the_cache_is_no_trap() {
    let server = Server::honest();
    let home = tempfile::tempdir().expect("a folder");
    let model = home.path().join("hub/models--people--tiny");
    let outside = home.path().join("outside");
    fs::write(&outside, "mine").expect("written");
    fs::create_dir_all(model.join("blobs")).expect("made");
    fs::create_dir_all(model.join("refs")).expect("made");
    // Where the weights are to be begun, a link leads elsewhere; where the revision stands, there is a pipe.
    let part = model.join(format!("blobs/{}.part", sum(&server.files["model.safetensors"])));
    std::os::unix::fs::symlink(&outside, &part).expect("a link");
    nix::unistd::mkfifo(&model.join("refs/main"), nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
    let hub = server.hub(home.path());
    assert!(hub.local(&Name::parse(MODEL).expect("a name")).is_none());
    assert!(refused(&hub).contains("cannot write to the cache"));
    assert_eq!(fs::read_to_string(&outside).expect("there"), "mine");
    fs::remove_file(&part).expect("removed");
    // A pointer that leads elsewhere is replaced, and what it led to is not.
    let pointer = model.join(format!("snapshots/{COMMIT}/config.json"));
    fs::create_dir_all(pointer.parent().expect("a folder")).expect("made");
    let _ = fs::remove_file(&pointer);
    std::os::unix::fs::symlink(&outside, &pointer).expect("a link");
    fetched(&hub).expect("fetched");
    assert_eq!(fs::read_to_string(&outside).expect("there"), "mine");
    assert_eq!(fs::read(&pointer).expect("bytes"), server.files["config.json"]);
    assert!(hub.local(&Name::parse(MODEL).expect("a name")).is_some());
}

#[test]
fn a_password_and_a_signature_are_never_printed() {
    let nobody = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port");
    let server = Server::start(|asked, stream| {
        let place = format!("http://127.0.0.1:1{}?X-Amz-Signature=hush", asked.path);
        asked.is_for("config.json") && send(stream, "302 Found", &[("Location", &place)], b"")
    });
    let broken = Server::start(|_, stream| send(stream, "500 No", &[], b""));
    let silent = Server::start(|_, stream| send(stream, "302 Found", &[], b""));
    let home = tempfile::tempdir().expect("a folder");
    for address in [server.address, broken.address, silent.address, nobody] {
        for endpoint in [
            format!("http://ann:p4ssw0rd@{address}"),
            format!("http://ann:p4ssw0rd@{address}/hf"),
            format!("http://p4ssw0rd@{address}"),
            format!("http://ann:p4ssw0rd@{address}?key=p4ssw0rd"),
            format!("http://ann:p4ss w0rd@{address}"),
            format!("ftp://ann:p4ssw0rd@{address}"),
            "ann:p4ssw0rd".to_owned(),
        ] {
            for arguments in
                [&["models", "pull", MODEL][..], &["doctor"], &["models", "list"], &["trace", "x", "--model", MODEL]]
            {
                if arguments == ["doctor"] && address != nobody {
                    continue;
                }
                let output = run(home.path(), &endpoint, arguments);
                let said = said(&output);
                assert!(
                    !said.contains("p4ss") && !said.contains("w0rd") && !said.contains("hush"),
                    "{endpoint}: {said}"
                );
                assert!(!said.contains("panicked"), "{endpoint}: {said}");
            }
        }
    }
    // The name and the password are still sent, to the hub.
    let server = Server::honest();
    let endpoint = format!("http://ann:p4ssw0rd@{}", server.address);
    let output = run(home.path(), &endpoint, &["models", "pull", MODEL]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(server.seen().iter().all(|asked| asked.header("authorization") == "Basic YW5uOnA0c3N3MHJk"));
    let hub = Hub { endpoint, ..server.hub(home.path()) };
    assert!(!format!("{hub:?}").contains("p4ss") && !format!("{hub:?}").contains("secret-token"));
}

#[test]
fn a_token_that_is_none_is_said_and_not_sent() {
    let server = Server::honest();
    let home = tempfile::tempdir().expect("a folder");
    let hub = Hub { token: Some("secret\r\nX-Evil: 1".to_owned()), ..server.hub(home.path()) };
    let said = refused(&hub);
    assert!(said.contains("HF_TOKEN") && !said.contains("secret"), "{said}");
    assert!(server.seen().is_empty());
    // A pipe in place of the file with the token is not waited for.
    nix::unistd::mkfifo(&home.path().join("token"), nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
    assert!(run(home.path(), &server.url(), &["models", "pull", MODEL]).status.success());
}

/// One byte after the other, with a pause: never silent for as long as the patience.
fn dripping(mut stream: &TcpStream, text: &str, pause: Duration) -> bool {
    for byte in text.bytes().cycle().take(10_000) {
        if stream.write_all(&[byte]).and_then(|()| stream.flush()).is_err() {
            break;
        }
        std::thread::sleep(pause);
    }
    true
}

#[test]
fn a_server_that_drips_is_given_up() {
    let pause = Duration::from_millis(20);
    let server = Server::start(move |_, stream| dripping(stream, "HTTP/1.1 200 OK\r\nX-Drip: on and on\r\n", pause));
    let body = Server::start(move |asked, mut stream| {
        if !asked.is_for("model.safetensors") || asked.from().is_none() {
            return false;
        }
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
        dripping(stream, "x", pause)
    });
    let list = Server::start(move |asked, mut stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
        asked.path.starts_with("/api/") && dripping(stream, " ", pause)
    });
    for server in [server, body, list] {
        let home = tempfile::tempdir().expect("a folder");
        let hub = Hub { patience: Duration::from_millis(400), ..server.hub(home.path()) };
        let began = Instant::now();
        let failed = fetched(&hub);
        assert!(matches!(failed, Err(HubError::Silent { .. })), "{failed:?}");
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    }
}

#[test]
fn what_was_begun_long_ago_is_removed_and_what_is_resumed_is_not() {
    let server = Server::honest();
    let home = tempfile::tempdir().expect("a folder");
    let blobs = home.path().join("hub/models--people--tiny/blobs");
    fs::create_dir_all(&blobs).expect("made");
    let old = std::time::SystemTime::now() - Duration::from_hours(24 * 8);
    for (name, age) in [("a".repeat(64), old), ("b".repeat(64), std::time::SystemTime::now()), ("mine".to_owned(), old)]
    {
        let file = fs::File::create(blobs.join(format!("{name}.part"))).expect("made");
        file.set_modified(age).expect("aged");
    }
    fetched(&server.hub(home.path())).expect("fetched");
    let left = |name: &str| blobs.join(format!("{name}.part")).exists();
    assert_eq!([left(&"a".repeat(64)), left(&"b".repeat(64)), left("mine")], [false, true, true]);
    // Files in the cache are as private as others.
    let mode = fs::metadata(blobs.join(sum(&server.files["model.safetensors"]))).expect("there").permissions().mode();
    assert_eq!(mode & 0o111, 0);
}
