//! How large the terminal is, and how large to draw where it does not say.

use super::system;

/// Where neither the terminal nor the environment says it.
const USUAL: (u16, u16) = (80, 24);

/// Larger terminals are drawn on in part: nobody has one, and a number that is wrong must not cost memory.
const LARGEST: (u16, u16) = (1_000, 500);

/// Columns and rows to draw just now.
pub(super) fn now() -> (u16, u16) {
    decide(system::size(), &|name| std::env::var(name).ok())
}

/// What the terminal told; where that is nothing, as on a serial line or in a container whose terminal is attached later,
/// `COLUMNS` and `LINES`, and 80x24 without them.
fn decide(told: (u16, u16), env: &dyn Fn(&str) -> Option<String>) -> (u16, u16) {
    let side = |told: u16, name: &str, usual: u16, largest: u16| {
        let named = || env(name).and_then(|value| value.trim().parse().ok()).filter(|number| *number > 0);
        Some(told).filter(|told| *told > 0).or_else(named).unwrap_or(usual).min(largest)
    };
    (side(told.0, "COLUMNS", USUAL.0, LARGEST.0), side(told.1, "LINES", USUAL.1, LARGEST.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_terminal_is_believed_then_the_environment_and_80x24_is_usual() {
        let env = |columns: &'static str, lines: &'static str| {
            move |name: &str| Some(if name == "COLUMNS" { columns } else { lines }.to_owned())
        };
        let none = |_: &str| None;
        assert_eq!(decide((120, 36), &env("90", "30")), (120, 36));
        assert_eq!(decide((0, 0), &env("90", "30")), (90, 30));
        assert_eq!(decide((0, 0), &none), (80, 24));
        assert_eq!(decide((0, 40), &none), (80, 40));
        for wrong in ["", "0", "-3", "many", "70000"] {
            assert_eq!(decide((0, 0), &env(wrong, wrong)), (80, 24), "{wrong:?}");
        }
        assert_eq!(decide((65_535, 65_535), &none), LARGEST);
    }
}
