//! The classroom: `clsroom serve`, the course for many learners over SSH from one process with one model.
//!
//! `door` decides who comes in, `connection` says it in the protocol's words, `channel` hears what a client wants, `learner` runs
//! the loop of the local terminal for each of them, `hall` knows who is in. Nothing of a client becomes a command or a path.

mod channel;
mod connection;
mod door;
mod hall;
mod hosts;
mod keeper;
mod keys;
mod learner;
mod ledger;
mod left;
mod line;
mod manage;
mod names;
mod report;
mod results;
mod screen;
mod shelf;
mod store;

use std::io::Write as _;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use russh::server::Config;
use russh::{MethodKind, MethodSet};
use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};

use crate::cli::{Common, Serve};
use crate::config::{self, Settings};
use crate::front::start::Shared;
use crate::lesson::parse::visible;
use crate::lesson::progress::sanitise_learner;
use crate::wording::place;
use connection::Connection;
use door::{Door, Way};
use hall::Hall;
use ledger::{Entry, Ledger};
use line::{HELLO, Life, Line};
pub use manage::class;
use names::Names;
pub use store::Where;

/// A wrong word costs so long.
const WRONG: Duration = Duration::from_secs(1);

/// Wrong words on one connection.
const TRIES: usize = 5;

/// Connections that are not sessions, or not yet.
const MORE: usize = 32;

/// How long sessions have to save and to give their terminals back when the class ends.
const ENDING: Duration = Duration::from_secs(8);

/// How long to wait when the system has no descriptors left.
const BREATH: Duration = Duration::from_millis(200);

/// How often a silent connection is asked whether its machine still runs: by the system, not by bytes of ours.
const ALIVE: Duration = Duration::from_secs(30);

/// Opens a class and serves it until a signal ends it.
///
/// # Errors
/// When course, keys, model or address cannot be used.
pub fn serve(settings: &Settings, common: &Common, asked: &Serve) -> Result<(), String> {
    if asked.open == 1 && !asked.listen.ip().is_loopback() {
        return Err(format!(
            "--open lets everybody in who can reach {}. If that is meant, say it twice: --open --open",
            asked.listen.ip()
        ));
    }
    if let Some(flag) = unheard(common) {
        return Err(format!("{flag} means nothing for a class: each learner's own terminal and name decide"));
    }
    if sanitise_learner(&asked.class) != asked.class {
        return Err(format!("a class cannot be named {}: use letters, digits, - and _", visible(&asked.class)));
    }
    let shared = Arc::new(Shared::read(settings, &asked.with)?);
    let folder = config::class_folder(&asked.class)
        .ok_or("there is no home folder, so a class has no place for its keys and its learners' progress")?;
    private_folder(&folder)?;
    let host = keys::private(&folder.join("host_key"))?;
    let teacher_file = folder.join("teacher_key");
    let teachers = match &asked.teacher {
        Some(file) => keys::teachers(file)?,
        None => vec![keys::private(&teacher_file)?.public_key().clone()],
    };
    let store = asked.store.clone().map_or_else(|| manage::usual(&asked.class), Ok)?;
    let way = match (&asked.keys, asked.open, &asked.code) {
        (Some(file), ..) => Way::Keys(keys::learners(file)?),
        (_, 1.., _) => Way::Open,
        (.., word) => Way::Word(Mutex::new(word.clone().unwrap_or_default())),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| format!("cannot start the server: {error}"))?;
    runtime.block_on(async {
        let listener = TcpListener::bind(asked.listen)
            .await
            .map_err(|error| format!("cannot listen at {}: {error}. Choose another with --listen", asked.listen))?;
        let at = listener.local_addr().map_err(|error| error.to_string())?;
        let (ledger, log, mut keeper) = Ledger::open(&store, kept_as(&asked.class, &way), &folder).await?;
        let worker = shared.worker(|download, tell| tell(download.in_words()))?;
        let door = Door { class: asked.class.clone(), way, teachers, names: Names::default() };
        let listed = ledger.store.is_server().is_some();
        let hall = Hall::new((door, folder), (ledger, log), (shared, worker), common.clone(), (at.port(), asked.most));
        let word = the_word(&hall, asked.code.as_deref(), listed)?;
        let key = asked.teacher.is_none().then_some(&*teacher_file);
        let said = opening(&hall.door, word.as_deref(), at, &keys::fingerprint(&host), (key, &store));
        keeper.begin(&hall);
        tokio::spawn(keeper.keep(Arc::downgrade(&hall)));
        let mut out = std::io::stdout().lock();
        out.write_all(said.as_bytes()).and_then(|()| out.flush()).map_err(|error| error.to_string())?;
        drop(out);
        let config = Arc::new(protocol(host));
        let connections = Arc::new(Semaphore::new(2 * asked.most + MORE));
        tokio::select! {
            why = accept(&listener, &config, &hall, &connections) => return Err(why),
            ended = end() => ended?,
        }
        drop(listener);
        hall.close();
        let all_gone = async {
            while hall.there() > 0 {
                sleep(BREATH).await;
            }
        };
        let left = timeout(ENDING, all_gone).await.is_err();
        let unkept = hall.ledger.end().await;
        hall::log(if left { "the class has ended; some sessions did not" } else { "the class has ended" });
        unkept.map_or(Ok(()), Err)
    })?;
    // A session that hangs shall not keep the process.
    runtime.shutdown_timeout(BREATH);
    Ok(())
}

/// A flag that is for one learner, if one was given.
fn unheard(common: &Common) -> Option<&'static str> {
    let given = [
        (common.learner.is_some(), "--learner"),
        (common.plain.is_some(), "--plain"),
        (common.ascii, "--ascii"),
        (common.unicode, "--unicode"),
        (common.color.is_some(), "--color"),
        (common.demo, "--demo"),
        (common.teacher.notes, "--notes (the teacher's notes are printed by clsroom notes)"),
    ];
    given.into_iter().find_map(|(given, flag)| given.then_some(flag))
}

/// The name under which a class is kept: each way in has its own learners, so that a name which nobody guards in one is not
/// opened by another.
fn kept_as(class: &str, way: &Way) -> String {
    let [word, keys, open] = manage::WAYS;
    let ending = match way {
        Way::Word(_) => word,
        Way::Keys(_) => keys,
        Way::Open => open,
    };
    format!("{class}{ending}")
}

/// The word of a class that has one: the one given, else the one that its log has, else a new one. Hosts that share a class
/// (`listed`) share its word.
fn the_word(hall: &Hall, given: Option<&str>, listed: bool) -> Result<Option<String>, String> {
    let Some(known) = hall.door.word() else { return Ok(None) };
    let word = match given {
        Some(given) => given.to_owned(),
        None if known.is_empty() => new_word()?,
        None => known.clone(),
    };
    hall.door.set_word(word.clone());
    if listed && word != known {
        hall.ledger.line(Entry::Code(word.clone()));
    }
    Ok(Some(word))
}

/// What is said when the class opens.
fn opening(
    door: &Door,
    word: Option<&str>,
    at: SocketAddr,
    fingerprint: &str,
    (teacher, store): (Option<&Path>, &Where),
) -> String {
    let (Door { class, way, .. }, port, host) = (door, at.port(), reachable(at.ip()));
    let user = if matches!(way, Way::Keys(_)) { "" } else { "NAME@" };
    let mut lines = vec![
        format!("The class {} is open at {at}.", visible(class)),
        String::new(),
        format!("  learners type        ssh -p {port} {user}{host}"),
    ];
    match way {
        Way::Word(_) => lines.push(format!("  word of the class    {}", word.unwrap_or_default())),
        Way::Keys(keys) => lines.push(format!("  let in               who has one of {} keys", keys.len())),
        Way::Open => lines.push("  let in               everybody".to_owned()),
    }
    let key = teacher.map_or_else(String::new, |key| format!("-i {} ", from_home(key)));
    lines.push(format!("  you, the teacher     ssh -p {port} {key}teacher@{host}"));
    lines.push(format!("  this host's key      {fingerprint}"));
    let kept = if let Where::File(path) = store { from_home(path) } else { store.to_string() };
    lines.push(format!("  kept in              {kept}"));
    if at.ip().is_loopback() {
        lines.push("Nobody on another machine can reach it: --listen 0.0.0.0:2222 lets them.".to_owned());
    }
    lines.push("Ctrl-C ends the class; what everybody did is kept.".to_owned());
    lines.join("\n") + "\n"
}

/// A path as a shell takes it, from the home folder on where it is there.
fn from_home(path: &Path) -> String {
    let short = config::home().and_then(|home| Some(path.strip_prefix(home).ok()?.to_str()?.to_owned()));
    let plain = |path: &String| path.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
    short.filter(plain).map_or_else(|| place(path), |path| format!("~/{path}"))
}

/// How learners call this machine.
fn reachable(ip: IpAddr) -> String {
    match ip {
        ip if ip.is_loopback() => "localhost".to_owned(),
        ip if ip.is_unspecified() => outward().map_or("ADDRESS-OF-THIS-MACHINE".to_owned(), |ip| ip.to_string()),
        ip => ip.to_string(),
    }
}

/// The address that this machine would use to reach others. Nothing is sent: the address is one for documentation.
fn outward() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    socket.local_addr().ok().map(|address| address.ip())
}

/// A word that can be said and typed: two of three syllables each, 38 bits.
fn new_word() -> Result<String, String> {
    const CONSONANTS: &[u8] = b"bdfgklmnprstvwz";
    const VOWELS: &[u8] = b"aeiou";
    let mut random = [0u8; 12];
    getrandom::fill(&mut random).map_err(|error| format!("the system has no random numbers: {error}"))?;
    let mut word = String::new();
    for (place, byte) in random.into_iter().enumerate() {
        let letters = if place % 2 == 0 { CONSONANTS } else { VOWELS };
        if place == 6 {
            word.push('-');
        }
        word.push(char::from(letters[usize::from(byte) % letters.len()]));
    }
    Ok(word)
}

/// Makes a folder that its owner alone can read.
fn private_folder(folder: &Path) -> Result<(), String> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|error| format!("cannot make the folder {}: {error}", place(folder)))
}

/// How the protocol is spoken.
fn protocol(host: russh::keys::PrivateKey) -> Config {
    Config {
        methods: MethodSet::from(
            &[MethodKind::None, MethodKind::PublicKey, MethodKind::KeyboardInteractive, MethodKind::Password][..],
        ),
        auth_rejection_time: WRONG,
        auth_rejection_time_initial: Some(Duration::ZERO),
        keys: vec![host],
        // What waits to be read: a paste that comes faster waits at the client.
        window_size: 1 << 18,
        channel_buffer_size: 8,
        // A client's first try shows nothing, and counts.
        max_auth_attempts: TRIES + 1,
        // `line` ends what has to end.
        inactivity_timeout: None,
        nodelay: true,
        ..Config::default()
    }
}

/// Lets connections in until that is impossible.
async fn accept(
    listener: &TcpListener,
    config: &Arc<Config>,
    hall: &Arc<Hall>,
    connections: &Arc<Semaphore>,
) -> String {
    loop {
        // More than this wait in the system's queue.
        let Ok(held) = Arc::clone(connections).acquire_owned().await else { return "the server is closed".to_owned() };
        match listener.accept().await {
            Ok((socket, _)) => drop(tokio::spawn(connect(socket, Arc::clone(config), Arc::clone(hall), held))),
            // A client that is gone already, or no descriptors: neither is a reason to end a class.
            Err(_) => sleep(BREATH).await,
        }
    }
}

/// One connection, from its first byte to its last.
async fn connect(socket: TcpStream, config: Arc<Config>, hall: Arc<Hall>, held: OwnedSemaphorePermit) {
    let _ = socket.set_nodelay(true);
    let _ = SockRef::from(&socket).set_tcp_keepalive(&TcpKeepalive::new().with_time(ALIVE).with_interval(ALIVE));
    let life = Life::new();
    let line = Line::new(socket, &life);
    let connection = Connection::new(hall, life);
    // How a connection ends is its own affair.
    if let Ok(Ok(running)) = timeout(HELLO, russh::server::run_stream(config, line, connection)).await {
        let _ = running.await;
    }
    drop(held);
}

/// Waits for the signal that ends the class.
async fn end() -> Result<(), String> {
    let cannot = |error: std::io::Error| format!("cannot wait for signals: {error}");
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate()).map_err(cannot)?;
        let mut hang_up = signal(SignalKind::hangup()).map_err(cannot)?;
        tokio::select! {
            ended = tokio::signal::ctrl_c() => ended.map_err(cannot),
            _ = terminate.recv() => Ok(()),
            _ = hang_up.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await.map_err(cannot)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_can_be_said_and_are_not_twice_the_same() {
        let words: Vec<String> = (0..50).map(|_| new_word().expect("a word")).collect();
        assert!(words.iter().all(|word| word.len() == 13 && word.chars().all(|c| c.is_ascii_lowercase() || c == '-')));
        let mut kinds = words.clone();
        kinds.sort();
        kinds.dedup();
        assert_eq!(kinds.len(), words.len());
    }

    #[test]
    fn what_is_said_first_has_what_learners_and_teachers_type() {
        let at: SocketAddr = "127.0.0.1:2222".parse().expect("an address");
        let door = |way| Door { class: "bert".to_owned(), way, teachers: Vec::new(), names: Names::default() };
        let word = door(Way::Word(Mutex::default()));
        let kept = Where::File("/home/t/class.sqlite".into());
        let said = opening(&word, Some("rivoka"), at, "SHA256:x", (Some(Path::new("/home/t/key")), &kept));
        for part in ["ssh -p 2222 NAME@localhost", "rivoka", "-i /home/t/key teacher@localhost", "--listen", "Ctrl-C"] {
            assert!(said.contains(part), "{part} in\n{said}");
        }
        let keyed = opening(&door(Way::Keys(Vec::new())), None, at, "SHA256:x", (None, &kept));
        assert!(keyed.contains("ssh -p 2222 localhost") && !keyed.contains("word"));
        assert!(keyed.contains("ssh -p 2222 teacher@localhost"), "a teacher's own key is where it is");
    }
}
