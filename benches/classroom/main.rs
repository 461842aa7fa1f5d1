//! A class under load: learners who speak SSH and walk through lessons, against one server on this machine.
//!
//! `cargo bench --bench classroom` prints a table and the same as JSON. Clients and server share the machine's processors, so
//! the figures are those of a machine that does both. Figures are reported, never a reason to fail.

mod server;

#[path = "../../tests/it/client.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod client;

#[path = "../../tests/it/served.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod served;

use std::future::Future;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use client::{Learner, Trusting};
use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};
use russh::client::{Config, connect};
use russh::keys::{PrivateKeyWithHashAlg, load_secret_key};
use server::{Class, Plain, held, memory, processor};
use tokio::runtime::Runtime;
use tokio::time::sleep;

/// Learners of a large class.
const MANY: usize = 100;

/// Learners who race at once.
const RACING: usize = 10;

/// Lessons that they walk through: those without a run that takes long.
const LESSONS: usize = 7;

/// How long they walk.
const WALK: Duration = Duration::from_secs(30);

/// How long silence is measured.
const SILENCE: Duration = Duration::from_secs(10);

/// Learners in the comparison with one process each.
const FEW: usize = 10;

/// A figure and what is asked of it.
struct Row {
    what: String,
    measured: f64,
    unit: &'static str,
    most: Option<f64>,
}

fn main() {
    let runtime = Runtime::new().expect("a runtime");
    let mut rows = Vec::new();
    runtime.block_on(large_class(&mut rows));
    runtime.block_on(come_and_go(&mut rows));
    runtime.block_on(crowd(&mut rows));
    runtime.block_on(killed(&mut rows));
    runtime.block_on(compared(&mut rows));
    print(&rows);
}

/// Runs the same for many learners at once.
async fn each<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    all: Vec<Learner>,
    body: impl Fn(usize, Learner) -> F,
) -> Vec<T> {
    let tasks: Vec<_> = all.into_iter().enumerate().map(|(at, learner)| tokio::spawn(body(at, learner))).collect();
    let mut found = Vec::new();
    for task in tasks {
        found.extend(task.await.ok());
    }
    found
}

/// So many learners, all of whom see the course.
async fn join(port: u16, count: usize) -> Vec<Learner> {
    let come = (0..count).map(|at| {
        tokio::spawn(async move {
            let mut learner = Learner::enter(port, &format!("learner{at}"), (80, 24)).await?;
            learner.see("[home ready]").await.then_some(learner)
        })
    });
    let come: Vec<_> = come.collect();
    let mut all = Vec::new();
    for one in come {
        all.extend(one.await.ok().flatten());
    }
    all
}

/// Opens a lesson: the cursor goes down to it.
async fn open(at: usize, mut learner: Learner) -> Learner {
    let lesson = at % LESSONS;
    learner.send("j".repeat(lesson).as_bytes()).await;
    learner.send(b"\r").await;
    learner.see(&format!("[{:02}.1 ready]", lesson + 1)).await;
    learner
}

/// Back to the map, from wherever the walk has ended.
async fn home(learner: &mut Learner) {
    for _ in 0..5 {
        if learner.screen().contains("[home ready]") {
            return;
        }
        learner.answered(b"\x1b").await;
    }
}

/// Walks through a lesson, a key every one to three seconds; how long each key took.
async fn walk(at: usize, mut learner: Learner) -> (Learner, Vec<Duration>) {
    let mut random = SmallRng::seed_from_u64(at as u64);
    let end = Instant::now() + WALK;
    let mut took = Vec::new();
    while Instant::now() < end {
        let pause = Duration::from_millis(random.random_range(1_000..3_000));
        let keys: &[u8] = if random.random_bool(0.7) { b"n" } else { b"p" };
        let until = Instant::now() + pause;
        while Instant::now() < until {
            learner.take(until.saturating_duration_since(Instant::now())).await;
        }
        took.extend(learner.answered(keys).await);
    }
    (learner, took)
}

/// The time that so much of all keys stayed below, in milliseconds.
fn quantile(took: &mut [Duration], part: f64) -> f64 {
    took.sort();
    let at = ((took.len() as f64 * part) as usize).min(took.len().saturating_sub(1));
    took.get(at).map_or(f64::NAN, |time| time.as_secs_f64() * 1_000.0)
}

/// Comes in with a key, under the account that runs this, and says a name as the command.
async fn with_key(port: u16, key: &Path, name: &str) -> Option<Learner> {
    let config = Arc::new(Config { nodelay: true, ..Config::default() });
    let mut connection = connect(config, ("127.0.0.1", port), Trusting).await.ok()?;
    let user = Command::new("id").arg("-un").output().ok()?.stdout;
    let key = PrivateKeyWithHashAlg::new(Arc::new(load_secret_key(key, None).ok()?), None);
    let entered = connection.authenticate_publickey(String::from_utf8(user).ok()?.trim(), key).await.ok()?;
    let channel = connection.channel_open_session().await.ok().filter(|_| entered.success())?;
    channel.request_pty(false, "xterm-256color", 80, 24, 0, 0, &[]).await.ok()?;
    channel.exec(false, name).await.ok()?;
    Some(Learner::on(Some(connection), channel, (80, 24)))
}

async fn large_class(rows: &mut Vec<Row>) {
    let class = Class::open(2 * MANY);
    // The model is there before the class comes.
    let first = join(class.port(), 1).await;
    drop(first);
    let empty = memory(class.pid());
    let began = Instant::now();
    let all = join(class.port(), MANY).await;
    let many = format!("{} learners", all.len());
    rows.push(Row::of(&format!("{many} join"), began.elapsed().as_secs_f64(), "s", 10.0));
    let all = each(all, open).await;
    rows.push(Row::of(&format!("memory, {many} in lessons"), memory(class.pid()), "MB", 1024.0));
    let each_one = (memory(class.pid()) - empty) / all.len() as f64;
    rows.push(Row::of("memory of a learner over the model", each_one, "MB", 8.0));

    sleep(Duration::from_secs(2)).await;
    let silent = each(all, async |_, mut learner: Learner| {
        while learner.take(Duration::from_millis(500)).await {}
        learner.came = 0;
        learner
    });
    let silent = silent.await;
    let before = processor(class.pid());
    let silent = each(silent, async |_, mut learner: Learner| {
        let end = Instant::now() + SILENCE;
        while Instant::now() < end {
            learner.take(end.saturating_duration_since(Instant::now())).await;
        }
        learner
    });
    let all = silent.await;
    let used = (processor(class.pid()) - before) / SILENCE.as_secs_f64();
    let bytes: usize = all.iter().map(|learner| learner.came).sum();
    rows.push(Row::of(&format!("{many} idle"), bytes as f64, "bytes", 0.0));
    rows.push(Row::of(&format!("{many} idle, processor"), used * 1_000.0, "millicores", 5.0));

    let walked = each(all, walk).await;
    let (all, took): (Vec<_>, Vec<_>) = walked.into_iter().unzip();
    let mut took: Vec<Duration> = took.into_iter().flatten().collect();
    rows.push(Row::alone(&format!("key to frame, median, {many} walk"), quantile(&mut took, 0.5), "ms"));
    rows.push(Row::of(&format!("key to frame, 95 %, {many} walk"), quantile(&mut took, 0.95), "ms", 100.0));

    // The first ones go to the lesson with the race and start it.
    let racing = each(all, async |at, mut learner: Learner| {
        if at < RACING {
            home(&mut learner).await;
            learner.send("k".repeat(12).as_bytes()).await;
            learner.send("j".repeat(7).as_bytes()).await;
            learner.send(b"\r").await;
            learner.see("[08.1 ready]").await;
            learner.send(b"nn").await;
            learner.see("[08.3 ready]").await;
            learner.send(b"1\r").await;
            learner.see("[race ").await;
        }
        learner
    });
    let all = racing.await;
    let walked = each(
        all,
        async |at, learner: Learner| if at < RACING { (learner, Vec::new()) } else { walk(at, learner).await },
    );
    let (all, took): (Vec<_>, Vec<_>) = walked.await.into_iter().unzip();
    let mut took: Vec<Duration> = took.into_iter().flatten().collect();
    let what = format!("{} walk, {RACING} race", all.len() - RACING.min(all.len()));
    rows.push(Row::alone(&format!("key to frame, median, {what}"), quantile(&mut took, 0.5), "ms"));
    rows.push(Row::of(&format!("key to frame, 95 %, {what}"), quantile(&mut took, 0.95), "ms", 100.0));
    rows.push(Row::of("memory after that", memory(class.pid()), "MB", 1024.0));
}

async fn come_and_go(rows: &mut Vec<Row>) {
    const TIMES: usize = 1_000;
    let class = Class::open(MANY);
    drop(join(class.port(), 5).await);
    sleep(Duration::from_secs(3)).await;
    let (before, memory_before) = (held(class.pid()), memory(class.pid()));
    for _ in 0..TIMES / 20 {
        drop(join(class.port(), 20).await);
    }
    let end = Instant::now() + Duration::from_secs(30);
    while Instant::now() < end && held(class.pid()) != before {
        sleep(Duration::from_millis(100)).await;
    }
    let after = held(class.pid());
    let left = |after: usize, before: usize| after as f64 - before as f64;
    rows.push(Row::of(&format!("{TIMES} come and go: descriptors left"), left(after.0, before.0), "", 0.0));
    rows.push(Row::of(&format!("{TIMES} come and go: threads left"), left(after.1, before.1), "", 0.0));
    rows.push(Row::alone(&format!("{TIMES} come and go: memory left"), memory(class.pid()) - memory_before, "MB"));
}

async fn crowd(rows: &mut Vec<Row>) {
    let class = Class::open(MANY);
    drop(join(class.port(), 1).await);
    sleep(Duration::from_secs(1)).await;
    let come: Vec<_> = (0..2 * MANY)
        .map(|at| {
            let port = class.port();
            tokio::spawn(async move {
                let mut learner = Learner::enter(port, &format!("learner{at}"), (80, 24)).await?;
                let inside = learner.see("[home ready]").await;
                if !inside {
                    learner.ended().await;
                }
                Some((inside, learner))
            })
        })
        .collect();
    let mut found = Vec::new();
    for one in come {
        found.extend(one.await.ok().flatten());
    }
    let inside = found.iter().filter(|(inside, _)| *inside).count();
    let told = found.iter().filter(|(_, learner)| learner.errors.contains("The class is full")).count();
    rows.push(Row::of(
        &format!("{} at once against a limit of {MANY}: not served", 2 * MANY),
        (MANY - inside) as f64,
        "",
        0.0,
    ));
    rows.push(Row::of("of the others: not told", (MANY - told) as f64, "", 0.0));
}

/// Everybody walks and answers, and the server is killed: what was answered a second before must be there.
async fn killed(rows: &mut Vec<Row>) {
    const LOAD: Duration = Duration::from_secs(15);
    const OLD: Duration = Duration::from_secs(1);
    let class = Class::open(MANY);
    let all = join(class.port(), MANY).await;
    let began = Instant::now();
    let end = began + LOAD;
    let answered = each(all, move |at, mut learner| async move {
        learner.send(b"\rn").await;
        learner.see("[01.2 ready]").await;
        // Each at another time: away and back until then.
        let mut random = SmallRng::seed_from_u64(at as u64);
        let moment = began + LOAD.mul_f64(random.random_range(0.2..1.0));
        while Instant::now() < moment {
            learner.answered(b"n").await;
            learner.take(Duration::from_millis(random.random_range(100..500))).await;
            learner.answered(b"p").await;
        }
        learner.answered(b"1").await;
        let when = Instant::now();
        // Its connection is kept until the end.
        while Instant::now() < end {
            learner.take(end.saturating_duration_since(Instant::now())).await;
        }
        (format!("learner{at}"), when, learner)
    });
    let answered = answered.await;
    let now = Instant::now();
    let kept = class.kill();
    let has = |name: &str| {
        kept["answers"].as_array().is_some_and(|answers| answers.iter().any(|answer| answer["learner"] == name))
    };
    let old: Vec<_> = answered.iter().filter(|(_, when, _)| now.duration_since(*when) > OLD).collect();
    let lost = old.iter().filter(|(name, ..)| !has(name)).count();
    rows.push(Row::of(
        &format!("killed under load: of {} answers older than 1 s, lost", old.len()),
        lost as f64,
        "",
        0.0,
    ));
}

/// Ten learners in one process, and ten with OpenSSH's server and a process each, in the same run.
async fn compared(rows: &mut Vec<Row>) {
    let class = Class::open(MANY);
    let all = each(join(class.port(), FEW).await, open).await;
    let ours = memory(class.pid());
    let walked = each(all, walk).await;
    let mut took: Vec<Duration> = walked.into_iter().flat_map(|(_, took)| took).collect();
    rows.push(Row::alone(&format!("memory, {FEW} learners, one process"), ours, "MB"));
    rows.push(Row::alone(&format!("key to frame, 95 %, {FEW} learners, one process"), quantile(&mut took, 0.95), "ms"));
    drop(class);
    let Some(plain) = Plain::open() else {
        eprintln!("there is no OpenSSH server: one process a learner was not measured");
        return;
    };
    let mut all = Vec::new();
    for at in 0..FEW {
        all.extend(with_key(plain.port, &plain.key, &format!("learner{at}")).await);
    }
    let all = each(all, async |_, mut learner: Learner| {
        learner.see("[home ready]").await;
        learner
    });
    let all = each(all.await, open).await;
    let count = all.len();
    let theirs = plain.memory();
    let walked = each(all, walk).await;
    let mut took: Vec<Duration> = walked.into_iter().flat_map(|(_, took)| took).collect();
    rows.push(Row::alone(&format!("memory, {count} learners, sshd and a process each"), theirs, "MB"));
    let what = format!("key to frame, 95 %, {count} learners, sshd and a process each");
    rows.push(Row::alone(&what, quantile(&mut took, 0.95), "ms"));
}

impl Row {
    fn of(what: &str, measured: f64, unit: &'static str, most: f64) -> Self {
        eprintln!("{what}: {measured:.1} {unit}");
        Self { what: what.to_owned(), measured, unit, most: Some(most) }
    }

    fn alone(what: &str, measured: f64, unit: &'static str) -> Self {
        eprintln!("{what}: {measured:.1} {unit}");
        Self { what: what.to_owned(), measured, unit, most: None }
    }
}

fn print(rows: &[Row]) {
    let width = rows.iter().map(|row| row.what.chars().count()).max().unwrap_or(0);
    println!("{:width$}  {:>10}  {:10}  at most", "", "measured", "");
    for Row { what, measured, unit, most } in rows {
        let most = most
            .map_or_else(|| "-".to_owned(), |most| format!("{most}{}", if *measured > most { "  OVER" } else { "" }));
        println!("{what:width$}  {measured:>10.1}  {unit:10}  {most}");
    }
    let rows: Vec<_> = rows
        .iter()
        .map(|row| serde_json::json!({"what": row.what, "measured": row.measured, "unit": row.unit, "at_most": row.most}))
        .collect();
    println!("{}", serde_json::json!({ "classroom": rows }));
}
