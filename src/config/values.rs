//! What each setting may be, in one place for flags, environment and settings file.

use std::path::PathBuf;

use clap::ValueEnum;
use toml::Spanned;

use super::Settings;

/// Most compute threads.
const MOST_THREADS: usize = 512;

/// Most megabytes of kept vectors.
const MOST_MEGABYTES: usize = 1_000_000;

/// Fewest and most pieces of a text: `[CLS]`, one piece and `[SEP]`, up to more than any model has positions.
const LENGTHS: [usize; 2] = [3, 65_535];

/// How many colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// As the environment says.
    Auto,
    /// None.
    Never,
    /// The terminal's own sixteen.
    #[value(name = "16")]
    Sixteen,
    /// The fixed palette.
    #[value(name = "256")]
    TwoFiftySix,
    /// 24 bits.
    Truecolor,
}

impl Color {
    /// As it is written.
    #[must_use]
    pub fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

/// A name that is not empty.
///
/// # Errors
/// What it must be.
pub fn name(text: &str) -> Result<String, String> {
    if text.trim().is_empty() { Err("it must not be empty".to_owned()) } else { Ok(text.to_owned()) }
}

/// A path that is not empty; whether it is there, its reader says.
///
/// # Errors
/// What it must be.
pub fn path(text: &str) -> Result<PathBuf, String> {
    name(text).map(PathBuf::from)
}

/// A folder that is there; `~` stands for the home folder, as in a shell.
fn folder(text: &str) -> Result<PathBuf, String> {
    let text = name(text)?;
    let path = match (text.strip_prefix("~/"), super::home()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(&text),
    };
    if path.exists() { Ok(path) } else { Err("there is no such folder".to_owned()) }
}

/// How many threads.
///
/// # Errors
/// What it must be.
pub fn threads(text: &str) -> Result<usize, String> {
    whole(text, [1, MOST_THREADS])
}

/// How many megabytes.
///
/// # Errors
/// What it must be.
pub fn megabytes(text: &str) -> Result<usize, String> {
    whole(text, [0, MOST_MEGABYTES])
}

/// How many pieces of a text.
///
/// # Errors
/// What it must be.
pub fn length(text: &str) -> Result<usize, String> {
    whole(text, LENGTHS)
}

fn whole(text: &str, [least, most]: [usize; 2]) -> Result<usize, String> {
    let number = text.trim().parse().ok().filter(|number| (least..=most).contains(number));
    number.ok_or_else(|| format!("it must be a whole number from {least} to {most}"))
}

fn color(text: &str) -> Result<Color, String> {
    let names: Vec<String> = Color::value_variants().iter().map(|color| color.name()).collect();
    let found = Color::value_variants().iter().find(|color| color.name() == text.trim());
    found.copied().ok_or_else(|| format!("it must be one of {}{}", names.join(", "), meant(text, &names)))
}

fn truth(text: &str) -> Result<bool, String> {
    text.trim().parse().map_err(|_| "it must be true or false, without quotes".to_owned())
}

/// " (did you mean …?)" for the name that is nearest, if one is near.
fn meant<T: AsRef<str>>(text: &str, names: &[T]) -> String {
    let near = |name: &&T| strsim::osa_distance(text, name.as_ref()) <= 2;
    let nearest = names.iter().filter(near).min_by_key(|name| strsim::osa_distance(text, name.as_ref()));
    nearest.map_or_else(String::new, |name| format!(" (did you mean {}?)", name.as_ref()))
}

/// Names of the settings in the file.
const NAMES: [&str; 8] = ["model", "lessons", "learner", "threads", "max-length", "cache-mb", "color", "ascii"];

impl Settings {
    /// Takes one setting from its text.
    fn set(&mut self, setting: &str, text: &str) -> Result<(), String> {
        match setting {
            "model" => self.model = Some(name(text)?),
            "lessons" => self.lessons = Some(folder(text)?),
            "learner" => self.learner = Some(name(text)?),
            "threads" => self.threads = Some(threads(text)?),
            "max-length" => self.max_length = Some(length(text)?),
            "cache-mb" => self.cache_mb = Some(megabytes(text)?),
            "color" => self.color = Some(color(text)?),
            "ascii" => self.ascii = Some(truth(text)?),
            _ => return Err(format!("there is no such setting. There are {}", NAMES.join(", "))),
        }
        Ok(())
    }
}

/// Settings of the environment: `CLSROOM_MAX_LENGTH` for `max-length`.
pub(super) fn of_environment(env: &dyn Fn(&str) -> Option<String>) -> Result<Settings, String> {
    let mut settings = Settings::default();
    for setting in NAMES.into_iter().filter(|name| *name != "ascii") {
        let variable = format!("CLSROOM_{}", setting.to_uppercase().replace('-', "_"));
        let Some(text) = env(&variable).filter(|text| !text.trim().is_empty()) else { continue };
        settings.set(setting, &text).map_err(|why| {
            let shown: String = text.chars().take(40).collect();
            format!("the environment variable {variable} is {shown:?}: {why}. Correct or unset it")
        })?;
    }
    Ok(settings)
}

/// Settings of a file's text; what is wrong names the line.
pub(super) fn of_file(text: &str) -> Result<Settings, String> {
    let place = |at: usize| {
        let before = text.get(..at).unwrap_or(text);
        let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
        (before.matches('\n').count() + 1, column)
    };
    let read: std::collections::BTreeMap<Spanned<String>, Spanned<toml::Value>> =
        toml::from_str(text).map_err(|error| {
            let (line, column) = error.span().map_or((1, 1), |span| place(span.start));
            let said = error.message().split_whitespace().collect::<Vec<_>>().join(" ");
            let said =
                if said.contains("as i128") { "this number is larger than any setting takes".to_owned() } else { said };
            format!("line {line}, column {column}: {said}")
        })?;
    let mut settings = Settings::default();
    for (key, value) in &read {
        let (line, setting) = (place(key.span().start).0, key.get_ref().as_str());
        let shown: String = setting.chars().take(40).collect();
        if !NAMES.contains(&setting) {
            let advice = meant(setting, &NAMES);
            let advice = if advice.is_empty() { format!(". There are {}", NAMES.join(", ")) } else { advice };
            return Err(format!("line {line}: there is no setting {shown:?}{advice}"));
        }
        // Numbers and truths stand without quotes, texts within; a depth of colour may be either.
        let written = match (value.get_ref(), setting) {
            (toml::Value::String(text), "model" | "lessons" | "learner" | "color") => Some(text.clone()),
            (toml::Value::Integer(number), "threads" | "max-length" | "cache-mb" | "color") => Some(number.to_string()),
            (toml::Value::Boolean(truth), "ascii") => Some(truth.to_string()),
            _ => None,
        };
        let problem = match (written, setting) {
            (Some(text), _) => settings.set(setting, &text).err(),
            (None, "threads") => threads("").err().map(|why| why + ", without quotes"),
            (None, "max-length") => length("").err().map(|why| why + ", without quotes"),
            (None, "cache-mb") => megabytes("").err().map(|why| why + ", without quotes"),
            (None, "ascii") => truth("").err(),
            (None, _) => Some("it must be a text between quotes".to_owned()),
        };
        if let Some(why) = problem {
            let value: String = value.get_ref().to_string().chars().take(40).collect();
            return Err(format!("line {line}: {setting} = {value}: {why}"));
        }
    }
    Ok(settings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_is_read_from_the_file_and_from_the_environment_alike() {
        let file = "model = \"a/b\"\nlearner = \"ann\"\nthreads = 2\nmax-length = 64\ncache-mb = 20\ncolor = 256\nlessons = \"/\"\n";
        let env = |name: &str| {
            let known = [("MODEL", "a/b"), ("LEARNER", "ann"), ("THREADS", "2"), ("MAX_LENGTH", "64")];
            let known = known.iter().chain(&[("COLOR", "256"), ("LESSONS", "/"), ("CACHE_MB", "20")]);
            known.clone().find(|(known, _)| name == format!("CLSROOM_{known}")).map(|(_, value)| (*value).to_owned())
        };
        let read = of_file(file).expect("settings");
        assert_eq!((read.threads, read.max_length, read.color), (Some(2), Some(64), Some(Color::TwoFiftySix)));
        assert_eq!(read.cache_mb, Some(20));
        assert_eq!(of_environment(&env), Ok(read));
        assert_eq!(of_environment(&|_| Some(String::new())), Ok(Settings::default()), "empty is unset");
        assert_eq!(of_environment(&|_| Some(" \t".to_owned())), Ok(Settings::default()));
    }

    #[test]
    fn a_wrong_setting_is_named_with_its_line_and_what_it_may_be() {
        for (file, expected) in [
            (
                "ascii = true\ncolor = \"nevr\"",
                "line 2: color = \"nevr\": it must be one of auto, never, 16, 256, truecolor (did you mean never?)",
            ),
            ("color = 8", "line 1: color = 8: it must be one of"),
            ("threads = 100000", "line 1: threads = 100000: it must be a whole number from 1 to 512"),
            ("threads = 0", "from 1 to 512"),
            ("threads = 99999999999999999999", "line 1, column 11: this number is larger than any setting takes"),
            ("threads = -1", "from 1 to 512"),
            ("threads = \"2\"", "threads = \"2\": it must be a whole number from 1 to 512, without quotes"),
            ("max-length = 0", "from 3 to 65535"),
            ("cache-mb = -1", "cache-mb = -1: it must be a whole number from 0 to 1000000"),
            ("cache-mb = \"much\"", "without quotes"),
            ("max-length = 1", "from 3 to 65535"),
            ("max-length = 1000000000", "from 3 to 65535"),
            ("max-length = 6.5", "without quotes"),
            ("model = \"\"", "model = \"\": it must not be empty"),
            ("learner = \"  \"", "it must not be empty"),
            ("model = 5", "it must be a text between quotes"),
            ("ascii = \"yes\"", "it must be true or false"),
            ("lessons = \"/not/there\"", "lessons = \"/not/there\": there is no such folder"),
            ("modle = \"x\"", "there is no setting \"modle\" (did you mean model?)"),
            ("max_length = 9", "(did you mean max-length?)"),
            ("wholly-else = 9", "There are model, lessons"),
            ("[view]\ncolor = \"16\"", "line 1: there is no setting \"view\""),
            ("ascii = true\nmodel = x", "line 2, column 9:"),
            ("ascii = true\nascii = false", "line 2, column 1: duplicate key"),
        ] {
            let why = of_file(file).expect_err(file);
            assert!(why.contains(expected) && !why.contains('\n'), "{file}: {why}");
        }
        let why =
            of_environment(&|name| (name == "CLSROOM_THREADS").then(|| "many".to_owned())).expect_err("no number");
        assert!(why.starts_with("the environment variable CLSROOM_THREADS is \"many\": it must be a whole"), "{why}");
    }
}
