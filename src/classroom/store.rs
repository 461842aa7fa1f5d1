//! Where a class is kept: a file of SQLite's, or PostgreSQL where several hosts serve one class. The same statements for both.
//!
//! A class is a log (`log`), whose lines are applied in their order, and each learner's progress (`learners`). Whoever writes
//! takes the class's row first, so that lines have an order on which all hosts agree.

mod place;
mod writing;

use std::fmt;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sqlx::any::{AnyPoolOptions, install_default_drivers};
use sqlx::{AnyPool, Connection as _, Executor as _, Row as _, raw_sql};

use crate::files;
use crate::lesson::parse::visible;
use crate::wording;
pub use place::Where;
pub use writing::{Line, Row, Writing};

/// Statements that make the tables, oldest first: a store of an earlier version gets what it lacks.
const MIGRATIONS: [&str; 1] = [include_str!("store/1.sql")];

/// How long a statement may wait for a connection.
const PATIENCE: Duration = Duration::from_secs(3);

/// Connections to a server.
const CONNECTIONS: u32 = 4;

/// An open store.
#[derive(Debug)]
pub struct Store {
    pool: AnyPool,
    at: Where,
    /// Nobody else serves this file.
    _alone: Option<std::fs::File>,
}

impl Store {
    /// Opens a store, and makes its tables if need be.
    ///
    /// # Errors
    /// When it cannot be reached, or is of a newer version; a sentence that names it without its password.
    pub async fn open(at: &Where) -> Result<Self, String> {
        install_default_drivers();
        let is_file = matches!(at, Where::File(_));
        let cannot = |error: &dyn fmt::Display| format!("cannot use {at}: {error}. Choose another with --store");
        let options = match at {
            Where::File(path) => place::of_file(path).map_err(|error| cannot(&error))?,
            Where::Server(url) => url.parse().map_err(|error: sqlx::Error| cannot(&said(&error)))?,
            Where::Unclear => return Err("--store must be sqlite:PATH or postgres://USER@HOST/DATABASE".to_owned()),
        };
        // A pool would only say that it waited too long.
        let first = tokio::time::timeout(PATIENCE, sqlx::AnyConnection::connect_with(&options));
        match first.await {
            Err(_) => return Err(cannot(&"it does not answer")),
            Ok(Err(error)) => return Err(cannot(&said(&error))),
            Ok(Ok(mut connection)) => {
                // A file that is no database is found out by the first statement.
                prepare(&mut connection, is_file).await.map_err(|error| cannot(&said(&error)))?;
                drop(connection.close().await);
            }
        }
        let most = if is_file { 1 } else { CONNECTIONS };
        let pool = AnyPoolOptions::new()
            .max_connections(most)
            .acquire_timeout(PATIENCE)
            .after_connect(move |connection, _| Box::pin(prepare(connection, is_file)))
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
        let store = Self::open(at).await?;
        let alone = if let Where::File(path) = at { Some(alone(path)?) } else { None };
        Ok(Self { _alone: alone, ..store })
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
        let asked = sqlx::query("SELECT line, at, entry FROM log WHERE class = $1 AND line > $2 ORDER BY line");
        let rows = asked.bind(class).bind(after).fetch_all(&self.pool).await?;
        let line =
            |row: &sqlx::any::AnyRow| Ok((row.try_get(0)?, row.try_get::<i64, _>(1)?.unsigned_abs(), row.try_get(2)?));
        rows.iter().map(line).collect()
    }

    /// All learners.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn learners(&self, class: &str) -> sqlx::Result<Vec<Row>> {
        writing::learners(&self.pool, class).await
    }

    /// What is kept of one learner.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn progress(&self, class: &str, name: &str) -> sqlx::Result<Option<String>> {
        writing::progress(&self.pool, class, name).await
    }

    /// Begins to write to a class; others who write to it wait.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn write<'a>(&'a self, class: &'a str) -> sqlx::Result<Writing<'a>> {
        Writing::begin(self.pool.begin().await?, class).await
    }

    /// Tells other hosts something; a file has none.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn tell(&self, payload: &str) -> sqlx::Result<()> {
        if self.is_server().is_none() {
            return Ok(());
        }
        let mut transaction = self.pool.begin().await?;
        writing::notify(&mut transaction, payload).await?;
        transaction.commit().await
    }

    /// Overwrites what was forgotten beside a file, too; while others read from it that waits.
    pub async fn scrub(&self) {
        if self.is_server().is_none() {
            let _ = self.pool.execute("PRAGMA wal_checkpoint(TRUNCATE)").await;
        }
    }

    /// Closes every connection.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// Makes a connection to a file behave: readers do not wait for the writer, and what is forgotten is overwritten.
async fn prepare(connection: &mut sqlx::AnyConnection, is_file: bool) -> sqlx::Result<()> {
    if is_file {
        connection.execute("PRAGMA journal_mode = WAL").await?;
        connection.execute("PRAGMA secure_delete = ON").await?;
    }
    Ok(())
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

/// A lock beside a file of SQLite's: two processes that serve one class from it would not hear of each other.
fn alone(path: &Path) -> Result<std::fs::File, String> {
    let beside = files::with_ending(path, ".served");
    let cannot = |error: std::io::Error| format!("cannot write {}: {error}", wording::place(&beside));
    let file = std::fs::OpenOptions::new().write(true).create(true).truncate(false).open(&beside).map_err(cannot)?;
    match file.try_lock() {
        Err(std::fs::TryLockError::WouldBlock) => Err(format!(
            "another clsroom serves from {}. End it, choose another place with --store, or let both use one PostgreSQL server",
            wording::place(path)
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
