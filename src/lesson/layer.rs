//! Which layer a lesson means: a number, or a word that fits models with any number of layers.

/// A layer as a lesson names it; 0 is the embeddings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layer {
    /// The first of the layers.
    First,
    /// The one in the middle.
    Middle,
    /// The one below the last.
    Below,
    /// The last.
    Last,
    /// By its number.
    #[serde(untagged)]
    Number(usize),
}

impl Layer {
    /// The words for layers, in benches and in values.
    pub const WORDS: [(&'static str, Self); 4] =
        [("first", Self::First), ("middle", Self::Middle), ("below", Self::Below), ("last", Self::Last)];

    /// The layer that a word means.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(known, _)| *known == word).map(|(_, layer)| *layer)
    }

    /// Its number in a model with so many layers. A number beyond them is the last.
    #[must_use]
    pub fn number(self, layers: usize) -> usize {
        match self {
            Self::Number(number) => number.min(layers),
            Self::First => layers.min(1),
            Self::Middle => layers.div_ceil(2),
            Self::Below => layers.saturating_sub(1),
            Self::Last => layers,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_fit_models_of_any_depth() {
        let numbers = |layers| Layer::WORDS.map(|(_, layer)| layer.number(layers));
        assert_eq!(numbers(24), [1, 12, 23, 24]);
        assert_eq!(numbers(6), [1, 3, 5, 6]);
        assert_eq!(numbers(2), [1, 1, 1, 2]);
        assert_eq!(numbers(1), [1, 1, 0, 1]);
        assert_eq!((Layer::Number(9).number(6), Layer::Number(0).number(6)), (6, 0));
        assert_eq!((Layer::named("last"), Layer::named("lst")), (Some(Layer::Last), None));
    }
}
