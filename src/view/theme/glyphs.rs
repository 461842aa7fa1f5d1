//! The signs that screens draw with, in Unicode and in ASCII.

/// The signs that screens use. ASCII signs are kept as narrow as they can be.
#[derive(Debug, PartialEq, Eq)]
pub struct Glyphs {
    /// Done, right.
    pub check: &'static str,
    /// Begun.
    pub half: &'static str,
    /// Wrong.
    pub cross: &'static str,
    /// The cursor in a list.
    pub pointer: &'static str,
    /// Middle dot between parts of a line.
    pub dot: &'static str,
    /// Something was cut off.
    pub ellipsis: &'static str,
    /// Multiplication, dimensions.
    pub times: &'static str,
    /// Square root.
    pub sqrt: &'static str,
    /// Item of a list.
    pub bullet: &'static str,
    /// Arrow up.
    pub up: &'static str,
    /// Arrow down.
    pub down: &'static str,
    /// There is more to the left.
    pub more_left: &'static str,
    /// There is more to the right.
    pub more_right: &'static str,
    /// Parts of a bar from one eighth to full; all the same in ASCII.
    pub eighths: [&'static str; 8],
    /// Where the line of an interval crosses a mark.
    pub crossing: &'static str,
    /// Left end, line, middle and right end of an interval.
    pub whisker: [&'static str; 4],
    /// A value on whiskers that is not their point.
    pub seed: &'static str,
    /// Done part, its end and the open part of a progress bar.
    pub progress: [&'static str; 3],
    /// Markers of the series of a chart, in order.
    pub markers: [&'static str; 9],
    /// Line of a chart: flat, upright; turns: from left up, from below right, from left down, from above right.
    pub curve: [&'static str; 6],
    /// A point of a scatter plot.
    pub point: &'static str,
    /// A highlighted point.
    pub highlight: &'static str,
    /// Frame: horizontal, vertical, the corners (top left, top right, bottom left, bottom right), joints (down, up).
    pub frame: [&'static str; 8],
    /// Tick on a vertical axis, and on a horizontal one.
    pub ticks: [&'static str; 2],
    /// Faint lines: upright, level.
    pub faint: [&'static str; 2],
    /// Mark of a value that was measured here.
    pub measured: &'static str,
    /// Mark of a recorded value.
    pub recorded: &'static str,
    /// Mark of a cited value.
    pub cited: &'static str,
    /// Rising darkness.
    pub ramp: &'static [char],
    /// From strongly negative to strongly positive.
    pub signs: &'static [char],
    /// A cell of a bar below zero.
    pub negative: &'static str,
}

pub(super) const UNICODE: Glyphs = Glyphs {
    check: "✓",
    half: "◐",
    cross: "✗",
    pointer: "▸",
    dot: "·",
    ellipsis: "…",
    times: "×",
    sqrt: "√",
    bullet: "•",
    up: "↑",
    down: "↓",
    more_left: "‹",
    more_right: "›",
    eighths: ["▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"],
    whisker: ["├", "─", "●", "┤"],
    seed: "•",
    progress: ["━", "╸", "─"],
    markers: ["●", "○", "■", "□", "▲", "△", "▼", "▽", "◆"],
    curve: ["─", "│", "╯", "╭", "╮", "╰"],
    point: "•",
    highlight: "◆",
    frame: ["─", "│", "┌", "┐", "└", "┘", "┬", "┴"],
    ticks: ["┤", "┬"],
    crossing: "┼",
    faint: ["┊", "╌"],
    measured: "ᵐ",
    recorded: "ʳ",
    cited: "ᶜ",
    ramp: &[' ', '░', '▒', '▓', '█'],
    signs: &['▼', '▾', '·', '▴', '▲'],
    negative: "▒",
};

pub(super) const ASCII: Glyphs = Glyphs {
    check: "v",
    half: "~",
    cross: "x",
    pointer: ">",
    dot: "-",
    ellipsis: "...",
    times: "x",
    sqrt: "sqrt",
    bullet: "*",
    up: "^",
    down: "v",
    more_left: "<",
    more_right: ">",
    eighths: ["#"; 8],
    whisker: ["|", "-", "o", "|"],
    seed: ".",
    progress: ["=", ">", "-"],
    markers: ["o", "x", "+", "*", "#", "@", "%", "=", "&"],
    curve: ["-", "|", "/", "/", "\\", "\\"],
    point: "o",
    highlight: "@",
    frame: ["-", "|", "+", "+", "+", "+", "+", "+"],
    ticks: ["+", "+"],
    crossing: "+",
    faint: [":", "."],
    measured: "[m]",
    recorded: "[r]",
    cited: "[c]",
    ramp: &[' ', '.', ':', '-', '=', '+', '*', '#', '%', '@'],
    signs: &['=', '-', '.', '+', '#'],
    negative: "=",
};
