//! The class that is measured, and the processes of OpenSSH's way.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::served::Served;

/// A class of this program.
pub(crate) struct Class {
    served: Served,
    home: TempDir,
}

impl Class {
    pub(crate) fn open(most: usize) -> Self {
        let home = tempfile::tempdir().expect("a folder");
        let served = Served::open(home.path(), &["--open", "--most", &most.to_string()]);
        Self { served, home }
    }

    pub(crate) fn port(&self) -> u16 {
        self.served.port
    }

    pub(crate) fn pid(&self) -> u32 {
        self.served.pid()
    }

    /// Kills the server at once; what the class's store has then, as JSON.
    pub(crate) fn kill(mut self) -> serde_json::Value {
        let _ = self.served.process.kill();
        let _ = self.served.process.wait();
        let mut program = Command::new(env!("CARGO_BIN_EXE_clsroom"));
        program.args(["class", "export", "--names", "--format", "json"]).env_clear().env("HOME", self.home.path());
        let said = program.output().map(|output| output.stdout).unwrap_or_default();
        serde_json::from_slice(&said).unwrap_or_default()
    }
}

/// OpenSSH's server with keys of its own, which starts one process of this program a learner.
pub(crate) struct Plain {
    process: Child,
    pub(crate) port: u16,
    pub(crate) key: std::path::PathBuf,
    folder: TempDir,
}

impl Plain {
    /// `None` where there is no such server.
    pub(crate) fn open() -> Option<Self> {
        let sshd = ["/usr/sbin/sshd", "/usr/local/sbin/sshd"].into_iter().find(|path| Path::new(path).exists())?;
        let folder = tempfile::tempdir().ok()?;
        for name in ["host", "learner"] {
            let path = folder.path().join(name);
            let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(path).status();
            made.ok().filter(std::process::ExitStatus::success)?;
        }
        fs::copy(folder.path().join("learner.pub"), folder.path().join("authorized")).ok()?;
        let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).ok()?.port();
        let (at, program) = (folder.path().display(), env!("CARGO_BIN_EXE_clsroom"));
        let settings = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {at}/host\nAuthorizedKeysFile {at}/authorized\nPidFile none\n\
             StrictModes no\nUsePAM no\nPasswordAuthentication no\nPermitRootLogin prohibit-password\n\
             MaxStartups 100:30:200\n\
             ForceCommand exec /usr/bin/env HOME={at} {program} --threads 1 --learner=\"$SSH_ORIGINAL_COMMAND\"\n"
        );
        fs::write(folder.path().join("sshd_config"), settings).ok()?;
        let _ = fs::create_dir_all("/run/sshd");
        let config = folder.path().join("sshd_config");
        let mut process =
            Command::new(sshd).args(["-D", "-e", "-f"]).arg(config).stderr(Stdio::piped()).spawn().ok()?;
        let mut errors = BufReader::new(process.stderr.take()?);
        let mut said = String::new();
        while !said.contains("Server listening") {
            errors.read_line(&mut said).ok().filter(|count| *count > 0)?;
        }
        std::thread::spawn(move || errors.lines().map_while(Result::ok).for_each(drop));
        let key = folder.path().join("learner");
        Some(Self { process, port, key, folder })
    }

    /// Memory of all its sessions, in MB: the program's share of what they have in common counts once for all of them.
    pub(crate) fn memory(&self) -> f64 {
        let home = self.folder.path().display().to_string();
        let mine = |pid: &u32| {
            fs::read(format!("/proc/{pid}/environ"))
                .is_ok_and(|all| String::from_utf8_lossy(&all).contains(&format!("HOME={home}")))
        };
        let all = fs::read_dir("/proc").into_iter().flatten().flatten();
        let sessions = all.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter(mine);
        sessions.map(|pid| share(pid).unwrap_or_default()).sum()
    }
}

impl Drop for Plain {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A line of a process's figures in kB, as MB.
fn figure(pid: u32, file: &str, name: &str) -> Option<f64> {
    let text = fs::read_to_string(format!("/proc/{pid}/{file}")).ok()?;
    let kilobytes = text.lines().find_map(|line| line.strip_prefix(name)?.trim().strip_suffix(" kB"))?;
    kilobytes.trim().parse::<f64>().ok().map(|kilobytes| kilobytes / 1024.0)
}

/// Resident memory in MB.
pub(crate) fn memory(pid: u32) -> f64 {
    figure(pid, "status", "VmRSS:").unwrap_or(f64::NAN)
}

/// A process's part of what is resident, in MB.
fn share(pid: u32) -> Option<f64> {
    figure(pid, "smaps_rollup", "Pss:")
}

/// Seconds of a processor that a process has used.
pub(crate) fn processor(pid: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields: Vec<f64> = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .map(|field| field.parse().unwrap_or(0.0))
        .collect();
    // The system counts in hundredths.
    fields.get(11..13).map_or(f64::NAN, |both| both.iter().sum::<f64>() / 100.0)
}

/// File descriptors and threads of a process.
pub(crate) fn held(pid: u32) -> (usize, usize) {
    let count = |what: &str| fs::read_dir(format!("/proc/{pid}/{what}")).map_or(0, Iterator::count);
    (count("fd"), count("task"))
}
