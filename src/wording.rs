//! English for counts and lists, as every part of the program says them.

/// "1 layer", "6 layers".
#[must_use]
pub fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// "a, b and 3 more": the first `most` of some names.
#[must_use]
pub fn listed<T: AsRef<str>>(names: impl ExactSizeIterator<Item = T>, most: usize) -> String {
    let more = names.len().saturating_sub(most);
    let mut said = String::new();
    for (index, name) in names.take(most).enumerate() {
        said.push_str(if index > 0 { ", " } else { "" });
        said.push_str(name.as_ref());
    }
    if more > 0 { format!("{said} and {more} more") } else { said }
}

#[cfg(test)]
mod tests {
    use super::{counted, listed};

    #[test]
    fn counts_and_lists_are_english() {
        assert_eq!(
            [counted(1, "layer"), counted(0, "layer"), counted(6, "layer")],
            ["1 layer", "0 layers", "6 layers"]
        );
        let names = ["a", "b", "c"];
        assert_eq!(listed(names.iter(), 3), "a, b, c");
        assert_eq!(listed(names.iter(), 2), "a, b and 1 more");
        assert_eq!(listed(names[..0].iter(), 2), "");
    }
}
