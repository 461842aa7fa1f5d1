//! How many colours and which characters a terminal gets: flags first, then the environment.

use std::str::FromStr;

use termprofile::TermProfile;

/// How many colours the terminal shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Depth {
    /// No colour; bold, dim and reverse only.
    None,
    /// The sixteen named colours.
    Sixteen,
    /// The palette of 256.
    TwoFiftySix,
    /// 24-bit colour.
    TrueColor,
}

impl Depth {
    /// Every depth, for tests and for `doctor`.
    pub const ALL: [Self; 4] = [Self::None, Self::Sixteen, Self::TwoFiftySix, Self::TrueColor];

    /// What it is called on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "never",
            Self::Sixteen => "16",
            Self::TwoFiftySix => "256",
            Self::TrueColor => "truecolor",
        }
    }

    pub(super) fn profile(self) -> TermProfile {
        match self {
            Self::None => TermProfile::NoColor,
            Self::Sixteen => TermProfile::Ansi16,
            Self::TwoFiftySix => TermProfile::Ansi256,
            Self::TrueColor => TermProfile::TrueColor,
        }
    }
}

/// The value of `--color`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColorFlag {
    /// Ask the environment.
    Auto,
    /// No colour.
    Never,
    /// Sixteen colours.
    Sixteen,
    /// 256 colours.
    TwoFiftySix,
    /// 24-bit colour.
    TrueColor,
}

impl ColorFlag {
    /// Every value with its spelling on the command line.
    pub const ALL: [(&'static str, Self); 5] = [
        ("auto", Self::Auto),
        ("never", Self::Never),
        ("16", Self::Sixteen),
        ("256", Self::TwoFiftySix),
        ("truecolor", Self::TrueColor),
    ];
}

impl FromStr for ColorFlag {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .iter()
            .find(|(name, _)| *name == text)
            .map(|(_, flag)| *flag)
            .ok_or_else(|| format!("\"{text}\" is none of auto, never, 16, 256, truecolor"))
    }
}

/// `--ascii` or `--unicode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CharFlag {
    /// Plain ASCII signs only.
    Ascii,
    /// Unicode signs, whatever the locale says.
    Unicode,
}

/// Decides the colour depth: flag, then `NO_COLOR`, `CLICOLOR_FORCE`, `COLORTERM`, `TERM`.
pub fn depth(flag: Option<ColorFlag>, env: &dyn Fn(&str) -> Option<String>) -> Depth {
    match flag {
        Some(ColorFlag::Never) => return Depth::None,
        Some(ColorFlag::Sixteen) => return Depth::Sixteen,
        Some(ColorFlag::TwoFiftySix) => return Depth::TwoFiftySix,
        Some(ColorFlag::TrueColor) => return Depth::TrueColor,
        Some(ColorFlag::Auto) | None => {}
    }
    let set = |name: &str| env(name).filter(|value| !value.is_empty());
    if set("NO_COLOR").is_some() {
        return Depth::None;
    }
    let found = match set("COLORTERM").as_deref() {
        Some("truecolor" | "24bit") => Depth::TrueColor,
        _ => term_depth(set("TERM").as_deref().unwrap_or("")),
    };
    // Forcing colour lifts the floor; how much colour there is still comes from the variables above.
    match set("CLICOLOR_FORCE").as_deref() {
        None | Some("0") => found,
        Some(_) => found.max(Depth::Sixteen),
    }
}

fn term_depth(term: &str) -> Depth {
    // Terminals that name themselves in TERM and are known to show 24-bit colour; sshd passes TERM, not COLORTERM.
    const TRUE: [&str; 6] = ["xterm-kitty", "xterm-ghostty", "alacritty", "wezterm", "foot", "contour"];
    // Hardware terminals without colour, and their emulations.
    const MONO: [&str; 8] = ["vt52", "vt100", "vt102", "vt220", "vt320", "vt420", "vt510", "vt520"];
    if term.is_empty() || term == "dumb" || term.ends_with("-m") || term.ends_with("-mono") || MONO.contains(&term) {
        Depth::None
    } else if term.contains("direct") || TRUE.iter().any(|name| term.starts_with(name)) {
        Depth::TrueColor
    } else if term.contains("256") {
        Depth::TwoFiftySix
    } else {
        Depth::Sixteen
    }
}

/// Decides whether to keep to ASCII: flag, then `TERM=linux` or `dumb`, then a locale that says C or POSIX or names other
/// characters than UTF-8. An unset locale, common over SSH and in containers, gets Unicode; but not inside tmux and
/// screen, which then write `_` or `?` for every sign.
pub fn ascii(flag: Option<CharFlag>, env: &dyn Fn(&str) -> Option<String>) -> bool {
    if let Some(flag) = flag {
        return flag == CharFlag::Ascii;
    }
    let set = |name: &str| env(name).filter(|value| !value.is_empty());
    if let Some("linux" | "dumb") = set("TERM").as_deref() {
        return true;
    }
    let locale = set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG")).unwrap_or_default();
    let upper = locale.to_ascii_uppercase();
    if upper.contains("UTF-8") || upper.contains("UTF8") {
        return false;
    }
    let others = matches!(locale.as_str(), "C" | "POSIX") || locale.contains('.');
    others || set("TMUX").is_some() || set("STY").is_some()
}
