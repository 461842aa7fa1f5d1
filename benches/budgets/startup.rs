//! From starting the program to its first frame and to the model being ready; one frame of each screen.

use std::io::Read as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clsroom::app::{self, Key, Msg, State};
use clsroom::commands::load_course;
use clsroom::lab::{Control, Event, Session};
use clsroom::lesson::progress::Progress;
use clsroom::view::{self, Depth, Theme};
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::{Row, median};

pub(crate) fn rows(lab: &Session) -> Vec<Row> {
    let starts: Vec<(Duration, Duration)> = (0..7).map(|_| start_up()).collect();
    let first = median(starts.iter().map(|start| start.0).collect());
    let ready = median(starts.iter().map(|start| start.1).collect());
    let ms = |time: Duration| 1e3 * time.as_secs_f64();
    vec![
        Row::alone("first frame after start", ms(first), "ms", 50.0),
        Row::alone("model ready after start", ms(ready), "ms", 400.0),
        Row::alone("a key's update and frame, slowest bench, 120x36", ms(slowest_frame(lab)), "ms", 16.0),
    ]
}

/// From starting the real program in a terminal to its first frame, and to the model being ready.
fn start_up() -> (Duration, Duration) {
    let home = tempfile::tempdir().expect("a folder");
    let pair =
        native_pty_system().openpty(PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 }).expect("a pty");
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_clsroom"));
    command.env("HOME", home.path());
    command.env("TERM", "xterm-256color");
    let mut reader = pair.master.try_clone_reader().expect("a reader");
    let started = Instant::now();
    let mut child = pair.slave.spawn_command(command).expect("the program starts");
    let (mut seen, mut buffer, mut first) = (String::new(), vec![0u8; 65_536], None);
    loop {
        let count = reader.read(&mut buffer).expect("output");
        seen.push_str(&String::from_utf8_lossy(&buffer[..count]));
        if first.is_none() && seen.contains("four questions") {
            first = Some(started.elapsed());
        }
        if seen.contains("[home ready]") || count == 0 {
            break;
        }
    }
    let ready = started.elapsed();
    let _ = child.kill();
    let _ = child.wait();
    (first.unwrap_or(ready), ready)
}

/// Walks every step of the course and draws it; the slowest step's key and frame.
fn slowest_frame(lab: &Session) -> Duration {
    let loaded = load_course(None).expect("the course");
    let (course, records) = (Arc::new(loaded.course), Arc::new(loaded.records));
    let mut state = State::new(Arc::clone(&course), records, [0; 4], Progress::default());
    let theme = Theme::new(Depth::TwoFiftySix, false);
    let area = Rect::new(0, 0, 120, 36);
    let mut slowest = Duration::ZERO;
    let mut send = |state: &mut State, msg: Msg| {
        let started = Instant::now();
        let effects = app::update(state, msg);
        view::draw_into(state, &theme, area, &mut Buffer::empty(area));
        slowest = slowest.max(started.elapsed());
        for effect in effects {
            if let app::Effect::Submit(ticket, request) = effect
                && let Ok(Some(outcome)) = lab.run(&request, &Control::QUIET)
            {
                app::update(state, Event::Done(ticket, outcome).into());
            }
        }
    };
    send(&mut state, Event::ModelReady(lab.facts()).into());
    for lesson in &course.lessons {
        send(&mut state, Msg::Key(Key::Enter));
        for _ in &lesson.steps {
            for key in [Key::Tab, Key::Char('l'), Key::Char('v'), Key::Char('n')] {
                send(&mut state, Msg::Key(key));
            }
        }
    }
    slowest
}
