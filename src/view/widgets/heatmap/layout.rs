//! Where the parts of a map go: how wide its columns are, how many decimals their numbers have, what scrolls.

use ratatui::layout::Rect;

use super::Heatmap;
use crate::view::widgets::scale::window;
use crate::view::widgets::text::width;

/// The narrowest cell in which a colour is seen.
const NARROWEST_CELL: u16 = 3;
/// Longer words are cut: a map is more than its longest word.
const WIDEST_CELL: u16 = 14;
/// Labels above narrow cells take turns on so many lines.
const HEADER_LINES: usize = 3;

/// Where things go; all counts are of what is visible.
pub(super) struct Layout {
    pub(super) labels: u16,
    pub(super) side: u16,
    /// Decimals of the numbers in the cells.
    pub(super) decimals: usize,
    pub(super) cells: Vec<u16>,
    pub(super) rows: usize,
    /// Lines of a row.
    pub(super) tall: u16,
    pub(super) first_row: usize,
    pub(super) first_column: usize,
    pub(super) more_columns: bool,
    pub(super) more_rows: bool,
    /// Lines of the header.
    pub(super) header: u16,
    pub(super) top: u16,
}

impl Layout {
    /// Cells of all visible columns.
    pub(super) fn width(&self) -> u16 {
        self.cells.iter().sum()
    }
}

/// Cells of a side column with its heading on one line.
fn side_width(title: &str) -> u16 {
    width(title).clamp(5, 16) as u16 + 2
}

/// The same with a line for each word of the heading.
fn side_width_on_lines(title: &str) -> u16 {
    title.split(' ').map(width).max().unwrap_or(0).clamp(5, 16) as u16 + 2
}

/// The heading of a side column so wide, from the lowest line to the highest.
pub(super) fn title_lines(title: &str, side: u16) -> Vec<&str> {
    if width(title) < usize::from(side) { vec![title] } else { title.rsplit(' ').collect() }
}

impl Heatmap<'_> {
    /// Cells of a number with so many decimals: `.58`, `-.03`.
    pub(super) fn digits(&self, decimals: usize) -> usize {
        1 + decimals + usize::from(self.scale.is_signed())
    }

    /// Cells of each column: all as wide as the longest word, if there is room; else each as wide as its word and as a number
    /// with so many digits, up to what fits; else too narrow for numbers. `None`: not even then.
    fn cells(&self, room: u16, digits: usize) -> Option<Vec<u16>> {
        let smallest = digits as u16 + 2;
        let natural = |label: &String| (width(label) as u16).saturating_add(1).clamp(smallest, WIDEST_CELL);
        let widest = self.columns.iter().map(natural).max().unwrap_or(smallest);
        let fits = |cell: &dyn Fn(&String) -> u16| {
            let cells: Vec<u16> = self.columns.iter().map(cell).collect();
            (cells.iter().map(|cell| u32::from(*cell)).sum::<u32>() <= u32::from(room)).then_some(cells)
        };
        fits(&|_| widest)
            .or_else(|| (NARROWEST_CELL..=widest).rev().find_map(|most| fits(&|label| natural(label).min(most))))
    }

    /// Width of the side column, decimals and cells: what shows a number in each cell, if anything does; else colours alone.
    fn columns(&self, room: u16) -> (u16, usize, Option<Vec<u16>>) {
        let sides = self.side.as_ref().map_or([0; 2], |side| [side_width(side.title), side_width_on_lines(side.title)]);
        let least = 2 * (self.digits(2) as u16 + 2);
        let sides = sides.map(|side| if side + least > room { 0 } else { side });
        let ways = [self.scale.decimals(), 2].into_iter().flat_map(|decimals| sides.map(|side| (side, decimals)));
        let with_numbers = ways.clone().find_map(|(side, decimals)| {
            let cells = self.cells(room - side, self.digits(decimals))?;
            let numbers = cells.iter().all(|cell| usize::from(*cell) > self.digits(decimals));
            numbers.then_some((side, decimals, Some(cells)))
        });
        with_numbers.unwrap_or_else(|| (sides[1], 2, self.cells(room - sides[1], self.digits(2))))
    }

    /// On how many lines the labels stand, so that each is whole if it can be: with two, every second one is on the upper.
    fn header_lines(&self, cells: &[u16], first: usize, most: usize) -> usize {
        let whole = |lines: usize| {
            (0..cells.len()).all(|index| {
                let room: u16 = cells[index..].iter().take(lines).sum();
                index + lines > cells.len() || width(&self.columns[first + index]) < usize::from(room)
            })
        };
        (1..=most.min(HEADER_LINES)).find(|lines| whole(*lines)).unwrap_or_else(|| most.clamp(1, HEADER_LINES))
    }

    fn label_width(&self, area: u16) -> u16 {
        let label = self.rows.iter().map(|label| width(label)).max().unwrap_or(0).min(14) as u16;
        (label + 3).min(area / 3)
    }

    pub(super) fn layout(&self, area: Rect) -> Layout {
        let labels = self.label_width(area.width);
        let room = area.width - labels;
        let (side, decimals, cells) = self.columns(room);
        let cursor = self.cursor.unzip();
        let (first_column, cells) = cells.map_or_else(
            || {
                let cell = (self.digits(decimals) as u16 + 2).min((room - side).max(1));
                let columns = usize::from((room - side) / cell).min(self.columns.len());
                (window(cursor.1, self.columns.len(), columns), vec![cell; columns])
            },
            |cells| (0, cells),
        );
        let more_columns = cells.len() < self.columns.len() && area.height > 2;
        let spare = usize::from(area.height).saturating_sub(self.rows.len() + usize::from(more_columns));
        // Words that can be read are worth a row that is scrolled to.
        let least = if usize::from(area.height) > 2 * HEADER_LINES { 2 } else { 1 };
        let lines = self.header_lines(&cells, first_column, spare.max(least)) as u16;
        let title =
            self.side.as_ref().filter(|_| side > 0).map_or(0, |known| title_lines(known.title, side).len() as u16);
        let header = if area.height > 1 { lines.max(title).min(area.height - 1) } else { 0 };
        let top = u16::from(more_columns) + header;
        let mut rows = area.height - top;
        let tall = if usize::from(rows) >= 2 * self.rows.len() { 2 } else { 1 };
        let more_rows = usize::from(rows) < self.rows.len() && rows > 1;
        rows -= u16::from(more_rows);
        let rows = usize::from(rows).min(self.rows.len());
        let first_row = window(cursor.0, self.rows.len(), rows);
        Layout {
            labels,
            side,
            decimals,
            cells,
            rows,
            tall,
            first_row,
            first_column,
            more_columns,
            more_rows,
            header,
            top,
        }
    }
}
