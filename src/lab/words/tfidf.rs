//! Term frequency times inverse document frequency, as scikit-learn's `TfidfVectorizer` computes it by default.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::lab::probe::Rows;

/// The words of the training texts, each with its idf.
#[derive(Debug, Clone)]
pub struct Vocabulary {
    columns: HashMap<String, usize>,
    /// `ln((1 + n) / (1 + texts with the word)) + 1`.
    idf: Vec<f64>,
}

impl Vocabulary {
    /// Every word of the texts, in alphabetical order, so that the order of columns (and with it every sum) is fixed.
    pub fn learn(texts: &[&str]) -> Self {
        let mut documents: BTreeMap<String, usize> = BTreeMap::new();
        for text in texts {
            let text = text.to_lowercase();
            for word in tokens(&text).collect::<BTreeSet<_>>() {
                match documents.get_mut(word) {
                    Some(count) => *count += 1,
                    None => {
                        documents.insert(word.to_owned(), 1);
                    }
                }
            }
        }
        let all = texts.len() as f64;
        let idf = documents.values().map(|count| ((1.0 + all) / (1.0 + *count as f64)).ln() + 1.0).collect();
        let columns = documents.into_keys().enumerate().map(|(column, word)| (word, column)).collect();
        Self { columns, idf }
    }

    /// Number of words.
    pub fn len(&self) -> usize {
        self.idf.len()
    }

    /// A text's columns, ascending, with their values; length 1, or empty when no word is known.
    pub fn row(&self, text: &str) -> Vec<(usize, f64)> {
        let mut counts: BTreeMap<usize, f64> = BTreeMap::new();
        for word in tokens(&text.to_lowercase()) {
            if let Some(column) = self.columns.get(word) {
                *counts.entry(*column).or_default() += 1.0;
            }
        }
        let mut row: Vec<(usize, f64)> = counts.into_iter().map(|(column, n)| (column, n * self.idf[column])).collect();
        let length = row.iter().map(|(_, value)| value * value).sum::<f64>().sqrt();
        for (_, value) in &mut row {
            *value /= length;
        }
        row
    }
}

/// Words of two characters or more: runs of letters, digits and `_` (the pattern `\b\w\w+\b`).
pub fn tokens(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| word.chars().nth(1).is_some())
}

/// The rows of many texts.
pub struct Sparse {
    rows: Vec<Vec<(usize, f64)>>,
    cols: usize,
}

impl Sparse {
    /// The texts' rows.
    pub fn new(vocabulary: &Vocabulary, texts: &[&str]) -> Self {
        Self { rows: texts.iter().map(|text| vocabulary.row(text)).collect(), cols: vocabulary.len() }
    }
}

impl Rows for Sparse {
    fn rows(&self) -> usize {
        self.rows.len()
    }

    fn cols(&self) -> usize {
        self.cols
    }

    fn dot(&self, row: usize, weights: &[f64]) -> f64 {
        self.rows[row].iter().map(|(column, value)| value * weights[*column]).sum()
    }

    fn add_scaled(&self, row: usize, scale: f64, sum: &mut [f64]) {
        for (column, value) in &self.rows[row] {
            sum[*column] += scale * value;
        }
    }
}
