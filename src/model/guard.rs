//! Runs library code that may panic on a damaged file, and turns the panic into an error.
//!
//! The `tokenizers` crate indexes and unwraps on what a `tokenizer.json` says. The panic hook asks [`quiet`], so that
//! neither a report is printed nor the terminal given back while such a panic is on its way to an error.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Whether a panic of this thread will become an error.
pub fn quiet() -> bool {
    QUIET.get()
}

/// Runs `work`; `None` when it panicked.
pub(super) fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    let before = QUIET.replace(true);
    let result = catch_unwind(AssertUnwindSafe(work));
    QUIET.set(before);
    result.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_none_and_the_thread_is_loud_again() {
        assert_eq!(guarded(|| quiet().then_some(1)), Some(Some(1)));
        assert_eq!(guarded(|| [1, 2].get(7).copied().expect("out of range")), None);
        assert!(!quiet());
    }
}
