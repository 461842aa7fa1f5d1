//! What a teacher sees: the desk, and the projector, on which no name stands.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Clear, Widget};
use tui_big_text::{BigText, PixelSize};

use super::theme::{Role, Theme};
use super::widgets::bars::{self, Bar, Bars};
use super::widgets::footer;
use super::widgets::scale::{hidden, window};
use super::widgets::text::{fit, pad, put, width};
use super::{LEAST, lines, text};
use crate::app::class::{Place, question_of};
use crate::class::desk::{Below, Desk, Purpose};
use crate::class::experiment::{Experiment, TOP_LAYERS, TRAIN, signed};
use crate::class::{Class, Poll};
use crate::lesson::parse::written;
use crate::lesson::{Block, Course, Inline, Step};
use crate::wording::counted;

/// Columns of a lesson's name on the desk.
const NAME: usize = 23;

/// Lines, and columns of a letter, of what is large.
const LARGE: u16 = 4;

/// Columns of a step.
const STEP: u16 = 3;

/// Lines of the explanation where there is no vote yet.
const NO_VOTE: u16 = 3;

/// Lines of the experiment: two of words, three rows and their scale.
const EXPERIMENT: u16 = 6;

/// Columns of a key with what it does.
const KEY: u16 = 54;

/// Lines of the notes on a step.
const NOTES: u16 = 7;

/// Keys of the desk, in two lines: the vote, and where to.
const KEYS: [&[(&str, &str)]; 2] = [
    &[("o", "open vote"), ("x", "close"), ("v", "again"), ("t", "30 s"), ("r", "experiment"), ("w", "write results")],
    &[("hjkl", "step"), ("c", "call"), ("b", "bring"), ("P", "projector"), ("Tab", "course"), ("?", "keys")],
];

/// What every key of the desk does.
const ALL_KEYS: [(&str, &str); 12] = [
    ("hjkl, arrows", "choose a step"),
    ("c / b", "call everybody to it / take them there"),
    ("o / x", "open the vote on its question / close it"),
    ("v", "vote again, after talking it over"),
    ("t", "the vote closes in 30 s, or 30 s later"),
    ("r", "experiment: each learner is one run"),
    ("P", "projector, without names"),
    ("n", "speaker notes of the step chosen"),
    ("m", "a line to everybody"),
    ("K", "end a learner's session"),
    ("w", "write votes, answers and runs to files"),
    ("Tab, Ctrl-T", "to the course, and back here"),
];

/// Draws the desk: where everybody is, whom the class is called to, and the vote.
pub fn desk(class: &Class, desk: &Desk, course: &Course, theme: &Theme, area: Rect, buf: &mut Buffer) {
    Clear.render(area, buf);
    if area.width < LEAST.0 || area.height < LEAST.1 {
        put(buf, area.x, area.y, area.width, "The desk needs 60x18.", theme.text());
        return;
    }
    let (left, wide) = (area.x + 1, area.width - 2);
    let call = class.call().map_or_else(|| "not called anywhere".to_owned(), |place| format!("called to {place}"));
    let map = class.at(None).len();
    let dot = theme.glyphs().dot;
    let here = format!("{} in {dot} {call} {dot} {map} at no step", counted(class.count(), "learner"));
    put(buf, left, area.y, wide, "Desk", theme.title());
    match &desk.trouble {
        Some(why) => {
            let said = format!("Not written just now ({why}). The class goes on, nothing is lost.");
            put(buf, left + 7, area.y, wide - 7, &fit(&said, usize::from(wide - 7), theme.ascii), theme.value());
        }
        None => {
            put(buf, left + 7, area.y, wide - 7, &here, theme.text());
        }
    }
    let foot = area.bottom() - 1;
    let vote = match class.poll() {
        _ if desk.below == Below::Experiment => EXPERIMENT,
        _ if desk.below == Below::Notes => NOTES,
        _ if desk.below == Below::Keys => (ALL_KEYS.len() as u16).div_ceil(if wide >= 2 * KEY { 2 } else { 1 }),
        None => NO_VOTE,
        Some(poll) => 2 + poll.asked.options.len() as u16,
    };
    // Below the map: the step chosen, the vote, what was done, and two lines of keys.
    let rows = foot.saturating_sub(area.y + 1 + 1 + vote + 2);
    let most = course.lessons.len() as u16 + 1;
    draw_map(class, desk, course, theme, Rect { x: left, y: area.y + 1, width: wide, height: rows.min(most) }, buf);
    let mut y = area.y + 1 + rows.min(most);
    let chosen = desk.place(course);
    let who = class.at(chosen.as_ref()).join(", ");
    let title = chosen.as_ref().and_then(|place| title(course, place)).unwrap_or_default();
    let at = chosen.map_or_else(String::new, |place| place.to_string());
    let there = if who.is_empty() { "nobody is there".to_owned() } else { format!("there: {who}") };
    put(buf, left, y, wide, &fit(&format!("{at} {title}; {there}"), usize::from(wide), theme.ascii), theme.value());
    y += 1;
    let below = Rect { x: left, y, width: wide, height: foot.saturating_sub(y + 2) };
    if desk.below == Below::Experiment {
        draw_experiment(class.experiment(), theme, below, buf);
    } else if desk.below == Below::Keys {
        draw_keys(theme, below, buf);
    } else if desk.below == Below::Notes {
        let step = course.lessons.get(desk.lesson).and_then(|lesson| lesson.steps.get(desk.step));
        draw_notes(step, theme, below, buf);
    } else if let Some(poll) = class.poll() {
        draw_vote(poll, (class.turnout(), class.count()), theme, below, buf);
    } else {
        let how = "No vote yet. o opens one on the question of the step chosen (marked ?): its result is covered for all \
                   until x closes it. Open it before you call the class there.";
        lines(&text::wrap(&[how.into()], usize::from(wide)), below, buf);
    }
    let said = match &desk.writes {
        // The end of a long line is what is being written.
        Some(line) => {
            let what = match line.purpose {
                Purpose::Say => "To everybody: ",
                Purpose::End => "Whose session ends? Name: ",
            };
            let room = usize::from(wide).saturating_sub(what.len() + 2);
            let end: String = line.text.chars().skip(line.text.chars().count().saturating_sub(room)).collect();
            format!("{what}{end}{}", theme.glyphs().pointer)
        }
        None => desk.said.clone(),
    };
    put(buf, left, foot - 2, wide, &fit(&said, usize::from(wide), theme.ascii), theme.value());
    let [vote, way] = if desk.writes.is_some() { [&[][..], &[("Enter", "do it"), ("Esc", "do not")]] } else { KEYS };
    buf.set_line(area.x, foot - 1, &footer::line(vote, "", usize::from(area.width), theme), area.width);
    buf.set_line(area.x, foot, &footer::line(way, "[desk ready]", usize::from(area.width), theme), area.width);
}

fn title(course: &Course, place: &Place) -> Option<String> {
    let lesson = course.lessons.iter().find(|lesson| lesson.id == place.lesson)?;
    let step = lesson.steps.get(place.step)?;
    Some(step.title.clone().unwrap_or_else(|| lesson.title.clone()))
}

/// Lessons by steps: how many are at each.
fn draw_map(class: &Class, desk: &Desk, course: &Course, theme: &Theme, area: Rect, buf: &mut Buffer) {
    if area.height < 2 {
        return;
    }
    let left = area.x + NAME as u16 + 5;
    let steps = course.lessons.iter().map(|lesson| lesson.steps.len()).max().unwrap_or(0) as u16;
    let fits = (area.right().saturating_sub(left) / STEP).min(steps);
    let first = window(Some(desk.step), usize::from(steps), usize::from(fits)) as u16;
    for step in first..(first + fits).min(steps) {
        put(buf, left + (step - first) * STEP, area.y, STEP, &format!("{:>2}", step + 1), theme.dim());
    }
    let shown = area.height - 1;
    let top = window(Some(desk.lesson), course.lessons.len(), usize::from(shown));
    let glyphs = theme.glyphs();
    let below = course.lessons.len().saturating_sub(top + usize::from(shown));
    let right = usize::from(steps.saturating_sub(first + fits));
    let counts =
        [(glyphs.up, top), (glyphs.down, below), (glyphs.more_left, usize::from(first)), (glyphs.more_right, right)];
    put(buf, area.x + 2, area.y, NAME as u16, &hidden(&counts), theme.dim());
    for (row, (index, lesson)) in course.lessons.iter().enumerate().skip(top).take(usize::from(shown)).enumerate() {
        let y = area.y + 1 + row as u16;
        let chosen = index == desk.lesson;
        let pointer = if chosen { theme.glyphs().pointer } else { " " };
        let name = pad(&fit(&format!("{} {}", lesson.id, lesson.title), NAME, theme.ascii), NAME, theme.ascii);
        put(
            buf,
            area.x,
            y,
            NAME as u16 + 4,
            &format!("{pointer} {name}"),
            if chosen { theme.value() } else { theme.text() },
        );
        for step in first..(first + fits).min(lesson.steps.len() as u16) {
            let place = Place { lesson: lesson.id.clone(), step: usize::from(step) };
            let count = class.at(Some(&place)).len();
            let asks = question_of(&lesson.steps[usize::from(step)]).is_some();
            let sign = match count {
                0 if asks => "?".to_owned(),
                0 => theme.glyphs().dot.to_owned(),
                1..=99 => count.to_string(),
                _ => "99".to_owned(),
            };
            let style = match () {
                () if chosen && usize::from(step) == desk.step => theme.focus(),
                () if count > 0 => theme.value(),
                () => theme.dim(),
            };
            // Call and question have signs, so that colour alone does not tell them.
            let mark = match () {
                () if class.call() == Some(&place) => "<",
                () if asks && count > 0 => "?",
                () => " ",
            };
            let cell = format!("{sign:>2}{mark}");
            put(buf, left + (step - first) * STEP, y, STEP, &cell, style);
        }
    }
}

/// What all keys do, in two columns where they fit.
fn draw_keys(theme: &Theme, area: Rect, buf: &mut Buffer) {
    let columns = if area.width >= 2 * KEY { 2 } else { 1 };
    let rows = ALL_KEYS.len().div_ceil(columns);
    for (index, (key, does)) in ALL_KEYS.iter().enumerate() {
        let (column, row) = ((index / rows) as u16, (index % rows) as u16);
        if row >= area.height {
            continue;
        }
        let (x, y, wide) = (area.x + column * area.width / columns as u16, area.y + row, area.width / columns as u16);
        put(buf, x, y, 13, key, theme.value());
        put(
            buf,
            x + 13,
            y,
            wide.saturating_sub(13),
            &fit(does, usize::from(wide.saturating_sub(14)), theme.ascii),
            theme.text(),
        );
    }
}

/// What a teacher says at a step; a value that only a learner's bench knows is named, not shown.
fn draw_notes(step: Option<&Step>, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let wide = usize::from(area.width);
    let paragraph = |runs: &Vec<Inline>| {
        let said = |inline: &Inline| inline.text().map_or_else(|value| format!("({})", written(value)), str::to_owned);
        runs.iter().map(said).collect::<String>()
    };
    let notes = step.map_or(&[][..], |step| &step.notes);
    let said: Vec<String> = notes.iter().flat_map(Block::runs).map(paragraph).collect();
    if said.is_empty() {
        put(buf, area.x, area.y, area.width, "This step has no speaker notes.", theme.text());
    }
    let mut text: Vec<_> = said.into_iter().flat_map(|said| text::wrap(&[said.into()], wide)).collect();
    let fits = usize::from(area.height);
    if text.len() > fits {
        text.truncate(fits.saturating_sub(1));
        let id = "Longer than this screen: clsroom notes prints all of it.";
        text.push(Line::styled(fit(id, wide, theme.ascii), theme.dim()));
    }
    lines(&text, area, buf);
}

/// The vote: bars for the present one, and numbers of the one before.
fn draw_vote(poll: &Poll, (answered, count): (usize, usize), theme: &Theme, area: Rect, buf: &mut Buffer) {
    let which = if poll.round() > 1 { "second vote" } else { "first vote" };
    let state = if poll.open { "open" } else { "closed" };
    let limit = if poll.until.is_some() { ", closes by itself" } else { "" };
    // Who says nothing in the second vote stays with the first: what moves is what a teacher waits for.
    let changed = if poll.round() > 1 { format!(", {} changed", poll.changed()) } else { String::new() };
    let head = format!("{} {which}, {state}{limit}: {answered} of {count} have answered{changed}", poll.asked.place);
    put(buf, area.x, area.y, area.width, &fit(&head, usize::from(area.width), theme.ascii), theme.heading());
    let ask = fit(&poll.asked.text, usize::from(area.width), theme.ascii);
    put(buf, area.x, area.y + 1, area.width, &ask, theme.text());
    let plot = Rect { y: area.y + 2, height: area.height.saturating_sub(2), ..area };
    draw_bars(poll, theme, plot, buf);
}

fn draw_bars(poll: &Poll, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let tally = poll.tally();
    let rows: Vec<Bar> = poll
        .asked
        .options
        .iter()
        .enumerate()
        .map(|(index, option)| {
            let (said, _) = tally.said(index);
            let text = match &tally.votes[..] {
                [first, _] => format!("{said}, before {}", first.get(index).copied().unwrap_or(0)),
                _ => said.to_string(),
            };
            let label = format!("{} {option}", index + 1);
            let most = (usize::from(area.width) * 2 / 5).max(8);
            Bar { label: fit(&label, most, theme.ascii), value: said as f32, text, role: Role::Cls, ..Bar::default() }
        })
        .collect();
    let most = rows.iter().map(|bar| bar.value).fold(1.0, f32::max);
    bars::draw(area, buf, theme, &Bars { range: Some((0.0, most)), ..Bars::new(&rows) });
}

/// The runs of the class: a dot for each, their mean with its interval, and beside it what one run alone says.
fn draw_experiment(experiment: &Experiment, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let (ended, failed, all) = experiment.count();
    let failures = if failed > 0 { format!(", {failed} failed") } else { String::new() };
    let head = format!("GlobalPooling minus [CLS], fine-tuned, in points: {ended} of {all} runs{failures}");
    put(buf, area.x, area.y, area.width, &fit(&head, usize::from(area.width), theme.ascii), theme.heading());
    let Some(figures) = experiment.figures() else {
        let how = format!(
            "Each learner is one run of lesson 08's race in its small size ({TRAIN} sentences, {TOP_LAYERS} layers), with a \
             seed of their own."
        );
        lines(&text::wrap(&[how.into()], usize::from(area.width)), Rect { y: area.y + 1, height: 2, ..area }, buf);
        return;
    };
    let points = |share: f64| (100.0 * share) as f32;
    let row = |label: &str, [low, high]: [f64; 2], value: f64, dots: Vec<f32>| Bar {
        label: label.to_owned(),
        value: points(value),
        text: format!("{} [{}, {}]", signed(value), signed(low), signed(high)),
        role: Role::Mean,
        interval: Some((points(low), points(high))),
        dots,
    };
    let dots = figures.by_run.iter().map(|run| points(*run)).collect();
    let around = |half: f64| [figures.mean - half, figures.mean + half];
    let mut rows = vec![row(&counted(figures.by_run.len(), "run"), figures.interval, figures.mean, dots)];
    rows.extend(figures.from_seeds.map(|half| row("by seeds alone", around(half), figures.mean, Vec::new())));
    let first = figures.by_run.first().copied().unwrap_or_default();
    rows.push(row("one run, sentences", figures.of_one, first, Vec::new()));
    let plot = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    bars::draw(plot, buf, theme, &Bars { axis: true, marks: &[0.0], ..Bars::new(&rows) });
}

/// Draws what the room sees: the closed vote, else how many have voted, else where the class is. Never a name.
pub fn projector(class: &Class, experiment: bool, course: &Course, theme: &Theme, area: Rect, buf: &mut Buffer) {
    Clear.render(area, buf);
    let wide = area.width.saturating_sub(4);
    let inside = Rect { x: area.x + 2, width: wide, ..area };
    if experiment {
        let plot = Rect { y: area.y + 1, height: area.height.saturating_sub(2).min(14), ..inside };
        return draw_experiment(class.experiment(), theme, plot, buf);
    }
    let height = area.height;
    let at = |row: u16, said: &str, buf: &mut Buffer| {
        if row < height {
            let x = inside.x + wide.saturating_sub(width(said) as u16) / 2;
            put(buf, x, area.y + row, wide, said, theme.title());
        }
    };
    let below = |row: u16| Rect { y: area.y + row.min(height), height: height.saturating_sub(row), ..inside };
    let question = |poll: &Poll, row: u16, buf: &mut Buffer| {
        let asked = text::wrap(&[poll.asked.text.clone().into()], usize::from(wide));
        lines(&asked, Rect { height: below(row).height.min(4), ..below(row) }, buf)
    };
    match class.poll() {
        Some(poll) if poll.open => {
            let count = format!("{} of {}", class.turnout(), class.count());
            // What is small goes first where there is little room.
            let foot = height.saturating_sub(LARGE + 2);
            at(1, &format!("Vote: {}", poll.asked.place), buf);
            let y = question(poll, 3, buf);
            for (index, option) in poll.asked.options.iter().enumerate() {
                let (y, line) = (y + 1 + index as u16, format!("{}  {option}", index + 1));
                if y < area.y + foot {
                    put(buf, inside.x, y, wide, &fit(&line, usize::from(wide), theme.ascii), theme.text());
                }
            }
            large(&count, theme, below(foot), buf);
            at(height.saturating_sub(2), "have answered", buf);
        }
        Some(poll) if class.call().is_none_or(|call| *call == poll.asked.place) => {
            at(1, &poll.asked.place.to_string(), buf);
            let y = question(poll, 3, buf);
            draw_bars(poll, theme, Rect { y: y + 1, height: area.bottom().saturating_sub(y + 2), ..inside }, buf);
        }
        _ => {
            let middle = height / 2;
            if let Some(place) = class.call() {
                large(&place.to_string(), theme, below(middle.saturating_sub(LARGE + 1)), buf);
                at(middle, &title(course, place).unwrap_or_default(), buf);
                large(&format!("{} of {}", class.at(Some(place)).len(), class.count()), theme, below(middle + 2), buf);
                at(middle + 2 + LARGE, "are there", buf);
            } else {
                large(&class.count().to_string(), theme, below(middle.saturating_sub(LARGE)), buf);
                at(middle + 1, if class.count() == 1 { "learner in" } else { "learners in" }, buf);
            }
        }
    }
}

/// A few letters that the last row can read, in the middle of the first lines of an area; plain where there is no room for
/// them, or no sign but those of ASCII.
fn large(said: &str, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let cells = LARGE * said.chars().count() as u16;
    if theme.ascii || area.height < LARGE || area.width < cells {
        let x = area.x + area.width.saturating_sub(width(said) as u16) / 2;
        if area.height > 0 {
            put(buf, x, area.y, area.width, said, theme.title());
        }
        return;
    }
    let letters = BigText::builder()
        .pixel_size(PixelSize::Quadrant)
        .style(theme.title())
        .lines(vec![Line::from(said.to_owned())])
        .centered()
        .build();
    letters.render(Rect { height: LARGE, ..area }, buf);
}
