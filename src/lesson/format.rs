//! How a number is written, the same on the screen, in a notebook and in a pipe.

use super::Format;

impl Format {
    /// Writes a number.
    #[must_use]
    pub fn write(self, number: f64) -> String {
        match self {
            Self::Auto if number.fract() == 0.0 && number.abs() < 1e15 => thousands(number as i64),
            Self::Auto if number != 0.0 && number.abs() < 0.001 => format!("{number:.1e}"),
            Self::Auto => format!("{number:.3}"),
            Self::Decimals(places) => format!("{number:.*}", usize::from(places)),
            Self::Percent => format!("{:.1} %", 100.0 * number),
            Self::Points => format!("{:+.1} points", 100.0 * number),
        }
    }
}

fn thousands(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    format!("{}{}", if number < 0 { "-" } else { "" }, groups.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_by_their_format() {
        assert_eq!(Format::Auto.write(30_522.0), "30,522");
        assert_eq!(Format::Auto.write(0.7789), "0.779");
        assert_eq!(Format::Percent.write(0.7789), "77.9 %");
        assert_eq!(Format::Points.write(0.0403), "+4.0 points");
        assert_eq!(Format::Auto.write(-1234.0), "-1,234");
        assert_eq!(Format::Decimals(2).write(2.0), "2.00");
    }
}
