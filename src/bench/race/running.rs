//! A run under way: how far it is, the curves of lanes that learn, the lanes that are finished.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::reads::picture;
use super::{draw_lanes, role_of};
use crate::app::State;
use crate::app::runs::Running;
use crate::bench::{frame, said};
use crate::lab::verdict::{self, numbered};
use crate::lab::{Curve, Lane, Request};
use crate::view::lines;
use crate::view::theme::Theme;
use crate::view::widgets::chart::{self, Chart, Series};
use crate::view::widgets::progress;

/// Steps whose losses are averaged into one point.
const SMOOTH: usize = 4;

/// A run, with its curves and the lanes that are finished.
pub(in crate::bench) fn running(
    state: &State,
    caption: &str,
    run: &Running,
    theme: &Theme,
    area: Rect,
    buf: &mut Buffer,
) {
    let keys = if run.paused {
        "held: Space lets it go on, x stops it"
    } else {
        "Space holds it, x stops it; you can go on with the lessons while it runs"
    };
    let body = frame(caption, "", &[said(keys, theme.dim())], theme, area, buf);
    let progress = &run.progress;
    let share = progress.done as f32 / progress.total.max(1) as f32;
    let elapsed = run.elapsed.as_secs();
    // Known well enough after a twentieth of the way.
    let left = (share > 0.05).then(|| (run.elapsed.as_secs_f32() * (1.0 - share) / share).ceil() as u64);
    let time = match left {
        _ if run.elapsed.is_zero() => String::new(),
        None => clock(elapsed),
        Some(left) => format!("{}, about {} left", clock(elapsed), clock(left)),
    };
    let text = [
        said(progress.what.clone(), theme.text()),
        progress::line(share, &time, usize::from(body.width).min(72), theme),
    ];
    let y = lines(&text, body, buf);
    let mut rest = Rect { y: y + 1, height: body.bottom().saturating_sub(y + 1), ..body };
    let two = matches!(&run.request, Request::Race(race) if race.against.is_some());
    let first = progress.first.as_deref();
    let (before, learnt) = first.map_or((&[][..], &[][..]), |first| (&first.lanes, &first.curves));
    let models: &[&[Lane]] = if first.is_some() { &[before, &progress.lanes] } else { &[&progress.lanes] };
    // While the second model learns, the first one's curves stay.
    let now = usize::from(first.is_some());
    let all: Vec<(usize, &Curve)> =
        learnt.iter().map(|curve| (0, curve)).chain(progress.curves.iter().map(|curve| (now, curve))).collect();
    // Until there is something to draw, what each lane reads stays.
    if let Request::Race(race) = &run.request
        && all.is_empty()
        && models.iter().all(|lanes| lanes.is_empty())
    {
        lines(&picture(state, race, rest.width, theme), rest, buf);
        return;
    }
    if !all.is_empty() {
        let lanes: usize = models.iter().map(|lanes| lanes.len()).sum();
        let list = if lanes == 0 { 0 } else { (lanes as u16 + 2).min(rest.height / 2) };
        let charts = Rect { height: rest.height - list, ..rest };
        curves_of(&all, two, theme, charts, buf);
        rest = Rect { y: charts.bottom(), height: list, ..rest };
    }
    draw_lanes(models, two, theme, rest, buf);
}

/// The curves of one model.
pub(in crate::bench) fn curves(curves: &[Curve], theme: &Theme, area: Rect, buf: &mut Buffer) {
    let curves: Vec<(usize, &Curve)> = curves.iter().map(|curve| (0, curve)).collect();
    curves_of(&curves, false, theme, area, buf);
}

/// Accuracy on watched validation sentences, and loss, side by side; the loss alone where no accuracy is watched.
fn curves_of(curves: &[(usize, &Curve)], two: bool, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let names: Vec<String> =
        curves.iter().map(|(model, curve)| numbered(&verdict::name(&curve.readout), *model, two)).collect();
    let loss: Vec<Vec<(f32, f32)>> = curves.iter().map(|(_, curve)| smoothed(&curve.loss)).collect();
    let accuracy: Vec<Vec<(f32, f32)>> = curves
        .iter()
        .map(|(_, curve)| curve.validation.iter().map(|(step, share)| (*step as f32, *share)).collect())
        .collect();
    let steps = curves.iter().map(|(_, curve)| curve.steps).max().unwrap_or(1) as f32;
    let chart = |title: &str, points: &[Vec<(f32, f32)>], y, reference, area: Rect, buf: &mut Buffer| {
        let series: Vec<Series<'_>> = points
            .iter()
            .enumerate()
            .map(|(index, points)| Series {
                name: &names[index],
                points,
                intervals: &[],
                role: role_of(&curves[index].1.readout, curves[index].0),
            })
            .collect();
        let shown =
            Chart { title, series: &series, x: Some((0.0, steps)), y, x_label: "step", reference, ..Chart::default() };
        chart::draw(area, buf, theme, &shown);
    };
    let watched = curves.iter().any(|(_, curve)| !curve.validation.is_empty());
    let half = area.width / 2;
    let right = if watched {
        let left = Rect { width: half.saturating_sub(1), ..area };
        chart("accuracy on validation", &accuracy, None, None, left, buf);
        Rect { x: area.x + half + 1, width: area.width.saturating_sub(half + 1), ..area }
    } else {
        area
    };
    chart("loss in training", &loss, None, None, right, buf);
}

/// Means over a few steps: single steps jump about.
fn smoothed(loss: &[f32]) -> Vec<(f32, f32)> {
    let mean = |part: &[f32]| part.iter().sum::<f32>() / part.len() as f32;
    // It ends with the very last step, whose loss is what is said of the run.
    let last = loss.last().map(|loss_of_last| (loss.len() as f32, *loss_of_last));
    loss.chunks(SMOOTH)
        .enumerate()
        .map(|(index, part)| ((index * SMOOTH) as f32 + f32::midpoint(part.len() as f32, 1.0), mean(part)))
        .chain(last)
        .collect()
}

/// Minutes and seconds.
fn clock(seconds: u64) -> String {
    format!("{}:{:02}", seconds / 60, seconds % 60)
}
