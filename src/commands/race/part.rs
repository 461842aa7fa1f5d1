//! Finished runs of a race that is not finished: a file beside the one it will write, a line a run.
//!
//! A run is added as soon as it ends, so a race that is killed goes on from there when the same command is given again.
//! Runs of another model, other data or another recipe are left where they are and not taken.

use std::cell::RefCell;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::lab::finetune::Run;
use crate::lab::{Lab, RaceRequest, Readout, command, record};

/// Finished runs.
pub(super) struct Part {
    path: PathBuf,
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
    pub fn open(out: &Path, lab: &Lab, request: &RaceRequest) -> Result<Self, String> {
        let mut path = out.as_os_str().to_owned();
        path.push(".part");
        let path = PathBuf::from(path);
        let data = lab.dataset(&request.data).map_err(|error| error.to_string())?;
        let race = command::run_key(request, &lab.facts(), &data);
        let runs = read(&path)?.into_iter().filter(|line| line.race == race).map(|line| line.run).collect();
        Ok(Self { path, race, runs: RefCell::new(runs), problem: RefCell::new(None) })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A finished run.
    pub fn find(&self, readout: &Readout, seed: u64) -> Option<Run> {
        let name = readout.to_string();
        self.runs.borrow().iter().find(|run| run.readout == name && run.seed == seed).cloned()
    }

    /// Adds a finished run.
    pub fn keep(&self, run: &Run) {
        let line = Line { race: self.race.clone(), run: run.clone() };
        let written = serde_json::to_string(&line).map_err(std::io::Error::other).and_then(|line| {
            let mut file = OpenOptions::new().create(true).append(true).open(&self.path)?;
            // A line that a kill cut off must not swallow this one.
            file.write_all(format!("\n{line}\n").as_bytes())?;
            file.sync_data()
        });
        if let Err(error) = written {
            let why = format!(
                "cannot keep a finished run in {}: {error}. Make room, or choose another place with --out",
                self.path.display()
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
        let others = read(&self.path).unwrap_or_default().into_iter().filter(|line| line.race != self.race);
        let others: Vec<String> = others.filter_map(|line| serde_json::to_string(&line).ok()).collect();
        // What cannot be removed is only not needed any more.
        let _ = if others.is_empty() {
            std::fs::remove_file(&self.path)
        } else {
            std::fs::write(&self.path, others.join("\n") + "\n")
        };
    }
}

/// The lines that can be read; a line that was cut off when the program was killed is left out.
fn read(path: &Path) -> Result<Vec<Line>, String> {
    let unreadable = |error: std::io::Error| format!("cannot read {}: {error}. Move it away", path.display());
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(error)),
    };
    let mut text = Vec::new();
    file.take(record::LARGEST as u64).read_to_end(&mut text).map_err(unreadable)?;
    Ok(String::from_utf8_lossy(&text).lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
}
