//! Memory that a run used is given back to the system.
//!
//! glibc keeps what was freed, up to 64 MB in each of its heaps, and a fine-tuning uses many of them. It can be told to
//! take large blocks straight from the system and to give them back; but without unsafe code only through the environment
//! that it reads before `main`. So the program starts itself once more, with that said. The allocator of the static file
//! is told in the same way.

/// What glibc is told, unless somebody else said something: blocks from 256 KiB on are the system's, and of what is free
/// at the end of a heap 1 MiB is kept.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const TOLD: &[(&str, &str)] = &[("MALLOC_MMAP_THRESHOLD_", "262144"), ("MALLOC_TRIM_THRESHOLD_", "1048576")];

/// What the static file's allocator is told. It gives back what was free for 10 ms, which in a fine-tuning is asked for
/// again in the next step: that took a tenth of the time. What was free for ten seconds is not needed so soon.
#[cfg(all(target_os = "linux", target_env = "musl"))]
const TOLD: &[(&str, &str)] = &[("MIMALLOC_PURGE_DELAY", "10000")];

/// Starts the program again in this process, so that it gives memory back; where that cannot be, nothing happens.
pub fn give_back() {
    #[cfg(all(target_os = "linux", any(target_env = "gnu", target_env = "musl")))]
    if !told() {
        use std::os::unix::process::CommandExt as _;
        let mut arguments = std::env::args_os();
        if let (Ok(program), Some(name)) = (std::env::current_exe(), arguments.next()) {
            // It comes back only when it failed.
            let _ = std::process::Command::new(program).arg0(name).args(arguments).envs(TOLD.iter().copied()).exec();
        }
    }
}

/// The same for a command that computes and ends: its memory need not come back early, but the static file's allocator
/// shall not take away what the next step asks for.
pub fn keep_memory() {
    #[cfg(target_env = "musl")]
    give_back();
}

#[cfg(all(target_os = "linux", any(target_env = "gnu", target_env = "musl")))]
fn told() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some();
    TOLD.iter().any(|(name, _)| set(name)) || set("GLIBC_TUNABLES")
}
