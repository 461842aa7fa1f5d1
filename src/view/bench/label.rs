//! The recorded head's answer: one vector of numbers becomes one probability.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{card, frame, norm, said};
use crate::lab::TraceData;
use crate::lesson::Source;
use crate::view::theme::{Role, Theme};
use crate::view::widgets::bars::{self, Bar, Bars};
use crate::view::widgets::blocks::mark;
use crate::view::widgets::heatmap::signed_legend;
use crate::view::widgets::strip::{self, Strip};
use crate::view::widgets::text::{clean, fit, put};

pub(super) fn draw(trace: &TraceData, theme: &Theme, area: Rect, buf: &mut Buffer) {
    if trace.labels.is_empty() && !trace.own.is_empty() {
        return own(trace, theme, area, buf);
    }
    if trace.labels.is_empty() {
        return card(
            &[
                "No recorded classifier fits this model.",
                "clsroom race --heads FILE makes one; put it in results/heads.json of your lessons.",
            ],
            theme,
            area,
            buf,
        );
    }
    let (measured, recorded) = (mark(Source::Live, theme), mark(Source::Record, theme));
    let foot = [
        said(format!("{recorded} recorded: logistic regression on the movie sentences"), theme.dim()),
        said(format!("{measured} the vectors and probabilities are measured here"), theme.dim()),
        signed_legend("towards negative", "towards positive", theme),
        said("at the right: the vector's length; the sum of the products, with the bias", theme.dim()),
    ];
    let body = frame("one vector in, one probability out", "last layer", &foot, theme, area, buf);
    let sentence = fit(&clean(&trace.sentence.text, theme.ascii), usize::from(body.width), theme.ascii);
    put(buf, body.x, body.y, body.width, &sentence, theme.text());
    let rows: Vec<Bar> = trace.labels.iter().map(bar).collect();
    // Where it is low, the empty lines go first: the answer matters most.
    let gap = u16::from(usize::from(body.height) > 3 + 4 * rows.len());
    let mut y = body.y + 1 + gap;
    for label in &trace.labels {
        if y + 1 >= body.bottom() {
            break;
        }
        let name = display(&label.readout);
        let vector = trace.pooled.get(&label.readout).map_or(&[][..], Vec::as_slice);
        let note = format!("{:.2}", norm(vector));
        strip::draw(
            Rect { y, height: 1, ..body },
            buf,
            theme,
            &Strip { label: name, label_width: 14, values: vector, note: &note, note_width: 8, ..Strip::default() },
        );
        let logit = label.parts.iter().sum::<f32>() + label.bias;
        let note = format!("{logit:+.2}");
        strip::draw(
            Rect { y: y + 1, height: 1, ..body },
            buf,
            theme,
            &Strip {
                label: "x weights",
                label_width: 14,
                values: &label.parts,
                note: &note,
                note_width: 8,
                ..Strip::default()
            },
        );
        y += 2 + gap;
    }
    let list = Rect { y, height: body.bottom().saturating_sub(y), ..body };
    if list.height > 1 {
        put(buf, list.x, list.y, list.width, "probability of \"positive\" (0.5 is undecided)", theme.label());
        bars::draw(
            Rect { y: list.y + 1, height: list.height - 1, ..list },
            buf,
            theme,
            &Bars { range: Some((0.0, 1.0)), axis: list.height > 4, ..Bars::new(&rows) },
        );
    }
}

/// The answer of the checkpoint's own classification head.
fn own(trace: &TraceData, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let measured = mark(Source::Live, theme);
    let foot = [
        said(format!("{measured} measured here, by the classifier that this model brings along"), theme.dim()),
        said("no classifier was recorded for this model; a race makes one on other sentences", theme.dim()),
    ];
    let single = trace.own.len() == 1;
    let what = if single { "its score" } else { "probability of each class" };
    let body = frame("the model's own answer", "last layer", &foot, theme, area, buf);
    let sentence = fit(&clean(&trace.sentence.text, theme.ascii), usize::from(body.width), theme.ascii);
    put(buf, body.x, body.y, body.width, &sentence, theme.text());
    put(buf, body.x, body.y + 2, body.width, what, theme.label());
    let row = |(label, value): &(String, f32)| Bar {
        label: clean(label, theme.ascii).into_owned(),
        value: *value,
        text: format!("{value:.3}"),
        role: Role::Cls,
        interval: None,
    };
    let rows: Vec<Bar> = trace.own.iter().map(row).collect();
    let list = Rect { y: body.y + 3, height: body.height.saturating_sub(3), ..body };
    let range = if single { None } else { Some((0.0, 1.0)) };
    bars::draw(list, buf, theme, &Bars { range, axis: list.height > 4, ..Bars::new(&rows) });
}

fn display(readout: &str) -> &'static str {
    if readout == "cls" { "[CLS]" } else { "GlobalPooling" }
}

fn bar(label: &crate::lab::HeadAnswer) -> Bar {
    let answer = if label.positive >= 0.5 { "positive" } else { "negative" };
    Bar {
        label: display(&label.readout).to_owned(),
        value: label.positive,
        text: format!("{:.3} {answer}", label.positive),
        role: if label.readout == "cls" { Role::Cls } else { Role::Mean },
        interval: None,
    }
}
