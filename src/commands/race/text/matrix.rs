//! A confusion matrix for people: classes by name where the names fit, else by number with a legend.

use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Lines are not longer than this, in characters.
const WIDTH: usize = 100;
/// A class's name has so many characters at the head of a column,
const COLUMN: usize = 12;
/// and so many in the legend.
const LEGEND: usize = 80;
/// What stands over the rows and beside the columns.
const CORNER: &str = "true \\ said";

/// What the classes are called in a matrix.
pub(super) struct Names<'a> {
    classes: &'a [String],
    heads: Vec<String>,
    numbered: bool,
}

impl<'a> Names<'a> {
    /// By name, if all names stay different and the columns fit in one line.
    pub(super) fn of(classes: &'a [String]) -> Self {
        let names: Vec<String> = classes.iter().map(|class| cut(class, COLUMN)).collect();
        let different = names.iter().collect::<BTreeSet<_>>().len() == names.len();
        let numbered = !different || line(COLUMN, COLUMN, names.len()) > WIDTH;
        let heads = if numbered { (1..=classes.len()).map(|number| number.to_string()).collect() } else { names };
        Self { classes, heads, numbered }
    }

    /// What the numbers stand for; nothing where there are names.
    pub(super) fn legend(&self) -> String {
        let mut out = String::new();
        if self.numbered {
            out.push_str("\nclasses, by their numbers below\n");
            for (number, class) in self.heads.iter().zip(self.classes) {
                let _ = writeln!(out, "  {number:>4}  {}", cut(class, LEGEND));
            }
        }
        out
    }

    /// Counts [true class x answer], columns that do not fit side by side one group below the other.
    pub(super) fn matrix(&self, counts: &[Vec<usize>]) -> String {
        let digits = counts.iter().flatten().max().map_or(1, |most| most.to_string().len());
        let longest = self.heads.iter().map(|head| head.chars().count()).max().unwrap_or(1);
        let column = if self.numbered { longest.max(digits) } else { COLUMN };
        let fit = ((WIDTH - line(COLUMN, column, 0)) / (2 + column)).max(1);
        let mut out = String::new();
        for (group, heads) in self.heads.chunks(fit).enumerate() {
            let _ = write!(out, "  {CORNER:<COLUMN$}");
            heads.iter().for_each(|head| {
                let _ = write!(out, "  {head:>column$}");
            });
            out.push('\n');
            for (head, row) in self.heads.iter().zip(counts) {
                let _ = write!(out, "  {head:<COLUMN$}");
                row.iter().skip(group * fit).take(fit).for_each(|count| {
                    let _ = write!(out, "  {count:>column$}");
                });
                out.push('\n');
            }
        }
        out
    }
}

/// How long a line is: the row's head and so many columns, with two spaces before each.
fn line(head: usize, column: usize, columns: usize) -> usize {
    2 + head + columns * (2 + column)
}

fn cut(name: &str, most: usize) -> String {
    if name.chars().count() <= most {
        return name.to_owned();
    }
    name.chars().take(most - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classes(names: impl IntoIterator<Item = String>) -> Vec<String> {
        names.into_iter().collect()
    }

    #[test]
    fn names_that_fit_stand_over_the_columns_and_a_cut_is_shown() {
        let classes = classes(["bad", "neutral, so-so", "good"].map(str::to_owned));
        let names = Names::of(&classes);
        assert_eq!(names.legend(), "");
        let matrix = names.matrix(&[vec![1, 2, 3], vec![4, 5, 6], vec![7, 8, 90]]);
        let expected = "  true \\ said            bad  neutral, so…          good\n  \
                        bad                      1             2             3\n  \
                        neutral, so…             4             5             6\n  \
                        good                     7             8            90\n";
        assert_eq!(matrix, expected);
    }

    #[test]
    fn names_that_become_the_same_are_numbers_with_a_legend() {
        let classes = classes((1..=3).map(|number| format!("label number {number}")));
        let names = Names::of(&classes);
        assert!(names.legend().ends_with("     1  label number 1\n     2  label number 2\n     3  label number 3\n"));
        let matrix = names.matrix(&vec![vec![10, 0, 0]; 3]);
        assert!(matrix.starts_with("  true \\ said    1   2   3\n  1             10   0   0\n"), "{matrix}");
    }

    #[test]
    fn many_classes_keep_their_lines_short_and_every_count() {
        let classes = classes((1..=77).map(|number| format!("{number} {}", "long ".repeat(30))));
        let names = Names::of(&classes);
        let counts: Vec<Vec<usize>> =
            (0..77).map(|row| (0..77).map(|column| 1_000 + row * 77 + column).collect()).collect();
        let printed = format!("{}{}", names.legend(), names.matrix(&counts));
        assert!(printed.lines().all(|line| line.chars().count() <= WIDTH));
        let words: BTreeSet<&str> = printed.split_whitespace().collect();
        assert!(counts.iter().flatten().all(|count| words.contains(count.to_string().as_str())));
    }
}
