//! The real binary in a real pseudo-terminal, with a terminal emulator reading what it writes.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// How long a marker may take, generous because the machine may be busy.
const DEADLINE: Duration = Duration::from_mins(2);

pub struct Terminal {
    parser: vt100::Parser,
    output: Receiver<Vec<u8>>,
    input: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    /// All bytes the program wrote.
    pub written: Vec<u8>,
}

impl Terminal {
    /// Starts the binary with a home of its own.
    pub fn start(home: &Path, size: (u16, u16), arguments: &[&str]) -> Self {
        Self::start_with(home, size, arguments, &BTreeMap::new())
    }

    pub fn start_with(home: &Path, size: (u16, u16), arguments: &[&str], env: &BTreeMap<&str, &str>) -> Self {
        Self::start_program(home, size, env!("CARGO_BIN_EXE_clsroom"), arguments, env)
    }

    /// Starts any program so.
    pub fn start_program(
        home: &Path,
        (columns, rows): (u16, u16),
        program: &str,
        arguments: &[&str],
        env: &BTreeMap<&str, &str>,
    ) -> Self {
        let pair = native_pty_system()
            .openpty(PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 })
            .expect("a pty");
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env_clear();
        command.cwd(home);
        command.env("HOME", home);
        command.env("TERM", "xterm-256color");
        env.iter().for_each(|(name, value)| command.env(name, value));
        // Where the terminal does not say how large it is, the emulator still has a size.
        let (columns, rows) = if (columns, rows) == (0, 0) { (100, 30) } else { (columns, rows) };
        let child = pair.slave.spawn_command(command).expect("the binary starts");
        let mut reader = pair.master.try_clone_reader().expect("a reader");
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0u8; 16 * 1024];
            while let Ok(count) = reader.read(&mut buffer) {
                if count == 0 || sender.send(buffer[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        let input = pair.master.take_writer().expect("a writer");
        Self {
            parser: vt100::Parser::new(rows, columns, 0),
            output,
            input,
            child,
            master: pair.master,
            written: Vec::new(),
        }
    }

    pub fn send(&mut self, keys: &str) {
        self.send_bytes(keys.as_bytes());
    }

    pub fn send_bytes(&mut self, bytes: &[u8]) {
        self.input.write_all(bytes).and_then(|()| self.input.flush()).expect("the terminal takes keys");
    }

    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.master.resize(PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }).expect("a resize");
        self.parser.screen_mut().set_size(rows, columns);
    }

    pub fn screen(&self) -> String {
        self.parser.screen().contents()
    }

    /// The line that the cursor is on.
    pub fn current_line(&self) -> String {
        let screen = self.parser.screen();
        let (row, _) = screen.cursor_position();
        screen.rows(0, screen.size().1).nth(usize::from(row)).unwrap_or_default()
    }

    /// Waits until the screen shows the marker.
    pub fn wait_for(&mut self, marker: &str) {
        self.wait_until(&format!("{marker:?} on the screen"), |screen| screen.contains(marker));
    }

    pub fn wait_until(&mut self, what: &str, holds: impl Fn(&str) -> bool) {
        let end = Instant::now() + DEADLINE;
        while !holds(&self.screen()) {
            let left = end.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(bytes) => {
                    self.parser.process(&bytes);
                    self.written.extend(bytes);
                }
                Err(why) => panic!("waited in vain for {what} ({why}); the screen is\n{}", self.screen()),
            }
        }
    }

    /// Waits for the process to end; returns its exit code, with everything it wrote taken in.
    pub fn wait_for_end(&mut self) -> u32 {
        let end = Instant::now() + DEADLINE;
        while let Ok(bytes) = self.output.recv_timeout(end.saturating_duration_since(Instant::now())) {
            self.parser.process(&bytes);
            self.written.extend(bytes);
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                break;
            }
        }
        let status = self.child.wait().expect("it ends");
        while let Ok(bytes) = self.output.recv_timeout(Duration::from_millis(200)) {
            self.parser.process(&bytes);
            self.written.extend(bytes);
        }
        status.exit_code()
    }

    pub fn pid(&self) -> u32 {
        self.child.process_id().expect("it has a pid")
    }

    /// The terminal is as it was: no alternate screen, cursor shown, no mouse, no paste brackets, canonical input.
    pub fn assert_restored(&self) {
        self.assert_screen_restored();
        if let Some(termios) = self.master.get_termios() {
            use nix::sys::termios::LocalFlags;
            assert!(termios.local_flags.contains(LocalFlags::ICANON | LocalFlags::ECHO), "raw mode is off");
        }
    }

    /// The same without asking for raw mode, which a shell at its prompt uses too.
    pub fn assert_screen_restored(&self) {
        let screen = self.parser.screen();
        assert!(!screen.alternate_screen(), "the alternate screen was left");
        assert!(!screen.hide_cursor(), "the cursor is shown");
        assert!(!screen.bracketed_paste(), "bracketed paste is off");
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None, "the mouse is off");
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

impl Terminal {
    /// Waits until the frame that is being written has ended.
    pub fn wait_for_frame_end(&mut self) {
        let end = Instant::now() + DEADLINE;
        while !self.written.ends_with(b"\x1b[?2026l") {
            let bytes =
                self.output.recv_timeout(end.saturating_duration_since(Instant::now())).expect("the frame ends");
            self.parser.process(&bytes);
            self.written.extend(bytes);
        }
    }

    /// Whether the program asked for the mouse.
    pub fn mouse(&self) -> bool {
        self.parser.screen().mouse_protocol_mode() != vt100::MouseProtocolMode::None
    }

    /// Takes in output as long as something holds.
    pub fn wait_while(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        let end = Instant::now() + DEADLINE;
        while holds(self) {
            match self.output.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(bytes) => {
                    self.parser.process(&bytes);
                    self.written.extend(bytes);
                }
                Err(why) => panic!("waited in vain while {what} ({why})"),
            }
        }
    }

    /// Waits until more than so many bytes have been written in all.
    pub fn wait_for_more_than(&mut self, count: usize) {
        let end = Instant::now() + DEADLINE;
        while self.written.len() <= count {
            let left = end.saturating_duration_since(Instant::now());
            let bytes = self.output.recv_timeout(left).expect("something is written");
            self.parser.process(&bytes);
            self.written.extend(bytes);
        }
    }

    /// Takes in what the program writes in this time.
    pub fn take_in(&mut self, time: Duration) {
        let end = Instant::now() + time;
        while let Ok(bytes) = self.output.recv_timeout(end.saturating_duration_since(Instant::now())) {
            self.parser.process(&bytes);
            self.written.extend(bytes);
        }
    }

    /// How many bytes the program writes in this time.
    pub fn bytes_within(&mut self, time: Duration) -> usize {
        let before = self.written.len();
        self.take_in(time);
        self.written.len() - before
    }
}
