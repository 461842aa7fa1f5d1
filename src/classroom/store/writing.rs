//! What reaches a store in one transaction: lines of a class's log, and learners' progress.

use serde::{Deserialize, Serialize};
use sqlx::{Any, Executor, Row as _, Transaction};

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

/// What reaches the store in one transaction.
pub struct Writing<'a> {
    transaction: Transaction<'a, Any>,
    class: &'a str,
    last: i64,
}

impl<'a> Writing<'a> {
    /// Begins to write to a class; others who write to it wait.
    pub(super) async fn begin(mut transaction: Transaction<'a, Any>, class: &'a str) -> sqlx::Result<Self> {
        let known = sqlx::query("INSERT INTO classes (name, last) VALUES ($1, 0) ON CONFLICT DO NOTHING");
        known.bind(class).execute(&mut *transaction).await?;
        // On a server this row is the lock.
        let last = sqlx::query_scalar("UPDATE classes SET last = last WHERE name = $1 RETURNING last");
        let last = last.bind(class).fetch_one(&mut *transaction).await?;
        Ok(Self { transaction, class, last })
    }

    /// Whether lines were taken out after this one.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn has_anew(&mut self, after: i64) -> sqlx::Result<bool> {
        if self.last <= after {
            return Ok(false);
        }
        let asked = sqlx::query_scalar::<_, i64>(
            "SELECT COUNT(*) FROM log WHERE class = $1 AND line > $2 AND entry = '\"Anew\"'",
        );
        Ok(asked.bind(self.class).bind(after).fetch_one(&mut *self.transaction).await? > 0)
    }

    /// All learners.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn learners(&mut self) -> sqlx::Result<Vec<Row>> {
        learners(&mut *self.transaction, self.class).await
    }

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
        progress(&mut *self.transaction, self.class, name).await
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
        for statement in [
            "DELETE FROM log WHERE class = $1 AND learner = $2",
            // With what was kept aside of it.
            "DELETE FROM learners WHERE class = $1 AND (name = $2 OR substr(name, 1, length($2) + 1) = $2 || '.')",
        ] {
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

/// Tells other hosts something, when the transaction counts.
pub(super) async fn notify(transaction: &mut Transaction<'_, Any>, payload: &str) -> sqlx::Result<()> {
    let told = sqlx::query("SELECT CAST(pg_notify('clsroom', $1) AS TEXT)").bind(payload);
    told.execute(&mut **transaction).await.map(drop)
}

pub(super) async fn learners<'e>(from: impl Executor<'e, Database = Any>, class: &str) -> sqlx::Result<Vec<Row>> {
    let asked = sqlx::query("SELECT name, at, progress FROM learners WHERE class = $1 ORDER BY name").bind(class);
    let learner = |row: &sqlx::any::AnyRow| {
        Ok(Row { name: row.try_get(0)?, at: row.try_get::<i64, _>(1)?.unsigned_abs(), progress: row.try_get(2)? })
    };
    asked.fetch_all(from).await?.iter().map(learner).collect()
}

pub(super) async fn progress<'e>(
    from: impl Executor<'e, Database = Any>,
    class: &str,
    name: &str,
) -> sqlx::Result<Option<String>> {
    let found = sqlx::query_scalar("SELECT progress FROM learners WHERE class = $1 AND name = $2");
    found.bind(class).bind(name).fetch_optional(from).await
}
