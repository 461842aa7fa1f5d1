//! Where a class is kept: a file of SQLite's, or PostgreSQL where several hosts serve one class. The same statements for both.
//!
//! A class is a log (`log`), whose lines are applied in their order, and each learner's progress (`learners`). Whoever writes
//! takes the class's row first, so that lines have an order on which all hosts agree.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use sqlx::any::{AnyConnectOptions, AnyPoolOptions, install_default_drivers};
use sqlx::{Any, AnyPool, Connection as _, Executor as _, Row as _, Transaction, raw_sql};

use crate::files;
use crate::lesson::parse::visible;
use crate::wording::place;

/// Statements that make the tables, oldest first: a store of an earlier version gets what it lacks.
const MIGRATIONS: [&str; 1] = [include_str!("store/1.sql")];

/// How long a statement may wait for a connection.
const PATIENCE: Duration = Duration::from_secs(3);

/// Connections to a server.
const CONNECTIONS: u32 = 4;

/// A place for a class.
#[derive(Clone, PartialEq, Eq)]
pub enum Where {
    /// A file of SQLite's.
    File(PathBuf),
    /// A PostgreSQL server, with a password perhaps.
    Server(String),
}

impl fmt::Debug for Where {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_string())
    }
}

/// Without what a server's address holds of passwords.
impl fmt::Display for Where {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", place(path)),
            Self::Server(url) => {
                let address = url.split("://").nth(1).unwrap_or_default().split(['?', '#']).next().unwrap_or_default();
                let (authority, path) = address.split_once('/').unwrap_or((address, ""));
                // What has no user may be a user whose host was forgotten: nothing of it is shown.
                match authority.rsplit_once('@') {
                    Some((_, host)) => write!(f, "PostgreSQL at {}", visible(&format!("{host}/{path}"))),
                    None => f.write_str("a PostgreSQL server"),
                }
            }
        }
    }
}

/// A line of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Which host wrote it.
    pub host: u32,
    /// Its number among that host's lines.
    pub serial: u64,
    /// When, in seconds since 1970.
    pub at: u64,
    /// The learner whose it is.
    pub learner: Option<String>,
    /// The question or lesson that it is about.
    pub about: Option<String>,
    /// What it says, as JSON.
    pub entry: String,
}

/// What is kept of a learner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Their name.
    pub name: String,
    /// When it was written last, in seconds since 1970.
    pub at: u64,
    /// Their progress, as in a file of it.
    pub progress: String,
}

/// An open store.
#[derive(Debug)]
pub struct Store {
    pool: AnyPool,
    at: Where,
    /// Nobody else serves this file.
    _alone: Option<std::fs::File>,
}

/// What reaches the store in one transaction.
pub struct Writing<'a> {
    transaction: Transaction<'a, Any>,
    class: &'a str,
    last: i64,
}

impl Store {
    /// Opens a store, and makes its tables if need be.
    ///
    /// # Errors
    /// When it cannot be reached, or is of a newer version; a sentence that names it without its password.
    pub async fn open(at: &Where) -> Result<Self, String> {
        install_default_drivers();
        let cannot = |error: &dyn fmt::Display| format!("cannot use {at}: {error}. Choose another with --store");
        let options = match at {
            Where::File(path) => file_options(path).map_err(|error| cannot(&error))?,
            Where::Server(url) => url.parse().map_err(|error: sqlx::Error| cannot(&error))?,
        };
        // A pool would only say that it waited too long.
        let first = tokio::time::timeout(PATIENCE, sqlx::AnyConnection::connect_with(&options));
        match first.await {
            Err(_) => return Err(cannot(&"it does not answer")),
            Ok(Err(error)) => return Err(cannot(&said(&error))),
            Ok(Ok(mut connection)) => {
                // A file that is no database is found out by the first statement.
                if matches!(at, Where::File(_)) {
                    connection.execute("PRAGMA journal_mode = WAL").await.map_err(|error| cannot(&said(&error)))?;
                }
                drop(connection.close().await);
            }
        }
        let most = if matches!(at, Where::File(_)) { 1 } else { CONNECTIONS };
        let is_file = matches!(at, Where::File(_));
        let pool = AnyPoolOptions::new()
            .max_connections(most)
            .acquire_timeout(PATIENCE)
            .after_connect(move |connection, _| {
                Box::pin(async move {
                    if is_file {
                        // Readers do not wait for the writer; what is forgotten is overwritten.
                        connection.execute("PRAGMA journal_mode = WAL").await?;
                        connection.execute("PRAGMA secure_delete = ON").await?;
                    }
                    Ok(())
                })
            })
            .connect_lazy_with(options);
        let store = Self { pool, at: at.clone(), _alone: None };
        store.migrate().await.map_err(|error| cannot(&said(&error)))?;
        Ok(store)
    }

    /// The same, to serve a class from it: of a file only one process can.
    ///
    /// # Errors
    /// As [`Self::open`], and when another process serves it.
    pub async fn open_to_serve(at: &Where) -> Result<Self, String> {
        let alone = match at {
            Where::File(path) => Some(alone(path)?),
            Where::Server(_) => None,
        };
        Ok(Self { _alone: alone, ..Self::open(at).await? })
    }

    /// Whether several hosts can serve from it.
    pub fn is_server(&self) -> Option<&str> {
        if let Where::Server(url) = &self.at { Some(url) } else { None }
    }

    /// Where it is.
    pub fn at(&self) -> &Where {
        &self.at
    }

    async fn migrate(&self) -> sqlx::Result<()> {
        let mut transaction = self.pool.begin().await?;
        let both = "CREATE TABLE IF NOT EXISTS migrations (number BIGINT NOT NULL PRIMARY KEY)";
        if self.is_server().is_some() {
            // Two hosts may begin at once; any number will do that nobody else uses.
            transaction.execute("SELECT pg_advisory_xact_lock(7245198301)").await?;
        }
        transaction.execute(both).await?;
        let done: i64 =
            sqlx::query_scalar("SELECT COALESCE(MAX(number), 0) FROM migrations").fetch_one(&mut *transaction).await?;
        let done = usize::try_from(done).unwrap_or_default();
        if done > MIGRATIONS.len() {
            return Err(sqlx::Error::Protocol("it was written by a newer version of clsroom".to_owned()));
        }
        for (number, statements) in MIGRATIONS.iter().enumerate().skip(done) {
            raw_sql(*statements).execute(&mut *transaction).await?;
            sqlx::query("INSERT INTO migrations (number) VALUES ($1)")
                .bind(number as i64 + 1)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await
    }

    /// The time as the store tells it, in seconds since 1970: all hosts of a server have the same.
    ///
    /// # Errors
    /// When it cannot be asked.
    pub async fn now(&self) -> sqlx::Result<u64> {
        if self.is_server().is_none() {
            return Ok(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()));
        }
        let now: i64 =
            sqlx::query_scalar("SELECT CAST(EXTRACT(EPOCH FROM now()) AS BIGINT)").fetch_one(&self.pool).await?;
        Ok(now.unsigned_abs())
    }

    /// The names of all classes that are kept.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn classes(&self) -> sqlx::Result<Vec<String>> {
        sqlx::query_scalar("SELECT name FROM classes ORDER BY name").fetch_all(&self.pool).await
    }

    /// The number of the log's last line.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn last(&self, class: &str) -> sqlx::Result<i64> {
        let last = sqlx::query_scalar("SELECT last FROM classes WHERE name = $1").bind(class);
        Ok(last.fetch_optional(&self.pool).await?.unwrap_or_default())
    }

    /// Lines after one, with their numbers and times.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn lines(&self, class: &str, after: i64) -> sqlx::Result<Vec<(i64, u64, String)>> {
        let rows = sqlx::query("SELECT line, at, entry FROM log WHERE class = $1 AND line > $2 ORDER BY line")
            .bind(class)
            .bind(after)
            .fetch_all(&self.pool)
            .await?;
        let line =
            |row: &sqlx::any::AnyRow| Ok((row.try_get(0)?, row.try_get::<i64, _>(1)?.unsigned_abs(), row.try_get(2)?));
        rows.iter().map(line).collect()
    }

    /// All learners.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn learners(&self, class: &str) -> sqlx::Result<Vec<Row>> {
        let rows = sqlx::query("SELECT name, at, progress FROM learners WHERE class = $1 ORDER BY name")
            .bind(class)
            .fetch_all(&self.pool)
            .await?;
        let learner = |row: &sqlx::any::AnyRow| {
            Ok(Row { name: row.try_get(0)?, at: row.try_get::<i64, _>(1)?.unsigned_abs(), progress: row.try_get(2)? })
        };
        rows.iter().map(learner).collect()
    }

    /// What is kept of one learner.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn progress(&self, class: &str, name: &str) -> sqlx::Result<Option<String>> {
        let found = sqlx::query_scalar("SELECT progress FROM learners WHERE class = $1 AND name = $2");
        found.bind(class).bind(name).fetch_optional(&self.pool).await
    }

    /// Begins to write to a class; others who write to it wait.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn write<'a>(&'a self, class: &'a str) -> sqlx::Result<Writing<'a>> {
        let mut transaction = self.pool.begin().await?;
        sqlx::query("INSERT INTO classes (name, last) VALUES ($1, 0) ON CONFLICT DO NOTHING")
            .bind(class)
            .execute(&mut *transaction)
            .await?;
        // On a server this row is the lock.
        let last = sqlx::query_scalar("UPDATE classes SET last = last WHERE name = $1 RETURNING last")
            .bind(class)
            .fetch_one(&mut *transaction)
            .await?;
        Ok(Writing { transaction, class, last })
    }

    /// Closes every connection.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

impl Writing<'_> {
    /// Adds a line; one that is there already is not added again.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn line(&mut self, line: &Line) -> sqlx::Result<()> {
        let statement = "INSERT INTO log (class, line, host, serial, at, learner, about, entry) \
                         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING";
        let added = sqlx::query(statement)
            .bind(self.class)
            .bind(self.last + 1)
            .bind(i64::from(line.host))
            .bind(line.serial as i64)
            .bind(line.at as i64)
            .bind(line.learner.as_deref())
            .bind(line.about.as_deref())
            .bind(&line.entry)
            .execute(&mut *self.transaction)
            .await?;
        self.last += added.rows_affected() as i64;
        Ok(())
    }

    /// What is kept of one learner.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn progress(&mut self, name: &str) -> sqlx::Result<Option<String>> {
        let found = sqlx::query_scalar("SELECT progress FROM learners WHERE class = $1 AND name = $2");
        found.bind(self.class).bind(name).fetch_optional(&mut *self.transaction).await
    }

    /// Keeps a learner's progress.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn keep(&mut self, learner: &Row) -> sqlx::Result<()> {
        let statement = "INSERT INTO learners (class, name, at, progress) VALUES ($1, $2, $3, $4) \
                         ON CONFLICT (class, name) DO UPDATE SET at = excluded.at, progress = excluded.progress";
        let kept =
            sqlx::query(statement).bind(self.class).bind(&learner.name).bind(learner.at as i64).bind(&learner.progress);
        kept.execute(&mut *self.transaction).await.map(drop)
    }

    /// Removes all that is one learner's; whether there was anything.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn forget(&mut self, name: &str) -> sqlx::Result<bool> {
        let mut removed = 0;
        for statement in
            ["DELETE FROM log WHERE class = $1 AND learner = $2", "DELETE FROM learners WHERE class = $1 AND name = $2"]
        {
            let deleted = sqlx::query(statement).bind(self.class).bind(name).execute(&mut *self.transaction).await?;
            removed += deleted.rows_affected();
        }
        Ok(removed > 0)
    }

    /// Removes lines about a question or lesson; how many.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn forget_about(&mut self, about: &str) -> sqlx::Result<u64> {
        let statement = sqlx::query("DELETE FROM log WHERE class = $1 AND about = $2").bind(self.class).bind(about);
        Ok(statement.execute(&mut *self.transaction).await?.rows_affected())
    }

    /// Removes what happened in the class; names, numbers and the word stay.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn forget_all(&mut self) -> sqlx::Result<u64> {
        let statement = sqlx::query("DELETE FROM log WHERE class = $1 AND about IS DISTINCT FROM 'door'");
        Ok(statement.bind(self.class).execute(&mut *self.transaction).await?.rows_affected())
    }

    /// Ends the writing: all of it counts, or nothing. The number of the last line. `tell` is sent to other hosts.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn commit(mut self, tell: Option<&str>) -> sqlx::Result<i64> {
        sqlx::query("UPDATE classes SET last = $2 WHERE name = $1")
            .bind(self.class)
            .bind(self.last)
            .execute(&mut *self.transaction)
            .await?;
        if let Some(payload) = tell {
            notify(&mut self.transaction, payload).await?;
        }
        self.transaction.commit().await?;
        Ok(self.last)
    }
}

async fn notify(transaction: &mut Transaction<'_, Any>, payload: &str) -> sqlx::Result<()> {
    let told = sqlx::query("SELECT CAST(pg_notify('clsroom', $1) AS TEXT)").bind(payload);
    told.execute(&mut **transaction).await.map(drop)
}

impl Store {
    /// Tells other hosts something; a file has none.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn tell(&self, payload: &str) -> sqlx::Result<()> {
        if self.is_server().is_none() {
            return Ok(());
        }
        let mut transaction = self.pool.begin().await?;
        notify(&mut transaction, payload).await?;
        transaction.commit().await
    }
}

/// What an error says, without the words of a pool.
pub fn said(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::PoolTimedOut => "it does not answer".to_owned(),
        sqlx::Error::Protocol(why) => why.clone(),
        sqlx::Error::Database(error) => visible(error.message()),
        other => visible(&other.to_string()),
    }
}

/// How a file is opened. It is made first, so that nobody else can read it.
fn file_options(path: &Path) -> Result<AnyConnectOptions, String> {
    let made = files::write_private(path, b"");
    if let Err(error) = made
        && error.kind() != std::io::ErrorKind::AlreadyExists
    {
        return Err(error.to_string());
    }
    let path = std::path::absolute(path).map_err(|error| error.to_string())?;
    let path = path.to_str().ok_or("its path is not Unicode")?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-:\\".contains(c);
    let mut url = "sqlite://".to_owned();
    for c in path.chars() {
        if plain(c) {
            url.push(c);
        } else {
            let mut bytes = [0; 4];
            url.extend(c.encode_utf8(&mut bytes).bytes().map(|byte| format!("%{byte:02X}")));
        }
    }
    url.parse().map_err(|error: sqlx::Error| error.to_string())
}

/// A lock beside a file of SQLite's: two processes that serve one class from it would not hear of each other.
fn alone(path: &Path) -> Result<std::fs::File, String> {
    let beside = files::with_ending(path, ".served");
    let cannot = |error: std::io::Error| format!("cannot write {}: {error}", place(&beside));
    let file = std::fs::OpenOptions::new().write(true).create(true).truncate(false).open(&beside).map_err(cannot)?;
    match file.try_lock() {
        Err(std::fs::TryLockError::WouldBlock) => Err(format!(
            "another clsroom serves from {}. End it, choose another --class or --store, or let both use one PostgreSQL \
             server",
            place(path)
        )),
        // Some file systems have no locks.
        Ok(()) | Err(std::fs::TryLockError::Error(_)) => Ok(file),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(serial: u64, learner: Option<&str>, about: Option<&str>) -> Line {
        Line {
            host: 7,
            serial,
            at: 100 + serial,
            learner: learner.map(str::to_owned),
            about: about.map(str::to_owned),
            entry: format!("{{\"n\":{serial}}}"),
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        for url in [
            "postgres://ann:secret@db.example/class",
            "postgresql://ann:se%40cret@db.example:5433/class?password=secret",
        ] {
            let shown = format!("{:?}", Where::Server(url.to_owned()));
            assert!(shown.contains("db.example") && !shown.contains("cret"), "{shown}");
        }
        for url in ["postgres://ann:secret/class", "postgres://ann:secret", "postgres://h/x?user=u&password=my@secret"]
        {
            let shown = Where::Server(url.to_owned()).to_string();
            assert!(!shown.contains("secret"), "{shown}");
        }
    }

    #[tokio::test]
    async fn lines_have_an_order_and_none_counts_twice() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = Where::File(folder.path().join("a class? #1%20.sqlite"));
        let store = Store::open_to_serve(&at).await.expect("opened");
        assert!(Store::open_to_serve(&at).await.is_err_and(|why| why.contains("another clsroom")));
        let mut writing = store.write("bert").await.expect("begun");
        for serial in [1, 2, 2, 3] {
            writing.line(&line(serial, (serial == 2).then_some("ann"), Some("q"))).await.expect("written");
        }
        assert_eq!(writing.commit(None).await.ok(), Some(3));
        // What is not committed does not count.
        let mut lost = store.write("bert").await.expect("begun");
        lost.line(&line(9, None, None)).await.expect("written");
        drop(lost);
        store.close().await;
        drop(store);
        let store = Store::open_to_serve(&at).await.expect("opened again");
        let read =
            |lines: Vec<(i64, u64, String)>| lines.into_iter().map(|(line, at, _)| (line, at)).collect::<Vec<_>>();
        assert_eq!(read(store.lines("bert", 0).await.expect("read")), [(1, 101), (2, 102), (3, 103)]);
        assert_eq!(read(store.lines("bert", 2).await.expect("read")), [(3, 103)]);
        assert!(store.lines("another", 0).await.expect("read").is_empty());
        // Who is forgotten leaves nothing, and numbers are not used again.
        let row = Row { name: "ann".to_owned(), at: 5, progress: "{}".to_owned() };
        let mut writing = store.write("bert").await.expect("begun");
        writing.keep(&row).await.expect("kept");
        writing.keep(&Row { progress: "{1}".to_owned(), ..row.clone() }).await.expect("kept");
        writing.commit(None).await.expect("committed");
        assert_eq!(store.progress("bert", "ann").await.expect("read"), Some("{1}".to_owned()));
        let mut writing = store.write("bert").await.expect("begun");
        assert!(writing.forget("ann").await.expect("forgotten") && !writing.forget("bob").await.expect("nothing"));
        writing.line(&line(4, None, Some("door"))).await.expect("written");
        assert_eq!(writing.commit(None).await.ok(), Some(4));
        assert!(store.learners("bert").await.expect("read").is_empty());
        assert_eq!(read(store.lines("bert", 0).await.expect("read")), [(1, 101), (3, 103), (4, 104)]);
        let mut writing = store.write("bert").await.expect("begun");
        assert_eq!(writing.forget_all().await.ok(), Some(2));
        writing.commit(None).await.expect("committed");
        assert_eq!(store.classes().await.expect("read"), ["bert"]);
        assert_eq!(store.last("bert").await.ok(), Some(4));
    }
}
