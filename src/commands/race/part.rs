//! Finished runs of a race that is not finished: a file beside the one it will write, a line a run.
//!
//! A run is added as soon as it ends, so a race that is killed goes on from there when the same command is given again.
//! Runs of another model, other data or another recipe are left where they are and not taken. A file of that name which
//! somebody else wrote is neither read, nor added to, nor removed: then the runs lie under the next name.

use std::cell::RefCell;
use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::files;
use crate::lab::finetune::Run;
use crate::lab::{RaceRequest, Readout, Session, command, record};
use crate::wording::place;

/// Names that are tried for the file: `OUT.part`, `OUT.part.2` and so on.
const NAMES: usize = 9;

/// What every line begins with.
const BEGINNING: &str = "{\"race\":";

/// Finished runs.
pub(super) struct Part {
    /// The file of the race.
    out: PathBuf,
    /// The key of what these runs have in common.
    race: String,
    runs: RefCell<Vec<Run>>,
    problem: RefCell<Option<String>>,
}

#[derive(Serialize, Deserialize)]
struct Line {
    race: String,
    run: Run,
}

impl Part {
    /// Reads what an interrupted race left beside `out`.
    pub fn open(out: &Path, lab: &Session, request: &RaceRequest) -> Result<Self, String> {
        let data = lab.dataset(&request.data).map_err(|error| error.to_string())?;
        let race = command::run_key(request, &lab.facts(), &data);
        let (_, lines) = found(out)?;
        let runs = lines.into_iter().filter(|line| line.race == race).map(|line| line.run).collect();
        Ok(Self { out: out.to_path_buf(), race, runs: RefCell::new(runs), problem: RefCell::new(None) })
    }

    /// Where finished runs are kept, if any are.
    pub fn path(&self) -> Option<PathBuf> {
        found(&self.out).ok().filter(|(_, lines)| !lines.is_empty()).map(|(path, _)| path)
    }

    /// A finished run.
    pub fn find(&self, readout: &Readout, seed: u64) -> Option<Run> {
        let name = readout.to_string();
        self.runs.borrow().iter().find(|run| run.readout == name && run.seed == seed).cloned()
    }

    /// Adds a finished run.
    pub fn keep(&self, run: &Run) {
        let line = Line { race: self.race.clone(), run: run.clone() };
        let written = serde_json::to_string(&line).map_err(io::Error::other).and_then(|line| add(&self.out, &line));
        if let Err(error) = written {
            let why = format!(
                "cannot keep a finished run beside {}: {error}. Make room, or choose another place with --out",
                place(&self.out)
            );
            self.problem.borrow_mut().get_or_insert(why);
        }
        self.runs.borrow_mut().push(run.clone());
    }

    /// Why a run could not be kept.
    pub fn problem(&self) -> Option<String> {
        self.problem.borrow().clone()
    }

    /// The race is written: nothing more of it to keep. Runs of another race stay.
    pub fn remove(&self) {
        let Ok((path, lines)) = found(&self.out) else { return };
        let others = lines.iter().filter(|line| line.race != self.race);
        let others: Vec<String> = others.filter_map(|line| serde_json::to_string(line).ok()).collect();
        // What cannot be removed is only not needed any more.
        let _ = match (lines.is_empty(), others.is_empty()) {
            (true, _) => Ok(()),
            (_, true) => std::fs::remove_file(&path),
            (_, false) => files::write_atomically(&path, (others.join("\n") + "\n").as_bytes()),
        };
    }
}

/// Adds a line as soon as there is one. The file begins with its first line, so that it can be told from others.
fn add(out: &Path, line: &str) -> io::Result<()> {
    // A line that a kill cut off must not swallow this one.
    let text = format!("\n{line}\n");
    loop {
        let (path, lines) = found(out).map_err(io::Error::other)?;
        if lines.is_empty() {
            match files::write_new(&path, text.as_bytes()) {
                // Somebody else was quicker.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
                result => return result,
            }
        }
        let mut file = OpenOptions::new().append(true).open(&path)?;
        file.write_all(text.as_bytes())?;
        return file.sync_data();
    }
}

/// The file with finished runs beside `out` and its lines; or the first name that is free, and no lines.
fn found(out: &Path) -> Result<(PathBuf, Vec<Line>), String> {
    let named = |number: usize| {
        let ending = if number == 1 { ".part".to_owned() } else { format!(".part.{number}") };
        files::with_ending(out, &ending)
    };
    let mut free = None;
    for path in (1..=NAMES).map(named) {
        match path.symlink_metadata() {
            Ok(known) if known.is_file() => {
                let text = files::read_text(&path, record::LARGEST as u64);
                if let Some(lines) = text.ok().as_deref().and_then(lines) {
                    return Ok((path, lines));
                }
            }
            Ok(_) => return Err(format!("{} is no file. Move it away, or choose another place", place(&path))),
            Err(error) if error.kind() == ErrorKind::NotFound => free = free.or(Some(path)),
            Err(error) => {
                return Err(format!("cannot read {}: {error}. Choose another place with --out", place(&path)));
            }
        }
    }
    free.map(|path| (path, Vec::new())).ok_or_else(|| {
        format!("{} and its like are taken by other files. Choose another place with --out", place(&named(1)))
    })
}

/// The finished runs in a file that is ours: every line begins like one, though one that was cut off when the program
/// was killed does not end like one.
fn lines(text: &str) -> Option<Vec<Line>> {
    let written: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    let ours = written.iter().all(|line| line.starts_with(BEGINNING) || BEGINNING.starts_with(line));
    let lines: Vec<Line> = written.iter().filter_map(|line| serde_json::from_str(line).ok()).collect();
    (ours && !lines.is_empty()).then_some(lines)
}
