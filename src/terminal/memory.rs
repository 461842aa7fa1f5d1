//! Memory that a run used is given back to the system.
//!
//! glibc keeps what was freed, up to 64 MB in each of its heaps, and a fine-tuning uses many of them. It can be told to
//! take large blocks straight from the system and to give them back; but without unsafe code only through the environment
//! that it reads before `main`. So the program starts itself once more, with that said.

/// What glibc is told, unless somebody else said something: blocks from 256 KiB on are the system's, and of what is free
/// at the end of a heap 1 MiB is kept.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const TOLD: [(&str, &str); 2] = [("MALLOC_MMAP_THRESHOLD_", "262144"), ("MALLOC_TRIM_THRESHOLD_", "1048576")];

/// Starts the program again in this process, so that it gives memory back; where that cannot be, nothing happens.
pub fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    if !told() {
        use std::os::unix::process::CommandExt as _;
        let mut arguments = std::env::args_os();
        if let (Ok(program), Some(name)) = (std::env::current_exe(), arguments.next()) {
            // It comes back only when it failed.
            let _ = std::process::Command::new(program).arg0(name).args(arguments).envs(TOLD).exec();
        }
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn told() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some();
    TOLD.iter().any(|(name, _)| set(name)) || set("GLIBC_TUNABLES")
}
