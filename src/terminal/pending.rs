//! What ratatui writes, kept until the frame is whole: then it leaves in one piece, for this terminal or a far one.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

/// Bytes of a frame that is being drawn; a clone writes into the same.
#[derive(Clone, Default)]
pub struct Pending(Rc<RefCell<Vec<u8>>>);

impl Pending {
    /// All that was written, once.
    #[must_use]
    pub fn take(&self) -> Vec<u8> {
        self.0.take()
    }
}

impl Write for Pending {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
