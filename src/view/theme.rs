//! What things look like: semantic roles, colour depth, the ASCII fallback.
//!
//! Every screen and widget asks a [`Theme`] for a role ("this is `[CLS]`", "this has the focus") and never names a
//! colour or a special character itself. A theme is decided once, from flags and environment ([`depth`], [`ascii`]),
//! and can be built for every depth in tests. Nothing is ever said by colour alone: focus is reversed, good and bad
//! have a sign, heat maps fall back to a ramp of glyphs.

use ratatui::style::{Color, Modifier, Style};

use crate::app::settings::Look;

mod depth;
mod glyphs;
mod ramps;

pub use depth::{CharFlag, ColorFlag, Depth, ascii, depth};
pub use glyphs::Glyphs;
use glyphs::{ASCII, UNICODE};
use ramps::{background, dark_to_light, violet_to_lime};

/// What something is, for widgets that take the look of a row or series as data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Role {
    /// Running text.
    #[default]
    Text,
    /// Less important text.
    Dim,
    /// The name of the screen.
    Title,
    /// A heading within it.
    Heading,
    /// A key that can be pressed.
    Key,
    /// `[CLS]`, everywhere.
    Cls,
    /// `GlobalPooling`, everywhere.
    Mean,
    /// What the cursor is on.
    Focus,
    /// A number or word that was measured, recorded or cited.
    Value,
    /// Right; always beside a sign or word.
    Good,
    /// Wrong; always beside a sign or word.
    Bad,
    /// Frames and axes.
    Border,
    /// The footer's marker.
    Marker,
    /// Captions, legends, axis labels.
    Label,
}

/// One colour for each depth: the nearest of sixteen is rarely the one we would choose.
struct Hue {
    rgb: Color,
    named: Color,
}

// Orange and blue stay apart for every common colour blindness and, being of middling lightness, are readable on
// black and on white.
const CLS: Hue = Hue { rgb: Color::Rgb(222, 122, 16), named: Color::Yellow };
const MEAN: Hue = Hue { rgb: Color::Rgb(48, 146, 214), named: Color::LightBlue };
const GOOD: Hue = Hue { rgb: Color::Rgb(0, 158, 115), named: Color::Green };
const BAD: Hue = Hue { rgb: Color::Rgb(214, 72, 120), named: Color::Magenta };
// Signs have hues of their own, for a number of [CLS] may have either sign.
const PLUS: Hue = Hue { rgb: Color::Rgb(122, 152, 24), named: Color::Green };
const MINUS: Hue = Hue { rgb: Color::Rgb(150, 112, 224), named: Color::Magenta };
const GRAY: Color = Color::Rgb(128, 128, 128);

/// Steps of the colour ramps: more would cost bytes (neighbouring cells share a style) and not be seen.
const STEPS: usize = 33;

/// How everything looks, for one colour depth and character set.
#[derive(Debug, Clone, PartialEq)]
pub struct Theme {
    /// How many colours.
    pub depth: Depth,
    /// Keep to ASCII.
    pub ascii: bool,
    heat: Vec<Style>,
    diverging: Vec<Style>,
}

impl Default for Theme {
    fn default() -> Self {
        Self::new(Depth::TrueColor, false)
    }
}

impl Theme {
    /// A theme for a depth and character set.
    #[must_use]
    pub fn new(depth: Depth, ascii: bool) -> Self {
        let ramp = |color: &dyn Fn(f64) -> (u8, u8, u8)| {
            (0..STEPS).map(|step| background(depth, color(step as f64 / (STEPS - 1) as f64))).collect()
        };
        let mut heat: Vec<Style> = ramp(&dark_to_light);
        // Nothing at all is the terminal's own background.
        if let Some(nothing) = heat.first_mut() {
            *nothing = Style::new();
        }
        Self { depth, ascii, heat, diverging: ramp(&violet_to_lime) }
    }

    /// The same as the settings say it.
    #[must_use]
    pub fn look(&self, animation: bool) -> Look {
        let colours = Depth::ALL.iter().position(|depth| *depth == self.depth).unwrap_or_default();
        Look { colours, ascii: self.ascii, animation }
    }

    /// The style of a role.
    pub(crate) fn style(&self, role: Role) -> Style {
        let bold = Style::new().add_modifier(Modifier::BOLD);
        match role {
            Role::Text => Style::new(),
            Role::Title | Role::Key | Role::Value => bold,
            Role::Heading => bold.add_modifier(Modifier::UNDERLINED),
            Role::Cls => bold.patch(self.hue(&CLS)),
            Role::Mean => bold.patch(self.hue(&MEAN)),
            Role::Focus => bold.add_modifier(Modifier::REVERSED),
            Role::Good => bold.patch(self.hue(&GOOD)),
            Role::Bad => bold.patch(self.hue(&BAD)),
            Role::Dim | Role::Border | Role::Marker | Role::Label => self.gray(),
        }
    }

    // A function for each role; what it is for, the role says.

    pub(crate) fn text(&self) -> Style {
        self.style(Role::Text)
    }

    pub(crate) fn dim(&self) -> Style {
        self.style(Role::Dim)
    }

    pub(crate) fn title(&self) -> Style {
        self.style(Role::Title)
    }

    pub(crate) fn heading(&self) -> Style {
        self.style(Role::Heading)
    }

    pub(crate) fn key(&self) -> Style {
        self.style(Role::Key)
    }

    pub(crate) fn cls(&self) -> Style {
        self.style(Role::Cls)
    }

    pub(crate) fn mean(&self) -> Style {
        self.style(Role::Mean)
    }

    pub(crate) fn focus(&self) -> Style {
        self.style(Role::Focus)
    }

    pub(crate) fn value(&self) -> Style {
        self.style(Role::Value)
    }

    pub(crate) fn good(&self) -> Style {
        self.style(Role::Good)
    }

    pub(crate) fn bad(&self) -> Style {
        self.style(Role::Bad)
    }

    pub(crate) fn border(&self) -> Style {
        self.style(Role::Border)
    }

    pub(crate) fn marker(&self) -> Style {
        self.style(Role::Marker)
    }

    pub(crate) fn label(&self) -> Style {
        self.style(Role::Label)
    }

    /// The role of a token or readout by its name: `[CLS]` and `GlobalPooling` keep their accents wherever they stand.
    pub(crate) fn role_of(name: &str) -> Role {
        match name {
            "[CLS]" | "cls" => Role::Cls,
            "GlobalPooling" => Role::Mean,
            "[SEP]" | "[PAD]" => Role::Dim,
            _ => Role::Text,
        }
    }

    /// Whether magnitudes are drawn with glyphs ([`Self::heat_glyph`]) because backgrounds would say too little.
    pub(crate) fn glyph_ramp(&self) -> bool {
        self.ascii || self.depth < Depth::TwoFiftySix
    }

    /// Background from dark to light with readable foreground for `t` in 0..=1; plain where `t` is nothing, where glyphs carry the magnitude or `t` is
    /// not a number.
    #[must_use]
    pub fn heat(&self, t: f32) -> Style {
        if self.glyph_ramp() || t.is_nan() {
            return Style::new();
        }
        self.heat.get(step(t, STEPS)).copied().unwrap_or_default()
    }

    /// A glyph whose darkness grows with `t` in 0..=1.
    pub(crate) fn heat_glyph(&self, t: f32) -> char {
        pick(self.glyphs().ramp, t)
    }

    /// Violet (negative) over dark to lime (positive) background for `t` in -1..=1, with readable foreground; below 256
    /// colours the ink of a glyph, as far as there are colours.
    #[must_use]
    pub fn diverging(&self, t: f32) -> Style {
        if t.is_nan() {
            return Style::new();
        }
        if self.glyph_ramp() {
            let neutral = self.diverging_glyph(t) == self.diverging_glyph(0.0);
            return if neutral { Style::new() } else { self.sign(t) };
        }
        self.diverging.get(step(f32::midpoint(t, 1.0), STEPS)).copied().unwrap_or_default()
    }

    /// Ink for a number by its sign, in the hues of [`Self::diverging`]; put the sign or `Glyphs::negative` beside it.
    #[must_use]
    pub fn sign(&self, value: f32) -> Style {
        match value {
            value if value > 0.0 => self.hue(&PLUS),
            value if value < 0.0 => self.hue(&MINUS),
            _ => Style::new(),
        }
    }

    /// A glyph for sign and size of `t` in -1..=1.
    pub(crate) fn diverging_glyph(&self, t: f32) -> char {
        pick(self.glyphs().signs, f32::midpoint(t, 1.0))
    }

    /// The signs, in Unicode or ASCII.
    #[must_use]
    pub fn glyphs(&self) -> &'static Glyphs {
        if self.ascii { &ASCII } else { &UNICODE }
    }

    fn hue(&self, hue: &Hue) -> Style {
        let color = if self.depth <= Depth::Sixteen { hue.named } else { hue.rgb };
        self.depth.profile().adapt_style(Style::new().fg(color))
    }

    // Bright black is invisible in some palettes, so the lower depths use the dim attribute instead.
    fn gray(&self) -> Style {
        if self.depth <= Depth::Sixteen {
            Style::new().add_modifier(Modifier::DIM)
        } else {
            self.depth.profile().adapt_style(Style::new().fg(GRAY))
        }
    }
}

fn step(t: f32, steps: usize) -> usize {
    (t.clamp(0.0, 1.0) * (steps - 1) as f32).round() as usize
}

fn pick(glyphs: &[char], t: f32) -> char {
    if glyphs.is_empty() || t.is_nan() {
        return ' ';
    }
    glyphs.get(step(t, glyphs.len())).copied().unwrap_or(' ')
}

#[cfg(test)]
mod tests {
    use super::ramps::luminance;
    use super::*;

    fn detect(flag: Option<ColorFlag>, pairs: &[(&str, &str)]) -> Depth {
        depth(flag, &|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    fn plain(flag: Option<CharFlag>, pairs: &[(&str, &str)]) -> bool {
        ascii(flag, &|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn depth_follows_its_precedence() {
        let rich = [("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1"), ("COLORTERM", "truecolor"), ("TERM", "xterm-256color")];
        assert_eq!(detect(Some(ColorFlag::TwoFiftySix), &rich), Depth::TwoFiftySix);
        assert_eq!(detect(Some(ColorFlag::Never), &rich[2..]), Depth::None);
        assert_eq!(detect(None, &rich), Depth::None);
        assert_eq!(detect(Some(ColorFlag::Auto), &rich), Depth::None);
        assert_eq!(detect(None, &rich[1..]), Depth::TrueColor);
        assert_eq!(detect(None, &rich[3..]), Depth::TwoFiftySix);
        assert_eq!(detect(None, &[("NO_COLOR", ""), ("TERM", "xterm")]), Depth::Sixteen);
        assert_eq!(detect(None, &[("NO_COLOR", "false"), ("TERM", "xterm")]), Depth::None);
        assert_eq!(detect(None, &[("CLICOLOR_FORCE", "1"), ("TERM", "dumb")]), Depth::Sixteen);
        assert_eq!(detect(None, &[("CLICOLOR_FORCE", "0"), ("TERM", "dumb")]), Depth::None);
        assert_eq!(detect(None, &[]), Depth::None);
        assert_eq!(detect(None, &[("TERM", "xterm-kitty")]), Depth::TrueColor);
        assert_eq!(detect(None, &[("COLORTERM", "yes"), ("TERM", "screen-256color")]), Depth::TwoFiftySix);
        assert_eq!(detect(None, &[("TERM", "linux"), ("CI", "1")]), Depth::Sixteen);
        assert_eq!(detect(None, &[("TERM", "vt100")]), Depth::None);
    }

    #[test]
    fn the_flag_reads_its_five_words() {
        for (name, flag) in ColorFlag::ALL {
            assert_eq!(name.parse(), Ok(flag));
        }
        assert!("red".parse::<ColorFlag>().is_err());
    }

    #[test]
    fn ascii_follows_flag_terminal_and_locale() {
        assert!(!plain(None, &[]));
        assert!(plain(Some(CharFlag::Ascii), &[("LANG", "en_US.UTF-8")]));
        assert!(!plain(Some(CharFlag::Unicode), &[("TERM", "linux"), ("LC_ALL", "C")]));
        assert!(plain(None, &[("TERM", "linux"), ("LANG", "en_US.UTF-8")]));
        assert!(plain(None, &[("LC_ALL", "POSIX"), ("LANG", "en_US.UTF-8")]));
        assert!(!plain(None, &[("LC_ALL", ""), ("LC_CTYPE", "C.UTF-8"), ("LANG", "C")]));
        assert!(plain(None, &[("LC_ALL", ""), ("LANG", "C")]));
        assert!(plain(None, &[("LANG", "de_DE.ISO-8859-1")]));
        assert!(!plain(None, &[("LANG", "de_DE.utf8")]) && !plain(None, &[("LANG", "de_DE")]));
    }

    #[test]
    fn inside_tmux_and_screen_unicode_needs_a_locale_that_says_so() {
        for name in ["TMUX", "STY"] {
            assert!(plain(None, &[(name, "/tmp/tmux-0/default,1,0")]));
            assert!(plain(None, &[(name, "1.a"), ("LANG", "de_DE")]));
            assert!(plain(None, &[(name, "1.a"), ("LC_ALL", "C"), ("LANG", "en_US.UTF-8")]));
            assert!(!plain(None, &[(name, "1.a"), ("LANG", "en_US.UTF-8")]));
            assert!(!plain(None, &[(name, "1.a"), ("LC_CTYPE", "C.utf8")]));
            assert!(!plain(Some(CharFlag::Unicode), &[(name, "1.a")]));
            assert!(!plain(None, &[(name, "")]));
        }
    }

    #[test]
    fn no_depth_uses_more_colours_than_it_has() {
        let roles = [Role::Text, Role::Cls, Role::Mean, Role::Good, Role::Bad, Role::Dim, Role::Focus, Role::Value];
        for depth in Depth::ALL {
            for ascii in [false, true] {
                let theme = Theme::new(depth, ascii);
                let styles = roles.iter().map(|role| theme.style(*role));
                let ramps =
                    (0..=20).flat_map(|i| [theme.heat(i as f32 / 20.0), theme.diverging(i as f32 / 10.0 - 1.0)]);
                for style in styles.chain(ramps) {
                    for color in [style.fg, style.bg].into_iter().flatten() {
                        let fits = match color {
                            Color::Rgb(..) => depth == Depth::TrueColor,
                            Color::Indexed(_) => depth >= Depth::TwoFiftySix,
                            _ => depth >= Depth::Sixteen,
                        };
                        assert!(fits, "{depth:?}: {color:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn accents_differ_and_focus_needs_no_colour() {
        for depth in [Depth::Sixteen, Depth::TwoFiftySix, Depth::TrueColor] {
            let theme = Theme::new(depth, false);
            assert_ne!(theme.cls().fg, theme.mean().fg);
            assert_ne!(theme.good().fg, theme.bad().fg);
        }
        assert!(Theme::new(Depth::None, true).focus().add_modifier.contains(Modifier::REVERSED | Modifier::BOLD));
    }

    #[test]
    fn heat_grows_lighter_and_stays_readable() {
        let theme = Theme::new(Depth::TrueColor, false);
        let mut last = -1.0;
        assert_eq!(theme.heat(0.0), Style::new(), "nothing is the terminal's own background");
        for i in 1..=32 {
            let style = theme.heat(i as f32 / 32.0);
            let (Some(Color::Rgb(r, g, b)), Some(Color::Rgb(ink, _, _))) = (style.bg, style.fg) else {
                panic!("a background and an ink")
            };
            let light = luminance(r, g, b);
            assert!(light >= last);
            last = light;
            let (bright, dark) = if ink == 0 { (light, 0.0) } else { (1.0, light) };
            assert!((bright + 0.05) / (dark + 0.05) >= 4.5, "contrast at {i}");
        }
        assert_eq!(theme.heat(f32::NAN), Style::new());
        assert_eq!(theme.heat(9.0), theme.heat(1.0));
    }

    /// The nearest of 256 colours must not turn a ramp round, or draw half of it in one colour.
    #[test]
    fn heat_is_a_ramp_in_256_colours_too() {
        let theme = Theme::new(Depth::TwoFiftySix, false);
        let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
        let light = |index: u8| match index {
            16..=231 => {
                let at = index - 16;
                luminance(level(at / 36), level(at / 6 % 6), level(at % 6))
            }
            _ => luminance(8 + 10 * (index - 232), 8 + 10 * (index - 232), 8 + 10 * (index - 232)),
        };
        let shades: Vec<f64> = (1..=32)
            .map(|i| match theme.heat(i as f32 / 32.0).bg {
                Some(Color::Indexed(index @ 16..)) => light(index),
                other => panic!("{other:?}"),
            })
            .collect();
        let falls: Vec<f64> = shades.windows(2).map(|pair| pair[0] - pair[1]).filter(|fall| *fall > 0.02).collect();
        assert!(falls.is_empty(), "{shades:?}");
        let mut different = shades.clone();
        different.dedup();
        assert!(different.len() >= 10, "{} shades: {shades:?}", different.len());
    }

    #[test]
    fn glyph_ramps_reach_both_ends() {
        let unicode = Theme::new(Depth::None, false);
        let ascii = Theme::new(Depth::None, true);
        assert_eq!((unicode.heat_glyph(0.0), unicode.heat_glyph(1.0)), (' ', '█'));
        assert_eq!((ascii.heat_glyph(0.0), ascii.heat_glyph(1.0)), (' ', '@'));
        assert_eq!((unicode.diverging_glyph(-1.0), unicode.diverging_glyph(0.0)), ('▼', '·'));
        assert_eq!((ascii.diverging_glyph(1.0), ascii.diverging_glyph(f32::NAN)), ('#', ' '));
    }
}
